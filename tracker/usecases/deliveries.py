"""Parked deliveries: side effects that failed too often and wait for a person."""

from __future__ import annotations

from tracker.db.work import Work
from tracker.domain.errors import Gap, NotAllowed
from tracker.models.journal import Delivery


def retry_delivery(work: Work, delivery_id: int) -> Delivery:
    """The parked delivery is pending again, with all its tries.

    Raises: NotFound; NotAllowed when it is not parked.
    """
    work.permit("retry_delivery")
    row = work.find(Delivery, delivery_id, what="That delivery")
    if row.status != "parked":
        raise NotAllowed(
            "Only a parked delivery can be tried again",
            gaps=[Gap("status", f"This delivery is {row.status}")],
        )
    row.status = "pending"
    row.tries = 0
    row.run_at = work.now
    row.locked_until = None
    return row
