"""Claiming deliveries and noting what became of them. Every step is one short transaction.

A claim is a lease: who dies with it loses it, and the delivery is claimed again. So a delivery is
made at least once, and handlers must bear a second time.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from tracker.app import App
from tracker.db.work import Work
from tracker.domain.errors import DomainError
from tracker.models.journal import Delivery, OutboxEvent
from tracker.senders.sender import SendError

LEASE = timedelta(seconds=60)
MOST_TRIES = 8
LONGEST_WAIT_SECONDS = 600
BUSY_WAIT = timedelta(seconds=2)
ERROR_CHARACTERS = 500
# Written into the statement, because an index over part of a table is not chosen for a parameter.
PENDING: sa.ColumnElement[str] = sa.literal_column("'pending'")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One claimed delivery with its event, as a handler gets it."""

    delivery_id: int
    name: str
    record_kind: str
    record_id: int
    incident_id: int
    detail: str
    at: datetime
    tries: int


def anything_due(app: App, subscribers: Collection[str]) -> bool:
    """True when a delivery for one of these subscribers could be claimed now. Reads only."""
    with app.look_as_system() as look:
        query = select(Delivery.id).where(*_free(look.now, subscribers)).limit(1)
        return look.session.exec(query).first() is not None


def claim(app: App, subscriber: str, *, limit: int, in_order: bool) -> list[Item]:
    """Up to ``limit`` deliveries, leased to the caller for LEASE, oldest first.

    ``in_order``: of each lane only its oldest pending delivery can be had, so what happened to
    one incident is told in its order; a parked delivery does not hold up its lane.
    """
    with app.begin_as_system() as work:
        wanted = select(Delivery.id).where(*_free(work.now, [subscriber]))
        if in_order:
            first = (
                select(sa.func.min(Delivery.id))
                .where(Delivery.status == PENDING, Delivery.subscriber == subscriber)
                .where(col(Delivery.lane) > 0)
                .group_by(col(Delivery.lane))
            )
            wanted = wanted.where(sa.or_(col(Delivery.lane) == 0, col(Delivery.id).in_(first)))
        wanted = (
            wanted.order_by(col(Delivery.run_at), col(Delivery.id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = (
            sa.update(Delivery)
            .where(col(Delivery.id).in_(wanted.scalar_subquery()))
            .values(locked_until=work.now + LEASE, tries=col(Delivery.tries) + 1)
            .returning(col(Delivery.id), col(Delivery.event_id), col(Delivery.tries))
            .execution_options(synchronize_session=False)
        )
        rows = sorted(tuple(row) for row in work.session.execute(statement))
        lost = [row_id for row_id, _, tries in rows if tries > MOST_TRIES]
        if lost:
            _park(work, lost, "The worker stopped each time while it was doing this")
        return _items(work, [row for row in rows if row[2] <= MOST_TRIES])


def mark_done(app: App, items: Sequence[Item]) -> None:
    """The deliveries are done and will not be claimed again."""
    with app.begin_as_system() as work:
        _set(
            work,
            [item.delivery_id for item in items],
            status="done",
            done_at=work.now,
            locked_until=None,
            last_error="",
        )


def waiting_behind(app: App, item: Item, subscriber: str) -> list[int]:
    """Deliveries about the same record that wait behind this one in its lane; those with a detail
    of their own to see to are not among them.

    What they tell of is committed: whoever reads the record after this reads it, too.
    """
    if not item.incident_id:
        return []
    with app.look_as_system() as look:
        query = (
            select(Delivery.id)
            .join(OutboxEvent, col(OutboxEvent.id) == col(Delivery.event_id))
            .where(
                Delivery.status == PENDING,
                Delivery.subscriber == subscriber,
                Delivery.lane == item.incident_id,
                col(Delivery.id) > item.delivery_id,
                OutboxEvent.record_kind == item.record_kind,
                OutboxEvent.record_id == item.record_id,
                col(OutboxEvent.detail).not_like("slack %"),
            )
        )
        return [row_id for row_id in look.session.exec(query) if row_id]


def mark_covered(app: App, delivery_ids: Sequence[int]) -> None:
    """The deliveries are done: another one did what they were for."""
    if delivery_ids:
        with app.begin_as_system() as work:
            _set(work, delivery_ids, status="done", done_at=work.now, last_error="")


def put_off(app: App, item: Item, error: Exception) -> bool:
    """The delivery is tried again later, each time after a longer wait. True when it is parked
    instead: because it was the last try, or because another service refused it for good.

    Trouble of another service that will pass is waited out, however long it takes.
    """
    told = in_words(error)
    passing = isinstance(error, SendError) and not error.permanent
    with app.begin_as_system() as work:
        if not passing and (isinstance(error, SendError) or item.tries >= MOST_TRIES):
            _park(work, [item.delivery_id], told)
            return True
        values: dict[str, Any] = {"locked_until": None, "last_error": told}
        wait = wait_seconds(item.tries)
        if isinstance(error, SendError):
            wait = wait if error.retry_after is None else error.retry_after
            values["tries"] = min(item.tries, MOST_TRIES - 1)
        _set(work, [item.delivery_id], run_at=work.now + timedelta(seconds=wait), **values)
        return False


def give_back(app: App, items: Sequence[Item], *, wait: timedelta = BUSY_WAIT) -> None:
    """The deliveries are free again after ``wait``, and this try did not count."""
    with app.begin_as_system() as work:
        _set(
            work,
            [item.delivery_id for item in items],
            run_at=work.now + wait,
            locked_until=None,
            tries=col(Delivery.tries) - 1,
        )


def wait_seconds(tries: int) -> float:
    """How long to wait after the given number of tries: doubled each time, never quite the same,
    so that many deliveries which failed together do not come back together.
    """
    spread = random.uniform(0.75, 1.0)  # noqa: S311 - nobody gains by guessing it
    return min(2.0**tries, LONGEST_WAIT_SECONDS) * spread


def in_words(error: Exception) -> str:
    """What went wrong, in a sentence for the person who looks at parked deliveries."""
    if isinstance(error, DomainError):
        return error.message[:ERROR_CHARACTERS]
    if isinstance(error, SendError):
        return error.explanation[:ERROR_CHARACTERS]
    if isinstance(error, OSError) and error.strerror:
        return f"The system said: {error.strerror}"[:ERROR_CHARACTERS]
    first = next(iter(str(error).splitlines()), "")
    return f"It stopped with {type(error).__name__}: {first}"[:ERROR_CHARACTERS].rstrip(": ")


def _free(now: datetime, subscribers: Collection[str]) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(Delivery.status) == PENDING,
        col(Delivery.run_at) <= now,
        col(Delivery.subscriber).in_(sorted(subscribers)),
        sa.or_(col(Delivery.locked_until).is_(None), col(Delivery.locked_until) <= now),
    )


def _items(work: Work, rows: Sequence[tuple[int, int, int]]) -> list[Item]:
    events = {
        event.id: event
        for event in work.session.exec(
            select(OutboxEvent).where(col(OutboxEvent.id).in_([row[1] for row in rows]))
        )
    }
    return [
        Item(
            delivery_id=row_id,
            name=events[event_id].name,
            record_kind=events[event_id].record_kind,
            record_id=events[event_id].record_id,
            incident_id=events[event_id].incident_id,
            detail=events[event_id].detail,
            at=events[event_id].at,
            tries=tries,
        )
        for row_id, event_id, tries in rows
    ]


def _park(work: Work, ids: Sequence[int], told: str) -> None:
    _set(work, ids, status="parked", locked_until=None, last_error=told)


def _set(work: Work, ids: Sequence[int], **values: Any) -> None:  # noqa: ANN401 - column values
    # A delivery that somebody else has finished since stays finished.
    work.session.execute(
        sa.update(Delivery)
        .where(col(Delivery.id).in_(ids), col(Delivery.status) == PENDING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
