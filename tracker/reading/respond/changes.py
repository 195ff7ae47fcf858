"""Changes: the list, what is known about one, and which may have to do with an incident."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy import select as sa_select
from sqlmodel import col, or_, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.change import (
    MOST_DISTANCE,
    Candidate,
    Ranked,
    before_impact,
    towards_the_end,
)
from tracker.domain.errors import NotFound
from tracker.domain.event import ENVIRONMENTS_OUTSIDE_FIGURES, counts_in_figures
from tracker.models.calendar import CalendarEntry
from tracker.models.catalogue import Person, Service
from tracker.models.event import ChangeDetail, ChangeLink, OperationalEvent
from tracker.models.incident import Incident, IncidentService, IncidentTime
from tracker.reading.calendar import freezes_at
from tracker.reading.dependencies import within_reach
from tracker.reading.links import people_by_id
from tracker.reading.listing import Listed, capped_count, check_limit, keyset_page
from tracker.reading.references import event_by_ref, ref

SHOWN = 20
# More changes than this around one incident are not looked through; the newest are.
LOOKED_AT = 1_000
# What went on for longer than this before the window is no change but a state.
LONGEST_CHANGE = timedelta(days=7)
STARTS = ("impact_started", "detected")
ENDS = ("mitigated", "impact_ended", "resolved")


@dataclass(frozen=True, kw_only=True)
class ChangeFilter:
    """What a list of changes is narrowed to; empty means everything readable."""

    service: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class ChangeItem:
    """A change with what only changes have."""

    row: OperationalEvent
    ref: str
    detail: ChangeDetail
    service: Service | None

    @property
    def service_name(self) -> str:
        """The service as people read it; what the sender called it when we know none of that."""
        return self.service.name if self.service else self.row.service_name


@dataclass(frozen=True)
class LinkedIncident:
    """An incident that a person said something about the change and it."""

    row: Incident
    ref: str
    role: str
    confirmed: bool


@dataclass(frozen=True)
class ChangeFacts:
    """What is known about one change besides its event."""

    item: ChangeItem
    rolled_back_by: OperationalEvent | None
    rolls_back: list[OperationalEvent]
    incidents: list[LinkedIncident]
    # The freezes it was begun in.
    freezes: list[CalendarEntry]


@dataclass(frozen=True)
class Suggestion:
    """A change that may have to do with an incident; ``before`` the moment we ask about."""

    item: ChangeItem
    weight: float
    before: timedelta
    distance: int


@dataclass(frozen=True)
class LinkedChange:
    """A change and what a person said about it and the incident."""

    item: ChangeItem
    role: str
    confirmed: bool
    note: str
    at: datetime
    by: Person | None


@dataclass(frozen=True)
class IncidentChanges:
    """The changes around one incident: what people said, and what nobody has looked at yet."""

    impact_at: datetime
    # Which of the times it is; "declared" where nothing earlier is known.
    impact_from: str
    end_at: datetime
    window: timedelta
    linked: list[LinkedChange] = field(default_factory=list)
    dismissed: list[LinkedChange] = field(default_factory=list)
    before: list[Suggestion] = field(default_factory=list)
    after: list[Suggestion] = field(default_factory=list)


def list_changes(
    look: Look, narrowed: ChangeFilter, *, cursor: str = "", limit: int = 50, count: bool = False
) -> Listed[ChangeItem]:
    """A page of the changes this actor may read, newest first. Raises: NotValid."""
    query = select(OperationalEvent).where(
        OperationalEvent.kind == "change",
        readable(OperationalEvent, look.actor),
        *_conditions(narrowed),
    )
    rows, following = keyset_page(
        look,
        query,
        sort=col(OperationalEvent.starts_at),
        tie=col(OperationalEvent.id),
        descending=True,
        cursor=cursor,
        limit=check_limit(limit),
    )
    counted = capped_count(look, query) if count else None
    return Listed(change_items(look, rows), following, counted)


def change_items(look: Look, rows: Iterable[OperationalEvent]) -> list[ChangeItem]:
    """The rows with their details and services, in their order. At most one query."""
    rows = list(rows)
    if not rows:
        return []
    found = look.session.execute(
        sa_select(ChangeDetail, Service)
        .join(OperationalEvent, col(OperationalEvent.id) == col(ChangeDetail.event_id))
        .outerjoin(Service, col(Service.id) == col(OperationalEvent.service_id))
        .where(col(ChangeDetail.event_id).in_([row.key for row in rows]))
    )
    known = {detail.event_id: (detail, service) for detail, service in found}
    return [ChangeItem(row, ref(row), *known[row.key]) for row in rows if row.key in known]


def change_by_ref(look: Look, text: str) -> OperationalEvent:
    """Raises: NotFound, also for an event that is no change."""
    row = event_by_ref(look, text)
    if row.kind != "change":
        raise NotFound(f"The change {text[:20]}")
    return row


def change_by_key(look: Look, key: str) -> OperationalEvent:
    """The change with this reference, else the one that was recorded with this key.

    Raises: NotFound.
    """
    found = look.session.exec(
        select(OperationalEvent).where(
            OperationalEvent.kind == "change",
            OperationalEvent.instance_key == key.replace("\x00", "")[:200],
            col(OperationalEvent.source_id).is_(None),
            OperationalEvent.instance_key != "",
            readable(OperationalEvent, look.actor),
        )
    ).first()
    return found if found is not None else change_by_ref(look, key)


def change_facts(look: Look, row: OperationalEvent) -> ChangeFacts:
    """All of it, as far as the actor may read. Raises: NotFound when it is no change."""
    items = change_items(look, [row])
    if not items:
        raise NotFound(f"The change {ref(row)}")
    beside = look.session.execute(
        sa_select(OperationalEvent, ChangeDetail.rolled_back_by_id)  # type: ignore[call-overload]
        .join(ChangeDetail, col(ChangeDetail.event_id) == col(OperationalEvent.id))
        .where(
            readable(OperationalEvent, look.actor),
            or_(
                col(ChangeDetail.rolled_back_by_id) == row.key,
                col(OperationalEvent.id) == items[0].detail.rolled_back_by_id,
            ),
        )
        .order_by(col(OperationalEvent.id))
    ).all()
    linked = look.session.execute(
        sa_select(Incident, ChangeLink)
        .join(ChangeLink, col(ChangeLink.incident_id) == col(Incident.id))
        .where(ChangeLink.event_id == row.key, readable(Incident, look.actor))  # type: ignore[arg-type]
        .order_by(col(Incident.id))
    )
    back = items[0].detail.rolled_back_by_id
    return ChangeFacts(
        item=items[0],
        rolled_back_by=next((one for one, _ in beside if one.key == back), None),
        rolls_back=[one for one, by in beside if by == row.key],
        incidents=[
            LinkedIncident(one, ref(one), link.role, link.confirmed) for one, link in linked
        ],
        freezes=freezes_at(look, row.starts_at, row.service_id)
        if counts_in_figures(row.environment)
        else [],
    )


def changes_of_service(look: Look, service: Service, *, limit: int = 10) -> list[ChangeItem]:
    """Its newest changes, as far as the actor may read them. One query."""
    found = look.session.execute(
        sa_select(OperationalEvent, ChangeDetail)
        .join(ChangeDetail, col(ChangeDetail.event_id) == col(OperationalEvent.id))
        .where(
            col(OperationalEvent.kind) == "change",
            col(OperationalEvent.service_id) == service.key,
            readable(OperationalEvent, look.actor),
        )
        .order_by(col(OperationalEvent.starts_at).desc(), col(OperationalEvent.id).desc())
        .limit(limit)
    )
    return [ChangeItem(row, ref(row), detail, service) for row, detail in found]


def incident_changes(look: Look, incident: Incident) -> IncidentChanges:
    """What people said about changes and the incident, and what else was changed around it.

    Looked at are the changes of its services and of what these depend on, up to MOST_DISTANCE
    steps away, outside test environments: see domain/change.py for their order. Four queries.
    """
    impact_at, impact_from, end_at = _moments(look, incident)
    window = look.policy_of(incident.policy_version).change_window
    linked = _linked(look, incident)
    looked_at = {one.item.row.key for one in linked}
    near = _near(look, incident, since=impact_at - window, until=end_at)
    items = {item.row.key: item for item, _ in near}
    candidates = [
        Candidate(item.row.key, item.row.starts_at, item.row.ended_at, steps)
        for item, steps in near
        if item.row.key not in looked_at
    ]

    def shown(ranked: list[Ranked]) -> list[Suggestion]:
        return [
            Suggestion(items[one.key], one.weight, one.before, one.distance)
            for one in ranked[:SHOWN]
        ]

    return IncidentChanges(
        impact_at=impact_at,
        impact_from=impact_from,
        end_at=end_at,
        window=window,
        linked=[one for one in linked if one.confirmed],
        dismissed=[one for one in linked if not one.confirmed],
        before=shown(before_impact(candidates, impact_at=impact_at, window=window)),
        after=shown(towards_the_end(candidates, impact_at=impact_at, end_at=end_at)),
    )


def _moments(look: Look, incident: Incident) -> tuple[datetime, str, datetime]:
    """(start, which time that is, end): the end is now while nothing says otherwise."""
    rows = look.session.exec(
        select(IncidentTime).where(
            IncidentTime.incident_id == incident.key, col(IncidentTime.current).is_(True)
        )
    )
    known = {row.name: row.at for row in rows if row.at is not None}
    name = next((one for one in STARTS if one in known), "declared")
    start = known.get(name, incident.declared_at)
    end = next((known[one] for one in ENDS if one in known), look.now)
    return start, name, max(start, end)


def _near(
    look: Look, incident: Incident, *, since: datetime, until: datetime
) -> list[tuple[ChangeItem, int]]:
    own = sa_select(col(IncidentService.service_id)).where(
        col(IncidentService.incident_id) == incident.key
    )
    reach = within_reach(own, steps=MOST_DISTANCE)
    began, ended = col(OperationalEvent.starts_at), col(OperationalEvent.ended_at)
    found = look.session.execute(
        sa_select(OperationalEvent, ChangeDetail, Service, reach.c.steps)
        .join(ChangeDetail, col(ChangeDetail.event_id) == col(OperationalEvent.id))
        .join(reach, reach.c.service_id == col(OperationalEvent.service_id))
        .join(Service, col(Service.id) == col(OperationalEvent.service_id))
        .where(
            col(OperationalEvent.kind) == "change",
            began <= until,
            began >= since - LONGEST_CHANGE,
            or_(began >= since, and_(ended.is_not(None), ended >= since)),
            in_figures(),
            readable(OperationalEvent, look.actor),
        )
        .order_by(began.desc(), col(OperationalEvent.id).desc())
        .limit(LOOKED_AT)
    )
    return [
        (ChangeItem(row, ref(row), detail, service), int(steps))
        for row, detail, service, steps in found
    ]


def _linked(look: Look, incident: Incident) -> list[LinkedChange]:
    found = look.session.execute(
        sa_select(ChangeLink, OperationalEvent, ChangeDetail, Service)
        .join(OperationalEvent, col(OperationalEvent.id) == col(ChangeLink.event_id))
        .join(ChangeDetail, col(ChangeDetail.event_id) == col(OperationalEvent.id))
        .outerjoin(Service, col(Service.id) == col(OperationalEvent.service_id))
        .where(col(ChangeLink.incident_id) == incident.key, readable(OperationalEvent, look.actor))
        .order_by(col(OperationalEvent.starts_at), col(ChangeLink.id))
    ).all()
    people = people_by_id(look, [link.by_id for link, *_ in found])
    return [
        LinkedChange(
            ChangeItem(row, ref(row), detail, service),
            link.role,
            link.confirmed,
            link.note,
            link.at,
            people.get(link.by_id or 0),
        )
        for link, row, detail, service in found
    ]


def in_figures() -> ColumnElement[bool]:
    """The condition that ``counts_in_figures`` states, for a query."""
    named = func.lower(func.trim(col(OperationalEvent.environment)))
    return named.not_in(sorted(ENVIRONMENTS_OUTSIDE_FIGURES))


def _conditions(narrowed: ChangeFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if narrowed.service:
        services = select(Service.id).where(col(Service.slug).in_(narrowed.service))
        found.append(col(OperationalEvent.service_id).in_(services))
    if narrowed.environment:
        found.append(col(OperationalEvent.environment).in_(narrowed.environment))
    for column, wanted in (
        (ChangeDetail.change_kind, narrowed.kind),
        (ChangeDetail.status, narrowed.status),
    ):
        if wanted:
            ids = select(ChangeDetail.event_id).where(col(column).in_(wanted))
            found.append(col(OperationalEvent.id).in_(ids))
    if narrowed.since is not None:
        found.append(col(OperationalEvent.starts_at) >= _midnight(narrowed.since))
    if narrowed.until is not None:
        found.append(
            col(OperationalEvent.starts_at) < _midnight(narrowed.until) + timedelta(days=1)
        )
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
