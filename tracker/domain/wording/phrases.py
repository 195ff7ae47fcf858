"""Phrases as data: a small pattern of words that is found in a sentence.

A pattern is a row of parts with blanks between. A part is one word or several with ``|`` between;
``<name>`` stands for the words of a class; ``[part]`` may be absent; ``...`` stands for at most
three words of any kind. The first part must be words or a class.

    took [us|them] [way|far] too long        poor|bad|wrong <judgement>
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.domain.wording.tokens import NUMBER, THING, Sentence, words

MOST_SKIPPED = 3
SOON = 8
_GUARDS = words("""match level unless_next unless_before unless_soon unless_in next context""")


class PhraseError(ValueError):
    """A phrase of the list that cannot be read."""


@dataclass(frozen=True)
class Part:
    """One place of a pattern."""

    words: frozenset[str]
    optional: bool = False
    gap: bool = False


@dataclass(frozen=True)
class Phrase:
    """A pattern and when it does not count.

    ``unless_next`` are words that may not follow, ``next`` words of which one must;
    ``unless_before`` are words that may not stand among the two before; ``unless_soon`` words
    that may not stand among the SOON after; ``unless_in`` words that may not stand anywhere in the
    sentence. ``#`` stands for any number. ``context`` limits the
    phrase to one kind of question.
    """

    category: str
    parts: tuple[Part, ...]
    level: str = "hint"
    unless_next: frozenset[str] = frozenset()
    next: frozenset[str] = frozenset()
    unless_before: frozenset[str] = frozenset()
    unless_soon: frozenset[str] = frozenset()
    unless_in: frozenset[str] = frozenset()
    context: str = ""
    first_words: frozenset[str] = field(default_factory=frozenset)

    def end_in(self, sentence: Sentence, start: int) -> int | None:
        """The place after the phrase when it begins at ``start``, else ``None``."""
        end = _matched(sentence, start, self.parts, 0)
        if end is None:
            return None
        following = sentence.at(end)
        if following in self.unless_next or (self.next and following not in self.next):
            return None
        if self.unless_before and (
            sentence.at(start - 1) in self.unless_before
            or sentence.at(start - 2) in self.unless_before
        ):
            return None
        if self.unless_soon and not self.unless_soon.isdisjoint(sentence.words[end : end + SOON]):
            return None
        if self.unless_in and not self.unless_in.isdisjoint(sentence.words):
            return None
        return end


def phrase_from(
    data: Mapping[str, Any] | str, *, category: str, classes: Mapping[str, frozenset[str]]
) -> Phrase:
    """A phrase as the list has it: a pattern alone, or a mapping with its guards.

    Raises: PhraseError with the pattern when it cannot be read.
    """
    held: Mapping[str, Any] = {"match": data} if isinstance(data, str) else data
    unknown = set(held) - _GUARDS
    if unknown:
        raise PhraseError(f"{held}: unknown: {', '.join(sorted(unknown))}")
    pattern = str(held["match"])
    parts = tuple(_part(one, pattern, classes) for one in pattern.lower().split())
    if not parts or parts[0].optional or parts[0].gap:
        raise PhraseError(f"{pattern!r} must begin with a word")
    return Phrase(
        category=category,
        parts=parts,
        level=str(held.get("level", "hint")),
        unless_next=_guard(held.get("unless_next"), classes),
        next=_guard(held.get("next"), classes),
        unless_before=_guard(held.get("unless_before"), classes),
        unless_soon=_guard(held.get("unless_soon"), classes),
        unless_in=_guard(held.get("unless_in"), classes),
        context=str(held.get("context", "")),
        first_words=parts[0].words,
    )


def plain_phrase(words: str, *, category: str) -> Phrase:
    """A phrase that an organisation added: its words as they stand, nothing more."""
    parts = tuple(Part(frozenset((word,))) for word in words.lower().split())
    return Phrase(category=category, parts=parts, first_words=parts[0].words)


def _part(text: str, pattern: str, classes: Mapping[str, frozenset[str]]) -> Part:
    if text == "...":
        return Part(frozenset(), optional=True, gap=True)
    optional = text.startswith("[") and text.endswith("]")
    words: set[str] = set()
    for one in (text[1:-1] if optional else text).split("|"):
        if one.startswith("<") and one.endswith(">"):
            if one[1:-1] not in classes:
                raise PhraseError(f"{pattern!r}: there is no class {one}")
            words |= classes[one[1:-1]]
        elif one == "_thing":
            words.add(THING)
        elif one:
            words.add(one)
    if not words:
        raise PhraseError(f"{pattern!r} has an empty part")
    return Part(frozenset(words), optional=optional)


def _guard(value: object, classes: Mapping[str, frozenset[str]]) -> frozenset[str]:
    words: set[str] = set()
    for one in str(value or "").lower().split():
        if one.startswith("<") and one.endswith(">"):
            words |= classes[one[1:-1]]
        else:
            words.add(NUMBER if one == "#" else THING if one == "_thing" else one)
    return frozenset(words)


def _matched(sentence: Sentence, place: int, parts: tuple[Part, ...], index: int) -> int | None:
    """Tries the longest reading of each part first; patterns are a few parts long."""
    if index == len(parts):
        return place
    part = parts[index]
    if part.gap:
        for skipped in range(MOST_SKIPPED + 1):
            found = _matched(sentence, place + skipped, parts, index + 1)
            if found is not None:
                return found
        return None
    if sentence.at(place) in part.words:
        found = _matched(sentence, place + 1, parts, index + 1)
        if found is not None:
            return found
    return _matched(sentence, place, parts, index + 1) if part.optional else None
