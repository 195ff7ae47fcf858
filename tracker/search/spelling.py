"""Which words a mistyped word may have been, by edit distance over the words the index knows."""

from __future__ import annotations

from collections.abc import Iterable

SHORTEST_CORRECTED = 4
TWO_MISTAKES_FROM = 7

_PLACES = {letter: 1 << place for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
_ELSEWHERE = 1 << 26


class Vocabulary:
    """The words of one piece of an index, arranged so that near words are found without reading
    all.
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Keep the words; words with digits are names and numbers, which nobody wants corrected."""
        by_length: dict[int, tuple[list[str], list[int]]] = {}
        for word in words:
            if word.isalpha():
                names, marks = by_length.setdefault(len(word), ([], []))
                names.append(word)
                marks.append(_letters(word))
        self._by_length = by_length

    def near(self, word: str) -> dict[str, int]:
        """Every known word within the mistakes allowed for this length, with its distance, word
        itself apart.
        """
        allowed = mistakes_allowed(word)
        found: dict[str, int] = {}
        if not allowed:
            return found
        mark = _letters(word)
        for length in range(len(word) - allowed, len(word) + allowed + 1):
            names, marks = self._by_length.get(length, ([], []))
            # One mistake changes at most two letters of the set, so most words are never compared.
            for name, other in zip(names, marks, strict=True):
                if (mark ^ other).bit_count() <= 2 * allowed and name != word:
                    distance = edit_distance(word, name, allowed)
                    if distance <= allowed:
                        found[name] = distance
        return found


def mistakes_allowed(word: str) -> int:
    """How many mistakes a word of this length may have: 0, 1 or 2."""
    if len(word) < SHORTEST_CORRECTED or not word.isalpha():
        return 0
    return 2 if len(word) >= TWO_MISTAKES_FROM else 1


def edit_distance(left: str, right: str, most: int) -> int:
    """Letters to add, drop, change or swap with a neighbour; anything above `most` is returned as
    most + 1.

    Source: optimal string alignment distance (Damerau 1964).
    """
    if abs(len(left) - len(right)) > most:
        return most + 1
    before_last: list[int] = []
    last = list(range(len(right) + 1))
    for row, letter in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            cost = min(
                last[column] + 1,
                current[column - 1] + 1,
                last[column - 1] + (letter != other),
            )
            if row > 1 and column > 1 and letter == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before_last[column - 2] + 1)
            current.append(cost)
        if min(current) > most:
            return most + 1
        before_last, last = last, current
    return min(last[-1], most + 1)


def _letters(word: str) -> int:
    mark = 0
    for letter in word:
        mark |= _PLACES.get(letter, _ELSEWHERE)
    return mark
