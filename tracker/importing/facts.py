"""Facts that a report states in a line of their own: "Severity: SEV-2", "First detected 2024-05-03
10:43".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tracker.importing.moments import Stamp, read_stamp, whole_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from tracker.importing.blocks import Block, Document
    from tracker.importing.sections import Section

_FACTS: Final = (
    (
        "detected",
        r"((first|time|when|initially|incident|issue) )*(detected|noticed|discovered)( at| on)?",
    ),
    ("declared", r"(incident |time )?declared( at| on)?"),
    (
        "mitigated",
        r"((incident|time|impact|service) )?(repaired|mitigated|restored)( declared| at| on)?",
    ),
    (
        "resolved",
        r"(incident |time |issue )?(resolved|resolution time|closed|all clear)( declared| at| on)?",
    ),
    (
        "started",
        r"(incident |outage |impact )?(start(ed)?|began|begin)( date| time| at| on)*( \(?utc\)?)?",
    ),
    (
        "started",
        r"((incident )?date( of (the )?incident)?( ?/ ?time| and time)?|occurred( at| on)?)",
    ),
    ("ended", r"(incident |outage |impact )?(end(ed)?)( date| time| at| on)*( \(?utc\)?)?"),
    ("severity", r"(incident )?(severity|sev|priority)( level| ?/ ?priority| rating)?"),
    ("tags", r"(tags?|labels?|keywords?|categor(y|ies))"),
    ("services", r"((affected|impacted) )?(services?|components?|systems?)( (affected|impacted))?"),
)
_COMPILED: Final = tuple((name, re.compile(words)) for name, words in _FACTS)
_LINE: Final = re.compile(
    r"(?P<label>[A-Za-z][A-Za-z /()]{2,40}?)[ \t]*(?::|(?=[ \t]\d))[ \t]*(?P<value>\S.*)$"
)
_MARKERS: Final = re.compile(r"^[ \t>]*(?:[-*+][ \t]+|\d{1,2}[.)][ \t]+)?")
_BREAK: Final = re.compile(r"(?:<br ?/?>|\\)\s*$", re.IGNORECASE)
_MOST_LINES: Final = 80
_LONGEST_LINE: Final = 300
_LONGEST_VALUE: Final = 120
_ASKED: Final = frozenset({None, "key_events", "summary"})
_OTHERS: Final = re.compile(
    r"\b(stats|statistics|metadata|details|facts|overview|key|incident|info|information)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Facts:
    """The first statement of each fact. ``stamps`` by name, texts by name."""

    stamps: dict[str, Stamp] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def read_facts(document: Document, sections: Sequence[Section]) -> Facts:
    """Return the facts stated in the opening, the summary, the key events and tables of
    particulars.
    """
    facts = Facts()
    for section in sections:
        if section.kind == "other" and section.level >= 7:
            _note(facts, section.heading, document.raw(section.blocks).split("\n")[0])
        if section.kind in _ASKED or (section.kind == "other" and _OTHERS.search(section.heading)):
            for label, value in _pairs(document, section.blocks):
                _note(facts, label, value)
    return facts


def date_in(text: str) -> tuple[date, Stamp] | None:
    """Return the first date with a year anywhere in a short text, such as a title."""
    for match in re.finditer(r"(?<![A-Za-z\d.])(?=\d|[A-Z][a-z]{2})", text[:200].replace("_", " ")):
        stamp = read_stamp(text[match.start() : 200])
        if stamp and stamp.days and (day := whole_day(stamp.days[-1])):
            return day, stamp
    return None


def words_of(value: str) -> tuple[str, ...]:
    """Return the parts of "a, b; c" without marks and doubles, at most twenty."""
    parts = (re.sub(r"[*_`\"'\[\]]", "", part).strip() for part in re.split(r"[,;|]", value))
    return tuple(dict.fromkeys(part[:80] for part in parts if part))[:20]


def _pairs(document: Document, blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        if block.kind == "table":
            for row in block.rows:
                if len(row) == 2:
                    yield row[0].strip(" *_:`"), row[1].strip()
        elif block.kind in {"paragraph", "list", "quote"}:
            for line in document.raw([block]).split("\n")[:_MOST_LINES]:
                bare = _MARKERS.sub("", line[:_LONGEST_LINE]).replace("**", "").replace("__", "")
                if match := _LINE.match(_BREAK.sub("", bare)):
                    yield match.group("label"), match.group("value")


def _note(facts: Facts, label: str, value: str) -> None:
    plain = re.sub(r"\s+", " ", label.strip(" *_:").lower())
    value = value.strip(" *_`")
    for name, pattern in _COMPILED:
        if not pattern.fullmatch(plain):
            continue
        if name in {"severity", "tags", "services"}:
            if value and len(value) <= _LONGEST_VALUE:
                facts.texts.setdefault(name, value)
        elif stamp := read_stamp(value):
            facts.stamps.setdefault(name, stamp)
        return
