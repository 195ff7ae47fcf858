"""The meeting about a review, and the survey after it."""

from typing import Annotated

from pydantic import Field

from tracker.api.feature import Feature
from tracker.api.shapes import (
    Answer,
    Asked,
    Done,
    Email,
    Emails,
    Instant,
    Link,
    LongText,
    Note,
    PersonOut,
    Reason,
    ReviewRef,
    ask_from,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.domain.errors import NotFound
from tracker.models.review import Review
from tracker.reading.analyse.meetings import meeting_of, whole_meeting
from tracker.reading.analyse.surveys import survey_of
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.meetings import (
    PlanMeeting,
    cancel_meeting,
    keep_minutes,
    plan_meeting,
    share_draft,
)
from tracker.usecases.analyse.surveys import SurveyWord, answer_survey

api = Feature("meetings", "Meeting about a review, and asking afterwards how it was.")

Grade = Annotated[int, Field(ge=1, le=5)]


class ReviewPath(Asked):
    ref: ReviewRef


class MeetingIn(Asked):
    """When, where and with whom; an empty agenda is proposed from the review."""

    starts_at: Instant
    minutes: Annotated[int, Field(ge=10, le=480)] = 60
    place: Link = ""
    agenda: Note = ""
    note_taker: Email = ""
    guests: Emails


class MinutesIn(Asked):
    """What was said, and who was there."""

    notes: LongText = ""
    attended: Emails = []


class SurveyIn(Asked):
    """Grades from 1, not at all, to 5, very much."""

    learned: Grade
    safe: Grade
    will_change: Grade
    remark: Reason = ""


class GuestOut(Answer):
    person: PersonOut | None
    attended: bool | None


class MeetingOut(Answer):
    """``sequence`` counts the changes that guests were told of."""

    starts_at: Instant
    minutes: int
    place: str
    agenda: str
    notes: str
    sequence: int
    facilitator: PersonOut | None
    note_taker: PersonOut | None
    guests: list[GuestOut]
    draft_shared_at: Instant | None
    draft_is_late: bool
    held_at: Instant | None


class GradesOut(Answer):
    """How many gave each grade from 1 to 5, and their mean."""

    question: str
    counts: list[int]
    mean: float


class SurveyOut(Answer):
    """Grades and remarks are empty until three have answered."""

    asked: int
    answered: int
    shown: bool
    grades: list[GradesOut]
    remarks: list[str]


@api.reads("/reviews/<ref>/meeting", MeetingOut)
def read(look: Look, path: ReviewPath) -> MeetingOut:
    """The meeting that is planned, or was held last."""
    return _out(look, review_by_ref(look, path.ref))


@api.changes("/reviews/<ref>/meeting", MeetingOut, method="put", guarded=False)
def plan(work: Work, path: ReviewPath, body: MeetingIn) -> MeetingOut:
    """Plan the meeting or change it; its guests hear of it."""
    review = review_by_ref(work, path.ref)
    plan_meeting(work, review, ask_from(PlanMeeting, body))
    return _out(work, review)


@api.changes("/reviews/<ref>/meeting", Done, method="delete", guarded=False)
def cancel(work: Work, path: ReviewPath) -> Done:
    """Call the meeting off."""
    cancel_meeting(work, review_by_ref(work, path.ref))
    return Done()


@api.changes("/reviews/<ref>/meeting/share", MeetingOut, method="post", guarded=False)
def share(work: Work, path: ReviewPath) -> MeetingOut:
    """Tell the guests that the draft is there to read."""
    review = review_by_ref(work, path.ref)
    share_draft(work, review)
    return _out(work, review)


@api.changes("/reviews/<ref>/meeting/minutes", MeetingOut, method="put", guarded=False)
def minutes(work: Work, path: ReviewPath, body: MinutesIn) -> MeetingOut:
    """Keep the notes and who was there; those get the three questions."""
    review = review_by_ref(work, path.ref)
    keep_minutes(work, review, notes=body.notes, attended=tuple(body.attended))
    return _out(work, review)


@api.reads("/reviews/<ref>/survey", SurveyOut)
def survey(look: Look, path: ReviewPath) -> SurveyOut:
    """What people said, from three answers on."""
    return _survey(look, review_by_ref(look, path.ref))


@api.changes("/reviews/<ref>/survey", SurveyOut, method="post", guarded=False)
def answer(work: Work, path: ReviewPath, body: SurveyIn) -> SurveyOut:
    """Answer as the token's person, whose name is not kept."""
    review = review_by_ref(work, path.ref)
    answer_survey(work, review, ask_from(SurveyWord, body))
    work.session.flush()
    return _survey(work, review)


def _survey(look: Look, review: Review) -> SurveyOut:
    result = survey_of(look, review)
    return SurveyOut(
        asked=result.asked,
        answered=result.answered,
        shown=result.shown,
        grades=[
            GradesOut(question=one.question, counts=list(one.counts), mean=round(one.mean, 2))
            for one in result.grades
        ],
        remarks=list(result.remarks),
    )


def _out(look: Look, review: Review) -> MeetingOut:
    look.session.flush()
    row = meeting_of(look, review)
    if row is None:
        raise NotFound("A meeting about this review")
    meeting = whole_meeting(look, review, row)
    return MeetingOut(
        starts_at=row.starts_at,
        minutes=row.minutes,
        place=row.place,
        agenda=row.agenda,
        notes=row.notes,
        sequence=row.sequence,
        facilitator=person_out(meeting.facilitator),
        note_taker=person_out(meeting.note_taker),
        guests=[
            GuestOut(person=person_out(one.person), attended=one.row.attended)
            for one in meeting.guests
        ],
        draft_shared_at=review.shared_at,
        draft_is_late=meeting.draft_is_late,
        held_at=row.held_at,
    )
