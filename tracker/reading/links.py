"""What hangs on records - services, teams, tags, circles, people - fetched for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import literal, select, union_all
from sqlmodel import col

from tracker.db.work import Look
from tracker.models.catalogue import Circle, Person, Service, Team
from tracker.models.incident import Incident, IncidentService, IncidentTag, IncidentTeam


@dataclass(frozen=True)
class Named:
    """A service or team as a page shows it."""

    slug: str
    name: str


@dataclass
class Links:
    """What hangs on one incident."""

    services: list[Named] = field(default_factory=list)
    teams: list[Named] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    visibility: str = "org"


def links_of_incidents(look: Look, incident_ids: Iterable[int]) -> dict[int, Links]:
    """Services, teams, tags and visibility of each incident, by name. One query."""
    ids = list(incident_ids)
    found: dict[int, Links] = defaultdict(Links)
    if not ids:
        return found
    services = (
        select(  # type: ignore[var-annotated]
            col(IncidentService.incident_id).label("owner"),
            literal("service").label("what"),
            col(Service.slug).label("slug"),
            col(Service.name).label("name"),
        )
        .join(Service, col(Service.id) == col(IncidentService.service_id))
        .where(col(IncidentService.incident_id).in_(ids))
    )
    teams = (
        select(col(IncidentTeam.incident_id), literal("team"), col(Team.slug), col(Team.name))
        .join(Team, col(Team.id) == col(IncidentTeam.team_id))
        .where(col(IncidentTeam.incident_id).in_(ids))
    )
    tags = select(
        col(IncidentTag.incident_id), literal("tag"), col(IncidentTag.tag), literal("")
    ).where(col(IncidentTag.incident_id).in_(ids))
    circles = (
        select(col(Incident.id), literal("visibility"), col(Circle.visibility), literal(""))
        .join(Circle, col(Circle.id) == col(Incident.circle_id))
        .where(col(Incident.id).in_(ids))
    )
    for owner, what, slug, name in look.session.execute(
        union_all(services, teams, tags, circles).order_by("name", "slug")
    ):
        links = found[owner]
        if what == "service":
            links.services.append(Named(slug, name))
        elif what == "team":
            links.teams.append(Named(slug, name))
        elif what == "tag":
            links.tags.append(slug)
        else:
            links.visibility = slug
    return found


def visibilities(look: Look, circle_ids: Iterable[int | None]) -> dict[int | None, str]:
    """The visibility that each circle stands for; ``org`` for none. At most one query."""
    ids = {one for one in circle_ids if one is not None}
    known: dict[int | None, str] = {None: "org"}
    if ids:
        rows = look.session.execute(
            select(col(Circle.id), col(Circle.visibility)).where(col(Circle.id).in_(ids))
        )
        known.update({row_id: visibility for row_id, visibility in rows})  # noqa: C416
    return known


def people_by_id(look: Look, person_ids: Iterable[int | None]) -> dict[int, Person]:
    """The people with these ids. At most one query."""
    ids = {one for one in person_ids if one is not None}
    if not ids:
        return {}
    rows = look.session.execute(select(Person).where(col(Person.id).in_(ids))).scalars()
    return {row.key: row for row in rows}


def teams_by_id(look: Look, team_ids: Iterable[int | None]) -> dict[int, Team]:
    """The teams with these ids. At most one query."""
    ids = {one for one in team_ids if one is not None}
    if not ids:
        return {}
    rows = look.session.execute(select(Team).where(col(Team.id).in_(ids))).scalars()
    return {row.key: row for row in rows}
