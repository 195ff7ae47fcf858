"""Time zones as people name them in reports.

Abbreviations of zones that change with the season are read as the clock on the wall: who writes
"PST" in July looked at a clock in California and not at a table of offsets. An abbreviation that
exists only in summer, or never changes, is the offset it says.
"""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_PLACES: Final = {
    "pacific time": "America/Los_Angeles",
    "mountain time": "America/Denver",
    "central time": "America/Chicago",
    "eastern time": "America/New_York",
    "central european": "Europe/Berlin",
    "eastern european": "Europe/Bucharest",
    "western european": "Europe/Lisbon",
    "british summer": "Europe/London",
    "london": "Europe/London",
    "edinburgh": "Europe/London",
    "uk time": "Europe/London",
    "dublin": "Europe/Dublin",
    "lisbon": "Europe/Lisbon",
    "paris": "Europe/Paris",
    "berlin": "Europe/Berlin",
    "amsterdam": "Europe/Amsterdam",
    "brussels": "Europe/Brussels",
    "madrid": "Europe/Madrid",
    "rome": "Europe/Rome",
    "zurich": "Europe/Zurich",
    "vienna": "Europe/Vienna",
    "warsaw": "Europe/Warsaw",
    "prague": "Europe/Prague",
    "copenhagen": "Europe/Copenhagen",
    "stockholm": "Europe/Stockholm",
    "oslo": "Europe/Oslo",
    "helsinki": "Europe/Helsinki",
    "athens": "Europe/Athens",
    "bucharest": "Europe/Bucharest",
    "kyiv": "Europe/Kyiv",
    "istanbul": "Europe/Istanbul",
    "tokyo": "Asia/Tokyo",
    "singapore": "Asia/Singapore",
    "kolkata": "Asia/Kolkata",
    "mumbai": "Asia/Kolkata",
    "india": "Asia/Kolkata",
    "sydney": "Australia/Sydney",
    "melbourne": "Australia/Melbourne",
    "auckland": "Pacific/Auckland",
    "new york": "America/New_York",
    "san francisco": "America/Los_Angeles",
    "universal": "UTC",
}

_WALL_CLOCKS: Final = {
    "PST": "America/Los_Angeles",
    "PT": "America/Los_Angeles",
    "MST": "America/Denver",
    "MT": "America/Denver",
    "CST": "America/Chicago",
    "CT": "America/Chicago",
    "EST": "America/New_York",
    "ET": "America/New_York",
    "CET": "Europe/Berlin",
    "EET": "Europe/Bucharest",
    "WET": "Europe/Lisbon",
    "AET": "Australia/Sydney",
}

_MINUTES_AHEAD: Final = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "BST": 60,
    "WEST": 60,
    "CEST": 120,
    "EEST": 180,
    "SAST": 120,
    "MSK": 180,
    "IST": 330,
    "SGT": 480,
    "JST": 540,
    "KST": 540,
    "AWST": 480,
    "AEST": 600,
    "AEDT": 660,
    "NZST": 720,
    "NZDT": 780,
    "EDT": -240,
    "CDT": -300,
    "MDT": -360,
    "PDT": -420,
    "AKST": -540,
    "HST": -600,
}

NAMES: Final = "|".join(sorted((*_WALL_CLOCKS, *_MINUTES_AHEAD), key=len, reverse=True))
_OFFSET: Final = r"[+\u2212-](?:0?\d|1[0-4])(?::?[0-5]\d)?"
ZONE: Final = re.compile(
    rf"(?:(?:UTC|GMT)\s?(?P<from_utc>{_OFFSET})(?!\d)"
    rf"|(?P<name>{NAMES})(?:/(?:{NAMES}))?(?![A-Za-z0-9])"
    r"|(?P<offset>[+\u2212-](?:0\d|1[0-4]):?[0-5]\d)(?![\d:])"
    r"|(?P<lower>utc|gmt)(?![A-Za-z0-9]))"
)
"""A zone at one place of a text. Abbreviations count in capitals only, for "pt" and "est" are words
too.
"""

_IANA: Final = re.compile(
    r"\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Pacific)/[A-Z][A-Za-z_]{2,30}"
)
_ANYWHERE: Final = re.compile(rf"(?<![A-Za-z0-9/+-]){ZONE.pattern}")
_ALL_TIMES: Final = re.compile(
    r"\b(?:all|listed|the|these|unless|following|_)?\W{0,3}(?:times?|timestamps?)\b[^.|\n]{0,60}?\b(?:in|are|as|is|using)\b"
    r"[ \t]*[^.|\n]{0,40}(?:\n[^.|\n]{2,40})?|\ball times\b[^.|\n]{0,30}",
    re.IGNORECASE,
)


def zone_of(match: re.Match[str]) -> tzinfo | None:
    """Return the zone of a match of ``ZONE``."""
    if name := match.group("name"):
        return _named(name)
    if match.group("lower"):
        return _named("UTC")
    offset = match.group("from_utc") or match.group("offset")
    return _from_offset(offset) if offset else None


def find_zone(text: str) -> tzinfo | None:
    """Return the first zone that a short text names anywhere: a heading, a column title."""
    short = text[:400]
    if match := _ANYWHERE.search(short):
        return zone_of(match)
    if (named := _IANA.search(short)) and (zone := _wall_clock(named.group())):
        return zone
    low = short.lower()
    return next((_wall_clock(key) for place, key in _PLACES.items() if place in low), None)


def stated_zone(text: str) -> tzinfo | None:
    """Return the zone that a sentence such as "All times are in UTC" states, or None."""
    for match in _ALL_TIMES.finditer(text):
        if zone := find_zone(match.group()):
            return zone
    return None


@lru_cache(maxsize=256)
def _named(name: str) -> tzinfo | None:
    if name in _MINUTES_AHEAD:
        return timezone(timedelta(minutes=_MINUTES_AHEAD[name]))
    return _wall_clock(_WALL_CLOCKS[name]) if name in _WALL_CLOCKS else None


@lru_cache(maxsize=64)
def _wall_clock(key: str) -> tzinfo | None:
    """Return the zone, or None on a machine without a table of zones or for a name that is none."""
    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _from_offset(text: str) -> tzinfo:
    digits = re.sub(r"\D", "", text)
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(ahead if text.startswith("+") else -ahead)
