"""Events: the list, the page of one, and what people do with them."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.domain.errors import Conflict, DomainError, NotAllowed, NotFound, NotValid
from tracker.domain.event import EVENT_KINDS, kind_name
from tracker.domain.lifecycle import EVENT, words
from tracker.models.event import OperationalEvent
from tracker.reading.catalogue import services, teams
from tracker.reading.references import event_by_ref, ref
from tracker.reading.respond.events import SORTS, EventFilter, event_page, list_events
from tracker.usecases.respond.events import (
    EditEvent,
    MoveEvent,
    PromoteEvent,
    RecordEvent,
    edit_event,
    move_event,
    promote_event,
    record_event,
)
from tracker.web.forms import chosen, day_of, local_value
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.respond.event_forms import EventForm, EventMoveForm, PromoteForm
from tracker.web.respond.incident_forms import instants_of, offer_severities, show_all_gaps

bp = Blueprint("events", __name__)
Answer = str | Response | tuple[str, int]
STATUS: dict[type[DomainError], int] = {NotValid: 422, NotAllowed: 422, Conflict: 409}
NARROWING = {
    "text": "Words",
    "kind": "Kind",
    "state": "State",
    "service": "Service",
    "team": "Team",
    "alert": "Alert",
    "incident": "Incident",
    "firing": "Going on",
    "since": "Since",
    "until": "Until",
}
MOVE_WORDS = {
    "link": "Linked to an incident",
    "promote": "Made into an incident",
    "unlink": "No longer linked",
    "mark_noise": "Marked as noise",
    "reopen": "Taken up again",
}


@bp.get("/events")
@signed_in
def listing() -> Answer:
    """The events this person may read, narrowed by the address bar."""
    hints: list[str] = []
    narrowed = _narrowed(hints)
    sort = request.args.get("sort") or "newest"
    cursor = request.args.get("cursor", "")
    if sort not in SORTS:
        hints.append("This order is not known here, so the newest come first.")
        sort, cursor = "newest", ""
    with look() as reading:
        try:
            listed = list_events(reading, narrowed, sort=sort, cursor=cursor, count=True)
        except NotValid:
            hints.append("That page of the list could not be found, so this is the first one.")
            listed = list_events(reading, narrowed, sort=sort, count=True)
        options = {
            "kind": [(kind, kind_name(kind).capitalize()) for kind in EVENT_KINDS],
            "state": [(state, words(state).capitalize()) for state in EVENT.states],
            "service": [(row.slug, row.name) for row in services(reading)],
            "team": [(row.slug, row.name) for row in teams(reading)],
            "firing": [("yes", "yes")],
        }
    return render_template(
        "events/listing.html",
        listed=listed,
        sort=sort,
        options=options,
        chips=_chips(options),
        hints=hints,
        asked={name: next(iter(chosen(request.args, name)), "") for name in NARROWING},
    )


@bp.route("/events/new", methods=["GET", "POST"])
@signed_in
def new() -> Answer:
    """Something that happened is recorded by hand."""
    actor().needs("record_event")
    form = EventForm()
    if form.is_submitted():
        try:
            at = instants_of(form, ("starts_at", "ended_at"), actor().time_zone)
            with begin() as work:
                event = record_event(
                    work,
                    RecordEvent(
                        title=form.title.data or "",
                        kind=form.kind.data or "",
                        text=form.text.data or "",
                        service=form.service.data or "",
                        environment=form.environment.data or "",
                        starts_at=at.get("starts_at"),
                        ended_at=at.get("ended_at"),
                        url=form.url.data or "",
                    ),
                )
            return redirect(url_for("events.page", reference=ref(event)), 303)
        except NotValid as error:
            show_all_gaps(form, error)
    with look() as reading:
        form.offer(reading)
    return render_template("events/edit.html", form=form, row=None), 422 if form.errors else 200


@bp.get("/events/<reference>")
@signed_in
def page(reference: str) -> Answer:
    """One event."""
    return _show(reference, EventMoveForm(formdata=None))


@bp.route("/events/<reference>/edit", methods=["GET", "POST"])
@signed_in
def edit(reference: str) -> Answer:
    """An event is described anew."""
    actor().needs("edit_event")
    zone = actor().time_zone
    with look() as reading:
        row = event_by_ref(reading, reference)
        shown = event_page(reading, row)
        service = shown.item.service
        form = EventForm(
            data={
                "title": row.title,
                "kind": row.kind,
                "text": row.text,
                "service": service.slug if service else "",
                "environment": row.environment,
                "starts_at": local_value(row.starts_at, zone),
                "ended_at": local_value(row.ended_at, zone),
                "url": row.url,
                "version": row.version,
            }
        )
        form.offer(reading)
    status = 200
    if form.is_submitted():
        try:
            stood = {"starts_at": row.starts_at, "ended_at": row.ended_at}
            at = instants_of(form, ("starts_at", "ended_at"), zone, stood=stood)
            with begin() as work:
                edit_event(work, event_by_ref(work, reference), _edit_from(form, row, at))
            return redirect(url_for("events.page", reference=reference), 303)
        except (NotValid, Conflict) as error:
            status = STATUS[type(error)]
            show_all_gaps(form, error)
            if isinstance(error, Conflict):
                # Pressing save again is a decision then, made in sight of what stands now.
                form.version.data = error.current
                form.version.raw_data = [str(error.current)]
    return render_template("events/edit.html", form=form, row=row), status


@bp.post("/events/<reference>/move")
@signed_in
def move(reference: str) -> Answer:
    """Linked, unlinked, set aside as noise or taken up again."""
    form = EventMoveForm()
    ask = MoveEvent(
        verb=form.verb.data or "",
        incident=(form.incident.data or "").strip(),
        why=form.why.data or "",
        version=form.version.data,
    )
    try:
        with begin() as work:
            move_event(work, event_by_ref(work, reference), ask)
    except (NotValid, NotAllowed, Conflict) as error:
        show_all_gaps(form, error)
        return _show(reference, form, status=STATUS[type(error)])
    return redirect(url_for("events.page", reference=reference), 303)


@bp.route("/events/<reference>/promote", methods=["GET", "POST"])
@signed_in
def promote(reference: str) -> Answer:
    """An incident, or a near miss, is made of the event."""
    actor().needs("promote_event")
    with look() as reading:
        row = event_by_ref(reading, reference)
        shown = event_page(reading, row)
    if shown.promoted is not None:
        return redirect(url_for("incidents.page", reference=shown.promoted.ref), 303)
    usual = shown.known.row.severity if shown.known.row else ""
    form = PromoteForm(
        data={
            "title": row.title,
            "summary": row.text,
            "almost_happened": row.text if row.kind == "near_miss" else "",
            "severity": usual,
        }
    )
    status = 200
    if form.is_submitted():
        impact, urgency = form.picked()
        try:
            with begin() as work:
                incident = promote_event(
                    work,
                    event_by_ref(work, reference),
                    PromoteEvent(
                        title=form.title.data or "",
                        summary=form.summary.data or "",
                        severity=form.severity.data or "",
                        impact=impact,
                        urgency=urgency,
                        severity_reason=form.severity_reason.data or "",
                        almost_happened=form.almost_happened.data or "",
                        what_saved_us=form.what_saved_us.data or "",
                        would_help=form.would_help.data or "",
                    ),
                )
            return redirect(url_for("incidents.page", reference=ref(incident)), 303)
        except (NotValid, NotAllowed, Conflict) as error:
            show_all_gaps(form, error)
            status = STATUS[type(error)]
    with look() as reading:
        offer_severities(form, reading)
        policy = reading.policy
    page = render_template(
        "events/promote.html", form=form, row=row, shown=shown, policy=policy, reference=reference
    )
    return page, status


def _show(reference: str, form: EventMoveForm, *, status: int = 200) -> Answer:
    with look() as reading:
        row = event_by_ref(reading, reference)
        shown = event_page(reading, row)
    page = render_template(
        "events/page.html",
        row=row,
        shown=shown,
        form=form,
        tried=form.verb.data or "",
        possible={one.verb for one in shown.moves},
        move_words=MOVE_WORDS,
        kind_words=EVENT_KINDS,
    )
    return page, status


def _edit_from(form: EventForm, row: OperationalEvent, at: dict[str, datetime]) -> EditEvent:
    """What was typed; a service that only the sender has a name for stays as it is."""
    service = form.service.data or ""
    keeps_name = not service and row.service_id is None
    return EditEvent(
        title=form.title.data or "",
        text=form.text.data or "",
        service=None if keeps_name else service,
        environment=form.environment.data or "",
        starts_at=at.get("starts_at"),
        ended_at=at.get("ended_at"),
        url=form.url.data or "",
        version=form.version.data,
    )


def _narrowed(hints: list[str]) -> EventFilter:
    """What the address bar asks for, and a hint for each part that could not be read."""
    days = {}
    for name in ("since", "until"):
        try:
            days[name] = day_of(" ".join(chosen(request.args, name)), field=name)
        except NotValid as error:
            hints.append(f"{NARROWING[name]}: {error.message[0].lower()}{error.message[1:]}.")
            days[name] = None
    incident = " ".join(chosen(request.args, "incident"))[:20]
    if incident:
        try:
            with look() as reading:
                list_events(reading, EventFilter(incident=incident), limit=1)
        except NotFound:
            hints.append(f"{incident} was not found, so its events are not picked out.")
            incident = ""
    return EventFilter(
        kind=chosen(request.args, "kind"),
        state=chosen(request.args, "state"),
        service=chosen(request.args, "service"),
        team=chosen(request.args, "team"),
        alert_key=" ".join(chosen(request.args, "alert"))[:200],
        incident=incident,
        firing=bool(chosen(request.args, "firing")),
        text=" ".join(chosen(request.args, "text"))[:200],
        since=days["since"],
        until=days["until"],
    )


def _chips(options: dict[str, list[tuple[str, str]]]) -> list[dict[str, str]]:
    """Each active filter with the address of the list without it."""
    kept = {name: list(chosen(request.args, name)) for name in (*NARROWING, "sort")}
    chips = []
    for name, label in NARROWING.items():
        names = dict(options.get(name, []))
        for value in kept.get(name, []):
            others = [one for one in kept[name] if one != value]
            query = urlencode({**kept, name: others}, doseq=True)
            chips.append(
                {
                    "label": f"{label}: {names.get(value, value)}",
                    "remove_url": f"{url_for('events.listing')}?{query}",
                }
            )
    return chips
