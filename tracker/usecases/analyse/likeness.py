"""Incidents that look alike: a person says whether they are, and it is remembered for the pair."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotValid
from tracker.models.incident import Incident
from tracker.models.lesson import Lesson, LessonIncident
from tracker.models.review import Review, ReviewIncident
from tracker.models.review_work import LikenessVerdict
from tracker.reading.analyse.reviews import incidents_of
from tracker.reading.references import incident_by_ref, lesson_by_ref, ref
from tracker.usecases.analyse.answers import refuse_closed


@dataclass(frozen=True, kw_only=True)
class SayAlike:
    """Whether the two incidents are of one kind, and what makes it so or not.

    ``incident`` is one under review, ``other`` the one it looks like.
    """

    incident: str
    other: str
    same: bool
    why: str = ""


def say_alike(work: Work, review: Review, ask: SayAlike) -> LikenessVerdict:
    """The pair is the same or not; the newest word stands, and the pair is not asked about again.

    Raises: NotValid, NotFound for an incident that the actor may not read. Emits: review.changed.
    """
    work.permit("say_alike")
    refuse_closed(work, review)
    gaps = Gaps()
    asks.check_text(gaps, "why", ask.why, limit=asks.REASON_LIMIT)
    gaps.raise_not_valid()
    mine = _under_review(work, review, ask.incident)
    other = incident_by_ref(work, ask.other)
    if work.session.get(ReviewIncident, (review.key, other.key)) is not None:
        raise NotValid(Gap("other", "Both are under this review already"))
    first, second = sorted((mine.key, other.key))
    row = work.session.exec(
        select(LikenessVerdict)
        .where(LikenessVerdict.incident_id == first, LikenessVerdict.other_id == second)
        .with_for_update()
    ).first()
    if row is None:
        row = LikenessVerdict(incident_id=first, other_id=second, same=ask.same, at=work.now)
    row.same, row.why = ask.same, asks.clean(ask.why)
    row.at, row.by_id = work.now, work.actor.person_id
    row = work.add(row)
    work.emit("review.changed", review)
    return row


def link_lesson(work: Work, review: Review, *, lesson: str, incident: str) -> Lesson:
    """The lesson was known before this incident: the two are linked, once.

    Source: an incident that meets an existing lesson is the most honest figure of learning.
    Raises: NotFound, NotValid for a lesson that came out of this very review.
    Emits: review.changed, lesson.changed.
    """
    work.permit("link_lesson")
    refuse_closed(work, review)
    mine = _under_review(work, review, incident)
    row = lesson_by_ref(work, lesson)
    if row.review_id == review.key:
        raise NotValid(Gap("lesson", f"{ref(row)} comes out of this review: it is new"))
    if mine.circle_id is not None and row.circle_id != mine.circle_id:
        # The services and teams of its incidents are found with a lesson.
        raise NotValid(
            Gap("lesson", f"{ref(mine)} is closed, and {ref(row)} has other readers: name it in "
                          "the review instead")
        )  # fmt: skip
    if work.session.get(LessonIncident, (row.key, mine.key)) is None:
        work.add(LessonIncident(lesson_id=row.key, incident_id=mine.key))
        work.emit("lesson.changed", row)
        work.emit("review.changed", review)
    return row


def _under_review(work: Work, review: Review, text: str) -> Incident:
    incidents = incidents_of(work, review)
    found = next((one for one in incidents if ref(one) == text.strip().upper()), None)
    if found is None:
        raise NotValid(Gap("incident", f"“{text[:20]}” is not under this review"))
    return found
