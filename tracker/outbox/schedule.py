"""Clocks that are due, fired once each; and everything that would be due by an instant."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from tracker.app import App
from tracker.db.work import Look, Work
from tracker.models.journal import Clock
from tracker.outbox.deliveries import in_words
from tracker.outbox.delivering import deliver_round
from tracker.outbox.indexer_lock import IndexerLock
from tracker.outbox.subscribers import INDEX, SUBSCRIBERS, Subscriber
from tracker.reading.references import ref_of
from tracker.usecases.reminders import fire

log = logging.getLogger(__name__)

# More than any real pile; a rule that sets its own clock in the past must not turn for ever.
MOST_ROUNDS = 100_000


@dataclass(frozen=True, kw_only=True)
class Fired:
    """One clock that was due and what came of it."""

    clock: int
    kind: str
    ref: str
    due_at: datetime
    outcome: str


class ClockFailedError(RuntimeError):
    """The rule of a clock broke; nothing of it was kept and the clock still waits."""

    def __init__(self, clock_id: int, kind: str, told: str) -> None:
        super().__init__(told)
        self.clock_id = clock_id
        self.kind = kind


@dataclass
class DoneByThen:
    """What ``run_due`` did, as data."""

    now: datetime
    clocks: list[Fired] = field(default_factory=list)
    delivered: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    failed_clocks: dict[int, str] = field(default_factory=dict)
    # Left to the worker that holds the index.
    left_to_worker: bool = False

    def as_data(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)


def anything_due(app: App, *, skip: Collection[int] = ()) -> bool:
    """True when a clock is due. Reads only."""
    with app.look_as_system() as look:
        return _due(look, skip) is not None


def fire_next(app: App, *, skip: Collection[int] = ()) -> Fired | None:
    """The longest due clock has fired, in a transaction of its own; ``None`` when none is due.

    ``skip``: clocks to leave for later.
    Raises: ClockFailedError when its rule broke.
    """
    clock_id, kind = 0, ""
    try:
        with app.begin_as_system() as work:
            clock = _due(work, skip)
            if clock is None:
                return None
            clock_id, kind = clock.key, clock.kind
            outcome = fire(work, clock)
            return Fired(
                clock=clock_id,
                kind=kind,
                ref=ref_of(clock.record_kind, clock.record_id) if clock.record_kind else "",
                due_at=clock.due_at,
                outcome=outcome,
            )
    except Exception as error:
        if not clock_id:
            raise
        raise ClockFailedError(clock_id, kind, in_words(error)) from error


def run_due(app: App, now: datetime) -> DoneByThen:
    """Everything that would be due by ``now`` is done as if it were that instant: clocks, those
    they set on the way, and every delivery; until nothing is left or only what fails.

    Index deliveries are left to a running worker when there is one.
    """
    there = app.at(now)
    done = DoneByThen(now=now)
    lock = IndexerLock(app.settings.data_dir)
    subscribers: tuple[Subscriber, ...] = SUBSCRIBERS
    if not lock.take():
        done.left_to_worker = True
        subscribers = tuple(one for one in SUBSCRIBERS if one.name != INDEX)
    try:
        for _ in range(MOST_ROUNDS):
            busy = _fire_one(there, done)
            for subscriber in subscribers:
                outcome = deliver_round(there, subscriber)
                done.delivered += outcome.delivered
                done.failed.update(outcome.failed)
                busy = busy or outcome.claimed > 0
            if not busy:
                break
    finally:
        lock.release()
    return done


def _fire_one(app: App, done: DoneByThen) -> bool:
    try:
        fired = fire_next(app, skip=done.failed_clocks)
    except ClockFailedError as error:
        log.warning("clock_failed", extra={"clock": error.clock_id, "kind": error.kind})
        done.failed_clocks[error.clock_id] = str(error)
        return True
    if fired is not None:
        done.clocks.append(fired)
    return fired is not None


def _due(look: Look, skip: Collection[int]) -> Clock | None:
    query = (
        select(Clock)
        .where(col(Clock.done_at).is_(None), col(Clock.due_at) <= look.now)
        .order_by(col(Clock.due_at), col(Clock.id))
        .limit(1)
    )
    if skip:
        query = query.where(col(Clock.id).not_in(list(skip)))
    if isinstance(look, Work):
        query = query.with_for_update(skip_locked=True)
    return look.session.exec(query).first()
