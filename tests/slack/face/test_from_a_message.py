"""From a message: shortcuts that carry its words and place over, and reactions."""

from __future__ import annotations

from typing import Any

from sqlmodel import select

from tests.slack.face.stage import (
    Stage,
    choice,
    count,
    declaring,
)
from tracker.models.action import Action
from tracker.models.lesson import Lesson
from tracker.models.slack import SlackPinned
from tracker.usecases.respond.slack_messages import UNREAD

Body = dict[str, Any]


def test_the_message_shortcut_carries_words_and_place_over(stage: Stage) -> None:
    channel = stage.driver.channel("general")["id"]
    message = {
        "ts": "1780304000.000100",
        "text": "checkout is *down*\nsince the deploy",
        "user": "U1",
    }
    view = stage.form(
        lambda: stage.driver.shortcut(
            stage.ids["bob"], "declare_from_message", message=message, channel_id=channel
        )
    )
    title = next(block for block in view["blocks"] if block.get("block_id") == "title")
    assert title["element"]["initial_value"] == "checkout is *down*"
    stage.fill_in("bob", declaring(title="Checkout is down", severity=choice("SEV2")))
    (entry,) = stage.entries()
    assert entry.text == "checkout is *down*\nsince the deploy"
    assert entry.source_url == f"https://rig.slack.com/archives/{channel}/p1780304000000100"


def test_a_message_in_any_script_is_carried_over_whole(stage: Stage) -> None:
    channel = stage.driver.channel("general")["id"]
    said = "決済が遅い。" * 200
    message = {"ts": "1780304000.000100", "text": said, "user": "U1"}
    stage.form(
        lambda: stage.driver.shortcut(
            stage.ids["bob"], "declare_from_message", message=message, channel_id=channel
        )
    )
    stage.fill_in("bob", declaring(title="Checkout is slow", severity=choice("SEV2")))
    assert [row.text for row in stage.entries()] == [said]


def test_shortcuts_make_actions_and_lessons_of_a_message(inside: Stage) -> None:
    message = {"ts": "1780304000.000100", "text": "we should alert on waits", "user": "U1"}
    for name, verb_field in (("make_action", "detail"), ("keep_lesson", "situation")):
        view = inside.form(
            lambda name=name: inside.driver.shortcut(
                inside.ids["bob"], name, message=message, channel_id=inside.channel_id
            )
        )
        texts = {
            b["block_id"]: b["element"].get("initial_value")
            for b in view["blocks"]
            if "element" in b
        }
        assert texts[verb_field] == "we should alert on waits"
        given: Body = {"title": "Alert on waits", verb_field: texts[verb_field]}
        if name == "make_action":
            given["priority"] = choice("P1")
        inside.fill_in("bob", given)
    with inside.room.app.look_as_system() as look:
        action = look.session.exec(select(Action)).one()
        lesson = look.session.exec(select(Lesson)).one()
    assert action.incident_id == 1
    assert "rig.slack.com/archives" in action.detail
    assert "rig.slack.com/archives" in lesson.situation


def test_a_message_is_added_to_the_timeline_once(inside: Stage) -> None:
    message = {"ts": "1780304000.000100", "text": "errors fall <@U1|ann>", "user": "U1"}
    for _ in range(2):
        status, _answer = inside.driver.shortcut(
            inside.ids["bob"], "add_to_timeline", message=message, channel_id=inside.channel_id
        )
        assert status == 200
        assert "timeline of INC-1" in inside.reply()["text"]
    assert [row.text for row in inside.entries()] == ["errors fall @ann"]
    assert count(inside, SlackPinned) == 1


def test_outside_a_channel_the_shortcut_asks_which_incident(inside: Stage) -> None:
    general = inside.driver.channel("general")["id"]
    message = {"ts": "1780304000.000100", "text": "a customer called", "user": "U1"}
    inside.form(
        lambda: inside.driver.shortcut(
            inside.ids["bob"], "add_to_timeline", message=message, channel_id=general
        )
    )
    inside.fill_in("bob", {"incident": choice("INC-1")})
    assert [row.text for row in inside.entries()] == ["a customer called"]


def reaction(stage: Stage, who: str, kind: str, *, name: str = "pushpin", ts: str = "") -> Body:
    item = {"type": "message", "channel": stage.channel_id, "ts": ts or "1780304000.000200"}
    return {"type": kind, "user": stage.ids[who], "reaction": name, "item": item}


def test_a_reaction_marks_a_message_and_taking_it_off_takes_it_back(inside: Stage) -> None:
    inside.happens(reaction(inside, "bob", "reaction_added"), event_id="Ev1")
    inside.happens(reaction(inside, "bob", "reaction_added"), event_id="Ev1", retry=1)
    (entry,) = inside.entries()
    assert entry.text == UNREAD
    inside.happens(reaction(inside, "alice", "reaction_removed"))
    assert inside.entries()[0].retracted_at is None
    inside.happens(reaction(inside, "bob", "reaction_removed"))
    assert inside.entries()[0].retracted_at is not None


def test_other_reactions_and_other_channels_mean_nothing(inside: Stage) -> None:
    inside.happens(reaction(inside, "bob", "reaction_added", name="eyes"))
    elsewhere = reaction(inside, "bob", "reaction_added")
    elsewhere["item"]["channel"] = inside.driver.channel("general")["id"]
    inside.happens(elsewhere)
    assert inside.entries() == []
