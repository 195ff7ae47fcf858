"""What differs between two texts, word by word, for people who read prose rather than code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
# Comparing words costs the square of their number at worst; beyond this a changed passage is shown
# as taken out and put in as a whole.
MOST_WORDS_COMPARED = 3_000
MOST_LINES_COMPARED = 5_000
# Passages with less in common read better one after the other than word by word.
LEAST_IN_COMMON = 0.25


@dataclass(frozen=True)
class Piece:
    """Some words: ``same`` in both texts, ``out`` in the old one only, ``new`` in the new one."""

    kind: str
    text: str


LEFT_OUT = [Piece("left_out", "…")]


def word_diff(old: str, new: str) -> list[Piece]:
    """The two texts as one run of pieces.

    The pieces that are ``same`` or ``out`` give the old text, those ``same`` or ``new`` the new.
    """
    if old == new:
        return [Piece("same", new)] if new else []
    before, after = _lines(old), _lines(new)
    if max(len(before), len(after)) > MOST_LINES_COMPARED:
        return _joined([Piece("out", old), Piece("new", new)])
    found: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        one, other = "".join(before[i1:i2]), "".join(after[j1:j2])
        if tag == "equal":
            found.append(Piece("same", one))
        elif tag == "replace":
            found += _words(one, other)
        else:
            found += [Piece("out", one), Piece("new", other)]
    return _joined(found)


def lines_of(pieces: list[Piece]) -> list[list[Piece]]:
    """The pieces line by line; empty lines are left out."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        first, *more = piece.text.split("\n")
        lines[-1].append(Piece(piece.kind, first))
        lines += [[Piece(piece.kind, text)] for text in more]
    return [
        kept for line in lines if (kept := [one for one in line if one.text]) and _has_words(kept)
    ]


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def near_changes(lines: list[list[Piece]]) -> list[list[Piece]]:
    """The lines with changes and one line on each side; ``left_out`` stands for the others."""
    changed = [any(piece.kind != "same" for piece in line) for line in lines]
    found: list[list[Piece]] = []
    for position, line in enumerate(lines):
        if any(changed[max(0, position - 1) : position + 2]):
            found.append(line)
        elif not found or found[-1] != LEFT_OUT:
            found.append(LEFT_OUT)
    return found


def _has_words(line: list[Piece]) -> bool:
    return any(piece.text.strip() for piece in line)


def _words(old: str, new: str) -> Iterator[Piece]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    if max(len(before), len(after)) > MOST_WORDS_COMPARED:
        yield from (Piece("out", old), Piece("new", new))
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < 0.25:
        yield from (Piece("out", old), Piece("new", new))
        return
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        one, other = "".join(before[i1:i2]), "".join(after[j1:j2])
        if tag == "equal":
            yield Piece("same", one)
        else:
            yield from (Piece("out", one), Piece("new", other))


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Without empty pieces; a run of changes is one piece taken out and one put in.

    Only a blank between two changed words is part of the run: "in a mail" and "three times" read
    better whole than word by word.
    """
    found: list[Piece] = []
    out = new = ""
    kept = [piece for piece in pieces if piece.text]
    for position, piece in enumerate(kept):
        following = kept[position + 1].kind if position + 1 < len(kept) else "same"
        blank = piece.kind == "same" and not piece.text.strip(" ") and (out or new)
        if piece.kind == "same" and not (blank and following != "same"):
            found += [Piece("out", out), Piece("new", new)]
            out = new = ""
            found.append(piece)
        else:
            out += piece.text if piece.kind != "new" else ""
            new += piece.text if piece.kind != "out" else ""
    found += [Piece("out", out), Piece("new", new)]
    return [piece for piece in found if piece.text]
