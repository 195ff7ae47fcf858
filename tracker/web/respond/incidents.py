"""Incidents: the list, and the three ways to begin: declare, record afterwards, near miss."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.domain.errors import NotValid
from tracker.domain.lifecycle import INCIDENT, words
from tracker.reading.calendar import running_now
from tracker.reading.catalogue import services, teams
from tracker.reading.references import ref
from tracker.reading.respond.incidents import SORTS, IncidentFilter, list_incidents
from tracker.usecases.respond.declaring import (
    DeclareIncident,
    ReportNearMiss,
    declare_incident,
    report_near_miss,
)
from tracker.usecases.respond.times import TimeAsk
from tracker.web.forms import chosen, day_of, words_of
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.respond.incident_forms import (
    RECORD_TIMES,
    DeclareForm,
    NearMissForm,
    RecordForm,
    instants_of,
    offer_links,
    offer_severities,
    show_all_gaps,
)

bp = Blueprint("incidents", __name__)
Answer = str | Response | tuple[str, int]

# The parts of the address bar that narrow the list, with the word of their chip.
NARROWING = {
    "title": "Words",
    "state": "State",
    "severity": "Severity",
    "kind": "Kind",
    "service": "Service",
    "team": "Team",
    "tag": "Tag",
    "since": "Since",
    "until": "Until",
}


@bp.get("/incidents")
@signed_in
def listing() -> Answer:
    """The incidents this person may read, narrowed and sorted by the address bar."""
    narrowed, hints = _narrowed()
    sort = request.args.get("sort") or "newest"
    cursor = request.args.get("cursor", "")
    if sort not in SORTS:
        hints.append("This order is not known here, so the newest come first.")
        sort, cursor = "newest", ""
    with look() as reading:
        try:
            listed = list_incidents(reading, narrowed, sort=sort, cursor=cursor, count=True)
        except NotValid:
            hints.append("That page of the list could not be found, so this is the first one.")
            listed = list_incidents(reading, narrowed, sort=sort, count=True)
        options = {
            "severity": [(level.key, level.key) for level in reading.policy.severities],
            "service": [(row.slug, row.name) for row in services(reading)],
            "team": [(row.slug, row.name) for row in teams(reading)],
            "state": [
                ("open", "Open"),
                *((state, words(state).capitalize()) for state in INCIDENT.states),
            ],
            "kind": [("incident", "Incidents"), ("near_miss", "Near misses")],
        }
    return render_template(
        "incidents/listing.html",
        listed=listed,
        sort=sort,
        options=options,
        chips=_chips(options),
        hints=hints,
        asked={name: next(iter(chosen(request.args, name)), "") for name in NARROWING},
    )


@bp.route("/incidents/new", methods=["GET", "POST"])
@signed_in
def declare() -> Answer:
    """The form of the first minute."""
    actor().needs("declare_incident")
    return _declare_with(DeclareForm(), recorded_afterwards=False)


@bp.route("/incidents/record", methods=["GET", "POST"])
@signed_in
def record() -> Answer:
    """An incident that is over already, with what is known of its times."""
    actor().needs("declare_incident")
    return _declare_with(RecordForm(), recorded_afterwards=True)


@bp.route("/incidents/near-miss", methods=["GET", "POST"])
@signed_in
def near_miss() -> Answer:
    """Three questions, and it is on record."""
    actor().needs("report_near_miss")
    form = NearMissForm()
    if form.is_submitted():
        try:
            happened = instants_of(form, ["happened_at"], actor().time_zone)
            with begin() as work:
                incident = report_near_miss(
                    work,
                    ReportNearMiss(
                        title=form.title.data or "",
                        almost_happened=form.almost_happened.data or "",
                        what_saved_us=form.what_saved_us.data or "",
                        would_help=form.would_help.data or "",
                        happened_at=happened.get("happened_at"),
                        services=tuple(form.services.data or ()),
                        teams=tuple(form.teams.data or ()),
                        tags=words_of(form.tags.data),
                        visibility=form.visibility.data or "org",
                        members=tuple(form.members.data or ()),
                    ),
                )
            return redirect(url_for("incidents.page", reference=ref(incident)), 303)
        except NotValid as error:
            show_all_gaps(form, error)
    with look() as reading:
        offer_links(form, reading)
    page = render_template("incidents/near_miss.html", form=form)
    return page, 422 if form.errors else 200


def _declare_with(form: DeclareForm, *, recorded_afterwards: bool) -> Answer:
    names = RECORD_TIMES if recorded_afterwards else ("impact_started", "detected")
    if form.is_submitted():
        try:
            ask = _ask_of(form, names, recorded_afterwards=recorded_afterwards)
            with begin() as work:
                incident = declare_incident(work, ask)
            return redirect(url_for("incidents.page", reference=ref(incident)), 303)
        except NotValid as error:
            show_all_gaps(form, error)
    with look() as reading:
        offer_links(form, reading)
        offer_severities(form, reading)
        policy = reading.policy
        running = running_now(reading)
    template = "incidents/record.html" if recorded_afterwards else "incidents/declare.html"
    page = render_template(template, form=form, policy=policy, times=names, running=running)
    return page, 422 if form.errors else 200


def _ask_of(
    form: DeclareForm, names: tuple[str, ...], *, recorded_afterwards: bool
) -> DeclareIncident:
    impact, urgency = form.picked()
    at = instants_of(form, names, actor().time_zone)
    times = {name: TimeAsk(at=instant, source="staff") for name, instant in at.items()}
    if "detected" in times:
        source = form.detected_source.data or "staff"
        times["detected"] = TimeAsk(at=at["detected"], source=source)
    return DeclareIncident(
        title=form.title.data or "",
        summary=form.summary.data or "",
        impact_text=form.impact_text.data or "",
        impact=impact,
        urgency=urgency,
        severity=form.severity.data or "",
        severity_reason=form.severity_reason.data or "",
        services=tuple(form.services.data or ()),
        teams=tuple(form.teams.data or ()),
        tags=words_of(form.tags.data),
        visibility=form.visibility.data or "org",
        members=tuple(form.members.data or ()),
        times=times,
        recorded_afterwards=recorded_afterwards,
        state=(form["state"].data or "resolved") if recorded_afterwards else "declared",
    )


def _narrowed() -> tuple[IncidentFilter, list[str]]:
    """What the address bar asks for, and a hint for each part that could not be read."""
    hints = []
    days = {}
    for name in ("since", "until"):
        try:
            days[name] = day_of(" ".join(chosen(request.args, name)), field=name)
        except NotValid as error:
            hints.append(f"{NARROWING[name]}: {error.message[0].lower()}{error.message[1:]}.")
            days[name] = None
    narrowed = IncidentFilter(
        state=chosen(request.args, "state"),
        severity=chosen(request.args, "severity"),
        kind=chosen(request.args, "kind"),
        service=chosen(request.args, "service"),
        team=chosen(request.args, "team"),
        tag=tuple(one.lower() for tag in chosen(request.args, "tag") for one in words_of(tag)),
        title=" ".join(chosen(request.args, "title"))[:200],
        since=days["since"],
        until=days["until"],
    )
    return narrowed, hints


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
                    "remove_url": f"{url_for('incidents.listing')}?{query}",
                }
            )
    return chips
