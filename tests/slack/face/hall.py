"""A hall: one tracker asked as Slack asks it, many times over, with no Slack and no socket."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from slack_sdk.signature import SignatureVerifier

from tests.conftest import EMAILS, MONDAY, Cast, HandClock, _settings
from tests.slack.conftest import SIGNING_SECRET, with_slack
from tests.slack.face.stage import words_of
from tests.slack.gate import Gate
from tracker.app import App
from tracker.models.slack import SlackChannel, SlackUser
from tracker.slack.afterwards import Afterwards
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident
from tracker.wsgi import create_wsgi

Body = dict[str, Any]
TEAM, GUEST, NOBODY = "T00000001", "U0GUEST01", "U0NOBODY1"
IDS = {name: f"U0{name.upper()}" for name in EMAILS}
TITLE, HIDDEN = "The vault stands open", "The keys were copied"


@dataclass
class Seen:
    """What somebody saw of what they asked: an answer, or a form."""

    status: int
    answer: Body
    view: Body | None
    changed: bool
    """Whether anything was stored."""

    @property
    def text(self) -> str:
        return "\n".join([words_of(self.answer), *(self.answer.get("errors") or {}).values()])

    @property
    def told(self) -> str:
        return self.text + (words_of(self.view) if self.view else "")


@dataclass
class Hall:
    """One tracker for all cases, asked as Slack asks it, without a socket in between."""

    app: App
    clock: HandClock
    gate: Gate
    client: FlaskClient
    watch: sqlite3.Connection
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def channel(self, *, moves: tuple[str, ...] = (), visibility: str = "org") -> tuple[str, str]:
        """(channel, reference) of a new incident that Alice declared."""
        cast = Cast(self.app, EMAILS)
        with self.app.begin(cast.alice) as work:
            title = HIDDEN if visibility == "private" else TITLE
            ask = DeclareIncident(title=title, severity="SEV2", visibility=visibility)
            row = declare_incident(work, ask)
            for verb in moves:
                move_incident(work, row, MoveIncident(verb=verb))
            channel_id = f"C{row.key:08}"
            work.add(SlackChannel(incident_id=row.key, team_id=TEAM, channel_id=channel_id))
        return channel_id, f"INC-{row.key}"

    def type(self, who: str, text: str, *, channel: str, trigger: str = "") -> Seen:
        return self._seen(
            {
                "team_id": TEAM,
                "channel_id": channel,
                "user_id": who,
                "command": "/incident",
                "text": text,
                "response_url": f"{self.gate.api_url}reply",
                "trigger_id": trigger or self.one_more("trigger"),
            }
        )

    def submit(self, who: str, view: Body) -> Seen:
        """The form, filled in wherever it asks."""
        state = {
            block["block_id"]: {"given": _filled_in(block)}
            for block in view["blocks"]
            if block["type"] == "input"
        }
        payload = {
            "type": "view_submission",
            "team": {"id": TEAM},
            "user": {"id": who, "team_id": TEAM},
            "view": {**view, "state": {"values": state}},
        }
        return self._seen({"payload": json.dumps(payload)})

    def one_more(self, what: str) -> str:
        return f"{what}{next(self.numbers)}"

    def _seen(self, fields: Body) -> Seen:
        self.gate.calls.clear()
        before = self._version()
        body = urlencode(fields)
        now = str(int(time.time()))
        verifier = SignatureVerifier(SIGNING_SECRET)
        signature = verifier.generate_signature(timestamp=now, body=body)
        got = self.client.post(
            "/slack/events",
            data=body,
            content_type="application/x-www-form-urlencoded",
            headers={"X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature or ""},
        )
        answer = got.get_json(silent=True) or {"text": got.get_data(as_text=True)}
        answer = answer if answer != {"text": ""} else {}
        refused = [one for one in self.gate.calls if not one.reply.get("ok")]
        assert [one for one in refused if one.method != "users.info"] == []
        for one in self.gate.calls:
            if one.method == "reply":
                answer = one.body
        views = [one.body["view"] for one in self.gate.calls if one.method == "views.open"]
        view = {**views[-1], "id": self.one_more("V")} if views else None
        return Seen(got.status_code, answer, view, self._version() != before)

    def _version(self) -> int:
        """Another number whenever anything was written by anybody."""
        return int(self.watch.execute("pragma data_version").fetchone()[0])


def _filled_in(block: Body) -> Body:
    """Something a person might choose or write, whatever the field asks."""
    element = block["element"]
    kind = element["type"]
    if kind == "static_select":
        chosen = element.get("initial_option") or element["options"][0]
        return {"type": kind, "selected_option": chosen}
    if kind == "multi_static_select":
        return {"type": kind, "selected_options": element["options"][:1]}
    if kind == "users_select":
        return {"type": kind, "selected_user": IDS["bob"]}
    if kind == "multi_users_select":
        return {"type": kind, "selected_users": []}
    typed = {"next_update_at": "in 30 min", "into": "INC-1"}.get(block["block_id"], "10 min ago")
    return {"type": kind, "value": element.get("initial_value") or typed}


def _who_is(body: Body) -> Body:
    if body.get("user") == GUEST:
        profile = {"email": "guest@example.org", "real_name": "Guest"}
        return {"ok": True, "user": {"is_restricted": True, "profile": profile}}
    return {"ok": False, "error": "user_not_found"}


@contextmanager
def open_hall(database: Path, data_dir: Path) -> Iterator[Hall]:
    """The tracker stands, on a copy of the database; everybody of the cast is known in Slack."""
    shutil.copy(database, data_dir / "tracker.sqlite3")
    # Whatever is asked of Slack has its answer here; there is no Slack behind it.
    gate = Gate("http://127.0.0.1:9")
    gate.answers |= {
        "views.open": {"ok": True, "view": {"id": "V0"}},
        "users.info": _who_is,
        "reply": {"ok": True},
    }
    clock = HandClock(MONDAY)
    bare = App(_settings(data_dir, ""), clock=clock, durable=False)
    app = with_slack(bare, gate, clock)
    with app.begin_as_system() as work:
        for number, name in enumerate(EMAILS, start=1):
            work.add(SlackUser(team_id=TEAM, slack_user_id=IDS[name], person_id=number))
    watch = sqlite3.connect(data_dir / "tracker.sqlite3")
    with pytest.MonkeyPatch.context() as patch:
        # What is done after the answer is done before the next step of the test.
        patch.setattr(Afterwards, "later", lambda _self, task: task())
        yield Hall(app, clock, gate, create_wsgi(app).test_client(), watch)
    watch.close()
    gate.stop()
    app.close()
    bare.close()
