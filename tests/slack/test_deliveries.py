"""What an incident looks like in Slack, and that nothing is told twice or lost."""

from __future__ import annotations

from tests.slack.conftest import SlackRoom


def test_a_declared_incident_has_its_channel_with_all_that_belongs_to_it(room: SlackRoom) -> None:
    incident = room.declare(teams=("payments",), services=("checkout",))
    outcome = room.deliver()
    assert outcome.failed == {}
    channel = room.channel("inc-1-")
    assert channel["name"] == "inc-1-checkout-answers-with-errors"
    assert incident.severity in str(channel["topic"])
    assert len(room.texts(channel["id"])) == 1
