"""Procedures through their verbs: versions, a second person, faults, and being asked again."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlmodel import col, select

from tests.conftest import Cast, HandClock
from tests.faces.declared import declare
from tests.faces.procedure_story import TEXT, a_procedure, a_run, stands
from tracker.app import App
from tracker.domain.errors import Conflict, NotAllowed, NotFound, NotPermitted, NotValid
from tracker.domain.lifecycle import PROCEDURE
from tracker.domain.people import Actor
from tracker.models.catalogue import Person
from tracker.models.journal import Clock, Notice
from tracker.models.procedure import ProcedureFault, ProcedureVersion
from tracker.outbox.schedule import run_due
from tracker.reading.improve.procedures import (
    ProcedureFilter,
    as_file,
    list_procedures,
    procedure_items,
    procedure_page,
    version_difference,
    version_of,
)
from tracker.reading.references import incident_by_ref, procedure_by_ref, ref
from tracker.usecases.improve.procedure_faults import ReportFault, mend_fault, report_fault
from tracker.usecases.improve.procedures import (
    EditProcedure,
    MoveProcedure,
    WriteProcedure,
    edit_procedure,
    keep_from_file,
    move_procedure,
    validate_procedure,
    write_procedure,
)
from tracker.usecases.respond.procedure_runs import MarkStep, mark_step


def _edit(app: App, actor: Actor, reference: str, **given: object) -> None:
    with app.begin(actor) as work:
        row = procedure_by_ref(work, reference)
        edit_procedure(work, row, EditProcedure(**given))  # type: ignore[arg-type]


def _validate(app: App, actor: Actor, reference: str) -> None:
    with app.begin(actor) as work:
        validate_procedure(work, procedure_by_ref(work, reference))


def _notices(app: App, who: Actor, kind: str) -> list[str]:
    with app.look_as_system() as look:
        query = (
            select(Notice.text)
            .where(Notice.person_id == who.person_id, Notice.kind == kind)
            .order_by(col(Notice.id))
        )
        return list(look.session.exec(query))


def _leave(app: App, cast: Cast, name: str) -> None:
    with app.begin_as_system() as work:
        person = work.session.get(Person, getattr(cast, name).person_id)
        assert person is not None
        person.active = False


@pytest.mark.parametrize("state", PROCEDURE.states)
@pytest.mark.parametrize("verb", PROCEDURE.verbs)
def test_every_verb_from_every_state_moves_or_is_refused_as_the_table_says(
    sqlite_app: App, sqlite_cast: Cast, state: str, verb: str
) -> None:
    ways = {"draft": (), "current": ("publish",), "retired": ("retire",)}
    reference = a_procedure(sqlite_app, sqlite_cast, *ways[state])
    target = next((m.target for m in PROCEDURE.moves if m.verb == verb and state in m.sources), "")
    try:
        with sqlite_app.begin(sqlite_cast.erin) as work:
            ask = MoveProcedure(verb=verb, why="Because")
            move_procedure(work, procedure_by_ref(work, reference), ask)
        assert target
    except NotAllowed:
        assert not target
    assert stands(sqlite_app, reference).state == (target or state)


def test_another_text_is_another_version_and_another_owner_is_not(app: App, cast: Cast) -> None:
    reference = a_procedure(app, cast)
    _edit(app, cast.bob, reference, text="1. Only this", why="Shorter")
    _edit(app, cast.bob, reference, owner=cast.email("bob"), escalation="Call Bob")
    _edit(app, cast.bob, reference, title="Restart", text="1. Only this")
    with app.look_as_system() as look:
        rows = look.session.exec(select(ProcedureVersion).order_by(col(ProcedureVersion.id))).all()
        assert [(row.number, row.title, row.why) for row in rows] == [
            (1, "Restart the resolver", ""), (2, "Restart the resolver", "Shorter"),
            (3, "Restart", ""),
        ]  # fmt: skip
        procedure = procedure_by_ref(look, reference)
        old, new = (version_of(look, procedure, number) for number in (1, 2))
        words = [piece for line in version_difference(old, new) for piece in line]
        assert {"out", "new"} <= {piece.kind for piece in words}
        assert version_difference(old, old) == []
        with pytest.raises(NotFound):
            version_of(look, procedure, 99)


def test_a_slower_edit_is_a_conflict(app: App, cast: Cast) -> None:
    reference = a_procedure(app, cast)
    version = stands(app, reference).version
    _edit(app, cast.bob, reference, escalation="Call Bob", version=version)
    with pytest.raises(Conflict):
        _edit(app, cast.alice, reference, escalation="Call Alice", version=version)


def test_every_field_is_checked_before_anything_is_stored(app: App, cast: Cast) -> None:
    ask = WriteProcedure(
        title="", text="1. x\n" * 300, kind="novel", slug="No Good", owner="nobody@x",
        team="nowhere", review_every_days=0, services=("moon",), escalation="\x00",
    )  # fmt: skip
    with pytest.raises(NotValid) as refused, app.begin(cast.alice) as work:
        write_procedure(work, ask)
    assert {gap.field for gap in refused.value.gaps} == {
        "title", "text", "kind", "slug", "owner", "team", "review_every_days", "services",
        "escalation",
    }  # fmt: skip
    with app.look_as_system() as look:
        assert list_procedures(look, ProcedureFilter()).items == []


def test_two_with_one_title_have_two_short_names(app: App, cast: Cast) -> None:
    long = "a" * 60
    slugs = [stands(app, a_procedure(app, cast, title=title)).slug
             for title in ("Restart", "Restart", "Restart", long, long)]  # fmt: skip
    assert slugs == ["restart", "restart-2", "restart-3", long, "a" * 50 + "-2"]
    with pytest.raises(NotValid):
        a_procedure(app, cast, slug="restart")


def test_one_in_use_keeps_its_steps_and_its_owner(app: App, cast: Cast) -> None:
    reference = a_procedure(app, cast, "publish")
    for change in ({"text": "no steps"}, {"owner": "", "team": ""}):
        with pytest.raises(NotValid):
            _edit(app, cast.alice, reference, **change)
    assert stands(app, reference).text_version == 1


def test_only_another_person_than_the_writer_validates_and_only_this_version(
    app: App, cast: Cast
) -> None:
    reference = a_procedure(app, cast, "publish")
    with pytest.raises(NotAllowed, match="You wrote this version"):
        _validate(app, cast.alice, reference)
    with pytest.raises(NotPermitted):
        _validate(app, cast.vera, reference)
    with pytest.raises(NotAllowed, match="Only a person"), app.begin_as_system() as work:
        validate_procedure(work, procedure_by_ref(work, reference))
    _validate(app, cast.bob, reference)
    _edit(app, cast.bob, reference, text=TEXT + "\n- [ ] One more")
    with app.look(cast.alice) as look:
        (item,) = procedure_items(look, [procedure_by_ref(look, reference)])
        assert item.concerns == ("changed",)
    with pytest.raises(NotAllowed):
        _validate(app, cast.bob, reference)
    _validate(app, cast.alice, reference)
    row = stands(app, reference)
    assert (row.validated_version, row.validated_by_id) == (2, cast.alice.person_id)


def test_a_retired_one_and_one_without_steps_cannot_be_validated(app: App, cast: Cast) -> None:
    for reference in (a_procedure(app, cast, "retire"), a_procedure(app, cast, text="words")):
        with pytest.raises(NotAllowed):
            _validate(app, cast.bob, reference)


def test_its_owner_is_asked_once_whether_it_still_holds(
    app: App, cast: Cast, clock: HandClock
) -> None:
    reference = a_procedure(app, cast, "publish", review_every_days=30)
    assert stands(app, reference).review_on == date(2026, 7, 1)
    counts = []
    for month, day in ((6, 30), (7, 1), (7, 2), (9, 1)):
        run_due(app, datetime(2026, month, day, 12, tzinfo=UTC))
        counts.append(len(_notices(app, cast.alice, "procedure_review")))
    assert counts == [0, 1, 1, 1]
    assert "does it still hold?" in _notices(app, cast.alice, "procedure_review")[0]
    clock.now = datetime(2026, 9, 1, 12, tzinfo=UTC)
    with app.look(cast.vera) as look:
        found = list_procedures(look, ProcedureFilter(stale=True), count=True)
        assert ([item.ref for item in found.items], found.count) == ([reference], 1)
    _validate(app, cast.bob, reference)
    assert stands(app, reference).review_on == date(2026, 10, 1)
    run_due(app, datetime(2026, 10, 2, 12, tzinfo=UTC))
    assert len(_notices(app, cast.alice, "procedure_review")) == 2


def test_a_longer_time_moves_the_day_and_retiring_stops_the_question(app: App, cast: Cast) -> None:
    reference = a_procedure(app, cast, "publish", review_every_days=30)
    _edit(app, cast.alice, reference, review_every_days=90)
    assert stands(app, reference).review_on == date(2026, 8, 30)

    def marks() -> list[str]:
        with app.look_as_system() as look:
            query = select(Clock.mark).where(
                Clock.kind == "procedure_review", col(Clock.done_at).is_(None)
            )
            return list(look.session.exec(query))

    assert marks() == ["2026-08-30"]
    with app.begin(cast.erin) as work:
        ask = MoveProcedure(verb="retire", why="Gone")
        move_procedure(work, procedure_by_ref(work, reference), ask)
    assert (marks(), stands(app, reference).review_on) == ([], None)


def test_when_the_owner_left_the_team_is_asked_and_without_a_team_it_is_a_gap(
    app: App, cast: Cast
) -> None:
    reference = a_procedure(app, cast, "publish", review_every_days=30)
    orphan = a_procedure(app, cast, "publish", title="Orphan", team="")
    _leave(app, cast, "alice")
    run_due(app, datetime(2026, 7, 2, 12, tzinfo=UTC))
    assert _notices(app, cast.alice, "procedure_review") == []
    assert len(_notices(app, cast.bob, "procedure_review")) == 1
    with app.look(cast.bob) as look:
        found = list_procedures(look, ProcedureFilter(without_owner=True)).items
        assert [item.ref for item in found] == [orphan]
        assert found[0].owner_gone
        (item,) = procedure_items(look, [procedure_by_ref(look, reference)])
        assert not item.owner_gone
    with app.begin(cast.charlie) as work:
        report_fault(work, procedure_by_ref(work, orphan), ReportFault(number=1, note="wrong"))


def test_a_fault_is_told_to_the_owner_and_mended_by_a_version(app: App, cast: Cast) -> None:
    reference = a_procedure(app, cast, "publish")
    with app.begin(cast.bob) as work:
        row = procedure_by_ref(work, reference)
        first = report_fault(work, row, ReportFault(number=2, note="It says none now")).key
    with app.begin(cast.alice) as work:
        report_fault(work, procedure_by_ref(work, reference), ReportFault(number=1, note="Mine"))
    told = _notices(app, cast.alice, "procedure_fault")
    assert told == ["PRO-1 “Restart the resolver”: step 2 was wrong when it was needed"]
    for number, note in ((0, "x"), (5, "x"), (1, " ")):
        with pytest.raises(NotValid), app.begin(cast.bob) as work:
            ask = ReportFault(number=number, note=note)
            report_fault(work, procedure_by_ref(work, reference), ask)
    _edit(app, cast.alice, reference, text=TEXT.replace("zero", "none"), mends=(first,))
    with app.look(cast.vera) as look:
        page = procedure_page(look, procedure_by_ref(look, reference))
        assert [(one.row.number, one.row.mended_version) for one in page.faults] == [
            (1, 0), (2, 2),
        ]  # fmt: skip
        assert page.item.open_faults == 1
    other = a_procedure(app, cast)
    with pytest.raises(NotFound), app.begin(cast.alice) as work:
        mend_fault(work, procedure_by_ref(work, other), first)


def test_a_fault_of_a_closed_incident_is_for_its_people_only(app: App, cast: Cast) -> None:
    place = ref(declare(app, cast, visibility="private", members=(cast.email("bob"),)))
    reference = a_procedure(app, cast, "publish", owner=cast.email("charlie"))
    run = a_run(app, cast, place, reference)
    with app.begin(cast.bob) as work:
        ask = MarkStep(number=1, mark="wrong", note="the secret host")
        mark_step(work, incident_by_ref(work, place), run, ask)
    assert _notices(app, cast.charlie, "procedure_fault") == []
    for who, seen in ((cast.alice, 1), (cast.charlie, 0), (cast.ada, 0)):
        with app.look(who) as look:
            page = procedure_page(look, procedure_by_ref(look, reference))
            assert (len(page.faults), page.item.open_faults, len(page.runs)) == (seen,) * 3
            narrowed = ProcedureFilter(with_faults=True)
            assert len(list_procedures(look, narrowed).items) == seen
    with app.look_as_system() as look:
        fault = look.session.exec(select(ProcedureFault)).one()
    with pytest.raises(NotFound), app.begin(cast.charlie) as work:
        mend_fault(work, procedure_by_ref(work, reference), fault.key)


def test_what_a_file_governs_is_changed_there_and_comes_back_as_the_same_file(
    app: App, cast: Cast
) -> None:
    ask = WriteProcedure(
        title="Fail over", slug="fail-over", text=TEXT, team="payments", services=("ledger",),
        review_every_days=90,
    )  # fmt: skip
    with app.begin(cast.ada) as work:
        row = keep_from_file(
            work, ask, managed_by="procedures/fail-over.md", validated_by=cast.email("bob")
        )
        reference = ref(row)
    row = stands(app, reference)
    assert (row.state, row.validated_version, row.review_on) == ("current", 1, date(2026, 8, 30))
    with pytest.raises(NotAllowed, match="procedures/fail-over"):
        _edit(app, cast.alice, reference, title="Mine")
    with pytest.raises(NotAllowed, match="procedures/fail-over"), app.begin(cast.erin) as work:
        ask_move = MoveProcedure(verb="retire", why="x")
        move_procedure(work, procedure_by_ref(work, reference), ask_move)
    with app.begin(cast.ada) as work:
        again = keep_from_file(
            work, ask, managed_by="procedures/fail-over.md", validated_by=cast.email("bob")
        )
        assert (again.key, again.text_version) == (row.key, 1)
    with app.begin(cast.ada) as work:
        newer = WriteProcedure(title="Fail over", slug="fail-over", text="1. x", team="payments")
        row = keep_from_file(work, newer, managed_by="procedures/fail-over.md")
        assert (row.text_version, row.validated_version) == (2, 1)
    with app.look(cast.vera) as look:
        told = as_file(look, procedure_by_ref(look, reference))
        assert (told.slug, told.text, told.services, told.validated_by) == (
            "fail-over", "1. x", (), "",
        )  # fmt: skip
    with pytest.raises(NotPermitted), app.begin(cast.erin) as work:
        keep_from_file(work, ask, managed_by="x.md")


def test_viewers_change_nothing_and_responders_leave_publishing_to_editors(
    app: App, cast: Cast
) -> None:
    reference = a_procedure(app, cast)
    for verb in (
        lambda: _edit(app, cast.vera, reference, title="Mine"),
        lambda: a_procedure(app, cast, by="vera"),
    ):
        with pytest.raises(NotPermitted):
            verb()
    with pytest.raises(NotPermitted), app.begin(cast.alice) as work:
        move_procedure(work, procedure_by_ref(work, reference), MoveProcedure(verb="publish"))
    assert stands(app, reference).version == 1
