"""Reviews against their day: what is overdue and by how much, and how days were met lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.measures import Deadline, ReviewedInTime, reviewed_in_time
from tracker.models.journal import Clock
from tracker.models.review import Review
from tracker.reading.analyse.reviews import ReviewItem, review_items

PERIOD = timedelta(days=90)
MOST_SHOWN = 200


@dataclass(frozen=True)
class Overdue:
    """An open review whose day has passed. ``days`` are business days."""

    item: ReviewItem
    days: int
    reminders: int


@dataclass(frozen=True)
class TimeFigures:
    """How reviews that were due in a period met their day."""

    since: date
    until: date
    figures: ReviewedInTime


def overdue_reviews(look: Look) -> list[Overdue]:
    """The overdue reviews this actor may read, the longest first. Four queries."""
    rows = look.session.exec(
        select(Review)
        .where(
            readable(Review, look.actor),
            col(Review.state).in_(OPEN_REVIEW_STATES),
            col(Review.due_on) < look.today,
        )
        .order_by(col(Review.due_on), col(Review.id))
        .limit(MOST_SHOWN)
    ).all()
    fired = look.session.exec(
        select(Clock.record_id).where(
            Clock.kind == "review_due",
            Clock.record_kind == "review",
            col(Clock.record_id).in_([row.key for row in rows]),
            col(Clock.done_at).is_not(None),
        )
    ).all()
    return [
        Overdue(
            item,
            look.policy.business_days_between(item.row.due_on, look.today),
            fired.count(item.row.key),
        )
        for item in review_items(look, list(rows))
        if item.row.due_on is not None
    ]


def waived_reviews(look: Look) -> list[ReviewItem]:
    """The reviews that are waived now, those that come back first on top. Three queries."""
    rows = look.session.exec(
        select(Review)
        .where(readable(Review, look.actor), Review.state == "waived")
        .order_by(col(Review.waived_until).is_(None), col(Review.waived_until), col(Review.id))
        .limit(MOST_SHOWN)
    ).all()
    return review_items(look, list(rows))


def time_figures(
    look: Look, *, since: date | None = None, until: date | None = None
) -> TimeFigures:
    """The figure over the reviews due in the period that this actor may read. One query.

    ``until`` is today when left out, ``since`` 90 days earlier. The day that counts is the one
    that stands now: moving it is kept in the audit.
    """
    end = until or look.today
    start = since or end - PERIOD
    rows = look.session.execute(
        sa.select(col(Review.due_on), col(Review.published_at), col(Review.state)).where(
            readable(Review, look.actor),
            col(Review.due_on) >= start,
            col(Review.due_on) <= end,
        )
    )
    deadlines = [
        Deadline(
            due_on=due_on,
            published_on=look.policy.local_day(published_at) if published_at else None,
            waived=state == "waived",
        )
        for due_on, published_at, state in rows
        if due_on is not None
    ]
    return TimeFigures(start, end, reviewed_in_time(deadlines, look.today))
