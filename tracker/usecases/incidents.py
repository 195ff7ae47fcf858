"""Incidents and near misses: declared, edited, moved through their life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotValid
from tracker.domain.incident import (
    KINDS,
    NEAR_MISS_QUESTIONS,
    TIME_SOURCES,
    TIMES,
    VISIBILITIES,
    time_gaps,
)
from tracker.domain.lifecycle import INCIDENT, OPEN_INCIDENT_STATES, words
from tracker.models.incident import (
    Incident,
    IncidentService,
    IncidentTag,
    IncidentTeam,
    SeverityAssessment,
)
from tracker.reading.references import (
    incident_by_ref,
    ref,
    services_named,
    teams_named,
)
from tracker.usecases.circles import close_to, people_for_circle, set_circle
from tracker.usecases.reviews import start_required_review
from tracker.usecases.timeline import add_system_entry
from tracker.usecases.times import TimeAsk, current_times, forget_time, known_times, put_time

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


@dataclass(frozen=True, kw_only=True)
class EditIncident:
    """New values; ``None`` leaves a field as it is."""

    title: str | None = None
    summary: str | None = None
    impact_text: str | None = None
    services: tuple[str, ...] | None = None
    teams: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    almost_happened: str | None = None
    what_saved_us: str | None = None
    would_help: str | None = None
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class AssessSeverity:
    """A (new) assessment: a cell of the matrix, or an override with its reason."""

    impact: str = ""
    urgency: str = ""
    severity: str = ""
    why: str = ""
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class MoveIncident:
    """A verb of the life cycle, with the instant it took effect (default: now)."""

    verb: str
    why: str = ""
    at: datetime | None = None
    version: int | None = None


def declare_incident(work: Work, ask: DeclareIncident) -> Incident:
    """The incident exists with its severity, times, links and first timeline entry.

    Raises: NotValid naming every field at once.
    Emits: incident.declared.
    """
    work.permit("declare_incident")
    gaps = Gaps()
    _check_texts(gaps, ask.title, ask.tags, summary=ask.summary, impact_text=ask.impact_text)
    severity, overridden = _severity_of(
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
    _link(work, incident, [row.key for row in services], [row.key for row in teams], ask.tags)
    close_to(work, incident, ask.visibility, teams, members)
    if severity:
        work.session.add(
            SeverityAssessment(
                incident_id=incident.key,
                severity=severity,
                impact=ask.impact,
                urgency=ask.urgency,
                overridden=overridden,
                why=asks.clean(ask.severity_reason),
                at=work.now,
                by_id=work.actor.person_id,
            )
        )
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
    _link(work, incident, [row.key for row in services], [row.key for row in teams], ask.tags)
    close_to(work, incident, ask.visibility, teams, members)
    put_time(work, incident, "detected", TimeAsk(at=ask.happened_at or work.now, source="staff"))
    add_system_entry(work, incident, "Near miss reported")
    work.emit("incident.declared", incident)
    return incident


def edit_incident(work: Work, incident: Incident, ask: EditIncident) -> Incident:
    """The given fields have their new values.

    Raises: NotValid, Conflict for a stale version. Emits: incident.changed.
    """
    work.permit("edit_incident")
    work.expect(incident, ask.version)
    gaps = Gaps()
    if ask.title is not None:
        asks.check_title(gaps, "title", ask.title)
    texts = {
        "summary": ask.summary,
        "impact_text": ask.impact_text,
        **{name: getattr(ask, name) for name in NEAR_MISS_QUESTIONS},
    }
    for name, text in texts.items():
        if text is not None:
            asks.check_text(gaps, name, text, limit=asks.NOTE_LIMIT)
    if ask.tags is not None:
        asks.check_tags(gaps, "tags", ask.tags)
    services = services_named(work, ask.services or (), gaps, "services")
    teams = teams_named(work, ask.teams or (), gaps, "teams")
    gaps.raise_not_valid()
    if ask.title is not None:
        incident.title = asks.clean(ask.title)
    for name, text in texts.items():
        if text is not None:
            setattr(incident, name, asks.clean(text))
    _relink(
        work,
        incident,
        services=None if ask.services is None else [row.key for row in services],
        teams=None if ask.teams is None else [row.key for row in teams],
        tags=ask.tags,
    )
    # The links stand in tables of their own; touching the row lets its version say so.
    incident.updated_at = work.now
    work.emit("incident.changed", incident)
    return incident


def assess_severity(work: Work, incident: Incident, ask: AssessSeverity) -> Incident:
    """The severity is reassessed and every earlier assessment kept.

    Raises: NotValid (an override needs a reason), Conflict. Emits: incident.changed.
    """
    work.permit("assess_severity")
    work.expect(incident, ask.version)
    gaps = Gaps()
    if incident.kind == "near_miss":
        gaps.add("severity", "A near miss has no severity: nothing was hurt")
    severity, overridden = _severity_of(work, gaps, ask.impact, ask.urgency, ask.severity, ask.why)
    asks.check_text(gaps, "why", ask.why, limit=asks.REASON_LIMIT)
    gaps.raise_not_valid()
    before = incident.severity
    incident.severity = severity
    incident.impact = ask.impact
    incident.urgency = ask.urgency
    incident.updated_at = work.now
    work.session.add(
        SeverityAssessment(
            incident_id=incident.key,
            severity=severity,
            impact=ask.impact,
            urgency=ask.urgency,
            overridden=overridden,
            why=asks.clean(ask.why),
            at=work.now,
            by_id=work.actor.person_id,
        )
    )
    if before != severity:
        because = f": {asks.clean(ask.why)}" if ask.why.strip() else ""
        add_system_entry(work, incident, f"Severity {before or 'unset'} → {severity}{because}")
        _tighten_update_clock(work, incident)
    work.emit("incident.changed", incident)
    return incident


def move_incident(work: Work, incident: Incident, ask: MoveIncident) -> Incident:
    """The incident is in its new state, and the time that the verb states is recorded.

    Raises: NotAllowed with every gap, NotValid for a contradictory time, Conflict.
    Emits: incident.moved; review.started when the policy asks for a review.
    """
    work.permit("move_incident")
    work.expect(incident, ask.version)
    gaps = Gaps()
    asks.check_text(gaps, "why", ask.why, limit=asks.REASON_LIMIT)
    asks.check_instant(gaps, "at", ask.at)
    if ask.verb not in INCIDENT.verbs or ask.verb == "merge":
        gaps.add("verb", f"Must be one of: {', '.join(v for v in INCIDENT.verbs if v != 'merge')}")
    gaps.raise_not_valid()
    at = ask.at or work.now
    stated = {
        "investigate": "engaged",
        "mitigate": "mitigated",
        "resolve": "resolved",
        "close": "closed",
    }.get(ask.verb)
    INCIDENT.check(incident.state, ask.verb, why=ask.why)
    if stated is not None:
        times = current_times(work, incident.key)
        found = time_gaps({**known_times(times), stated: at}, now=work.now)
        if found:
            raise NotValid(*(Gap("at", gap.message) for gap in found))
    work.move(incident, INCIDENT, ask.verb, why=ask.why)
    if stated is not None and (
        ask.at is not None
        or times.get(stated) is None
        or stated in ("mitigated", "resolved", "closed")
    ):
        put_time(work, incident, stated, TimeAsk(at=at, source="record"))
    if ask.verb == "reopen":
        for name in ("resolved", "closed"):
            forget_time(work, incident, name, because="Reopened")
    because = f": {asks.clean(ask.why)}" if ask.why.strip() else ""
    add_system_entry(work, incident, f"{words(incident.state).capitalize()}{because}", at=at)
    if incident.state not in OPEN_INCIDENT_STATES:
        incident.next_update_at = None
    if ask.verb == "resolve":
        start_required_review(work, incident)
    return incident


def merge_incident(work: Work, incident: Incident, *, into: str, why: str = "") -> Incident:
    """The incident is merged into another; both timelines say so.

    Raises: NotValid for itself, an unknown target or one that is merged itself.
    """
    work.permit("merge_incident")
    target = incident_by_ref(work, into)
    if target.key == incident.key:
        raise NotValid(Gap("into", "An incident cannot be merged into itself"))
    if target.state in ("merged", "dismissed"):
        raise NotAllowed(
            f"{ref(target)} is {target.state} itself",
            gaps=[Gap("into", f"{ref(target)} is {target.state}; choose the one it points to")],
        )
    if target.kind != incident.kind:
        raise NotValid(Gap("into", "Near misses and incidents are kept apart"))
    if incident.circle_id is not None and target.circle_id != incident.circle_id:
        raise NotAllowed(
            "This incident is closed to a circle; merging would tell others about it",
            gaps=[Gap("into", "Give both incidents the same visibility first")],
        )
    work.move(incident, INCIDENT, "merge", why=why)
    incident.merged_into_id = target.key
    incident.next_update_at = None
    add_system_entry(work, incident, f"Merged into {ref(target)}")
    add_system_entry(work, target, f"{ref(incident)} was merged into this incident")
    work.emit("incident.changed", target)
    return incident


def set_visibility(
    work: Work,
    incident: Incident,
    *,
    visibility: str,
    teams: tuple[str, ...] = (),
    members: tuple[str, ...] = (),
    version: int | None = None,
) -> Incident:
    """The incident and what came from it are visible to exactly that circle.

    Raises: NotValid, Conflict. Emits: incident.changed and the same for what follows it.
    """
    work.permit("set_visibility")
    work.expect(incident, version)
    gaps = Gaps()
    asks.check_choice(gaps, "visibility", visibility, VISIBILITIES)
    named = teams_named(work, teams, gaps, "teams")
    people = people_for_circle(work, visibility, members, gaps)
    gaps.raise_not_valid()
    set_circle(work, incident, visibility, named, people)
    add_system_entry(work, incident, f"Visibility is now: {visibility}")
    work.emit("incident.changed", incident)
    return incident


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


def _severity_of(
    work: Work, gaps: Gaps, impact: str, urgency: str, severity: str, why: str
) -> tuple[str, bool]:
    """(severity, overridden); gaps for a half cell, an unknown key, an override unexplained."""
    policy = work.policy
    asks.check_choice(
        gaps, "impact", impact, [level.key for level in policy.impacts], required=False
    )
    asks.check_choice(
        gaps, "urgency", urgency, [level.key for level in policy.urgencies], required=False
    )
    asks.check_choice(gaps, "severity", severity, policy.severity_keys, required=False)
    asks.check_text(gaps, "severity_reason", why, limit=asks.REASON_LIMIT)
    if gaps.found:
        return "", False
    if bool(impact) != bool(urgency):
        gaps.add("urgency" if impact else "impact", "Impact and urgency go together")
        return "", False
    if not impact:
        gaps.unless(severity, "severity", "Choose impact and urgency, or a severity")
        return severity, False
    computed = policy.severity(impact, urgency)
    if severity and severity != computed:
        gaps.unless(
            why.strip(),
            "severity_reason",
            f"Impact and urgency give {computed}; say why it should be {severity}",
        )
        return severity, True
    return computed, False


def _tighten_update_clock(work: Work, incident: Incident) -> None:
    """After a reassessment the stricter cadence applies from this moment."""
    minutes = work.policy_of(incident.policy_version).update_minutes.get(incident.severity)
    if incident.next_update_at is not None and minutes:
        stricter = work.now + timedelta(minutes=minutes)
        incident.next_update_at = min(incident.next_update_at, stricter)


def _link(
    work: Work, incident: Incident, services: list[int], teams: list[int], tags: tuple[str, ...]
) -> None:
    work.add_all(
        [
            *(IncidentService(incident_id=incident.key, service_id=one) for one in services),
            *(IncidentTeam(incident_id=incident.key, team_id=one) for one in teams),
            *(IncidentTag(incident_id=incident.key, tag=tag) for tag in asks.tags_of(tags)),
        ]
    )


def _relink(
    work: Work,
    incident: Incident,
    *,
    services: list[int] | None,
    teams: list[int] | None,
    tags: tuple[str, ...] | None,
) -> None:
    if services is not None:
        work.session.execute(
            delete(IncidentService).where(col(IncidentService.incident_id) == incident.key)
        )
    if teams is not None:
        work.session.execute(
            delete(IncidentTeam).where(col(IncidentTeam.incident_id) == incident.key)
        )
    if tags is not None:
        work.session.execute(
            delete(IncidentTag).where(col(IncidentTag.incident_id) == incident.key)
        )
    _link(work, incident, services or [], teams or [], tags or ())


__all__ = [
    "KINDS",
    "AssessSeverity",
    "DeclareIncident",
    "EditIncident",
    "MoveIncident",
    "ReportNearMiss",
    "assess_severity",
    "declare_incident",
    "edit_incident",
    "merge_incident",
    "move_incident",
    "report_near_miss",
    "set_visibility",
]
