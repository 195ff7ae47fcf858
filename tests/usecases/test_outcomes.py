"""What came of actions: told once to the people of the review, and marked when met again."""

from __future__ import annotations

from sqlmodel import col, select

from tests.conftest import Cast, HandClock
from tracker.app import App
from tracker.models.action import Action
from tracker.models.journal import Notice
from tracker.models.review import Review
from tracker.outbox.schedule import run_due
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.references import ref
from tracker.usecases.analyse.answers import FactorAsk, SaveAnswer, add_factor, answer_question
from tracker.usecases.analyse.reviews import StartReview, publish_review, start_review
from tracker.usecases.improve.actions import MoveAction, ProposeAction, move_action, propose_action
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident

STEPS = (
    ("accept", {}),
    ("finish", {"evidence": "https://example.org/change/7"}),
    ("verify", {"result": "Three weeks without it"}),
)


def _reviewed(app: App, cast: Cast, term: str, service: str = "checkout") -> int:
    """A published light review of a small incident of the service, owned by Bob."""
    with app.begin(cast.erin) as work:
        incident = declare_incident(
            work,
            DeclareIncident(
                title="Slow answers",
                summary="Answers took long.",
                impact="internal",
                urgency="planned",
                services=(service,),
            ),
        )
        for verb in ("mitigate", "resolve"):
            move_incident(work, incident, MoveIncident(verb=verb))
        ask = StartReview(incidents=(ref(incident),), template="light", owner=cast.email("bob"))
        review = start_review(work, ask)
        add_factor(work, review, FactorAsk(term=term, note="It was there before"))
        for question in whole_review(work, review).template.questions:
            if question.required and question.kind != "factors":
                choice = "no" if question.kind == "yes_no_because" else ""
                ask = SaveAnswer(question=question.key, text="Looked at together.", choice=choice)
                answer_question(work, review, ask)
        return review.key


def _publish(app: App, cast: Cast, review: int) -> None:
    with app.begin(cast.erin) as work:
        publish_review(work, work.get(Review, review))
    run_due(app, app.clock())


def _verified(app: App, cast: Cast, review: int, clock: HandClock) -> int:
    with app.begin(cast.alice) as work:
        ask = ProposeAction(
            title="Run three resolvers", owner=cast.email("alice"), review=f"REV-{review}"
        )
        action = propose_action(work, ask)
    for verb, given in STEPS:
        clock.forward(days=1)
        with app.begin(cast.alice) as work:
            row = work.get(Action, action.key)
            move_action(work, row, MoveAction(verb=verb, **given))  # type: ignore[arg-type]
    run_due(app, app.clock())
    return action.key


def _texts(app: App, kind: str) -> list[tuple[int, str]]:
    with app.look_as_system() as look:
        rows = look.session.exec(
            select(Notice).where(Notice.kind == kind).order_by(col(Notice.id))
        ).all()
    return [(row.person_id, row.text) for row in rows]


def test_the_people_of_the_review_hear_once_that_an_action_worked(
    app: App, cast: Cast, clock: HandClock
) -> None:
    review = _reviewed(app, cast, "hard-rollback")
    _publish(app, cast, review)
    action = _verified(app, cast, review, clock)

    told = _texts(app, "action_result")

    assert cast.bob.person_id in [person for person, _ in told], "Bob owns the review"
    assert {text for _, text in told} == {
        f"ACT-{action} “Run three resolvers” worked: its effect was seen"
    }
    assert len(told) == len({person for person, _ in told})


def test_an_action_is_marked_when_its_factor_is_met_again_for_the_same_service(
    app: App, cast: Cast, clock: HandClock
) -> None:
    first = _reviewed(app, cast, "hard-rollback")
    _publish(app, cast, first)
    action = _verified(app, cast, first, clock)
    clock.forward(days=30)
    elsewhere = _reviewed(app, cast, "hard-rollback", "query")
    other = _reviewed(app, cast, "no-signal")
    again = _reviewed(app, cast, "hard-rollback")

    for unlike in (elsewhere, other):
        _publish(app, cast, unlike)
    with app.look_as_system() as look:
        assert look.get(Action, action).recurred_at is None

    _publish(app, cast, again)
    run_due(app, app.clock())
    with app.look_as_system() as look:
        assert look.get(Action, action).recurred_at == clock()
    assert _texts(app, "action_recurred") == [
        (
            cast.alice.person_id,
            f"What ACT-{action} “Run three resolvers” was meant to prevent was met again",
        )
    ]
