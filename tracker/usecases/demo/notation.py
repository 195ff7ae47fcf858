"""How the demo is written down: instants, offsets, days, names; see seed/demo/README.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tracker.db.work import Work
from tracker.domain.errors import Gap, NotValid
from tracker.models.incident import Incident
from tracker.reading.references import ref_of

Story = Mapping[str, Any]
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_OFFSET = re.compile(r"^([+-]\d+(?:\.\d+)?)([mhd])$")
_ON_DAY = re.compile(r"^-(\d+)d (\d\d):(\d\d)$")
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}


@dataclass(frozen=True)
class Step:
    """A verb, who used it, and when."""

    at: datetime
    by: str
    of: str
    what: str
    do: Callable[[Work], object]
    # False: who may read the record can change with every step of it.
    open_to_all: bool = True


class Ids:
    """What the people and records of the demo are called in the files, and who they are here."""

    def __init__(self, people: Mapping[str, str]) -> None:
        self._people = people
        self._known: dict[tuple[str, str], int] = {}

    def email(self, person: str) -> str:
        """Raises: NotValid for a person the organisation does not have."""
        if person not in self._people:
            raise NotValid(Gap("people", f"“{person}” is not in organisation.yaml"))
        return self._people[person]

    def keep(self, kind: str, slug: str, row_id: int) -> None:
        self._known[kind, slug] = row_id

    def get(self, kind: str, slug: str) -> int:
        """Raises: NotValid when it is not there, or not yet."""
        if (kind, slug) not in self._known:
            raise NotValid(Gap(kind, f"“{slug}” is not known at this moment"))
        return self._known[kind, slug]

    def ref(self, kind: str, slug: str) -> str:
        return ref_of(kind, self.get(kind, slug))

    def counts(self) -> dict[str, int]:
        kinds = ("incident", "review", "action", "lesson", "procedure")
        return {f"{kind}s": sum(one == kind for one, _ in self._known) for kind in kinds}


def instant_of(text: str, *, present: datetime) -> datetime:
    """The instant that ``"-41d 09:12"`` or ``"-95m"`` means. Raises: NotValid."""
    day = _ON_DAY.match(text)
    if day:
        on = present.date() - int(day[1]) * DAY
        return datetime.combine(on, time(int(day[2]), int(day[3])), UTC)
    return present + offset_of(text)


def offset_of(text: str) -> timedelta:
    """The time that ``"+14m"`` or ``"-2.5h"`` means, in whole minutes. Raises: NotValid."""
    match = _OFFSET.match(text)
    if match is None:
        raise NotValid(Gap("after", f"“{text}” is not an offset such as +14m"))
    return round(float(match[1]) * _UNITS[match[2]] / MINUTE) * MINUTE


def day_of(text: str, *, present: datetime) -> date:
    """The day that ``"-30d"`` means. Raises: NotValid."""
    return (present + offset_of(text)).date()


class Telling:
    """One incident being told: its zero point, its times, and the people and records around it."""

    def __init__(self, story: Story, ids: Ids, present: datetime) -> None:
        self.story = story
        self.ids = ids
        self.present = present
        self.slug = str(story["slug"])
        self.zero = instant_of(story["at"], present=present)
        self.near_miss: bool = story["kind"] == "near_miss"
        self.declared_at = self.time("declared") or self.zero

    def time(self, name: str) -> datetime | None:
        """One of the nine times as it is known in the end; ``None`` when it is not."""
        told = self.story.get("times", {}).get(name, {})
        return self.after(told["after"]) if "after" in told else None

    def after(self, offset: str) -> datetime:
        return self.zero + offset_of(offset)

    def day(self, text: str | None) -> date | None:
        return None if text is None else day_of(text, present=self.present)

    def step(self, at: datetime, by: str, what: str, do: Callable[[Work], object]) -> Step:
        """A step not before the incident is on record, and never after the present."""
        taken_at = min(max(at, self.declared_at), self.present - MINUTE / 2)
        open_to_all = self.story["visibility"] == "org"
        return Step(taken_at, by, self.slug, what, do, open_to_all)

    def incident(self, work: Work) -> Incident:
        return work.get(Incident, self.ids.get("incident", self.slug))
