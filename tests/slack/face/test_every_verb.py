"""Every verb in every condition: answered at once and clearly, and done once or not at all.

The verbs come from the table itself, so a new one cannot be forgotten. One tracker serves all of
it; each case has an incident of its own. Nothing here asks an emulated Slack.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
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
from tests.slack.gate import Gate, problem_with_blocks
from tracker.app import App
from tracker.domain.people import LEAST_ROLE, ROLES
from tracker.models.slack import SlackChannel, SlackUser
from tracker.senders.slack_text import SECTION_LIMIT
from tracker.slack.afterwards import Afterwards
from tracker.slack.bolt import verb_table
from tracker.slack.verbs import ANYWHERE, INCIDENT, INSIDE, Verb
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident
from tracker.wsgi import create_wsgi

Body = dict[str, Any]
TEAM, GUEST, NOBODY = "T00000001", "U0GUEST01", "U0NOBODY1"
IDS = {name: f"U0{name.upper()}" for name in EMAILS}
TITLE, HIDDEN = "The vault stands open", "The keys were copied"
TABLE = verb_table()
TYPED = [name for name, verb in TABLE.verbs.items() if verb.place != INSIDE]
DOING = [name for name, verb in TABLE.verbs.items() if verb.effect is not None]
FILLED_IN = [name for name in DOING if TABLE.named(name).form is not None]


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


@pytest.fixture(scope="module")
def hall(
    sqlite_template_with_cast: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hall]:
    data_dir = tmp_path_factory.mktemp("hall")
    shutil.copy(sqlite_template_with_cast, data_dir / "tracker.sqlite3")
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


def usual(verb: Verb) -> str:
    """The verb as the help shows it, Bob being named."""
    return (verb.usage or verb.name).replace("@who", f"<@{IDS['bob']}>")


def is_clear(seen: Seen) -> None:
    """Taken by Slack, and something to read in it: an answer, or a form that opened."""
    assert seen.status == 200
    assert seen.told.strip(), "no answer and no form"
    assert "on our side" not in seen.told
    assert not re.search(r"\bNone\b|\bTrue\b|Traceback|\{\}|\[\]", seen.told), seen.told
    assert len(seen.answer.get("text") or "") <= SECTION_LIMIT
    assert problem_with_blocks(seen.answer.get("blocks") or [], most=50) == ""


def is_refused(seen: Seen, why: str) -> None:
    assert why in seen.text, seen.told
    assert seen.view is None
    assert not seen.changed


Condition = Callable[[Hall, Verb], Seen]


def in_a_channel(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    seen = hall.type(IDS["alice"], usual(verb), channel=channel)
    assert "not the channel" not in seen.told
    if verb.show is not None and verb.effect is None:
        assert not seen.changed, "what only shows stores nothing"
    return seen


def outside(hall: Hall, verb: Verb) -> Seen:
    seen = hall.type(IDS["alice"], usual(verb), channel="C1")
    if verb.place == INCIDENT:
        is_refused(seen, "not the channel of an incident")
        assert "/incident list" in seen.text
    return seen


def in_a_closed_one(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel(moves=("resolve", "close"))
    seen = hall.type(IDS["alice"], usual(verb), channel=channel)
    if "not possible now" in seen.text:
        is_refused(seen, "Possible now: reopen")
    return seen


def without_words(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    seen = hall.type(IDS["alice"], verb.name, channel=channel)
    if verb.needs:
        assert not seen.changed, "what it needs was not said"
    return seen


def with_very_many_words(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    words = ("word " * 1_600).strip()
    seen = hall.type(IDS["alice"], f"{verb.name} {words}", channel=channel)
    if "characters; this has" in seen.text:
        assert re.search(r"may have [\d,]+ characters; this has [78],\d{3}", seen.text)
        assert not seen.changed
        assert "fields need" not in seen.text, "one field, one reason"
    return seen


def about_somebody_unknown(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    words = usual(verb).replace(IDS["bob"], NOBODY)
    seen = hall.type(
        IDS["alice"], words if NOBODY in words else f"{words} <@{NOBODY}>", channel=channel
    )
    if "@who" in verb.usage:
        is_refused(seen, f"@{NOBODY} could not be found in Slack")
    return seen


def as_a_viewer(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    for words in (verb.name, usual(verb)):
        seen = hall.type(IDS["vera"], words, channel=channel)
        assert not seen.changed
        if verb.right and ROLES.index(LEAST_ROLE[verb.right]) > ROLES.index("viewer"):
            assert seen.view is None, "nobody fills in a form in vain"
            if verb.show is None:
                is_refused(seen, "Your role (viewer) does not include")
                assert "Ask somebody with the role" in seen.text
    return seen


def as_a_guest(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    seen = hall.type(GUEST, usual(verb), channel=channel)
    is_refused(seen, "Guests of this workspace can read along")
    return seen


def as_a_stranger_to_a_hidden_one(hall: Hall, verb: Verb) -> Seen:
    channel, reference = hall.channel(visibility="private")
    seen = hall.type(IDS["charlie"], usual(verb), channel=channel)
    assert reference not in re.findall(r"INC-\d+", seen.told)
    assert HIDDEN not in seen.told
    if verb.place == INCIDENT:
        is_refused(seen, "was not found")
    return seen


def said_twice(hall: Hall, verb: Verb) -> Seen:
    """One delivery that comes again, and one form that is sent again."""
    channel, _ = hall.channel()
    trigger = hall.one_more("trigger")
    first, again = (
        hall.type(IDS["alice"], usual(verb), channel=channel, trigger=trigger) for _ in range(2)
    )
    assert not again.changed
    assert again.answer == first.answer
    if first.view is None and verb.form is not None:
        channel, _ = hall.channel()
        first = hall.type(IDS["alice"], verb.name, channel=channel)
    if first.view is not None:
        sent, again = (hall.submit(IDS["alice"], first.view) for _ in range(2))
        assert not again.changed
        assert again.answer == sent.answer
        is_clear(sent)
        assert sent.changed or sent.answer.get("errors"), sent.answer
    return again


CONDITIONS: tuple[Condition, ...] = (
    in_a_channel,
    outside,
    in_a_closed_one,
    without_words,
    with_very_many_words,
    about_somebody_unknown,
    as_a_viewer,
    as_a_guest,
    as_a_stranger_to_a_hidden_one,
    said_twice,
)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", TYPED)
def test_every_verb_in_every_condition(
    hall: Hall, name: str, condition: Condition, caplog: pytest.LogCaptureFixture
) -> None:
    is_clear(condition(hall, TABLE.named(name)))
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []


@pytest.mark.parametrize("name", FILLED_IN)
def test_a_form_sent_by_a_stranger_is_refused(
    hall: Hall, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The incident became private while the form stood open, or what it was about is gone."""
    _, hidden = hall.channel(visibility="private")
    about = {"incident": hidden, "review": "REV-9999", "action": "ACT-9999", "question": "none"}
    title = {"type": "input", "block_id": "title", "element": {"type": "plain_text_input"}}
    view = {
        "id": hall.one_more("V"),
        "type": "modal",
        "callback_id": f"verb {name}",
        "blocks": [title],
        "private_metadata": json.dumps(about),
    }
    seen = hall.submit(IDS["charlie"], view)
    is_clear(seen)
    assert HIDDEN not in seen.text
    if TABLE.named(name).place != ANYWHERE:
        assert "not found" in seen.text, seen.text
    assert not seen.changed
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []


