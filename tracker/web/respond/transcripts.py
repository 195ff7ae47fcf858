"""The conversation of an incident's channel: how far it is, what was said, and each one's say."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.db.work import Work
from tracker.models.incident import Incident
from tracker.reading.references import incident_by_ref, ref
from tracker.reading.respond.incidents import imported_source
from tracker.reading.respond.transcripts import transcript_of, transcript_part, transcript_state
from tracker.usecases.respond.transcripts import (
    ask_transcript,
    leave_transcript,
    take_transcript,
    withdraw_transcript,
)
from tracker.web.gate import begin, look, signed_in

bp = Blueprint("transcripts", __name__, url_prefix="/incidents/<reference>/transcript")


@bp.get("")
@signed_in
def page(reference: str) -> str:
    """How far it is; once it was taken, what was said, each thread behind its beginning."""
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        state = transcript_state(reading, incident)
        row = transcript_of(reading, incident)
        part = None
        if row is not None:
            part = transcript_part(reading, row, cursor=request.args.get("after", ""))
        imported = imported_source(reading, incident) is not None
    return render_template(
        "incidents/transcript.html",
        incident=incident,
        state=state,
        part=part,
        imported=imported,
    )


@bp.post("/ask")
@signed_in
def ask(reference: str) -> Response:
    """The channel will be asked."""
    return _done(reference, ask_transcript, "The channel is asked now.")


@bp.post("/take")
@signed_in
def take(reference: str) -> Response:
    """The commander has it taken at once."""
    return _done(reference, take_transcript, "It is taken now; that may need a minute.")


@bp.post("/leave")
@signed_in
def leave(reference: str) -> Response:
    """One's own messages are left out."""
    told = "Your own messages are left out. Nobody is told."
    return _done(reference, leave_transcript, told)


@bp.post("/withdraw")
@signed_in
def withdraw(reference: str) -> Response:
    """Nothing of it is kept."""
    told = "The conversation is not kept. The channel is told."
    return _done(reference, withdraw_transcript, told)


def _done(reference: str, verb: Callable[[Work, Incident], object], told: str) -> Response:
    with begin() as work:
        incident = incident_by_ref(work, reference)
        verb(work, incident)
        known = ref(incident)
    flash(told, "success")
    return redirect(url_for("transcripts.page", reference=known), 303)
