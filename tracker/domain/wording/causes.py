"""One cause asserted: "the root cause was …". Looking for causes is no such assertion."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.domain.wording.finding import Mark
from tracker.domain.wording.grammar import BE, is_adverb
from tracker.domain.wording.lists import WordLists
from tracker.domain.wording.tokens import NUMBER, Sentence, words

_OPEN = words(
    """unknown unclear not never still yet being under investigated identified found determined
    fixed resolved addressed difficult hard elusive to mitigated confirmed discovered
    believed tracked known uncovered remedied corrected diagnosed established likely
    probably possibly suspected isolated understood eliminated patched"""
)
_SAYS_SO = words("turned lies lay")
_DOUBT = words(
    """possible potential likely probable suspected may might could if whether perhaps possibly
    any no another each what find finding understand determine identify investigate
    investigating"""
)
_LARGEST_NAME = 14


def root_cause(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "The root cause of … was …", with or without what it was the cause of."""
    del lists
    if sentence.at(index + 1) not in ("cause", "causes", "-cause"):
        return
    first = index
    before = index - 1
    while before >= 0 and sentence.words[before] in (
        "main",
        "primary",
        "actual",
        "underlying",
        "real",
        "true",
        "exact",
        "ultimate",
        "single",
        "technical",
        "only",
    ):
        before -= 1
    determiner = sentence.at(before)
    if determiner in ("the", "our", "its", "whose", "this"):
        first = before
    if first == index and before >= 0 and determiner not in (":", ".", "-", "\u2013", "—", ","):
        return
    if determiner in ("a", "any", "no", "one", "possible", "potential", "each", "never", "another"):
        return
    if sentence.at(index + 2) in ("analysis", "analyses", "investigation"):
        return
    # Before it: "turned out to be the root cause", "is the root cause".
    earlier = sentence.at(first - 1)
    leading = sentence.words[max(0, first - 7) : first]
    if earlier in BE and first != index and not _DOUBT.intersection(leading):
        asked = sentence.at(first - 2) in ("what", "it", "that") and sentence.at(first - 3) in (
            "what",
            "whether",
            "if",
        )
        if not asked and "not" not in leading and "never" not in leading:
            yield Mark("single_cause", first, index + 1)
        return
    if sentence.at(index + 2) == ":":
        yield Mark("single_cause", index, index + 1, "info")
        return
    place = index + 2
    while place < len(sentence) and place - index < _LARGEST_NAME:
        word = sentence.words[place]
        if (word in BE and word != "be") or word in _SAYS_SO:
            break
        if word in (",", ";", ":") or word in ("and", "but"):
            return
        place += 1
    else:
        return
    if place >= len(sentence):
        return
    if earlier in ("find", "identify", "understand", "determine", "what", "identified", "if"):
        return
    if sentence.words[place] == "turned" and sentence.at(place + 1) != "out":
        return
    follow = place + 1
    while follow < len(sentence) and (
        is_adverb(sentence.words[follow]) and sentence.words[follow] not in _OPEN
    ):
        follow += 1
    said = sentence.at(follow)
    if said in _OPEN:
        return
    if said in ("", "?", "."):
        return
    yield Mark("single_cause", first, place)


def as_root_cause(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "Identified as the root cause": said of a search that ended, so no more than a note."""
    del lists
    ahead = sentence.words[index + 1 : index + 5]
    if "cause" in ahead and ("root" in ahead or "primary" in ahead or "main" in ahead):
        yield Mark("single_cause", index, index + 1 + ahead.index("cause"), "info")


def number_follows(sentence: Sentence, last: int, *, within: int) -> bool:
    """True when a number stands soon after: what is counted is not talked down."""
    return NUMBER in sentence.words[last + 1 : last + 1 + within]
