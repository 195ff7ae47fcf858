"""One report in Markdown, read into a ``Report``.

The way of a text: front matter off (``particulars``), blocks (``blocks``), sections (``sections``),
then each section to its reader (``timeline``, ``learning``, ``actions``, ``facts``).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from tracker.importing.actions import read_actions
from tracker.importing.blocks import Block, Document
from tracker.importing.calendar import Written, place
from tracker.importing.facts import Facts, date_in, read_facts, words_of
from tracker.importing.headings import recognise
from tracker.importing.learning import read_factors, read_lessons
from tracker.importing.particulars import (
    Particulars,
    read_particulars,
    split_front_matter,
    storable,
)
from tracker.importing.pieces import (
    is_placeholder,
    shortened,
)
from tracker.importing.report import Report, ReportSource
from tracker.importing.sections import Section, sections_of
from tracker.importing.timeline import Timeline
from tracker.importing.zones import stated_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_TEXT: Final = 5_000_000
"""A longer text is refused; no report is a book, and the time to read grows with the length."""

MOST_LINES: Final = 20_000
"""Lines past these are kept as they are and not taken apart, for every line costs time."""

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})
_LONGEST_OPENING: Final = 2_000
_FEW_BLOCKS: Final = 3
_SAME_START: Final = 80
_MOST_DAYS_BEFORE: Final = 30
_INSTEAD_OF_SUMMARY: Final = ("impact", "detection", "background", "factors", "resolution", "other")
_STRAY_TIMELINES: Final = (
    "background",
    "narrative",
    "resolution",
    "detection",
    "other",
    "summary",
    None,
)


def read_markdown(
    text: str, *, source_id: str, defaults: Mapping[str, object] = _NOTHING
) -> Report:
    """Read one report. What YAML front matter tells wins over ``defaults``, and both over the text.

    Known names: title, organisation, started_at (or date), ended_at, published_on, detected_at,
    declared_at, mitigated_at, resolved_at, severity, tags, services, summary (used when the text
    has none), url, licence, attribution, collection. A time of day without a zone, in the text, is
    in the zone the text states, else in the zone of ``started_at``, else in UTC.

    Raises: ValueError with a plain sentence when the text is too long, the front matter is not
    YAML, or a date in the front matter or the defaults is none.
    """
    if len(text) > LONGEST_TEXT:
        msg = f"The text has {len(text)} characters; at most {LONGEST_TEXT} are read."
        raise ValueError(msg)
    original = storable(text)
    plain = original.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    front, body = split_front_matter(plain)
    told = read_particulars(front).over(read_particulars(defaults))
    return _Reading(body, told, source_id=source_id, original=original).report()


class _Reading:
    """One text on its way to a report; each part is worked out once."""

    def __init__(self, body: str, told: Particulars, *, source_id: str, original: str) -> None:
        self._told = told
        self._source_id = source_id
        self._original = original
        lines = body.split("\n", MOST_LINES)
        self._unread = lines.pop() if len(lines) > MOST_LINES else ""
        self._document = Document("\n".join(lines))
        self._title, self._sections = sections_of(self._document)
        self._facts: Facts = read_facts(self._document, self._sections)
        self._zone: tzinfo | None = stated_zone(body) or told.zone()
        self._spare: list[tuple[str, str]] = []

    def report(self) -> Report:
        title = self._told.texts.get("title") or self._title or self._first_words()
        started, precision, start_day = self._start(title)
        timeline = self._timeline()
        if start_day is None and (start_day := self._start_from_timeline(timeline)):
            started, precision = _midnight(start_day), "day"
        factors, left = read_factors(self._document, self._of("factors"))
        self._keep("factors", left)
        lessons, left = read_lessons(self._document, self._of("lessons"))
        self._keep("lessons", left)
        actions, left = read_actions(self._document, self._of("actions"))
        self._keep("actions", left)
        items = timeline.items(start_day=start_day, zone=self._zone)
        self._keep("timeline", timeline.leftover)
        summary, background = self._summary_and_background()
        ended = self._told.instant("ended_at") or self._stated("ended", start_day)
        return Report(
            title=shortened(title),
            source=ReportSource(
                source_id=self._source_id,
                collection=self._told.texts.get("collection", ""),
                url=self._told.texts.get("url", ""),
                licence=self._told.texts.get("licence", ""),
                attribution=self._told.texts.get("attribution", ""),
                original_markdown=self._original,
            ),
            organisation=self._told.texts.get("organisation", ""),
            started_at=started,
            # An end before the start is a slip of the pen, and no end is better than a wrong one.
            ended_at=None if started and ended and ended < started else ended,
            started_precision=precision,
            published_on=self._published_on(),
            detected_at=self._told.instant("detected_at") or self._stated("detected", start_day),
            declared_at=self._told.instant("declared_at") or self._stated("declared", start_day),
            mitigated_at=self._told.instant("mitigated_at") or self._stated("mitigated", start_day),
            resolved_at=self._told.instant("resolved_at") or self._stated("resolved", start_day),
            severity_text=shortened(
                self._told.texts.get("severity") or self._facts.texts.get("severity", "")
            ),
            tags=self._told.words.get("tags") or words_of(self._facts.texts.get("tags", "")),
            services=self._told.words.get("services")
            or words_of(self._facts.texts.get("services", "")),
            summary=summary,
            impact=self._prose("impact"),
            background=background,
            detection=self._prose("detection"),
            resolution=self._prose("resolution"),
            went_well=self._prose("went_well"),
            went_badly=self._prose("went_badly"),
            lucky=self._prose("lucky"),
            timeline=items,
            factors=factors,
            lessons=lessons,
            actions=actions,
            other_sections=self._others(),
        )

    def _start(
        self, title: str
    ) -> tuple[datetime | None, Literal["instant", "day"] | None, date | None]:
        """Return the start, how precise it is, and its local day: as told, as stated, or from title
        or id.
        """
        if told := self._told.instant("started_at"):
            precision: Literal["instant", "day"] = (
                "instant" if "started_at" in self._told.instants else "day"
            )
            return told, precision, self._told.start_day()
        for name in ("started", "detected"):
            stamp = self._facts.stamps.get(name)
            at = (
                place([Written(stamp=stamp)], start_day=None, fallback_zone=self._zone)[0]
                if stamp
                else None
            )
            if at and stamp:
                local = at.astimezone(stamp.zone or self._zone or UTC).date()
                return (
                    (at, "instant", local)
                    if stamp.clock and name == "started"
                    else (_midnight(local), "day", local)
                )
        for text in (self._title, title):
            if found := date_in(text):
                return _midnight(found[0]), "day", found[0]
        return None, None, None

    def _start_from_timeline(self, timeline: Timeline) -> date | None:
        """Return the first day the timeline names, else the day in the id when it is not that of
        publication.
        """
        named = date_in(self._source_id)
        near = named[0] if named else self._published_on()
        if first := timeline.first_day():
            at = place([Written(stamp=first)], start_day=near, fallback_zone=UTC)[0]
            if at:
                return at.date()
        return named[0] if named and named[0] != self._published_on() else None

    def _stated(self, name: str, start_day: date | None) -> datetime | None:
        stamp = self._facts.stamps.get(name)
        if stamp is None or stamp.clock is None:
            return None
        at = place([Written(stamp=stamp)], start_day=start_day, fallback_zone=self._zone)[0]
        # A month before the start is a wrong year or a wrong date, and an unknown time is better
        # than that.
        return None if at and start_day and (start_day - at.date()).days > _MOST_DAYS_BEFORE else at

    def _published_on(self) -> date | None:
        if day := self._told.days.get("published_on"):
            return day
        at = self._told.instants.get("published_on")
        return at.date() if at else None

    def _timeline(self) -> Timeline:
        timeline = Timeline(self._document)
        for section in self._of("timeline"):
            timeline.take_section(section)
        if not timeline.drafts:
            for section in self._sections:
                if section.kind in _STRAY_TIMELINES:
                    timeline.take_stray(section)
            timeline.leftover.clear()
        return timeline

    def _summary_and_background(self) -> tuple[str, str]:
        """Return both; without a summary the opening is one, else what was told, else what
        happened.
        """
        summary = self._prose("summary")
        narrative = self._prose("narrative")
        background = "\n\n".join(part for part in (narrative, self._prose("background")) if part)
        told = self._told.texts.get("summary", "")
        if narrative.startswith(told[:_SAME_START]) or self._is_cut_from_sections(told):
            told = ""
        blocks = self._sections[0].blocks
        opening = self._document.text(blocks)
        if not summary:
            taken = _first_blocks(self._document, blocks)
            summary = self._document.text(taken)
            opening = self._document.text(blocks[len(taken) :])
        summary = summary or told
        if not summary and narrative:
            blocks = self._of("narrative")[0].blocks
            taken = _first_blocks(self._document, blocks)
            summary = self._document.text(taken)
            rest = (
                blocks[len(taken) :],
                *(section.blocks for section in self._of("narrative")[1:]),
            )
            background = "\n\n".join(
                part
                for part in (*map(self._document.text, rest), self._prose("background"))
                if part
            )
        if not summary:
            summary = self._first_prose()
        if opening.strip():
            self._spare.insert(0, ("Opening", opening))
        return summary, background

    def _is_cut_from_sections(self, told: str) -> bool:
        """Say whether a told summary is only the beginning of the text, labels and headings of
        sections included.
        """
        _, sections = sections_of(Document(told))
        return any(section.kind not in {None, "summary"} for section in sections[1:])

    def _first_prose(self) -> str:
        """Return the beginning of the part that best says what it was all about, for a text without
        a summary.
        """
        for kind in _INSTEAD_OF_SUMMARY:
            for section in self._of(kind):
                if kind == "other" and recognise(section.heading) == "other":
                    # Attendees and links are known to say nothing about what happened.
                    continue
                text = self._document.text(
                    _first_blocks(self._document, section.blocks[:_FEW_BLOCKS])
                )
                if (
                    text
                    and len(text) <= _LONGEST_OPENING
                    and not is_placeholder(self._document, text)
                ):
                    return text
        return ""

    def _prose(self, kind: str) -> str:
        """Return the Markdown of all sections of a kind; one that follows another keeps its heading
        line.
        """
        parts: list[str] = []
        for section in self._of(kind):
            text = self._document.raw(section.blocks)
            if is_placeholder(self._document, text):
                continue
            if parts and section.heading_block is not None:
                parts.append(self._document.raw([section.heading_block]))
            parts.append(text)
        return self._document.with_links("\n\n".join(parts))

    def _of(self, kind: str) -> list[Section]:
        return [section for section in self._sections if section.kind == kind]

    def _keep(self, kind: str, texts: Sequence[str]) -> None:
        """Keep prose that stood around the items of a section, under that section's heading."""
        if texts:
            heading = self._of(kind)[0].heading if self._of(kind) else kind.capitalize()
            self._spare.append((heading, self._document.with_links("\n\n".join(texts))))

    def _others(self) -> tuple[tuple[str, str], ...]:
        found = [
            (section.heading, self._document.text(section.blocks))
            for section in self._sections
            if section.kind in {"other", "key_events"}
        ]
        every = (*self._spare, *found, ("The rest of the text", self._unread))
        return tuple((shortened(heading), text) for heading, text in every if text.strip())

    def _first_words(self) -> str:
        """Return a title for a text without one: its first words, else its id."""
        for block in self._document.blocks:
            if block.kind == "paragraph" and (words := self._document.inline(block.content).words):
                return shortened(words, 80)
        return self._source_id


def _first_blocks(document: Document, blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks of the opening that make a summary of about two thousand characters at
    most.
    """
    taken: list[Block] = []
    length = 0
    for block in blocks:
        length += len(document.raw([block]))
        if taken and length > _LONGEST_OPENING:
            break
        taken.append(block)
    return taken


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
