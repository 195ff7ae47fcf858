"""The calendar: entries are planned, changed, cancelled, and warned of when they clash."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, delete, select

from tracker.db.access import readable
from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.calendar import ENTRY_KINDS, LONGEST
from tracker.domain.errors import Gaps
from tracker.importing.ics import EntryDraft, series_of
from tracker.models.calendar import CalendarEntry, CalendarService
from tracker.models.catalogue import Person, Service, Team
from tracker.reading.calendar import clashes_of, entry_item
from tracker.reading.references import person_named, ref, services_named, team_named
from tracker.usecases.managed import refuse_managed
from tracker.usecases.notices import notify

# So many clashes are told of at once; who has more looks at the calendar anyway.
MOST_TOLD = 50


@dataclass(frozen=True, kw_only=True)
class EntryAsk:
    """A plan. ``ends_at`` is the first instant after it; ``owner`` an address, empty: who asks.

    A freeze, a business event or a holiday without services concerns everything.
    """

    kind: str
    title: str
    starts_at: datetime | None
    ends_at: datetime | None
    text: str = ""
    services: tuple[str, ...] = ()
    team: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class ImportedEntries:
    """How many entries an import made, changed, found as they are, left alone, or cancelled."""

    added: int
    changed: int
    unchanged: int
    managed: int
    cancelled: int


def add_calendar_entry(work: Work, ask: EntryAsk) -> CalendarEntry:
    """The entry stands in the calendar; whose plans it clashes with are told, once.

    Raises: NotValid.
    """
    work.permit("edit_calendar")
    checked = _checked(work, ask)
    row = work.add(
        CalendarEntry(
            kind=ask.kind,
            title=asks.clean(ask.title),
            starts_at=checked.starts_at,
            ends_at=checked.ends_at,
            uid=f"{uuid.uuid4()}@tracker",
            owner_id=checked.owner.key if checked.owner else work.actor.person_id,
        )
    )
    _fill(work, row, ask, checked)
    return row


def edit_calendar_entry(
    work: Work, row: CalendarEntry, ask: EntryAsk, *, version: int | None = None
) -> CalendarEntry:
    """The entry is as given. Raises: NotValid, NotAllowed for one from files, Conflict."""
    work.permit("edit_calendar")
    refuse_managed(row)
    work.expect(row, version)
    checked = _checked(work, ask)
    row.kind = ask.kind
    row.title = asks.clean(ask.title)
    row.starts_at, row.ends_at = checked.starts_at, checked.ends_at
    if ask.owner:
        row.owner_id = checked.owner.key if checked.owner else None
    _fill(work, row, ask, checked)
    return row


def cancel_calendar_entry(
    work: Work, row: CalendarEntry, *, version: int | None = None
) -> CalendarEntry:
    """The entry is cancelled: still readable, in nobody's way. Again changes nothing.

    Raises: NotAllowed for one from files, Conflict.
    """
    work.permit("edit_calendar")
    refuse_managed(row)
    work.expect(row, version)
    row.cancelled_at = row.cancelled_at or work.now
    return row


def import_calendar(
    work: Work, drafts: tuple[EntryDraft, ...], *, kind: str, series: Collection[str] = ()
) -> ImportedEntries:
    """The events of a calendar are entries here, known again by their UID.

    One of the categories of an event may name its kind; else it is ``kind``. What was set here,
    such as services and owner, stays. Of the events in ``series`` the drafts are all times: one
    that is still to come here and is not among them is cancelled. Raises: NotValid.
    """
    work.permit("edit_calendar")
    gaps = Gaps()
    asks.check_choice(gaps, "kind", kind, ENTRY_KINDS)
    gaps.raise_not_valid()
    known = {
        row.uid: row
        for row in work.session.exec(
            select(CalendarEntry).where(col(CalendarEntry.uid).in_([one.uid for one in drafts]))
        )
    }
    added = changed = unchanged = managed = 0
    left = MOST_TOLD
    for draft in drafts:
        row = known.get(draft.uid)
        if row is not None and row.managed_by:
            managed += 1
            continue
        if row is None:
            row = CalendarEntry(
                kind=_kind_of(draft, kind),
                title=draft.title,
                text=draft.text,
                starts_at=draft.starts_at,
                ends_at=draft.ends_at,
                uid=draft.uid,
                owner_id=work.actor.person_id,
                cancelled_at=work.now if draft.cancelled else None,
            )
            work.add(row)
            added += 1
        elif _differs(row, draft):
            row.title, row.text = draft.title, draft.text or row.text
            row.starts_at, row.ends_at = draft.starts_at, draft.ends_at
            row.cancelled_at = (row.cancelled_at or work.now) if draft.cancelled else None
            changed += 1
        else:
            unchanged += 1
            continue
        work.session.flush()
        # A calendar whose plans all clash with each other must not end in a million messages.
        left -= warn_of_clashes(work, row, at_most=left)
    cancelled = _cancel_others(work, {one.uid for one in drafts}, series) if series else 0
    return ImportedEntries(
        added=added, changed=changed, unchanged=unchanged, managed=managed, cancelled=cancelled
    )


def _cancel_others(work: Work, wanted: Collection[str], series: Collection[str]) -> int:
    """What was to come of these series and is not wanted any more is cancelled; how many."""
    query = select(CalendarEntry).where(
        readable(CalendarEntry, work.actor),
        col(CalendarEntry.starts_at) > work.now,
        col(CalendarEntry.cancelled_at).is_(None),
        col(CalendarEntry.managed_by) == "",
    )
    gone = [
        row
        for row in work.session.exec(query)
        if row.uid not in wanted and (row.uid in series or series_of(row.uid) in series)
    ]
    for row in gone:
        row.cancelled_at = work.now
    return len(gone)


@dataclass(frozen=True)
class _Checked:
    starts_at: datetime
    ends_at: datetime
    services: list[Service]
    team: Team | None
    owner: Person | None


def _checked(work: Work, ask: EntryAsk) -> _Checked:
    gaps = Gaps()
    asks.check_choice(gaps, "kind", ask.kind, ENTRY_KINDS)
    asks.check_title(gaps, "title", ask.title)
    asks.check_text(gaps, "text", ask.text, limit=asks.NOTE_LIMIT)
    gaps.unless(ask.starts_at is not None, "starts_at", "Say when it begins")
    gaps.unless(ask.ends_at is not None, "ends_at", "Say when it ends")
    asks.check_instant(gaps, "starts_at", ask.starts_at)
    asks.check_instant(gaps, "ends_at", ask.ends_at)
    if not gaps.found and ask.starts_at is not None and ask.ends_at is not None:
        gaps.unless(ask.starts_at < ask.ends_at, "ends_at", "It must end after it begins")
        gaps.unless(
            ask.ends_at - ask.starts_at <= LONGEST, "ends_at", f"At most {LONGEST.days} days"
        )
    services = services_named(work, ask.services, gaps, "services")
    team = team_named(work, ask.team, gaps, "team")
    owner = person_named(work, ask.owner, gaps, "owner")
    gaps.raise_not_valid()
    assert ask.starts_at is not None and ask.ends_at is not None  # noqa: S101, PT018 - checked above
    return _Checked(ask.starts_at, ask.ends_at, services, team, owner)


def _fill(work: Work, row: CalendarEntry, ask: EntryAsk, checked: _Checked) -> None:
    row.text = asks.clean(ask.text)
    row.team_id = checked.team.key if checked.team else None
    work.session.execute(delete(CalendarService).where(col(CalendarService.entry_id) == row.key))
    work.add_all(CalendarService(entry_id=row.key, service_id=one.key) for one in checked.services)
    warn_of_clashes(work, row)


def warn_of_clashes(work: Work, row: CalendarEntry, *, at_most: int = MOST_TOLD) -> int:
    """The owners of two plans that clash are told of it, once for each pair. How many pairs.

    Of more than ``at_most`` the later ones are not told; the page of the entry shows them all.
    """
    if row.ends_at <= work.now or at_most <= 0:
        return 0
    item = entry_item(work, row)
    clashes = clashes_of(work, item)[:at_most]
    for other in clashes:
        first, second = sorted((row.key, other.row.key))
        for one, against in ((row, other.row), (other.row, row)):
            text = (
                f"{ref(one)} “{one.title}” clashes with {ref(against)} “{against.title}”, "
                f"{against.starts_at:%Y-%m-%d %H:%M} to {against.ends_at:%Y-%m-%d %H:%M} UTC"
            )
            once = f"clash {first} {second}"
            notify(work, [one.owner_id], one, kind="calendar_clash", text=text, once=once)
    return len(clashes)


def _kind_of(draft: EntryDraft, kind: str) -> str:
    said = (name.replace(" ", "_").replace("-", "_") for name in draft.categories)
    return next((name for name in said if name in ENTRY_KINDS), kind)


def _differs(row: CalendarEntry, draft: EntryDraft) -> bool:
    return (
        (row.title, row.starts_at, row.ends_at) != (draft.title, draft.starts_at, draft.ends_at)
        or draft.text not in ("", row.text)
        or (row.cancelled_at is not None) != draft.cancelled
    )
