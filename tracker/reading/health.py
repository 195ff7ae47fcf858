"""How the tracker is doing, as facts: what waits, what is parked, who works, how much there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, literal_column
from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.lifecycle import LIVING_LESSON_STATES
from tracker.models.action import Action
from tracker.models.event import OperationalEvent
from tracker.models.incident import Incident
from tracker.models.journal import Clock, Delivery, Heartbeat
from tracker.models.lesson import Lesson
from tracker.models.procedure import Procedure
from tracker.models.review import PolicyVersion, Review
from tracker.reading.share.library_events import in_the_library
from tracker.reading.share.library_procedures import IN_THE_LIBRARY
from tracker.reading.share.library_texts import READABLE_REVIEW_STATES

# A worker that was not heard of for this long is taken for gone.
SILENT_AFTER = timedelta(seconds=45)
RECORDS = (Incident, Review, Action, Lesson)


@dataclass(frozen=True, kw_only=True)
class Health:
    """Facts of one moment. Ages are in seconds; ``None`` where there is nothing to measure."""

    pending: int
    pending_for_index: int
    oldest_pending_seconds: float | None
    parked: int
    clocks_overdue: int
    heartbeat_seconds: float | None
    records: dict[str, int]  # those the whole organisation may read: anybody may ask

    @property
    def worker_is_alive(self) -> bool:
        """A worker was heard of lately."""
        age = self.heartbeat_seconds
        return age is not None and age <= SILENT_AFTER.total_seconds()


def health(look: Look) -> Health:
    """The facts as they stand; a handful of small queries."""
    pending = col(Delivery.status) == literal_column("'pending'")
    waiting, oldest = look.session.exec(
        select(func.count(), func.min(Delivery.run_at)).where(pending)
    ).one()
    for_index = look.session.exec(
        select(func.count()).select_from(Delivery).where(pending, Delivery.subscriber == "index")
    ).one()
    parked = look.session.exec(
        select(func.count()).select_from(Delivery).where(Delivery.status == "parked")
    ).one()
    overdue = look.session.exec(
        select(func.count())
        .select_from(Clock)
        .where(col(Clock.done_at).is_(None), col(Clock.due_at) <= look.now)
    ).one()
    heard = look.session.exec(select(func.max(Heartbeat.at))).one()
    return Health(
        pending=waiting,
        pending_for_index=for_index,
        oldest_pending_seconds=(
            None if oldest is None else max((look.now - oldest).total_seconds(), 0.0)
        ),
        parked=parked,
        clocks_overdue=overdue,
        heartbeat_seconds=None if heard is None else max((look.now - heard).total_seconds(), 0.0),
        records={
            str(model.__tablename__): look.session.exec(
                select(func.count()).select_from(model).where(col(model.circle_id).is_(None))
            ).one()
            for model in RECORDS
        },
    )


def has_policy(look: Look) -> bool:
    """True when a policy was loaded: without one nothing can be declared."""
    return look.session.exec(select(PolicyVersion.id).limit(1)).first() is not None


def library_size(look: Look) -> int:
    """How many records search should have: the same rule as in library.py, counted."""
    reviews = select(func.count()).select_from(Review)
    lessons = select(func.count()).select_from(Lesson)
    procedures = select(func.count()).select_from(Procedure)
    events = select(func.count()).select_from(OperationalEvent)
    return (
        look.session.exec(select(func.count()).select_from(Incident)).one()
        + look.session.exec(select(func.count()).select_from(Action)).one()
        + look.session.exec(
            reviews.where(
                col(Review.state).in_(READABLE_REVIEW_STATES), Review.published_version > 0
            )
        ).one()
        + look.session.exec(lessons.where(col(Lesson.state).in_(LIVING_LESSON_STATES))).one()
        + look.session.exec(procedures.where(col(Procedure.state).in_(IN_THE_LIBRARY))).one()
        + look.session.exec(events.where(in_the_library())).one()
    )
