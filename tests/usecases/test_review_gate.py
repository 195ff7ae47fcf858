"""Publishing a review: the gate, what it releases, who may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conftest import Cast, HandClock
from tests.faces.review_story import REVIEW, answer_everything, published, resolved
from tracker.app import App
from tracker.domain.errors import Conflict, NotAllowed, NotPermitted, NotValid
from tracker.reading.analyse.reviews import version, versions, whole_review
from tracker.reading.references import lesson_by_ref, review_by_ref
from tracker.usecases.analyse.answers import SaveAnswer, answer_question
from tracker.usecases.analyse.reviews import (
    EditReview,
    amend_review,
    edit_review,
    move_review,
    publish_review,
    waive_review,
)
from tracker.usecases.share.lessons import DraftLesson, draft_lesson


def test_publish_lists_every_gap_at_once(app: App, cast: Cast) -> None:
    resolved(app, cast)
    with app.begin(cast.erin) as work:
        review = review_by_ref(work, REVIEW)
        draft_lesson(work, DraftLesson(title="Half", review=REVIEW))
        wanted = whole_review(work, review).gaps
    with pytest.raises(NotAllowed) as refused, app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))
    assert list(refused.value.gaps) == wanted
    fields = {gap.field for gap in refused.value.gaps}
    assert {"times", "factors", "lucky", "similar", "actions", "lessons", "impact"} <= fields
    assert "summary" not in fields, "it came from the incident"
    assert "diagnose_better" not in fields, "it is asked for SEV1 and SEV2 only"


def test_publishing_freezes_version_1_and_releases_its_lessons(
    app: App, cast: Cast, clock: HandClock
) -> None:
    published(app, cast, clock)
    with app.look(cast.vera) as look:
        review = review_by_ref(look, REVIEW)
        assert (review.state, review.published_version) == ("published", 1)
        assert lesson_by_ref(look, "LES-1").state == "published"
        content = version(look, review, 1).content
    assert content["answers"]["lucky"]["text"] == "Because of this and that."
    assert content["factors"][0]["name"]
    assert "published" not in str(content["timeline"])


def test_an_amendment_leaves_version_1_as_it_was(app: App, cast: Cast, clock: HandClock) -> None:
    published(app, cast, clock)
    with app.begin(cast.erin) as work:
        review = review_by_ref(work, REVIEW)
        answer_question(work, review, SaveAnswer(question="lucky", text="New", base_version=1))
    with pytest.raises(NotAllowed) as refused, app.begin(cast.erin) as work:
        amend_review(work, review_by_ref(work, REVIEW), why=" ")
    assert [gap.field for gap in refused.value.gaps] == ["why"]
    clock.forward(days=3)
    with app.begin(cast.erin) as work:
        amend_review(work, review_by_ref(work, REVIEW), why="The vendor told us more")
    with app.look(cast.vera) as look:
        review = review_by_ref(look, REVIEW)
        told = [
            (row.number, row.content["answers"]["lucky"]["text"]) for row in versions(look, review)
        ]
        assert review.published_at == clock() - timedelta(days=3)
    assert told == [(2, "New"), (1, "Because of this and that.")]


def test_a_stale_look_does_not_publish(app: App, cast: Cast) -> None:
    resolved(app, cast)
    answer_everything(app, cast.erin)
    with app.look(cast.erin) as look:
        seen = review_by_ref(look, REVIEW).version
    with app.begin(cast.alice) as work:
        edit_review(work, review_by_ref(work, REVIEW), EditReview(title="Another title"))
    with pytest.raises(Conflict), app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW), version=seen)


@pytest.mark.parametrize("verb", ["publish", "amend", "move", "waive"])
def test_responders_write_and_do_not_decide(verb: str, app: App, cast: Cast) -> None:
    resolved(app, cast)
    with pytest.raises(NotPermitted), app.begin(cast.alice) as work:
        review = review_by_ref(work, REVIEW)
        match verb:
            case "publish":
                publish_review(work, review)
            case "amend":
                amend_review(work, review, why="x")
            case "move":
                move_review(work, review, "start_review")
            case _:
                waive_review(work, review, why="x")


def test_nobody_waives_their_own_review_and_a_waiver_ends(
    app: App, cast: Cast, clock: HandClock
) -> None:
    resolved(app, cast)
    with app.begin(cast.alice) as work:
        edit_review(work, review_by_ref(work, REVIEW), EditReview(owner=cast.email("ada")))
    with pytest.raises(NotAllowed) as refused, app.begin(cast.ada) as work:
        waive_review(
            work, review_by_ref(work, REVIEW), why="", until=clock().date() - timedelta(days=1)
        )
    assert {gap.field for gap in refused.value.gaps} == {"approver", "until", "why"}


def test_a_move_that_has_its_own_verb_is_refused_here(sqlite_app: App, sqlite_cast: Cast) -> None:
    resolved(sqlite_app, sqlite_cast)
    with pytest.raises(NotValid), sqlite_app.begin(sqlite_cast.erin) as work:
        move_review(work, review_by_ref(work, REVIEW), "publish")
