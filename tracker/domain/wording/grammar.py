"""As much grammar as the hints need: the closed classes of English, participles, subjects.

No model and no dictionary of English: the words that carry a sentence's shape are few and are
listed here; what a field's nouns mean stands in the lists (seed/wording.yaml).
"""

from __future__ import annotations

from tracker.domain.wording.lists import WordLists
from tracker.domain.wording.tokens import NUMBER, THING, Sentence, words

FIRST = words("i we")
THIRD = words("he she they you")
EVERYBODY = words(
    """nobody everyone everybody someone somebody anyone anybody noone no-one folks"""
)
OBJECTS = words("""me us him her them you myself ourselves himself herself themselves""")
THINGS = words("""it this that these those which what there itself something nothing""")

BE = words("be am is are was were been being isn't wasn't")
HAVE = words("have has had having")
DO = words("do does did")
MODAL = words("will would shall should can could may might must 'd")
AUXILIARY = BE | HAVE | DO | MODAL

DETERMINER = words(
    """a an the my our your his her its their this that these those some any each every no
    another other all both one two three several many most few such either neither"""
)
PREPOSITION = words(
    """of in on at by for from with to into onto over under during after before between among
    within without through across about against since until till via per despite behind
    beyond inside outside around near upon toward towards off like as because"""
)
CONJUNCTION = words(
    """and or but so then yet because although though while whereas if when once unless since
    that which who whose whom where as than after before until and/or plus nor"""
)
JOINING = words("and or but then , and/or yet plus")
BORDER = words(". ! ? … ; : ( ) [ ] — \u2013 -- - | / > ✅ ❌ •")
RELATIVE = words("who that which")

_ADVERBS = words(
    """also still just even only already almost again ever never not soon too very quite rather
    perhaps maybe then thus hence later initially first finally instead once twice often
    always sometimes somehow simply merely both really actually apparently eventually yet
    however unfortunately probably likely at double"""
)
_NOT_ADVERBS = words("""family supply reply apply rely assembly anomaly only early daily""")

IRREGULAR = words(
    """been caught seen known done made taken told thought gone given found left kept sent read
    written run put set cut built brought bought held led lost meant met paid said sold
    shown spent stood understood won begun broken chosen come become drawn driven eaten
    fallen felt flown forgotten got gotten grown had heard hidden hit hurt laid let overseen
    foreseen proven quit risen shut spoken spread stuck stolen struck torn thrown undone
    redone withdrawn worn woken overridden rewritten reset rebuilt dealt split slept taught
    woke sped reread resent foregone forgone mistaken undertaken overtaken"""
)
# Participles that mostly stand before a noun: "should have dedicated hosts" is a wish for hosts.
_ADJECTIVE_LIKE = words(
    """dedicated limited restricted detailed improved increased reduced automated documented
    shared named designated updated defined required combined distributed isolated managed
    mixed unused encrypted related advanced matched fixed centralized standardized unlimited
    redundant trusted elevated scoped validated curated written"""
)
_NOT_PARTICIPLES = words("""need needed bed red feed seed speed embed shed indeed hundred""")


def is_adverb(word: str) -> bool:
    return word in _ADVERBS or (len(word) > 4 and word.endswith("ly") and word not in _NOT_ADVERBS)


def is_content(word: str) -> bool:
    """A word that may be part of a name for something: no closed class, no mark."""
    return (
        (word in (THING, NUMBER) or word[:1].isalnum() or word[:1] == "@")
        and word not in DETERMINER
        and word not in PREPOSITION
        and word not in CONJUNCTION
        and word not in AUXILIARY
        and word not in FIRST
        and word not in THIRD
        and word not in THINGS
        and not is_adverb(word)
    )


def is_participle(sentence: Sentence, index: int) -> bool:
    """True for a past participle that is a verb here, not a mere description of the next noun."""
    word = sentence.at(index)
    if word in IRREGULAR:
        return word not in ("read", "set", "cut", "put") or sentence.at(index + 1) != NUMBER
    if not word.endswith("ed") or word in _NOT_PARTICIPLES or len(word) < 4:
        return False
    if word in _ADJECTIVE_LIKE:
        following = sentence.at(index + 1)
        return not is_content(following) or following == ""
    return True


def skip_adverbs(sentence: Sentence, index: int) -> int:
    """The first place from ``index`` on without an adverb."""
    while index < len(sentence) and is_adverb(sentence.words[index]):
        index += 1
    return index


def clause_start(sentence: Sentence, index: int) -> int:
    """Where the run of words without a border mark begins that ``index`` stands in."""
    while index > 0 and sentence.words[index - 1] not in BORDER:
        index -= 1
    return index


class Subject:
    """Who or what does the verb: ``first``, ``person``, ``outsider``, ``thing`` or ``none``."""

    __slots__ = ("kind", "place")

    def __init__(self, kind: str, place: int) -> None:
        self.kind = kind
        self.place = place

    @property
    def is_person(self) -> bool:
        """Somebody of ours: a person, a role, a team, we, I, they, nobody."""
        return self.kind in ("first", "person")


