"""Procedures run during an incident, as the checklist shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, or_, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.domain.procedure import Part, Passage, Progress, Step, progress_of
from tracker.importing.procedures import parts_of, steps_of
from tracker.models.catalogue import Person
from tracker.models.incident import Incident, IncidentService
from tracker.models.procedure import (
    Procedure,
    ProcedureFault,
    ProcedureRun,
    ProcedureService,
    ProcedureStep,
    ProcedureVersion,
)
from tracker.reading.improve.procedures import ProcedureItem, procedure_items
from tracker.reading.links import people_by_id
from tracker.reading.references import ref

OFFERED = 20
LARGEST_ID = 2**31


@dataclass(frozen=True)
class RunLine:
    """A run as a list shows it."""

    row: ProcedureRun
    procedure: Procedure
    ref: str  # of the procedure
    title: str  # in the version that runs
    progress: Progress
    last_at: datetime  # of the newest statement, or of the start
    started_by: Person | None


@dataclass(frozen=True)
class Said:
    """One statement about a step."""

    mark: str
    note: str
    at: datetime
    by: Person | None


@dataclass(frozen=True)
class StepLine:
    """A step of the checklist. ``said`` is all that was said of it, newest first."""

    step: Step
    said: tuple[Said, ...]
    known_faults: tuple[str, ...]  # what was wrong here before, and is not mended

    @property
    def mark(self) -> str:
        return self.said[0].mark if self.said else "open"

    @property
    def note(self) -> str:
        """The note of the newest statement that has one, unless the step is open again."""
        return next((one.note for one in self.said if one.note and self.mark == one.mark), "")


@dataclass(frozen=True)
class RunPage:
    """A run with its steps, and what stands between them."""

    row: ProcedureRun
    procedure: Procedure
    ref: str
    title: str
    parts: list[Passage | StepLine]
    progress: Progress
    started_by: Person | None
    newer_version: bool

    @property
    def next_number(self) -> int:
        """The first step nobody has said anything of; 0 when there is none."""
        lines = [part for part in self.parts if isinstance(part, StepLine)]
        return next((line.step.number for line in lines if line.mark == "open"), 0)


def runs_of_incident(look: Look, incident: Incident) -> list[RunLine]:
    """The runs of an incident, newest first. Three queries."""
    rows = look.session.exec(
        select(ProcedureRun, Procedure, ProcedureVersion)
        .join(Procedure, col(Procedure.id) == col(ProcedureRun.procedure_id))
        .join(
            ProcedureVersion,
            (col(ProcedureVersion.procedure_id) == col(ProcedureRun.procedure_id))
            & (col(ProcedureVersion.number) == col(ProcedureRun.text_version)),
        )
        .where(ProcedureRun.incident_id == incident.key)
        .order_by(col(ProcedureRun.id).desc())
    ).all()
    said = _statements(look, [run.key for run, _, _ in rows])
    people = people_by_id(look, [run.started_by_id for run, _, _ in rows])
    return [
        RunLine(
            run,
            procedure,
            ref(procedure),
            version.title,
            _progress(version.text, said[run.key]),
            max([run.started_at, *(one.at for one in said[run.key])]),
            people.get(run.started_by_id or 0),
        )
        for run, procedure, version in rows
    ]


def run_by_id(look: Look, incident: Incident, run_id: int) -> ProcedureRun:
    """Raises: NotFound, also for a run of another incident."""
    run = look.session.get(ProcedureRun, run_id) if 0 < run_id < LARGEST_ID else None
    if run is None or run.incident_id != incident.key:
        raise NotFound("That run of a procedure")
    return run


def run_page(look: Look, run: ProcedureRun) -> RunPage:
    """The checklist as it stands. Five queries. The incident's circle was checked before."""
    procedure = look.find(Procedure, run.procedure_id, what="That procedure")
    version = look.session.exec(
        select(ProcedureVersion).where(
            ProcedureVersion.procedure_id == run.procedure_id,
            ProcedureVersion.number == run.text_version,
        )
    ).one()
    rows = _statements(look, [run.key])[run.key]
    people = people_by_id(look, [run.started_by_id, *(row.by_id for row in rows)])
    said: dict[int, list[Said]] = defaultdict(list)
    for row in reversed(rows):
        said[row.number].append(Said(row.mark, row.note, row.at, people.get(row.by_id or 0)))
    faults = _known_faults(look, run)
    return RunPage(
        row=run,
        procedure=procedure,
        ref=ref(procedure),
        title=version.title,
        parts=[_line(part, said, faults) for part in parts_of(version.text)],
        progress=_progress(version.text, rows),
        started_by=people.get(run.started_by_id or 0),
        newer_version=procedure.text_version > run.text_version,
    )


@dataclass(frozen=True)
class Offered:
    """What could be run in an incident: for its services, and others, each by title."""

    fitting: list[ProcedureItem]
    others: list[ProcedureItem]


def procedures_offered(look: Look, incident: Incident, *, title: str = "") -> Offered:
    """Those in use or drafted; the others have these words in their title. Six queries."""
    here = select(IncidentService.service_id).where(IncidentService.incident_id == incident.key)
    fits = col(Procedure.id).in_(
        select(ProcedureService.procedure_id).where(col(ProcedureService.service_id).in_(here))
    )
    query = (
        select(Procedure)
        .where(readable(Procedure, look.actor), col(Procedure.state) != "retired")
        .order_by(col(Procedure.title), col(Procedure.id))
        .limit(OFFERED)
    )
    fitting = list(look.session.exec(query.where(fits)))
    others = query.where(~fits)
    if title.strip():
        others = others.where(col(Procedure.title).icontains(title.strip(), autoescape=True))
    items = procedure_items(look, [*fitting, *look.session.exec(others)])
    return Offered(items[: len(fitting)], items[len(fitting) :])


def _statements(look: Look, run_ids: Collection[int]) -> dict[int, list[ProcedureStep]]:
    """What was said in each run, oldest first."""
    found: dict[int, list[ProcedureStep]] = defaultdict(list)
    if run_ids:
        query = select(ProcedureStep).where(col(ProcedureStep.run_id).in_(run_ids))
        for row in look.session.exec(query.order_by(col(ProcedureStep.id))):
            found[row.run_id].append(row)
    return found


def _progress(text: str, rows: Collection[ProcedureStep]) -> Progress:
    return progress_of(len(steps_of(text)), {row.number: row.mark for row in rows})


def _known_faults(look: Look, run: ProcedureRun) -> dict[int, list[str]]:
    """By step, what was found wrong in this version elsewhere, as far as the actor may read."""
    seen = (
        select(ProcedureRun.id)
        .join(Incident, col(Incident.id) == col(ProcedureRun.incident_id))
        .where(readable(Incident, look.actor), col(ProcedureRun.id) != run.key)
    )
    query = (
        select(ProcedureFault.number, ProcedureFault.note)
        .where(
            ProcedureFault.procedure_id == run.procedure_id,
            ProcedureFault.text_version == run.text_version,
            col(ProcedureFault.mended_at).is_(None),
            or_(col(ProcedureFault.run_id).is_(None), col(ProcedureFault.run_id).in_(seen)),
        )
        .order_by(col(ProcedureFault.id))
    )
    found: dict[int, list[str]] = defaultdict(list)
    for number, note in look.session.exec(query):
        found[number].append(note)
    return found


def _line(
    part: Part, said: dict[int, list[Said]], faults: dict[int, list[str]]
) -> Passage | StepLine:
    if isinstance(part, Passage):
        return part
    return StepLine(part, tuple(said[part.number]), tuple(faults[part.number]))
