"""What changes cost: figures of one service, made only of links that people confirmed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select as sa_select
from sqlmodel import col, func

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.incident import durations
from tracker.domain.measures import Middle, Share, middle, share
from tracker.models.catalogue import Service
from tracker.models.event import ChangeDetail, ChangeLink, OperationalEvent
from tracker.models.incident import Incident, IncidentTime
from tracker.reading.respond.changes import in_figures

PERIOD = timedelta(days=90)
# What was never an incident of its own does not count as the cost of a change.
NOT_COUNTED = ("dismissed", "merged")


@dataclass(frozen=True)
class ChangeFigures:
    """The figures of one service since an instant.

    ``failed``: of its changes, those that somebody confirmed to have triggered an incident.
    ``recovery``: from impact started to mitigated, of those incidents.
    ``rolled_back``: of the changes that triggered one, those where a rollback was confirmed to
    have helped to end it.
    """

    since: datetime
    failed: Share
    recovery: Middle
    rolled_back: Share


def change_figures(look: Look, service: Service, *, since: datetime | None = None) -> ChangeFigures:
    """The figures as far as the actor may read; ``since`` is 90 days ago when left out.

    Counted are finished changes outside test environments, but not rollbacks: they answer a
    change. Four queries.
    Source: DORA, change fail rate and failed deployment recovery time; docs/use/changes.md.
    """
    start = since or look.now - PERIOD
    counted = (
        sa_select(col(OperationalEvent.id))
        .join(ChangeDetail, col(ChangeDetail.event_id) == col(OperationalEvent.id))
        .where(
            col(OperationalEvent.service_id) == service.key,
            col(OperationalEvent.kind) == "change",
            col(OperationalEvent.starts_at) >= start,
            col(ChangeDetail.status).in_(("succeeded", "failed")),
            col(ChangeDetail.change_kind) != "rollback",
            in_figures(),
            readable(OperationalEvent, look.actor),
        )
    )
    total = look.session.execute(sa_select(func.count()).select_from(counted.subquery())).scalar()
    triggered = look.session.execute(
        sa_select(ChangeLink.event_id, ChangeLink.incident_id)  # type: ignore[call-overload]
        .join(Incident, col(Incident.id) == col(ChangeLink.incident_id))
        .where(
            col(ChangeLink.event_id).in_(counted),
            col(ChangeLink.role) == "triggered_by",
            col(ChangeLink.confirmed).is_(True),
            col(Incident.kind) == "incident",
            col(Incident.state).not_in(NOT_COUNTED),
            readable(Incident, look.actor),
        )
    ).all()
    incidents = {incident_id for _, incident_id in triggered}
    known, ended_by_rollback = _of_incidents(look, incidents)
    failed = {event_id for event_id, _ in triggered}
    answered = {event_id for event_id, incident_id in triggered if incident_id in ended_by_rollback}
    return ChangeFigures(
        since=start,
        failed=share(len(failed), total or 0),
        recovery=middle([durations(known[one])["time_to_mitigate"] for one in sorted(incidents)]),
        rolled_back=share(len(answered), len(failed)),
    )


def _of_incidents(
    look: Look, incidents: set[int]
) -> tuple[dict[int, dict[str, datetime | None]], set[int]]:
    """(the times of each, those that a confirmed rollback helped to end)."""
    times: dict[int, dict[str, datetime | None]] = defaultdict(dict)
    if not incidents:
        return times, set()
    stated = look.session.execute(
        sa_select(IncidentTime.incident_id, IncidentTime.name, IncidentTime.at).where(  # type: ignore[call-overload]
            col(IncidentTime.incident_id).in_(incidents), col(IncidentTime.current).is_(True)
        )
    )
    for incident_id, name, at in stated:
        times[incident_id][name] = at
    rollbacks = look.session.execute(
        sa_select(ChangeLink.incident_id)  # type: ignore[call-overload]
        .join(ChangeDetail, col(ChangeDetail.event_id) == col(ChangeLink.event_id))
        .where(
            col(ChangeLink.incident_id).in_(incidents),
            col(ChangeLink.role) == "remediated_by",
            col(ChangeLink.confirmed).is_(True),
            col(ChangeDetail.change_kind) == "rollback",
        )
    ).scalars()
    return times, set(rollbacks)
