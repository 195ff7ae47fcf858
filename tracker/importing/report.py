"""What the readers hand over: one post-incident report, taken apart, with its original kept whole.

All texts are Markdown unless a field says plain text. An absent text is ``""``, an absent list is
``()``. All instants are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date, datetime

ActionKind = Literal["detect", "diagnose", "engage", "mitigate", "prevent", "process"]

TITLE_LIMIT = 200
"""The longest title of any item, in characters."""


@dataclass(frozen=True, kw_only=True)
class TimelineItem:
    """One thing that happened. ``at`` is None when the text does not tell, ``at_text`` is what it
    says.

    An entry that names a day without a time has ``at`` at the start of that day in its zone; its
    ``at_text`` then has no time of day in it.
    """

    at: datetime | None
    at_text: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ActionItem:
    """One piece of follow-up work. ``kind`` is filled only when the text itself says it."""

    title: str
    detail: str
    owner_text: str = ""
    external_url: str = ""
    done: bool = False
    kind: ActionKind | None = None


@dataclass(frozen=True, kw_only=True)
class LessonItem:
    """One thing somebody learned. ``title`` is plain text, ``text`` the whole of it."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class FactorItem:
    """One thing that contributed. ``title`` is plain text, ``text`` the whole of it."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ReportSource:
    """Where a report came from and on what terms it may be shown.

    ``original_markdown`` is the text as it was given; only NUL and lone surrogates, which no
    database takes, are replaced by U+FFFD.
    """

    source_id: str
    collection: str = ""
    url: str = ""
    licence: str = ""
    attribution: str = ""
    original_markdown: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report. With ``started_precision == "day"``, ``started_at`` is 00:00 UTC of the stated
    day.

    ``other_sections`` are (heading, Markdown) pairs of everything that was not recognised, in the
    order of the text; text before the first heading that is not the summary has the heading
    "Opening", and what is too long to be taken apart has the heading "The rest of the text".
    """

    title: str
    source: ReportSource
    organisation: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    started_precision: Literal["instant", "day"] | None = None
    published_on: date | None = None
    detected_at: datetime | None = None
    declared_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    severity_text: str = ""
    tags: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    summary: str = ""
    impact: str = ""
    background: str = ""
    detection: str = ""
    resolution: str = ""
    went_well: str = ""
    went_badly: str = ""
    lucky: str = ""
    timeline: tuple[TimelineItem, ...] = ()
    factors: tuple[FactorItem, ...] = ()
    lessons: tuple[LessonItem, ...] = ()
    actions: tuple[ActionItem, ...] = ()
    other_sections: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class BrokenRecord:
    """A record that could not be read: its line (from 1), its id if it had one, and why."""

    line: int
    source_id: str
    reason: str
