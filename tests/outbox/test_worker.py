"""The worker as a process: killed, stopped, watched, and two at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from tests.conftest import Cast, HandClock
from tests.outbox.conftest import deliveries_of
from tracker.app import App
from tracker.models.journal import Clock, Delivery, Heartbeat
from tracker.outbox.health import examine, readiness
from tracker.outbox.schedule import run_due
from tracker.outbox.worker import Worker
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30.0
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(app: App, clock: HandClock) -> Iterator[Start]:
    """Starts ``tracker ...`` on the database of ``app``, and ends it after the test."""
    # Processes have the real clock; the test must live in the same time.
    clock.now = datetime.now(UTC)
    running: list[subprocess.Popen[bytes]] = []

    def one(*words: str) -> subprocess.Popen[bytes]:
        settings = app.settings
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", "tracker", *words],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "TRACKER_DATA_DIR": str(settings.data_dir),
                "TRACKER_DATABASE_URL": settings.database_url,
                "TRACKER_SECRET_KEY": settings.secret_key,
            },
            stderr=(settings.data_dir / f"log{len(running)}").open("wb"),
        )
        running.append(process)
        return process

    yield one
    for process in running:
        process.kill()
        process.wait()


def declare_many(app: App, cast: Cast, count: int) -> None:
    with app.begin(cast.alice) as work:
        for number in range(count):
            declare_incident(
                work,
                DeclareIncident(
                    title=f"Outage {number}",
                    summary="Some words about it. " * 40,
                    impact="everyone",
                    urgency="now",
                ),
            )


def wait_until(true: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < until, f"waited in vain: {what}"
        time.sleep(0.02)


def count(app: App, *conditions: object) -> int:
    with app.look_as_system() as look:
        query = select(func.count()).select_from(Delivery).where(*conditions)  # type: ignore[arg-type]
        return look.session.exec(query).one()


def test_a_worker_killed_in_the_middle_of_a_batch_loses_nothing(
    app: App, cast: Cast, start: Start
) -> None:
    declare_many(app, cast, 150)
    before = len(deliveries_of(app, "index"))
    worker = start("worker")
    pending = Delivery.status == "pending"
    wait_until(lambda: count(app, pending, col(Delivery.locked_until).is_not(None)), "a claim")
    worker.kill()
    worker.wait()
    assert count(app, pending) > 0, "it was killed before it had finished"
    done = run_due(app, app.clock() + timedelta(minutes=2))
    assert not done.failed
    assert not done.left_to_worker, "the lock went with the process"
    assert count(app, Delivery.status == "done", Delivery.subscriber == "index") == before
    assert app.index.count() == 150


def test_two_workers_share_the_outbox_and_one_keeps_the_index(
    app: App, cast: Cast, start: Start
) -> None:
    first, second = start("worker"), start("worker")
    declare_many(app, cast, 30)
    wait_until(lambda: count(app, Delivery.status == "pending") == 0, "everything delivered")
    assert app.index.count() == 30
    assert first.poll() is None
    assert second.poll() is None
    first.kill()
    declare_many(app, cast, 3)
    wait_until(lambda: app.index.count() == 33, "the other one takes the index over")


def test_a_worker_ends_in_order_on_sigterm_and_takes_its_heartbeat_along(
    app: App, start: Start
) -> None:
    worker = start("worker")

    def heartbeats() -> int:
        with app.look_as_system() as look:
            return len(look.session.exec(select(Heartbeat.id)).all())

    wait_until(heartbeats, "a heartbeat")
    assert {one.name: one.ok for one in examine(app)}["worker"]
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_SECONDS) == 0
    assert heartbeats() == 0


def test_a_worker_builds_a_missing_index_before_it_goes_on(app: App, cast: Cast) -> None:
    declare_many(app, cast, 4)
    run_due(app, app.clock())
    for path in sorted(app.settings.index_dir.rglob("*"), reverse=True):
        if path.is_file():
            path.unlink()
    assert not app.index.is_current()
    worker = Worker(app)
    worker.prepare()
    worker.turn()
    assert app.index.is_current()
    assert app.index.count() == 4


def test_a_worker_sees_to_the_daily_tidying(app: App) -> None:
    Worker(app).prepare()
    Worker(app).prepare()
    with app.look_as_system() as look:
        assert look.session.exec(select(Clock.kind)).all() == ["tidy"]


def test_a_worker_waits_out_trouble_with_a_clock(app: App, clock: HandClock) -> None:
    with app.begin_as_system() as work:
        work.add(Clock(kind="no_such_rule", record_kind="", record_id=0, due_at=clock()))
    worker = Worker(app)
    assert worker.turn(), "it tried"
    assert not worker.turn(), "and does not try again at once"


def test_a_database_without_a_schema_is_not_ready(app: App) -> None:
    assert all(check.ok for check in readiness(app))
    app.migrate(to="base")
    assert [(check.name, check.ok) for check in readiness(app)] == [("schema", False)]
