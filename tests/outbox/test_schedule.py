"""Clocks fire once, and everything that would be due by an instant is done."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlmodel import col, select

from tests.conftest import Cast, HandClock
from tests.outbox.conftest import Declare
from tracker.app import App
from tracker.models.incident import Incident
from tracker.models.journal import Clock, Notice
from tracker.outbox.indexer_lock import IndexerLock
from tracker.outbox.schedule import ClockFailedError, Fired, fire_next, run_due
from tracker.reading.references import ref
from tracker.search.index import SearchQuery
from tracker.usecases.improve.actions import ProposeAction, propose_action
from tracker.usecases.reminders import ensure_tidy
from tracker.usecases.respond.response import PostUpdate, post_update


@pytest.fixture
def promised(app: App, cast: Cast, clock: HandClock, declare: Declare) -> Incident:
    """An incident whose next update was promised in half an hour."""
    incident = declare("Checkout answers 502")
    with app.begin(cast.alice) as work:
        row = work.get(Incident, incident.key)
        next_at = clock() + timedelta(minutes=30)
        post_update(work, row, PostUpdate(text="We are looking", next_update_at=next_at))
    return incident


def late_notices(app: App) -> list[str]:
    with app.look_as_system() as look:
        query = select(Notice.text).where(Notice.kind == "update_late")
        return list(look.session.exec(query))


def test_five_workers_fire_a_clock_once(app: App, clock: HandClock, promised: Incident) -> None:
    clock.forward(hours=1)
    fired: list[Fired] = []

    def fire_all() -> None:
        while (one := fire_next(app)) is not None:
            fired.append(one)

    threads = [threading.Thread(target=fire_all) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(one.kind, one.ref, one.outcome) for one in fired] == [
        ("update_late", ref(promised), "told 1")
    ]
    assert len(late_notices(app)) == 1


def test_a_clock_does_not_fire_before_it_is_due(
    app: App, clock: HandClock, promised: Incident
) -> None:
    clock.forward(minutes=30)
    assert fire_next(app) is None, "a minute of grace"
    clock.forward(minutes=1)
    assert fire_next(app) is not None


def test_run_due_does_what_would_be_due_by_then_and_nothing_twice(
    app: App, cast: Cast, clock: HandClock, promised: Incident
) -> None:
    with app.begin(cast.alice) as work:
        ask = ProposeAction(title="Renew", incident=ref(promised), owner=cast.email("bob"))
        propose_action(work, ask)
    with app.begin_as_system() as work:
        ensure_tidy(work)
    then = clock() + timedelta(days=60)
    done = run_due(app, then)
    kinds = [one.kind for one in done.clocks]
    assert {"update_late", "tidy"} <= set(kinds)
    assert [one.due_at for one in done.clocks] == sorted(one.due_at for one in done.clocks)
    assert done.delivered > 0
    assert not done.failed
    assert not done.failed_clocks
    assert app.index.search(SearchQuery(text="renew")).total == 1
    again = run_due(app, then)
    assert (again.clocks, again.delivered) == ([], 0)
    with app.look_as_system() as look:
        waiting = look.session.exec(select(Clock.due_at).where(col(Clock.done_at).is_(None))).all()
    assert all(due_at > then for due_at in waiting)


def test_a_rule_that_breaks_is_told_and_holds_up_no_other(
    app: App, clock: HandClock, promised: Incident
) -> None:
    with app.begin_as_system() as work:
        broken = work.add(
            Clock(kind="no_such_rule", record_kind="", record_id=0, mark="", due_at=clock())
        )
    with pytest.raises(ClockFailedError):
        fire_next(app)
    done = run_due(app, clock.forward(hours=1))
    assert [one.kind for one in done.clocks] == ["update_late"]
    assert list(done.failed_clocks) == [broken.key]
    with app.look_as_system() as look:
        row = look.session.get(Clock, broken.key)
    assert row is not None
    assert row.done_at is None, "it still waits for its rule"


def test_run_due_leaves_the_index_to_whoever_keeps_it(
    app: App, clock: HandClock, promised: Incident
) -> None:
    keeper = IndexerLock(app.settings.data_dir)
    assert keeper.take()
    done = run_due(app, clock.forward(hours=1))
    assert done.left_to_worker
    assert app.index.count() == 0
    keeper.release()
    assert run_due(app, clock()).delivered > 0
    assert app.index.count() == 1
