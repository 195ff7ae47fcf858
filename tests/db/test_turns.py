"""Whoever asks first is first, also before a thread that is awake already."""

from __future__ import annotations

import threading
import time

from tracker.db.turns import Turns


def test_turns_come_in_the_order_of_asking() -> None:
    turns, order = Turns(), list[int]()
    threads = []

    def ask(number: int) -> None:
        with turns.take() as taken:
            assert taken
            order.append(number)

    with turns.take():
        for number in range(20):
            threads.append(threading.Thread(target=ask, args=(number,)))
            threads[-1].start()
            _until(lambda number=number: len(turns._line) == number + 1)
    # This thread never slept, and would pass all of them at a lock of Python's.
    with turns.take():
        assert order == list(range(20))
    for one in threads:
        one.join()


def test_no_more_than_its_places_at_once() -> None:
    turns, inside, most = Turns(3), list[int](), list[int]()

    def work(number: int) -> None:
        for _ in range(20):
            with turns.take():
                inside.append(number)
                most.append(len(inside))
                time.sleep(0)
                inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert max(most) <= 3
    assert turns._free == 3
    assert not turns._line


def test_whoever_has_no_patience_left_leaves_the_line() -> None:
    turns = Turns()
    with turns.take(), turns.take(patience=0.01) as taken:
        assert not taken
    # What was not taken is not given back either: there is one place still.
    with turns.take(patience=0.01) as first, turns.take(patience=0.01) as second:
        assert (first, second) == (True, False)


def _until(met: object) -> None:
    assert callable(met)
    until = time.monotonic() + 5
    while not met():
        assert time.monotonic() < until
        time.sleep(0.001)
