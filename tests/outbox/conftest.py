"""What the tests of the outbox share: incidents to deliver, and a look at the deliveries."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlmodel import col, select

from tests.conftest import Cast
from tracker.app import App
from tracker.models.incident import Incident
from tracker.models.journal import Delivery, OutboxEvent
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident

Declare = Callable[[str], Incident]


@pytest.fixture
def declare(app: App, cast: Cast) -> Declare:
    """Declares an incident with this title, as Alice."""

    def one(title: str) -> Incident:
        with app.begin(cast.alice) as work:
            return declare_incident(
                work, DeclareIncident(title=title, impact="everyone", urgency="now")
            )

    return one


def deliveries_of(app: App, subscriber: str) -> list[Delivery]:
    """Every delivery for the subscriber, oldest first."""
    with app.look_as_system() as look:
        query = select(Delivery).where(Delivery.subscriber == subscriber)
        return list(look.session.exec(query.order_by(col(Delivery.id))))


def put_deliveries(app: App, lanes: list[int], *, subscriber: str = "notices") -> list[int]:
    """The ids of new pending deliveries, one event each, in these lanes."""
    with app.begin_as_system() as work:
        made: list[int] = []
        for lane in lanes:
            event = work.add(
                OutboxEvent(
                    name="incident.changed",
                    record_kind="incident",
                    record_id=lane or 1,
                    incident_id=lane,
                    at=work.now,
                )
            )
            row = work.add(
                Delivery(event_id=event.key, subscriber=subscriber, lane=lane, run_at=work.now)
            )
            made.append(row.key)
        return made
