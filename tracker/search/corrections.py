"""Forgive typing mistakes: look for a near word when nobody's readable document has the word as
typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tracker.search.analysis import term, tokens
from tracker.search.query import Node, Words
from tracker.search.ranking import View

MOST_CORRECTED = 5
MOST_TRIED = 3
CORRECTED_WEIGHT = 0.7
RARE = 2
MUCH_MORE = 20
SHORT_QUERY = 4


@dataclass(frozen=True, slots=True)
class Correction:
    """The nodes to search instead, the weight of changed ones by place, and the text they stand
    for.

    `text` is empty when nothing seems misspelt.
    """

    nodes: tuple[Node, ...]
    weights: Mapping[int, float]
    text: str


def corrected_words(view: View, text: str, nodes: Sequence[Node]) -> Correction:
    """Search near words for absent ones, and only suggest a much more common word for a rare one.

    Only words of documents the view may read are known here, so a correction never names another.
    """
    changed = list(nodes)
    weights: dict[int, float] = {}
    written: list[tuple[int, int, str]] = []
    for place, node in enumerate(nodes):
        if not isinstance(node, Words) or not node.loose or len(written) >= MOST_CORRECTED:
            continue
        read = [token for token in tokens(node.typed) if not token.is_break]
        if len(read) != 1 or len(read[0].parts) != 1:
            continue
        word = read[0].parts[0]
        documents = view.run(node.field, *node.runs).documents
        if documents > (RARE if len(nodes) <= SHORT_QUERY else 0):
            continue
        near = _near(view, word)
        if not near:
            continue
        if documents and (near[0][1] != 1 or near[0][2] < MUCH_MORE * documents):
            continue
        start = node.at[0] + read[0].start
        written.append((start, node.at[0] + read[0].end, near[0][0]))
        if not documents:
            runs = tuple((term(other),) for other, _, _ in near[:MOST_TRIED])
            changed[place] = replace(node, runs=(*node.runs, *runs))
            weights[place] = CORRECTED_WEIGHT
    for start, end, word in sorted(written, reverse=True):
        text = f"{text[:start]}{word}{text[end:]}"
    return Correction(tuple(changed), weights, text if written else "")


def _near(view: View, word: str) -> list[tuple[str, int, int]]:
    """Return the readable words at the least distance: word, distance, documents; most likely
    first.
    """
    distances: dict[str, int] = {}
    for segment in view.segments:
        distances.update(segment.vocabulary().near(word))
    for distance in sorted(set(distances.values())):
        known = [
            (other, distance, view.have_word(other))
            for other, away in distances.items()
            if away == distance
        ]
        known = [found for found in known if found[2]]
        if known:
            # People seldom mistype the first letter, so a word that shares it comes first.
            return sorted(known, key=lambda found: (found[0][0] != word[0], -found[2], found[0]))
    return []
