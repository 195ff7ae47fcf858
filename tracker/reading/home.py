"""Home: what is open now, what waits for me, reviews due, newest lessons, on this day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ColumnElement, union_all
from sqlmodel import and_, col, or_, select

from tracker.db.access import readable
from tracker.db.hints import common
from tracker.db.work import Look
from tracker.domain.lifecycle import LIVING_LESSON_STATES, OPEN_INCIDENT_STATES, OPEN_REVIEW_STATES
from tracker.models.action import Action
from tracker.models.incident import Incident
from tracker.models.journal import Notice
from tracker.models.lesson import Lesson
from tracker.models.review import Review
from tracker.reading.improve.actions import ActionItem, action_items
from tracker.reading.links import links_of_incidents
from tracker.reading.references import ref
from tracker.reading.respond.incidents import IncidentItem

SHOWN = 8
YEARS_BACK = 10


@dataclass(frozen=True)
class HomePage:
    """All of it; ten queries at most, whatever the size of the organisation."""

    open_incidents: list[IncidentItem]
    notices: list[Notice]
    my_actions: list[ActionItem]
    reviews_due: list[Review]
    newest_lessons: list[Lesson]
    on_this_day: list[Incident]
    is_new: bool  # nothing at all is recorded that this person may read

    @property
    def nothing_waits(self) -> bool:
        return not (self.notices or self.my_actions)


def home_page(look: Look) -> HomePage:
    """What this person wants to see first."""
    incidents = list(
        look.session.exec(
            select(Incident)
            .where(
                readable(Incident, look.actor),
                col(Incident.state).in_(OPEN_INCIDENT_STATES),
                Incident.kind == "incident",
            )
            .order_by(col(Incident.declared_at).desc())
            .limit(SHOWN * 2)
        )
    )
    links = links_of_incidents(look, [row.key for row in incidents])
    me = look.actor.person_id
    actions = look.session.exec(
        select(Action)
        .where(
            readable(Action, look.actor),
            Action.owner_id == me,
            or_(
                col(Action.state).in_(("proposed", "accepted", "in_progress")),
                (col(Action.state) == "done") & (col(Action.check_on) <= look.today),
            ),
        )
        .order_by(col(Action.due_on), col(Action.id))
        .limit(SHOWN)
    ).all()
    notices = look.session.exec(
        select(Notice)
        .where(Notice.person_id == me, col(Notice.read_at).is_(None), _may_read_about(look))
        .order_by(col(Notice.id).desc())
        .limit(SHOWN)
    ).all()
    reviews = look.session.exec(
        select(Review)
        .where(
            readable(Review, look.actor),
            col(Review.state).in_(OPEN_REVIEW_STATES),
            col(Review.due_on).is_not(None),
        )
        .order_by(col(Review.due_on), col(Review.id))
        .limit(SHOWN)
    ).all()
    lessons = look.session.exec(
        select(Lesson)
        .where(readable(Lesson, look.actor), common(col(Lesson.state)).in_(LIVING_LESSON_STATES))
        .order_by(col(Lesson.published_at).desc())
        .limit(SHOWN)
    ).all()
    quiet = not (incidents or actions or reviews or lessons)
    return HomePage(
        open_incidents=[IncidentItem(row, ref(row), links[row.key]) for row in incidents],
        notices=list(notices),
        my_actions=action_items(look, list(actions)),
        reviews_due=list(reviews),
        newest_lessons=list(lessons),
        on_this_day=_on_this_day(look),
        is_new=quiet and not _has_any(look),
    )


def _may_read_about(look: Look) -> ColumnElement[bool]:
    """A notice quotes a title, so it is not shown once its record is closed to this person."""
    conditions = [
        and_(
            Notice.record_kind == str(model.__tablename__),
            col(Notice.record_id).in_(
                select(model.id).where(
                    col(model.circle_id).is_not(None), ~readable(model, look.actor)
                )
            ),
        )
        for model in (Incident, Review, Action, Lesson)
    ]
    return ~or_(*conditions)


def _has_any(look: Look) -> bool:
    query = select(Incident.id).where(readable(Incident, look.actor)).limit(1)
    return look.session.exec(query).first() is not None


def _on_this_day(look: Look) -> list[Incident]:
    """Incidents of this calendar day in earlier years: a range for each, so the index serves."""
    today = look.today
    days = []
    for years in range(1, YEARS_BACK + 1):
        try:
            days.append(today.replace(year=today.year - years))
        except ValueError:
            # The 29th of February has no twin in most years.
            continue
    ranges = []
    for day in days:
        start = datetime.combine(day, time.min, tzinfo=UTC)
        ranges.append(
            select(Incident.id).where(
                col(Incident.declared_at) >= start,
                col(Incident.declared_at) < start + timedelta(days=1),
            )
        )
    query = (
        select(Incident)
        .where(readable(Incident, look.actor), col(Incident.id).in_(union_all(*ranges)))
        .order_by(col(Incident.declared_at).desc())
        .limit(SHOWN)
    )
    return list(look.session.exec(query))
