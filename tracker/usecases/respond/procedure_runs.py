"""Procedures run during an incident: started, ticked step by step, finished.

Every statement about a step is kept with its time; the newest one stands. The timeline tells of
it in entries of the tracker's own, where steps ticked one after the other share one entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import col, func, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotFound
from tracker.domain.procedure import (
    MARKS,
    OUTCOME_WORDS,
    OUTCOMES,
    Step,
    progress_of,
    steps_sentence,
)
from tracker.domain.spans import span_words
from tracker.importing.procedures import steps_of
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.procedure import Procedure, ProcedureRun, ProcedureStep, ProcedureVersion
from tracker.reading.references import procedure_by_ref, ref
from tracker.usecases.improve.procedure_faults import add_fault
from tracker.usecases.respond.timeline import add_system_entry

RUNNABLE = ("declared", "investigating", "mitigated", "resolved")
# Ticks further apart than this tell of two things that happened.
ONE_ENTRY_WITHIN = timedelta(minutes=5)
LARGEST_ID = 2**31


@dataclass(frozen=True, kw_only=True)
class StartRun:
    """The reference of the procedure, as PRO-3."""

    procedure: str


@dataclass(frozen=True, kw_only=True)
class MarkStep:
    """What is to be said of a step: done, skipped, wrong (then the note says how), open again."""

    number: int
    mark: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class FinishRun:
    """What came of it: helped, did_not_help, stopped."""

    outcome: str
    note: str = ""


def start_run(work: Work, incident: Incident, ask: StartRun) -> ProcedureRun:
    """The procedure runs in this incident, in the version that stands now.

    One that is running here already comes back as it is: two who begin at once run it together.
    A draft may be run, because at night a half-finished procedure is better than none.
    Raises: NotFound, NotAllowed when the incident is over, or the procedure retired or without
    steps. Emits: incident.timeline.
    """
    work.permit("run_procedure")
    procedure = procedure_by_ref(work, ask.procedure)
    gaps = Gaps()
    gaps.unless(
        incident.kind == "incident" and incident.state in RUNNABLE,
        "incident",
        f"{ref(incident)} is {incident.state}: procedures are run while an incident goes on",
    )
    gaps.unless(procedure.state != "retired", "procedure", f"{ref(procedure)} is retired")
    steps = steps_of(procedure.text)
    gaps.unless(steps, "procedure", f"{ref(procedure)} has no steps yet")
    if gaps.found:
        raise NotAllowed(gaps.found[0].message, gaps=gaps.found)
    running = work.session.exec(
        select(ProcedureRun).where(
            ProcedureRun.incident_id == incident.key,
            ProcedureRun.procedure_id == procedure.key,
            col(ProcedureRun.finished_at).is_(None),
        )
    ).first()
    if running is not None:
        return running
    run = work.add(
        ProcedureRun(
            incident_id=incident.key,
            procedure_id=procedure.key,
            text_version=procedure.text_version,
            started_at=work.now,
            started_by_id=work.actor.person_id,
        )
    )
    number = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
    text = f"{ref(procedure)} started: {procedure.title} ({number})"
    add_system_entry(work, incident, text)
    return run


def mark_step(work: Work, incident: Incident, run_id: int, ask: MarkStep) -> ProcedureStep | None:
    """The statement that stands, now in the timeline; a wrong step is told to its owner.

    The same person saying the same again changes nothing, nor does opening what is open: of that
    there may be no statement at all, and ``None`` comes back.
    Raises: NotFound, NotValid, NotAllowed when the run is finished.
    Emits: incident.timeline, procedure.faulted.
    """
    work.permit("run_procedure")
    run, procedure = _open_run(work, incident, run_id)
    steps = steps_of(text_of(work, run))
    gaps = Gaps()
    asks.check_choice(gaps, "mark", ask.mark, MARKS)
    asks.check_text(gaps, "note", ask.note, limit=asks.REASON_LIMIT)
    gaps.unless(1 <= ask.number <= len(steps), "number", f"There are steps 1 to {len(steps)}")
    gaps.unless(
        ask.mark != "wrong" or ask.note.strip(),
        "note",
        "Say in a few words what was wrong: its owner will mend it",
    )
    gaps.raise_not_valid()
    note = asks.clean(ask.note)
    newest = newest_marks(work, run)
    before = newest.get(ask.number)
    if ask.mark == "open" and (before is None or before.mark == "open"):
        return before
    mine = before is not None and before.by_id == work.actor.person_id
    if before is not None and mine and before.mark == ask.mark and note in ("", before.note):
        return before
    row = work.add(
        ProcedureStep(
            run_id=run.key,
            number=ask.number,
            mark=ask.mark,
            note=note,
            at=work.now,
            by_id=work.actor.person_id,
        )
    )
    if before is not None and before.mark == ask.mark and not note:
        # Two people ticked the same step: both are kept, the timeline tells it once.
        row.entry_id = before.entry_id
    else:
        row.entry_id = _tell(work, incident, run, procedure, row, steps)
    if ask.mark == "wrong":
        add_fault(work, procedure, number=ask.number, note=note, run=run, incident=incident)
    return row


def finish_run(work: Work, incident: Incident, run_id: int, ask: FinishRun) -> ProcedureRun:
    """The run is over, with what came of it. The same outcome twice changes nothing.

    Raises: NotFound, NotValid, NotAllowed when it ended otherwise. Emits: incident.timeline.
    """
    work.permit("run_procedure")
    gaps = Gaps()
    asks.check_choice(gaps, "outcome", ask.outcome, OUTCOMES)
    asks.check_text(gaps, "note", ask.note, limit=asks.REASON_LIMIT)
    gaps.raise_not_valid()
    run, procedure = _run(work, incident, run_id)
    if run.finished_at is not None and run.outcome == ask.outcome:
        return run
    _refuse_finished(run)
    run.finished_at, run.outcome = work.now, ask.outcome
    marks = {number: row.mark for number, row in newest_marks(work, run).items()}
    progress = progress_of(len(steps_of(text_of(work, run))), marks)
    took = span_words((work.now - run.started_at).total_seconds())
    text = f"{ref(procedure)} ended: {OUTCOME_WORDS[ask.outcome]} ({progress.words}, in {took})"
    note = asks.clean(ask.note)
    add_system_entry(work, incident, f"{text}\n\n{note}" if note else text)
    return run


def text_of(work: Work, run: ProcedureRun) -> str:
    """The text in the version that the run began with."""
    return work.session.exec(
        select(ProcedureVersion.text).where(
            ProcedureVersion.procedure_id == run.procedure_id,
            ProcedureVersion.number == run.text_version,
        )
    ).one()


def newest_marks(work: Work, run: ProcedureRun) -> dict[int, ProcedureStep]:
    """The statement that stands for each step, by its number."""
    rows = select(ProcedureStep).where(ProcedureStep.run_id == run.key)
    return {row.number: row for row in work.session.exec(rows.order_by(col(ProcedureStep.id)))}


def _tell(
    work: Work,
    incident: Incident,
    run: ProcedureRun,
    procedure: Procedure,
    row: ProcedureStep,
    steps: tuple[Step, ...],
) -> int:
    """The id of the timeline entry that now tells of the statement."""
    named = {step.number: step for step in steps}
    shared = _entry_to_share(work, incident, run, row)
    if shared is not None:
        numbers = work.session.exec(
            select(ProcedureStep.number).where(ProcedureStep.entry_id == shared.key)
        )
        together = sorted({*numbers, row.number})
        shared.text = steps_sentence(ref(procedure), row.mark, [named[one] for one in together])
        # Whoever was told before hears of it again, with all of its steps.
        shared.recorded_at = work.now
        shared.version += 1
        work.emit("incident.timeline", incident)
        return shared.key
    add_system_entry(
        work, incident, steps_sentence(ref(procedure), row.mark, [named[row.number]], row.note)
    )
    work.session.flush()
    return _newest_entry(work, incident)


def _entry_to_share(
    work: Work, incident: Incident, run: ProcedureRun, row: ProcedureStep
) -> TimelineEntry | None:
    """The entry of the tick before this one, while nothing else has happened since."""
    if row.note:
        return None
    last = work.session.exec(
        select(ProcedureStep)
        .where(ProcedureStep.run_id == run.key, col(ProcedureStep.id) < row.key)
        .order_by(col(ProcedureStep.id).desc())
        .limit(1)
    ).first()
    if last is None or (last.mark, last.note, last.by_id) != (row.mark, "", row.by_id):
        return None
    entry = work.session.get(TimelineEntry, last.entry_id) if last.entry_id else None
    if entry is None or work.now - entry.at > ONE_ENTRY_WITHIN:
        return None
    return entry if _newest_entry(work, incident) == entry.key else None


def _newest_entry(work: Work, incident: Incident) -> int:
    newest = select(func.max(TimelineEntry.id)).where(TimelineEntry.incident_id == incident.key)
    return work.session.exec(newest).one() or 0


def _open_run(work: Work, incident: Incident, run_id: int) -> tuple[ProcedureRun, Procedure]:
    run, procedure = _run(work, incident, run_id)
    _refuse_finished(run)
    return run, procedure


def _run(work: Work, incident: Incident, run_id: int) -> tuple[ProcedureRun, Procedure]:
    run = work.session.get(ProcedureRun, run_id) if 0 < run_id < LARGEST_ID else None
    if run is None or run.incident_id != incident.key:
        raise NotFound("That run of a procedure")
    return run, work.find(Procedure, run.procedure_id, what="That procedure")


def _refuse_finished(run: ProcedureRun) -> None:
    if run.finished_at is not None:
        raise NotAllowed(
            "This run has ended; its steps stay as they were",
            gaps=[Gap("run", "Start the procedure again to go on")],
        )
