"""Claims, leases, order, back-off and parking, on both databases."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.conftest import Cast, HandClock
from tests.outbox.conftest import deliveries_of, put_deliveries
from tracker.app import App
from tracker.domain.errors import NotAllowed, NotFound, NotPermitted
from tracker.models.journal import Delivery
from tracker.outbox.deliveries import (
    LONGEST_WAIT_SECONDS,
    MOST_TRIES,
    Item,
    anything_due,
    claim,
    wait_seconds,
)
from tracker.outbox.delivering import Outcome, deliver_round
from tracker.outbox.subscribers import Subscriber
from tracker.search.index import IndexBusyError
from tracker.usecases.deliveries import retry_delivery


class Recorder:
    """A handler that keeps what it was given, and fails for the deliveries it is told to."""

    def __init__(self, *, bad: Sequence[int] = ()) -> None:
        self.given: list[int] = []
        self.lanes: dict[int, list[int]] = {}
        self.batches: list[int] = []
        self._bad = set(bad)
        self._lock = threading.Lock()

    def __call__(self, app: App, items: Sequence[Item]) -> None:
        if any(item.delivery_id in self._bad for item in items):
            raise ValueError("no words for this one")
        with self._lock:
            self.batches.append(len(items))
            for item in items:
                self.given.append(item.delivery_id)
                self.lanes.setdefault(item.incident_id, []).append(item.delivery_id)

    def subscriber(self, *, batch: int = 5, in_order: bool = True) -> Subscriber:
        return Subscriber(name="notices", deliver=self, batch=batch, in_order=in_order)


def drain(app: App, subscriber: Subscriber) -> None:
    while deliver_round(app, subscriber).claimed:
        pass


def test_ten_workers_on_one_outbox_deliver_each_once_and_in_the_order_of_its_lane(
    app: App,
) -> None:
    ids = put_deliveries(app, [1, 2, 3, 0] * 15)
    recorder = Recorder()
    subscriber = recorder.subscriber()

    def work_until_done() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            deliver_round(app, subscriber)
            if not anything_due(app, ["notices"]) and len(recorder.given) >= len(ids):
                return

    threads = [threading.Thread(target=work_until_done) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(recorder.given) == ids
    for lane in (1, 2, 3):
        assert recorder.lanes[lane] == sorted(recorder.lanes[lane])
    assert {row.status for row in deliveries_of(app, "notices")} == {"done"}


def test_a_later_delivery_of_a_lane_waits_for_the_one_before(app: App) -> None:
    first, second, other = put_deliveries(app, [7, 7, 8])
    claimed = claim(app, "notices", limit=10, in_order=True)
    assert [item.delivery_id for item in claimed] == [first, other]
    assert claim(app, "notices", limit=10, in_order=True) == []
    assert second not in {item.delivery_id for item in claimed}


def test_a_parked_delivery_does_not_hold_up_its_lane(app: App, clock: HandClock) -> None:
    first, second = put_deliveries(app, [7, 7])
    recorder = Recorder(bad=[first])
    for _ in range(MOST_TRIES):
        deliver_round(app, recorder.subscriber())
        clock.forward(minutes=20)
    drain(app, recorder.subscriber())
    assert recorder.given == [second]


def test_a_lease_protects_a_claim_until_it_runs_out(app: App, clock: HandClock) -> None:
    (only,) = put_deliveries(app, [0])
    assert [item.delivery_id for item in claim(app, "notices", limit=9, in_order=True)] == [only]
    clock.forward(seconds=59)
    assert claim(app, "notices", limit=9, in_order=True) == []
    clock.forward(seconds=2)
    (again,) = claim(app, "notices", limit=9, in_order=True)
    assert (again.delivery_id, again.tries) == (only, 2)


def test_a_delivery_that_ends_its_worker_each_time_is_parked(app: App, clock: HandClock) -> None:
    put_deliveries(app, [0])
    for _ in range(MOST_TRIES + 1):
        claim(app, "notices", limit=9, in_order=True)
        clock.forward(minutes=2)
    (row,) = deliveries_of(app, "notices")
    assert row.status == "parked"
    assert "stopped each time" in row.last_error


def test_a_failing_delivery_waits_longer_each_time_and_is_parked_after_eight_tries(
    app: App, clock: HandClock
) -> None:
    (only,) = put_deliveries(app, [0])
    subscriber = Recorder(bad=[only]).subscriber()
    waits: list[timedelta] = []
    for tried in range(1, MOST_TRIES):
        outcome = deliver_round(app, subscriber)
        assert outcome.failed == {only: "It stopped with ValueError: no words for this one"}
        (row,) = deliveries_of(app, "notices")
        assert (row.status, row.tries) == ("pending", tried)
        assert deliver_round(app, subscriber).claimed == 0, "not before its time"
        waits.append(row.run_at - clock())
        clock.now = row.run_at
    assert all(longer > shorter for shorter, longer in itertools.pairwise(waits))
    assert deliver_round(app, subscriber).parked == 1
    (row,) = deliveries_of(app, "notices")
    assert (row.status, row.tries) == ("parked", MOST_TRIES)
    assert row.last_error == "It stopped with ValueError: no words for this one"


def test_no_wait_is_longer_than_ten_minutes() -> None:
    assert all(0 < wait_seconds(tries) <= LONGEST_WAIT_SECONDS for tries in range(1, 40))


def test_one_bad_delivery_does_not_hold_up_the_others_of_its_batch(app: App) -> None:
    ids = put_deliveries(app, [0] * 6)
    recorder = Recorder(bad=[ids[2]])
    outcome = deliver_round(app, recorder.subscriber(batch=50))
    assert recorder.given == [one for one in ids if one != ids[2]]
    assert (outcome.delivered, list(outcome.failed)) == (5, [ids[2]])


def test_what_did_not_come_through_twice_goes_out_alone_and_one_in_a_round(
    app: App, clock: HandClock
) -> None:
    ids = put_deliveries(app, [0] * 4)
    for _ in range(2):
        assert len(claim(app, "notices", limit=50, in_order=True)) == 4
        clock.forward(minutes=2)
    fresh = put_deliveries(app, [0] * 3)
    recorder = Recorder()
    deliver_round(app, recorder.subscriber(batch=50))
    assert recorder.batches == [3, 1]
    assert recorder.given == [*fresh, ids[0]]
    assert [row.tries for row in deliveries_of(app, "notices")] == [3, 2, 2, 2, 1, 1, 1]
    drain(app, recorder.subscriber(batch=50))
    assert sorted(recorder.given) == [*ids, *fresh]


def test_a_busy_index_is_tried_again_without_counting_the_try(app: App, clock: HandClock) -> None:
    put_deliveries(app, [0, 0])

    def busy(app: App, items: Sequence[Item]) -> None:
        raise IndexBusyError("somebody else")

    subscriber = Subscriber(name="notices", deliver=busy, batch=10, in_order=False)
    for _ in range(MOST_TRIES + 3):
        assert deliver_round(app, subscriber) == Outcome(claimed=2)
        clock.forward(seconds=3)
    assert {(row.status, row.tries) for row in deliveries_of(app, "notices")} == {("pending", 0)}


def test_a_parked_delivery_can_be_tried_again_by_an_admin(
    app: App, cast: Cast, clock: HandClock
) -> None:
    (only,) = put_deliveries(app, [0])
    with app.begin_as_system() as work:
        row = work.find(Delivery, only, what="it")
        row.status, row.tries, row.last_error = "parked", MOST_TRIES, "The disk was full"
    for actor, error in ((cast.erin, NotPermitted), (cast.alice, NotPermitted)):
        with pytest.raises(error), app.begin(actor) as work:
            retry_delivery(work, only)
    with app.begin(cast.ada) as work:
        retry_delivery(work, only)
    recorder = Recorder()
    drain(app, recorder.subscriber())
    assert recorder.given == [only]
    with pytest.raises(NotAllowed), app.begin(cast.ada) as work:
        retry_delivery(work, only)
    with pytest.raises(NotFound), app.begin(cast.ada) as work:
        retry_delivery(work, 999_999)
