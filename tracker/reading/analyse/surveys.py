"""What people said after a review, once enough of them did; and whose turn it is."""

from __future__ import annotations

from sqlmodel import func, select

from tracker.db.work import Look
from tracker.domain.survey import SurveyResult, survey_result
from tracker.models.review import Review
from tracker.models.review_work import SurveyAnswer, SurveyTurn


def survey_of(look: Look, review: Review) -> SurveyResult:
    """The result as everybody who reads the review may see it. Two queries."""
    asked = look.session.exec(
        select(func.count()).select_from(SurveyTurn).where(SurveyTurn.review_id == review.key)
    ).one()
    rows = look.session.exec(select(SurveyAnswer).where(SurveyAnswer.review_id == review.key)).all()
    answers = [(row.learned, row.safe, row.will_change) for row in rows]
    return survey_result(asked, answers, [row.remark for row in rows])


def my_turn(look: Look, review: Review) -> SurveyTurn | None:
    """The actor's own turn, if they were asked."""
    person_id = look.actor.person_id
    return look.session.get(SurveyTurn, (review.key, person_id)) if person_id else None
