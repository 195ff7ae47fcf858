"""The catalogue as pages and forms offer it: teams, services, people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlalchemy import select as sa_select
from sqlmodel import col, func, or_, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.domain.lifecycle import LIVING_LESSON_STATES, OPEN_ACTION_STATES
from tracker.models.action import Action
from tracker.models.catalogue import (
    Person,
    Service,
    ServiceDependency,
    ServiceTag,
    Team,
    TeamMember,
)
from tracker.models.incident import Incident, IncidentService, IncidentTeam
from tracker.models.lesson import Lesson, LessonIncident, LessonTag
from tracker.models.procedure import Procedure, ProcedureService
from tracker.models.review import ReviewIncident
from tracker.reading.dependencies import Neighbour, neighbourhood
from tracker.reading.improve.actions import ActionItem, action_items
from tracker.reading.respond.changes import ChangeItem, changes_of_service

SHOWN = 10


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


def service_by_slug(look: Look, slug: str) -> Service:
    """Raises: NotFound."""
    row = look.session.exec(select(Service).where(Service.slug == _plain(slug))).first()
    if row is None:
        raise NotFound(f"The service “{_plain(slug)}”")
    return row


def team_by_slug(look: Look, slug: str) -> Team:
    """Raises: NotFound."""
    row = look.session.exec(select(Team).where(Team.slug == _plain(slug))).first()
    if row is None:
        raise NotFound(f"The team “{_plain(slug)}”")
    return row


@dataclass(frozen=True)
class ServiceItem:
    """A row of the list of services."""

    row: Service
    owner: Team | None
    tags: list[str]


@dataclass(frozen=True)
class ServicePage:
    """A service with what it stands on, what stands on it, and what was learned about it."""

    row: Service
    owner: Team | None
    tags: list[str]
    # Two levels each way; those with ``steps`` 1 are named by the service itself.
    depends_on: list[Neighbour]
    needed_by: list[Neighbour]
    incidents: list[Incident]
    actions: list[ActionItem]
    lessons: list[Lesson]
    changes: list[ChangeItem]
    procedures: list[Procedure]


@dataclass(frozen=True)
class TeamItem:
    """A row of the list of teams."""

    row: Team
    members: int
    services: int


@dataclass(frozen=True)
class TeamPage:
    """A team with its people, its services and its open work."""

    row: Team
    members: list[Person]
    services: list[Service]
    incidents: list[Incident]
    actions: list[ActionItem]
    lessons: list[Lesson]


def service_items(look: Look) -> list[ServiceItem]:
    """Every service with owner and tags, by name. Three queries."""
    rows = services(look)
    owners = {team.key: team for team in teams(look)}
    tags: dict[int, list[str]] = defaultdict(list)
    for row in look.session.exec(select(ServiceTag).order_by(col(ServiceTag.tag))):
        tags[row.service_id].append(row.tag)
    return [ServiceItem(row, owners.get(row.owner_team_id or 0), tags[row.key]) for row in rows]


def service_page(look: Look, service: Service) -> ServicePage:
    """All of it, as far as the actor may read. Ten queries."""
    owner, tags = _owner_and_tags(look, service)
    depends_on, needed_by = neighbourhood(look, service)
    here = (
        select(Incident.id)
        .join(IncidentService, col(IncidentService.incident_id) == col(Incident.id))
        .where(IncidentService.service_id == service.key, readable(Incident, look.actor))
    )
    reviews = select(ReviewIncident.review_id).where(col(ReviewIncident.incident_id).in_(here))
    learned = select(LessonIncident.lesson_id).where(col(LessonIncident.incident_id).in_(here))
    tagged = select(LessonTag.lesson_id).where(col(LessonTag.tag).in_(tags))
    return ServicePage(
        row=service,
        owner=owner,
        tags=tags,
        depends_on=depends_on,
        needed_by=needed_by,
        incidents=_recent_incidents(look, col(Incident.id).in_(here)),
        actions=_open_actions(
            look, or_(col(Action.incident_id).in_(here), col(Action.review_id).in_(reviews))
        ),
        lessons=_living_lessons(look, or_(col(Lesson.id).in_(learned), col(Lesson.id).in_(tagged))),
        changes=changes_of_service(look, service, limit=SHOWN),
        procedures=_procedures(look, service),
    )


def _owner_and_tags(look: Look, service: Service) -> tuple[Team | None, list[str]]:
    found = look.session.execute(
        sa_select(Team, ServiceTag.tag)  # type: ignore[call-overload]
        .select_from(Service)
        .outerjoin(Team, col(Team.id) == col(Service.owner_team_id))
        .outerjoin(ServiceTag, col(ServiceTag.service_id) == col(Service.id))
        .where(col(Service.id) == service.key)
        .order_by(col(ServiceTag.tag))
    ).all()
    return (found[0][0] if found else None), [tag for _, tag in found if tag is not None]


def _procedures(look: Look, service: Service) -> list[Procedure]:
    query = (
        select(Procedure)
        .join(ProcedureService, col(ProcedureService.procedure_id) == col(Procedure.id))
        .where(
            ProcedureService.service_id == service.key,
            Procedure.state == "current",
            readable(Procedure, look.actor),
        )
        .order_by(col(Procedure.title), col(Procedure.id))
        .limit(SHOWN)
    )
    return list(look.session.exec(query))


def owner_of(look: Look, service: Service) -> Team | None:
    """The team that owns the service, if one does."""
    return look.session.get(Team, service.owner_team_id) if service.owner_team_id else None


def service_tags(look: Look, service: Service) -> list[str]:
    """The tags of a service, by name."""
    query = select(ServiceTag.tag).where(ServiceTag.service_id == service.key)
    return sorted(look.session.exec(query))


def dependencies(look: Look, service: Service) -> list[Service]:
    """The services this one depends on, by name."""
    return _services_beside(look, service, wanted="depends_on_id", known="service_id")


def team_items(look: Look) -> list[TeamItem]:
    """Every team with the size of it, by name. Three queries."""
    members = dict(
        look.session.exec(
            select(TeamMember.team_id, func.count())
            .join(Person, col(Person.id) == col(TeamMember.person_id))
            .where(col(Person.active).is_(True))
            .group_by(col(TeamMember.team_id))
        ).all()
    )
    owned = dict(
        look.session.exec(
            select(Service.owner_team_id, func.count()).group_by(col(Service.owner_team_id))
        ).all()
    )
    return [TeamItem(row, members.get(row.key, 0), owned.get(row.key, 0)) for row in teams(look)]


def team_page(look: Look, team: Team) -> TeamPage:
    """All of it, as far as the actor may read. Seven queries."""
    concerned = select(IncidentTeam.incident_id).where(IncidentTeam.team_id == team.key)
    owned = select(Service).where(Service.owner_team_id == team.key).order_by(col(Service.name))
    return TeamPage(
        row=team,
        members=team_members(look, team),
        services=list(look.session.exec(owned)),
        incidents=_recent_incidents(look, col(Incident.id).in_(concerned)),
        actions=_open_actions(look, col(Action.team_id) == team.key),
        lessons=_living_lessons(look, col(Lesson.team_id) == team.key),
    )


def team_members(look: Look, team: Team) -> list[Person]:
    """The active people of a team, by name."""
    query = (
        select(Person)
        .join(TeamMember, col(TeamMember.person_id) == col(Person.id))
        .where(TeamMember.team_id == team.key, col(Person.active).is_(True))
        .order_by(col(Person.name))
    )
    return list(look.session.exec(query))


def teams_of_people(look: Look) -> dict[int, list[Team]]:
    """The teams of every person, by person. One query."""
    found: dict[int, list[Team]] = defaultdict(list)
    rows = look.session.exec(
        select(TeamMember.person_id, Team)
        .join(Team, col(Team.id) == col(TeamMember.team_id))
        .order_by(col(Team.name))
    )
    for person_id, team in rows:
        found[person_id].append(team)
    return found


def _plain(slug: str) -> str:
    """What an address gave, as a database can be asked for it: PostgreSQL refuses NUL."""
    return slug.replace("\x00", "")[:60]


def _services_beside(look: Look, service: Service, *, wanted: str, known: str) -> list[Service]:
    query = (
        select(Service)
        .join(ServiceDependency, getattr(ServiceDependency, wanted) == Service.id)
        .where(getattr(ServiceDependency, known) == service.key)
        .order_by(col(Service.name))
    )
    return list(look.session.exec(query))


def _recent_incidents(look: Look, condition: ColumnElement[bool]) -> list[Incident]:
    query = (
        select(Incident)
        .where(readable(Incident, look.actor), condition)
        .order_by(col(Incident.declared_at).desc(), col(Incident.id).desc())
        .limit(SHOWN)
    )
    return list(look.session.exec(query))


def _open_actions(look: Look, condition: ColumnElement[bool]) -> list[ActionItem]:
    query = (
        select(Action)
        .where(readable(Action, look.actor), col(Action.state).in_(OPEN_ACTION_STATES), condition)
        .order_by(col(Action.due_on), col(Action.id))
        .limit(SHOWN)
    )
    return action_items(look, list(look.session.exec(query)))


def _living_lessons(look: Look, condition: ColumnElement[bool]) -> list[Lesson]:
    query = (
        select(Lesson)
        .where(readable(Lesson, look.actor), col(Lesson.state).in_(LIVING_LESSON_STATES), condition)
        .order_by(col(Lesson.published_at).desc(), col(Lesson.id).desc())
        .limit(SHOWN)
    )
    return list(look.session.exec(query))
