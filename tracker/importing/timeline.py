"""Timelines: tables, lists, paragraphs and sub-headings that begin with a time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tracker.importing.calendar import Written, place
from tracker.importing.moments import Stamp, read_stamp, rest_after
from tracker.importing.report import TimelineItem
from tracker.importing.zones import find_zone, stated_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, tzinfo

    from tracker.importing.blocks import Block, Document
    from tracker.importing.sections import Section

_FEWEST_OUTSIDE: Final = 3
"""So many timed entries in a list or in paragraphs make a timeline where no heading says so."""

_SHARE_TIMED: Final = 0.6
_LONGEST_NOTE: Final = 240
_LINE_BREAK: Final = re.compile(r"[ \t]*(?:<br[ \t]*/?>[ \t]*|\\)$", re.IGNORECASE)
_TIME_TITLE: Final = re.compile(
    r"\b(time|when|timestamp|hour|date|day|at|utc|clock)\b|\btime", re.IGNORECASE
)
_WEEKDAYS: Final = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?", re.IGNORECASE)
_TEXT_TITLE: Final = re.compile(
    r"\b(event|events|description|what|note|notes|action|activity|details?|update|message|comment|occurrence|happened)\b",
    re.IGNORECASE,
)


_LEFT_BLANK: Final = re.compile(r"\bhh:mm\b", re.IGNORECASE)
"""A time that a template left to be filled in."""


@dataclass(slots=True)
class _Draft:
    stamp: Stamp | None
    at_text: str
    parts: list[str]
    style: str
    group: Stamp | None = None
    zone: tzinfo | None = None


@dataclass(slots=True)
class Timeline:
    """The entries of one report's timeline while it is read, and the Markdown that is no entry."""

    document: Document
    drafts: list[_Draft] = field(default_factory=list)
    leftover: list[str] = field(default_factory=list)
    _open: _Draft | None = None
    _group: Stamp | None = None
    _zone: tzinfo | None = None

    def take_section(self, section: Section) -> None:
        """Read a section that its heading calls a timeline."""
        self._zone = find_zone(section.heading) or self._zone
        self._open = None
        for block in section.blocks:
            self._take(block)

    def take_stray(self, section: Section) -> None:
        """Read only the timed lists, tables and paragraphs of a section that is called something
        else.
        """
        self._open = None
        found = [block for block in _everything(section.blocks) if self._is_timed(block)]
        paragraphs = [block for block in found if block.kind == "paragraph"]
        if len(paragraphs) < _FEWEST_OUTSIDE:
            found = [block for block in found if block.kind != "paragraph"]
        for block in found:
            self._open = None
            self._take(block)

    def items(self, *, start_day: date | None, zone: tzinfo | None) -> tuple[TimelineItem, ...]:
        """Return the items in the order of the text, with instants where the text tells them."""
        if any(draft.stamp and _joined(draft.parts) for draft in self.drafts):
            # A list of links above the entries is not the timeline when timed entries follow.
            self.leftover.extend(
                _joined(draft.parts) for draft in self.drafts if draft.style == "untimed"
            )
            self.drafts = [draft for draft in self.drafts if draft.style != "untimed"]
        drafts = [
            draft
            for draft in self.drafts
            if draft.style != "day" or any(part.strip() for part in draft.parts)
        ]
        written = [
            Written(stamp=draft.stamp, group=draft.group, zone=draft.zone) for draft in drafts
        ]
        instants = place(written, start_day=start_day, fallback_zone=zone)
        texts = [self.document.with_links(_joined(draft.parts)) for draft in drafts]
        return tuple(
            TimelineItem(at=at, at_text=draft.at_text, text=text)
            for draft, at, text in zip(drafts, instants, texts, strict=True)
            if (text or draft.at_text) and not (at is None and _LEFT_BLANK.search(draft.at_text))
        )

    def first_day(self) -> Stamp | None:
        """Return the first date that is written, one with a time of day before one without.

        What is dated to the minute is the incident; days alone are often what led up to it.
        """
        dated: Stamp | None = None
        for draft in self.drafts:
            has_clock = draft.stamp is not None and draft.stamp.clock is not None
            for stamp in (draft.stamp, draft.group):
                if stamp and stamp.days:
                    if has_clock:
                        return stamp
                    dated = dated or stamp
        return dated or self._group

    def _take(self, block: Block) -> None:
        if block.kind == "heading":
            self._take_heading(block)
        elif block.kind == "paragraph":
            self._take_paragraph(block)
        elif block.kind == "list":
            self._take_list(block)
        elif block.kind == "table" and self._take_table(block):
            self._open = None
        elif block.kind != "rule":
            self._continue(self.document.raw([block]))

    def _take_heading(self, block: Block) -> None:
        words = self.document.inline(block.content).words
        stamp = read_stamp(words)
        self._open = None
        if stamp is None:
            self._zone = stated_zone(words) or self._zone
            self._begin(None, words, [], "heading")
            return
        rest = rest_after(stamp, words)
        if stamp.is_day_only:
            self._group = stamp
            self._begin(stamp, stamp.text, [rest], "heading" if rest else "day")
            return
        self._begin(stamp, stamp.text, [rest], "heading")

    def _take_paragraph(self, block: Block) -> None:
        lines = self.document.raw([block]).split("\n")
        stamps = _entry_stamps(lines)
        if stamps[0] is None and sum(1 for stamp in stamps if stamp) < 2:
            self._take_prose(lines)
            return
        before: list[str] = []
        last = max(number for number, stamp in enumerate(stamps) if stamp)
        for number, (line, stamp) in enumerate(zip(lines, stamps, strict=True)):
            if stamp is None:
                # What stands between a date of its own and the first time under it belongs to
                # neither.
                is_between = self._open is not None and self._open.style == "day" and number < last
                if self._open is None or self._open.style == "list" or is_between:
                    before.append(line)
                else:
                    self._open.parts[-1] += ("\n" if self._open.parts[-1] else "") + line
                continue
            rest = _LINE_BREAK.sub("", rest_after(stamp, line))
            self._open = None
            zone = stated_zone(rest) if len(rest) <= _LONGEST_NOTE else None
            if stamp.is_day_only and (not rest or zone):
                self._group = stamp
                self._zone = zone or self._zone
                self._begin(stamp, stamp.text, [""], "day")
            else:
                self._begin(stamp, stamp.text, [rest], "paragraph")
        if before:
            self._keep("\n".join(before))

    def _take_prose(self, lines: list[str]) -> None:
        text = "\n".join(lines)
        if len(text) <= _LONGEST_NOTE and (zone := stated_zone(text)):
            self._zone = zone
            if not re.search(
                r"[a-z]", re.sub(r"[^.\n]*\btimes?\b[^.]*\.?", "", text, flags=re.IGNORECASE)
            ):
                return
        self._continue(text)

    def _take_list(self, block: Block) -> None:
        if not self._is_timed(block, fewest=1, share=0.0) and not _has_timed_list(self, block):
            # A list without times is a timeline only where nothing else is: later it belongs to
            # what it follows.
            if self.drafts:
                self._continue(self.document.raw([block]))
                return
            is_timed = False
        elif (
            self._open is not None
            and self._open.style in {"heading", "paragraph"}
            and not self._is_timed(block, fewest=1)
        ):
            self._continue(self.document.raw([block]))
            return
        else:
            is_timed = True
        already = len(self.drafts)
        for item in block.children:
            self._take_item(item)
        if not is_timed:
            for draft in self.drafts[already:]:
                draft.style = "untimed"
            self._open = None
        # What follows a list at the margin is not a part of its last item.
        if self._open is not None and self._open.style == "list":
            self._open = None

    def _take_item(self, item: Block) -> None:
        if not item.children:
            return
        first, *others = item.children
        if first.kind != "paragraph":
            self._begin(None, "", [self.document.raw(item.children)], "list")
            return
        content = self.document.raw([first])
        stamp = read_stamp(content)
        rest = rest_after(stamp, content) if stamp else content
        nested = next(
            (other for other in others if other.kind == "list" and self._is_timed(other, fewest=1)),
            None,
        )
        if nested is not None and (stamp is None or (stamp.is_day_only and not rest)):
            if stamp:
                self._group = stamp
            else:
                self._keep(first.content)
            for other in others:
                self._take(other)
            return
        self._begin(
            stamp,
            stamp.text if stamp else "",
            [rest, *([self.document.raw(others)] if others else [])],
            "list",
        )

    def _take_table(self, block: Block) -> bool:
        header, rows = block.rows[0], block.rows[1:]
        titles = [self.document.inline(cell).words for cell in header]
        when = _time_columns(titles, rows)
        if not when:
            return False
        zone = next((zone for column in when if (zone := find_zone(titles[column]))), None)
        body = next(
            (n for n, title in enumerate(titles) if n not in when and _TEXT_TITLE.search(title)),
            next((n for n in range(len(titles)) if n not in when), None),
        )
        if not any(title.strip() for title in titles) or read_stamp(header[0]):
            rows = [header, *rows] if read_stamp(header[0]) else rows
        for row in rows:
            cells = [cell.strip() for cell in row] + [""] * (len(titles) - len(row))
            written = " ".join(cells[column] for column in when if cells[column])
            stamp = read_stamp(written)
            text = cells[body] if body is not None else ""
            extra = [
                f"{titles[n]}: {cell}" if titles[n] else cell
                for n, cell in enumerate(cells)
                if cell and n not in when and n != body and n < len(titles)
            ]
            rest = rest_after(stamp, written) if stamp else ""
            rest = rest if re.search(r"\w", rest) else ""
            self._open = None
            if written or text:
                parts = [one for one in (rest, text, *extra) if one]
                self._begin(
                    stamp, stamp.text if stamp and not rest else written, parts, "table", zone=zone
                )
        return True

    def _begin(
        self,
        stamp: Stamp | None,
        at_text: str,
        parts: list[str],
        style: str,
        *,
        zone: tzinfo | None = None,
    ) -> None:
        draft = _Draft(
            stamp=stamp,
            at_text=at_text,
            parts=parts or [""],
            style=style,
            group=self._group,
            zone=zone or self._zone,
        )
        self.drafts.append(draft)
        self._open = draft

    def _continue(self, text: str) -> None:
        if self._open is None or self._open.style in {"list", "table"}:
            self._keep(text)
        else:
            self._open.parts.append(text)

    def _keep(self, text: str) -> None:
        if text.strip():
            self.leftover.append(text)

    def _is_timed(
        self, block: Block, *, fewest: int = _FEWEST_OUTSIDE, share: float = _SHARE_TIMED
    ) -> bool:
        """Say whether enough of a list's items, of a table's rows, or a paragraph's start, begin
        with a time.
        """
        if block.kind == "paragraph":
            stamp = read_stamp(block.content)
            return stamp is not None and stamp.clock is not None
        if block.kind == "list":
            firsts = [item.children[0].content if item.children else "" for item in block.children]
        elif block.kind == "table":
            firsts = [row[0] for row in block.rows[1:] if row]
        else:
            return False
        stamps = [stamp for first in firsts if (stamp := read_stamp(first))]
        timed = sum(1 for stamp in stamps if stamp.clock is not None or fewest == 1)
        return timed >= fewest and timed >= share * len(firsts)


