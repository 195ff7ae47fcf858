"""A catalogue from elsewhere comes in: planned first, then as planned, and again without harm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import col, select

from tracker.db.work import Look, Work
from tracker.importing.backstage import Catalogue, ServiceDraft, TeamDraft, Trouble
from tracker.models.catalogue import Service, ServiceDependency, ServiceTag, Team


@dataclass(frozen=True)
class Difference:
    """A team or service that is added or changed: its fields as (before, after) in words."""

    kind: str  # team | service
    slug: str
    new: bool
    fields: Mapping[str, tuple[str, str]]


@dataclass
class ImportPlan:
    """What an import changes and what it leaves alone."""

    differences: list[Difference] = field(default_factory=list)
    unchanged: int = 0
    # Named as owners, but no team here or in the files: the services stay as they are.
    unknown_owners: list[Trouble] = field(default_factory=list)
    # What an applied configuration owns, with its file.
    managed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Standing:
    """The catalogue as it is."""

    teams: dict[str, Team]
    services: dict[str, Service]
    tags: dict[int, list[str]]
    needs: dict[int, list[str]]


def plan_catalogue(look: Look, read: Catalogue) -> ImportPlan:
    """What ``import_catalogue`` would do now. Nothing is written."""
    plan = ImportPlan()
    standing = _standing(look)
    for team in read.teams:
        _plan_row(plan, "team", team.slug, standing.teams.get(team.slug), _team_fields(team))
    coming = set(standing.teams) | {team.slug for team in read.teams}
    for draft in read.services:
        if draft.owner and draft.owner not in coming:
            plan.unknown_owners.append(Trouble(draft.place, _no_such_owner(draft)))
        row = standing.services.get(draft.slug)
        _plan_row(plan, "service", draft.slug, row, _service_fields(standing, draft, row, coming))
    return plan


def import_catalogue(work: Work, read: Catalogue) -> ImportPlan:
    """Teams and services are as the files say; the plan tells what that changed.

    It adds and never takes away: tags and dependencies that were given here stay, and so do tier,
    kind and how to reach those who run a service. What comes from the organisation's own
    configuration is left alone. A second run changes nothing.
    """
    work.permit("import_records")
    plan = plan_catalogue(work, read)
    changed = {(one.kind, one.slug): one for one in plan.differences}
    teams = {row.slug: row for row in work.session.exec(select(Team))}
    for draft in read.teams:
        if ("team", draft.slug) in changed:
            team = teams.get(draft.slug) or work.add(Team(slug=draft.slug, name=draft.name))
            teams[draft.slug] = team
            for name, value in _team_fields(draft).items():
                setattr(team, name, value or getattr(team, name))
    services = {row.slug: row for row in work.session.exec(select(Service))}
    touched = [one for one in read.services if ("service", one.slug) in changed]
    for one in touched:
        row = services.get(one.slug) or work.add(Service(slug=one.slug, name=one.name))
        services[one.slug] = row
        row.name = one.name or row.name
        row.about = one.about or row.about
        row.status_url = one.status_url or row.status_url
        if one.owner in teams:
            row.owner_team_id = teams[one.owner].key
    work.session.flush()
    standing = _standing(work)
    for one in touched:
        row = services[one.slug]
        has = set(standing.tags.get(row.key, ()))
        work.add_all(ServiceTag(service_id=row.key, tag=tag) for tag in one.tags if tag not in has)
        needs = {*standing.needs.get(row.key, ()), one.slug}
        work.add_all(
            ServiceDependency(service_id=row.key, depends_on_id=services[slug].key)
            for slug in one.depends_on
            if slug not in needs and slug in services
        )
    return plan


def _standing(look: Look) -> _Standing:
    services = {row.slug: row for row in look.session.exec(select(Service))}
    tags: dict[int, list[str]] = {}
    for tag in look.session.exec(select(ServiceTag).order_by(col(ServiceTag.tag))):
        tags.setdefault(tag.service_id, []).append(tag.tag)
    slugs = {row.key: slug for slug, row in services.items()}
    needs: dict[int, list[str]] = {}
    for edge in look.session.exec(select(ServiceDependency)):
        needs.setdefault(edge.service_id, []).append(slugs[edge.depends_on_id])
    teams = {row.slug: row for row in look.session.exec(select(Team))}
    return _Standing(teams, services, tags, {key: sorted(found) for key, found in needs.items()})


def _team_fields(draft: TeamDraft) -> dict[str, str]:
    return {"name": draft.name, "about": draft.about, "contact": draft.contact}


def _service_fields(
    standing: _Standing, draft: ServiceDraft, row: Service | None, teams: set[str]
) -> dict[str, str | tuple[str, str]]:
    """The fields as they come; those that gather are given as (before, after)."""
    key = row.key if row is not None else 0
    owners = {team.key: team.slug for team in standing.teams.values()}
    owner = owners.get((row.owner_team_id if row is not None else None) or 0, "")
    tags, needs = standing.tags.get(key, []), standing.needs.get(key, [])
    return {
        "name": draft.name,
        "about": draft.about,
        "status_url": draft.status_url,
        "owner": (owner, draft.owner if draft.owner in teams else owner),
        "tags": (_listed(tags), _listed({*tags, *draft.tags})),
        "depends_on": (_listed(needs), _listed({*needs, *draft.depends_on} - {draft.slug})),
    }


def _plan_row(
    plan: ImportPlan,
    kind: str,
    slug: str,
    row: Team | Service | None,
    coming: Mapping[str, str | tuple[str, str]],
) -> None:
    if row is not None and row.managed_by:
        plan.managed.append(f"{kind} {slug}: comes from {row.managed_by}")
        return
    fields: dict[str, tuple[str, str]] = {}
    for name, value in coming.items():
        if isinstance(value, tuple):
            before, after = value
        else:
            before = getattr(row, name) if row is not None else ""
            after = value or before
        if before != after:
            fields[name] = (before, after)
    if row is None or fields:
        plan.differences.append(Difference(kind, slug, row is None, fields))
    else:
        plan.unchanged += 1


def _no_such_owner(draft: ServiceDraft) -> str:
    if draft.owner.startswith("user:"):
        said = f"A service is owned by a team, and {draft.owner} is a person"
    else:
        said = f"No team is called “{draft.owner}”"
    return f"{said}; the owner of {draft.slug} stays as it is"


def _listed(names: set[str] | list[str]) -> str:
    return ", ".join(sorted(names))
