"""Dates and times at the start of a piece of text, as people write them in timelines.

``read_stamp`` only reads what is written. What a time without a date means is decided later, in
``calendar``, where the neighbours are known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Final

from tracker.importing.zones import ZONE, find_zone, zone_of

DayParts = tuple[int | None, int, int]
"""Year (None when it is not written), month, day."""

_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_WEEKDAY: Final = (
    r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\b\.?,?[ \t]+)?"
)
_ORDINAL: Final = r"(?:st|nd|rd|th)?"
_DATE: Final = re.compile(
    _WEEKDAY + r"(?:"
    r"(?P<y1>\d{4})(?P<sep>[-/.])(?P<m1>\d{1,2})(?P=sep)(?P<d1>\d{1,2})(?![\d])"
    r"|(?P<a>\d{1,2})(?P<sep2>[-/])(?P<b>\d{1,2})(?P=sep2)(?P<y2>\d{4}|\d{2})(?!\d)"
    r"|(?P<d4>\d{1,2})\.(?P<m4>\d{1,2})\.(?P<y4>\d{4})(?!\d)"
    # Month and day without a year count only when a time follows, for "12-05" alone is a range or a
    # sum.
    r"|(?P<m6>\d{1,2})(?P<sep6>[-/])(?P<d6>\d{1,2})(?=[ \tT]{1,2}\d{1,2}:\d\d)"
    rf"|(?P<mon3>{_MONTH})[ \t]+(?P<d3>\d{{1,2}}){_ORDINAL}(?!\d|:\d)"
    r"(?:,?[ \t]+(?P<y3>\d{4})(?!\d|:\d))?"
    rf"|(?P<d5>\d{{1,2}}){_ORDINAL}\.?[ \t-]+(?:of[ \t]+)?(?P<mon5>{_MONTH})"
    r"(?:,?[ \t-]+(?P<y5>\d{4})(?!\d|:\d))?"
    r")",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"(?:(?P<h>2[0-4]|[01]?\d)[:\u2236h](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d|60)(?:[.,]\d{1,9})?)?(?!\d)"
    r"(?:[ \t]?(?P<half>[ap])\.?m\b\.?)?"
    r"|(?P<h12>1[0-2]|0?[1-9])(?:\.(?P<m12>[0-5]\d))?[ \t]?(?P<half12>[ap])\.?m\b\.?"
    r"|(?P<h4>[01]\d|2[0-3])(?P<m4>[0-5]\d)(?=[ \t]?(?:hrs?\b|hours\b|UTC|GMT|Z\b)))",
    re.IGNORECASE,
)
_FOUR_DIGITS: Final = re.compile(r"(?P<h4>[01]?\d|2[0-3])\.?(?P<m4>[0-5]\d)(?![\d:./-])")
_LEAD: Final = re.compile(
    r"[\s*_`\[({<~\u2248]{0,12}(?:(?:date|day|time)[ \t]?:[ \t]?)?"
    r"(?:(?:at|around|about|approx\.?|approximately|circa|ca\.|c\.|roughly|on)[ \t]+"
    r"(?=[~\d]|[A-Z][a-z]{2})){0,2}~?",
    re.IGNORECASE,
)
_JOIN: Final = re.compile(
    r"(?:[ \t]*[,@T|~][ \t]*|[ \t]*[-\u2013\u2014:][ \t]*|[ \t]+){0,2}[*_]{0,2}"
    r"(?:(?:at|around|about|approx\.?|approximately)[ \t]+)?~?"
)
_THEN: Final = re.compile(r"[ \t]*(?:,[ \t]*)?(?:on[ \t]+)?[(\[]?")
_RANGE: Final = re.compile(r"[ \t]*(?:-|\u2013|\u2014|to\b|until\b|till\b)[ \t]*", re.IGNORECASE)
_TAIL: Final = re.compile(
    r"[ \t]*(?:hrs?\b|hours\b)?[ \t]*[~?]?[\s*_\])}>]{0,12}"
    r"(?:[ \t]*[-\u2013\u2014:|,;.>][ \t*_]*){0,3}"
)
_PLACE: Final = re.compile(r"(Eastern|Central|Mountain|Pacific)(?: [Tt]ime)?\b")
_LONGEST_STAMP: Final = 160
_NOON: Final = 12
_MIDNIGHT: Final = 24
_EARLIEST_YEAR: Final = 1970
_LATEST_YEAR: Final = 2100


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A date, a time or both, as written. ``days`` has two readings when 03/04/2025 could be
    either.

    ``text`` is the writing itself, ``end`` where the rest of the searched text begins.
    """

    days: tuple[DayParts, ...] = ()
    clock: time | None = None
    zone: tzinfo | None = None
    text: str
    end: int

    @property
    def is_day_only(self) -> bool:
        """True when a date is written and no time."""
        return bool(self.days) and self.clock is None


