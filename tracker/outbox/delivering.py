"""One round for one subscriber: claim, hand over, note what became of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from tracker.app import App
from tracker.outbox.deliveries import (
    Item,
    claim,
    give_back,
    in_words,
    mark_done,
    put_off,
    wait_seconds,
)
from tracker.outbox.subscribers import Subscriber
from tracker.search.index import IndexBusyError
from tracker.senders.sender import SendError

log = logging.getLogger(__name__)

ALONE_FROM_TRY = 3


@dataclass
class Outcome:
    """What one or more rounds did. ``failed`` are delivery ids with the reason in words."""

    claimed: int = 0
    delivered: int = 0
    parked: int = 0
    newest: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    # Another service is in trouble or asked us to wait: before this it is not asked again.
    wait_seconds: float = 0.0

    def add(self, other: Outcome) -> None:
        """This outcome counts the other's work too."""
        self.claimed += other.claimed
        self.delivered += other.delivered
        self.parked += other.parked
        self.newest = max(self.newest, other.newest)
        self.failed.update(other.failed)
        self.wait_seconds = max(self.wait_seconds, other.wait_seconds)


def deliver_round(app: App, subscriber: Subscriber) -> Outcome:
    """Whatever this subscriber can be given now, up to one batch.

    A delivery that did not come through twice goes out alone and one in a round: should it be one
    that ends the worker, it takes no other with it. Once is no sign, because then every batch of a
    worker that was stopped would be written record by record.
    """
    items = claim(app, subscriber.name, limit=subscriber.batch, in_order=subscriber.in_order)
    outcome = Outcome(claimed=len(items))
    together = [item for item in items if item.tries < ALONE_FROM_TRY]
    alone = [item for item in items if item.tries >= ALONE_FROM_TRY]
    if len(alone) > 1:
        give_back(app, alone[1:], wait=timedelta(0))
    for batch in (together, alone[:1]):
        if batch:
            outcome.add(_deliver(app, subscriber, batch))
    return outcome


def _deliver(app: App, subscriber: Subscriber, items: Sequence[Item]) -> Outcome:
    try:
        subscriber.deliver(app, items)
    except IndexBusyError:
        log.info("index_busy", extra={"deliveries": len(items)})
        give_back(app, items)
        return Outcome()
    except Exception as error:  # noqa: BLE001 - the edge of the worker: whatever a handler raises
        if len(items) > 1:
            log.warning(
                "batch_taken_apart",
                extra={"subscriber": subscriber.name, "deliveries": len(items)},
            )
            outcome = Outcome()
            for item in items:
                outcome.add(_deliver(app, subscriber, [item]))
            return outcome
        return _failed(app, subscriber, items[0], error)
    mark_done(app, items)
    return Outcome(delivered=len(items), newest=max(item.delivery_id for item in items))


def _failed(app: App, subscriber: Subscriber, item: Item, error: Exception) -> Outcome:
    parked = put_off(app, item, error)
    log.warning(
        "delivery_parked" if parked else "delivery_put_off",
        extra={
            "delivery": item.delivery_id,
            "subscriber": subscriber.name,
            "tries": item.tries,
            "reason": type(error).__name__,
        },
        exc_info=error if parked else None,
    )
    wait = 0.0
    if isinstance(error, SendError) and not error.permanent:
        wait = wait_seconds(item.tries) if error.retry_after is None else error.retry_after
    return Outcome(
        parked=int(parked), failed={item.delivery_id: in_words(error)}, wait_seconds=wait
    )
