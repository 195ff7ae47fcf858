"""Rules of incidents and near misses: times, severity, roles, timeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from tracker.domain.errors import Gap, Gaps

KINDS = ("incident", "near_miss")
VISIBILITIES = ("org", "team", "private")

# The nine times of an incident, in the order in which they must not contradict each other.
TIMES = (
    "impact_started",
    "detected",
    "declared",
    "engaged",
    "diagnosed",
    "mitigated",
    "impact_ended",
    "resolved",
    "closed",
)
TIME_SOURCES = ("alert", "staff", "customer", "vendor", "record", "import", "estimate")
ENTRY_KINDS = ("note", "decision", "observation", "hypothesis", "message", "change", "system")
NEAR_MISS_QUESTIONS = ("almost_happened", "what_saved_us", "would_help")

# (earlier, later): the pairs that cannot be the other way round. Detection may come before the
# impact (a warning) and a fix may end the impact before anybody calls it mitigated, so those
# pairs are not here.
ORDERED_TIMES = (
    ("impact_started", "mitigated"),
    ("impact_started", "impact_ended"),
    ("impact_started", "resolved"),
    ("detected", "engaged"),
    ("detected", "mitigated"),
    ("detected", "resolved"),
    ("declared", "closed"),
    ("mitigated", "resolved"),
    ("impact_ended", "resolved"),
    ("resolved", "closed"),
)
FUTURE_TOLERANCE = timedelta(minutes=5)


def time_gaps(times: Mapping[str, datetime | None], *, now: datetime) -> list[Gap]:
    """Everything contradictory in a set of known times: wrong order, or in the future."""
    gaps = Gaps()
    for name, at in times.items():
        if at is not None and at > now + FUTURE_TOLERANCE:
            gaps.add(name, f"{_name(name)} lies in the future")
    for earlier, later in ORDERED_TIMES:
        first, second = times.get(earlier), times.get(later)
        if first is not None and second is not None and second < first:
            gaps.add(
                later,
                f"{_name(later)} ({second:%Y-%m-%d %H:%M} UTC) is before "
                f"{_name(earlier).lower()} ({first:%Y-%m-%d %H:%M} UTC)",
            )
    return gaps.found


def durations(times: Mapping[str, datetime | None]) -> dict[str, timedelta | None]:
    """The five durations; ``None`` where a time is unknown: never zero, never guessed.

    Source: the formulas in docs/use/figures.md.
    """
    pairs = {
        "time_to_detect": ("impact_started", "detected"),
        "time_to_engage": ("detected", "engaged"),
        "time_to_diagnose": ("detected", "diagnosed"),
        "time_to_mitigate": ("impact_started", "mitigated"),
        "time_to_resolve": ("impact_started", "resolved"),
    }
    found: dict[str, timedelta | None] = {}
    for name, (start, end) in pairs.items():
        first, last = times.get(start), times.get(end)
        found[name] = last - first if first is not None and last is not None else None
    return found


def _name(time: str) -> str:
    return time.replace("_", " ").capitalize()
