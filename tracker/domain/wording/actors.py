"""What is said about people: verbs that say they fell short, people as a cause, nobody."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.domain.wording.finding import Mark
from tracker.domain.wording.grammar import (
    AUXILIARY,
    BE,
    BORDER,
    DETERMINER,
    OBJECTS,
    PREPOSITION,
    is_adverb,
    is_content,
    is_participle,
    kind_of_noun,
    skip_adverbs,
    subject_of,
)
from tracker.domain.wording.lists import WordLists
from tracker.domain.wording.tokens import NUMBER, Sentence, words

FAILED = words("failed fail fails")
_AFTER_FAILED = words("""to in at our you them here on . ! , miserably badly users customers as""")
NOBODY = words("nobody no-one noone no none")
_TOOK_DOWN = words(
    "took broke caused crashed killed deleted wiped brought corrupted triggered led destroyed"
)
SETTLED = words("always never constantly")
_AFTER_BROKE = words("down into out even up off through away for this ground")
# They are people, but nobody who did something: "due to people upgrading".
_NO_ACTORS = words("management owner supplier qa devops leadership people humans")
# What may be missed without anybody being meant.
_NO_REPROACH = words("heartbeat heartbeats you out target targets budget slo sla objective goal")
_HARM = words(
    """outage incident downtime issue problem failure disruption bug error errors problems
    issues this it crash loss mess damage regression degradation"""
)
# "Nobody" is no reproach where it tells that nobody was harmed, or what nobody may do.
_HARMLESS = words(
    """affected harmed hurt injured impacted else to should can will must may could would with
    is able lost using used needs wants has likes perfect needed owns paged lives"""
)
_NOTICING = words(
    """noticed knew realised realized thought checked watching attempted told notified informed
    bothered responded answered saw understood tested reviewed remembered spotted caught
    followed picked monitored monitoring aware alerted involved raised questioned considered
    replied acted stepped foresaw verified updated wrote documented communicated spoke caring
    cared listened stopped awake looking looked paying checking testing reviewing around
    anticipated double-checked validated removed fixed renewed cleaned finished escalated mentioned
    explained taught documents maintained tried called phoned learned predicted briefed trained"""
)
_BAD_HABITS = words(
    """breaks broke break forget forgets forgot ignore ignores ignored skip skips skipped miss
    misses missed fail fails failed blame blames deploys
    late complain complains messing breaking ignoring forgetting skipping missing changing
    screws"""
)
_FAULT_OF = words("tolerance injection domain domains isolation detection handler handling code")
# A passive tells what happened only with one of these: "so that no step gets missed" looks ahead.
_HAPPENED = words("was were had has have got")


def fell_short(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """A blame verb at ``index`` with a person or a team as its subject, or in their passive."""
    word = sentence.words[index]
    if _is_passive(sentence, index):
        yield from _passive(sentence, index, lists)
        return
    before = sentence.at(index - 1)
    if before in DETERMINER or before in PREPOSITION or sentence.at(index - 1) == "'":
        return
    if word == "broke" and (
        sentence.at(index + 1) in _AFTER_BROKE or "into" in sentence.words[index + 1 : index + 5]
    ):
        return
    if word == "refused" and sentence.at(index + 1) in ("connections", "connection"):
        return
    if word == "missed" and _NO_REPROACH.intersection(sentence.words[index + 1 : index + 5]):
        return
    subject = subject_of(sentence, index, lists)
    named = (
        word in lists.verb("only_people")
        and subject.kind == "thing"
        and (0 <= subject.place < len(sentence) and _has_name(sentence, subject.place, index))
    )
    if subject.is_person or named or _is_note_about_people(sentence, index, subject.kind, lists):
        yield Mark("blame", index, index, about_oneself=subject.kind == "first")


def _has_name(sentence: Sentence, start: int, end: int) -> bool:
    return any(sentence.capital[place] for place in range(start, end))


def _is_note_about_people(sentence: Sentence, index: int, subject: str, lists: WordLists) -> bool:
    """As in "Forgot to restart": the subject is left out, as people do in notes of their own."""
    return subject == "none" and index == 0 and sentence.words[0] in lists.verb("only_people")


def _is_passive(sentence: Sentence, index: int) -> bool:
    place = index - 1
    while place >= 0 and (is_adverb(sentence.words[place]) or sentence.words[place] == "not"):
        place -= 1
    return place >= 0 and sentence.words[place] in BE | frozenset(("got", "get", "gets", "being"))


def _passive(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    word = sentence.words[index]
    if not _HAPPENED.intersection(sentence.words[max(0, index - 4) : index]):
        return
    if sentence.at(index + 1) == "by":
        if _person_after(sentence, index + 2, lists) is not None:
            yield Mark("blame", index, index + 1)
        return
    if word in lists.verb("only_people_passive"):
        yield Mark("blame", index, index)
    elif word in lists.verb("signals_passive"):
        place = index - 1
        while place >= 0 and (
            sentence.words[place] in AUXILIARY or is_adverb(sentence.words[place])
        ):
            place -= 1
        in_review = word == "missed" and sentence.at(index + 1) in ("in", "during", "at")
        if sentence.at(place) in lists.noun("signals") or (
            in_review and sentence.at(place) not in _NO_REPROACH
        ):
            yield Mark("blame", index, index)


def failed_to(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "The team failed to announce it": with "to" or "in" after it, and people before it."""
    if sentence.at(index + 1) not in _AFTER_FAILED:
        return
    subject = subject_of(sentence, index, lists)
    if subject.is_person:
        last = index + 1 if sentence.at(index + 1) in ("to", "our", "you", "them") else index
        yield Mark("blame", index, last, about_oneself=subject.kind == "first")


