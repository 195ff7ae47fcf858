"""What the catalogue lacks: whom nobody could ask, and vendors nobody knows how to reach."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, func, select

from tracker.db.work import Look
from tracker.models.catalogue import Person, Service, ServiceDependency, Team, TeamMember


@dataclass(frozen=True)
class OwnershipGap:
    """One thing to mend, with the team or service it is about."""

    kind: str
    message: str
    team: Team | None = None
    service: Service | None = None


@dataclass(frozen=True)
class VendorItem:
    """A product or service of somebody else, with who here looks after it and needs it."""

    row: Service
    owner: Team | None
    needed_by: list[Service]


def ownership_gaps(look: Look) -> list[OwnershipGap]:
    """Every gap, the most important services first. Three queries."""
    teams = {row.key: row for row in look.session.exec(select(Team).order_by(col(Team.name)))}
    people = dict(
        look.session.exec(
            select(TeamMember.team_id, func.count())
            .join(Person, col(Person.id) == col(TeamMember.person_id))
            .where(col(Person.active).is_(True))
            .group_by(col(TeamMember.team_id))
        ).all()
    )
    order = (col(Service.tier), col(Service.name), col(Service.id))
    services = look.session.exec(select(Service).order_by(*order)).all()
    found: list[OwnershipGap] = []
    for row in services:
        owner = teams.get(row.owner_team_id or 0)
        if owner is None:
            found.append(OwnershipGap("no_owner", "No team owns it", service=row))
        elif not people.get(owner.key):
            message = f"Its team, {owner.name}, has nobody in it"
            found.append(OwnershipGap("empty_owner", message, team=owner, service=row))
        if row.kind != "self" and not row.escalation.strip():
            message = "It does not say how to reach those who run it"
            found.append(OwnershipGap("no_escalation", message, service=row))
    owning = {row.owner_team_id for row in services}
    found.extend(
        OwnershipGap("no_contact", "It owns services and does not say how to reach it", team=team)
        for team in teams.values()
        if team.key in owning and not team.contact.strip() and not team.channel.strip()
    )
    return found


def vendor_items(look: Look) -> list[VendorItem]:
    """What others run for us, the most important first, with what of ours needs it. Two queries."""
    rows = look.session.exec(
        select(Service, Team)
        .outerjoin(Team, col(Team.id) == col(Service.owner_team_id))
        .where(Service.kind != "self")
        .order_by(col(Service.tier), col(Service.name), col(Service.id))
    ).all()
    needed: dict[int, list[Service]] = {}
    users = look.session.exec(
        select(ServiceDependency.depends_on_id, Service)
        .join(Service, col(Service.id) == col(ServiceDependency.service_id))
        .where(col(ServiceDependency.depends_on_id).in_([row.key for row, _ in rows]))
        .order_by(col(Service.tier), col(Service.name))
    )
    for used, user in users:
        needed.setdefault(used, []).append(user)
    return [VendorItem(row, owner, needed.get(row.key, [])) for row, owner in rows]
