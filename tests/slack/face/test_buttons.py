"""Buttons and boxes: on the card, under a list, at home and in a reminder."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import select

from tests.slack.face.stage import (
    Stage,
    choice,
    publish_lesson,
    rebuild,
    wait_until,
    words_of,
)
from tracker.models.action import Action
from tracker.models.incident import RoleAssignment
from tracker.models.journal import Notice
from tracker.outbox.schedule import run_due
from tracker.usecases.improve.actions import MoveAction, move_action


def holders(stage: Stage) -> dict[str, int]:
    with stage.room.app.look_as_system() as look:
        rows = look.session.exec(select(RoleAssignment)).all()
    return {row.role: row.person_id for row in rows if row.until_at is None}


def test_the_cards_buttons_claim_and_hand_over_roles(inside: Stage) -> None:
    inside.press("bob", inside.card(), "claim_role:commander")
    assert "You are commander" in inside.reply()["text"]
    assert holders(inside) == {"commander": inside.room.cast.bob.person_id}
    inside.deliver()
    card = inside.card()
    view = inside.form(lambda: inside.press("bob", card, "hand_over_role:commander"))
    assert view["title"]["text"] == "Hand over a role"
    inside.fill_in(
        "bob",
        {"role": choice("commander"), "person": {"selected_user": inside.ids["alice"]}},
    )
    assert holders(inside) == {"commander": inside.room.cast.alice.person_id}


def test_two_people_claim_a_role_at_once_and_one_has_it(inside: Stage) -> None:
    card = inside.card()
    inside.press("bob", card, "claim_role:scribe")
    inside.press("alice", card, "claim_role:scribe")
    assert holders(inside) == {"scribe": inside.room.cast.alice.person_id}
    with inside.room.app.look_as_system() as look:
        rows = look.session.exec(select(RoleAssignment)).all()
    assert len([row for row in rows if row.until_at is None]) == 1


def test_boxes_on_the_card_finish_tasks_and_open_them_again(inside: Stage) -> None:
    inside.said("alice", "task fail over the replica")
    inside.said("alice", "task tell support")
    inside.deliver()
    card = inside.card()
    boxes = next(
        one
        for block in card["blocks"]
        for one in block.get("elements") or ()
        if one.get("action_id") == "tick_tasks"
    )
    inside.press("bob", card, "tick_tasks", chosen={"selected_options": boxes["options"][:1]})
    assert "Task done: fail over the replica" in [row.text for row in inside.entries(kind="system")]
    inside.press("bob", card, "tick_tasks", chosen={"selected_options": []})
    assert "Task open again: fail over the replica" in [
        row.text for row in inside.entries(kind="system")
    ]


def test_the_list_of_tasks_has_the_button_that_adds_one(inside: Stage) -> None:
    for number in (1, 2):
        shown = inside.type("alice", "task")
        view = inside.form(lambda shown=shown: inside.press("alice", shown, "add_task"))
        assert view["title"]["text"] == "Add a task"
        owner = {"selected_user": inside.ids["bob"]}
        inside.fill_in("alice", {"title": f"ask the bank {number}", "owner": owner})
        assert "is on the card" in inside.reply()["text"]
    shown = words_of(inside.type("bob", "task"))
    assert "ask the bank 1" in shown and "ask the bank 2" in shown


def test_mitigated_and_resolved_are_one_press_and_a_double_click_is_one(inside: Stage) -> None:
    card = inside.card()
    inside.press("bob", card, "move_incident:resolve")
    assert "INC-1 is resolved" in inside.reply()["text"]
    inside.press("bob", card, "move_incident:resolve")
    assert "not possible now" in inside.reply()["text"]
    assert inside.incident().state == "resolved"


def test_where_are_we_and_the_other_buttons_of_the_card(inside: Stage) -> None:
    card = inside.card()
    inside.press("bob", card, "catch_up")
    assert "Where we are" in words_of(inside.reply())
    for action_id, title in (
        ("post_update", "Post an update"),
        ("assess_severity", "Change the severity"),
    ):
        view = inside.form(lambda one=action_id: inside.press("bob", card, one))
        assert view["title"]["text"] == title


def test_a_button_nobody_knows_any_more_says_so(inside: Stage) -> None:
    old = {"blocks": [{"elements": [{"type": "button", "action_id": "of_long_ago"}]}]}
    inside.press("bob", old, "of_long_ago")
    assert "was not found" in inside.reply()["text"]


def test_the_home_tab_shows_what_waits_and_finishes_it(inside: Stage) -> None:
    inside.said("alice", f"action alert on waits <@{inside.ids['erin']}>")
    with inside.room.app.begin(inside.room.cast.erin) as work:
        move_action(work, work.get(Action, 1), MoveAction(verb="accept"))
    opened = {"type": "app_home_opened", "user": inside.ids["erin"], "tab": "home"}
    inside.happens(opened)
    published = inside.room.gate
    wait_until(lambda: published.of("views.publish"), "the home tab is drawn")
    home = published.of("views.publish")[-1].body["view"]
    assert "ACT-1 alert on waits" in str(home)
    inside.form(lambda: inside.press("erin", home, "finish_action"))
    inside.fill_in("erin", {"evidence": "https://graphs.example/waits"})
    with inside.room.app.look_as_system() as look:
        assert look.session.exec(select(Action)).one().state == "done"


def test_a_lesson_is_shared_in_the_channel_once(inside: Stage) -> None:
    with inside.room.app.begin(inside.room.cast.erin) as work:
        publish_lesson(work)
    rebuild(inside.room.app)
    found = inside.type("bob", "pools", command="/lessons")
    inside.press("bob", found, "share_lesson:0")
    assert "is being posted here" in inside.reply()["text"]
    inside.room.clock.forward(minutes=1)
    inside.deliver()
    texts = inside.room.texts(inside.channel_id)
    assert len([one for one in texts if "Bounded pools fail early" in one]) == 1


def test_a_late_update_is_asked_for_again_when_the_person_said(inside: Stage) -> None:
    inside.said("alice", "update We look at it. Next in 10 min")
    clock = inside.room.clock
    due = clock.now + timedelta(minutes=12)
    assert fired(inside, due) == 1
    button = {"type": "button", "action_id": "snooze_update:15", "value": "INC-1 15"}
    clock.now = due
    inside.press("alice", {"blocks": [{"elements": [button]}]}, "snooze_update:15")
    assert "asked again" in inside.reply()["text"]
    assert fired(inside, due + timedelta(minutes=14)) == 1
    assert fired(inside, due + timedelta(minutes=16)) == 2


def fired(stage: Stage, at: datetime) -> int:
    """How often somebody was reminded of the update until then."""
    run_due(stage.room.app, at)
    with stage.room.app.look_as_system() as look:
        rows = look.session.exec(select(Notice).where(Notice.kind == "update_late")).all()
    return len(rows)
