"""Procedures run during an incident: start one, say how its steps went, finish it."""

from typing import Annotated, Literal

from pydantic import Field

from tracker.api.feature import Feature
from tracker.api.shapes import (
    Answer,
    Asked,
    IncidentRef,
    Instant,
    PersonOut,
    ProcedureRef,
    Reason,
    RowId,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.domain.procedure import MOST_STEPS, Progress
from tracker.models.procedure import ProcedureRun
from tracker.reading.references import incident_by_ref
from tracker.reading.respond.procedure_runs import (
    StepLine,
    run_by_id,
    run_page,
    runs_of_incident,
)
from tracker.usecases.respond.procedure_runs import (
    FinishRun,
    MarkStep,
    StartRun,
    finish_run,
    mark_step,
    start_run,
)

api = Feature("procedure_runs", "Procedures as they are run during an incident.")


class RunsPath(Asked):
    ref: IncidentRef


class RunPath(Asked):
    ref: IncidentRef
    run: RowId


class RunIn(Asked):
    procedure: ProcedureRef


class MarkIn(Asked):
    """What is said of a step; of a wrong one the note says how."""

    number: Annotated[int, Field(ge=1, le=MOST_STEPS)]
    mark: Literal["done", "skipped", "wrong", "open"]
    note: Reason = ""


class RunFinishIn(Asked):
    outcome: Literal["helped", "did_not_help", "stopped"]
    note: Reason = ""


class RunProgressOut(Answer):
    steps: int
    done: int
    skipped: int
    wrong: int


class ProcedureRunRow(Answer):
    """A run. ``outcome`` is empty while it runs; ``text_version`` is what its steps come from."""

    id: int
    procedure: str
    title: str
    text_version: int
    started_at: Instant
    started_by: PersonOut | None
    finished_at: Instant | None
    outcome: str
    progress: RunProgressOut


class ProcedureRunsOut(Answer):
    """The runs of an incident, newest first."""

    items: list[ProcedureRunRow]


class StepSaidOut(Answer):
    mark: str
    note: str
    at: Instant
    by: PersonOut | None


class ProcedureRunStepOut(Answer):
    """A step; ``said`` is every statement about it, newest first, and the newest one stands."""

    number: int
    title: str
    markdown: str
    mark: str
    said: list[StepSaidOut]
    known_faults: list[str]


class ProcedureRunOut(ProcedureRunRow):
    steps: list[ProcedureRunStepOut]


@api.reads("/incidents/<ref>/procedures", ProcedureRunsOut)
def list_all(look: Look, path: RunsPath) -> ProcedureRunsOut:
    """What was run in an incident."""
    incident = incident_by_ref(look, path.ref)
    return ProcedureRunsOut(
        items=[
            ProcedureRunRow(
                id=one.row.key,
                procedure=one.ref,
                title=one.title,
                text_version=one.row.text_version,
                started_at=one.row.started_at,
                started_by=person_out(one.started_by),
                finished_at=one.row.finished_at,
                outcome=one.row.outcome,
                progress=_progress(one.progress),
            )
            for one in runs_of_incident(look, incident)
        ]
    )


@api.creates("/incidents/<ref>/procedures", ProcedureRunOut)
def start(work: Work, path: RunsPath, body: RunIn) -> ProcedureRunOut:
    """Run a procedure; one that is running here already is answered as it is."""
    incident = incident_by_ref(work, path.ref)
    return run_out(work, start_run(work, incident, StartRun(procedure=body.procedure)))


@api.reads("/incidents/<ref>/procedures/<run>", ProcedureRunOut)
def read(look: Look, path: RunPath) -> ProcedureRunOut:
    """One run with its steps."""
    incident = incident_by_ref(look, path.ref)
    return run_out(look, run_by_id(look, incident, path.run))


@api.changes(
    "/incidents/<ref>/procedures/<run>/steps", ProcedureRunOut, method="post", guarded=False
)
def mark(work: Work, path: RunPath, body: MarkIn) -> ProcedureRunOut:
    """Say how a step went."""
    incident = incident_by_ref(work, path.ref)
    ask = MarkStep(number=body.number, mark=body.mark, note=body.note)
    mark_step(work, incident, path.run, ask)
    return run_out(work, run_by_id(work, incident, path.run))


@api.changes(
    "/incidents/<ref>/procedures/<run>/finish", ProcedureRunOut, method="post", guarded=False
)
def finish(work: Work, path: RunPath, body: RunFinishIn) -> ProcedureRunOut:
    """Say what came of the run."""
    incident = incident_by_ref(work, path.ref)
    ask = FinishRun(outcome=body.outcome, note=body.note)
    return run_out(work, finish_run(work, incident, path.run, ask))


def run_out(look: Look, run: ProcedureRun) -> ProcedureRunOut:
    """The run as an answer holds it."""
    page = run_page(look, run)
    return ProcedureRunOut(
        id=run.key,
        procedure=page.ref,
        title=page.title,
        text_version=run.text_version,
        started_at=run.started_at,
        started_by=person_out(page.started_by),
        finished_at=run.finished_at,
        outcome=run.outcome,
        progress=_progress(page.progress),
        steps=[_step(part) for part in page.parts if isinstance(part, StepLine)],
    )


def _step(line: StepLine) -> ProcedureRunStepOut:
    return ProcedureRunStepOut(
        number=line.step.number,
        title=line.step.title,
        markdown=line.step.markdown,
        mark=line.mark,
        said=[
            StepSaidOut(mark=one.mark, note=one.note, at=one.at, by=person_out(one.by))
            for one in line.said
        ],
        known_faults=list(line.known_faults),
    )


def _progress(one: Progress) -> RunProgressOut:
    return RunProgressOut(steps=one.steps, done=one.done, skipped=one.skipped, wrong=one.wrong)
