"""Steps that were wrong when somebody needed them: reported, told, mended."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, select

from tracker.db.access import person_and_actor
from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gaps, NotFound
from tracker.importing.procedures import steps_of
from tracker.models.catalogue import Person, TeamMember
from tracker.models.incident import Incident
from tracker.models.procedure import Procedure, ProcedureFault, ProcedureRun
from tracker.reading.references import ref
from tracker.usecases.notices import notify

LARGEST_ID = 2**31


@dataclass(frozen=True, kw_only=True)
class ReportFault:
    """A step that is wrong, seen without running the procedure."""

    number: int
    note: str


def report_fault(work: Work, procedure: Procedure, ask: ReportFault) -> ProcedureFault:
    """The fault is on the procedure's page, and its owner knows of it.

    Raises: NotValid. Emits: procedure.faulted.
    """
    work.permit("run_procedure")
    gaps = Gaps()
    asks.check_text(gaps, "note", ask.note, limit=asks.REASON_LIMIT, required=True)
    steps = len(steps_of(procedure.text))
    gaps.unless(1 <= ask.number <= steps, "number", f"There are steps 1 to {steps}")
    gaps.raise_not_valid()
    return add_fault(work, procedure, number=ask.number, note=ask.note)


def mend_fault(work: Work, procedure: Procedure, fault_id: int) -> ProcedureFault:
    """The fault is mended in the version that stands now. Twice changes nothing.

    Raises: NotFound. Emits: procedure.changed.
    """
    work.permit("edit_procedure")
    fault = mark_mended(work, procedure, fault_id)
    work.emit("procedure.changed", procedure)
    return fault


def add_fault(
    work: Work,
    procedure: Procedure,
    *,
    number: int,
    note: str,
    run: ProcedureRun | None = None,
    incident: Incident | None = None,
) -> ProcedureFault:
    """The fault is kept and whoever looks after the procedure is told, once.

    Of a closed incident only those hear who may read it: that it was there is no news for others.
    Emits: procedure.faulted.
    """
    fault = work.add(
        ProcedureFault(
            procedure_id=procedure.key,
            run_id=run.key if run else None,
            text_version=run.text_version if run else procedure.text_version,
            number=number,
            note=asks.clean(note),
            at=work.now,
            by_id=work.actor.person_id,
        )
    )
    circle = incident.circle_id if incident else None
    people = [
        one
        for one in keepers_of(work, procedure)
        if one != work.actor.person_id and _reads(work, one, circle)
    ]
    text = f"{ref(procedure)} “{procedure.title}”: step {number} was wrong when it was needed"
    notify(work, people, procedure, kind="procedure_fault", text=text, once=_once(fault))
    work.emit("procedure.faulted", procedure)
    return fault


def keepers_of(work: Work, procedure: Procedure) -> list[int]:
    """Who looks after it: its owner; when there is none, or they left, the people of its team."""
    owner = work.session.get(Person, procedure.owner_id) if procedure.owner_id else None
    if owner is not None and owner.active:
        return [owner.key]
    members = select(TeamMember.person_id).where(TeamMember.team_id == procedure.team_id)
    return list(work.session.exec(members.order_by(col(TeamMember.person_id))))


def mark_mended(work: Work, procedure: Procedure, fault_id: int) -> ProcedureFault:
    """The fault is mended in the version that stands now. Raises: NotFound."""
    known = 0 < fault_id < LARGEST_ID
    fault = work.session.get(ProcedureFault, fault_id, with_for_update=True) if known else None
    if fault is None or fault.procedure_id != procedure.key or not _may_see(work, fault):
        raise NotFound("That fault")
    if fault.mended_at is None:
        fault.mended_at = work.now
        fault.mended_by_id = work.actor.person_id
        fault.mended_version = procedure.text_version
    return fault


def _may_see(work: Work, fault: ProcedureFault) -> bool:
    if fault.run_id is None:
        return True
    circle = work.session.exec(
        select(Incident.circle_id)
        .join(ProcedureRun, col(ProcedureRun.incident_id) == col(Incident.id))
        .where(ProcedureRun.id == fault.run_id)
    ).first()
    return work.actor.reads(circle)


def _reads(work: Work, person_id: int, circle_id: int | None) -> bool:
    if circle_id is None:
        return True
    found = person_and_actor(work.session, person_id)
    return found is not None and found[1].reads(circle_id)


def _once(fault: ProcedureFault) -> str:
    return f"procedure fault {fault.key}"