def test_every_verb_that_does_something_names_its_right() -> None:
    assert [name for name in DOING if TABLE.named(name).right not in LEAST_ROLE] == []


def test_what_a_title_cannot_hold_is_kept_below_it(hall: Hall) -> None:
    told = "the checkout hangs for everybody " * 30
    for typed, field_name in (
        ("near-miss", "almost_happened"),
        ("record", "summary"),
        ("declare", "summary"),
        ("lesson", "situation"),
    ):
        channel, _ = hall.channel()
        view = hall.type(IDS["alice"], f"{typed} {told}", channel=channel).view
        assert view is not None
        given = {one["block_id"]: one["element"] for one in view["blocks"] if "element" in one}
        assert given["title"]["initial_value"].endswith("…"), typed
        assert given[field_name]["initial_value"] == told.strip(), typed


def test_a_name_that_is_no_mention_closes_nothing(hall: Hall) -> None:
    channel, reference = hall.channel()
    seen = hall.type(IDS["alice"], "private bob", channel=channel)
    is_refused(seen, "“bob” names nobody: mention people with @")
    seen = hall.type(IDS["alice"], f"private only for <@{IDS['bob']}> and me", channel=channel)
    assert f"{reference} is private now" in seen.text


def test_a_form_is_not_opened_for_what_is_not_possible_now(hall: Hall) -> None:
    channel, _ = hall.channel()
    is_refused(hall.type(IDS["alice"], "reopen", channel=channel), "not possible now")
    closed, _ = hall.channel(moves=("resolve", "close"))
    for verb in ("dismiss", "merge"):
        is_refused(hall.type(IDS["alice"], verb, channel=closed), "Possible now: reopen")


def test_a_reason_has_a_length_for_a_merge_too(hall: Hall) -> None:
    channel, _ = hall.channel()
    seen = hall.type(IDS["alice"], f"merge INC-1 {'word ' * 1_600}", channel=channel)
    is_refused(seen, "Why may have 2,000 characters")


def test_help_helps_a_stranger_in_a_hidden_channel(hall: Hall) -> None:
    channel, reference = hall.channel(visibility="private")
    said = hall.type(IDS["charlie"], "help", channel=channel).text
    assert "/incident declare" in said and reference not in said
