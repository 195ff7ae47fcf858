"""What all made-up rows share: how many there are, when things happened, who may see them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import SQLModel

from benchmarks.words import Drawer, Writer

Table = tuple[type[SQLModel], Iterable[dict[str, Any]]]
SEED = 20_261_123
YEARS = 6
PEOPLE, TEAMS, SERVICES, CIRCLES = 200, 20, 100, 40
TAGS = (
    "dns", "tls", "certificate", "database", "deploy", "config", "capacity", "network", "cache",
    "queue", "payment", "login", "search", "storage", "kubernetes", "vendor", "region", "backup",
)  # fmt: skip
OPEN_INCIDENTS, OPEN_REVIEWS, OPEN_ACTIONS = 40, 60, 120
LONG_TIMELINE = 200
HIDDEN_SHARE = 0.02
# The person whose pages are measured is on a team, in some circles, and has work to do.
ME = 1


@dataclass(frozen=True)
class Size:
    """How many of each; ``entries`` are timeline entries."""

    incidents: int
    entries: int
    lessons: int
    reviews: int
    actions: int

    @classmethod
    def of(cls, incidents: int) -> Size:
        """The proportions of the issue: ten entries an incident, a lesson for five."""
        return cls(
            incidents=incidents,
            entries=incidents * 10,
            lessons=incidents // 5,
            reviews=incidents // 10,
            actions=incidents // 5,
        )

    @property
    def documents(self) -> int:
        """About as many documents as search will have."""
        return self.incidents + self.lessons + self.reviews + self.actions

    def __str__(self) -> str:
        return (
            f"{self.incidents:,} incidents, {self.entries:,} timeline entries, "
            f"{self.lessons:,} lessons, {self.reviews:,} reviews, {self.actions:,} actions"
        )


class Past:
    """The years behind a made-up organisation, the same for the same seed."""

    def __init__(self, size: Size, now: datetime) -> None:
        self.size = size
        self.now = now
        self.chance = random.Random(SEED)  # noqa: S311 - the same rows every time, no secret
        self.writer = Writer(SEED)
        self.notes = Drawer(self.writer, texts=3_000, words=(8, 60))
        self.paragraphs = Drawer(self.writer, texts=600, words=(40, 220))
        span = timedelta(days=365 * YEARS) / size.incidents
        self.declared = [
            now - span * (size.incidents - number) - timedelta(minutes=30)
            for number in range(size.incidents)
        ]
        # Some records belong to a circle; a review and a lesson to that of their incident.
        self.circle = [
            self.chance.randint(1, CIRCLES) if self.chance.random() < HIDDEN_SHARE else None
            for _ in range(size.incidents)
        ]
        self.circle[-1] = None

    def reviewed(self, number: int) -> int:
        """The incident of a review: the last review belongs to the last incident."""
        return number * (self.size.incidents // self.size.reviews)
