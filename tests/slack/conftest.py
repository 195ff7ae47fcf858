"""A tracker with Slack turned on, before an emulated workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from sqlmodel import select

from tests.conftest import Cast, HandClock, cast_for
from tests.slack.emulator import Emulator, NoEmulatorError
from tests.slack.gate import Gate
from tracker.app import App
from tracker.domain.people import Actor
from tracker.models.incident import Incident
from tracker.models.journal import Delivery
from tracker.outbox.delivering import Outcome, deliver_round
from tracker.outbox.subscribers import SLACK, SUBSCRIBERS
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident

SIGNING_SECRET = "rig-signing-secret"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An own workspace for each test: it starts in a quarter of a second."""
    try:
        one = Emulator()
    except NoEmulatorError as reason:
        pytest.skip(str(reason))
    yield one
    one.stop()


@pytest.fixture
def gate(emulator: Emulator) -> Iterator[Gate]:
    one = Gate(emulator.url)
    yield one
    one.stop()


@dataclass
class SlackRoom:
    """The tracker, its people, and Slack as it is seen past the gate."""

    app: App
    cast: Cast
    gate: Gate
    clock: HandClock

    def declare(self, title: str = "Checkout answers with errors", **ask: object) -> Incident:
        """Alice declares."""
        return self.declared_by(self.cast.alice, title, **ask)

    def declared_by(self, actor: Actor, title: str, **ask: object) -> Incident:
        """Somebody declares, as a SEV1 unless asked otherwise."""
        given: dict[str, object] = {"impact": "everyone", "urgency": "now", **ask}
        with self.app.begin(actor) as work:
            return declare_incident(work, DeclareIncident(title=title, **given))  # type: ignore[arg-type]

    def deliver(self, *, rounds: int = 200) -> Outcome:
        """Everything that is due for Slack now was tried."""
        subscriber = next(one for one in SUBSCRIBERS if one.name == SLACK)
        total = Outcome()
        for _ in range(rounds):
            outcome = deliver_round(self.app, subscriber)
            if not outcome.claimed:
                return total
            total.add(outcome)
        raise AssertionError("it does not come to an end")

    def deliver_through(self, *, rounds: int = 100, step_seconds: int = 30) -> Outcome:
        """Everything was delivered, waiting out whatever is put off."""
        total = Outcome()
        for _ in range(rounds):
            total.add(self.deliver())
            with self.app.look_as_system() as look:
                waiting = select(Delivery.id).where(
                    Delivery.subscriber == SLACK, Delivery.status == "pending"
                )
                if look.session.exec(waiting).first() is None:
                    return total
            self.clock.forward(seconds=step_seconds)
        raise AssertionError(f"it never came through: {total.failed}")

    def channel(self, begins: str) -> dict[str, object]:
        """The channel whose name begins so, as Slack has it."""
        kinds = "public_channel,private_channel"
        found = self.gate.asked("conversations.list", limit=900, types=kinds)["channels"]
        return next(one for one in found if one["name"].startswith(begins))

    def texts(self, channel_id: object) -> list[str]:
        """What stands in the channel, oldest first."""
        found = self.gate.asked("conversations.history", channel=channel_id, limit=200)["messages"]
        found = [one for one in found if not one.get("subtype")]
        return [one["text"] for one in sorted(found, key=lambda one: float(one["ts"]))]


def with_slack(app: App, gate: Gate, clock: HandClock, **more: str) -> App:
    """The same tracker, where Slack is set up."""
    settings = replace(
        app.settings,
        slack_bot_token="xoxb-rig",
        slack_signing_secret=SIGNING_SECRET,
        slack_api_url=gate.api_url,
        slack_announce_channels="SEV1=#all-incidents;team:payments=#pay",
        **more,  # type: ignore[arg-type]
    )
    return App(settings, clock=clock, durable=False)


@pytest.fixture
def room(make_app: Callable[[str], App], gate: Gate, clock: HandClock) -> Iterator[SlackRoom]:
    """On SQLite: what is asked here is what Slack gets, not what a database does."""
    app = with_slack(make_app("sqlite"), gate, clock)
    yield SlackRoom(app, cast_for(app), gate, clock)
    app.close()
