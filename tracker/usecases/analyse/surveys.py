"""Three questions after a review. Who answered and what was answered are kept apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed
from tracker.domain.survey import GRADES
from tracker.models.review import Review
from tracker.models.review_work import SurveyAnswer, SurveyTurn
from tracker.reading.references import ref
from tracker.usecases.notices import notify


@dataclass(frozen=True, kw_only=True)
class SurveyWord:
    """A grade from 1 to 5 for each question, and what somebody would like to add."""

    learned: int
    safe: int
    will_change: int
    remark: str = ""


def open_survey(work: Work, review: Review, people: Iterable[int]) -> None:
    """These people have their turn and hear of it, each once for a review. Emits: notice.told."""
    for person_id in sorted(set(people)):
        if work.session.get(SurveyTurn, (review.key, person_id)) is not None:
            continue
        work.add(SurveyTurn(review_id=review.key, person_id=person_id))
        notify(
            work,
            [person_id],
            review,
            kind="survey",
            text=f"Three short questions about {ref(review)} “{review.title}”, without your name",
            once=f"survey {review.key}",
        )


def answer_survey(work: Work, review: Review, word: SurveyWord) -> None:
    """The answer is kept without a name and with the day alone; the turn is used.

    Raises: NotValid; NotAllowed for somebody who was not asked or has answered.
    """
    # Asked without work.permit: the audit would keep who answered when, and with it which answer.
    work.actor.needs("answer_survey")
    gaps = Gaps()
    for name in ("learned", "safe", "will_change"):
        if getattr(word, name) not in GRADES:
            gaps.add(name, "Choose a number from 1 to 5")
    asks.check_text(gaps, "remark", word.remark, limit=asks.REASON_LIMIT)
    gaps.raise_not_valid()
    person_id = work.actor.person_id
    turn = work.session.get(SurveyTurn, (review.key, person_id)) if person_id else None
    if turn is None or turn.answered:
        message = "You have answered already" if turn else "You were not asked about this review"
        raise NotAllowed(message, gaps=[Gap("person", message)])
    turn.answered = True
    work.add(
        SurveyAnswer(
            review_id=review.key,
            learned=word.learned,
            safe=word.safe,
            will_change=word.will_change,
            remark=asks.clean(word.remark),
            on_day=work.today,
        )
    )
