"""Calendars of other programs (iCalendar, RFC 5545): text in, drafts of entries out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from icalendar import Calendar

from tracker.domain.asks import EARLIEST, LATEST, TITLE_LIMIT, clean

LONGEST_TEXT = 5_000_000
MOST_EVENTS = 2_000
LONGEST_ABOUT = 10_000
LONGEST_UID = 300


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
    """What was read, and in words what was not."""

    entries: tuple[EntryDraft, ...]
    troubles: tuple[str, ...]


def read_calendar(text: str, *, zone: tzinfo) -> ReadCalendar:
    """The events of an ``.ics`` text. A time without a zone, and a whole day, is read in ``zone``.

    Of an event that repeats only the first is read, and that is told.
    """
    if len(text) > LONGEST_TEXT:
        return ReadCalendar((), ("This file is too large for a calendar",))
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        told = str(error).partition("\n")[0][:200]
        return ReadCalendar((), (f"This is not readable as iCalendar: {told}",))
    entries: dict[str, EntryDraft] = {}
    troubles: list[str] = []
    for event in _events(calendars):
        if len(entries) >= MOST_EVENTS:
            troubles.append(f"Only the first {MOST_EVENTS:,} events were read")
            break
        found = _entry(event, zone)
        if isinstance(found, str):
            troubles.append(found)
            continue
        if "RECURRENCE-ID" in event or found.uid in entries:
            troubles.append(f"“{found.title}” is one of a series; only the first is read")
            continue
        if "RRULE" in event:
            troubles.append(f"“{found.title}” repeats; only the first is read")
        entries[found.uid] = found
    return ReadCalendar(tuple(entries.values()), tuple(troubles))


def _events(calendars: Any) -> Iterator[Any]:  # noqa: ANN401 - of a library
    for one in calendars if isinstance(calendars, list) else [calendars]:
        yield from one.walk("VEVENT")


def _entry(event: Any, zone: tzinfo) -> EntryDraft | str:  # noqa: ANN401 - of a library
    title = _line(event.get("SUMMARY"))[:TITLE_LIMIT] or "Without a title"
    try:
        start = _value(event, "DTSTART")
        if start is None:
            return f"“{title}” does not say when it begins"
        end, length = _value(event, "DTEND"), _value(event, "DURATION")
        starts_at = _instant(start, zone)
        if end is not None:
            ends_at = _instant(end, zone)
        elif isinstance(length, timedelta):
            ends_at = starts_at + length
        else:
            whole_day = not isinstance(start, datetime)
            ends_at = starts_at + timedelta(days=1 if whole_day else 0)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return f"“{title}” has a time that cannot be read"
    if not EARLIEST <= starts_at <= ends_at <= LATEST:
        return f"“{title}” has a time that cannot be"
    if ends_at == starts_at:
        # An event without an end is a moment; a calendar of ours shows a moment as a minute.
        ends_at += timedelta(minutes=1)
    uid = _line(event.get("UID"))[:LONGEST_UID] or f"{starts_at.isoformat()} {title}"[:LONGEST_UID]
    return EntryDraft(
        uid=uid,
        title=title,
        text=_plain(event.get("DESCRIPTION"))[:LONGEST_ABOUT],
        starts_at=starts_at,
        ends_at=ends_at,
        cancelled=_line(event.get("STATUS")).upper() == "CANCELLED",
        categories=_categories(event),
    )


def _value(event: Any, name: str) -> Any:  # noqa: ANN401 - of a library
    found = event.get(name)
    found = found[0] if isinstance(found, list) and found else found
    return getattr(found, "dt", getattr(found, "td", None))


def _instant(value: date | datetime, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    local = value if value.tzinfo is not None else value.replace(tzinfo=zone)
    return local.astimezone(UTC)


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