def read_stamp(text: str) -> Stamp | None:
    """Read the date, time or both that the text begins with, or return None.

    Marks around it (bold, brackets, a dash after it) belong to the stamp's extent and not to its
    ``text``.
    """
    head = text[:_LONGEST_STAMP]
    lead = _LEAD.match(head)
    begin = lead.end() if lead else 0
    days, at = _read_days(head, begin)
    clock: time | None = None
    zone: tzinfo | None = None
    if days:
        joined = _JOIN.match(head, at)
        clock, after = _read_clock(head, joined.end() if joined else at, after_date=True)
        at = after if clock else at
    else:
        clock, at = _read_clock(head, begin, after_date=False)
        if clock is None:
            return None
    if clock:
        zone, at = _read_zone(head, at)
        at = _skip_range(head, at)
        if zone is None:
            zone, at = _read_zone(head, at)
        if not days:
            then = _THEN.match(head, at)
            days, after = _read_days(head, then.end() if then else at)
            at = after if days else at
    else:
        at = _skip_day_range(head, at)
    if _runs_on(head, at):
        return None
    if "`" in head[:begin] and head[at : at + 1] == "`":
        at += 1
    tail = _TAIL.match(head, at)
    end = tail.end() if tail else at
    return Stamp(days=days, clock=clock, zone=zone, text=_unmarked(head[begin:at]), end=end)


def rest_after(stamp: Stamp, text: str) -> str:
    """Return what follows the stamp, with bold that began before the stamp begun again."""
    rest = text[stamp.end :].strip()
    consumed = text[: stamp.end]
    for mark in ("**", "__"):
        if consumed.count(mark) % 2 and rest.count(mark) % 2:
            return mark + rest
    return rest


def read_instant(text: str) -> tuple[datetime | None, date | None]:
    """Read a whole text as an instant (aware when a zone is written) or as a day; at most one is
    not None.

    Raises: ValueError when the text is neither.
    """
    plain = text.strip()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", plain):
            return None, date.fromisoformat(plain)
        return datetime.fromisoformat(plain), None
    except ValueError:
        stamp = read_stamp(plain)
    if (
        stamp
        and not plain[stamp.end :].strip()
        and stamp.days
        and (day := whole_day(stamp.days[0]))
    ):
        if stamp.clock is None:
            return None, day
        return datetime.combine(day, stamp.clock, stamp.zone), None
    msg = f"“{plain[:60]}” is not a date or a time."
    raise ValueError(msg)


