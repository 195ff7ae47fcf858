"""Changes proposed with buttons, and procedures run as checklists, from the channel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from tests.slack.conftest import SlackRoom
from tests.slack.face.stage import Stage, words_of
from tracker.domain.event import Change
from tracker.models.event import ChangeLink
from tracker.models.procedure import ProcedureRun, ProcedureStep
from tracker.usecases.improve.procedures import WriteProcedure, write_procedure
from tracker.usecases.respond.changes import record_change

Body = dict[str, Any]
STEPS = "\n".join(f"{number}. Do thing {number}" for number in range(1, 13))


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """INC-1 of checkout, shortly after a deploy; a procedure of twelve steps is for checkout."""
    room = stage.room
    with room.app.begin(room.cast.alice) as work:
        record_change(
            work,
            Change(
                instance_key="deploy-52", service="checkout", title="Deployed checkout <5.2>",
                started_at=work.now - timedelta(minutes=20), status="succeeded",
            ),
        )  # fmt: skip
    with room.app.begin(room.cast.alice) as work:
        write_procedure(
            work, WriteProcedure(title="Drain the pool", text=STEPS, services=("checkout",))
        )
    stage.enter(room.declare(services=("checkout",)))
    return stage


def buttons(message: Body) -> list[str]:
    return [
        one["action_id"] for block in message["blocks"] for one in block.get("elements") or ()
        if one.get("type") == "button"
    ]  # fmt: skip


def links(room: SlackRoom) -> list[tuple[str, bool]]:
    with room.app.look_as_system() as look:
        return [(row.role, row.confirmed) for row in look.session.exec(select(ChangeLink))]


def marks(room: SlackRoom) -> dict[int, str]:
    with room.app.look_as_system() as look:
        rows = look.session.exec(select(ProcedureStep).order_by(ProcedureStep.id))  # type: ignore[arg-type]
        return {row.number: row.mark for row in rows}


def test_a_change_shortly_before_is_proposed_and_said_to_have_set_it_off(busy: Stage) -> None:
    message = busy.type("bob", "change")
    assert "Deployed checkout &lt;5.2&gt;" in words_of(message)
    assert "before it began" in words_of(message)
    press = next(one for one in buttons(message) if one.endswith("triggered_by"))
    busy.press("bob", message, press)
    assert "triggered the incident" in busy.reply()["text"]
    assert links(busy.room) == [("triggered_by", True)]
    assert "Known already" in busy.said("alice", "change")


def test_a_change_that_did_not_is_not_proposed_again(busy: Stage) -> None:
    message = busy.type("bob", "change")
    press = next(one for one in buttons(message) if one.endswith("triggered_by no"))
    busy.press("bob", message, press)
    assert "had nothing to do with it" in busy.reply()["text"]
    assert links(busy.room) == [("triggered_by", False)]
    busy.form(lambda: busy.type("bob", "change"))


def test_another_change_is_still_noted_by_typing_and_by_form(busy: Stage) -> None:
    assert "Noted" in busy.said("bob", "change 10 min ago switched the feature flag off")
    message = busy.type("bob", "change")
    view = busy.form(lambda: busy.press("bob", message, "note_change"))
    assert view["title"]["text"] == "Note a change"


def test_a_procedure_of_the_service_is_run_and_ticked_as_a_checklist(busy: Stage) -> None:
    offered = busy.type("bob", "runbook")
    assert "Drain the pool" in words_of(offered)
    press = next(one for one in buttons(offered) if one.startswith("run_procedure"))
    busy.press("bob", offered, press)
    steps = busy.reply()
    groups = [
        one for block in steps["blocks"] for one in block.get("elements") or ()
        if one.get("type") == "checkboxes"
    ]  # fmt: skip
    assert [len(one["options"]) for one in groups] == [10, 2]
    tick(busy, steps, groups[0], (1, 3))
    assert marks(busy.room) == {1: "done", 3: "done"}
    tick(busy, busy.reply(), groups[0], (3,))
    assert marks(busy.room) == {1: "open", 3: "done"}
    busy.reply()
    tick(busy, steps, groups[1], (12,))
    assert marks(busy.room)[12] == "done"
    again = busy.reply()
    assert "Drain the pool" in words_of(busy.type("alice", "runbook"))
    press = next(one for one in buttons(again) if one.endswith(" helped"))
    busy.press("bob", again, press)
    assert "it helped" in busy.reply()["text"]
    with busy.room.app.look_as_system() as look:
        assert look.session.exec(select(ProcedureRun)).one().outcome == "helped"


def tick(busy: Stage, message: Body, element: Body, numbers: tuple[int, ...]) -> None:
    """Exactly these boxes of the group are ticked now."""
    chosen = [one for one in element["options"] if int(one["value"]) in numbers]
    busy.room.clock.forward(seconds=5)
    chosen_there = {"selected_options": chosen}
    busy.press("bob", message, element["action_id"], chosen=chosen_there, ephemeral=True)


def test_a_procedure_is_run_by_its_reference_too_and_twice_is_once(busy: Stage) -> None:
    assert "Drain the pool" in busy.said("bob", "runbook PRO-1")
    assert "Drain the pool" in busy.said("alice", "runbook pro-1")
    with busy.room.app.look_as_system() as look:
        assert len(look.session.exec(select(ProcedureRun)).all()) == 1
    assert "not found" in busy.said("bob", "runbook PRO-99").lower() or "PRO-99" in busy.said(
        "bob", "runbook PRO-99"
    )


def test_ticks_do_not_fill_the_channel_and_the_end_is_told(busy: Stage) -> None:
    busy.type("bob", "runbook PRO-1")
    busy.room.deliver()
    before = len(busy.room.texts(busy.channel_id))
    steps = busy.type("bob", "runbook")
    press = next(one for one in buttons(steps) if one.startswith("show_run"))
    busy.press("bob", steps, press)
    shown = busy.reply()
    element = next(
        one for block in shown["blocks"] for one in block.get("elements") or ()
        if one.get("type") == "checkboxes"
    )  # fmt: skip
    tick(busy, shown, element, (1, 2, 3))
    busy.reply()
    busy.room.deliver()
    assert len(busy.room.texts(busy.channel_id)) == before
    busy.room.clock.forward(minutes=1)
    busy.press("bob", shown, next(one for one in buttons(shown) if one.endswith(" helped")))
    busy.reply()
    busy.room.deliver()
    assert "PRO-1 ended: it helped" in busy.room.texts(busy.channel_id)[-1]
