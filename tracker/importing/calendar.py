"""Instants for a whole timeline, where one entry's day is known from its neighbours.

An entry without a date lies on the day of the heading above it, of the entry before it, or of the
incident's start; a clock that jumps back by hours in a list that otherwise runs forward has passed
midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tracker.importing.moments import DayParts, Stamp, in_utc, whole_day

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEXT_DAY_DROP_SECONDS: Final = 3 * 3600
"""A clock that goes back by less than this is an entry out of order, not another day."""

_MONTH_FIRST_WEST_OF: Final = timedelta(hours=-4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one entry says about its time. ``group`` is the date heading it stands under; None is
    none.
    """

    stamp: Stamp | None
    group: Stamp | None = None
    zone: tzinfo | None = None


def place(
    entries: Sequence[Written], *, start_day: date | None, fallback_zone: tzinfo | None
) -> list[datetime | None]:
    """Return the UTC instant of each entry, None where the text does not tell.

    ``start_day`` is the local day the incident began, ``fallback_zone`` the zone of entries that
    name none; without one they are taken as UTC.
    """
    stated = next((entry.stamp.zone for entry in entries if entry.stamp and entry.stamp.zone), None)
    otherwise = stated or fallback_zone or UTC
    direction = _direction(entries)
    group: Stamp | None = None
    day: date | None = None
    last: time | None = None
    placed: list[tuple[date, time, tzinfo] | None] = []
    is_told = False
    for entry in entries:
        zone = (entry.stamp.zone if entry.stamp else None) or entry.zone or otherwise
        if entry.group is not None and entry.group is not group:
            group = entry.group
            day, last, is_told = (
                _nearest(group.days, near=day or start_day, zone=zone) or day,
                None,
                True,
            )
        if entry.stamp is None:
            placed.append(None)
            continue
        clock = entry.stamp.clock
        if entry.stamp.days:
            day, is_told = _nearest(entry.stamp.days, near=day or start_day, zone=zone), True
        else:
            day = day or start_day
            if day and last and clock:
                day = _rolled(day, last, clock, direction=direction)
        last = clock or last
        placed.append((day, clock or time(0), zone) if day else None)
    if direction < 0 and not is_told:
        placed = _ending_on(placed, start_day)
    return [in_utc(datetime.combine(*one)) if one else None for one in placed]


def _direction(entries: Sequence[Written]) -> int:
    """Return 1 for a list that runs forward, -1 for one with the newest first, 0 for a jumble."""
    clocks = [
        entry.stamp.clock
        for entry in entries
        if entry.stamp and entry.stamp.clock and not entry.stamp.days
    ]
    forward = sum(1 for one, other in pairwise(clocks) if other > one)
    back = sum(1 for one, other in pairwise(clocks) if other < one)
    if back > forward and back > 1:
        return -1
    return 1 if forward >= back else 0


def _rolled(day: date, last: time, clock: time, *, direction: int) -> date:
    drop = (_seconds(last) - _seconds(clock)) * direction
    if drop < _NEXT_DAY_DROP_SECONDS:
        return day
    try:
        return day + timedelta(days=direction)
    except OverflowError:
        return day


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def _ending_on(
    placed: list[tuple[date, time, tzinfo] | None], start_day: date | None
) -> list[tuple[date, time, tzinfo] | None]:
    """Move a list with the newest first so that its oldest entry lies on the first day."""
    oldest = next((one[0] for one in reversed(placed) if one), None)
    if oldest is None or start_day is None:
        return placed
    ahead = start_day - oldest
    return [(one[0] + ahead, one[1], one[2]) if one else None for one in placed]


def _nearest(readings: tuple[DayParts, ...], *, near: date | None, zone: tzinfo) -> date | None:
    """Return the reading nearest to a known day; without one the reading usual in the zone."""
    days: list[date] = []
    for year, month, number in readings:
        years = (
            (year,)
            if year is not None
            else (near.year - 1, near.year, near.year + 1)
            if near
            else ()
        )
        days.extend(day for one in years if (day := whole_day((one, month, number))))
    if not days:
        return None
    if near is not None:
        return min(days, key=lambda day: abs((day - near).days))
    ahead = zone.utcoffset(datetime(2025, 1, 1))  # noqa: DTZ001 - a zone is asked with a local time
    is_american = ahead is not None and ahead <= _MONTH_FIRST_WEST_OF
    return days[0] if is_american else days[-1]
