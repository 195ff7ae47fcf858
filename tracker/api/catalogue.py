"""Teams and services: who owns what, and what depends on what."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tracker.api.feature import Feature
from tracker.api.shapes import (
    Answer,
    Asked,
    Emails,
    Line,
    Link,
    Note,
    PersonOut,
    Tags,
    Word,
    Words,
    ask_from,
)
from tracker.db.work import Look, Work
from tracker.domain.asks import slug_of
from tracker.domain.errors import Conflict
from tracker.models.catalogue import Service, Team
from tracker.reading import catalogue
from tracker.reading.catalogue_gaps import ownership_gaps
from tracker.reading.dependencies import Neighbour, neighbourhood
from tracker.usecases.catalogue import ServiceAsk, TeamAsk, put_service, put_team

api = Feature("catalogue", "Teams and services.")

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,60}$")]
Kind = Literal["self", "managed", "vendor"]
Tier = Annotated[int, Field(ge=1, le=4)]


class SlugPath(Asked):
    slug: Slug


class TeamIn(Asked):
    """A team; its slug follows from its name when it is left out."""

    name: Line
    slug: Slug | None = None
    contact: Line = ""
    channel: Line = ""
    about: Note = ""
    members: Emails = []


class TeamEdit(Asked):
    """New values; a field that is left out or null stays as it is."""

    name: Line | None = None
    contact: Line | None = None
    channel: Line | None = None
    about: Note | None = None
    members: Emails | None = None


class ServiceIn(Asked):
    """A service with its owner team, its tier (1: the business stands still) and its kind."""

    name: Line
    slug: Slug | None = None
    about: Note = ""
    owner: Word = ""
    tier: Tier = 3
    kind: Kind = "self"
    tags: Tags = []
    depends_on: Words = []
    escalation: Note = Field(default="", description="How to reach those who run it.")
    status_url: Link = ""


class ServiceEdit(Asked):
    """New values; a field that is left out or null stays as it is."""

    name: Line | None = None
    about: Note | None = None
    owner: Word | None = None
    tier: Tier | None = None
    kind: Kind | None = None
    tags: Tags | None = None
    depends_on: Words | None = None
    escalation: Note | None = None
    status_url: Link | None = None


class TeamRow(Answer):
    """A team as a list shows it."""

    slug: str
    name: str
    contact: str
    channel: str
    about: str
    managed_by: str = Field(description="The file it comes from; empty where it is edited here.")


class TeamOut(TeamRow):
    members: list[PersonOut]


class TeamsOut(Answer):
    """All teams by name."""

    items: list[TeamRow]


class ServiceRow(Answer):
    """A service as a list shows it."""

    slug: str
    name: str
    about: str
    owner: str
    tier: int
    kind: str
    tags: list[str]
    escalation: str
    status_url: str
    managed_by: str = Field(description="The file it comes from; empty where it is edited here.")


class ServiceOut(ServiceRow):
    depends_on: list[str]


class NeighbourOut(Answer):
    """A service some steps away; ``through`` are those it hangs on, a step nearer."""

    slug: str
    name: str
    tier: int
    kind: str
    steps: int
    through: list[str]


class DependenciesOut(Answer):
    """Two levels both ways: what the service depends on, and what depends on it."""

    depends_on: list[NeighbourOut]
    needed_by: list[NeighbourOut]


class GapOut(Answer):
    """Something that nobody could be asked about at night."""

    kind: str
    team: str | None
    service: str | None
    message: str


class GapsOut(Answer):
    items: list[GapOut]


class ServicesOut(Answer):
    """All services by name."""

    items: list[ServiceRow]


@api.reads("/teams", TeamsOut)
def teams(look: Look) -> TeamsOut:
    """All teams."""
    return TeamsOut(items=[_team_row(row) for row in catalogue.teams(look)])


@api.creates("/teams", TeamOut)
def create_team(work: Work, body: TeamIn) -> TeamOut:
    """Add a team."""
    slug = slug_of(body.slug or body.name)
    if any(row.slug == slug for row in catalogue.teams(work)):
        raise Conflict(f"There is a team “{slug}” already", hint="Change it instead, with PATCH.")
    return _team(work, put_team(work, ask_from(TeamAsk, body)))


@api.reads("/teams/<slug>", TeamOut)
def team(look: Look, path: SlugPath) -> TeamOut:
    """One team with its members."""
    return _team(look, catalogue.team_by_slug(look, path.slug))


@api.changes("/teams/<slug>", TeamOut, guarded=False)
def edit_team(work: Work, path: SlugPath, body: TeamEdit) -> TeamOut:
    """Change a team."""
    row = catalogue.team_by_slug(work, path.slug)
    stands = TeamAsk(
        name=row.name, slug=row.slug, contact=row.contact, channel=row.channel, about=row.about
    )
    return _team(work, put_team(work, replace(stands, **_sent(body))))


@api.reads("/services", ServicesOut)
def services(look: Look) -> ServicesOut:
    """All services."""
    return ServicesOut(
        items=[_service_row(one.row, one.owner, one.tags) for one in catalogue.service_items(look)]
    )


@api.creates("/services", ServiceOut)
def create_service(work: Work, body: ServiceIn) -> ServiceOut:
    """Add a service."""
    slug = slug_of(body.slug or body.name)
    if any(row.slug == slug for row in catalogue.services(work)):
        raise Conflict(
            f"There is a service “{slug}” already", hint="Change it instead, with PATCH."
        )
    return _service(work, put_service(work, ask_from(ServiceAsk, body)))


@api.reads("/services/<slug>", ServiceOut)
def service(look: Look, path: SlugPath) -> ServiceOut:
    """One service with what it depends on."""
    return _service(look, catalogue.service_by_slug(look, path.slug))


@api.changes("/services/<slug>", ServiceOut, guarded=False)
def edit_service(work: Work, path: SlugPath, body: ServiceEdit) -> ServiceOut:
    """Change a service."""
    row = catalogue.service_by_slug(work, path.slug)
    before = _service(work, row)
    stands = ServiceAsk(
        name=row.name,
        slug=row.slug,
        about=row.about,
        owner=before.owner,
        tier=row.tier,
        kind=row.kind,
        tags=tuple(before.tags),
        depends_on=tuple(before.depends_on),
        escalation=row.escalation,
        status_url=row.status_url,
    )
    return _service(work, put_service(work, replace(stands, **_sent(body))))


@api.reads("/services/<slug>/dependencies", DependenciesOut)
def service_dependencies(look: Look, path: SlugPath) -> DependenciesOut:
    """What a service depends on and what depends on it, two levels both ways."""
    row = catalogue.service_by_slug(look, path.slug)
    below, above = neighbourhood(look, row)
    names = {row.key: row.slug, **{one.row.key: one.row.slug for one in (*below, *above)}}
    return DependenciesOut(
        depends_on=[_neighbour(one, names) for one in below],
        needed_by=[_neighbour(one, names) for one in above],
    )


@api.reads("/catalogue/gaps", GapsOut)
def gaps(look: Look) -> GapsOut:
    """What the catalogue lacks: services without an owner, vendors nobody knows how to reach."""
    return GapsOut(
        items=[
            GapOut(
                kind=one.kind,
                team=one.team.slug if one.team else None,
                service=one.service.slug if one.service else None,
                message=one.message,
            )
            for one in ownership_gaps(look)
        ]
    )


def _neighbour(one: Neighbour, names: dict[int, str]) -> NeighbourOut:
    return NeighbourOut(
        slug=one.row.slug,
        name=one.row.name,
        tier=one.row.tier,
        kind=one.row.kind,
        steps=one.steps,
        through=[names[key] for key in one.through],
    )


def _sent(body: TeamEdit | ServiceEdit) -> dict[str, Any]:
    """The fields that are to change."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in body.model_dump(exclude_none=True).items()
    }


def _team_row(row: Team) -> TeamRow:
    return TeamRow(
        slug=row.slug,
        name=row.name,
        contact=row.contact,
        channel=row.channel,
        about=row.about,
        managed_by=row.managed_by,
    )


def _team(look: Look, row: Team) -> TeamOut:
    members = catalogue.team_members(look, row)
    return TeamOut(
        **_team_row(row).model_dump(),
        members=[PersonOut(email=one.email, name=one.name) for one in members],
    )


def _service_row(row: Service, owner: Team | None, tags: list[str]) -> ServiceRow:
    return ServiceRow(
        slug=row.slug,
        name=row.name,
        about=row.about,
        owner=owner.slug if owner else "",
        tier=row.tier,
        kind=row.kind,
        tags=tags,
        escalation=row.escalation,
        status_url=row.status_url,
        managed_by=row.managed_by,
    )


def _service(look: Look, row: Service) -> ServiceOut:
    owner = look.session.get(Team, row.owner_team_id) if row.owner_team_id else None
    return ServiceOut(
        **_service_row(row, owner, catalogue.service_tags(look, row)).model_dump(),
        depends_on=[one.slug for one in catalogue.dependencies(look, row)],
    )
