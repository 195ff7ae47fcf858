"""Operational events as lists and pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from tracker.db.access import readable
from tracker.db.hints import common
from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.domain.lifecycle import EVENT, Move
from tracker.models.catalogue import Person, Service, Team
from tracker.models.event import AlertKey, AlertSource, EventIncident, OperationalEvent
from tracker.models.incident import Incident
from tracker.models.journal import StateMove
from tracker.models.procedure import Procedure
from tracker.reading.journal import moves_of
from tracker.reading.links import people_by_id
from tracker.reading.listing import Listed, capped_count, check_limit, keyset_page
from tracker.reading.references import incident_by_ref, parse_ref, ref

SORTS = {
    "newest": (OperationalEvent.starts_at, True),
    "oldest": (OperationalEvent.starts_at, False),
    "seen": (OperationalEvent.last_seen_at, True),
}
OFFERED_INCIDENTS = 20


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """What a list of events is narrowed to; empty means everything readable."""

    kind: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    alert_key: str = ""
    incident: str = ""
    firing: bool = False  # only what has not ended
    text: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class EventItem:
    """A row of the list."""

    row: OperationalEvent
    ref: str
    service: Service | None

    @property
    def service_name(self) -> str:
        """The service as we call it, else as the sender does."""
        return self.service.name if self.service else self.row.service_name


@dataclass(frozen=True)
class LinkedIncident:
    """An incident of an event, as far as the reader may see it."""

    row: Incident
    ref: str
    promoted: bool
    linked_at: datetime
    linked_by: str


@dataclass(frozen=True)
class KnownAlert:
    """What the catalogue says of an alert."""

    row: AlertKey | None
    team: Team | None
    procedure: Procedure | None


@dataclass(frozen=True)
class EventPage:
    """Everything the page of an event shows."""

    item: EventItem
    incidents: list[LinkedIncident]
    offered: list[Incident]
    moves: tuple[Move, ...]
    journal: list[StateMove]
    known: KnownAlert
    source: AlertSource | None
    reporter: Person | None

    @property
    def promoted(self) -> LinkedIncident | None:
        """The incident that was made of it."""
        return next((one for one in self.incidents if one.promoted), None)


def list_events(
    look: Look,
    narrowed: EventFilter,
    *,
    sort: str = "newest",
    cursor: str = "",
    limit: int = 50,
    count: bool = False,
) -> Listed[EventItem]:
    """A page of the events this actor may read.

    Raises: NotValid for a bad cursor, NotFound for an incident that is not there or hidden.
    """
    column, descending = SORTS.get(sort, SORTS["newest"])
    query = select(OperationalEvent).where(
        readable(OperationalEvent, look.actor), *_conditions(look, narrowed)
    )
    rows, following = keyset_page(
        look,
        query,
        sort=col(column),
        tie=col(OperationalEvent.id),
        descending=descending,
        cursor=cursor,
        limit=check_limit(limit),
    )
    return Listed(event_items(look, rows), following, capped_count(look, query) if count else None)


def event_items(look: Look, rows: list[OperationalEvent]) -> list[EventItem]:
    """The events with their services. One query."""
    wanted = {row.service_id for row in rows if row.service_id is not None}
    found: dict[int, Service] = {}
    if wanted:
        query = select(Service).where(col(Service.id).in_(wanted))
        found = {service.key: service for service in look.session.exec(query)}
    return [EventItem(row, ref(row), found.get(row.service_id or 0)) for row in rows]


def event_page(look: Look, event: OperationalEvent) -> EventPage:
    """The event with all that hangs on it; incidents closed to the reader are left out."""
    linked = look.session.exec(
        select(EventIncident, Incident)
        .join(Incident, col(Incident.id) == col(EventIncident.incident_id))
        .where(EventIncident.event_id == event.key, readable(Incident, look.actor))
        .order_by(col(EventIncident.linked_at), col(EventIncident.incident_id))
    ).all()
    people = people_by_id(look, [event.reported_by_id, *(link.linked_by_id for link, _ in linked)])
    known_ids = {incident.key for _, incident in linked}
    return EventPage(
        item=event_items(look, [event])[0],
        incidents=[
            LinkedIncident(
                incident,
                ref(incident),
                link.promoted,
                link.linked_at,
                people[link.linked_by_id].name if link.linked_by_id in people else "Tracker",
            )
            for link, incident in linked
        ],
        offered=[one for one in _open_incidents(look) if one.key not in known_ids],
        moves=EVENT.possible(event.state),
        journal=moves_of(look, "event", event.key),
        known=_known_alert(look, event),
        source=look.session.get(AlertSource, event.source_id) if event.source_id else None,
        reporter=people.get(event.reported_by_id or 0),
    )


def _open_incidents(look: Look) -> list[Incident]:
    query = (
        select(Incident)
        .where(
            readable(Incident, look.actor),
            col(Incident.state).in_(("declared", "investigating", "mitigated")),
        )
        .order_by(col(Incident.declared_at).desc())
        .limit(OFFERED_INCIDENTS)
    )
    return list(look.session.exec(query))


def _known_alert(look: Look, event: OperationalEvent) -> KnownAlert:
    if not event.alert_key:
        return KnownAlert(None, None, None)
    query = (
        select(AlertKey, Team, Procedure)
        .join(Team, col(Team.id) == col(AlertKey.owner_team_id), isouter=True)
        .join(Procedure, col(Procedure.id) == col(AlertKey.procedure_id), isouter=True)
        .where(AlertKey.alert_key == event.alert_key)
    )
    found = look.session.exec(query).first()
    if found is None:
        return KnownAlert(None, None, None)
    row, team, procedure = found
    hidden = procedure is not None and not look.actor.reads(procedure.circle_id)
    return KnownAlert(row, team, None if hidden else procedure)


def _conditions(look: Look, narrowed: EventFilter) -> list[ColumnElement[bool]]:
    event = OperationalEvent
    found: list[ColumnElement[bool]] = []
    for names, column in ((narrowed.kind, event.kind), (narrowed.state, event.state)):
        if names:
            few = len(names) == 1
            found.append((col(column) if few else common(col(column))).in_(names))
    services: Any = select(Service.id)
    if narrowed.service:
        found.append(
            col(event.service_id).in_(services.where(col(Service.slug).in_(narrowed.service)))
        )
    if narrowed.team:
        owned = services.join(Team, col(Team.id) == col(Service.owner_team_id))
        found.append(col(event.service_id).in_(owned.where(col(Team.slug).in_(narrowed.team))))
    if narrowed.alert_key:
        found.append(col(event.alert_key) == narrowed.alert_key)
    if narrowed.incident:
        incident = incident_by_ref(look, narrowed.incident)
        linked = select(EventIncident.event_id).where(EventIncident.incident_id == incident.key)
        found.append(col(event.id).in_(linked))
    if narrowed.firing:
        found.append(col(event.ended_at).is_(None))
    if narrowed.text.strip():
        found.append(_called(narrowed.text.strip()))
    if narrowed.since is not None:
        found.append(col(event.starts_at) >= _midnight(narrowed.since))
    if narrowed.until is not None:
        found.append(col(event.starts_at) < _midnight(narrowed.until, days=1))
    return found


def _called(text: str) -> ColumnElement[bool]:
    """By words of the title; by its reference as well, since that is what senders are answered."""
    titled = col(OperationalEvent.title).icontains(text, autoescape=True)
    try:
        model, number = parse_ref(text)
    except NotFound:
        return titled
    return titled | (col(OperationalEvent.id) == number) if model is OperationalEvent else titled


def _midnight(day: date, *, days: int = 0) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC) + timedelta(days=days)
