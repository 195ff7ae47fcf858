"""What might have been: modal verbs before a participle, and steps that were left out.

The words alone do not tell. "Users could have seen old prices" is an effect; "we could have seen
it" is a course of events that did not take place. What decides is the subject and the kind of verb.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracker.domain.wording.finding import Mark
from tracker.domain.wording.grammar import (
    BORDER,
    DETERMINER,
    is_adverb,
    is_participle,
    skip_adverbs,
    subject_of,
)
from tracker.domain.wording.lists import WordLists
from tracker.domain.wording.tokens import Sentence, words

TRIGGERS = words("""should ought could would might may need needed supposed had did never 'd""")
_BETTER = words(
    """better helpful useful nice good great wise wiser prudent preferable ideal easier faster
    quicker simpler safer smarter beneficial best advisable sensible valuable cleaner
    sufficient enough worth smoother sooner"""
)
_MEASURES = words("a an much far lot even more the way")
_DECISIONS = words(
    "deployed merged released pushed made published approved started given left upgraded rolled"
)
# "We would have had to restart" weighs a choice.
_HAD_TO = words("had needed lost been run")
_SENT = words("received got gotten had seen")


def marks(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """The counterfactual that begins with the word at ``index``, if there is one."""
    word = sentence.words[index]
    if word in ("should", "ought", "needed", "need", "supposed"):
        yield from _due(sentence, index, lists)
    elif word in ("could", "might", "may"):
        yield from _possible(sentence, index, lists)
    elif word in ("would", "'d"):
        yield from _would(sentence, index, lists)
    elif word == "had":
        yield from _had(sentence, index, lists)
    elif word in ("did", "never"):
        yield from _left_out(sentence, index, lists)


def _have_after(sentence: Sentence, index: int) -> tuple[int, bool] | None:
    """(place of the verb after "have", negated) for a modal at ``index``."""
    place = index + 1
    negated = False
    while place < len(sentence) and (
        is_adverb(sentence.words[place]) or sentence.words[place] in ("not", "to", "least")
    ):
        negated = negated or sentence.words[place] == "not"
        place += 1
    if sentence.at(place) not in ("have", "of"):
        return None
    place = skip_adverbs(sentence, place + 1)
    if sentence.at(place) == "not":
        negated, place = True, skip_adverbs(sentence, place + 1)
    return place, negated


def _past_measure(sentence: Sentence, place: int) -> int:
    """The first place from ``place`` on that is no adverb and no "a lot", "much", "even"."""
    place = skip_adverbs(sentence, place)
    while sentence.at(place) in _MEASURES:
        place = skip_adverbs(sentence, place + 1)
    return place


def _due(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "should have checked", "ought to have asked", "needed to have been tested"."""
    found = _have_after(sentence, index)
    if found is None:
        return
    verb, negated = found
    care = lists.verb("care") | (_DECISIONS if negated else frozenset())
    subject = subject_of(sentence, index, lists)
    if subject.kind == "outsider":
        return
    # "You should have received a mail" tells readers what was sent to them.
    if sentence.at(subject.place) == "you" and sentence.at(verb) in _SENT:
        return
    if sentence.at(verb) == "been":
        done = skip_adverbs(sentence, verb + 1)
        due = sentence.at(done) in care or sentence.at(done) in ("possible", "allowed", "able")
        level = "hint" if due or subject.is_person else "info"
        yield Mark("counterfactual", index, min(done, len(sentence) - 1), level)
        return
    if not is_participle(sentence, verb):
        return
    if subject.is_person or (subject.kind == "none" and sentence.words[verb] != "had"):
        oneself = subject.kind == "first"
        yield Mark("counterfactual", index, verb, about_oneself=oneself)
    elif sentence.words[verb] in lists.verb("prevents"):
        yield Mark("counterfactual", index, verb)
    else:
        yield Mark("counterfactual", index, verb, "info")


def _possible(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "could have noticed", "might have prevented": not what users could have seen."""
    found = _have_after(sentence, index)
    if found is None or found[1]:
        return
    verb, _ = found
    done = sentence.at(verb)
    modal = sentence.words[index]
    if done == "been":
        last = _past_measure(sentence, verb + 1)
        if sentence.at(last) in lists.verb("prevented_passive") or sentence.at(last) in _BETTER:
            yield Mark("counterfactual", index, last)
        return
    if not is_participle(sentence, verb):
        return
    if done in lists.verb("prevents"):
        # "May have reduced the load" tells of an effect that nobody measured.
        level = "info" if modal == "may" or done in ("exposed", "allowed", "enabled") else "hint"
        yield Mark("counterfactual", index, verb, level)
        return
    subject = subject_of(sentence, index, lists)
    if modal != "could" or done in lists.verb("effects"):
        return
    if subject.is_person or (subject.kind == "none" and index <= 1):
        oneself = subject.kind == "first"
        yield Mark("counterfactual", index, verb, about_oneself=oneself)


def _would(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "would have caught this", "would have been better", "would not have happened"."""
    found = _have_after(sentence, index)
    if found is None:
        return
    verb, negated = found
    done = sentence.at(verb)
    if done == "been":
        last = _past_measure(sentence, verb + 1)
        if sentence.at(last) in _BETTER:
            yield Mark("counterfactual", index, last)
        elif sentence.at(last) in lists.verb("prevented_passive"):
            yield Mark("counterfactual", index, last, "info" if negated else "hint")
        return
    if negated and done in ("happened", "occurred"):
        yield Mark("counterfactual", index, verb)
    elif done in lists.verb("prevents"):
        if done == "stopped" and sentence.at(verb + 1).endswith("ing"):
            return
        level = "hint"
        if negated or done in ("exposed", "limited", "blocked"):
            level = "info"
        yield Mark("counterfactual", index, verb, level)
    elif done not in _HAD_TO and is_participle(sentence, verb) and not negated:
        subject = subject_of(sentence, index, lists)
        # "They would have seen errors" is what happened to people, not what they might have done.
        if subject.kind == "first" or (subject.is_person and done not in lists.verb("effects")):
            yield Mark("counterfactual", index, verb)


def _had(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "If we had tested it, …" and "had the engineer read …": never a plain past perfect."""
    before = sentence.at(index - 1)
    opens = index == 0 or before in BORDER or before in (",", "and", "but", "because")
    if opens:
        yield from _inverted(sentence, index, lists)
        return
    subject = subject_of(sentence, index, lists)
    if sentence.at(subject.place - 1) not in ("if", "unless"):
        return
    if not subject.is_person:
        if sentence.at(index + 1) == "been" and sentence.at(
            skip_adverbs(sentence, index + 2)
        ) in lists.verb("prevented_passive"):
            yield Mark("counterfactual", subject.place - 1, skip_adverbs(sentence, index + 2))
        return
    if sentence.at(subject.place) == "you":
        return
    verb = skip_adverbs(sentence, index + 1)
    if sentence.at(verb) == "not":
        verb = skip_adverbs(sentence, verb + 1)
    if is_participle(sentence, verb):
        yield Mark("counterfactual", subject.place - 1, verb)


def _inverted(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "Had the engineer read it", "had we known": people between "had" and its participle."""
    verb = index + 1
    while sentence.at(verb) in DETERMINER:
        verb += 1
    first = verb
    while verb < len(sentence) and verb - first < 4 and not is_participle(sentence, verb):
        verb += 1
    if verb == first or verb - first >= 4 or verb >= len(sentence):
        return
    who = verb - 1
    while who > index and (is_adverb(sentence.words[who]) or sentence.words[who] == "not"):
        who -= 1
    subject = subject_of(sentence, who + 1, lists)
    if "not" in sentence.words[who:verb] and sentence.words[verb] == "been":
        return
    cared = sentence.words[verb] == "been" and sentence.at(
        skip_adverbs(sentence, verb + 1)
    ) in lists.verb("prevented_passive")
    if (subject.is_person and subject.place > index) or cared:
        yield Mark("counterfactual", index, verb, about_oneself=subject.kind == "first")


def _left_out(sentence: Sentence, index: int, lists: WordLists) -> Iterator[Mark]:
    """As in "They did not check": a step of care that was not taken; not what they did not know."""
    word = sentence.words[index]
    verb = skip_adverbs(sentence, index + 1)
    if word == "did" and not {"not", "never"}.intersection(sentence.words[index + 1 : verb]):
        return
    verb = skip_adverbs(sentence, verb)
    if sentence.at(verb) in ("even", "have", "really"):
        verb += 1
    done = sentence.at(verb)
    if not _is_diligence(done, sentence, verb, lists):
        return
    subject = subject_of(sentence, index, lists)
    if subject.is_person:
        oneself = subject.kind == "first"
        yield Mark("counterfactual", index, verb, about_oneself=oneself)


def _is_diligence(word: str, sentence: Sentence, verb: int, lists: WordLists) -> bool:
    wanted = lists.verb("diligence")
    bare = word
    if word not in wanted and word.endswith("s") and word[:-1] in wanted:
        bare = word[:-1]
    elif word not in wanted and word.endswith("ed"):
        bare = next(
            (one for one in (word[:-2], word[:-1], word[:-3], f"{word[:-3]}y") if one in wanted), ""
        )
    if bare not in wanted:
        return bool(word == "thought")
    following = sentence.at(verb + 1)
    # These few are steps of care only with what they are taken with.
    needed = {
        "take": ("into", "the", "care", "account", "time", "enough"),
        "make": ("sure", "the", "time", "it", "enough"),
        "do": ("enough", "any", "our", "my", "proper", "due", "sufficient", "thorough", "it"),
        "pay": ("attention", "enough", "close", "sufficient"),
        "account": ("for",),
        "look": ("at", "into", "closely", "for"),
        "have": (),
        "think": ("to", "of", "about", "through", "it"),
        "plan": ("for", "the", "enough"),
        "respond": (),
        "act": (),
        "react": (),
        "share": ("the", "this", "it"),
    }.get(bare)
    return needed is None or not needed or following in needed