def whole_day(parts: DayParts) -> date | None:
    """Return the day when its year is written and it exists between 1970 and 2100."""
    year, month, day = parts
    if year is None or not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def in_utc(moment: datetime) -> datetime | None:
    """Return the instant in UTC, a moment without a zone being UTC; None beyond the ends of the
    calendar.
    """
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _read_days(head: str, at: int) -> tuple[tuple[DayParts, ...], int]:
    match = _DATE.match(head, at)
    if not match:
        return (), at
    part = match.groupdict()
    if part["y1"]:
        return ((int(part["y1"]), int(part["m1"]), int(part["d1"])),), match.end()
    if part["a"]:
        year = int(part["y2"]) + (2000 if len(part["y2"]) == 2 else 0)
        first, second = int(part["a"]), int(part["b"])
        readings = ((year, first, second), (year, second, first))
        days = tuple(dict.fromkeys(one for one in readings if whole_day(one)))
        # A date that exists in no reading stays a date, so that it is kept as written and not as
        # prose.
        return days or ((None, 0, 0),), match.end()
    if part["m6"]:
        month, number = int(part["m6"]), int(part["d6"])
        as_written: DayParts = (None, month, number)
        return (as_written,) if part["sep6"] == "-" else (
            as_written,
            (None, number, month),
        ), match.end()
    if part["y4"]:
        return ((int(part["y4"]), int(part["m4"]), int(part["d4"])),), match.end()
    form = "3" if part["mon3"] else "5"
    named = _MONTHS.index(part[f"mon{form}"][:3].lower()) + 1
    written = part[f"y{form}"]
    return ((int(written) if written else None, named, int(part[f"d{form}"])),), match.end()


def _read_clock(head: str, at: int, *, after_date: bool) -> tuple[time | None, int]:
    match = _TIME.match(head, at) or (_FOUR_DIGITS.match(head, at) if after_date else None)
    if not match:
        return None, at
    part = match.groupdict()
    hour = int(part.get("h") or part.get("h12") or part["h4"])
    minute = int(part.get("m") or part.get("m12") or part.get("m4") or 0)
    half = (
        part.get("half") or part.get("half12") or _half_after_range(head, match.end()) or ""
    ).lower()
    if half == "p" and hour < _NOON:
        hour += _NOON
    elif half == "a" and hour == _NOON:
        hour = 0
    if hour >= _MIDNIGHT:
        hour = 0
    return time(hour, minute, min(int(part.get("s") or 0), 59)), match.end()


def _half_after_range(head: str, at: int) -> str | None:
    """Return the half of the day that a range states only once, as in "1:15 - 1:29 AM"."""
    dash = _RANGE.match(head, at)
    other = _TIME.match(head, dash.end()) if dash else None
    return other.group("half") or other.group("half12") if other else None


def _read_zone(head: str, at: int) -> tuple[tzinfo | None, int]:
    start = at
    while start < len(head) and start - at < 2 and head[start] in " \t(":
        start += 1
    if place := _PLACE.match(head, start):
        return find_zone(f"{place.group(1)} time"), place.end()
    match = ZONE.match(head, start)
    # "10:43-11:00" is a range: an offset with a minus must be set off or follow "T" and seconds.
    if not match or (
        match.group("offset")
        and head[start] != "+"
        and _RANGE.match(head, at)
        and "T" not in head[:at]
    ):
        return None, at
    end = match.end()
    return zone_of(match), end + (1 if "(" in head[at:start] and head[end : end + 1] == ")" else 0)


def _skip_range(head: str, at: int) -> int:
    dash = _RANGE.match(head, at)
    if not dash:
        return at
    days, after = _read_days(head, dash.end())
    joined = _JOIN.match(head, after) if days else None
    clock, end = _read_clock(head, joined.end() if joined else dash.end(), after_date=bool(days))
    return end if clock else at


def _skip_day_range(head: str, at: int) -> int:
    dash = _RANGE.match(head, at)
    return _read_days(head, dash.end())[1] if dash and _DATE.match(head, dash.end()) else at


def _unmarked(written: str) -> str:
    """Return the writing of a stamp without the marks around it, a zone in brackets kept whole."""
    text = written.strip(" *_`[]{}")
    return text + ")" if text.count("(") > text.count(")") else text


def _runs_on(head: str, at: int) -> bool:
    """Say whether a word or figure goes on where the stamp ends, so that it was none ("12:30pmx",
    "3:15.2").
    """
    return at < len(head) and (
        head[at].isalnum() or (head[at] in "/%" and head[at + 1 : at + 2].isalnum())
    )
