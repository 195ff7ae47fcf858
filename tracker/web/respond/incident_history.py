"""What was said and done about an incident: its nine times, moves, severities, and its origin."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound as NoPage

from tracker.domain.errors import Conflict, NotAllowed, NotValid
from tracker.domain.incident import TIMES, durations
from tracker.reading.links import people_by_id
from tracker.reading.references import incident_by_ref, ref
from tracker.reading.respond.incidents import (
    imported_source,
    move_history,
    severity_history,
    time_history,
)
from tracker.usecases.respond.times import TimeAsk, record_time
from tracker.web.forms import instant_of, local_value
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.respond.incident_forms import TimeForm
from tracker.web.respond.incident_page import Answer, refuse, to_page

bp = Blueprint("incident_history", __name__, url_prefix="/incidents/<reference>")
MEANINGS = {
    "impact_started": "The first moment anybody was hurt by it.",
    "detected": "The first moment somebody or something of ours noticed.",
    "declared": "When it was called an incident.",
    "engaged": "When somebody who could help began to work on it.",
    "diagnosed": "When it was understood well enough to act.",
    "mitigated": "When people were no longer hurt, or much less.",
    "impact_ended": "The last moment anybody was hurt by it.",
    "resolved": "When nothing more had to be done in a hurry.",
    "closed": "When the incident was closed.",
}


@bp.get("/times")
@signed_in
def times(reference: str) -> Answer:
    """The nine times with every statement that was ever made about them."""
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        statements = time_history(reading, incident)
        people = people_by_id(
            reading, [row.recorded_by_id for rows in statements.values() for row in rows]
        )
        source = imported_source(reading, incident)
    known = {name: rows[0].at if rows else None for name, rows in statements.items()}
    return render_template(
        "incidents/times.html",
        incident=incident,
        statements=statements,
        people=people,
        durations=durations(known),
        meanings=MEANINGS,
        imported=source is not None,
    )


@bp.route("/times/<name>", methods=["GET", "POST"])
@signed_in
def time(reference: str, name: str) -> Answer:
    """One of the nine times is stated, corrected, or unknown because."""
    if name not in TIMES:
        raise NoPage
    form = TimeForm()
    zone = actor().time_zone
    status = 200
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        reading.actor.needs("record_time")
        said = time_history(reading, incident)[name]
        people = people_by_id(reading, [row.recorded_by_id for row in said])
    stands = said[0] if said else None
    if form.is_submitted():
        try:
            at = instant_of(form.at.data, zone, stood=stands.at if stands else None)
            ask = TimeAsk(
                at=at,
                source=form.source.data or "staff",
                unknown_because=form.unknown_because.data or "",
            )
            with begin() as work:
                record_time(work, incident_by_ref(work, reference), name, ask)
            return to_page(reference, anchor="times")
        except (NotValid, NotAllowed, Conflict) as error:
            for gap in error.gaps:
                if gap.field in TIMES:
                    form.at.errors = [*form.at.errors, gap.message]
            error.gaps = tuple(gap for gap in error.gaps if gap.field not in TIMES)
            if error.gaps or not form.errors:
                status = refuse(form, error)
            status = 422 if isinstance(error, NotValid) else status
    elif stands is not None:
        form.at.data = local_value(stands.at, zone)
        form.source.data = stands.source or "staff"
        form.unknown_because.data = stands.unknown_because
    page = render_template(
        "incidents/time.html",
        form=form,
        incident=incident,
        name=name,
        meaning=MEANINGS[name],
        said=said,
        people=people,
    )
    return page, status


@bp.get("/history")
@signed_in
def history(reference: str) -> Answer:
    """Every change of state and severity."""
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        moves = move_history(reading, "incident", incident.key)
        severities = severity_history(reading, incident)
        people = people_by_id(reading, [row.by_id for row in severities])
        source = imported_source(reading, incident)
    return render_template(
        "incidents/history.html",
        incident=incident,
        moves=list(reversed(moves)),
        severities=severities,
        people=people,
        imported=source is not None,
    )


@bp.get("/original")
@signed_in
def original(reference: str) -> Answer:
    """The report an imported incident was read from, whole, with its licence."""
    with look() as reading:
        incident = incident_by_ref(reading, reference)
        source = imported_source(reading, incident)
    if source is None:
        raise NoPage
    return render_template(
        "incidents/original.html", incident=incident, source=source, reference=ref(incident)
    )
