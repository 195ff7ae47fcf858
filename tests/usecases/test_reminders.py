"""Every time-driven rule, checked by going to the instant at which it is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import col, select

from tests.conftest import Cast, HandClock
from tracker.app import App
from tracker.domain.errors import NotAllowed
from tracker.domain.people import Actor
from tracker.models.action import Action
from tracker.models.catalogue import Person
from tracker.models.incident import Incident
from tracker.models.journal import Clock, Notice
from tracker.models.lesson import Lesson
from tracker.models.review import Review
from tracker.outbox.schedule import run_due
from tracker.reading.analyse.reviews import review_of
from tracker.reading.references import ref
from tracker.usecases.analyse.reviews import EditReview, edit_review, waive_review
from tracker.usecases.improve.actions import MoveAction, ProposeAction, move_action, propose_action
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident
from tracker.usecases.share.lessons import DraftLesson, MoveLesson, draft_lesson, move_lesson


def _notices(app: App, who: Actor, kind: str) -> list[str]:
    with app.look_as_system() as look:
        query = (
            select(Notice)
            .where(Notice.person_id == who.person_id, Notice.kind == kind)
            .order_by(col(Notice.id))
        )
        return [row.text for row in look.session.exec(query)]


def _review(app: App, cast: Cast) -> Review:
    """A review due on Monday, the 8th of June, owned by Alice."""
    with app.begin(cast.alice) as work:
        incident = declare_incident(work, DeclareIncident(title="Down", severity="SEV1"))
        move_incident(work, work.get(Incident, incident.key), MoveIncident(verb="resolve"))
        review = review_of(work, incident)
        assert review is not None
        edit_review(work, review, EditReview(owner=cast.email("alice")))
        return review


def _at(day: int, hour: int = 9, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, 30, tzinfo=UTC)


def test_a_review_is_reminded_of_two_days_before_on_the_day_and_three_after_each_once(
    app: App, cast: Cast
) -> None:
    review = _review(app, cast)
    assert review.due_on == date(2026, 6, 8)
    counts = []
    for day in (3, 4, 5, 8, 9, 10, 11, 12, 20):
        run_due(app, _at(day))
        counts.append(len(_notices(app, cast.alice, "review_due")))
    assert counts == [0, 1, 1, 2, 2, 2, 3, 3, 3]
    texts = _notices(app, cast.alice, "review_due")
    assert "in two business days" in texts[0]
    assert "today" in texts[1]
    assert "was due on 2026-06-08" in texts[2]


def test_going_to_the_same_instant_twice_tells_nobody_twice(app: App, cast: Cast) -> None:
    _review(app, cast)
    run_due(app, _at(20))
    before = _notices(app, cast.alice, "review_due")
    run_due(app, _at(20))
    assert _notices(app, cast.alice, "review_due") == before


def test_a_waived_review_is_not_reminded_of_and_comes_back_after_the_waiver(
    app: App, cast: Cast
) -> None:
    review = _review(app, cast)
    with app.begin(cast.ada) as work:
        row = work.get(Review, review.key)
        waive_review(work, row, why="Covered by the vendor's own", until=date(2026, 7, 1))
    run_due(app, _at(20))
    assert _notices(app, cast.alice, "review_due") == []
    run_due(app, _at(1, month=7))
    with app.look_as_system() as look:
        assert look.get(Review, review.key).state == "draft"


def _action(app: App, cast: Cast, **values: object) -> Action:
    with app.begin(cast.alice) as work:
        return propose_action(
            work,
            ProposeAction(
                title="Run three resolvers",
                owner=cast.email("alice"),
                team="payments",
                **values,  # type: ignore[arg-type]
            ),
        )


def _move(app: App, actor: Actor, action: Action, verb: str, **values: object) -> None:
    with app.begin(actor) as work:
        move_action(
            work,
            work.get(Action, action.key),
            MoveAction(verb=verb, **values),  # type: ignore[arg-type]
        )


def test_at_the_check_date_the_owner_is_asked_whether_it_worked(app: App, cast: Cast) -> None:
    action = _action(app, cast, check_on=date(2026, 7, 1))
    _move(app, cast.alice, action, "accept")
    _move(app, cast.alice, action, "finish", evidence="https://example.org/1")
    run_due(app, _at(30))
    assert _notices(app, cast.alice, "action_check") == []
    run_due(app, _at(1, month=7))
    assert _notices(app, cast.alice, "action_check") == [
        f"{ref(action)} “Run three resolvers” is done: did it work?"
    ]


def test_an_owner_who_left_means_the_queue_of_the_team(app: App, cast: Cast) -> None:
    action = _action(app, cast, due_on=date(2026, 6, 10))
    with app.begin_as_system() as work:
        person = work.session.get(Person, cast.alice.person_id)
        assert person is not None
        person.active = False
    run_due(app, _at(12))
    text = f"{ref(action)} “Run three resolvers” was due yesterday"
    assert text in _notices(app, cast.bob, "action_due")
    assert _notices(app, cast.charlie, "action_due") == []


def test_an_accepted_risk_is_open_again_after_its_day(app: App, cast: Cast) -> None:
    action = _action(app, cast)
    _move(app, cast.erin, action, "accept_risk", why="Too dear", until=date(2026, 7, 1))
    run_due(app, _at(1, month=7))
    with app.look_as_system() as look:
        assert look.get(Action, action.key).state == "accepted"
    assert len(_notices(app, cast.alice, "risk_over")) == 1


def test_a_lesson_is_asked_again_whether_it_is_true(app: App, cast: Cast, clock: HandClock) -> None:
    with app.begin(cast.erin) as work:
        lesson = draft_lesson(
            work,
            DraftLesson(
                title="Resolvers",
                situation="s",
                insight="i",
                recommendation="r",
                owner=cast.email("erin"),
            ),
        )
        move_lesson(work, lesson, MoveLesson(verb="publish"))
        assert lesson.review_by == (clock() + timedelta(days=365)).date()
    run_due(app, clock() + timedelta(days=366))
    with app.look_as_system() as look:
        assert look.get(Lesson, lesson.key).state == "needs_review"
    assert len(_notices(app, cast.erin, "lesson_review")) == 1


def test_no_clock_waits_for_an_action_that_is_over(app: App, cast: Cast) -> None:
    action = _action(app, cast)
    _move(app, cast.erin, action, "decline", why="Not worth it")
    with app.look_as_system() as look:
        waiting = look.session.exec(select(Clock).where(col(Clock.done_at).is_(None))).all()
    assert [one for one in waiting if one.record_id == action.key] == []


@pytest.mark.parametrize("verb", ["accept_risk"])
def test_nobody_accepts_the_risk_of_their_own_action(app: App, cast: Cast, verb: str) -> None:
    with app.begin(cast.alice) as work:
        put = ProposeAction(title="Mine", owner=cast.email("erin"))
        action = propose_action(work, put)
    with pytest.raises(NotAllowed) as refused:
        _move(app, cast.erin, action, verb, why="Because", until=date(2026, 7, 1))
    assert refused.value.gaps[0].field == "approver"
