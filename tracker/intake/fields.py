"""Reading a sender's object field by field, without a sender's surprise stopping an alert.

What is needed is asked with ``need`` and refused when it is missing; everything else is lenient: a
number where text was expected is read as text, an object becomes its JSON, a time that cannot be
read becomes unknown. What no parser asked for can be kept with ``rest``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tracker.intake.moments import is_too_far_ahead, read_moment
from tracker.intake.refusals import NotUnderstood

LONGEST_LABEL: Final = 10_000
LONGEST_LABEL_NAME: Final = 200
MOST_LABELS: Final = 200
LONGEST_TEXT: Final = 50_000
LONGEST_TITLE: Final = 200
LONGEST_KEY: Final = 200
LONGEST_WORD: Final = 200
LONGEST_ADDRESS: Final = 2_000

_WEB_ADDRESS: Final = re.compile(r"https?://[^\s\x00-\x1f]+", re.IGNORECASE)

# A label with this in front is ours: what we noted while reading.
NOTED: Final = "intake."
# How the note about a time begins that cannot be right.
TOO_FAR_AHEAD: Final = "not taken, too far in the future: "


@dataclass(frozen=True)
class Delivery:
    """One message of a sender, read but not understood yet.

    ``body`` is what `read_body` gave, ``headers`` have lower-case names, and ``now`` is the instant
    at which it came, which is what a time far ahead is measured by.
    """

    body: object
    headers: Mapping[str, str]
    now: datetime

    def whole(self) -> Fields:
        """The body as one object.

        Raises: NotUnderstood when it is something else.
        """
        if not isinstance(self.body, dict):
            raise NotUnderstood(422, f"An object was expected, {_name_of(self.body)} was found.")
        return Fields(self.body, "", self.now)

    def objects(self) -> list[Fields]:
        """The body as a list of objects; one object alone is a list of one.

        Raises: NotUnderstood when it is something else.
        """
        if isinstance(self.body, list):
            return [_fields(piece, f"[{n}]", self.now) for n, piece in enumerate(self.body)]
        return [self.whole()]


class Fields:
    """One object of the body, with its place in it, and what was noted while reading it."""

    def __init__(
        self,
        values: Mapping[str, object],
        where: str,
        now: datetime,
        notes: dict[str, str] | None = None,
    ) -> None:
        self.values = values
        self.where = where
        self.now = now
        self.notes: dict[str, str] = {} if notes is None else notes

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def place(self, name: str) -> str:
        """Where the field stands, as people write it: ``alerts[3].labels``."""
        return f"{self.where}.{name}" if self.where else name

    def text(self, *names: str) -> str:
        """The first of these fields that holds something, as text; empty when none does."""
        for name in names:
            found = as_text(self.values.get(name))
            if found:
                return found
        return ""

    def need(self, *names: str) -> str:
        """As `text`.

        Raises: NotUnderstood when none of them holds anything.
        """
        found = self.text(*names)
        if not found:
            raise NotUnderstood(
                422,
                f"This field is missing or empty; {_an_expected(names)}.",
                where=self.place(names[0]),
            )
        return found

    def inner(self, name: str) -> Fields:
        """The object in this field, sharing our notes; an empty one when there is none."""
        found = self.values.get(name)
        values = found if isinstance(found, dict) else {}
        return Fields(values, self.place(name), self.now, self.notes)

    def need_inner(self, name: str) -> Fields:
        """As `inner`.

        Raises: NotUnderstood when the field holds no object.
        """
        found = self.values.get(name)
        if not isinstance(found, dict):
            raise NotUnderstood(
                422, f"An object was expected, {_name_of(found)} was found.", where=self.place(name)
            )
        return self.inner(name)

    def objects(self, name: str) -> list[Fields]:
        """The objects of the list in this field, each with notes of its own; [] without a list.

        Raises: NotUnderstood when something in the list is no object.
        """
        found = self.values.get(name)
        if not isinstance(found, list):
            return []
        return [
            _fields(piece, f"{self.place(name)}[{n}]", self.now) for n, piece in enumerate(found)
        ]

    def items(self, name: str) -> list[object]:
        """The list in this field, or [] when it holds none."""
        found = self.values.get(name)
        return found if isinstance(found, list) else []

    def moment(self, *names: str, may_be_ahead: bool = False) -> datetime | None:
        """The first of these fields that holds an instant, in UTC.

        An instant too far ahead is unknown to us, and what was sent is kept as a note, unless it
        ``may_be_ahead``, as announced work is.
        """
        for name in names:
            found = read_moment(self.values.get(name))
            if found is None:
                continue
            if not may_be_ahead and is_too_far_ahead(found, self.now):
                self.notes[f"{NOTED}{name}"] = f"{TOO_FAR_AHEAD}{self.text(name)[:60]}"
                return None
            return found
        return None

    def address(self, *names: str) -> str:
        """The first of these fields that holds a web address; empty when none does."""
        for name in names:
            found = web_address(self.text(name))
            if found:
                return found
        return ""

    def labels(self, name: str) -> dict[str, str]:
        """The object in this field as labels, objects inside it flattened with dots."""
        found = self.values.get(name)
        return dict(_flat(found)) if isinstance(found, dict) else {}

    def rest(self, *known: str, prefix: str = "") -> dict[str, str]:
        """Everything but the known fields, as labels, each name with ``prefix`` before it."""
        return dict(
            _flat({name: value for name, value in self.values.items() if name not in known}, prefix)
        )


def _fields(piece: object, where: str, now: datetime) -> Fields:
    if not isinstance(piece, dict):
        raise NotUnderstood(
            422, f"An object was expected, {_name_of(piece)} was found.", where=where
        )
    return Fields(piece, where, now)


def _an_expected(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return "text was expected"
    return f"text was expected here or in {' or '.join(names[1:])}"


def _name_of(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "an object"


def as_text(value: object) -> str:
    """Any JSON value as text: a scalar as it is written, a list or object as its JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else ""


