"""One immutable piece of a Whoosh index, with what queries need decoded once and kept within a
bound.

A later engine may keep the same postings as arrays of numpy; ranking.py asks for nothing else.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any

from whoosh.reading import IndexReader, TermNotFound

from tracker.search.analysis import fold
from tracker.search.index import FACETS
from tracker.search.spelling import Vocabulary
from tracker.search.whoosh_schema import EVERYBODY

MOST_POSTINGS_KEPT = 1_500_000
MOST_PREFIX_TERMS_READ = 1_000

_VALUE_FIELDS = (*FACETS, "state", "circle")


@dataclass(frozen=True, slots=True)
class Postings:
    """The documents that have something, as a bit set, and beside it how much of it each has."""

    bits: int
    ids: array[int]
    weights: array[float]


NOTHING = Postings(0, array("I"), array("f"))


def bits_of(ids: Iterable[int], size: int) -> int:
    """Return the set of document numbers as one integer, bit n for document n."""
    marks = bytearray(size // 8 + 1)
    for number in ids:
        marks[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(marks, "little")


def ids_of(bits: int) -> Iterator[int]:
    """Return the document numbers of a bit set, lowest first."""
    digits = bin(bits)[:1:-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)


class DamagedSegmentError(Exception):
    """The files of a segment hold what Whoosh cannot read."""


class Segment:
    """The contents of a segment, which never change but for deletions. Safe to share between
    threads.

    Documents deleted before it was opened are left out, later ones are not: so everything decoded
    here stays good when documents are deleted.
    """

    def __init__(self, reader: IndexReader) -> None:
        """Read the columns and facets now, so that later deletion of the files does no harm."""
        self._reader = reader
        self._lock = RLock()
        self._kept: OrderedDict[tuple[str, tuple[str, ...]], Postings] = OrderedDict()
        self._kept_size = 0
        self._vocabulary: Vocabulary | None = None
        self.size = reader.doc_count_all()
        self.lengths = array("I", (reader.doc_field_length(n, "text") for n in range(self.size)))
        self.days = array("i", self._column("day", 0))
        self.refs: list[str] = [str(ref) for ref in self._column("ref", "")]
        self.stories: list[bytes] = self._column("story", b"")
        self.values = {name: self._values(name) for name in _VALUE_FIELDS}
        self.folded = {
            name: _by_folded(values) for name, values in self.values.items() if name != "circle"
        }

    def readable(self, circles: frozenset[int] | None) -> int:
        """Return the documents that members of these circles may read; None is every document.

        Some of them may have been deleted since; which ones is for the generation to say.
        """
        held = self.values["circle"]
        wanted = held.keys() if circles is None else {EVERYBODY, *map(str, circles)}
        bits = 0
        for circle in wanted:
            bits |= held.get(circle, 0)
        return bits

    def postings(self, field: str, run: tuple[str, ...]) -> Postings:
        """Return the documents that have these terms one after the other, and how often."""
        key = (field, run)
        with self._reading():
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
            found = self._term(field, run[0]) if len(run) == 1 else self._phrase(field, run)
            self._kept[key] = found
            self._kept_size += len(found.ids) + 1
            while self._kept_size > MOST_POSTINGS_KEPT and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._kept_size -= len(dropped.ids) + 1
            return found

    def words_from(self, letters: str) -> list[str]:
        """Return words that begin with these letters, in order, at most MOST_PREFIX_TERMS_READ."""
        found: list[str] = []
        with self._reading():
            for word in self._reader.expand_prefix("word", letters):
                found.append(word.decode("utf-8"))
                if len(found) >= MOST_PREFIX_TERMS_READ:
                    break
        return found

    def vocabulary(self) -> Vocabulary:
        """Return every word of the segment, arranged for corrections; read on the first mistyped
        word.
        """
        with self._reading():
            if self._vocabulary is None:
                self._vocabulary = Vocabulary(
                    word.decode("utf-8") for word in self._reader.lexicon("word")
                )
            return self._vocabulary

    def kind_and_title(self, number: int) -> tuple[str, str]:
        """Return what a hit shows of a document."""
        with self._reading():
            held = self._reader.stored_fields(number)
        return str(held.get("kind", "")), str(held.get("title", ""))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Read the files one thread at a time, and give whatever damage raises one name."""
        with self._lock:
            try:
                yield
            except Exception as error:
                raise DamagedSegmentError(type(error).__name__) from error

    def _column(self, name: str, default: Any) -> list[Any]:  # noqa: ANN401 - text or numbers
        if not self._reader.has_column(name):
            return [default] * self.size
        column = self._reader.column_reader(name)
        return [column[number] for number in range(self.size)]

    def _values(self, name: str) -> dict[str, int]:
        """Return each value of a field with its documents."""
        found: dict[str, int] = {}
        for value in self._reader.lexicon(name):
            bits = bits_of(self._reader.postings(name, value).all_ids(), self.size)
            if bits:
                found[value.decode("utf-8")] = bits
        return found

    def _term(self, field: str, text: str) -> Postings:
        try:
            matcher = self._reader.postings(field, text)
        except TermNotFound:
            return NOTHING
        ids = array("I")
        weights = array("f")
        add_id, add_weight = ids.append, weights.append
        while matcher.is_active():
            add_id(matcher.id())
            add_weight(matcher.weight())
            matcher.next()
        return Postings(bits_of(ids, self.size), ids, weights)

    def _phrase(self, field: str, run: tuple[str, ...]) -> Postings:
        """Look at positions only in documents that have every term."""
        together = -1
        for text in dict.fromkeys(run):
            together &= self.postings(field, (text,)).bits
            if not together:
                return NOTHING
        candidates = list(ids_of(together))
        starts: list[set[int]] = [set() for _ in candidates]
        for place, text in enumerate(run):
            matcher = self._reader.postings(field, text)
            for index, number in enumerate(candidates):
                if place and not starts[index]:
                    continue
                if matcher.id() < number:
                    matcher.skip_to(number)
                here = {position - place for position in matcher.value_as("positions")}
                starts[index] = here if place == 0 else starts[index] & here
        ids = array("I")
        weights = array("f")
        for number, found in zip(candidates, starts, strict=True):
            if found:
                ids.append(number)
                weights.append(len(found))
        return Postings(bits_of(ids, self.size), ids, weights)


def union(several: list[Postings], size: int) -> Postings:
    """Return the documents any of the postings has, each with its greatest weight."""
    several = [postings for postings in several if postings.bits]
    if len(several) <= 1:
        return several[0] if several else NOTHING
    most: dict[int, float] = {}
    for postings in several:
        for number, weight in zip(postings.ids, postings.weights, strict=True):
            most[number] = max(weight, most.get(number, 0.0))
    ids = array("I", sorted(most))
    return Postings(bits_of(ids, size), ids, array("f", (most[number] for number in ids)))


def _by_folded(values: dict[str, int]) -> dict[str, int]:
    folded: dict[str, int] = {}
    for value, bits in values.items():
        folded[fold(value)] = folded.get(fold(value), 0) | bits
    return folded
