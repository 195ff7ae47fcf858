"""Two people at the same record at the same moment: one is first, nothing is lost or done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import func, select

from tests.conftest import Cast, cast_for
from tests.faces.declared import declare
from tests.faces.review_story import REVIEW, answer_everything, resolved
from tracker.app import App
from tracker.db.work import Work
from tracker.domain.errors import DomainError
from tracker.domain.people import Actor
from tracker.models.action import Action
from tracker.models.catalogue import Person, SignInLink
from tracker.models.incident import Incident, RoleAssignment, Task, TimelineEntry
from tracker.models.review import Review, ReviewVersion
from tracker.reading.references import action_by_ref, incident_by_ref, ref, review_by_ref
from tracker.usecases.analyse.reviews import StartReview, publish_review, start_review
from tracker.usecases.improve.actions import MoveAction, ProposeAction, move_action, propose_action
from tracker.usecases.people import (
    PersonAsk,
    count_sign_in_attempt,
    edit_person,
    make_sign_in_link,
    use_sign_in_link,
)
from tracker.usecases.respond.incidents import (
    MoveIncident,
    merge_incident,
    move_incident,
    set_visibility,
)
from tracker.usecases.respond.response import add_task, assign_role, finish_task

Verb = Callable[[Work], object]


def at_once(app: App, *verbs: tuple[Actor, Verb]) -> list[str]:
    """What each of the verbs ended with: "done", or the code of its refusal. All begin together."""
    ended = [""] * len(verbs)
    start = threading.Barrier(len(verbs))

    def one(place: int, actor: Actor, verb: Verb) -> None:
        start.wait(10)
        try:
            with app.begin(actor) as work:
                verb(work)
            ended[place] = "done"
        except DomainError as error:
            ended[place] = error.code
        except Exception as error:  # noqa: BLE001 - any other end is what the test looks for
            ended[place] = repr(error)

    threads = [
        threading.Thread(target=one, args=(place, actor, verb))
        for place, (actor, verb) in enumerate(verbs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(ended)


def count(app: App, model: type, *conditions: object) -> int:
    with app.look_as_system() as look:
        query = select(func.count()).select_from(model).where(*conditions)  # type: ignore[arg-type]
        return look.session.exec(query).one()


def test_a_review_is_published_once(app: App, cast: Cast) -> None:
    resolved(app, cast)
    answer_everything(app, cast.erin)
    ended = at_once(
        app,
        *[(cast.erin, lambda work: publish_review(work, review_by_ref(work, REVIEW)))] * 3,
    )
    assert ended == ["done", "not_allowed", "not_allowed"]
    assert count(app, ReviewVersion) == 1


def test_a_review_is_started_once(app: App, cast: Cast) -> None:
    place = ref(declare(app, cast, severity="SEV4"))
    with app.begin(cast.alice) as work:
        move_incident(work, incident_by_ref(work, place), MoveIncident(verb="resolve"))
    ask = StartReview(incidents=(place,))
    ended = at_once(app, *[(cast.alice, lambda work: start_review(work, ask))] * 3)
    assert ended == ["done", "not_allowed", "not_allowed"]
    assert count(app, Review) == 1


def test_a_role_has_one_holder(app: App, cast: Cast) -> None:
    place = ref(declare(app, cast))
    ended = at_once(
        app,
        *[
            (
                cast.alice,
                lambda work, name=name: assign_role(
                    work, incident_by_ref(work, place), role="commander", person=cast.email(name)
                ),
            )
            for name in ("alice", "bob", "charlie", "erin")
        ],
    )
    assert ended == ["done"] * 4
    assert count(app, RoleAssignment, RoleAssignment.until_at.is_(None)) == 1  # type: ignore[union-attr]
    assert count(app, RoleAssignment) == 4


def test_a_task_is_finished_once(app: App, cast: Cast) -> None:
    place = ref(declare(app, cast))
    with app.begin(cast.alice) as work:
        task = add_task(work, incident_by_ref(work, place), title="Restart").key
    finish = (
        cast.alice,
        lambda work: finish_task(work, incident_by_ref(work, place), task),
    )
    assert at_once(app, *[finish] * 3) == ["done"] * 3
    assert count(app, Task) == 1
    assert count(app, TimelineEntry, TimelineEntry.text == "Task done: Restart") == 1


def test_an_action_is_done_once(app: App, cast: Cast) -> None:
    with app.begin(cast.erin) as work:
        action = ref(propose_action(work, ProposeAction(title="Run three", team="payments")))
        for verb in ("accept", "start"):
            move_action(work, action_by_ref(work, action), MoveAction(verb=verb))
    ask = MoveAction(verb="finish", evidence="https://example.org")
    ended = at_once(
        app,
        *[(cast.erin, lambda work: move_action(work, action_by_ref(work, action), ask))] * 3,
    )
    assert ended == ["done", "not_allowed", "not_allowed"]


def test_two_incidents_merged_into_each_other_do_not_both_vanish(app: App, cast: Cast) -> None:
    def merge(one: str, into: str) -> Verb:
        return lambda work: merge_incident(work, incident_by_ref(work, one), into=into)

    for _ in range(3):
        first, second = (ref(declare(app, cast)) for _ in range(2))
        ended = at_once(app, (cast.alice, merge(first, second)), (cast.bob, merge(second, first)))
        assert ended in (["conflict", "done"], ["done", "not_allowed"]), ended
    assert count(app, Incident, Incident.state == "merged") == 3


def test_what_is_proposed_while_an_incident_is_closed_is_closed_too(app: App, cast: Cast) -> None:
    resolved(app, cast)

    def close(work: Work) -> object:
        return set_visibility(work, incident_by_ref(work, "INC-1"), visibility="private")

    def propose(work: Work) -> object:
        return propose_action(work, ProposeAction(title="Quiet", review=REVIEW))

    ended = at_once(app, (cast.alice, close), *[(cast.alice, propose)] * 4)
    assert set(ended) <= {"done", "conflict", "not_found"}, ended
    assert count(app, Action, Action.circle_id.is_(None)) == 0  # type: ignore[union-attr]


def test_two_admins_cannot_let_each_other_go(app: App, cast: Cast) -> None:
    with app.begin_as_system() as work:
        row = work.session.get(Person, cast.erin.person_id)
        assert row is not None
        row.role = "admin"
    ada, erin = cast.ada, cast.erin

    def leave(person_id: int | None) -> Verb:
        def verb(work: Work) -> object:
            person = work.find(Person, person_id, what="They")
            ask = PersonAsk(email=person.email, name=person.name, role="viewer")
            return edit_person(work, person, ask)

        return verb

    assert at_once(app, (ada, leave(erin.person_id)), (erin, leave(ada.person_id))) == [
        "done",
        "not_valid",
    ]
    assert count(app, Person, Person.role == "admin") == 1


def test_a_link_signs_in_one_of_those_who_click_it_at_once(app: App, cast: Cast) -> None:
    with app.begin_as_system() as work:
        person = work.find(Person, cast.bob.person_id, what="Bob")
        secret = make_sign_in_link(work, person, life=timedelta(hours=1))
    ended = at_once(app, *[(cast.ada, lambda work: use_sign_in_link(work, secret))] * 4)
    assert ended == ["done", "not_found", "not_found", "not_found"]
    assert count(app, SignInLink) == 1


def test_tries_at_the_same_moment_are_all_counted(app: App, cast: Cast) -> None:
    allowed: list[bool] = []
    attempt = (
        cast.ada,
        lambda work: allowed.append(count_sign_in_attempt(work, "account alice", limit=3)),
    )
    assert at_once(app, *[attempt] * 8) == ["done"] * 8
    assert allowed.count(True) == 3


@pytest.mark.postgres
def test_a_deadlock_is_told_as_a_change_by_somebody_else(
    make_app: Callable[[str], App],
) -> None:
    app = make_app("postgres")
    cast = cast_for(app)
    first, second = (ref(declare(app, cast)) for _ in range(2))
    both = threading.Barrier(2)

    def crossing(one: str, other: str) -> Verb:
        def verb(work: Work) -> object:
            incident_by_ref(work, one)
            both.wait(10)
            return incident_by_ref(work, other)

        return verb

    ended = at_once(app, (cast.alice, crossing(first, second)), (cast.bob, crossing(second, first)))
    assert ended == ["conflict", "done"]
