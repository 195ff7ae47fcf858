"""The calendar as pages, feeds and warnings show it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.calendar import WIDE_KINDS, Plan, clash
from tracker.domain.errors import NotFound
from tracker.models.calendar import CalendarEntry, CalendarService
from tracker.models.catalogue import Person, Service, Team
from tracker.reading.links import people_by_id, teams_by_id
from tracker.reading.references import parse_ref, ref

# So many entries a view or a feed shows at most.
SHOWN = 500


@dataclass(frozen=True)
class EntryItem:
    """An entry with what it concerns and who looks after it."""

    row: CalendarEntry
    ref: str
    services: list[Service]
    owner: Person | None
    team: Team | None

    @property
    def plan(self) -> Plan:
        """The entry as far as clashes go."""
        return Plan(
            self.row.kind,
            self.row.starts_at,
            self.row.ends_at,
            frozenset(one.key for one in self.services),
        )


def entry_by_ref(look: Look, text: str) -> CalendarEntry:
    """Raises: NotFound."""
    model, row_id = parse_ref(text)
    if model is not CalendarEntry:
        raise NotFound(text[:20])
    return look.get(CalendarEntry, row_id, what=text[:20])


def entries_between(
    look: Look,
    since: datetime,
    until: datetime,
    *,
    kinds: Collection[str] = (),
    service: str = "",
    cancelled: bool = False,
) -> list[EntryItem]:
    """The entries that touch the span, in their order; four queries at most.

    ``service``: only those that name it, or concern everything.
    """
    conditions: list[ColumnElement[bool]] = [
        col(CalendarEntry.starts_at) < until,
        col(CalendarEntry.ends_at) > since,
    ]
    if kinds:
        conditions.append(col(CalendarEntry.kind).in_(kinds))
    if service:
        named = (
            select(CalendarService.entry_id)
            .join(Service, col(Service.id) == col(CalendarService.service_id))
            .where(Service.slug == service)
        )
        conditions.append(_concerns(named))
    if not cancelled:
        conditions.append(col(CalendarEntry.cancelled_at).is_(None))
    query = (
        select(CalendarEntry)
        .where(readable(CalendarEntry, look.actor), *conditions)
        .order_by(col(CalendarEntry.starts_at), col(CalendarEntry.id))
        .limit(SHOWN)
    )
    return entry_items(look, look.session.exec(query).all())


def freezes_at(look: Look, at: datetime, service_id: int | None) -> list[CalendarEntry]:
    """The freezes in force at that instant for the service; without one, those for everything.

    One query.
    """
    named = select(CalendarService.entry_id).where(CalendarService.service_id == service_id)
    query = (
        select(CalendarEntry)
        .where(
            CalendarEntry.kind == "freeze",
            col(CalendarEntry.cancelled_at).is_(None),
            col(CalendarEntry.starts_at) <= at,
            col(CalendarEntry.ends_at) > at,
            _concerns(named),
            readable(CalendarEntry, look.actor),
        )
        .order_by(col(CalendarEntry.starts_at), col(CalendarEntry.id))
        .limit(SHOWN)
    )
    return list(look.session.exec(query))


def running_now(look: Look) -> list[EntryItem]:
    """Freezes, maintenance and game days that are on at this moment."""
    instant = timedelta(microseconds=1)
    return entries_between(
        look, look.now, look.now + instant, kinds=("freeze", "maintenance", "game_day")
    )


def entry_items(look: Look, rows: Iterable[CalendarEntry]) -> list[EntryItem]:
    """The rows with what hangs on them, in their order. Three queries at most."""
    rows = list(rows)
    if not rows:
        return []
    found = look.session.execute(
        select(CalendarService.entry_id, Service)
        .join(Service, col(Service.id) == col(CalendarService.service_id))
        .where(col(CalendarService.entry_id).in_([row.key for row in rows]))
        .order_by(col(Service.name))
    )
    services: dict[int, list[Service]] = {}
    for entry_id, service in found:
        services.setdefault(entry_id, []).append(service)
    people = people_by_id(look, [row.owner_id for row in rows])
    teams = teams_by_id(look, [row.team_id for row in rows])
    return [
        EntryItem(
            row,
            ref(row),
            services.get(row.key, []),
            people.get(row.owner_id or 0),
            teams.get(row.team_id or 0),
        )
        for row in rows
    ]


def entry_item(look: Look, row: CalendarEntry) -> EntryItem:
    """The entry with what hangs on it."""
    return entry_items(look, [row])[0]


def clashes_of(look: Look, item: EntryItem) -> list[EntryItem]:
    """The entries that get in the way of this one; none for a cancelled one."""
    if item.row.cancelled_at is not None:
        return []
    around = entries_between(look, item.row.starts_at, item.row.ends_at)
    return [one for one in around if one.row.key != item.row.key and clash(one.plan, item.plan)]


def clashing(items: Iterable[EntryItem]) -> dict[int, list[EntryItem]]:
    """For each of the entries, by id, those among them that get in its way."""
    rows = [one for one in items if one.row.cancelled_at is None]
    return {
        one.row.key: [other for other in rows if other is not one and clash(one.plan, other.plan)]
        for one in rows
    }


def _concerns(named: SelectOfScalar[int]) -> ColumnElement[bool]:
    anything = select(CalendarService.entry_id)
    return or_(
        col(CalendarEntry.id).in_(named),
        col(CalendarEntry.kind).in_(WIDE_KINDS) & col(CalendarEntry.id).not_in(anything),
    )
