"""What each subscriber does about an event, and that a second time changes nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlmodel import select

from tests.conftest import Cast, HandClock
from tests.outbox.conftest import Declare, deliveries_of
from tracker.app import App
from tracker.domain.events import SUBSCRIPTIONS
from tracker.domain.people import Actor
from tracker.models.incident import Incident
from tracker.models.journal import Delivery, Notice, OutboxEvent
from tracker.outbox.delivering import deliver_round
from tracker.outbox.subscribers import INDEX, SUBSCRIBERS, Subscriber
from tracker.reading.references import ref
from tracker.reading.share.library import LibraryPage, library_page
from tracker.search.index import SearchQuery
from tracker.usecases.analyse.reviews import StartReview, start_review
from tracker.usecases.improve.actions import EditAction, ProposeAction, edit_action, propose_action
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import (
    EditIncident,
    MoveIncident,
    edit_incident,
    move_incident,
)


def subscriber(name: str) -> Subscriber:
    return next(one for one in SUBSCRIBERS if one.name == name)


def deliver(app: App, name: str) -> None:
    while deliver_round(app, subscriber(name)).claimed:
        pass


def deliver_again(app: App, name: str) -> None:
    with app.begin_as_system() as work:
        work.session.execute(
            sa.update(Delivery).where(Delivery.subscriber == name).values(status="pending", tries=0)
        )
    deliver(app, name)


def found(app: App, actor: Actor, text: str) -> LibraryPage:
    with app.look(actor) as look:
        query = SearchQuery(text=text, readable_circles=actor.circles)
        return library_page(look, app.index, query)


def notices(app: App) -> list[tuple[int, str]]:
    with app.look_as_system() as look:
        return [(row.person_id, row.text) for row in look.session.exec(select(Notice))]


def test_every_subscription_has_a_handler() -> None:
    assert {one.name for one in SUBSCRIBERS} == set(SUBSCRIPTIONS)


def test_a_declared_incident_is_found_and_indexing_twice_changes_nothing(
    app: App, cast: Cast, declare: Declare
) -> None:
    declare("Certificate of the gateway ran out")
    deliver(app, INDEX)
    first = found(app, cast.bob, "certificate")
    assert [hit.ref for hit in first.hits] == ["INC-1"]
    deliver_again(app, INDEX)
    assert found(app, cast.bob, "certificate") == first
    assert app.index.count() == 1


def test_many_changes_of_one_record_are_one_write(app: App, cast: Cast, declare: Declare) -> None:
    incident = declare("Before")
    for number in range(5):
        with app.begin(cast.alice) as work:
            row = work.get(Incident, incident.key)
            edit_incident(work, row, EditIncident(title=f"Wording {number}"))
    waiting = len(deliveries_of(app, INDEX))
    assert waiting > 5
    assert deliver_round(app, subscriber(INDEX)).delivered == waiting
    assert [hit.title for hit in found(app, cast.bob, "wording").hits] == ["Wording 4"]
    assert app.index.count() == 1


def test_what_came_of_an_incident_follows_its_tags(app: App, cast: Cast, declare: Declare) -> None:
    incident = declare("Checkout answers 502")
    with app.begin(cast.alice) as work:
        propose_action(work, ProposeAction(title="Renew it by machine", incident=ref(incident)))
    deliver(app, INDEX)
    with app.begin(cast.alice) as work:
        edit_incident(work, work.get(Incident, incident.key), EditIncident(tags=("tls",)))
    deliver(app, INDEX)
    assert {hit.ref for hit in found(app, cast.bob, "tag:tls").hits} == {"INC-1", "ACT-1"}


def test_the_new_owner_of_an_action_is_told_once(
    app: App, cast: Cast, clock: HandClock, declare: Declare
) -> None:
    incident = declare("Checkout answers 502")
    ask = ProposeAction(
        title="Renew it by machine", incident=ref(incident), owner=cast.email("bob")
    )
    with app.begin(cast.alice) as work:
        action = propose_action(work, ask)
    deliver(app, "notices")
    told = [(cast.bob.person_id, "You own ACT-1 “Renew it by machine” now")]
    assert notices(app) == told
    deliver_again(app, "notices")
    assert notices(app) == told
    clock.forward(seconds=1)
    with app.begin(cast.alice) as work:
        row = work.get(type(action), action.key)
        edit_action(work, row, EditAction(detail="Before it runs out"))
    deliver(app, "notices")
    assert notices(app) == told, "nothing about the owner changed"


def test_nobody_is_told_of_their_own_doing(app: App, cast: Cast, declare: Declare) -> None:
    incident = declare("Checkout answers 502")
    ask = ProposeAction(title="Renew", incident=ref(incident), owner=cast.email("alice"))
    with app.begin(cast.alice) as work:
        propose_action(work, ask)
    deliver(app, "notices")
    assert notices(app) == []


def test_the_facilitator_of_a_new_review_is_told(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        ask = DeclareIncident(title="A slow page", severity="SEV4", severity_reason="Few use it")
        incident = declare_incident(work, ask)
        move_incident(work, incident, MoveIncident(verb="resolve"))
        start_review(
            work,
            StartReview(
                incidents=(ref(incident),),
                owner=cast.email("alice"),
                facilitator=cast.email("erin"),
            ),
        )
    deliver(app, "notices")
    assert [person for person, _ in notices(app)] == [cast.erin.person_id]


@pytest.mark.parametrize("name", ["index", "notices"])
def test_a_record_that_is_gone_meanwhile_is_no_error(app: App, cast: Cast, name: str) -> None:
    with app.begin_as_system() as work:
        event = work.add(
            OutboxEvent(name="action.proposed", record_kind="action", record_id=404, at=work.now)
        )
        work.add(Delivery(event_id=event.key, subscriber=name, run_at=work.now))
    outcome = deliver_round(app, subscriber(name))
    assert (outcome.delivered, outcome.failed) == (1, {})
