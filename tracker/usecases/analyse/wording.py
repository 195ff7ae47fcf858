"""Decisions about words: which ones this organisation allows or adds, which hints are put aside."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotFound, NotValid
from tracker.models.review import Review
from tracker.models.wording import WordingDismissal, WordingTerm
from tracker.reading.analyse.wording import (
    PHRASE_LIMIT,
    RECORD_KIND,
    categories,
    dismissal,
    phrase_of,
    term,
)
from tracker.reading.policies import template
from tracker.usecases.managed import refuse_managed

VERDICTS = ("allow", "add")


@dataclass(frozen=True, kw_only=True)
class TermAsk:
    """A word or phrase that is never marked here (``allow``), or marked besides the others.

    ``category`` may be empty for an allowed one: it then counts for every category.
    """

    phrase: str
    verdict: str
    category: str = ""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class DismissAsk:
    """A hint that does not fit here: the words it marked, in the answer to which question."""

    question: str
    phrase: str
    category: str
    why: str


def keep_term(work: Work, ask: TermAsk) -> WordingTerm:
    """The organisation's list has the phrase with this verdict; one that was there is replaced.

    Raises: NotValid, NotAllowed for one from files.
    """
    work.permit("edit_word_lists")
    gaps = Gaps()
    asks.check_text(gaps, "phrase", ask.phrase, limit=PHRASE_LIMIT, required=True)
    asks.check_choice(gaps, "verdict", ask.verdict, VERDICTS)
    asks.check_choice(
        gaps, "category", ask.category, tuple(categories()), required=ask.verdict == "add"
    )
    asks.check_text(gaps, "why", ask.why, limit=asks.REASON_LIMIT, required=True)
    phrase = phrase_of(asks.clean(ask.phrase))
    if phrase and not any(letter.isalpha() for letter in phrase):
        gaps.add("phrase", "A phrase needs at least one word")
    gaps.raise_not_valid()
    row = work.session.exec(
        select(WordingTerm).where(WordingTerm.phrase == phrase, WordingTerm.verdict == ask.verdict)
    ).first()
    refuse_managed(row)
    if row is None:
        row = WordingTerm(phrase=phrase, verdict=ask.verdict)
    row.category = ask.category
    row.why = asks.clean(ask.why)
    row.at = work.now
    row.by_id = work.actor.person_id
    return work.add(row)


def drop_term(work: Work, term_id: int) -> WordingTerm:
    """The phrase is in the list no longer. Raises: NotFound, NotAllowed for one from files."""
    work.permit("edit_word_lists")
    row = term(work, term_id)
    refuse_managed(row)
    work.session.delete(row)
    return row


def dismiss_hint(work: Work, review: Review, ask: DismissAsk) -> WordingDismissal:
    """These words are marked no more in this answer; the reason stays beside it.

    Putting the same words aside again keeps the first reason. Whoever writes next sees both and
    can take it back.
    Raises: NotFound for a question this template lacks, NotValid.
    """
    work.permit("dismiss_hint")
    if template(work, review.template_key, review.template_version).question(ask.question) is None:
        raise NotFound(f"The question “{ask.question[:40]}”")
    gaps = Gaps()
    # A mark may be longer than what is kept to know it by.
    asks.check_text(gaps, "phrase", ask.phrase, limit=asks.REASON_LIMIT, required=True)
    asks.check_choice(gaps, "category", ask.category, tuple(categories()))
    asks.check_text(gaps, "why", ask.why, limit=asks.REASON_LIMIT)
    if not ask.why.strip():
        gaps.add("why", "Say in a few words why the hint does not fit here")
    gaps.raise_not_valid()
    phrase = phrase_of(asks.clean(ask.phrase))
    if not phrase:
        raise NotValid(Gap("phrase", "Phrase is needed"))
    row = work.session.exec(
        select(WordingDismissal).where(
            WordingDismissal.record_kind == RECORD_KIND,
            WordingDismissal.record_id == review.key,
            WordingDismissal.place == ask.question,
            WordingDismissal.phrase == phrase,
        )
    ).first()
    if row is None:
        row = WordingDismissal(
            record_kind=RECORD_KIND,
            record_id=review.key,
            place=ask.question,
            phrase=phrase,
            category=ask.category,
            why=asks.clean(ask.why),
            at=work.now,
            by_id=work.actor.person_id,
        )
        work.add(row)
        work.session.flush()
    return row


def bring_hint_back(work: Work, review: Review, dismissal_id: int) -> WordingDismissal:
    """The words are marked again. Raises: NotFound."""
    work.permit("dismiss_hint")
    row = dismissal(work, review, dismissal_id)
    work.session.delete(row)
    return row
