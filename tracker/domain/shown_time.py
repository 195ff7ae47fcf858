"""Times as people see and type them: in one named zone, without doubt where its clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from tracker.domain.errors import Gap, NotValid

# Places people live in. The other names are old spellings and ships at sea.
_REGIONS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@dataclass(frozen=True)
class Typed:
    """The instant that was meant; ``doubt`` says how a time that came twice was read."""

    at: datetime
    doubt: str = ""


def in_zone(at: datetime, zone: str) -> datetime:
    """The same instant by the clocks of the zone; one without a zone is taken as UTC."""
    known = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return known.astimezone(ZoneInfo(zone))


def zone_word(local: datetime) -> str:
    """``CET``, ``BST`` or, where a zone has no letters, ``UTC+12:45``."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    written = local.strftime("%z")
    return f"UTC{written[:3]}:{written[3:5]}"


def clocks_change(local: datetime) -> bool:
    """True on a day whose clocks go forward or back, when a clock time alone may mislead."""
    return local.tzinfo is not None and _changes_on(local.date(), local.tzinfo)


@lru_cache(maxsize=1_024)
def _changes_on(day: date, zone: tzinfo) -> bool:
    begins = datetime.combine(day, time(), tzinfo=zone)
    ends = datetime.combine(day + timedelta(days=1), time(fold=1), tzinfo=zone)
    return begins.utcoffset() != ends.utcoffset()


def clock_words(local: datetime) -> str:
    """``14:02``; on a day whose clocks change ``01:30 BST``."""
    return f"{local:%H:%M} {zone_word(local)}" if clocks_change(local) else f"{local:%H:%M}"


def instant_words(local: datetime) -> str:
    """``23 Nov 2026, 14:02 CET``."""
    return f"{local.day} {local:%b %Y, %H:%M} {zone_word(local)}"


def typed_time(at: datetime, zone: str, *, field: str = "at") -> Typed:
    """The instant of a time typed without a zone; of one that came twice, the earlier.

    Raises: NotValid for a time that the clocks of the zone left out.
    """
    earlier = at.replace(tzinfo=ZoneInfo(zone), fold=0)
    instant = earlier.astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) != at.replace(fold=0):
        said = (
            f"There was no {at:%H:%M} on {at:%Y-%m-%d} in {zone}: the clocks went forward. "
            "Write a time before or after that"
        )
        raise NotValid(Gap(field, said))
    if earlier.utcoffset() == earlier.replace(fold=1).utcoffset():
        return Typed(instant)
    return Typed(
        instant,
        f"{at:%H:%M} came twice on {at:%Y-%m-%d} in {zone}; "
        f"it was read as the earlier, {at:%H:%M} {zone_word(earlier)}.",
    )


@cache
def offered_zones() -> tuple[str, ...]:
    """The zones to choose from: UTC first, then a place of each, by name."""
    return (
        "UTC",
        *sorted(name for name in available_timezones() if name.startswith(_REGIONS)),
    )