def subject_of(sentence: Sentence, verb: int, lists: WordLists) -> Subject:
    """The subject of the finite verb at ``verb``, found by walking to the left.

    ``none`` when there is none to be seen: an order, a headline, a note without a subject.
    """
    place = verb - 1
    while place >= 0 and (
        sentence.words[place] in AUXILIARY
        or is_adverb(sentence.words[place])
        or sentence.words[place] in ("not", "all", "both")
    ):
        place -= 1
    return _noun_at(sentence, place, lists, depth=0)


def _noun_at(sentence: Sentence, place: int, lists: WordLists, *, depth: int) -> Subject:
    if place < 0 or depth > 4:
        return Subject("none", max(place, 0))
    word = sentence.words[place]
    if word in FIRST:
        return Subject("first", place)
    if word == "they":
        return Subject(_who_are_they(sentence, place, lists), place)
    if word in THIRD or word in EVERYBODY:
        return Subject("person", place)
    if word == "one" and sentence.at(place - 1) == "no":
        return Subject("person", place - 1)
    if word == "us" and sentence.at(place - 1) == "of":
        return Subject("first", place)
    if word in RELATIVE:
        before = place - 1
        while before >= 0 and sentence.words[before] == ",":
            before -= 1
        found = _noun_at(sentence, before, lists, depth=depth + 1)
        if word == "who" and found.kind in ("thing", "none"):
            return Subject("person", place)
        return found
    if word in JOINING:
        return _earlier_subject(sentence, place, lists)
    if word in THINGS or word in BORDER:
        return Subject("thing" if word in THINGS else "none", place)
    if is_content(word):
        return _head(sentence, place, lists, depth=depth)
    return Subject("none", place)


def _head(sentence: Sentence, place: int, lists: WordLists, *, depth: int) -> Subject:
    """The noun whose last word is at ``place``, or the one that it is a part of."""
    start = place
    while start > 0 and is_content(sentence.words[start - 1]) and place - start < 5:
        start -= 1
    while start > 0 and sentence.words[start - 1] in DETERMINER:
        start -= 1
    before = sentence.at(start - 1)
    # "The engineer on call ignored": who ignored is the engineer, not the call.
    if before in PREPOSITION and start - 2 >= 0:
        outer = _noun_at(sentence, start - 2, lists, depth=depth + 1)
        if outer.kind != "none" and is_content(sentence.words[start - 2]):
            return outer
        if outer.kind == "none" and depth == 0 and before not in ("of", "by"):
            return Subject("none", place)
    return Subject(kind_of_noun(sentence, place, lists), start)


def kind_of_noun(sentence: Sentence, place: int, lists: WordLists) -> str:
    """``person``, ``outsider`` or ``thing``."""
    word = sentence.words[place]
    if word.startswith("@"):
        return "person"
    if word in lists.outsiders:
        return "outsider"
    if word in lists.people:
        return "person"
    if word.endswith("s") and word[:-1] in lists.people:
        return "person"
    before = sentence.at(place - 1)
    if word in lists.titles and before in DETERMINER:
        return "person"
    if word in lists.titles_with_prefix and before in lists.title_prefixes:
        return "person"
    if sentence.capital[place] and word in lists.names and _alone(sentence, place):
        return "person"
    return "thing"


def _alone(sentence: Sentence, place: int) -> bool:
    """True unless the name is the end of a longer name of something: "Saint James"."""
    before = place - 1
    return not (before >= 0 and is_content(sentence.words[before]) and sentence.capital[before])


def _earlier_subject(sentence: Sentence, joined: int, lists: WordLists) -> Subject:
    """The subject of the clause before "and": the first noun or pronoun before its verb."""
    start = clause_start(sentence, joined)
    place = start
    while place < joined and (
        is_adverb(sentence.words[place])
        or sentence.words[place] in (",", "and", "but", "so", THING)
    ):
        place += 1
    word = sentence.at(place)
    if word in FIRST:
        return Subject("first", place)
    if word in THIRD or word in EVERYBODY:
        kind = _who_are_they(sentence, place, lists) if word == "they" else "person"
        return Subject(kind, place)
    while place < joined and sentence.words[place] in DETERMINER:
        place += 1
    end = place
    while end < joined and is_content(sentence.words[end]):
        kind = kind_of_noun(sentence, end, lists)
        following = sentence.at(end + 1)
        if kind == "person" and (not is_content(following) or following.endswith("ed")):
            return Subject("person", end)
        end += 1
    return Subject("thing", place)


def _who_are_they(sentence: Sentence, place: int, lists: WordLists) -> str:
    """People, unless the plural before it in the sentence is one of things."""
    for before in range(place - 1, -1, -1):
        word = sentence.words[before]
        if word in lists.people or (word.endswith("s") and word[:-1] in lists.people):
            return "person"
        if word in lists.outsiders:
            return "outsider"
        if (
            len(word) > 3
            and word.endswith("s")
            and not word.endswith(("ss", "us", "is", "'s"))
            and is_content(word)
        ):
            return "thing"
    return "person"
