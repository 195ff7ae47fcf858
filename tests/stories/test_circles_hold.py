"""A circle holds also where records meet: shared reviews, lessons found twice, notices, changes."""

from __future__ import annotations

import pytest
from sqlmodel import select

from tests.conftest import Cast, HandClock
from tests.faces.declared import declare
from tests.faces.review_story import INCIDENT, REVIEW, answer_everything, resolved
from tests.stories.hidden import work_off
from tracker.app import App
from tracker.domain.errors import NotAllowed, NotFound
from tracker.models.journal import Notice
from tracker.models.lesson import Lesson
from tracker.reading.analyse.reviews import versions
from tracker.reading.home import home_page
from tracker.reading.references import (
    action_by_ref,
    incident_by_ref,
    lesson_by_ref,
    ref,
    review_by_ref,
)
from tracker.usecases.analyse.depth import skip_rest
from tracker.usecases.analyse.reviews import StartReview, publish_review, start_review
from tracker.usecases.improve.actions import EditAction, ProposeAction, edit_action, propose_action
from tracker.usecases.respond.incidents import MoveIncident, move_incident, set_visibility
from tracker.usecases.share.lessons import DraftLesson, draft_lesson

LEARNED = {"situation": "s", "insight": "The quiet insight", "recommendation": "r"}


def test_an_open_review_freezes_no_lesson_or_action_that_is_closed(
    app: App, cast: Cast, clock: HandClock
) -> None:
    resolved(app, cast)
    hidden = ref(declare(app, cast, visibility="private", members=(cast.email("erin"),)))
    clock.forward(hours=1)
    answer_everything(app, cast.erin)
    with app.begin(cast.erin) as work:
        asked = DraftLesson(title="Quiet", review=REVIEW, incidents=(hidden,), **LEARNED)  # type: ignore[arg-type]
        lesson = ref(draft_lesson(work, asked))
        proposal = ProposeAction(title="Quiet work", review=REVIEW, incident=hidden)
        action = ref(propose_action(work, proposal))
        skip_rest(work, review_by_ref(work, REVIEW), why="The story is short")
        publish_review(work, review_by_ref(work, REVIEW))
    with app.look(cast.charlie) as look:
        review = review_by_ref(look, REVIEW)
        assert "uiet" not in str(versions(look, review)[0].content)
        for find, reference in ((lesson_by_ref, lesson), (action_by_ref, action)):
            with pytest.raises(NotFound):
                find(look, reference)


def test_a_review_of_two_incidents_is_not_torn_between_two_circles(app: App, cast: Cast) -> None:
    first, second = (ref(declare(app, cast, severity="SEV4")) for _ in range(2))
    with app.begin(cast.alice) as work:
        for one in (first, second):
            move_incident(work, incident_by_ref(work, one), MoveIncident(verb="resolve"))
        review = ref(start_review(work, StartReview(incidents=(first, second))))
        set_visibility(work, incident_by_ref(work, first), visibility="private")
    with app.look(cast.charlie) as look, pytest.raises(NotFound):
        review_by_ref(look, review)
    with pytest.raises(NotAllowed, match=first), app.begin(cast.alice) as work:
        set_visibility(work, incident_by_ref(work, second), visibility="private")
    with app.begin(cast.alice) as work:
        set_visibility(work, incident_by_ref(work, first), visibility="org")
    with app.look(cast.charlie) as look:
        assert review_by_ref(look, review).circle_id is None


def test_who_may_not_read_the_other_incident_of_a_review_is_not_told_its_name(
    app: App, cast: Cast
) -> None:
    first, second = (ref(declare(app, cast, severity="SEV4")) for _ in range(2))
    with app.begin(cast.alice) as work:
        for one in (first, second):
            move_incident(work, incident_by_ref(work, one), MoveIncident(verb="resolve"))
        review = ref(start_review(work, StartReview(incidents=(first, second))))
        set_visibility(work, incident_by_ref(work, first), visibility="private")
    with pytest.raises(NotAllowed) as refused, app.begin(cast.bob) as work:
        set_visibility(work, incident_by_ref(work, second), visibility="private")
    assert first not in str(refused.value.gaps) + refused.value.message
    with pytest.raises(NotAllowed) as refused, app.begin(cast.bob) as work:
        start_review(work, StartReview(incidents=(second,)))
    assert review not in str(refused.value.gaps) + refused.value.message


def test_a_lesson_that_came_from_one_incident_alone_is_closed_with_it(app: App, cast: Cast) -> None:
    own, other = (ref(declare(app, cast, severity="SEV4")) for _ in range(2))
    with app.begin(cast.alice) as work:
        alone = draft_lesson(work, DraftLesson(title="Alone", incidents=(own,), **LEARNED)).key  # type: ignore[arg-type]
        shared = draft_lesson(
            work,
            DraftLesson(title="Shared", incidents=(own, other), **LEARNED),  # type: ignore[arg-type]
        ).key
        set_visibility(work, incident_by_ref(work, own), visibility="private")
    with app.look(cast.charlie) as look:
        seen = select(Lesson.id).where(Lesson.circle_id.is_(None))  # type: ignore[union-attr]
        assert list(look.session.exec(seen)) == [shared]
    with app.begin(cast.alice) as work:
        set_visibility(work, incident_by_ref(work, own), visibility="org")
    with app.look(cast.charlie) as look:
        assert look.get(Lesson, alone).title == "Alone"


def test_a_notice_is_not_shown_after_its_record_was_closed(
    app: App, cast: Cast, clock: HandClock
) -> None:
    resolved(app, cast)
    with app.begin(cast.alice) as work:
        asked = ProposeAction(title="Quiet plan", incident=INCIDENT)
        action = ref(propose_action(work, asked))
    clock.forward(minutes=1)
    with app.begin(cast.alice) as work:
        given = EditAction(owner=cast.email("charlie"))
        edit_action(work, action_by_ref(work, action), given)
    work_off(app)
    with app.look(cast.charlie) as look:
        assert [one.text for one in home_page(look).notices if "Quiet plan" in one.text]
    with app.begin(cast.alice) as work:
        set_visibility(work, incident_by_ref(work, INCIDENT), visibility="private")
    with app.look(cast.charlie) as look:
        assert home_page(look).notices == []
        assert look.session.exec(select(Notice)).all(), "kept, for the day it is opened again"
