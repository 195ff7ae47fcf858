"""Instants as senders write them: RFC 3339 and its relatives, and seconds, thousandths or finer."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from tracker.domain.event import LARGEST_CLOCK_SKEW

# Go writes its zero time for "none", and some senders write the start of 1970.
_EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
_WRITTEN: Final = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?P<part>[.,]\d{1,12})?"
    r" ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE | re.ASCII,
)
_NUMBER: Final = re.compile(r"-?\d{1,20}(?:\.\d{1,9})?", re.ASCII)


def read_moment(value: object) -> datetime | None:
    """The instant in UTC, or None for none: null, empty, year 1, zero, or nothing we can read.

    A number counts from 1970 in seconds, thousandths, millionths or billionths, whichever puts it
    nearest to our time. A text without a zone is read as UTC.
    """
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        return _counted(text)
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    zone = (found["zone"] or "Z").upper()
    zone = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
    part = (found["part"] or "").replace(",", ".")[:7]
    try:
        moment = datetime.fromisoformat(f"{found['date']}T{found['time']}{part}{zone}")
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment >= _EARLIEST else None


def _counted(digits: str) -> datetime | None:
    seconds = float(digits)
    # Beyond the year 5138 a number of seconds is a number of thousandths, and so on.
    while abs(seconds) >= 1e11:
        seconds /= 1000
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return None
    return moment if moment >= _EARLIEST else None


def is_too_far_ahead(moment: datetime, now: datetime) -> bool:
    """True when the sender's clock must be wrong: further ahead than early."""
    return moment - now > LARGEST_CLOCK_SKEW
