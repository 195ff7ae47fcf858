"""Calendars of other programs (iCalendar, RFC 5545): text in, drafts of entries out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from icalendar import Calendar

from tracker.domain.asks import EARLIEST, LATEST, TITLE_LIMIT, clean
from tracker.importing.ics_series import (
    MOST_TIMES,
    NotFollowedError,
    Patience,
    at_the_end,
    repeats,
    times_of,
)

LONGEST_TEXT = 5_000_000
MOST_EVENTS = 2_000
LONGEST_ABOUT = 10_000
LONGEST_UID = 300
# Of an event that repeats, what takes place from so long ago to so far ahead is read.
BEFORE, AFTER = timedelta(days=60), timedelta(days=400)


@dataclass(frozen=True)
class EntryDraft:
    """An event of a calendar. Instants are UTC; ``ends_at`` is the first one after it."""

    uid: str
    title: str
    text: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    categories: tuple[str, ...]


@dataclass(frozen=True)
class ReadCalendar:
    """What was read, and in words what was not.

    ``series`` are the UIDs of events that repeat and stand in ``entries`` with all their times
    between ``BEFORE`` and ``AFTER``; see ``series_of``.
    """

    entries: tuple[EntryDraft, ...]
    troubles: tuple[str, ...]
    series: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Read:
    event: Any
    start: datetime  # in its own zone
    draft: EntryDraft
    instead_of: datetime | None  # the time of a series that it takes the place of


def read_calendar(text: str, *, zone: tzinfo, now: datetime) -> ReadCalendar:
    """The events of an ``.ics`` text. A time without a zone, and a whole day, is read in ``zone``.

    An event that repeats is read with each of its times from ``BEFORE`` now to ``AFTER`` it.
    """
    if len(text) > LONGEST_TEXT:
        return ReadCalendar((), ("This file is too large for a calendar",))
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        told = str(error).partition("\n")[0][:200]
        return ReadCalendar((), (f"This is not readable as iCalendar: {told}",))
    return _Reading(zone, now).of(_events(calendars))


def series_of(uid: str) -> str:
    """The UID of the event that an entry with this UID is one of the times of, or its own."""
    return uid.rpartition("#")[0] or uid


class _Reading:
    """One file on its way into drafts."""

    def __init__(self, zone: tzinfo, now: datetime) -> None:
        self.zone = zone
        self.after, self.before = now - BEFORE, now + AFTER
        self.patience = Patience()
        self.events: dict[str, _Read] = {}
        # By UID and by the time that each takes the place of.
        self.instead: dict[str, dict[datetime, EntryDraft]] = {}
        self.entries: dict[str, EntryDraft] = {}
        self.troubles: list[str] = []
        self.series: set[str] = set()
        self.lost: set[str] = set()

    def of(self, events: Iterator[Any]) -> ReadCalendar:
        for event in events:
            self._sort(event)
        for read in self.events.values():
            if repeats(read.event):
                self._spread(read)
            else:
                self._keep(read.draft)
        for uid, drafts in self.instead.items():
            for at, draft in drafts.items():
                self._keep(replace(draft, uid=_uid_at(uid, at)))
        if self.lost:
            self.troubles.append(f"Only the first {MOST_EVENTS:,} events were read")
        whole = frozenset(self.series - self.lost)
        return ReadCalendar(tuple(self.entries.values()), tuple(self.troubles), whole)

    def _sort(self, event: Any) -> None:  # noqa: ANN401 - of a library
        found = _entry(event, self.zone)
        if isinstance(found, str):
            self.troubles.append(found)
            return
        if found.instead_of is not None:
            self.instead.setdefault(found.draft.uid, {})[found.instead_of] = found.draft
        elif found.draft.uid in self.events:
            self.troubles.append(f"“{found.draft.title}” stands there twice; the first is read")
        else:
            self.events[found.draft.uid] = found

    def _keep(self, draft: EntryDraft) -> None:
        if len(self.entries) < MOST_EVENTS:
            self.entries.setdefault(draft.uid, draft)
        else:
            self.lost.add(series_of(draft.uid))

    def _spread(self, read: _Read) -> None:
        draft, uid = read.draft, read.draft.uid
        try:
            found = times_of(
                read.event,
                read.start,
                after=self.after,
                before=self.before,
                patience=self.patience,
            )
        except NotFollowedError:
            self.troubles.append(
                f"“{draft.title}” repeats in a way that is not read here; only the first is read"
            )
            self._keep(draft)
            return
        if found.cut:
            self.troubles.append(f"Of “{draft.title}” only {MOST_TIMES} times were read")
        else:
            self.series.add(uid)
        instead = self.instead.pop(uid, {})
        if not found.starts and not instead:
            window = f"{self.after:%Y-%m-%d} and {self.before:%Y-%m-%d}"
            self.troubles.append(f"“{draft.title}” repeats, and not between {window}")
        whole_day = not isinstance(_value(read.event, "DTSTART"), datetime)
        length = draft.ends_at - draft.starts_at
        for start in found.starts:
            at = start.astimezone(UTC)
            ends_at = at_the_end(start, length, whole_day=whole_day).astimezone(UTC)
            if at not in instead:
                own = uid if at == draft.starts_at else _uid_at(uid, at)
                self._keep(replace(draft, uid=own, starts_at=at, ends_at=ends_at))
        for at, other in instead.items():
            # One that was called off is not there, as if it had been taken out of the rule.
            if not other.cancelled and self.after <= other.starts_at < self.before:
                own = uid if at == draft.starts_at else _uid_at(uid, at)
                self._keep(replace(other, uid=own))


def _uid_at(uid: str, at: datetime) -> str:
    stamp = f"#{at:%Y%m%dT%H%M%SZ}"
    return uid[: LONGEST_UID - len(stamp)] + stamp


def _events(calendars: Any) -> Iterator[Any]:  # noqa: ANN401 - of a library
    for one in calendars if isinstance(calendars, list) else [calendars]:
        yield from one.walk("VEVENT")


def _entry(event: Any, zone: tzinfo) -> _Read | str:  # noqa: ANN401 - of a library
    title = _line(event.get("SUMMARY"))[:TITLE_LIMIT] or "Without a title"
    try:
        start = _start(event, "DTSTART", zone)
        if start is None:
            return f"“{title}” does not say when it begins"
        instead_of = _start(event, "RECURRENCE-ID", zone)
        end, length = _start(event, "DTEND", zone), _value(event, "DURATION")
        starts_at = start.astimezone(UTC)
        if end is not None:
            ends_at = end.astimezone(UTC)
        elif isinstance(length, timedelta):
            ends_at = starts_at + length
        else:
            whole_day = not isinstance(_value(event, "DTSTART"), datetime)
            ends_at = starts_at + timedelta(days=1 if whole_day else 0)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return f"“{title}” has a time that cannot be read"
    if not EARLIEST <= starts_at <= ends_at <= LATEST:
        return f"“{title}” has a time that cannot be"
    if ends_at == starts_at:
        # An event without an end is a moment; a calendar of ours shows a moment as a minute.
        ends_at += timedelta(minutes=1)
    uid = _line(event.get("UID"))[:LONGEST_UID] or f"{starts_at.isoformat()} {title}"[:LONGEST_UID]
    draft = EntryDraft(
        uid=uid,
        title=title,
        text=_plain(event.get("DESCRIPTION"))[:LONGEST_ABOUT],
        starts_at=starts_at,
        ends_at=ends_at,
        cancelled=_line(event.get("STATUS")).upper() == "CANCELLED",
        categories=_categories(event),
    )
    return _Read(event, start, draft, instead_of and instead_of.astimezone(UTC))


def _value(event: Any, name: str) -> Any:  # noqa: ANN401 - of a library
    found = event.get(name)
    found = found[0] if isinstance(found, list) and found else found
    return getattr(found, "dt", getattr(found, "td", None))


def _start(event: Any, name: str, zone: tzinfo) -> datetime | None:  # noqa: ANN401 - of a library
    """The time in this property, in its own zone; ``None`` without one."""
    value = _value(event, name)
    if value is None:
        return None
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return value if value.tzinfo is not None else value.replace(tzinfo=zone)


def _categories(event: Any) -> tuple[str, ...]:  # noqa: ANN401 - of a library
    found = event.get("CATEGORIES")
    names: list[str] = []
    for one in found if isinstance(found, list) else [found]:
        names += [_line(name).lower() for name in getattr(one, "cats", ())]
    return tuple(name for name in names if name)


def _line(value: object) -> str:
    return " ".join(_plain(value).split())


def _plain(value: object) -> str:
    value = value[0] if isinstance(value, list) and value else value
    return "" if value is None else clean(str(value)).replace("\x00", "")
