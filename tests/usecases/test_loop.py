"""The whole loop through the verbs, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conftest import Cast, HandClock
from tracker.app import App
from tracker.domain.errors import NotAllowed, NotFound, NotPermitted
from tracker.models.action import Action
from tracker.models.incident import Incident
from tracker.models.lesson import Lesson
from tracker.models.review import Review
from tracker.reading.analyse.reviews import review_of, whole_review
from tracker.reading.references import ref
from tracker.usecases.analyse.answers import FactorAsk, SaveAnswer, add_factor, answer_question
from tracker.usecases.analyse.depth import rest_analysis
from tracker.usecases.analyse.reviews import publish_review
from tracker.usecases.improve.actions import MoveAction, ProposeAction, move_action, propose_action
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry
from tracker.usecases.respond.times import TimeAsk, record_time
from tracker.usecases.share.lessons import DraftLesson, draft_lesson


def test_an_incident_becomes_a_verified_improvement(app: App, cast: Cast, clock: HandClock) -> None:
    with app.begin(cast.alice) as work:
        incident = declare_incident(
            work,
            DeclareIncident(
                title="Checkout answers 502",
                summary="Payments fail for everybody.",
                impact="everyone",
                urgency="now",
                services=("checkout",),
                teams=("payments",),
                tags=("DNS", "dns "),
            ),
        )
    assert incident.severity == "SEV1"
    clock.forward(minutes=10)
    with app.begin(cast.bob) as work:
        row = work.get(Incident, incident.key)
        add_timeline_entry(
            work, row, AddEntry(text="Resolver pods restarted", at=clock() - timedelta(minutes=3))
        )
        move_incident(work, row, MoveIncident(verb="mitigate"))
    clock.forward(minutes=20)
    with app.begin(cast.alice) as work:
        row = work.get(Incident, incident.key)
        move_incident(work, row, MoveIncident(verb="resolve"))
        review = review_of(work, row)
    assert review is not None, "SEV1 asks for a review"
    assert review.due_on is not None
    assert review.due_on.isoformat() == "2026-06-08"

    with app.begin(cast.erin) as work, pytest.raises(NotAllowed) as refused:
        publish_review(work, work.get(Review, review.key))
    assert len(refused.value.gaps) > 3

    with app.begin(cast.erin) as work:
        row = work.get(Incident, incident.key)
        for name in ("impact_started", "detected", "diagnosed", "impact_ended"):
            record_time(work, row, name, TimeAsk(unknown_because="Nobody wrote it down"))
        live = work.get(Review, review.key)
        add_factor(work, live, FactorAsk(term="hard-rollback", note="It took long"))
        lesson = draft_lesson(
            work,
            DraftLesson(
                title="Resolvers need headroom",
                situation="Few resolvers",
                insight="They die together",
                recommendation="Run three",
                review=ref(live),
                tags=("dns",),
            ),
        )
        action = propose_action(
            work,
            ProposeAction(title="Run three resolvers", review=ref(live), owner=cast.email("alice")),
        )
        for question in whole_review(work, live).template.questions:
            if question.required and question.kind in ("markdown", "yes_no_because", "choice"):
                answer_question(
                    work,
                    live,
                    SaveAnswer(
                        question=question.key,
                        text="Because of this and that.",
                        choice="no" if question.kind == "yes_no_because" else "",
                    ),
                )
        assert [gap.field for gap in whole_review(work, live).gaps] == ["soak"]
        rest_analysis(work, live)
    clock.forward(days=2)
    with app.begin(cast.erin) as work:
        published = publish_review(work, work.get(Review, review.key))
    assert published.number == 1
    with app.look(cast.vera) as look:
        assert look.get(Lesson, lesson.key).state == "published"
        assert look.get(Review, review.key).state == "published"

    for verb, extra in (
        ("accept", {}),
        ("start", {}),
        ("finish", {"evidence": "https://example.org/1"}),
        ("verify", {"result": "No 502 in three weeks"}),
    ):
        with app.begin(cast.alice) as work:
            move_action(work, work.get(Action, action.key), MoveAction(verb=verb, **extra))
    with app.look(cast.vera) as look:
        assert look.get(Action, action.key).state == "verified"


def test_a_stranger_does_not_find_a_private_incident(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        incident = declare_incident(
            work,
            DeclareIncident(
                title="Leaked key",
                severity="SEV2",
                visibility="private",
                members=(cast.email("bob"),),
            ),
        )
    with app.look(cast.bob) as look:
        assert look.get(Incident, incident.key).title == "Leaked key"
    with app.look(cast.charlie) as look, pytest.raises(NotFound):
        look.get(Incident, incident.key)


def test_a_viewer_may_not_declare(sqlite_app: App, sqlite_cast: Cast) -> None:
    with pytest.raises(NotPermitted), sqlite_app.begin(sqlite_cast.vera) as work:
        declare_incident(work, DeclareIncident(title="No", severity="SEV3"))
