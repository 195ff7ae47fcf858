"""Answers and factors of a review: several people write, nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotFound, NotValid
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.merging import merge_texts
from tracker.domain.review import FACTOR_ROLES, Answer, Question
from tracker.models.catalogue import Person
from tracker.models.review import (
    AnswerRevision,
    FactorTerm,
    Review,
    ReviewAnswer,
    ReviewFactor,
)
from tracker.reading.policies import template
from tracker.usecases.analyse.mentions import tell_named
from tracker.usecases.analyse.reviews import keep_revision, put_answer_row

YES_NO = ("yes", "no")
THIN_OUT_AFTER = timedelta(days=1)
# A worker that slept for a month still finds the rest; older history was thinned long ago.
THIN_OUT_REACH = timedelta(days=31)
SAVED_TOGETHER_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class SaveAnswer:
    """An answer, and the version it was written on.

    ``base_version`` 0 means that there was no answer yet; ``None`` that the writer does not know:
    then the text replaces what stands, which stays in the history.
    """

    question: str
    text: str = ""
    choice: str = ""
    because: str = ""
    base_version: int | None = None
    # What the writer had before their eyes, when that is no stored version: words they sent a
    # moment ago and typed on from, while the server merged them with somebody else's.
    base: Answer | None = None


@dataclass(frozen=True)
class SavedAnswer:
    """The answer as it stands now, and how it came about."""

    row: ReviewAnswer
    merged: bool = False
    # Passages that two people changed in different ways; the text holds both.
    conflicts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class FactorAsk:
    """A contributing factor: a term of the taxonomy, its role, and what is known about it."""

    term: str
    role: str = "condition"
    note: str = ""
    made_sense: str = ""
    evidence: str = ""


def answer_question(work: Work, review: Review, ask: SaveAnswer) -> SavedAnswer:
    """The answer is saved; when somebody saved meanwhile, both texts are merged.

    Whoever is newly named in it hears of that. Raises: NotFound for a question this template
    lacks, NotValid, NotAllowed when waived. Emits: review.changed, notice.told.
    """
    question = _writable_question(work, review, ask.question)
    gaps = Gaps()
    asks.check_text(gaps, "text", ask.text)
    asks.check_text(gaps, "because", ask.because, limit=asks.NOTE_LIMIT)
    if question.kind == "choice":
        asks.check_choice(gaps, "choice", ask.choice, question.choices, required=False)
    else:
        asks.check_choice(gaps, "choice", ask.choice, YES_NO, required=False)
    gaps.raise_not_valid()
    text, because = asks.clean(ask.text), asks.clean(ask.because)
    row = _answer(work, review, ask.question)
    before = "" if row is None else row.text
    saved = _saved(work, review, row, ask, text=text, because=because)
    tell_named(work, review, question=ask.question, before=before, after=saved.row.text)
    return saved


def _saved(
    work: Work,
    review: Review,
    row: ReviewAnswer | None,
    ask: SaveAnswer,
    *,
    text: str,
    because: str,
) -> SavedAnswer:
    if row is None:
        if ask.base_version:
            raise NotValid(Gap("base_version", "There is no such version of this answer"))
        row = put_answer_row(
            work, review, ask.question, text=text, choice=ask.choice, because=because
        )
        work.emit("review.changed", review)
        return SavedAnswer(row)
    if (row.text, row.choice, row.because) == (text, ask.choice, because):
        return SavedAnswer(row)
    known = ask.base_version is None or ask.base_version == row.version
    if known and ask.base is None:
        return _replace(work, review, row, text=text, choice=ask.choice, because=because)
    return _merge(work, review, row, ask, text=text, because=because)


def restore_answer(work: Work, review: Review, question: str, *, version: int) -> SavedAnswer:
    """The answer reads as it did in ``version``; what stood until now stays in the history.

    Raises: NotFound. Emits: review.changed.
    """
    _writable_question(work, review, question, verb="restore_answer")
    row = _answer(work, review, question)
    revision = None if row is None else _revision(work, row, version)
    if row is None or revision is None:
        raise NotFound("That version of the answer")
    return _replace(
        work,
        review,
        row,
        text=revision.text,
        choice=revision.choice,
        because=revision.because,
    )


def add_factor(work: Work, review: Review, ask: FactorAsk) -> ReviewFactor:
    """The review names this factor too. Raises: NotValid. Emits: review.changed."""
    work.permit("add_factor")
    refuse_closed(work, review)
    _check_factor(work, ask)
    position = work.session.exec(
        select(func.count()).select_from(ReviewFactor).where(ReviewFactor.review_id == review.key)
    ).one()
    row = work.add(ReviewFactor(review_id=review.key, position=position, **_factor_values(ask)))
    work.emit("review.changed", review)
    return row


def edit_factor(work: Work, review: Review, factor_id: int, ask: FactorAsk) -> ReviewFactor:
    """The factor has the new values. Raises: NotFound, NotValid. Emits: review.changed."""
    work.permit("edit_factor")
    refuse_closed(work, review)
    row = _factor(work, review, factor_id)
    _check_factor(work, ask)
    for name, value in _factor_values(ask).items():
        setattr(row, name, value)
    work.emit("review.changed", review)
    return row


def remove_factor(work: Work, review: Review, factor_id: int) -> None:
    """The review no longer names this factor. Raises: NotFound. Emits: review.changed."""
    work.permit("remove_factor")
    refuse_closed(work, review)
    work.session.delete(_factor(work, review, factor_id))
    work.emit("review.changed", review)


def thin_out_revisions(work: Work) -> int:
    """Of what one person saved within ten minutes only the last remains; how many rows went.

    Autosave makes a revision every few seconds. Left alone are: the last day, merges of two
    people's work, the first revision of an answer and the one that stands now.
    """
    earlier: Any = aliased(AnswerRevision)
    later: Any = aliased(AnswerRevision)
    rows = work.session.execute(
        sa.select(earlier.id, earlier.at, earlier.by_id, later.at, later.by_id)
        .join(
            later,
            (later.answer_id == earlier.answer_id) & (later.version == earlier.version + 1),
        )
        .where(
            earlier.at < work.now - THIN_OUT_AFTER,
            earlier.at >= work.now - THIN_OUT_AFTER - THIN_OUT_REACH,
            earlier.version > 1,
            earlier.merged.is_(False),
        )
        .order_by(earlier.answer_id, earlier.version)
    ).all()
    gone = [
        row_id
        for row_id, at, by, next_at, next_by in rows
        if by == next_by and _window(at) == _window(next_at)
    ]
    for start in range(0, len(gone), 500):
        batch = gone[start : start + 500]
        work.session.execute(sa.delete(AnswerRevision).where(col(AnswerRevision.id).in_(batch)))
    return len(gone)


def _window(at: datetime) -> int:
    return int(at.timestamp()) // SAVED_TOGETHER_SECONDS


def _writable_question(
    work: Work, review: Review, key: str, *, verb: str = "answer_question"
) -> Question:
    work.permit(verb)
    refuse_closed(work, review)
    question = template(work, review.template_key, review.template_version).question(key)
    if question is None:
        raise NotFound(f"The question “{key[:40]}”")
    return question


def refuse_closed(work: Work, review: Review) -> None:
    """Nothing, when the actor may write on the review as it stands.

    Raises: NotAllowed for a waived review, NotPermitted after publication for those who may not
    amend.
    """
    if review.state in OPEN_REVIEW_STATES:
        return
    if review.state == "waived":
        raise NotAllowed(
            "This review is waived",
            hint="Resume it to go on writing.",
            gaps=[Gap("state", "A waived review is not written on")],
        )
    # After publication the working copy is for those who may amend.
    work.actor.needs("amend_review")


def _merge(
    work: Work,
    review: Review,
    row: ReviewAnswer,
    ask: SaveAnswer,
    *,
    text: str,
    because: str,
) -> SavedAnswer:
    base = ask.base or _answer_as_of(work, row, ask.base_version or 0)
    other = work.session.get(Person, row.updated_by_id) if row.updated_by_id else None
    names = {"my_name": work.actor.name, "their_name": other.name if other else "somebody"}
    merged = merge_texts(asks.clean(base.text), text, row.text, **names)
    reasons = merge_texts(asks.clean(base.because), because, row.because, **names)
    choice = ask.choice if ask.choice != base.choice else row.choice
    if (merged.text, reasons.text, choice) == (row.text, row.because, row.choice):
        # Sent a second time after its answer was lost: all of it is there already.
        return SavedAnswer(row, merged=True)
    return _replace(
        work,
        review,
        row,
        text=merged.text,
        choice=choice,
        because=reasons.text,
        typed=text,
        merged=True,
        conflicts=(*merged.conflicts, *reasons.conflicts),
    )


def _answer_as_of(work: Work, row: ReviewAnswer, version: int) -> Answer:
    """What stood in ``version``; nothing for version 0 or for one that was thinned out."""
    revision = _revision(work, row, version) if version else None
    if revision is None:
        if version > row.version:
            raise NotValid(Gap("base_version", "There is no such version of this answer"))
        return Answer()
    return Answer(text=revision.text, choice=revision.choice, because=revision.because)


def _replace(
    work: Work,
    review: Review,
    row: ReviewAnswer,
    *,
    text: str,
    choice: str,
    because: str,
    typed: str = "",
    merged: bool = False,
    conflicts: tuple[tuple[str, str], ...] = (),
) -> SavedAnswer:
    row.text, row.choice, row.because = text, choice, because
    row.version += 1
    row.updated_at = work.now
    row.updated_by_id = work.actor.person_id
    keep_revision(work, row, typed=typed, merged=merged)
    work.emit("review.changed", review)
    return SavedAnswer(row, merged=merged, conflicts=conflicts)


def _answer(work: Work, review: Review, question: str) -> ReviewAnswer | None:
    return work.session.exec(
        select(ReviewAnswer)
        .where(ReviewAnswer.review_id == review.key, ReviewAnswer.question == question)
        .with_for_update()
    ).first()


def _revision(work: Work, row: ReviewAnswer, version: int) -> AnswerRevision | None:
    return work.session.exec(
        select(AnswerRevision).where(
            AnswerRevision.answer_id == row.key, AnswerRevision.version == version
        )
    ).first()


def _factor(work: Work, review: Review, factor_id: int) -> ReviewFactor:
    row = work.session.get(ReviewFactor, factor_id)
    if row is None or row.review_id != review.key:
        raise NotFound("That factor")
    return row


def _check_factor(work: Work, ask: FactorAsk) -> None:
    gaps = Gaps()
    asks.check_choice(gaps, "role", ask.role, FACTOR_ROLES)
    for name in ("note", "made_sense", "evidence"):
        asks.check_text(gaps, name, getattr(ask, name), limit=asks.NOTE_LIMIT)
    known = work.session.exec(select(FactorTerm.id).where(col(FactorTerm.term) == ask.term)).first()
    gaps.unless(known, "term", f"“{ask.term[:60]}” is not in the taxonomy")
    gaps.raise_not_valid()


def _factor_values(ask: FactorAsk) -> dict[str, Any]:
    return {
        "term": ask.term,
        "role": ask.role,
        "note": asks.clean(ask.note),
        "made_sense": asks.clean(ask.made_sense),
        "evidence": asks.clean(ask.evidence),
    }
