"""The meeting about a review and the survey after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from tests.conftest import MONDAY, Cast, HandClock
from tests.faces.review_story import REVIEW, answer_everything, resolved
from tracker.app import App
from tracker.domain.errors import NotAllowed, NotFound, NotPermitted, NotValid
from tracker.domain.meeting import agenda_parts, draft_is_late, proposed_agenda
from tracker.domain.survey import survey_result
from tracker.models.journal import AuditEntry, Notice
from tracker.models.review_work import SurveyAnswer
from tracker.outbox.schedule import run_due
from tracker.reading.analyse.meetings import meeting_of, proposed_guests, whole_meeting
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.analyse.slides import slides_of
from tracker.reading.analyse.surveys import my_turn, survey_of
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.meetings import (
    PlanMeeting,
    cancel_meeting,
    keep_minutes,
    plan_meeting,
    share_draft,
)
from tracker.usecases.analyse.reviews import EditReview, edit_review, publish_review
from tracker.usecases.analyse.surveys import SurveyWord, answer_survey

THURSDAY = datetime(2026, 6, 4, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _plan(app: App, cast: Cast, *names: str, **more: object) -> None:
    given: dict[str, object] = {
        "starts_at": THURSDAY,
        "guests": tuple(cast.email(one) for one in names),
        **more,
    }
    with app.begin(cast.alice) as work:
        plan_meeting(work, review_by_ref(work, REVIEW), PlanMeeting(**given))  # type: ignore[arg-type]


def _told(app: App, kind: str) -> list[int]:
    with app.look_as_system() as look:
        query = select(Notice).where(Notice.kind == kind).order_by(Notice.id)  # type: ignore[arg-type]
        return [row.person_id for row in look.session.exec(query)]


@pytest.mark.parametrize("minutes", [10, 30, 45, 60, 90, 480])
def test_the_agenda_fills_the_meeting_and_gives_the_timeline_most(minutes: int) -> None:
    parts = agenda_parts(minutes, ["Where were we lucky?"] * 7)
    assert sum(part.minutes for part in parts) == minutes
    assert parts[1].minutes == max(part.minutes for part in parts)
    assert all(part.minutes > 0 for part in parts)
    assert "and 2 more" in proposed_agenda(minutes, ["Where were we lucky?"] * 7)


@pytest.mark.parametrize(
    ("shared", "now", "late"),
    [
        (None, THURSDAY - 30 * HOUR, False),
        (None, THURSDAY - 23 * HOUR, True),
        (THURSDAY - 24 * HOUR, THURSDAY - HOUR, False),
        (THURSDAY - 23 * HOUR, THURSDAY - HOUR, True),
        (None, THURSDAY, False),
    ],
)
def test_the_draft_is_shared_a_day_before(
    shared: datetime | None, now: datetime, *, late: bool
) -> None:
    assert draft_is_late(THURSDAY, shared, now) is late


def test_a_meeting_is_planned_with_a_note_taker_and_an_agenda(app: App, cast: Cast) -> None:
    resolved(app, cast)
    _plan(app, cast, "bob", note_taker=cast.email("charlie"))
    with app.look(cast.vera) as look:
        review = review_by_ref(look, REVIEW)
        row = meeting_of(look, review)
        assert row is not None
        meeting = whole_meeting(look, review, row)
        assert [one.person.name for one in meeting.guests] == ["Bob", "Charlie"]
        assert meeting.note_taker is not None
        assert meeting.note_taker.name == "Charlie"
        assert "Still open:" in row.agenda
        assert proposed_guests(look, review) == {cast.alice.person_id, cast.charlie.person_id}
    assert _told(app, "meeting_invited") == [cast.bob.person_id, cast.charlie.person_id]
    _plan(app, cast, "bob", note_taker=cast.email("bob"))
    with app.look(cast.vera) as look:
        review = review_by_ref(look, REVIEW)
        row = meeting_of(look, review)
        assert row is not None
        assert row.sequence == 1
        taker = whole_meeting(look, review, row).note_taker
        assert taker is not None
        assert taker.name == "Bob"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"starts_at": None}, "starts_at"),
        ({"starts_at": MONDAY - HOUR}, "starts_at"),
        ({"minutes": 5}, "minutes"),
        ({"guests": ()}, "guests"),
        ({"guests": ("nobody@example.org",)}, "guests"),
        ({"note_taker": "nobody@example.org"}, "note_taker"),
    ],
)
def test_a_meeting_that_cannot_be_meant_is_refused(
    given: dict[str, object], field: str, sqlite_app: App, sqlite_cast: Cast
) -> None:
    resolved(sqlite_app, sqlite_cast)
    with pytest.raises(NotValid) as refused:
        _plan(sqlite_app, sqlite_cast, "bob", **given)
    assert [gap.field for gap in refused.value.gaps] == [field]


def test_guests_of_a_private_review_can_read_it(app: App, cast: Cast) -> None:
    resolved(app, cast, visibility="private")
    _plan(app, cast, "charlie")
    with app.look(cast.charlie) as look:
        assert review_by_ref(look, REVIEW).id == 1
    with app.look(cast.vera) as look, pytest.raises(NotFound):
        review_by_ref(look, REVIEW)


def test_an_unshared_draft_is_warned_of_once_before_the_last_day(
    app: App, cast: Cast, clock: HandClock
) -> None:
    resolved(app, cast)
    with app.begin(cast.alice) as work:
        edit_review(work, review_by_ref(work, REVIEW), EditReview(owner=cast.email("erin")))
    _plan(app, cast, "bob", "charlie")
    run_due(app, THURSDAY - 29 * HOUR)
    assert _told(app, "meeting_draft") == []
    run_due(app, THURSDAY - 28 * HOUR)
    run_due(app, THURSDAY - 2 * HOUR)
    assert _told(app, "meeting_draft") == [cast.erin.person_id]
    clock.now = THURSDAY - HOUR
    with app.begin(cast.alice) as work:
        share_draft(work, review_by_ref(work, REVIEW))
    assert _told(app, "draft_shared") == [cast.bob.person_id, cast.charlie.person_id]


@pytest.mark.parametrize("what", ["shared", "cancelled", "moved"])
def test_nobody_is_warned_once_the_draft_is_shared_or_the_meeting_is_not_then(
    what: str, app: App, cast: Cast
) -> None:
    resolved(app, cast)
    with app.begin(cast.alice) as work:
        edit_review(work, review_by_ref(work, REVIEW), EditReview(owner=cast.email("erin")))
    _plan(app, cast, "bob")
    if what == "moved":
        _plan(app, cast, "bob", starts_at=THURSDAY + timedelta(days=9))
    else:
        with app.begin(cast.alice) as work:
            review = review_by_ref(work, REVIEW)
            (share_draft if what == "shared" else cancel_meeting)(work, review)
    run_due(app, THURSDAY - 2 * HOUR)
    assert _told(app, "meeting_draft") == []


def test_notes_and_attendance_are_kept_and_those_who_came_are_asked(
    app: App, cast: Cast, clock: HandClock
) -> None:
    resolved(app, cast)
    with pytest.raises(NotAllowed), app.begin(cast.alice) as work:
        keep_minutes(work, review_by_ref(work, REVIEW), notes="x")
    _plan(app, cast, "bob", "charlie")
    clock.now = THURSDAY + HOUR
    came = (cast.email("bob"), cast.email("erin"))
    with app.begin(cast.alice) as work:
        keep_minutes(work, review_by_ref(work, REVIEW), notes="We learned", attended=came)
    with app.look(cast.vera) as look:
        review = review_by_ref(look, REVIEW)
        row = meeting_of(look, review)
        assert row is not None
        assert row.held_at == clock()
        assert whole_meeting(look, review, row).came == ["Bob", "Erin"]
        assert survey_of(look, review).asked == 2
    assert _told(app, "survey") == [cast.bob.person_id, cast.erin.person_id]
    with pytest.raises(NotAllowed), app.begin(cast.alice) as work:
        cancel_meeting(work, review_by_ref(work, REVIEW))
    with pytest.raises(NotPermitted), app.begin(cast.vera) as work:
        keep_minutes(work, review_by_ref(work, REVIEW), notes="x")
    # Publishing asks those who came once more never.
    answer_everything(app, cast.erin)
    with app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))
    assert len(_told(app, "survey")) == 2


def test_answers_are_shown_from_three_on_and_nobody_can_tell_whose_they_are(
    app: App, cast: Cast, clock: HandClock
) -> None:
    resolved(app, cast)
    names = ("alice", "bob", "charlie", "vera")
    _plan(app, cast, *names)
    clock.now = THURSDAY + HOUR
    with app.begin(cast.alice) as work:
        came = tuple(cast.email(one) for one in names)
        keep_minutes(work, review_by_ref(work, REVIEW), notes="", attended=came)
    with app.look_as_system() as look:
        audited = len(look.session.exec(select(AuditEntry)).all())
    for grade, name in enumerate(names[:3], start=3):
        with app.look(cast.vera) as look:
            result = survey_of(look, review_by_ref(look, REVIEW))
            assert not result.shown
            assert result.remarks == ()
        word = SurveyWord(learned=grade, safe=5, will_change=1, remark=f"{9 - grade} words")
        with app.begin(getattr(cast, name)) as work:
            answer_survey(work, review_by_ref(work, REVIEW), word)
    with app.look(cast.vera) as look:
        review = review_by_ref(look, REVIEW)
        result = survey_of(look, review)
        assert (result.asked, result.answered) == (4, 3)
        assert result.grades[0].counts == (0, 0, 1, 1, 1)
        assert result.grades[1].mean == 5
        assert result.remarks == ("4 words", "5 words", "6 words")
        turn = my_turn(look, review)
        assert turn is not None
        assert not turn.answered
    with pytest.raises(NotAllowed), app.begin(cast.bob) as work:
        answer_survey(work, review_by_ref(work, REVIEW), word)
    with pytest.raises(NotAllowed), app.begin(cast.erin) as work:
        answer_survey(work, review_by_ref(work, REVIEW), word)
    with pytest.raises(NotValid), app.begin(cast.vera) as work:
        answer_survey(
            work, review_by_ref(work, REVIEW), SurveyWord(learned=0, safe=6, will_change=1)
        )
    with app.look_as_system() as look:
        assert len(look.session.exec(select(AuditEntry)).all()) == audited, "no trail of who"
        columns = set(SurveyAnswer.model_fields)
    assert not columns & {"person_id", "by_id", "at"}


def test_two_answers_are_none() -> None:
    assert not survey_result(9, [(5, 5, 5)] * 2, ["a", "b"]).shown
    assert survey_result(9, [(5, 5, 5)] * 3, ["", " "]).remarks == ()


def test_slides_go_through_the_timeline_and_then_the_questions(app: App, cast: Cast) -> None:
    resolved(app, cast, entries=9)
    with app.look(cast.vera) as look:
        slides = slides_of(whole_review(look, review_by_ref(look, REVIEW)))
    kinds = [one.kind for one in slides]
    assert kinds[:3] == ["title", "timeline", "timeline"]
    assert kinds[-1] == "end"
    assert set(kinds[3:-1]) == {"question"}
    assert sum(len(one.entries) for one in slides) == 9
