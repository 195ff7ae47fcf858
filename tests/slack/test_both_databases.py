"""What the database decides about deliveries to Slack: order, once, what waits behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlmodel import select

from tests.conftest import HandClock, cast_for
from tests.outbox.conftest import deliveries_of
from tests.slack.conftest import SlackRoom, with_slack
from tests.slack.gate import Gate
from tests.slack.test_deliveries import do, move, state_of, whole_incident
from tracker.app import App
from tracker.models.incident import Incident
from tracker.models.transcript import Transcript
from tracker.usecases.respond.incidents import MoveIncident, move_incident
from tracker.usecases.respond.response import PostUpdate, post_update
from tracker.usecases.respond.transcripts import ask_transcript, leave_transcript


@pytest.fixture(params=["sqlite", "postgres"])
def either(
    request: pytest.FixtureRequest, make_app: Callable[[str], App], gate: Gate, clock: HandClock
) -> Iterator[SlackRoom]:
    """The room on each database."""
    app = with_slack(make_app(request.param), gate, clock)
    yield SlackRoom(app, cast_for(app), gate, clock)
    app.close()


def test_with_every_method_broken_once_the_channel_tells_each_thing_once(
    either: SlackRoom,
) -> None:
    either.gate.each_first_breaks = True
    whole_incident(either, deliver=either.deliver_through)
    seen = state_of(either)
    assert seen["archived"] is True
    assert len(seen["texts"]) == len(set(seen["texts"])) == 6
    assert all(row.status == "done" for row in deliveries_of(either.app, "slack"))


def test_two_workers_at_once_tell_each_update_once_and_in_order(either: SlackRoom) -> None:
    either.declare()
    either.deliver()
    for number in range(4):
        do(either, post_update, PostUpdate(text=f"Word {number}"))
    workers = [threading.Thread(target=either.deliver) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    either.deliver_through()
    told = [one for one in state_of(either)["texts"] if "Word" in one]
    assert [one[-1] for one in told] == ["0", "1", "2", "3"]


def test_what_waits_behind_a_delivery_is_done_with_it(either: SlackRoom) -> None:
    either.declare()
    for verb in ("investigate", "mitigate"):
        move(either, verb)
    waiting = [one for one in deliveries_of(either.app, "slack") if one.status == "pending"]
    assert len(waiting) > 2
    assert either.deliver().claimed == 1
    assert all(row.status == "done" for row in deliveries_of(either.app, "slack"))
    assert "Mitigated" in state_of(either)["texts"][-1]


def test_two_who_leave_their_messages_out_at_once_are_both_left_out(either: SlackRoom) -> None:
    either.declare()
    either.deliver()
    do(either, move_incident, MoveIncident(verb="resolve"))
    do(either, ask_transcript)
    together = threading.Barrier(2)

    def leave(name: str) -> None:
        with either.app.begin(getattr(either.cast, name)) as work:
            leave_transcript(work, work.get(Incident, 1))

    def at_once(name: str) -> None:
        together.wait()
        leave(name)

    people = [threading.Thread(target=at_once, args=(name,)) for name in ("bob", "charlie")]
    for one in people:
        one.start()
    for one in people:
        one.join()
    with either.app.look_as_system() as look:
        row = look.session.exec(select(Transcript)).one()
    wanted = {str(either.cast.bob.person_id), str(either.cast.charlie.person_id)}
    assert set(row.left_out) == wanted
