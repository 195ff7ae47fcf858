"""The words of a text that say most about what it is about, for finding texts like it."""

from __future__ import annotations

from collections import Counter
from math import log

from tracker.search.analysis import STOP_WORDS, term, tokens
from tracker.search.query import Words
from tracker.search.ranking import View

MOST_CHARACTERS = 20_000
MOST_LOOKED_UP = 120
MOST_TELLING = 30


def telling_words(view: View, text: str) -> tuple[tuple[Words, ...], dict[int, float]]:
    """Choose words often used here and seldom elsewhere, among what the view may read.

    Returns them as loose words of a query, with the weight of each by its place.
    """
    counts: Counter[str] = Counter()
    for token in tokens(text[:MOST_CHARACTERS]):
        counts.update(
            term(word) for word in token.parts if len(word) > 1 and word not in STOP_WORDS
        )
        if token.whole is not None:
            counts[term(token.whole)] += 1
    ranked: list[tuple[float, str, float]] = []
    for word, count in counts.most_common(MOST_LOOKED_UP):
        found = view.run("text", (word,))
        if found.documents:
            weight = 1 + log(count)
            ranked.append((-found.rarity * weight, word, weight))
    chosen = sorted(ranked)[:MOST_TELLING]
    nodes = tuple(Words(typed=word, runs=((word,),), loose=True) for _, word, _ in chosen)
    return nodes, {place: weight for place, (_, _, weight) in enumerate(chosen)}
