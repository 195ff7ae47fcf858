"""What is told about a report beside its text: YAML front matter, or the fields of a record.

Both arrive as loosely typed mappings; ``Particulars`` is the same checked, with one name for each
thing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from typing import Final

import yaml

from tracker.importing.moments import in_utc, read_instant

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title", "name"),
    "organisation": ("organisation", "organization", "company", "org"),
    "collection": ("collection",),
    "url": ("url", "link", "permalink"),
    "licence": ("licence", "license"),
    "attribution": ("attribution", "copyright"),
    "severity": ("severity", "sev", "priority"),
    "summary": ("summary", "description"),
    "tags": ("tags", "keywords", "categories", "labels", "category"),
    "services": ("services", "service", "product", "products", "components", "affected"),
    "started_at": ("started_at", "started", "start", "incident_date", "date"),
    "ended_at": ("ended_at", "ended", "end"),
    "published_on": ("published_on", "published_at", "published"),
    "detected_at": ("detected_at", "detected"),
    "declared_at": ("declared_at", "declared"),
    "mitigated_at": ("mitigated_at", "mitigated", "repaired"),
    "resolved_at": ("resolved_at", "resolved"),
}
_TEXTS: Final = (
    "title",
    "organisation",
    "collection",
    "url",
    "licence",
    "attribution",
    "severity",
    "summary",
)
_INSTANTS: Final = (
    "started_at",
    "ended_at",
    "detected_at",
    "declared_at",
    "mitigated_at",
    "resolved_at",
)
_FENCE: Final = re.compile(r"---[ \t]*\n")
_FENCE_END: Final = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_LONGEST_FRONT_MATTER: Final = 64_000
_LONGEST_TEXT: Final = 4_000
_MOST_WORDS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What was told, by name. ``days`` holds the dates that were told without a time of day."""

    texts: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    instants: Mapping[str, datetime] = field(default_factory=dict)
    days: Mapping[str, date] = field(default_factory=dict)

    def over(self, other: Particulars) -> Particulars:
        """Return these particulars, with the other's for what these do not tell."""
        told = {*self.instants, *self.days}
        return Particulars(
            texts={**other.texts, **self.texts},
            words={**other.words, **self.words},
            instants={
                **{name: at for name, at in other.instants.items() if name not in told},
                **self.instants,
            },
            days={
                **{name: day for name, day in other.days.items() if name not in told},
                **self.days,
            },
        )

    def zone(self) -> tzinfo | None:
        """Return the zone in which the start was told, or None."""
        started = self.instants.get("started_at")
        return started.tzinfo if started else None

    def start_day(self) -> date | None:
        """Return the local day on which the incident began, as told."""
        started = self.instants.get("started_at")
        return started.date() if started else self.days.get("started_at")

    def instant(self, name: str) -> datetime | None:
        """Return a told instant in UTC; a day alone is its 00:00 UTC."""
        if name in self.instants:
            return in_utc(self.instants[name])
        day = self.days.get(name)
        return datetime.combine(day, time(0), UTC) if day else None


def read_particulars(told: Mapping[str, object]) -> Particulars:
    """Check what was told. Names that are not known are left aside, empty values count as untold.

    Raises: ValueError with a plain sentence for a value of a wrong type and for a date that is
    none.
    """
    texts: dict[str, str] = {}
    words: dict[str, tuple[str, ...]] = {}
    instants: dict[str, datetime] = {}
    days: dict[str, date] = {}
    for name, keys in _NAMES.items():
        if name in {"tags", "services"}:
            # Several fields may carry tags, and all of them count.
            every = [one for key in keys for one in _words(key, told.get(key))]
            if every:
                words[name] = tuple(dict.fromkeys(every))[:_MOST_WORDS]
            continue
        key = next((key for key in keys if told.get(key) not in (None, "")), None)
        if key is None:
            continue
        value = told[key]
        if name in _TEXTS:
            texts[name] = _text(key, value)
            continue
        at, day = _moment(key, value)
        if at is not None:
            instants[name] = at
        elif day is not None:
            days[name] = day
    return Particulars(texts=texts, words=words, instants=instants, days=days)


def split_front_matter(text: str) -> tuple[Mapping[str, object], str]:
    """Return the front matter as a mapping, and the text after it.

    A text without front matter, or one that only begins with a line of dashes, comes back whole.

    Raises: ValueError with a plain sentence when there is front matter and it cannot be read.
    """
    begin = _FENCE.match(text)
    end = _FENCE_END.search(text, begin.end()) if begin else None
    if begin is None or end is None:
        return {}, text
    written = text[begin.end() : end.start()]
    if not re.search(
        r"^[\w\"'-]+[ \t]*:", written, re.MULTILINE
    ) and not written.lstrip().startswith("{"):
        return {}, text
    if len(written) > _LONGEST_FRONT_MATTER:
        msg = f"The front matter is longer than {_LONGEST_FRONT_MATTER} characters."
        raise ValueError(msg)
    try:
        told = yaml.safe_load(written)
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 2}" if error.problem_mark else ""
        problem = error.problem or "it is not well formed"
        msg = f"The front matter is not readable as YAML{line}: {problem}."
        raise ValueError(msg) from error
    except (
        yaml.YAMLError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        # PyYAML lets errors of its own making through, for an impossible date or a tag without its
        # value.
        msg = (
            "The front matter is not readable as YAML: a value in it cannot be what it says it is."
        )
        raise ValueError(msg) from error
    if not isinstance(told, Mapping):
        msg = "The front matter is not a list of names and values."
        raise ValueError(msg)  # noqa: TRY004 - for the reader it is a text that cannot be read
    return {str(key).strip().lower().replace("-", "_"): value for key, value in told.items()}, text[
        end.end() :
    ]


def _text(key: str, value: object) -> str:
    if isinstance(value, bool | Mapping | list | tuple | set) or len(str(value)) > _LONGEST_TEXT:
        msg = f"The field “{key}” must be a text of at most {_LONGEST_TEXT} characters."
        raise ValueError(msg)
    return storable(str(value)).strip()


def _words(key: str, value: object) -> list[str]:
    if value in (None, ""):
        return []
    parts = re.split(r"[,;]", value) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or any(
        isinstance(part, Mapping | list | tuple) for part in parts
    ):
        msg = f"The field “{key}” must be a list of words."
        raise ValueError(msg)
    return [
        storable(word)[:80] for part in parts if part is not None and (word := str(part).strip())
    ]


def _moment(key: str, value: object) -> tuple[datetime | None, date | None]:
    if isinstance(value, datetime):
        return value, None
    if isinstance(value, date):
        return None, value
    if not isinstance(value, str):
        msg = f"The field “{key}” must be a date or a time."
        raise ValueError(msg)  # noqa: TRY004 - for the reader it is a text that cannot be read
    try:
        return read_instant(value)
    except ValueError as error:
        msg = f"The field “{key}” cannot be read: {error}"
        raise ValueError(msg) from error


def storable(text: str) -> str:
    """Return the text with what no database takes, NUL and lone surrogates, replaced by U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return text.replace("\0", "\ufffd")
