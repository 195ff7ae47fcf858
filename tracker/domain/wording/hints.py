"""Hints for a text: every rule asked once, the clearest answer kept for each run of words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tracker.domain.wording import actors, causes, counterfactuals
from tracker.domain.wording.finding import LEVELS, Finding, Lines, Mark
from tracker.domain.wording.grammar import (
    AUXILIARY,
    BORDER,
    CONJUNCTION,
    DETERMINER,
    FIRST,
    OBJECTS,
    PREPOSITION,
    THINGS,
    THIRD,
)
from tracker.domain.wording.lists import WordLists
from tracker.domain.wording.names import Names
from tracker.domain.wording.phrases import Phrase, plain_phrase
from tracker.domain.wording.tokens import BREAK, SYSTEM, THING, Sentence, sentences_of, words

Rule = Callable[[Sentence, int, WordLists], Iterator[Mark]]

# What is not judged in which answer. Where people write what became known later, looking back is
# the very thing that is asked for.
QUIET = {"known_later": frozenset(("hindsight", "counterfactual"))}
_PLATFORM = re.compile(r"kube|k8s|helm chart|\bCRDs?\b|custom resource", re.IGNORECASE)
_SHOUT = re.compile(r"!{2,}|(?:\?!|!\?)+|[🤦😱😭😡🤬💩]")
_CAPITALS = re.compile(
    r"\b[A-Z]{2,}(?:['\u2019][A-Z]+)?(?:[ ,]+[A-Z]{2,}(?:['\u2019][A-Z]+)?){2,}\b"
)
_SHOUTED = words(
    """NOT NEVER ALWAYS WHY STOP DON'T DIDN'T PLEASE VERY EVER AGAIN NOBODY EVERYONE ABSOLUTELY
    MUST SHOULD REALLY ALL"""
)
_NUMBER_NEAR = 6
# Words that nearly every sentence has: a phrase is looked for by its other words.
_COMMON = frozenset().union(
    AUXILIARY, BORDER, CONJUNCTION, DETERMINER, FIRST, OBJECTS, PREPOSITION, THINGS, THIRD
) | words("not , just only so too very there")
_COMMON_WEIGHS = 100


@dataclass(frozen=True)
class House:
    """What an organisation says of words: allowed ones are not marked, added ones are.

    What its systems and teams are called is a name. A system is nobody, whatever it is called;
    a team is people, and only the words of its name are left alone.
    """

    allowed: tuple[tuple[str, str], ...] = ()  # (term, category or "")
    added: tuple[tuple[str, str], ...] = ()  # (term, category)
    systems: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


class Hints:
    """The rules, made ready for one set of lists. Finding is a pure function of its text."""

    def __init__(self, lists: WordLists, house: House | None = None) -> None:
        self.lists = lists
        self._on_a_platform = replace(lists, titles=frozenset())
        self._house = house or House()
        self._systems = Names(self._house.systems, people=lists.people | lists.titles)
        self._teams = Names(self._house.teams, people=lists.people | lists.titles)
        self._rules: dict[str, list[Rule]] = defaultdict(list)
        self._phrases: tuple[Phrase, ...] = ()
        self._anchored: dict[str, list[int]] = defaultdict(list)
        self._fill()
        self._triggers = frozenset(self._rules) | frozenset(self._anchored)

    def find(
        self, prose: str, source: str, *, context: str = "narrative", level: str = "hint"
    ) -> list[Finding]:
        """The findings in order of place.

        ``prose`` is ``source`` with what must not be judged masked, of the same length. Nothing
        below ``level`` is given.
        """
        lists = self._on_a_platform if _PLATFORM.search(source) else self.lists
        quiet = QUIET.get(context, frozenset())
        least = LEVELS.index(level)
        lines = Lines(source)
        found: list[Finding] = []
        prose = self._without_systems(prose)
        for sentence in sentences_of(prose):
            if self._triggers.isdisjoint(sentence.words):
                continue
            for mark in self._marks(sentence, context, lists):
                if mark.category in quiet or LEVELS.index(mark.level) < least:
                    continue
                found.append(self._finding(sentence, mark, source, lines))
        if "emotive" not in quiet:
            found += self._shouts(prose, source, lines)
        names = list(self._teams.spans(prose))
        return _clearest(
            [one for one in found if not self._is_allowed(one) and not _is_within(one, names)]
        )

    def _without_systems(self, prose: str) -> str:
        """The prose, of the same length, with something that is only named for each system."""
        text, after = [], 0
        for start, end in self._systems.spans(prose):
            text += [prose[after:start], SYSTEM * (end - start)]
            after = end
        return "".join((*text, prose[after:]))

    def _fill(self) -> None:
        def on(words: Iterable[str], rule: Rule) -> None:
            for word in words:
                self._rules[word].append(rule)

        verb = self.lists.verb
        on(counterfactuals.TRIGGERS, counterfactuals.marks)
        on(verb("fell_short"), actors.fell_short)
        on(actors.FAILED, actors.failed_to)
        on(("caused",), actors.caused)
        on(("followed", "observed", "adhered", "respected"), actors.not_followed)
        on(("by", "due", "because"), actors.person_cause)
        on(("typoed", "mistyped", "fat-fingered", "fatfingered"), actors.slip_of)
        on(self.lists.noun("doings"), actors.doing_of)
        on(("fault",), actors.fault_of)
        on(("wrong",), actors.wrong_thing)
        on(actors.NOBODY, actors.nobody_did)
        on(actors.SETTLED, actors.settled_habit)
        on(("at",), actors.not_at_all)
        on(("root",), causes.root_cause)
        on(("as",), causes.as_root_cause)
        added = tuple(
            plain_phrase(term, category=category)
            for term, category in self._house.added
            if term.strip()
        )
        self._phrases = (*self.lists.phrases, *added)
        for place, phrase in enumerate(self._phrases):
            for word in _anchor(phrase):
                self._anchored[word].append(place)

    def _marks(self, sentence: Sentence, context: str, lists: WordLists) -> Iterator[Mark]:
        for index, word in enumerate(sentence.words):
            for rule in self._rules.get(word, ()):
                yield from rule(sentence, index, lists)
        possible = {
            place for word in frozenset(sentence.words) for place in self._anchored.get(word, ())
        }
        for place in sorted(possible):
            phrase = self._phrases[place]
            if phrase.context and phrase.context != context:
                continue
            for index, word in enumerate(sentence.words):
                if word not in phrase.first_words:
                    continue
                end = phrase.end_in(sentence, index)
                if end is None:
                    continue
                mark = Mark(phrase.category, index, end - 1, phrase.level)
                if phrase.category == "minimising" and causes.number_follows(
                    sentence, end - 1, within=_NUMBER_NEAR
                ):
                    continue
                yield mark

    def _finding(self, sentence: Sentence, mark: Mark, source: str, lines: Lines) -> Finding:
        start, end = sentence.starts[mark.first], sentence.ends[mark.last]
        line, column = lines.locate(start)
        category = self.lists.categories[mark.category]
        return Finding(
            category=mark.category,
            level=mark.level,
            start=start,
            end=end,
            line=line,
            column=column,
            text=source[start:end],
            question=category.gentle if mark.about_oneself else category.question,
        )

    def _shouts(self, prose: str, source: str, lines: Lines) -> Iterator[Finding]:
        """Two exclamation marks, or three words in capitals that are words of everyday English."""
        places = [match.span() for match in _SHOUT.finditer(prose)]
        places += [
            match.span()
            for match in _CAPITALS.finditer(prose)
            if _SHOUTED.intersection(match.group().replace(",", " ").split())
        ]
        for start, end in places:
            line, column = lines.locate(start)
            yield Finding(
                category="emotive",
                level="hint",
                start=start,
                end=end,
                line=line,
                column=column,
                text=source[start:end],
                question=self.lists.categories["emotive"].question,
            )

    def _is_allowed(self, finding: Finding) -> bool:
        words = f" {' '.join(finding.text.casefold().split())} "
        return any(
            f" {term.casefold()} " in words and category in ("", finding.category)
            for term, category in self._house.allowed
        )


def _is_within(finding: Finding, names: list[tuple[int, int]]) -> bool:
    return any(start <= finding.start and finding.end <= end for start, end in names)


def _clearest(found: list[Finding]) -> list[Finding]:
    """In order of place; of findings that overlap the stronger, then the longer one stays.

    Two categories may share words ("totally unacceptable"): then the first that is found first in
    the list of categories stands for both, so that a word is marked once.
    """
    rank: Mapping[str, int] = {level: -place for place, level in enumerate(LEVELS)}
    kept: list[Finding] = []
    begins: list[int] = []
    for one in sorted(found, key=lambda f: (rank[f.level], f.start - f.end, f.start)):
        place = bisect_right(begins, one.start)
        if place and kept[place - 1].end > one.start:
            continue
        if place < len(kept) and kept[place].start < one.end:
            continue
        kept.insert(place, one)
        begins.insert(place, one.start)
    return kept


def _anchor(phrase: Phrase) -> frozenset[str]:
    """The words of the part that fewest sentences have; a sentence without one cannot match."""
    needed = (part.words for part in phrase.parts if not part.optional and not part.gap)
    return min(
        needed, key=lambda some: sum(_COMMON_WEIGHS if word in _COMMON else 1 for word in some)
    )


def nothing_masked(text: str) -> str:
    """A text that is all prose, ready for ``Hints.find``."""
    return text.replace(THING, " ").replace(SYSTEM, " ").replace(BREAK, " ")
