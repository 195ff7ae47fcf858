"""Procedures in an incident: which ones there are, and the checklist of one that runs."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.db.work import Look, Work
from tracker.domain.errors import Conflict, DomainError, Gap, NotAllowed, NotFound, NotValid
from tracker.domain.procedure import MARK_WORDS, OUTCOME_WORDS
from tracker.models.incident import Incident
from tracker.reading.references import incident_by_ref, ref
from tracker.reading.respond.procedure_runs import (
    RunPage,
    StepLine,
    procedures_offered,
    run_by_id,
    run_page,
    runs_of_incident,
)
from tracker.usecases.respond.procedure_runs import (
    RUNNABLE,
    FinishRun,
    MarkStep,
    StartRun,
    finish_run,
    mark_step,
    start_run,
)
from tracker.web.gate import begin, look, signed_in
from tracker.web.improve.procedures import CONCERN_WORDS

bp = Blueprint("procedure_runs", __name__, url_prefix="/incidents/<reference>/procedures")

Answer = str | Response | tuple[str, int]
REFUSED = (NotValid, NotAllowed, Conflict)


@bp.get("")
@signed_in
def listing(reference: str) -> Answer:
    """What runs or ran here, and what could be run."""
    return _list(reference)


@bp.post("")
@signed_in
def start(reference: str) -> Answer:
    """The procedure runs, or the page says why not."""
    try:
        with begin() as work:
            incident = incident_by_ref(work, reference)
            run_id = _start(work, incident)
    except REFUSED as error:
        return _list(reference, refused=error)
    return redirect(url_for("procedure_runs.page", reference=reference, run_id=run_id), 303)


@bp.get("/<int:run_id>")
@signed_in
def page(reference: str, run_id: int) -> Answer:
    """The checklist."""
    return _show(reference, run_id)


@bp.get("/<int:run_id>/live")
@signed_in
def live(reference: str, run_id: int) -> Answer:
    """The steps as others have ticked them; 204 while nobody said anything since ``mark``."""
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        shown = run_page(reading, run_by_id(reading, incident, run_id))
        if request.args.get("mark") == _mark(shown):
            return "", 204
        context = _context(reading, incident, shown)
    return render_template("procedures/run_steps.html", **context)


@bp.post("/<int:run_id>/steps")
@signed_in
def mark(reference: str, run_id: int) -> Answer:
    """Something is said of a step; the page goes on at the next one."""
    number = _number(request.form.get("number"))
    ask = MarkStep(
        number=number,
        mark=request.form.get("mark", ""),
        note=request.form.get("note", ""),
    )
    try:
        with begin() as work:
            mark_step(work, incident_by_ref(work, reference), run_id, ask)
    except REFUSED as error:
        return _show(reference, run_id, refused=error, tried=number, note=ask.note)
    if ask.mark == "wrong":
        flash(f"Step {number} is noted as wrong. Whoever looks after it is told.", "success")
    following = number if ask.mark == "open" else number + 1
    return redirect(
        url_for(
            "procedure_runs.page", reference=reference, run_id=run_id, _anchor=f"step-{following}"
        ),
        303,
    )


@bp.post("/<int:run_id>/finish")
@signed_in
def finish(reference: str, run_id: int) -> Answer:
    """The run is over, with what came of it."""
    ask = FinishRun(
        outcome=request.form.get("outcome", ""), note=request.form.get("finish_note", "")
    )
    try:
        with begin() as work:
            finish_run(work, incident_by_ref(work, reference), run_id, ask)
    except REFUSED as error:
        return _show(reference, run_id, refused=error)
    flash("The run has ended; the timeline says what came of it.", "success")
    return redirect(url_for("procedure_runs.page", reference=reference, run_id=run_id), 303)


def _start(work: Work, incident: Incident) -> int:
    try:
        ask = StartRun(procedure=request.form.get("procedure", "").strip())
        return start_run(work, incident, ask).key
    except NotFound as error:
        raise NotValid(Gap("procedure", f"{error.message}. Write it as PRO-3")) from error


def _list(reference: str, *, refused: DomainError | None = None) -> tuple[str, int]:
    words = request.args.get("title", "").replace("\x00", "")[:200]
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        offered = procedures_offered(reading, incident, title=words)
        page = render_template(
            "procedures/runs.html",
            incident=incident,
            reference=reference,
            runs=runs_of_incident(reading, incident),
            offered_here=offered,
            concern_words=CONCERN_WORDS,
            title_words=words,
            may_run=incident.kind == "incident"
            and incident.state in RUNNABLE
            and reading.actor.may("run_procedure"),
            refused=refused,
            outcome_words=OUTCOME_WORDS,
        )
    return page, _status(refused)


def _show(
    reference: str,
    run_id: int,
    *,
    refused: DomainError | None = None,
    tried: int = 0,
    note: str = "",
) -> tuple[str, int]:
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        shown = run_page(reading, run_by_id(reading, incident, run_id))
        context = _context(reading, incident, shown)
    page = render_template(
        "procedures/run.html", **{**context, "refused": refused, "tried": tried, "note": note}
    )
    return page, _status(refused)


def _context(reading: Look, incident: Incident, shown: RunPage) -> dict[str, object]:
    return {
        "incident": incident,
        "reference": ref(incident),
        "shown": shown,
        "run": shown.row,
        "mark": _mark(shown),
        "may_run": shown.row.finished_at is None and reading.actor.may("run_procedure"),
        "mark_words": MARK_WORDS,
        "outcome_words": OUTCOME_WORDS,
        "refused": None,
        "tried": 0,
        "note": "",
    }


def _mark(shown: RunPage) -> str:
    """What a watching page compares: how much was said, and whether it is over."""
    said = sum(len(part.said) for part in shown.parts if isinstance(part, StepLine))
    return f"{said}-{shown.row.outcome}"


def _status(refused: DomainError | None) -> int:
    if refused is None:
        return 200
    return 409 if isinstance(refused, Conflict) else 422


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