def _flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            text = as_text(value)
            if text:
                yield f"{prefix}{name}", text


def tidy_labels(*groups: Mapping[str, str]) -> dict[str, str]:
    """Labels that can be kept: the first of a name wins, what is too long is cut with a mark.

    Of more than MOST_LABELS the later ones are left out, and a label says how many.
    """
    kept: dict[str, str] = {}
    left_out = 0
    for group in groups:
        for name, value in group.items():
            short = cut(name, LONGEST_LABEL_NAME)
            if short in kept or not short or not value:
                continue
            if len(kept) < MOST_LABELS:
                kept[short] = cut(value, LONGEST_LABEL)
            else:
                left_out += 1
    if left_out:
        kept[f"{NOTED}labels"] = f"{left_out} more were left out"
    return kept


def cut(text: str, longest: int) -> str:
    """The text, or its beginning with a mark that says how long it was."""
    if len(text) <= longest:
        return text
    mark = f"… (cut, {len(text):,} characters)"
    return text[: max(longest - len(mark), 0)] + mark


def one_line(text: str, longest: int = LONGEST_TITLE) -> str:
    """The text on one line and cut, as a title."""
    return cut(" ".join(text.split()), longest)


def key_of(*parts: str) -> str:
    """One key of these parts, equal exactly when all parts are equal, never longer than a column.

    A part may hold the separator: it is escaped there.
    """
    key = "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY - 33]}~{digest(key)}"


def digest(text: str) -> str:
    """Thirty-two characters that stand for the text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def fingerprint(labels: Mapping[str, str]) -> str:
    """A key for a set of labels, whatever their order, for senders that give none."""
    return digest(json.dumps(sorted(labels.items())))[:16]


def web_address(text: str) -> str:
    """The text when it is an http or https address that can stand behind a link, else empty."""
    fits = len(text) <= LONGEST_ADDRESS and _WEB_ADDRESS.fullmatch(text)
    return text if fits else ""


def first_of(labels: Mapping[str, str], names: Iterable[str]) -> str:
    """The value of the first of these labels that is there, cut to a word."""
    for name in names:
        if labels.get(name):
            return one_line(labels[name], LONGEST_WORD)
    return ""
