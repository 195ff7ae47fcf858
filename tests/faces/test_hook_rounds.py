"""Messages that come at once share a transaction: none is lost, and none takes another with it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.exc import DataError

from tests.conftest import Cast
from tests.faces.hook_sender import Sender, alertmanager, events
from tracker.app import App


def test_the_tracker_says_busy_and_when_to_come_again(
    make_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.db.engine.BUSY_TIMEOUT_SECONDS", 0.2)
    app: App = make_app("sqlite")
    sender = Sender(app)
    with app.engine.connect() as other:
        other.exec_driver_sql("update alert_source set raw_days = 3")
        other.commit()
        other.connection.driver_connection.execute("begin immediate")  # type: ignore[union-attr]
        answer = sender.send()
        other.connection.driver_connection.execute("rollback")  # type: ignore[union-attr]
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert events(app) == []
    assert sender.send().status_code == 202


def test_senders_at_the_same_moment_are_all_stored_once(app: App, cast: Cast) -> None:
    sender = Sender(app)
    starts = [f"2026-06-01T08:{minute:02}:00Z" for minute in range(24)]
    gate = threading.Barrier(8)

    def send(start: str) -> int:
        gate.wait(30)
        client = sender.flask_app.test_client()
        headers = {"Authorization": f"Bearer {sender.key}"}
        return client.post(sender.path, json=alertmanager(start), headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, starts)) == {202}
    assert sorted(one.times_seen for one in events(app)) == [1] * 24


def test_one_message_that_cannot_be_stored_does_not_take_others_with_it(
    sqlite_app: App, sqlite_cast: Cast
) -> None:
    from tracker.api.respond.intake_rounds import IntakeRounds, _Waiting
    from tracker.domain.event import Alert, Change, Received
    from tracker.usecases.respond.alerts import Message

    sender = Sender(sqlite_app)
    rounds = IntakeRounds(sqlite_app)
    good = Received(alerts=(Alert(instance_key="a", alert_key="k", title="Good"),))
    bad = Received(changes=(Change(instance_key="b", kind="no such kind"),))
    waiting = [_Waiting(Message(source_id=sender.id, received=one)) for one in (good, bad, good)]
    rounds._store(waiting)
    assert [bool(one.taken) for one in waiting] == [True, False, True]
    assert [one.title for one in events(sqlite_app)] == ["Good"]


@pytest.mark.postgres
def test_what_the_database_refuses_to_hold_is_refused_alone(make_app: Any) -> None:
    from tracker.api.respond.intake_rounds import IntakeRounds, _Waiting
    from tracker.domain.event import Alert, Received
    from tracker.usecases.respond.alerts import Message

    app: App = make_app("postgres")
    sender = Sender(app)
    waiting = [
        _Waiting(
            Message(
                source_id=sender.id,
                received=Received(alerts=(Alert(instance_key=key, alert_key="k", title=key),)),
                raw_days=1,
                body=body,
            )
        )
        for key, body in (("a", "{}"), ("b", "\x00"), ("c", "{}"))
    ]
    IntakeRounds(app)._store(waiting)
    assert [bool(one.taken) for one in waiting] == [True, False, True]
    assert isinstance(waiting[1].error, DataError)
    assert [one.title for one in events(app)] == ["a", "c"]


def test_a_round_that_breaks_leads_on_to_the_next_one(sqlite_app: App, sqlite_cast: Cast) -> None:
    from tracker.api.respond.intake_rounds import BusyError, IntakeRounds
    from tracker.domain.event import Alert, Received
    from tracker.usecases.respond.alerts import Message, Taken

    sender = Sender(sqlite_app)
    rounds = IntakeRounds(sqlite_app)
    gate = threading.Barrier(6)

    def give(number: int) -> Taken | Exception:
        alert = Alert(instance_key=f"{number}", alert_key="k", title=f"Alert {number}")
        # Without its alerts a message breaks the round in a way that nobody foresaw.
        received: Any = None if number == 0 else Received(alerts=(alert,))
        gate.wait(30)
        try:
            return rounds.give(Message(source_id=sender.id, received=received))
        except (AttributeError, BusyError) as error:
            return error

    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(give, range(6)))
        stored = sum(isinstance(one, Taken) for one in given)
        # Those who were in the broken round come again; none of them waits for somebody gone.
        again = list(pool.map(give, range(1, 7)))
    assert not isinstance(given[0], Taken)
    assert len(events(sqlite_app)) >= stored
    assert all(isinstance(one, Taken) for one in again)
    assert len(events(sqlite_app)) == 6


def test_a_change_with_the_key_of_an_alert_is_refused_for_good_and_stops_nobody(
    app: App, cast: Cast
) -> None:
    sender = Sender(app, "generic")
    assert sender.send({"title": "Slow", "key": "k"}).status_code == 202
    refused = sender.send({"kind": "deploy", "key": "k", "service": "checkout"})
    # Busy would bring it back for ever, and fail whoever shares the transaction with it.
    assert refused.status_code == 422, refused.text
    assert "EVT-1 has this key" in refused.text
    assert [event.kind for event in events(app)] == ["alert"]
