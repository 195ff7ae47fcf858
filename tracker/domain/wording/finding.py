"""What a hint says about some words, and where they stand."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

# From the one that is kept quiet by default to the one that proposes something.
LEVELS = ("info", "hint", "suggest")
CONTEXTS = ("narrative", "timeline", "factors", "actions", "impact", "known_later", "chat")


@dataclass(frozen=True)
class Finding:
    """Some words worth another look.

    ``start`` and ``end`` count characters of the source; ``line`` and ``column`` count from 1.
    ``question`` is what to ask instead; nothing here says who wrote the words.
    """

    category: str
    level: str
    start: int
    end: int
    line: int
    column: int
    text: str
    question: str


@dataclass(frozen=True)
class Mark:
    """A rule's result: words of a sentence from ``first`` to ``last``, both included."""

    category: str
    first: int
    last: int
    level: str = "hint"
    about_oneself: bool = False


class Lines:
    """Which line and column a place of a text has."""

    def __init__(self, text: str) -> None:
        self._begins = [0]
        at = text.find("\n")
        while at != -1:
            self._begins.append(at + 1)
            at = text.find("\n", at + 1)

    def locate(self, place: int) -> tuple[int, int]:
        """(line, column), both from 1."""
        line = bisect_right(self._begins, place)
        return line, place - self._begins[line - 1] + 1
