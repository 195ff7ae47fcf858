"""Procedures run during an incident: ticks are kept with their times and told in the timeline."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, select

from tests.conftest import MONDAY, Cast, HandClock
from tests.faces.declared import declare
from tests.faces.procedure_story import a_procedure, a_run, run_stands
from tests.usecases.test_races import at_once, count
from tracker.app import App
from tracker.domain.errors import NotAllowed, NotFound, NotPermitted, NotValid
from tracker.domain.people import Actor
from tracker.models.incident import TimelineEntry
from tracker.models.procedure import ProcedureFault, ProcedureRun, ProcedureStep
from tracker.reading.improve.procedure_figures import time_to_mitigate
from tracker.reading.references import incident_by_ref, procedure_by_ref, ref
from tracker.reading.respond.procedure_runs import (
    StepLine,
    procedures_offered,
    run_by_id,
    run_page,
    runs_of_incident,
)
from tracker.usecases.improve.procedures import EditProcedure, edit_procedure
from tracker.usecases.respond.incidents import MoveIncident, move_incident
from tracker.usecases.respond.procedure_runs import (
    FinishRun,
    MarkStep,
    StartRun,
    finish_run,
    mark_step,
    start_run,
)
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry
from tracker.usecases.respond.times import TimeAsk


def _mark(
    app: App, actor: Actor, place: str, run: int, number: int, mark: str, note: str = ""
) -> None:
    with app.begin(actor) as work:
        ask = MarkStep(number=number, mark=mark, note=note)
        mark_step(work, incident_by_ref(work, place), run, ask)


def _told(app: App) -> list[str]:
    """What the timeline says about procedures, in its order."""
    with app.look_as_system() as look:
        query = select(TimelineEntry.text).order_by(col(TimelineEntry.at), col(TimelineEntry.id))
        return [text for text in look.session.exec(query) if text.startswith("PRO-")]


def _marks(app: App, actor: Actor, place: str, run: int) -> list[str]:
    with app.look(actor) as look:
        page = run_page(look, run_by_id(look, incident_by_ref(look, place), run))
        return [part.mark for part in page.parts if isinstance(part, StepLine)]


@pytest.fixture
def place(app: App, cast: Cast) -> str:
    return ref(declare(app, cast, services=("checkout",)))


def test_ticks_one_after_the_other_share_one_entry_with_their_own_times(
    app: App, cast: Cast, clock: HandClock, place: str
) -> None:
    run = a_run(app, cast, place, a_procedure(app, cast, "publish"))
    for number in (1, 2, 3):
        clock.forward(minutes=1)
        _mark(app, cast.alice, place, run, number, "done")
    started, together = _told(app)
    assert started == "PRO-1 started: Restart the resolver (4 steps)"
    assert together == (
        "PRO-1, steps 1 to 3 done: Take the node out of the pool; Wait for zero connections; "
        "Restart the resolver"
    )
    with app.look_as_system() as look:
        rows = look.session.exec(select(ProcedureStep).order_by(col(ProcedureStep.id))).all()
        assert [row.at for row in rows] == [MONDAY + timedelta(minutes=one) for one in (1, 2, 3)]
        entry = look.session.get(TimelineEntry, rows[0].entry_id)
        assert entry is not None
        assert (entry.at, entry.kind) == (MONDAY + timedelta(minutes=1), "system")


@pytest.mark.parametrize("between", ["a note", "six minutes", "another person", "an own note"])
def test_what_comes_in_between_begins_another_entry(
    app: App, cast: Cast, clock: HandClock, place: str, between: str
) -> None:
    run = a_run(app, cast, place, a_procedure(app, cast, "publish"))
    _mark(app, cast.alice, place, run, 1, "done")
    if between == "a note":
        with app.begin(cast.bob) as work:
            add_timeline_entry(work, incident_by_ref(work, place), AddEntry(text="Hm"))
    if between == "six minutes":
        clock.forward(minutes=6)
    who = cast.bob if between == "another person" else cast.alice
    _mark(app, who, place, run, 2, "done", "slowly" if between == "an own note" else "")
    assert len(_told(app)) == 3


def test_a_wrong_step_needs_words_reaches_the_owner_and_stands_alone(
    app: App, cast: Cast, place: str
) -> None:
    run = a_run(app, cast, place, a_procedure(app, cast, "publish"))
    with pytest.raises(NotValid):
        _mark(app, cast.bob, place, run, 2, "wrong")
    _mark(app, cast.bob, place, run, 2, "wrong", "It never gets to zero")
    assert _told(app)[-1] == (
        "PRO-1, step 2 was wrong: Wait for zero connections\n\nIt never gets to zero"
    )
    with app.look_as_system() as look:
        fault = look.session.exec(select(ProcedureFault)).one()
        assert (fault.number, fault.run_id, fault.text_version) == (2, run, 1)
    second = a_run(app, cast, ref(declare(app, cast)), "PRO-1")
    assert second != run
    with app.look(cast.alice) as look:
        page = run_page(look, look.find(ProcedureRun, second, what="it"))
        known = [part.known_faults for part in page.parts if isinstance(part, StepLine)]
        assert known == [(), ("It never gets to zero",), (), ()]


def test_the_newest_statement_stands_and_the_same_again_changes_nothing(
    app: App, cast: Cast, place: str
) -> None:
    run = a_run(app, cast, place, a_procedure(app, cast))
    for mark, note in (("open", ""), ("done", ""), ("done", ""), ("skipped", "late"),
                       ("skipped", ""), ("open", ""), ("open", "")):  # fmt: skip
        _mark(app, cast.alice, place, run, 1, mark, note)
    assert count(app, ProcedureStep) == 3
    assert _marks(app, cast.vera, place, run) == ["open"] * 4
    assert len(_told(app)) == 4


def test_two_people_ticking_at_once_are_both_kept(app: App, cast: Cast, place: str) -> None:
    run = a_run(app, cast, place, a_procedure(app, cast, "publish"))

    def tick(number: int) -> object:
        ask = MarkStep(number=number, mark="done")
        return lambda work: mark_step(work, incident_by_ref(work, place), run, ask)

    ended = at_once(
        app,
        (cast.alice, tick(1)), (cast.bob, tick(1)), (cast.charlie, tick(2)), (cast.erin, tick(3)),
    )  # type: ignore[arg-type]  # fmt: skip
    assert ended == ["done"] * 4
    assert count(app, ProcedureStep) == 4
    assert _marks(app, cast.vera, place, run) == ["done", "done", "done", "open"]
    assert sum("step 1 done" in text for text in _told(app)) == 1


def test_two_who_begin_at_once_run_it_together(app: App, cast: Cast, place: str) -> None:
    reference = a_procedure(app, cast, "publish")

    def begin(work: object) -> object:
        return start_run(work, incident_by_ref(work, place), StartRun(procedure=reference))  # type: ignore[arg-type]

    ended = at_once(app, (cast.alice, begin), (cast.bob, begin), (cast.erin, begin))
    assert ended == ["done"] * 3
    assert count(app, ProcedureRun) == 1


def test_a_run_ends_with_what_came_of_it_once(
    app: App, cast: Cast, clock: HandClock, place: str
) -> None:
    run = a_run(app, cast, place, a_procedure(app, cast, "publish"))
    _mark(app, cast.alice, place, run, 1, "done")
    clock.forward(minutes=12)

    def finish(outcome: str, note: str = "") -> None:
        with app.begin(cast.bob) as work:
            ask = FinishRun(outcome=outcome, note=note)
            finish_run(work, incident_by_ref(work, place), run, ask)

    with pytest.raises(NotValid):
        finish("won")
    finish("helped", "Twice")
    finish("helped")
    with pytest.raises(NotAllowed):
        finish("stopped")
    with pytest.raises(NotAllowed):
        _mark(app, cast.alice, place, run, 2, "done")
    said = "PRO-1 ended: it helped (1 of 4 steps done, in 12 minutes)\n\nTwice"
    assert [text for text in _told(app) if "ended" in text] == [said]
    assert run_stands(app, run).finished_at == MONDAY + timedelta(minutes=12)
    assert a_run(app, cast, place, "PRO-1") != run, "it may be run again"


def test_a_run_keeps_the_version_it_began_with(app: App, cast: Cast, place: str) -> None:
    reference = a_procedure(app, cast, "publish")
    run = a_run(app, cast, place, reference)
    with app.begin(cast.alice) as work:
        row = procedure_by_ref(work, reference)
        edit_procedure(work, row, EditProcedure(text="1. Only this", title="Another"))
    _mark(app, cast.alice, place, run, 4, "done")
    with app.look(cast.vera) as look:
        incident = incident_by_ref(look, place)
        page = run_page(look, run_by_id(look, incident, run))
        assert (page.title, page.progress.steps, page.newer_version) == (
            "Restart the resolver", 4, True,
        )  # fmt: skip
        (line,) = runs_of_incident(look, incident)
        assert (line.title, line.progress.words) == (
            "Restart the resolver", "1 of 4 steps done",
        )  # fmt: skip


def test_where_and_what_can_be_run(app: App, cast: Cast, place: str) -> None:
    draft = a_procedure(app, cast)
    retired = a_procedure(app, cast, "retire")
    empty = a_procedure(app, cast, text="words")
    assert a_run(app, cast, place, draft), "a draft is better than nothing at night"
    for reference in (retired, empty):
        with pytest.raises(NotAllowed):
            a_run(app, cast, place, reference)
    for reference in ("PRO-99", "INC-1", ""):
        with pytest.raises(NotFound):
            a_run(app, cast, place, reference)
    with pytest.raises(NotPermitted):
        a_run(app, cast, place, draft, by="vera")
    with app.begin(cast.alice) as work:
        incident = incident_by_ref(work, place)
        for verb in ("resolve", "close"):
            move_incident(work, incident, MoveIncident(verb=verb))
    with pytest.raises(NotAllowed, match="closed"):
        a_run(app, cast, place, a_procedure(app, cast))


def test_those_of_the_services_are_offered_first(app: App, cast: Cast, place: str) -> None:
    a_procedure(app, cast, "publish", title="B here")
    a_procedure(app, cast, title="A here")
    a_procedure(app, cast, "publish", title="Elsewhere", services=("query",))
    a_procedure(app, cast, "retire", title="Gone")
    with app.look(cast.vera) as look:
        incident = incident_by_ref(look, place)
        offered = procedures_offered(look, incident)
        assert [item.row.title for item in offered.fitting] == ["A here", "B here"]
        assert [item.row.title for item in offered.others] == ["Elsewhere"]
        assert procedures_offered(look, incident, title="nowhere").others == []


def test_a_run_of_another_incident_is_not_found(app: App, cast: Cast, place: str) -> None:
    run = a_run(app, cast, place, a_procedure(app, cast))
    other = ref(declare(app, cast))
    with pytest.raises(NotFound):
        _mark(app, cast.alice, other, run, 1, "done")
    for strange in (0, 99, 2**40):
        with pytest.raises(NotFound):
            _mark(app, cast.alice, place, strange, 1, "done")


def _mitigated(app: App, cast: Cast, clock: HandClock, minutes: int, *, with_run: bool = False,
               late: bool = False, **more: object) -> None:  # fmt: skip
    """An incident whose impact began now and was mitigated after so many minutes."""
    times = {"impact_started": TimeAsk(at=clock.now)}
    place = ref(declare(app, cast, times=times, services=("checkout",), **more))
    if with_run and not late:
        a_run(app, cast, place, "PRO-1")
    clock.forward(minutes=minutes)
    with app.begin(cast.alice) as work:
        move_incident(work, incident_by_ref(work, place), MoveIncident(verb="mitigate"))
    if late:
        clock.forward(minutes=1)
        a_run(app, cast, place, "PRO-1")


def test_time_to_mitigate_with_and_without_says_how_many_and_is_silent_on_few(
    app: App, cast: Cast, clock: HandClock
) -> None:
    a_procedure(app, cast, "publish")
    for minutes in (10, 12, 14, 16, 18):
        _mitigated(app, cast, clock, minutes, with_run=True)
    for minutes in (30, 40, 50, 60):
        _mitigated(app, cast, clock, minutes)
    with app.look(cast.vera) as look:
        few = time_to_mitigate(look)
        assert few.with_procedure.value == timedelta(minutes=14)
        assert (few.without.count, few.without.value, few.too_few) == (4, None, True)
    # A run that began after the mitigation did not bring it about.
    _mitigated(app, cast, clock, 70, with_run=True, late=True)
    declare(app, cast)
    with app.look(cast.vera) as look:
        found = time_to_mitigate(look)
        assert (found.with_procedure.count, found.without.count) == (5, 5)
        assert found.without.value == timedelta(minutes=50)
        assert time_to_mitigate(look, service="checkout") == found
        assert time_to_mitigate(look, service="query").with_procedure.count == 0


def test_closed_incidents_count_for_their_people_only_and_old_ones_for_nobody(
    app: App, cast: Cast, clock: HandClock
) -> None:
    a_procedure(app, cast, "publish")
    for minutes in (10, 12, 14, 16, 18):
        _mitigated(app, cast, clock, minutes, visibility="private")
    with app.look(cast.alice) as look:
        assert time_to_mitigate(look).without.count == 5
    with app.look(cast.ada) as look:
        assert time_to_mitigate(look).without.count == 0
    clock.forward(days=400)
    with app.look(cast.alice) as look:
        assert time_to_mitigate(look).without.count == 0
