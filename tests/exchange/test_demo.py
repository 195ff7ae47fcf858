"""The demo loads through the verbs, once, and leaves a believable organisation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlmodel import col, func, select

from tests.conftest import MONDAY, HandClock
from tests.exchange.conftest import Demo, Shell, shell_of
from tracker.app import App
from tracker.domain.lifecycle import LIFECYCLES
from tracker.models.action import Action
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.journal import AuditEntry, Clock, StateMove
from tracker.models.lesson import Lesson
from tracker.models.procedure import Procedure, ProcedureFault, ProcedureRun
from tracker.models.review import Review, ReviewVersion
from tracker.reading.analyse.perspectives import entries_of, perspectives_of, woven
from tracker.reading.analyse.reviews import incidents_of
from tracker.reading.improve.procedures import ProcedureFilter, list_procedures
from tracker.usecases.demo.loading import DemoOutcome

Load = Callable[[App, HandClock], DemoOutcome]


def test_every_state_of_every_life_cycle_is_there(app: App, clock: HandClock, demo: Load) -> None:
    outcome = demo(app, clock)
    assert outcome.loaded["people"] == 14
    with app.look_as_system() as look:
        for kind, model in (
            ("incident", Incident),
            ("review", Review),
            ("action", Action),
            ("lesson", Lesson),
        ):
            there = set(look.session.exec(select(model.state)))  # type: ignore[attr-defined]
            assert there == set(LIFECYCLES[kind].states), kind
        near_misses = select(func.count()).where(Incident.kind == "near_miss")
        assert look.session.exec(near_misses).one() == 4
        assert look.session.exec(select(Incident).where(col(Incident.circle_id).is_not(None))).all()
        for state, number in (("published", 1), ("amended", 2)):
            frozen = select(Review.published_version).where(Review.state == state)
            assert set(look.session.exec(frozen)) == {number}
        before = look.session.exec(select(func.count()).select_from(AuditEntry)).one()
    assert demo(app, clock).here_already, "it is loaded once"
    with app.look_as_system() as look:
        assert look.session.exec(select(func.count()).select_from(AuditEntry)).one() == before


def test_a_newcomer_finds_a_woven_page_with_what_is_shared_and_nothing_else(
    loaded_demo: Demo,
) -> None:
    with loaded_demo.app.look_as_system() as look:
        review = look.session.exec(
            select(Review).where(col(Review.title).contains("Retries kept the database down"))
        ).one()
        found = perspectives_of(look, review)
        standings = [one.standing for one in found.asked]
        assert standings == ["shared", "shared", "asked", "declined"]
        rows = woven(entries_of(look, incidents_of(look, review)), found.shared)
        assert any(row.entries and row.moments for row in rows)
        frozen = look.session.exec(
            select(ReviewVersion.content).where(ReviewVersion.review_id == review.key)
        ).one()
        assert [one["person"].split()[0] for one in frozen["perspectives"]] == ["Katya", "Ruth"]


def test_the_history_reads_as_if_it_had_happened(
    loaded_demo: Demo,
) -> None:
    present = MONDAY
    assert loaded_demo.clock.now == present
    with loaded_demo.app.look_as_system() as look:
        audited = look.session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
        # The policy was loaded by the template of the tests, at the wall clock of this machine.
        told = [entry for entry in audited if entry.verb != "load_policy"]
        assert [entry.at for entry in told] == sorted(entry.at for entry in told)
        assert told[-1].at <= present
        assert present - told[0].at > timedelta(days=240)
        assert len({entry.actor_name for entry in told}) > 10
        moves = look.session.exec(select(StateMove)).all()
        assert {move.record_kind for move in moves} == set(LIFECYCLES)
        newest = look.session.exec(select(func.max(TimelineEntry.at))).one()
        assert newest <= present
        waiting = select(Clock).where(col(Clock.done_at).is_(None), col(Clock.due_at) <= present)
        assert look.session.exec(waiting).all() == [], "reminders went out when they were due"


def test_procedures_were_run_found_wrong_and_mended(
    loaded_demo: Demo,
) -> None:
    assert loaded_demo.outcome.loaded["procedures"] == 5
    with loaded_demo.app.look_as_system() as look:
        assert {"draft", "current"} <= set(look.session.exec(select(Procedure.state)))
        ended = select(ProcedureRun.outcome).order_by(col(ProcedureRun.id))
        assert list(look.session.exec(ended)) == ["did_not_help", ""]
        mended = look.session.exec(select(ProcedureFault.mended_version)).all()
        assert list(mended) == [2, 2]
        found = list_procedures(look, ProcedureFilter(stale=True)).items
        assert [item.row.slug for item in found] == ["send-door-codes", "booking-slow"]


def test_the_command_says_what_it_loaded(sqlite_app: App) -> None:
    shell = shell_of(sqlite_app)
    first = shell.run("demo")
    assert first.exit_code == 0, first.output
    assert "14 people" in first.stderr
    assert "tracker user link ruth@fernhill.example" in first.stderr
    assert first.stdout == ""
    second = shell.run("demo")
    assert second.exit_code == 0
    assert "here already" in second.stderr


def test_without_a_policy_the_demo_says_what_to_do(tmp_path: Path) -> None:
    shell = Shell({"TRACKER_DATA_DIR": str(tmp_path), "TRACKER_SECRET_KEY": "s" * 40})
    assert shell.run("migrate").exit_code == 0
    result = shell.run("demo")
    assert result.exit_code == 5
    assert "tracker seed" in result.stderr
