"""Incidents and near misses come on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps
from tracker.domain.incident import (
    NEAR_MISS_QUESTIONS,
    TIME_SOURCES,
    TIMES,
    VISIBILITIES,
    time_gaps,
)
from tracker.domain.lifecycle import INCIDENT
from tracker.models.incident import (
    Incident,
    IncidentService,
    IncidentTag,
    IncidentTeam,
)
from tracker.reading.references import services_named, teams_named
from tracker.usecases.analyse.reviews import start_required_review
from tracker.usecases.circles import close_to, people_for_circle
from tracker.usecases.respond.severities import add_assessment, severity_of
from tracker.usecases.respond.timeline import add_system_entry
from tracker.usecases.respond.times import TimeAsk, put_time

INITIAL_STATES = (*INCIDENT.initial, "closed")


@dataclass(frozen=True, kw_only=True)
class DeclareIncident:
    """What is needed to declare. Severity comes from impact x urgency, or is chosen directly.

    ``times`` may carry what is known already; with ``recorded_afterwards`` the incident is
    entered in ``state`` and gets no clocks that have already run out.
    """

    title: str
    summary: str = ""
    impact_text: str = ""
    impact: str = ""
    urgency: str = ""
    severity: str = ""
    severity_reason: str = ""
    services: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    visibility: str = "org"
    members: tuple[str, ...] = ()
    times: Mapping[str, TimeAsk] = field(default_factory=dict)
    recorded_afterwards: bool = False
    state: str = "declared"


@dataclass(frozen=True, kw_only=True)
class ReportNearMiss:
    """A near miss in three questions."""

    title: str
    almost_happened: str
    what_saved_us: str
    would_help: str = ""
    happened_at: datetime | None = None
    services: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    visibility: str = "org"
    members: tuple[str, ...] = ()


def declare_incident(work: Work, ask: DeclareIncident) -> Incident:
    """The incident exists with its severity, times, links and first timeline entry.

    Raises: NotValid naming every field at once.
    Emits: incident.declared.
    """
    work.permit("declare_incident")
    gaps = Gaps()
    _check_texts(gaps, ask.title, ask.tags, summary=ask.summary, impact_text=ask.impact_text)
    severity, overridden = severity_of(
        work, gaps, ask.impact, ask.urgency, ask.severity, ask.severity_reason
    )
    asks.check_choice(gaps, "visibility", ask.visibility, VISIBILITIES)
    services = services_named(work, ask.services, gaps, "services")
    teams = teams_named(work, ask.teams, gaps, "teams")
    members = people_for_circle(work, ask.visibility, ask.members, gaps)
    if ask.state not in INITIAL_STATES or (ask.state != "declared" and not ask.recorded_afterwards):
        gaps.add("state", "Only an incident recorded afterwards may begin in another state")
    times = {name: _checked_time(gaps, name, given) for name, given in ask.times.items()}
    known = {name: given.at for name, given in times.items()}
    declared_at = known.get("declared") or (
        _first_known(known) if ask.recorded_afterwards else None
    )
    known["declared"] = declared_at or work.now
    gaps.found.extend(time_gaps(known, now=work.now))
    gaps.raise_not_valid()
    incident = work.add(
        Incident(
            title=asks.clean(ask.title),
            summary=asks.clean(ask.summary),
            impact_text=asks.clean(ask.impact_text),
            state=ask.state,
            severity=severity,
            impact=ask.impact,
            urgency=ask.urgency,
            declared_at=known["declared"] or work.now,
            declared_by_id=work.actor.person_id,
            recorded_afterwards=ask.recorded_afterwards,
            policy_version=work.policy.version,
            created_at=work.now,
            updated_at=work.now,
        )
    )
    link_incident(
        work, incident, [row.key for row in services], [row.key for row in teams], ask.tags
    )
    close_to(work, incident, ask.visibility, teams, members)
    if severity:
        add_assessment(work, incident, overridden=overridden, why=ask.severity_reason)
    stated = {"declared": TimeAsk(at=known["declared"], source="record"), **times}
    for name, given in stated.items():
        put_time(work, incident, name, given)
    how = "Recorded afterwards" if ask.recorded_afterwards else "Declared"
    add_system_entry(
        work, incident, f"{how} as {severity or 'an incident'}", at=incident.declared_at
    )
    work.emit("incident.declared", incident)
    if ask.recorded_afterwards and ask.state in ("resolved", "closed"):
        start_required_review(work, incident)
    return incident


def report_near_miss(work: Work, ask: ReportNearMiss) -> Incident:
    """The near miss is on record, closed: nothing had to be responded to.

    Raises: NotValid. Emits: incident.declared.
    """
    work.permit("report_near_miss")
    gaps = Gaps()
    _check_texts(gaps, ask.title, ask.tags)
    for name in NEAR_MISS_QUESTIONS:
        asks.check_text(
            gaps, name, getattr(ask, name), limit=asks.NOTE_LIMIT, required=name != "would_help"
        )
    asks.check_choice(gaps, "visibility", ask.visibility, VISIBILITIES)
    asks.check_instant(gaps, "happened_at", ask.happened_at)
    services = services_named(work, ask.services, gaps, "services")
    teams = teams_named(work, ask.teams, gaps, "teams")
    members = people_for_circle(work, ask.visibility, ask.members, gaps)
    gaps.raise_not_valid()
    if ask.happened_at is not None:
        gaps.found.extend(
            Gap("happened_at", gap.message)
            for gap in time_gaps({"detected": ask.happened_at}, now=work.now)
        )
        gaps.raise_not_valid()
    incident = work.add(
        Incident(
            title=asks.clean(ask.title),
            kind="near_miss",
            state="closed",
            declared_at=ask.happened_at or work.now,
            declared_by_id=work.actor.person_id,
            recorded_afterwards=True,
            policy_version=work.policy.version,
            almost_happened=asks.clean(ask.almost_happened),
            what_saved_us=asks.clean(ask.what_saved_us),
            would_help=asks.clean(ask.would_help),
            created_at=work.now,
            updated_at=work.now,
        )
    )
    link_incident(
        work, incident, [row.key for row in services], [row.key for row in teams], ask.tags
    )
    close_to(work, incident, ask.visibility, teams, members)
    put_time(work, incident, "detected", TimeAsk(at=ask.happened_at or work.now, source="staff"))
    add_system_entry(work, incident, "Near miss reported")
    work.emit("incident.declared", incident)
    return incident


def link_incident(
    work: Work, incident: Incident, services: list[int], teams: list[int], tags: tuple[str, ...]
) -> None:
    work.add_all(
        [
            *(IncidentService(incident_id=incident.key, service_id=one) for one in services),
            *(IncidentTeam(incident_id=incident.key, team_id=one) for one in teams),
            *(IncidentTag(incident_id=incident.key, tag=tag) for tag in asks.tags_of(tags)),
        ]
    )


def _check_texts(gaps: Gaps, title: str, tags: tuple[str, ...], **texts: str) -> None:
    asks.check_title(gaps, "title", title)
    asks.check_tags(gaps, "tags", tags)
    for name, text in texts.items():
        asks.check_text(gaps, name, text, limit=asks.NOTE_LIMIT)


def _checked_time(gaps: Gaps, name: str, given: TimeAsk) -> TimeAsk:
    if name not in TIMES:
        gaps.add("times", f"“{name[:40]}” is not one of the nine times: {', '.join(TIMES)}")
    asks.check_instant(gaps, name, given.at)
    asks.check_choice(gaps, f"{name}.source", given.source, TIME_SOURCES, required=False)
    asks.check_text(gaps, name, given.unknown_because, limit=asks.REASON_LIMIT)
    return given


def _first_known(times: Mapping[str, datetime | None]) -> datetime | None:
    return next((times[name] for name in TIMES if times.get(name) is not None), None)
