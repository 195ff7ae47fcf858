"""The messages of senders as they came, which go again after the days of their source."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, update
from sqlmodel import col, select

from tracker.db.work import Work
from tracker.models.event import AlertSource, IntakePayload

# That a message came stays known so long, so that a late repeat of it is recognised.
KEEP_RECEIPTS = timedelta(days=90)


def forget_payloads(work: Work) -> int:
    """Bodies older than their source's days are gone, and after 90 days that they came at all.

    How many bodies went.
    """
    gone = 0
    for source_id, days in work.session.exec(select(AlertSource.id, AlertSource.raw_days)).all():
        result = work.session.execute(
            update(IntakePayload)
            .where(
                col(IntakePayload.source_id) == source_id,
                col(IntakePayload.at) < work.now - timedelta(days=days),
                col(IntakePayload.body) != "",
            )
            .values(body="", headers={})
        )
        gone += int(getattr(result, "rowcount", 0))
    work.session.execute(
        delete(IntakePayload).where(col(IntakePayload.at) < work.now - KEEP_RECEIPTS)
    )
    return gone
