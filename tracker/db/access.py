"""Who may read what: the one policy, as a condition every query carries.

A record without a circle belongs to the whole organisation. A circle names teams (visibility
``team``) or people (``private``). The same set of circles is handed to the search index, so a
list, a count, a facet and a suggestion agree.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    cast,
    null,
    or_,
    select,
    true,
    union,
)
from sqlmodel import Session

from tracker.domain.people import SCOPES, Actor
from tracker.models.catalogue import CircleMember, CircleTeam, Person, TeamMember
from tracker.models.table import Record


def readable(model: type[Record], actor: Actor) -> ColumnElement[bool]:
    """The condition under which a row of ``model`` is visible to the actor."""
    return within_circles(model.circle_id, actor)


def within_circles(column: Any, actor: Actor) -> ColumnElement[bool]:  # noqa: ANN401 - any column of circle ids
    if actor.circles is None:
        return true()
    if not actor.circles:
        return column.is_(None)  # type: ignore[no-any-return]
    return or_(column.is_(None), column.in_(sorted(actor.circles)))


def person_and_actor(
    session: Session, person_id: int, *, scopes: frozenset[str] = frozenset(SCOPES)
) -> tuple[Person, Actor] | None:
    """The person, and the person as an actor with the teams and circles of this moment.

    One query, because every request asks it; built once, because building it takes longer than
    asking it. ``None`` when there is no such person.
    """
    rows = session.execute(_WHO_IS, {"person_id": person_id}).all()
    if not rows:
        return None
    person: Person = rows[0][0]
    return person, Actor(
        person_id=person.key,
        name=person.name,
        role=person.role,
        team_ids=frozenset(row.team for row in rows if row.team is not None),
        circles=frozenset(row.circle for row in rows if row.circle is not None),
        scopes=scopes,
        time_zone=person.time_zone,
    )


def actor_of(
    session: Session, person: Person, *, scopes: frozenset[str] = frozenset(SCOPES)
) -> Actor:
    """The person as an actor. Raises: LookupError when the person is not stored."""
    found = person_and_actor(session, person.key, scopes=scopes)
    if found is None:
        raise LookupError(f"person {person.id} is not stored")
    return found[1]


def _nothing(label: str) -> ColumnElement[Any]:
    return cast(null(), Integer).label(label)


def _who_is() -> Select[Any]:
    """The person of the parameter ``person_id``, beside each of their teams and circles."""
    asked: Any = bindparam("person_id")
    teams = select(TeamMember.team_id.label("team"), _nothing("circle")).where(  # type: ignore[attr-defined]
        TeamMember.person_id == asked
    )
    member = select(_nothing("team"), CircleMember.circle_id.label("circle")).where(  # type: ignore[attr-defined]
        CircleMember.person_id == asked
    )
    through_team = (
        select(_nothing("team"), CircleTeam.circle_id.label("circle"))  # type: ignore[attr-defined]
        .join(TeamMember, TeamMember.team_id == CircleTeam.team_id)  # type: ignore[arg-type]
        .where(TeamMember.person_id == asked)
    )
    belongs = union(teams, member, through_team).subquery()
    return (
        select(Person, belongs.c.team, belongs.c.circle)
        .outerjoin(belongs, true())
        .where(Person.id == asked)
    )


_WHO_IS = _who_is()
