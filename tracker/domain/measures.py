"""Figures: shares and medians that say how much they stand on, and are silent on too little."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

# Under so many cases a figure would say more about chance than about us.
FEWEST = 5
# The 97.5 % point of the normal distribution: intervals hold the true share 19 times in 20.
Z_95 = 1.959964


@dataclass(frozen=True)
class Share:
    """``part`` of ``whole``, with the interval the true share probably lies in."""

    part: int
    whole: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        """The share from 0 to 1; ``None`` on too few cases."""
        return None if self.too_few else self.part / self.whole

    @property
    def too_few(self) -> bool:
        return self.whole < FEWEST


@dataclass(frozen=True)
class Middle:
    """The median of ``count`` known durations; ``missing`` more are unknown and not guessed."""

    count: int
    missing: int
    value: timedelta | None

    @property
    def too_few(self) -> bool:
        return self.count < FEWEST


def share(part: int, whole: int) -> Share:
    """The share with its interval.

    Raises: ValueError unless 0 <= part <= whole.
    Source: Wilson (1927), the score interval; it is honest near 0 and 1 and on few cases.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is no share")
    if whole == 0:
        return Share(0, 0, 0.0, 1.0)
    rate, square = part / whole, Z_95 * Z_95
    middle = rate + square / (2 * whole)
    reach = Z_95 * math.sqrt(rate * (1 - rate) / whole + square / (4 * whole * whole))
    below = (middle - reach) / (1 + square / whole)
    above = (middle + reach) / (1 + square / whole)
    # At the ends the interval begins or ends there exactly; arithmetic would be off by a hair.
    return Share(
        part, whole, max(0.0, below) if part else 0.0, min(1.0, above) if part < whole else 1.0
    )


def middle(durations: Collection[timedelta | None]) -> Middle:
    """The median of the known durations; no value on too few."""
    known = [one.total_seconds() for one in durations if one is not None]
    missing = len(durations) - len(known)
    value = timedelta(seconds=median(known)) if len(known) >= FEWEST else None
    return Middle(len(known), missing, value)


@dataclass(frozen=True)
class Deadline:
    """A review with a due day: when it was first published, and whether it is waived."""

    due_on: date
    published_on: date | None
    waived: bool = False


@dataclass(frozen=True)
class ReviewedInTime:
    """How reviews met their day. ``in_time`` is of those that came to an end or are late.

    Waived reviews are counted apart, and so are those that still have time: neither is a success
    or a failure, and leaving them unsaid would let a figure look better than it is.
    """

    in_time: Share
    late: int
    waived: int
    open: int


def reviewed_in_time(deadlines: Collection[Deadline], today: date) -> ReviewedInTime:
    """The figure over these reviews on that day. Published on the due day itself is in time."""
    waived = sum(one.waived for one in deadlines)
    met = late = still_open = 0
    for one in deadlines:
        if one.waived:
            continue
        if (one.published_on or today) > one.due_on:
            late += 1
        elif one.published_on is None:
            still_open += 1
        else:
            met += 1
    return ReviewedInTime(share(met, met + late), late, waived, still_open)
