"""The catalogue as pages and forms offer it: teams, services, people."""

from __future__ import annotations

from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.models.catalogue import Person, Service, Team, TeamMember


def teams(look: Look) -> list[Team]:
    """All teams by name."""
    return list(look.session.exec(select(Team).order_by(col(Team.name))))


def services(look: Look) -> list[Service]:
    """All services by name."""
    return list(look.session.exec(select(Service).order_by(col(Service.name))))


def active_people(look: Look) -> list[Person]:
    """Everybody who can be given work, by name."""
    query = select(Person).where(col(Person.active).is_(True)).order_by(col(Person.name))
    return list(look.session.exec(query))


def all_people(look: Look) -> list[Person]:
    """Everybody, those who left too, by name."""
    return list(look.session.exec(select(Person).order_by(col(Person.name))))


def person(look: Look, person_id: int) -> Person:
    """Raises: NotFound."""
    return look.find(Person, person_id, what="That person")


def person_by_email(look: Look, email: str) -> Person:
    """Raises: NotFound."""
    row = look.session.exec(
        select(Person).where(Person.email == email.strip().lower()[:200])
    ).first()
    if row is None:
        raise NotFound(f"A person with the address {email[:80]}")
    return row


def team_slugs_of(look: Look, person_id: int) -> list[str]:
    """The teams of a person, by slug."""
    query = (
        select(Team.slug)
        .join(TeamMember, col(TeamMember.team_id) == col(Team.id))
        .where(TeamMember.person_id == person_id)
        .order_by(col(Team.slug))
    )
    return list(look.session.exec(query))