def caused(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "We caused the outage", in the active voice."""
    if _is_passive(sentence, index):
        return
    end = min(index + 5, len(sentence))
    if not any(sentence.words[place] in _HARM for place in range(index + 1, end)):
        return
    subject = subject_of(sentence, index, lists)
    if subject.is_person and sentence.at(subject.place) not in ("that", "which"):
        yield Mark("blame", index, index, about_oneself=subject.kind == "first")


def not_followed(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "The process was not followed": somebody left the path, whoever they were."""
    place = index - 1
    negated = False
    while place >= 0 and (
        sentence.words[place] in AUXILIARY
        or is_adverb(sentence.words[place])
        or sentence.words[place] == "not"
    ):
        negated = negated or sentence.words[place] in ("not", "never")
        place -= 1
    if negated and sentence.at(place) in lists.noun("processes"):
        yield Mark("blame", place, index)


def person_cause(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "Caused by Dana", "due to the on-call", "because of the operator's change"."""
    word = sentence.words[index]
    first = index
    if word == "by":
        before = index - 1
        while before >= 0 and is_adverb(sentence.words[before]):
            before -= 1
        if sentence.at(before) not in ("caused", "triggered", "introduced", "broken", "created"):
            return
        level = "hint" if sentence.at(before) in ("caused", "triggered", "broken") else "info"
        first = before
        after = index + 1
    elif (word == "due" and sentence.at(index + 1) == "to") or (
        word == "because" and sentence.at(index + 1) == "of"
    ):
        level, after = "hint", index + 2
    else:
        return
    last = _person_after(sentence, after, lists)
    if last is not None:
        yield Mark("person", first, last, level)


def slip_of(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "Lee typoed a name": a person, named or by role, and the slip as what happened."""
    subject = subject_of(sentence, index, lists)
    if subject.kind == "person" or (
        subject.kind == "thing" and index > 0 and sentence.capital[index - 1]
    ):
        yield Mark("person", max(subject.place, 0), index)


def doing_of(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "Dana's change took down the site": what somebody did stands for them as the cause."""
    owner = sentence.at(index - 1)
    if not owner.endswith("'s") or sentence.at(index + 1) not in _TOOK_DOWN:
        return
    name = owner[:-2]
    if name in lists.people or (sentence.capital[index - 1] and name in lists.names):
        yield Mark("person", index - 1, index + 1)


def fault_of(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "it was the vendor's fault": whoever owns it, the story ends there."""
    del lists
    if sentence.at(index - 1).endswith(("'s", "s'")) and sentence.at(index + 1) not in _FAULT_OF:
        yield Mark("person", index - 1, index)


def wrong_thing(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "somebody unplugged the wrong cable": wrong is known afterwards only."""
    verb = index - 2
    if sentence.at(index - 1) != "the" or verb < 1 or _is_passive(sentence, verb):
        return
    if sentence.words[verb].endswith("ing") and sentence.words[verb - 1] in ("by", "while", "when"):
        yield Mark("blame", verb, index)
    elif is_participle(sentence, verb) or sentence.words[verb] in ("ran", "chose", "took", "typed"):
        subject = subject_of(sentence, verb, lists)
        if subject.is_person:
            yield Mark("blame", verb, index, about_oneself=subject.kind == "first")


def nobody_did(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "Nobody noticed", "no one was watching": not "nobody was harmed", not a rule."""
    del lists
    last = index
    if sentence.words[index] == "no":
        if sentence.at(index + 1) != "one":
            return
        last = index + 1
    elif sentence.words[index] == "none":
        if sentence.at(index + 1) != "of" or sentence.at(index + 2) != "us":
            return
        last = index + 2
    place = last + 1
    if sentence.at(place) == "else":
        place += 1
    # "Nobody from the server team knew": the words between are part of the name.
    if sentence.at(place) in ("from", "in", "on", "at", "of"):
        seen = place
        while seen < len(sentence) and seen - place < 8 and sentence.words[seen] not in _NOTICING:
            seen += 1
        if seen >= len(sentence) or seen - place >= 8:
            return
        place = seen
    verb = place
    while verb < len(sentence) and (
        sentence.words[verb] in ("was", "were", "had", "has", "did", "have")
        or is_adverb(sentence.words[verb])
    ):
        verb += 1
    done = sentence.at(verb)
    if sentence.at(place) in _HARMLESS or done in _HARMLESS:
        return
    if done in _NOTICING:
        yield Mark("absolute", index, min(verb, len(sentence) - 1))


def settled_habit(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "this team always breaks the build": a habit of people; machines have rules."""
    verb = skip_adverbs(sentence, index + 1)
    if sentence.at(verb) in _BAD_HABITS or sentence.at(verb) in lists.verb("fell_short"):
        subject = subject_of(sentence, index, lists)
        if subject.is_person:
            yield Mark("absolute", index, verb)


def not_at_all(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "We did not test this at all"."""
    if sentence.at(index + 1) != "all":
        return
    for place in range(index - 1, max(-1, index - 9), -1):
        if sentence.words[place] in BORDER:
            return
        if sentence.words[place] in ("not", "never"):
            subject = subject_of(sentence, place, lists)
            if subject.is_person and sentence.at(place + 1) in lists.verb("diligence"):
                yield Mark("absolute", index, index + 1)
            return


def _person_after(sentence: Sentence, place: int, lists: WordLists) -> int | None:
    """The last word of the person named from ``place`` on, or ``None``.

    "The engineer" is a person; "the engineer dashboard" is not; "the engineer's change" is.
    """
    if sentence.at(place) in OBJECTS - {"it", "them", "itself"} or sentence.at(place) == "someone":
        return place
    start = place
    while sentence.at(place) in DETERMINER:
        place += 1
    end = place
    while end < len(sentence) and end - start < 5 and is_content(sentence.words[end]):
        word = sentence.words[end]
        if word.endswith(("'s", "s'")):
            owner = word[:-2] if word.endswith("'s") else word[:-1]
            known = owner in lists.people or (sentence.capital[end] and owner in lists.names)
            if known and any(
                sentence.at(later) in lists.noun("doings") for later in range(end + 1, end + 4)
            ):
                return end + 1
            return None
        if word == NUMBER:
            return None
        if (
            word.endswith("ing")
            and end > place
            and kind_of_noun(sentence, end - 1, lists) == "person"
        ):
            break
        end += 1
    head = end - 1
    if head < place:
        return None
    if kind_of_noun(sentence, head, lists) == "person" and (sentence.words[head] not in _NO_ACTORS):
        return head
    return None
