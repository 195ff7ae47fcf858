"""Clocks: rows that say what is due when. They survive a restart and fire once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sqlmodel import col, select

from tracker.db.work import Look, Work
from tracker.models.journal import Clock
from tracker.models.table import Record

# The hour of the organisation's day at which reminders about dates go out.
MORNING = time(9, 0)


def set_clock(work: Work, kind: str, row: Record, *, due_at: datetime, mark: str = "") -> None:
    """The clock stands at ``due_at``; one that has not fired yet is moved there."""
    record_kind = str(row.__tablename__)
    clock = _clock(work, kind, record_kind, row.key, mark)
    if clock is None:
        work.session.add(
            Clock(kind=kind, record_kind=record_kind, record_id=row.key, mark=mark, due_at=due_at)
        )
    elif clock.due_at != due_at:
        clock.due_at, clock.done_at, clock.outcome = due_at, None, ""


def stop_clocks(work: Work, kind: str, row: Record) -> None:
    """Clocks of this kind that have not fired for the record are gone."""
    waiting = work.session.exec(
        select(Clock).where(
            Clock.kind == kind,
            Clock.record_kind == str(row.__tablename__),
            Clock.record_id == row.key,
            col(Clock.done_at).is_(None),
        )
    )
    for clock in waiting.all():
        work.session.delete(clock)


def morning_of(look: Look, day: date) -> datetime:
    """Nine o'clock of that day in the organisation's zone."""
    return datetime.combine(day, MORNING, tzinfo=look.policy.zone).astimezone(UTC)


def _clock(work: Work, kind: str, record_kind: str, record_id: int, mark: str) -> Clock | None:
    return work.session.exec(
        select(Clock).where(
            Clock.kind == kind,
            Clock.record_kind == record_kind,
            Clock.record_id == record_id,
            Clock.mark == mark,
        )
    ).first()