def _entry_stamps(lines: list[str]) -> list[Stamp | None]:
    """Return the stamp of each line that begins an entry.

    Below a date that has a line of its own entries begin with a time alone; there a line that
    begins with a full date and time is prose that happened to be broken before it.
    """
    stamps = [read_stamp(line) for line in lines]
    found = [stamp for stamp in stamps if stamp]
    has_day_lines = any(
        stamp.is_day_only and not rest_after(stamp, line)
        for stamp, line in zip(stamps, lines, strict=True)
        if stamp
    )
    full = sum(1 for stamp in found if stamp.days and stamp.clock)
    if has_day_lines and full * 3 < len(found):
        return [None if stamp and stamp.days and stamp.clock else stamp for stamp in stamps]
    return stamps


def _has_timed_list(timeline: Timeline, block: Block) -> bool:
    return any(
        child.kind == "list" and timeline._is_timed(child, fewest=1)  # noqa: SLF001 - the same reading
        for item in block.children
        for child in item.children
    )


def _everything(blocks: Sequence[Block]) -> Iterable[Block]:
    """Yield blocks and the lists inside their items; Markdown nests at most twenty deep here."""
    for block in blocks:
        yield block
        for item in block.children if block.kind == "list" else ():
            yield from (child for child in _everything(item.children) if child.kind == "list")


def _time_columns(titles: list[str], rows: list[list[str]]) -> list[int]:
    """Return the columns that hold the time: a date and a time column, or one; by title, or by what
    they hold.
    """
    named = [
        n
        for n, title in enumerate(titles)
        if _TIME_TITLE.search(title) and not _TEXT_TITLE.search(title)
    ]
    sample = rows[:20]
    days: list[int] = []
    clocks: list[int] = []
    for n in range(len(titles)):
        cells = [row[n] for row in sample if n < len(row) and row[n].strip()]
        stamps = [stamp for cell in cells if (stamp := read_stamp(cell))]
        if not cells or (n not in named and (n or len(stamps) * 2 < len(cells))):
            continue
        with_clock = sum(1 for stamp in stamps if stamp.clock)
        with_day = sum(1 for stamp in stamps if stamp.days)
        if with_clock and with_day:
            return [n]
        if with_clock:
            clocks.append(n)
        elif with_day or all(_WEEKDAYS.fullmatch(cell.strip()) for cell in cells):
            days.append(n)
    if days or clocks:
        return [*days, *clocks[:1]]
    return named[:1]


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()).strip()
