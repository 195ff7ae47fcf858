"""Circles: the closed groups around team and private records."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotValid
from tracker.models.action import Action
from tracker.models.catalogue import Circle, CircleMember, CircleTeam, Person, Team
from tracker.models.incident import Incident
from tracker.models.lesson import Lesson, LessonIncident
from tracker.models.review import Review, ReviewIncident
from tracker.models.table import Record
from tracker.reading.references import people_named, ref


def people_for_circle(
    work: Work, visibility: str, emails: Iterable[str], gaps: Gaps
) -> list[Person]:
    """The people named for a private record; naming some for another visibility is a gap."""
    named = people_named(work, list(emails), gaps, "members")
    if named and visibility != "private":
        gaps.add("members", "Members are named for private records only; choose private")
    return named


def close_to(
    work: Work, record: Record, visibility: str, teams: list[Team], members: list[Person]
) -> None:
    """The record is readable by exactly this circle; ``org`` opens it to everybody.

    The actor stays inside: nobody locks themselves out by mistake.
    Raises: NotValid when a team record names no team of the actor's.
    """
    record.circle_id = _circle(work, visibility, teams, members)
    work.session.flush()


def set_circle(
    work: Work, incident: Incident, visibility: str, teams: list[Team], members: list[Person]
) -> None:
    """The incident's circle is replaced; reviews, actions and lessons in the same one follow.

    Raises: NotAllowed when a review also covers an incident that is closed to other people.
    """
    before = incident.circle_id
    reviews = _reviews_of(work, incident)
    if before is not None or visibility != "org":
        _refuse_torn_reviews(work, incident, reviews)
    after = _circle(work, visibility, teams, members)
    incident.circle_id = after
    incident.updated_at = work.now
    for record in [*reviews, *_found_by(work, incident, reviews)]:
        if record.circle_id == before:
            record.circle_id = after
            work.emit(f"{record.__tablename__}.changed", record, incident_id=incident.key)
    work.session.flush()


def join_circle(work: Work, circle_id: int | None, person_ids: Iterable[int | None]) -> None:
    """People who get work on a private record can read it. Others and org records: no change."""
    if circle_id is None:
        return
    circle = work.session.get(Circle, circle_id)
    if circle is None or circle.visibility != "private":
        return
    known = set(
        work.session.exec(select(CircleMember.person_id).where(CircleMember.circle_id == circle_id))
    )
    work.add_all(
        CircleMember(circle_id=circle_id, person_id=one)
        for one in dict.fromkeys(person_ids)
        if one is not None and one not in known
    )


def _circle(work: Work, visibility: str, teams: list[Team], members: list[Person]) -> int | None:
    if visibility == "org":
        return None
    circle = work.add(Circle(visibility=visibility, created_at=work.now))
    if visibility == "team":
        team_ids = {team.key for team in teams} or set(work.actor.team_ids)
        if not team_ids:
            raise NotValid(Gap("teams", "Name the team that may read this"))
        if work.actor.person_id is not None and not team_ids & work.actor.team_ids:
            raise NotValid(Gap("teams", "Name at least one of your own teams, or you lose sight"))
        work.add_all(CircleTeam(circle_id=circle.key, team_id=one) for one in sorted(team_ids))
        return circle.key
    people = {person.key for person in members}
    if work.actor.person_id is not None:
        people.add(work.actor.person_id)
    if not people:
        raise NotValid(Gap("members", "Name at least one person who may read this"))
    work.add_all(CircleMember(circle_id=circle.key, person_id=one) for one in sorted(people))
    return circle.key


def _reviews_of(work: Work, incident: Incident) -> list[Review]:
    """The reviews that cover the incident, locked: nobody adds to one while its circle changes."""
    query = (
        select(Review)
        .join(ReviewIncident, col(ReviewIncident.review_id) == col(Review.id))
        .where(ReviewIncident.incident_id == incident.key)
        .order_by(col(Review.id))
    )
    locked = query.with_for_update(of=Review).execution_options(populate_existing=True)
    return list(work.session.exec(locked))


def _refuse_torn_reviews(work: Work, incident: Incident, reviews: list[Review]) -> None:
    """A review tells of all its incidents, so it cannot stand in two circles at once."""
    others = work.session.exec(
        select(Incident)
        .join(ReviewIncident, col(ReviewIncident.incident_id) == col(Incident.id))
        .where(
            col(ReviewIncident.review_id).in_([review.key for review in reviews]),
            Incident.id != incident.id,
            col(Incident.circle_id).is_not(None),
        )
    ).all()
    if others:
        seen = [ref(one) for one in others if work.actor.reads(one.circle_id)]
        named = ", ".join(seen) or "another incident"
        message = f"The review also covers {named}, which is closed to other people"
        raise NotAllowed(message, gaps=[Gap("visibility", f"{message}; open that one first")])


def _found_by(work: Work, incident: Incident, reviews: list[Review]) -> list[Record]:
    """Actions and lessons of the incident and its reviews, and lessons it alone was the source of.

    A lesson that other incidents taught as well does not vanish with one of them.
    """
    review_ids = [review.key for review in reviews]
    actions = work.session.exec(
        select(Action)
        .where((col(Action.incident_id) == incident.key) | col(Action.review_id).in_(review_ids))
        .with_for_update()
    ).all()
    taught = select(LessonIncident.lesson_id).where(LessonIncident.incident_id == incident.key)
    elsewhere = select(LessonIncident.lesson_id).where(
        LessonIncident.incident_id != incident.key, col(LessonIncident.lesson_id).in_(taught)
    )
    alone = (
        col(Lesson.review_id).is_(None)
        & col(Lesson.id).in_(taught)
        & col(Lesson.id).not_in(elsewhere)
    )
    lessons = work.session.exec(
        select(Lesson).where(col(Lesson.review_id).in_(review_ids) | alone).with_for_update()
    ).all()
    return [*actions, *lessons]
