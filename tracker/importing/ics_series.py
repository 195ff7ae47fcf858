"""Events of a calendar that repeat (RRULE, RDATE, EXDATE of RFC 5545): when they take place.

A rule comes from elsewhere and may go on for ever, come every second or never come true. So only
a window is looked at, and a file has so much patience and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from dateutil.rrule import rrulestr
from icalendar.prop import vRecur

MOST_TIMES = 500
LONGEST_RULE = 500
LONGEST_INTERVAL = 1_000
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS = frozenset(
    {"FREQ", "INTERVAL", "UNTIL", "COUNT", "WKST", "BYSETPOS", "BYMONTH", "BYMONTHDAY", "BYYEARDAY",
     "BYWEEKNO", "BYDAY", "BYHOUR", "BYMINUTE", "BYSECOND"}
)  # fmt: skip
# The days of the calendar come again every 400 years, weekdays and leap days alike. The library
# looks for the next time until the year 9999; moved near to it, a rule that never comes true is
# seen through in less than a second.
_AHEAD = 19 * 400
_NEVER_AGAIN = 200_000  # what seeing through it costs, in times looked at


@dataclass
class Patience:
    """How many times may still be looked at, for all rules of a file together."""

    left: int = 1_000_000

    def spend(self, times: int) -> None:
        """Raises: NotFollowedError when there is none left."""
        self.left -= times
        if self.left < 0:
            raise NotFollowedError


class NotFollowedError(ValueError):
    """The rule is none that is read here, or takes too long."""


@dataclass(frozen=True)
class Times:
    """The starts of an event within a window, in its own zone; ``cut`` when there are more."""

    starts: tuple[datetime, ...]
    cut: bool = False


def repeats(event: Any) -> bool:  # noqa: ANN401 - of a library
    """True for an event that has more than one time."""
    return "RRULE" in event or "RDATE" in event


def times_of(
    event: Any,  # noqa: ANN401 - of a library
    first: datetime,
    *,
    after: datetime,
    before: datetime,
    patience: Patience,
) -> Times:
    """When the event takes place between two instants. ``first`` is its start in its own zone.

    The hour on the clock stays the same over the year. Raises: NotFollowedError.
    """
    zone = first.tzinfo
    assert zone is not None  # noqa: S101 - a start has a zone
    try:
        out = _dates(event, "EXDATE", zone)
        more = [_in_zone(one, first) for one in _dates(event, "RDATE", zone)]
        starts = {
            at.astimezone(UTC): at
            for at in (*_by_rule(event, first, before, patience), *more)
            if after <= at < before
        }
    except NotFollowedError:
        raise
    except (ValueError, TypeError, AttributeError, OverflowError, KeyError, IndexError) as error:
        raise NotFollowedError from error
    found = [at for utc, at in sorted(starts.items()) if utc not in out and at.date() not in out]
    return Times(tuple(found[:MOST_TIMES]), cut=len(found) > MOST_TIMES)


def _by_rule(
    event: Any,  # noqa: ANN401 - of a library
    first: datetime,
    before: datetime,
    patience: Patience,
) -> Iterator[datetime]:
    yield first
    rule = event.get("RRULE")
    if rule is None:
        return
    parts = {name.upper(): rule[name] for name in rule} if isinstance(rule, dict) else {}
    text, until, count = _checked(parts)
    patience.spend(1)
    local = first.replace(tzinfo=None)
    seen = 1
    for moved in rrulestr(text, dtstart=local.replace(year=local.year + _AHEAD)):
        patience.spend(1)
        at = moved.replace(year=moved.year - _AHEAD)
        if at == local:
            continue
        seen += 1
        start = at.replace(tzinfo=first.tzinfo)
        if start >= before or (count is not None and seen > count) or _is_past(start, until):
            return
        yield start
    patience.spend(_NEVER_AGAIN)


def _checked(parts: dict[str, Any]) -> tuple[str, date | datetime | None, int | None]:
    """(the rule without its end, its last day or instant, how often). Raises: NotFollowedError."""
    count = _only(parts.pop("COUNT", [None]))
    until = _only(parts.pop("UNTIL", [None]))
    rule: Any = vRecur(parts)
    text = rule.to_ical().decode()
    if (
        not PARTS.issuperset(parts)
        or str(_only(parts.get("FREQ", [""]))).upper() not in FREQUENCIES
        or not 1 <= int(_only(parts.get("INTERVAL", [1]))) <= LONGEST_INTERVAL
        or len(text) > LONGEST_RULE
        or not (until is None or isinstance(until, date))
    ):
        raise NotFollowedError
    return text, until, None if count is None else int(count)


def _only(values: Any) -> Any:  # noqa: ANN401 - of a library
    if not isinstance(values, list):
        return values
    if len(values) != 1:
        raise NotFollowedError
    return values[0]


def _is_past(at: datetime, until: date | datetime | None) -> bool:
    if until is None:
        return False
    if not isinstance(until, datetime):
        return at.date() > until
    return at > until if until.tzinfo else at.replace(tzinfo=None) > until


def _dates(event: Any, name: str, zone: tzinfo) -> set[date]:  # noqa: ANN401 - of a library
    """The instants and days that stand in this property, however often it stands there."""
    found = event.get(name)
    lists = found if isinstance(found, list) else [] if found is None else [found]
    said = [one.dt for many in lists for one in many.dts]
    # Of a period its beginning.
    return {_instant(one[0] if isinstance(one, tuple) else one, zone) for one in said}


def _instant(at: date, zone: tzinfo) -> date:
    """In UTC, because two times in two zones never count as the same in an hour that comes twice.

    A day stays a day.
    """
    if not isinstance(at, datetime):
        return at
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _in_zone(at: date, first: datetime) -> datetime:
    if isinstance(at, datetime):
        return at.astimezone(first.tzinfo)
    return datetime.combine(at, first.timetz())


def at_the_end(start: datetime, length: timedelta, *, whole_day: bool) -> datetime:
    """When a time of an event ends: whole days by the calendar, hours by the clock that runs."""
    if whole_day:
        return start + timedelta(days=max(round(length / timedelta(days=1)), 1))
    return start.astimezone(UTC) + length
