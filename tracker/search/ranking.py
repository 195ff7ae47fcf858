"""Which documents answer a parsed query, and in what order, for one person's view of the index.

Everything is computed from documents the person may read: how rare a word is, how long documents
are, which words exist. So a private document changes nothing for a stranger, not even the order of
hits. Scores are BM25 over a text in which titles and labels are repeated (BM25F with one
saturation). Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond,
2009.
"""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import assert_never

from tracker.search.index import FACETS, FacetValue
from tracker.search.query import Either, Facet, Node, Not, Prefix, Words, positive_words
from tracker.search.whoosh_segment import Postings, Segment, ids_of, union

SATURATION = 1.2
LENGTH_SHARE = 0.75
MOST_EXPANSIONS = 200
FEW_HITS = 3
# What a score is worth when the same story stands higher in the answers already.
TOLD_ALREADY = 0.6
# One line of an action would otherwise beat whole reports: BM25 takes shortness for closeness.
KIND_SHARES = {"action": 0.7, "event": 0.5}
SHORT_QUESTION = 4

Sets = tuple[int, ...]
"""One bit set of documents for each segment."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one word, phrase or prefix finds: postings for each segment, and how telling it is."""

    postings: tuple[Postings, ...]
    bits: Sets
    documents: int
    rarity: float
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hit stands, in the order of answers."""

    score: float
    segment: int
    number: int


class View:
    """The part of an index one person may read."""

    def __init__(
        self, segments: Sequence[Segment], live: Sets, circles: frozenset[int] | None
    ) -> None:
        """Work out what length norms this person's documents give. `live` are those not deleted."""
        self.segments = tuple(segments)
        self.readable: Sets = tuple(
            segment.readable(circles) & bits
            for segment, bits in zip(self.segments, live, strict=True)
        )
        self.documents = sum(bits.bit_count() for bits in self.readable)
        total = sum(
            segment.lengths[number]
            for segment, bits in zip(self.segments, self.readable, strict=True)
            for number in ids_of(bits)
        )
        average = max(total / self.documents, 1.0) if self.documents else 1.0
        self.norms = tuple(
            array(
                "d",
                (
                    SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * length / average)
                    for length in segment.lengths
                ),
            )
            for segment in self.segments
        )

    def run(self, field: str, *runs: tuple[str, ...]) -> Found:
        """Find documents with any of these runs of terms."""
        postings = tuple(
            union([segment.postings(field, run) for run in runs], segment.size)
            for segment in self.segments
        )
        terms = dict.fromkeys(text for run in runs for text in run)
        return self.found(postings, tuple(terms))

    def found(self, postings: tuple[Postings, ...], terms: tuple[str, ...]) -> Found:
        """Keep what the person may read, and say how rare it is among that."""
        bits = tuple(
            held.bits & readable for held, readable in zip(postings, self.readable, strict=True)
        )
        documents = sum(one.bit_count() for one in bits)
        rarity = log(1 + (self.documents - documents + 0.5) / (documents + 0.5))
        return Found(postings, bits, documents, rarity, terms if documents else ())

    def have_word(self, word: str) -> int:
        """Count the readable documents with this unstemmed word."""
        return sum(
            (segment.postings("word", (word,)).bits & readable).bit_count()
            for segment, readable in zip(self.segments, self.readable, strict=True)
        )

    def prefix(self, letters: str) -> tuple[Found, bool]:
        """Find the most common words with these first letters; True when some were left out."""
        words = sorted({word for segment in self.segments for word in segment.words_from(letters)})
        counted = [(self.have_word(word), word) for word in words]
        known = sorted((-count, word) for count, word in counted if count)
        kept = [word for _, word in known[:MOST_EXPANSIONS]]
        return self.run("word", *((word,) for word in kept)), len(known) > len(kept)


