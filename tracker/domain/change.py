"""Changes: which of them may have set off an incident, or helped to end it. Pure arithmetic.

The order of suggestions is a weight between 0 and 1::

    weight = 0.5 ** (hours / HALF_LIFE_HOURS + distance)

``hours`` lie between the moment at which a change had taken effect and the moment we ask about;
0 for one that was still under way. ``distance`` is 0 for a change of the service itself, 1 for one
of something it depends on, and so on. So a step further away counts like HALF_LIFE_HOURS longer
ago. The weight only puts suggestions in an order: a person says what was so, and figures are made
of what people said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

HALF_LIFE_HOURS = 2.0
# How many steps along the dependencies are looked at.
MOST_DISTANCE = 3
FINAL_STATUSES = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Candidate:
    """A change near an incident: when it began and took effect, and how far away it was.

    ``ended_at`` is ``None`` while it is under way.
    """

    key: int
    started_at: datetime
    ended_at: datetime | None
    distance: int


@dataclass(frozen=True)
class Ranked:
    """A candidate with its weight and how long before the moment it had taken effect."""

    key: int
    weight: float
    before: timedelta
    distance: int


def weight(before: timedelta, distance: int) -> float:
    """The weight of a change that took effect so long before, so many steps away.

    Raises: ValueError for what lies after the moment, or at a negative distance.
    """
    if before < timedelta(0) or distance < 0:
        raise ValueError("a change is weighed before the moment, at a distance of 0 or more")
    hours = before / timedelta(hours=1)
    return float(0.5 ** (hours / HALF_LIFE_HOURS + distance))


def before_impact(
    candidates: Iterable[Candidate], *, impact_at: datetime, window: timedelta
) -> list[Ranked]:
    """Those that may have triggered it, likeliest first.

    They began no later than the impact, and took effect within the window before it, or began
    within it and were still under way.
    """
    found = [one for one in candidates if one.started_at <= impact_at]
    return _ranked(found, moment=impact_at, window=window)


def towards_the_end(
    candidates: Iterable[Candidate], *, impact_at: datetime, end_at: datetime
) -> list[Ranked]:
    """Those that may have helped to end it, likeliest first: begun after the impact, before its
    end, and the nearer to the end the likelier.
    """
    found = [one for one in candidates if impact_at < one.started_at <= end_at]
    return _ranked(found, moment=end_at, window=end_at - impact_at)


def _ranked(
    candidates: Iterable[Candidate], *, moment: datetime, window: timedelta
) -> list[Ranked]:
    found = []
    for one in candidates:
        if one.ended_at is None and moment - one.started_at > window:
            # Begun long ago and never said to be over: forgotten rather than under way.
            continue
        effect_at = moment if one.ended_at is None else min(one.ended_at, moment)
        before = moment - max(effect_at, one.started_at)
        if before <= window:
            found.append(Ranked(one.key, weight(before, one.distance), before, one.distance))
    # Of equal weight the later recorded comes first, so that the order never changes by itself.
    return sorted(found, key=lambda one: (-one.weight, -one.key))


def status_after(stands: str, told: str) -> str:
    """The status of a change that stands at one and is told another.

    Messages may overtake each other: what is over is not begun again.
    """
    return stands if told == "started" and stands in FINAL_STATUSES else told
