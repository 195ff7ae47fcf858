"""What people read in Slack, word by word, kept in tests/slack/golden for reading aloud.

After a change that is meant: ``GOLDEN=write pytest tests/slack/face/test_golden.py``, then read
the difference as somebody tired would.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from tests.slack.conftest import SlackRoom
from tests.slack.face.stage import (
    Stage,
    choice,
    choices,
    on_stage,
    publish_lesson,
    rebuild,
    wait_until,
)
from tracker.outbox.schedule import run_due
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.perspectives import (
    AskPerspectives,
    ask_perspectives,
    withdraw_perspective,
)

GOLDEN = Path(__file__).parents[1] / "golden"
# Ids of the emulated Slack differ from run to run; names of blocks come from row ids.
DROPPED = {"ts", "hash", "private_metadata", "bot_id", "app_id", "user", "team", "id"}


def plain(stage: Stage, node: Any) -> Any:
    """The message without what differs from run to run."""
    if isinstance(node, dict):
        kept = {key: plain(stage, value) for key, value in node.items() if key not in DROPPED}
        if kept.get("type") != "input":
            kept.pop("block_id", None)
        return kept
    if isinstance(node, list):
        return [plain(stage, one) for one in node]
    if isinstance(node, str):
        for name, slack_id in {**stage.ids, "inc-1": stage.channel_id}.items():
            node = node.replace(slack_id, name) if slack_id else node
        return re.sub(r"\b[CU][0-9A-F]{9,10}\b", "ID", node)
    return node


def collect(stage: Stage) -> dict[str, Any]:
    """What is shown to whom, by name of the file."""
    app = stage.room.app
    shown: dict[str, Any] = {}
    with app.begin(stage.room.cast.erin) as work:
        publish_lesson(work)
    stage.room.declare("Connection pool exhausted in checkout")
    rebuild(app)
    shown["help_anywhere"] = stage.type("alice", "")
    shown["wrong_word"] = stage.type("alice", "decalre it is down")
    shown["outside_a_channel"] = stage.type("alice", "note it is down")
    shown["form_declare"] = stage.form(
        lambda: stage.type("alice", "declare connection pool exhausted again")
    )
    shown["form_declare_refused"] = stage.fill_in("alice", {"visibility": choice("org")})
    shown["declared"] = stage.fill_in(
        "alice",
        {
            "title": "Connection pool exhausted <again> & worse",
            "impact": choice("everyone"),
            "urgency": choice("now"),
            "services": choices("checkout"),
            "teams": choices("payments"),
            "visibility": choice("org"),
            "summary": "Every second order fails.",
        },
    )
    shown["declared_by_typing"] = stage.type("bob", "declare sev4 Connection pool slow")
    stage.enter(stage.incident(2))
    for what, who, text in (
        ("role_taken", "alice", "role commander"),
        ("note", "alice", "note at 08:40 waits on the pool climb"),
        ("note_in_the_future", "alice", "note at 2030-01-01 10:00 the future"),
        ("task_list_empty", "alice", "task"),
        ("task_added", "alice", "task look at the pool <@bob>"),
        ("task_list", "alice", "task"),
        ("action", "alice", "action alert when waits climb"),
        ("severity", "alice", "sev SEV2 half of the shops work again"),
        ("similar", "bob", "similar"),
        ("runbook", "bob", "runbook"),
        ("list", "bob", "list"),
        ("todo", "bob", "todo"),
        ("update", "alice", "update We go back to 5.1; orders work again. Next in 30 min"),
        ("status", "bob", "status"),
        ("help_in_a_channel", "bob", "help"),
        ("help_all", "bob", "help all"),
        ("resolve", "alice", "resolve"),
        ("resolve_again", "alice", "resolve"),
        ("transcript", "bob", "transcript"),
        ("transcript_asked", "bob", "transcript ask"),
        ("review", "alice", "review"),
        ("review_publish_too_early", "erin", "review publish"),
        ("timeline", "bob", "timeline"),
    ):
        stage.room.clock.forward(minutes=1)
        shown[what] = stage.type(who, text.replace("<@bob>", f"<@{stage.ids['bob']}>"))
        if what == "update":
            stage.deliver()
            shown["card_while_open"] = stage.card()
    shown["lessons"] = stage.type("bob", "pools", command="/lessons")
    shown["search_nothing"] = stage.type("bob", "search qqqq")
    for what, text in (("form_near_miss", "near-miss"), ("form_update", "update")):
        shown[what] = stage.form(lambda text=text: stage.type("alice", text))
    shown["private"] = stage.type("alice", f"private <@{stage.ids['bob']}>")
    shown["private_to_an_outsider"] = stage.type("charlie", "status")
    stage.type("alice", "private off")
    stage.deliver()
    shown["channel"] = [
        {"text": one["text"], "blocks": one.get("blocks", [])}
        for one in stage.driver.messages(stage.channel_id)
        if not one.get("subtype")
    ]
    shown["announcement"] = [
        {"text": one["text"], "blocks": one.get("blocks", [])}
        for one in stage.driver.messages(stage.driver.channel("all-incidents")["id"])
        if not one.get("subtype")
    ]
    shown |= perspective(stage)
    stage.happens({"type": "app_home_opened", "user": stage.ids["alice"], "tab": "home"})
    gate = stage.room.gate
    wait_until(lambda: gate.of("views.publish"), "the home tab is drawn")
    shown["home"] = gate.of("views.publish")[-1].body["view"]
    return {name: plain(stage, one) for name, one in shown.items()}


def perspective(stage: Stage) -> dict[str, Any]:
    """Erin asks Alice and Bob how it looked to them; Bob answers, and is asked no longer."""
    cast, app, gate = stage.room.cast, stage.room.app, stage.room.gate
    shown: dict[str, Any] = {}
    with app.begin(cast.erin) as work:
        ask = AskPerspectives(people=(cast.email("alice"), cast.email("bob")))
        ids = [one.key for one in ask_perspectives(work, review_by_ref(work, "REV-1"), ask)]
    stage.room.clock.forward(minutes=1)
    run_due(app, stage.room.clock.now)
    stage.deliver()
    asked = [one for one in gate.of("chat.postMessage") if "write_perspective" in str(one.body)][-1]
    shown["perspective_asked"] = {"text": asked.body["text"], "blocks": asked.body["blocks"]}
    message = dict(asked.body)
    shown["form_perspective"] = stage.form(lambda: stage.press("bob", message, "write_perspective"))
    kept = {"outcome": choice("private"), "thought": "It was the cache"}
    stage.fill_in("bob", kept)
    shown["perspective_kept"] = stage.reply()
    stage.press("bob", message, "decline_perspective", action_ts="1.1")
    shown["perspective_no_thanks"] = stage.reply()
    stage.form(lambda: stage.press("bob", message, "write_perspective", action_ts="1.2"))
    stage.fill_in("bob", {**kept, "outcome": choice("private"), "thought": "Or the pool"})
    stage.reply()
    with app.begin(cast.erin) as work:
        withdraw_perspective(work, review_by_ref(work, "REV-1"), ids[1])
    stage.press("bob", message, "write_perspective", action_ts="1.3")
    shown["perspective_withdrawn"] = stage.reply()
    run_due(app, stage.room.clock.now)
    stage.deliver()
    told = [one.body for one in gate.of("chat.postMessage") if "no longer asked" in str(one.body)][
        -1
    ]
    shown["perspective_withdrawn_told"] = {"text": told["text"], "blocks": told["blocks"]}
    return shown


def test_what_people_read_is_what_was_read_aloud(room: SlackRoom) -> None:
    with on_stage(room) as stage:
        shown = collect(stage)
    if os.environ.get("GOLDEN") == "write":
        for old in GOLDEN.glob("*.json"):
            old.unlink()
        for name, one in shown.items():
            text = json.dumps(one, indent=1, ensure_ascii=False, sort_keys=True)
            (GOLDEN / f"{name}.json").write_text(text + "\n")
    kept = {path.stem: json.loads(path.read_text()) for path in sorted(GOLDEN.glob("*.json"))}
    assert set(shown) == set(kept)
    for name, one in shown.items():
        assert one == kept[name], f"{name} reads otherwise than it was read aloud"
