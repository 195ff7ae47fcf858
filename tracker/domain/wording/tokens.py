"""Prose as words with their places, sentence by sentence.

What must not be judged (code, quotes, links, logs) is masked before it comes here: the prose has
the length of the source, so that each place found in it is a place in the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


def words(text: str) -> frozenset[str]:
    """The words of a text with blanks between, as a set: long lists read best as text."""
    return frozenset(text.split())


# Stands for something that is named but not read: a piece of code, a quotation, a link.
THING = "\ufffc"
# Stands for the name of a system: it is a thing whatever its words say, and never somebody.
SYSTEM = "\ufffb"
# Ends a sentence whatever comes next: the border of a paragraph, a list item, a table cell. So does
# the end of a line before a capital or a number: notes are often lines without a full stop, and
# wrapped prose seldom begins a line so.
BREAK = "\u2029"
NUMBER = "#"
# Rules look back to where a clause begins; without an end that would take the square of a text.
LONGEST_SENTENCE = 400

_TOKEN = re.compile(
    rf"""
    (?P<thing>{THING}+)
  | (?P<system>{SYSTEM}+)
  | (?P<break>{BREAK}+|\n[ \t]*\n|\n(?=[ \t]*[A-Z0-9]))
  | (?P<url>(?:https?://|www\.)\S+)
  | (?P<mention>@[\w][\w.-]*\w|@\w)
  | (?P<name>/?\w+(?:[./:=\\]+\w[\w-]*)*(?:[_/\\=]\w[\w-]*)+[/\w.-]*\w)
  | (?P<number>[~≈<>±]?[$€£]?\d+(?:[.,:/-]\d+)*(?:\s?%|(?:[a-zA-Zµ]{{1,3}}\b))?)
  | (?P<word>[^\W\d_]+(?:'[^\W\d_]+)*(?:-[^\W_]+)*'?)
  | (?P<mixed>\w+(?:-\w+)*)
  | (?P<end>[.!?…]+(?=[\s"')\]*_{THING}{SYSTEM}{BREAK}]|$))
  | (?P<mark>--+|[^\w\s])
    """,
    re.VERBOSE,
)
_ABBREVIATIONS = words("""e.g i.e eg ie etc vs cf approx incl resp no fig min max dr mr mrs""")
_MARKUP = frozenset("*_~#")

# What a contraction says in full. "'d" stays open between had and would.
_CONTRACTED = {"n't": "not", "'ve": "have", "'ll": "will", "'re": "are", "'d": "'d", "'m": "am"}
_WHOLE = {
    "won't": ("will", "not"),
    "can't": ("can", "not"),
    "cannot": ("can", "not"),
    "shan't": ("shall", "not"),
    "root-cause": ("root", "cause"),
    "rootcause": ("root", "cause"),
    "ain't": ("is", "not"),
    "didnt": ("did", "not"),
    "doesnt": ("does", "not"),
    "wasnt": ("was", "not"),
    "shouldnt": ("should", "not"),
    "couldnt": ("could", "not"),
    "wouldnt": ("would", "not"),
    "hadnt": ("had", "not"),
    "shoulda": ("should", "have"),
    "coulda": ("could", "have"),
    "woulda": ("would", "have"),
}
_IS = words("""it he she that there who what here this where how one nobody everyone let""")


@dataclass
class Sentence:
    """The words of one sentence in lower case, with where each stands in the source."""

    words: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    capital: list[bool] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.words)

    def at(self, index: int) -> str:
        """The word, or an empty text beyond either end."""
        return self.words[index] if 0 <= index < len(self.words) else ""

    def add(self, word: str, start: int, end: int, *, capital: bool = False) -> None:
        self.words.append(word)
        self.starts.append(start)
        self.ends.append(end)
        self.capital.append(capital)


def sentences_of(prose: str) -> Iterator[Sentence]:
    """Each sentence with at least one word, in order."""
    prose = prose.replace("\u2019", "'").replace("\u02bc", "'")
    held = Sentence()
    for match in _TOKEN.finditer(prose):
        kind = match.lastgroup
        start, end = match.span()
        text = match.group()
        if kind == "word":
            _add_word(held, text, start, end)
        elif kind == "end":
            held.add("." if text[0] == "." else text[:1], start, end)
            if not _goes_on(held, prose, text, end):
                yield held
                held = Sentence()
        elif kind == "break":
            if held.words:
                yield held
                held = Sentence()
        elif kind == "number":
            held.add(NUMBER, start, end)
        elif kind in ("thing", "url", "name", "mixed"):
            held.add("and/or" if text.lower() == "and/or" else THING, start, end, capital=True)
        elif kind == "system":
            held.add(THING, start, end)
        elif kind == "mention":
            held.add(text.lower(), start, end, capital=True)
        elif text not in _MARKUP:
            held.add(text, start, end)
        if len(held) >= LONGEST_SENTENCE:
            yield held
            held = Sentence()
    if held.words:
        yield held


def _add_word(held: Sentence, text: str, start: int, end: int) -> None:
    lower = text.lower()
    capital = text[0].isupper()
    parts = _WHOLE.get(lower)
    if parts is None and "'" in lower:
        parts = _parts(lower)
    if parts is None:
        held.add(lower, start, end, capital=capital)
        return
    # Both halves share one place: a contraction is marked whole.
    held.add(parts[0], start, end, capital=capital)
    held.add(parts[1], start, end)


def _parts(lower: str) -> tuple[str, str] | None:
    for ending, said in _CONTRACTED.items():
        if lower.endswith(ending) and len(lower) > len(ending):
            return lower[: -len(ending)], said
    if lower.endswith("'s") and lower[:-2] in _IS:
        return lower[:-2], "us" if lower == "let's" else "is"
    return None


def _goes_on(held: Sentence, prose: str, mark: str, end: int) -> bool:
    """True when the mark does not end a sentence: after an abbreviation, before a small letter."""
    if mark not in (".", "...", "…"):
        return False
    following = prose[end : end + 3].lstrip(" \n\"')]*_")
    if following[:1].islower():
        return True
    before = held.at(len(held) - 2)
    return mark == "." and before in _ABBREVIATIONS