class Answer:
    """A parsed query held against a view, before filters are applied."""

    def __init__(self, view: View, nodes: Sequence[Node], weights: Mapping[int, float]) -> None:
        """Evaluate all nodes. `weights` makes a node count less, by its place among the nodes."""
        self.view = view
        self.hint = ""
        self._known: dict[Node, Found] = {}
        self._nodes = tuple(nodes)
        self._weights = weights
        self._needed: list[Sets] = []
        self._loose: list[tuple[Found, float]] = []
        self._scored: list[tuple[Found, float]] = []
        for place, node in enumerate(self._nodes):
            weight = weights.get(place, 1.0)
            if isinstance(node, Words) and node.loose:
                self._loose.append((self.leaf(node), weight))
            else:
                self._needed.append(self.sets(node))
            self._scored.extend((self.leaf(leaf), weight) for leaf in positive_words((node,)))

    @property
    def terms(self) -> tuple[str, ...]:
        """Every term that was found, for marking in excerpts."""
        return tuple(dict.fromkeys(text for found, _ in self._scored for text in found.terms))

    def all_words(self) -> Sets:
        """Documents that have everything asked for."""
        return self._both(*(found.bits for found, _ in self._loose))

    def most_words(self) -> Sets:
        """Documents that have everything firm, and at least half of the loose words."""
        return self.some_words(max(1, len(self._loose) // 2))

    def some_words(self, least: int) -> Sets:
        """Documents that have everything firm, and at least so many of the loose words."""
        several: list[int] = []
        for place, needed in enumerate(self._both()):
            # Level n holds the documents with n or more of the words seen so far.
            levels = [needed] + [0] * least
            for found, _ in self._loose:
                for level in range(least, 0, -1):
                    levels[level] |= levels[level - 1] & found.bits[place]
            several.append(levels[least])
        return tuple(several)

    @property
    def is_ranked(self) -> bool:
        """Whether there is any word to rank by, rather than only filters or nothing."""
        return bool(self._scored)

    @property
    def is_short(self) -> bool:
        """Whether having all words means more than how often and how rarely each is used.

        In a long question it does not: a long report has nearly all words somewhere.
        """
        return len(self._loose) <= SHORT_QUESTION

    @property
    def can_relax(self) -> bool:
        """Whether leaving out a word could find more."""
        return len(self._loose) > 1

    def leaf(self, node: Words | Prefix) -> Found:
        """Find one word, phrase or prefix, once a query."""
        if node not in self._known:
            if isinstance(node, Words):
                self._known[node] = self.view.run(node.field, *node.runs)
            else:
                self._known[node], cut = self.view.prefix(node.letters)
                if cut:
                    self.hint = (
                        f"“{node.letters}*” stands for more than {MOST_EXPANSIONS} words; "
                        "the most common ones were searched."
                    )
        return self._known[node]

    def sets(self, node: Node) -> Sets:
        """Documents that a node finds among the readable ones."""
        view = self.view
        if isinstance(node, Words | Prefix):
            return self.leaf(node).bits
        if isinstance(node, Facet):
            return tuple(
                segment.folded[node.name].get(node.value, 0) & readable
                for segment, readable in zip(view.segments, view.readable, strict=True)
            )
        if isinstance(node, Not):
            inner = self.sets(node.node)
            return tuple(
                readable & ~bits for bits, readable in zip(inner, view.readable, strict=True)
            )
        if isinstance(node, Either):
            several = [self.sets(one) for one in node.nodes]
            merged = [0] * len(view.segments)
            for one in several:
                merged = [left | right for left, right in zip(merged, one, strict=True)]
            return tuple(merged)
        assert_never(node)

    def scores(self) -> list[list[float]]:
        """Score every document that has any of the words, segment by segment."""
        totals = [[0.0] * segment.size for segment in self.view.segments]
        for found, weight in self._scored:
            factor = found.rarity * weight * (SATURATION + 1)
            for held, total, norm in zip(found.postings, totals, self.view.norms, strict=True):
                for number, frequency in zip(held.ids, held.weights, strict=True):
                    total[number] += factor * frequency / (frequency + norm[number])
        return totals

    def _both(self, *several: Sets) -> Sets:
        bits = list(self.view.readable)
        for one in (*self._needed, *several):
            bits = [left & right for left, right in zip(bits, one, strict=True)]
        return tuple(bits)


def filtered(view: View, sets: Sets, filters: Mapping[str, Sequence[str]], but: str = "") -> Sets:
    """Keep documents with any chosen value of each filter, leaving out the filter named `but`."""
    bits = list(sets)
    for name, values in filters.items():
        if name == but or name not in FACETS or not values:
            continue
        for place, segment in enumerate(view.segments):
            held = segment.values[name]
            chosen = 0
            for value in values:
                chosen |= held.get(value, 0)
            bits[place] &= chosen
    return tuple(bits)


def size(sets: Sets) -> int:
    """Count the documents."""
    return sum(bits.bit_count() for bits in sets)


def facet_counts(
    view: View, sets: Sets, filters: Mapping[str, Sequence[str]]
) -> dict[str, tuple[FacetValue, ...]]:
    """Count each facet's values among the answers, most common first, ignoring that facet's own
    filter.
    """
    counted: dict[str, tuple[FacetValue, ...]] = {}
    for name in FACETS:
        counts: Counter[str] = Counter()
        for segment, bits in zip(
            view.segments, filtered(view, sets, filters, but=name), strict=True
        ):
            if bits:
                for value, held in segment.values[name].items():
                    counts[value] += (held & bits).bit_count()
        kept = sorted((-count, value) for value, count in counts.items() if count)
        counted[name] = tuple(FacetValue(value=value, count=-count) for count, value in kept)
    return counted


def newest(view: View, sets: Sets, most: int) -> list[Place]:
    """Return the latest documents first; documents without a day come last."""
    ordered = heapq.nsmallest(
        most,
        (
            (-segment.days[number], segment.refs[number], place, number)
            for place, segment in enumerate(view.segments)
            for number in ids_of(sets[place])
        ),
    )
    return [Place(0.0, place, number) for _, _, place, number in ordered]


def best(view: View, answer: Answer, sets: Sets, first: Sets, most: int) -> list[Place]:
    """Return the highest scores first, all documents of `first` before any other, the newer of
    equals first. Each time a story is told again its score counts for less.
    """
    scores = answer.scores()
    ranked = sorted(_keys(view, scores, sets, first))
    told: Counter[tuple[int, bytes]] = Counter()
    again: list[tuple[int, float, int, str, int, int]] = []
    for tier, negative, day, ref, place, number in ranked:
        story = (tier, view.segments[place].stories[number])
        again.append((tier, negative * TOLD_ALREADY ** told[story], day, ref, place, number))
        told[story] += 1
    return [
        Place(-negative, place, number)
        for _, negative, _, _, place, number in heapq.nsmallest(most, again)
    ]


def _keys(
    view: View, scores: list[list[float]], sets: Sets, first: Sets
) -> Iterator[tuple[int, float, int, str, int, int]]:
    """What the answers are sorted by: tier, score (negative), day (negative), ref."""
    for place, segment in enumerate(view.segments):
        score, days, refs = scores[place], segment.days, segment.refs
        for kind, share in KIND_SHARES.items():
            for number in ids_of(sets[place] & segment.values["kind"].get(kind, 0)):
                score[number] *= share
        for tier, bits in enumerate((sets[place] & first[place], sets[place] & ~first[place])):
            for number in ids_of(bits):
                yield tier, -score[number], -days[number], refs[number], place, number
