"""Two people on one text: nothing that either wrote is lost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from merge3 import Merge3

_WORD = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Merged:
    """The text that holds both changes, and the passages where both stand side by side."""

    text: str
    conflicts: tuple[tuple[str, str], ...] = ()  # (mine, theirs)


def merge_texts(
    base: str, mine: str, theirs: str, *, my_name: str = "you", their_name: str = "somebody else"
) -> Merged:
    """Three-way merge: first by line, then by word inside a line that both changed.

    Where both changed the very same words, both versions are kept, one after the other, under a
    sentence that says so; the pairs are listed in ``conflicts``. A version that the other contains
    - somebody wrote on after a save whose answer was lost, or one changed what the other took
    out - needs no second copy.
    """
    if theirs in {mine, base}:
        return Merged(mine)
    if mine == base:
        return Merged(theirs)
    pieces: list[str] = []
    conflicts: list[tuple[str, str]] = []
    for kind, *texts in _groups(_lines(base), _lines(mine), _lines(theirs)):
        if kind != "conflict":
            pieces.append("".join(texts[0]))
            continue
        old, one, other = ("".join(part) for part in texts)
        by_word = _by_word(old, one, other)
        if by_word is not None:
            pieces.append(by_word)
        elif one.strip() in other.strip():
            pieces.append(other)
        elif other.strip() in one.strip():
            pieces.append(one)
        else:
            conflicts.append((one.strip("\n"), other.strip("\n")))
            pieces.append(_side_by_side(one, other, my_name=my_name, their_name=their_name))
    return Merged("".join(pieces).removesuffix("\n"), tuple(conflicts))


def _lines(text: str) -> list[str]:
    return [line + "\n" for line in text.split("\n")]


def _groups(base: list[str], mine: list[str], theirs: list[str]) -> list[tuple[Any, ...]]:
    return list(Merge3(base, mine, theirs).merge_groups())


def _by_word(base: str, mine: str, theirs: str) -> str | None:
    if base.count("\n") != mine.count("\n") or base.count("\n") != theirs.count("\n"):
        return None
    groups = _groups(_WORD.findall(base), _WORD.findall(mine), _WORD.findall(theirs))
    if any(group[0] == "conflict" for group in groups):
        return None
    return "".join("".join(group[1]) for group in groups)


def _side_by_side(mine: str, theirs: str, *, my_name: str, their_name: str) -> str:
    return (
        "\n*Two people changed this passage at the same time; both are kept.*\n\n"
        f"*As {my_name} wrote it:*\n\n{mine.strip(chr(10))}\n\n"
        f"*As {their_name} wrote it:*\n\n{theirs.strip(chr(10))}\n\n"
    )
