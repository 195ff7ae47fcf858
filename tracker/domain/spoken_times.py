"""Times as people say them: "at 14:02", "10 min ago", "yesterday 23:50", "in half an hour".

A clock time is read in the speaker's own zone and means the nearest such moment that has been:
just after midnight, "23:50" is ten minutes ago, not tonight. Only words that point ahead ("in",
"tomorrow"), or a caller who asks for what lies ahead, give a moment in the future.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# A watch may run a little ahead of ours: "at 14:02", said at 14:01, is not yesterday.
WATCH_AHEAD = timedelta(minutes=5)
LONGEST = timedelta(days=366)
EXAMPLES = "14:02, 10 min ago, yesterday 23:50 or 2026-05-17 14:02"

_MINUTES_OF = {"s": 1 / 60, "m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_UNIT = (
    r"(?:s|sec|secs|seconds?|m|min|mins|minutes?|h|hr|hrs|hours?|d|days?|w|weeks?)(?![^\W\d_])\.?"
)
_COUNT = r"(?:\d{1,5}(?:[.,]\d)?|half\s+an?|an?|one|two|three|five|ten|fifteen|twenty|thirty)"
_AMOUNT = rf"{_COUNT}\s*{_UNIT}(?:\s*(?:and\s+)?\d{{1,2}}\s*(?:{_UNIT})?)?"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:\s*[ap]\.?m\b\.?)?|(?:1[0-2]|0?[1-9])\s*[ap]m"
_ZONE = r"(?:\s*(?:utc|gmt|z)\b|\s*[+-]\d{2}:?\d{2})?"
_DAY = rf"\d{{4}}-\d{{2}}-\d{{2}}|today|yesterday|tomorrow|(?:last\s+)?(?:{'|'.join(_WEEKDAYS)})"

_PHRASE = re.compile(
    rf"""(?ix) ^\s*
    (?: (?P<now>(?:(?:just|right)\s+)?now)[\s.!]*$
      | (?:about\s+|around\s+)?(?P<ago>{_AMOUNT})\s+ago\b
      | in\s+(?:about\s+)?(?P<ahead>{_AMOUNT})(?=$|[\s,;:.\u2013-])
      | (?:(?:at|on|since|around|about)\s+)?
        (?: (?P<day>{_DAY})(?:\s*,)?(?:\s+at)?[\sT]+ )?
        (?P<clock>{_CLOCK})(?P<zone>{_ZONE}) (?=$|[\s,;:.)\u2013-])
        (?: \s+(?P<said_day>today|yesterday|tomorrow)\b )?
    )""",
)  # fmt: skip
_SEPARATOR = re.compile(r"^\s*[,;:\u2013\u2014-]?\s+|^\s*[,;:\u2013\u2014]\s*")
_PIECE = re.compile(rf"(?i)({_COUNT})\s*({_UNIT})?")
_NEXT = re.compile(
    r"(?is)^(?P<before>.*?)[\s,;.(\u2013\u2014-]*\b(?:the\s+)?next(?:\s+(?:update|one|news))?\s*:?\s+"
    r"(?P<said>(?:in|at|by|tomorrow)\b.{1,40}?|[\d].{1,20}?)[\s.)]*$"
)
_WORDS = {
    "a": 1.0,
    "an": 1.0,
    "half a": 0.5,
    "half an": 0.5,
    "one": 1.0,
    "two": 2.0,
    "three": 3.0,
    "five": 5.0,
    "ten": 10.0,
    "fifteen": 15.0,
    "twenty": 20.0,
    "thirty": 30.0,
}


@dataclass(frozen=True)
class Said:
    """A moment somebody said, and the words that came after it."""

    at: datetime
    rest: str


def leading_moment(text: str, *, now: datetime, zone: str, ahead: bool = False) -> Said | None:
    """The moment that the text begins with, or ``None`` when it begins with something else.

    ``now`` has a zone; the answer is in UTC. With ``ahead`` a clock time means the next one.
    """
    match = _PHRASE.match(text)
    if match is None:
        return None
    at = _moment(match, now=now, zone=ZoneInfo(zone), ahead=ahead)
    if at is None:
        return None
    return Said(at.astimezone(UTC), _SEPARATOR.sub("", text[match.end() :], count=1).strip())


def moment_said(text: str, *, now: datetime, zone: str, ahead: bool = False) -> datetime | None:
    """The moment that the whole text means, or ``None`` when it means none."""
    said = leading_moment(text, now=now, zone=zone, ahead=ahead)
    return said.at if said is not None and not said.rest.strip(" .!") else None


def trailing_promise(text: str, *, now: datetime, zone: str) -> tuple[str, datetime | None]:
    """(what is told, when the next word is promised) of "… next in 30 min" or "… next at 15:00".

    Without such an ending the text stays whole and nothing is promised.
    """
    match = _NEXT.match(text)
    if match is None:
        return text.strip(), None
    said = re.sub(r"(?i)^by\s+", "at ", match["said"].strip())
    at = moment_said(said, now=now, zone=zone, ahead=True)
    if at is None:
        at = moment_said(f"in {said}", now=now, zone=zone, ahead=True)
    return (match["before"].strip(), at) if at is not None else (text.strip(), None)


def _moment(match: re.Match[str], *, now: datetime, zone: ZoneInfo, ahead: bool) -> datetime | None:
    if match["now"]:
        return now
    for name, sign in (("ago", -1), ("ahead", 1)):
        if match[name]:
            length = _length(match[name])
            return now + sign * length if length is not None and length <= LONGEST else None
    clock = _clock(match["clock"])
    if clock is None:
        return None
    if match["zone"].strip():
        zone_name = match["zone"].strip().upper()
        if zone_name in ("UTC", "GMT", "Z"):
            zone = ZoneInfo("UTC")
        else:
            return _with_offset(match, clock, zone_name, now=now)
    local = now.astimezone(zone)
    day_word = (match["day"] or match["said_day"] or "").lower()
    if day_word:
        day = _day(day_word, local.date())
        return None if day is None else _nearest(day, clock, zone, now)
    days = (local.date() + timedelta(days=shift) for shift in ((0, 1) if ahead else (0, -1)))
    return _first_fitting(days, clock, zone, now, ahead=ahead)


def _with_offset(
    match: re.Match[str], clock: time, offset: str, *, now: datetime
) -> datetime | None:
    day_word = (match["day"] or match["said_day"] or "").lower()
    stamped = f"2000-01-01T00:00{offset[:3]}:{offset[-2:]}"
    try:
        tz = datetime.fromisoformat(stamped).tzinfo
    except ValueError:
        return None
    local = now.astimezone(tz)
    day = _day(day_word, local.date()) if day_word else local.date()
    if day is None:
        return None
    at = datetime.combine(day, clock, tzinfo=tz)
    return at - timedelta(days=1) if not day_word and at > now + WATCH_AHEAD else at


def _first_fitting(
    days: Iterator[date], clock: time, zone: ZoneInfo, now: datetime, *, ahead: bool
) -> datetime | None:
    for day in days:
        at = _nearest(day, clock, zone, now)
        if (at > now) if ahead else (at <= now + WATCH_AHEAD):
            return at
    return None


def _nearest(day: date, clock: time, zone: ZoneInfo, now: datetime) -> datetime:
    """In the hour that a change of clocks repeats, the later one unless it is still to come."""
    both = [datetime.combine(day, clock.replace(fold=fold), tzinfo=zone) for fold in (1, 0)]
    instants = [at.astimezone(UTC) for at in both]
    been = [at for at in instants if at <= now + WATCH_AHEAD]
    return max(been) if been else min(instants)


def _day(word: str, today: date) -> date | None:
    if word[:1].isdigit():
        try:
            return date.fromisoformat(word)
        except ValueError:
            return None
    shifts = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if word in shifts:
        return today + timedelta(days=shifts[word])
    weekday = _WEEKDAYS.index(word.rsplit(maxsplit=1)[-1])
    back = (today.weekday() - weekday) % 7
    return today - timedelta(days=back or (7 if word.startswith("last") else 0))


def _clock(text: str) -> time | None:
    match = re.match(r"(?i)(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*([ap])?", text)
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[4].lower() == "p" else 0)
    return time(hour, minute, int(match[3] or 0))


def _length(text: str) -> timedelta | None:
    total, unit = 0.0, ""
    for count, named_unit in _PIECE.findall(text.lower()):
        # "1 h 20" means twenty of the next smaller unit.
        smaller = {"h": "m", "m": "s", "d": "h", "w": "d"}
        unit = named_unit[:1] if named_unit else smaller.get(unit, "m")
        number = _WORDS.get(re.sub(r"\s+", " ", count))
        total += (float(count.replace(",", ".")) if number is None else number) * _MINUTES_OF[unit]
    return timedelta(minutes=total) if total else None
