"""Incidents on their way: edited, moved, merged, opened and closed to others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import col

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotValid
from tracker.domain.incident import (
    NEAR_MISS_QUESTIONS,
    VISIBILITIES,
    time_gaps,
)
from tracker.domain.lifecycle import INCIDENT, OPEN_INCIDENT_STATES, words
from tracker.models.incident import (
    Incident,
    IncidentService,
    IncidentTag,
    IncidentTeam,
)
from tracker.reading.references import (
    incident_by_ref,
    ref,
    services_named,
    teams_named,
)
from tracker.usecases.analyse.reviews import start_required_review
from tracker.usecases.circles import people_for_circle, set_circle
from tracker.usecases.respond.declaring import link_incident
from tracker.usecases.respond.event_links import show_links
from tracker.usecases.respond.timeline import add_system_entry
from tracker.usecases.respond.times import (
    TimeAsk,
    current_times,
    forget_time,
    known_times,
    put_time,
)

# How the timeline tells who may see it from then on.
VISIBILITY_TOLD = {
    "org": "Open to the whole organisation from here on",
    "team": "Open to its teams only from here on",
    "private": "Open only to the people named from here on",
}


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
class MoveIncident:
    """A verb of the life cycle, with the instant it took effect (default: now)."""

    verb: str
    why: str = ""
    at: datetime | None = None
    version: int | None = None


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
    gaps = Gaps()
    asks.check_text(gaps, "why", why, limit=asks.REASON_LIMIT)
    gaps.raise_not_valid()
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
    if incident.circle_id != target.circle_id:
        raise NotAllowed(
            "One of the two is closed to a circle; merging would tell others about it",
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
    show_links(work, incident)
    add_system_entry(work, incident, VISIBILITY_TOLD[visibility])
    work.emit("incident.changed", incident)
    return incident


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
    link_incident(work, incident, services or [], teams or [], tags or ())
