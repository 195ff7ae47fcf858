"""The calendar: maintenance, freezes, business events, game days, holidays."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from tracker.api.feature import Feature
from tracker.api.given import expected_version
from tracker.api.shapes import (
    Answer,
    Asked,
    Email,
    Instant,
    Line,
    NamedOut,
    Note,
    PersonOut,
    Word,
    Words,
    ask_from,
    person_out,
    team_out,
)
from tracker.db.work import Look, Work
from tracker.models.calendar import CalendarEntry
from tracker.reading.calendar import (
    EntryItem,
    clashes_of,
    entries_between,
    entry_by_ref,
    entry_item,
)
from tracker.usecases.calendar import (
    EntryAsk,
    add_calendar_entry,
    cancel_calendar_entry,
    edit_calendar_entry,
)

api = Feature("calendar", "What is planned, and which plans get in each other's way.")

PlannedEntryRef = Annotated[str, StringConstraints(pattern=r"^CAL-[1-9][0-9]{0,8}$")]
Kind = Literal["maintenance", "freeze", "business_event", "game_day", "holiday"]
SHOWN_AHEAD = timedelta(days=90)


class PlannedEntryPath(Asked):
    cal: PlannedEntryRef


class CalendarQuery(Asked):
    """From now on, and 90 days ahead, when nothing else is asked."""

    since: Instant | None = None
    until: Instant | None = None
    kind: list[Kind] = []
    service: Word = ""


class PlannedEntryIn(Asked):
    """A plan. ``ends_at`` is the first instant after it; without an owner it is yours."""

    kind: Kind
    title: Line
    starts_at: Instant
    ends_at: Instant
    text: Note = ""
    services: Words = []
    team: Word = ""
    owner: Email = ""


class PlannedEntryEdit(Asked):
    """New values; a field that is left out or null stays as it is."""

    kind: Kind | None = None
    title: Line | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    text: Note | None = None
    services: Words | None = None
    team: Word | None = None
    owner: Email | None = None


class PlannedEntryRow(Answer):
    """An entry as a list shows it."""

    ref: str
    version: int
    kind: str
    title: str
    text: str
    starts_at: Instant
    ends_at: Instant
    services: list[NamedOut]
    team: NamedOut | None
    owner: PersonOut | None
    cancelled: bool
    managed_by: str


class PlannedEntryOut(PlannedEntryRow):
    clashes: list[str]


class PlannedEntriesOut(Answer):
    """The entries that touch the span, in their order."""

    items: list[PlannedEntryRow]


@api.reads("/calendar", PlannedEntriesOut)
def list_all(look: Look, query: CalendarQuery) -> PlannedEntriesOut:
    """What is planned."""
    since = query.since or look.now
    until = query.until or since + SHOWN_AHEAD
    found = entries_between(
        look, since, until, kinds=tuple(query.kind), service=query.service, cancelled=True
    )
    return PlannedEntriesOut(items=[_row(one) for one in found])


@api.creates("/calendar", PlannedEntryOut)
def add(work: Work, body: PlannedEntryIn) -> PlannedEntryOut:
    """Plan something; the owners of plans it clashes with are told."""
    return _entry(work, add_calendar_entry(work, ask_from(EntryAsk, body)))


@api.reads("/calendar/<cal>", PlannedEntryOut)
def read(look: Look, path: PlannedEntryPath) -> PlannedEntryOut:
    """One entry, with the references of those it clashes with."""
    return _entry(look, entry_by_ref(look, path.cal))


@api.changes("/calendar/<cal>", PlannedEntryOut)
def edit(work: Work, path: PlannedEntryPath, body: PlannedEntryEdit) -> PlannedEntryOut:
    """Change a plan."""
    row = entry_by_ref(work, path.cal)
    before = entry_item(work, row)
    stands = EntryAsk(
        kind=row.kind,
        title=row.title,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        text=row.text,
        services=tuple(one.slug for one in before.services),
        team=before.team.slug if before.team else "",
    )
    sent: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in body.model_dump(exclude_none=True).items()
    }
    ask = replace(stands, **sent)
    return _entry(work, edit_calendar_entry(work, row, ask, version=expected_version()))


@api.changes("/calendar/<cal>", PlannedEntryOut, method="delete")
def cancel(work: Work, path: PlannedEntryPath) -> PlannedEntryOut:
    """Cancel a plan: it stays readable, and is in nobody's way."""
    row = entry_by_ref(work, path.cal)
    return _entry(work, cancel_calendar_entry(work, row, version=expected_version()))


def _entry(look: Look, row: CalendarEntry) -> PlannedEntryOut:
    # The version counts the change when it is written, and an answer tells the one that stands.
    look.session.flush()
    item = entry_item(look, row)
    return PlannedEntryOut(
        **_row(item).model_dump(), clashes=[one.ref for one in clashes_of(look, item)]
    )


def _row(item: EntryItem) -> PlannedEntryRow:
    row = item.row
    return PlannedEntryRow(
        ref=item.ref,
        version=row.version,
        kind=row.kind,
        title=row.title,
        text=row.text,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        services=[NamedOut(slug=one.slug, name=one.name) for one in item.services],
        team=team_out(item.team),
        owner=person_out(item.owner),
        cancelled=row.cancelled_at is not None,
        managed_by=row.managed_by,
    )
