"""The worker: delivers what happened, fires clocks, keeps the search index, shows it is alive."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from tracker.app import App
from tracker.models.journal import Heartbeat
from tracker.outbox import deliveries, schedule
from tracker.outbox.deliveries import MOST_TRIES, wait_seconds
from tracker.outbox.delivering import Outcome, deliver_round
from tracker.outbox.indexer_lock import IndexerLock
from tracker.outbox.service_delivering import ServiceDeliverer
from tracker.outbox.subscribers import INDEX, MAIL, SLACK, SUBSCRIBERS, Subscriber
from tracker.reading.share.library import all_documents
from tracker.search.index import IndexBusyError
from tracker.usecases.reminders import ensure_digest, ensure_tidy

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.3
BEAT_SECONDS = 10.0
# After an error that no delivery is to blame for (the database is away), before the next attempt.
AFTER_TROUBLE_SECONDS = (1.0, 2.0, 5.0, 10.0)
FORGET_WORKERS_AFTER = timedelta(days=1)
PROGRESS_EVERY = 500


class Worker:
    """One worker process. ``run`` returns after ``stop``, or when ``is_orphan`` says so.

    Any number may run on one database. On one machine the first one keeps the search index; the
    others take it over when it ends.
    """

    def __init__(self, app: App, *, is_orphan: Callable[[], bool] = lambda: False) -> None:
        self.app = app
        self.name = f"{socket.gethostname()[:50]}-{os.getpid()}"
        self._is_orphan = is_orphan
        self._stop = threading.Event()
        self._lock = IndexerLock(app.settings.data_dir)
        self._delivered = 0
        self._indexed_until = 0
        self._beaten_at: float | None = None
        # Clocks whose rule broke: how often, and when to try again.
        self._broken_clocks: dict[int, tuple[int, float]] = {}
        self._beside: list[ServiceDeliverer] = []

    def stop(self) -> None:
        """The worker ends after what it is doing now. May be called from a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Works until told to stop; trouble with the database or the disk is waited out."""
        log.info("worker_started", extra={"worker": self.name})
        trouble = 0
        ready = False
        try:
            while not self._ending():
                try:
                    if not ready:
                        self.prepare()
                        ready = True
                    worked = self.turn()
                    self.beat()
                    trouble = 0
                except InterruptedError:
                    # A rebuild was broken off because the worker is to end: no trouble at all.
                    continue
                except Exception:
                    wait = AFTER_TROUBLE_SECONDS[min(trouble, len(AFTER_TROUBLE_SECONDS) - 1)]
                    trouble += 1
                    log.exception("worker_in_trouble", extra={"wait_seconds": wait})
                    self._stop.wait(wait)
                    continue
                if not worked:
                    self._stop.wait(IDLE_SECONDS)
        finally:
            self._leave()
        log.info("worker_stopped", extra={"worker": self.name, "delivered": self._delivered})

    def prepare(self) -> None:
        """The daily tidying waits, and workers that ended long ago are forgotten."""
        with self.app.begin_as_system() as work:
            ensure_tidy(work)
            if self.app.settings.slack_is_on:
                ensure_digest(work)
            work.session.execute(
                sa.delete(Heartbeat).where(col(Heartbeat.at) < work.now - FORGET_WORKERS_AFTER)
            )
        if not self._beside:
            settings = self.app.settings
            services = ((SLACK, settings.slack_is_on), (MAIL, settings.mail_is_on))
            self._beside = [ServiceDeliverer(self.app, name) for name, is_on in services if is_on]
            for deliverer in self._beside:
                deliverer.start()
        self.beat(now=True)

    def turn(self) -> bool:
        """One round of everything; True when there was something to do."""
        worked = False
        subscribers = self._subscribers()
        if deliveries.anything_due(self.app, [one.name for one in subscribers]):
            for subscriber in subscribers:
                outcome = deliver_round(self.app, subscriber)
                self._count(subscriber, outcome)
                worked = worked or outcome.claimed > 0
                if self._ending():
                    return True
        return self._fire_clocks() or worked

    def beat(self, *, now: bool = False) -> None:
        """This worker's heartbeat stands at this moment, at most every BEAT_SECONDS."""
        elapsed = time.monotonic()
        if not now and self._beaten_at is not None and elapsed - self._beaten_at < BEAT_SECONDS:
            return
        self._beaten_at = elapsed
        with self.app.begin_as_system() as work:
            row = work.session.exec(select(Heartbeat).where(Heartbeat.worker == self.name)).first()
            if row is None:
                row = Heartbeat(worker=self.name, at=work.now)
            row.at = work.now
            row.delivered = self._delivered + sum(one.delivered for one in self._beside)
            row.indexed_until = self._indexed_until
            work.session.add(row)

    def _subscribers(self) -> tuple[Subscriber, ...]:
        """Those this worker serves itself: the index only while it holds the lock."""
        others = set() if self._holds_index() else {INDEX}
        others |= {one.name for one in self._beside}
        return tuple(one for one in SUBSCRIBERS if one.name not in others)

    def _holds_index(self) -> bool:
        if not self._lock.take():
            return False
        if self.app.index.is_current():
            return True
        try:
            rebuild_index(self.app, progress=self._rebuilding)
        except IndexBusyError:
            # Somebody rebuilds it by hand: other work must not wait for that.
            log.info("index_busy", extra={"worker": self.name})
            return False
        return True

    def _rebuilding(self, done: int) -> None:
        if done % PROGRESS_EVERY == 0:
            log.info("index_rebuilding", extra={"documents": done})
        self.beat()
        if self._ending():
            raise InterruptedError("The worker was told to stop; the rebuild begins again later")

    def _fire_clocks(self) -> bool:
        moment = time.monotonic()
        skip = [key for key, (_, again) in self._broken_clocks.items() if again > moment]
        if not schedule.anything_due(self.app, skip=skip):
            return False
        try:
            fired = schedule.fire_next(self.app, skip=skip)
        except schedule.ClockFailedError as error:
            tries = self._broken_clocks.get(error.clock_id, (0, 0.0))[0] + 1
            self._broken_clocks[error.clock_id] = (tries, moment + wait_seconds(tries))
            level = logging.ERROR if tries >= MOST_TRIES else logging.WARNING
            ids = {"clock": error.clock_id, "kind": error.kind, "tries": tries}
            log.log(level, "clock_failed", extra=ids, exc_info=error)
            return True
        if fired is not None:
            self._broken_clocks.pop(fired.clock, None)
            log.info("clock_fired", extra={"clock": fired.clock, "kind": fired.kind})
        return fired is not None

    def _count(self, subscriber: Subscriber, outcome: Outcome) -> None:
        self._delivered += outcome.delivered
        if subscriber.name == INDEX:
            self._indexed_until = max(self._indexed_until, outcome.newest)

    def _ending(self) -> bool:
        return self._stop.is_set() or self._is_orphan()

    def _leave(self) -> None:
        """A worker that ends in order takes its heartbeat with it."""
        self._lock.release()
        for deliverer in self._beside:
            deliverer.stop()
        try:
            with self.app.begin_as_system() as work:
                work.session.execute(sa.delete(Heartbeat).where(col(Heartbeat.worker) == self.name))
        except Exception:  # noqa: BLE001 - the database may be what is in trouble
            log.warning("heartbeat_left_behind", extra={"worker": self.name})


def rebuild_index(app: App, *, progress: Callable[[int], None]) -> int:
    """A new index stands in the place of the old one; how many documents it has.

    Search answers from the old one meanwhile. Raises: IndexBusyError.
    """
    started = time.monotonic()
    with app.look_as_system() as look:
        count = app.index.rebuild(all_documents(look), progress=progress)
    took = round(time.monotonic() - started, 1)
    log.info("index_rebuilt", extra={"documents": count, "seconds": took})
    return count
