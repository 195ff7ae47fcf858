"""Teams and services: who owns what, and what depends on what."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete
from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotValid
from tracker.models.catalogue import (
    Person,
    Service,
    ServiceDependency,
    ServiceTag,
    Team,
    TeamMember,
)
from tracker.reading.references import people_named, services_named, team_named
from tracker.usecases.managed import refuse_managed

SERVICE_KINDS = ("self", "managed", "vendor")
TIERS = (1, 2, 3, 4)


@dataclass(frozen=True, kw_only=True)
class TeamAsk:
    """A team; its slug is its name in addresses and files."""

    name: str
    slug: str = ""
    contact: str = ""
    channel: str = ""
    about: str = ""
    members: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class ServiceAsk:
    """A service with its one owner, its tier (1 = the business stands still) and its kind.

    ``escalation`` says how to reach those who run it, ``status_url`` where they tell how it is.
    """

    name: str
    slug: str = ""
    about: str = ""
    owner: str = ""
    tier: int = 3
    kind: str = "self"
    tags: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    escalation: str = ""
    status_url: str = ""


def put_team(work: Work, ask: TeamAsk) -> Team:
    """The team with this slug is as given. Members are set by those who may edit people.

    Raises: NotValid, NotPermitted, NotAllowed for a team that comes from files.
    """
    work.permit("edit_catalogue")
    if ask.members is not None:
        # A member reads what is closed to the team: nobody lets themselves in.
        work.permit("edit_person")
    gaps = Gaps()
    asks.check_title(gaps, "name", ask.name)
    asks.check_title(gaps, "contact", ask.contact, required=False)
    asks.check_title(gaps, "channel", ask.channel, required=False)
    asks.check_text(gaps, "about", ask.about, limit=asks.NOTE_LIMIT)
    members: list[Person] = people_named(work, ask.members or (), gaps, "members")
    gaps.raise_not_valid()
    slug = asks.slug_of(ask.slug or ask.name)
    team = work.session.exec(select(Team).where(Team.slug == slug)).first()
    refuse_managed(team)
    if team is None:
        team = work.add(Team(slug=slug, name=asks.clean(ask.name)))
    team.name = asks.clean(ask.name)
    team.contact = asks.clean(ask.contact)
    team.channel = asks.clean(ask.channel)
    team.about = asks.clean(ask.about)
    if ask.members is not None:
        work.session.execute(delete(TeamMember).where(col(TeamMember.team_id) == team.key))
        work.add_all(TeamMember(team_id=team.key, person_id=one.key) for one in members)
    return team


def put_service(work: Work, ask: ServiceAsk) -> Service:
    """The service with this slug is as given, new or changed.

    Raises: NotValid, NotAllowed for a service that comes from files.
    """
    work.permit("edit_catalogue")
    gaps = Gaps()
    asks.check_title(gaps, "name", ask.name)
    asks.check_text(gaps, "about", ask.about, limit=asks.NOTE_LIMIT)
    asks.check_text(gaps, "escalation", ask.escalation, limit=asks.NOTE_LIMIT)
    asks.check_link(gaps, "status_url", ask.status_url)
    asks.check_choice(gaps, "kind", ask.kind, SERVICE_KINDS)
    asks.check_tags(gaps, "tags", ask.tags)
    gaps.unless(ask.tier in TIERS, "tier", "Tier must be 1, 2, 3 or 4")
    owner = team_named(work, ask.owner, gaps, "owner")
    slug = asks.slug_of(ask.slug or ask.name)
    others = services_named(work, ask.depends_on, gaps, "depends_on")
    gaps.raise_not_valid()
    if any(one.slug == slug for one in others):
        raise NotValid(Gap("depends_on", "A service does not depend on itself"))
    service = work.session.exec(select(Service).where(Service.slug == slug)).first()
    refuse_managed(service)
    if service is None:
        service = work.add(Service(slug=slug, name=asks.clean(ask.name)))
    service.name = asks.clean(ask.name)
    service.about = asks.clean(ask.about)
    service.owner_team_id = owner.key if owner else None
    service.tier = ask.tier
    service.kind = ask.kind
    service.escalation = asks.clean(ask.escalation)
    service.status_url = ask.status_url.strip()
    work.session.execute(delete(ServiceTag).where(col(ServiceTag.service_id) == service.key))
    work.session.execute(
        delete(ServiceDependency).where(col(ServiceDependency.service_id) == service.key)
    )
    work.add_all(
        [
            *(ServiceTag(service_id=service.key, tag=tag) for tag in asks.tags_of(ask.tags)),
            *(ServiceDependency(service_id=service.key, depends_on_id=one.key) for one in others),
        ]
    )
    return service
