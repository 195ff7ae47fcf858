"""Procedures as lists and pages show them: versions, faults, runs, what speaks against them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, func
from sqlmodel import col, or_, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.errors import Gap, NotFound, NotValid
from tracker.domain.lifecycle import PROCEDURE, Move
from tracker.domain.procedure import Part, concerns
from tracker.domain.text_diff import Piece, lines_of, near_changes, word_diff
from tracker.importing.procedures import ProcedureText, parts_of
from tracker.models.catalogue import Person, Service, Team
from tracker.models.incident import Incident
from tracker.models.journal import StateMove
from tracker.models.procedure import (
    Procedure,
    ProcedureFault,
    ProcedureRun,
    ProcedureService,
    ProcedureVersion,
)
from tracker.reading.journal import moves_of
from tracker.reading.links import Named, people_by_id, teams_by_id
from tracker.reading.listing import (
    Listed,
    capped_count,
    capped_counts,
    check_limit,
    keyset_page,
)
from tracker.reading.references import ref

SORTS: dict[str, tuple[Any, bool]] = {
    "title": (Procedure.title, False),
    "newest": (Procedure.created_at, True),
    "changed": (Procedure.updated_at, True),
}
LIVING = ("draft", "current")
RUNS_SHOWN = 10
FAULTS_SHOWN = 50
VERSIONS_SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class ProcedureFilter:
    """What a list of procedures is narrowed to."""

    state: tuple[str, ...] = ()  # states, or "living"
    kind: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    title: str = ""
    stale: bool = False
    never_validated: bool = False
    with_faults: bool = False
    without_owner: bool = False
    mine: bool = False


@dataclass(frozen=True)
class ProcedureItem:
    """A row of the list. ``concerns`` says what speaks against relying on it."""

    row: Procedure
    ref: str
    owner: Person | None
    team: Team | None
    services: list[Named]
    open_faults: int
    concerns: tuple[str, ...]

    @property
    def owner_gone(self) -> bool:
        """Nobody looks after it: its owner left, and there is no team."""
        return (self.owner is None or not self.owner.active) and self.team is None


@dataclass(frozen=True)
class FaultItem:
    """A step that was wrong, with the incident in which it was found, if there was one."""

    row: ProcedureFault
    by: Person | None
    incident: Incident | None


@dataclass(frozen=True)
class RunItem:
    """A run, as the page of its procedure lists it."""

    row: ProcedureRun
    incident: Incident


@dataclass(frozen=True)
class ProcedurePage:
    """Everything the page of a procedure shows, as far as the actor may read."""

    item: ProcedureItem
    parts: tuple[Part, ...]
    validated_by: Person | None
    written_by: Person | None
    faults: list[FaultItem]  # open ones first, then the newest
    runs: list[RunItem]  # newest first
    moves: tuple[Move, ...]
    may_validate: bool
    journal: list[StateMove]


@dataclass(frozen=True)
class VersionItem:
    row: ProcedureVersion
    by: Person | None


def list_procedures(
    look: Look,
    narrowed: ProcedureFilter,
    *,
    sort: str = "title",
    cursor: str = "",
    limit: int = 50,
    count: bool = False,
) -> Listed[ProcedureItem]:
    """A page of the procedures this actor may read. Raises: NotValid."""
    if sort not in SORTS:
        raise NotValid(Gap("sort", f"Sort by one of: {', '.join(SORTS)}"))
    column, descending = SORTS[sort]
    query = select(Procedure).where(readable(Procedure, look.actor), *_conditions(look, narrowed))
    rows, following = keyset_page(
        look,
        query,
        sort=col(column),
        tie=col(Procedure.id),
        descending=descending,
        cursor=cursor,
        limit=check_limit(limit),
    )
    items = procedure_items(look, rows)
    return Listed(items, following, capped_count(look, query) if count else None)


def procedure_counts(look: Look, views: dict[str, ProcedureFilter]) -> dict[str, int]:
    """How many readable procedures each view has, counted up to 1,001. One query."""
    return capped_counts(
        look,
        {
            name: select(Procedure).where(
                readable(Procedure, look.actor), *_conditions(look, narrowed)
            )
            for name, narrowed in views.items()
        },
    )


def procedure_items(look: Look, rows: list[Procedure]) -> list[ProcedureItem]:
    """The rows with owners, teams, services and open faults. Four queries."""
    ids = [row.key for row in rows]
    people = people_by_id(look, [row.owner_id for row in rows])
    teams = teams_by_id(look, [row.team_id for row in rows])
    services = services_of(look, ids)
    faults = _open_faults(look, ids)
    return [
        ProcedureItem(
            row,
            ref(row),
            people.get(row.owner_id or 0),
            teams.get(row.team_id or 0),
            services.get(row.key, []),
            faults.get(row.key, 0),
            concerns_of(look, row),
        )
        for row in rows
    ]


def concerns_of(look: Look, row: Procedure) -> tuple[str, ...]:
    """What speaks against relying on it today."""
    return concerns(
        validated_version=row.validated_version,
        text_version=row.text_version,
        review_on=row.review_on,
        today=look.today,
    )


def services_of(look: Look, procedure_ids: Collection[int]) -> dict[int, list[Named]]:
    """The services of each procedure, by name. One query."""
    found: dict[int, list[Named]] = defaultdict(list)
    if not procedure_ids:
        return found
    rows = look.session.exec(
        select(ProcedureService.procedure_id, Service.slug, Service.name)
        .join(Service, col(Service.id) == col(ProcedureService.service_id))
        .where(col(ProcedureService.procedure_id).in_(procedure_ids))
        .order_by(col(Service.name))
    )
    for procedure_id, slug, name in rows:
        found[procedure_id].append(Named(slug, name))
    return found


def procedure_page(look: Look, procedure: Procedure) -> ProcedurePage:
    """The procedure with its faults and runs; those of closed incidents are left out."""
    faults = _faults(look, procedure)
    writer = look.session.exec(
        select(ProcedureVersion.by_id).where(
            ProcedureVersion.procedure_id == procedure.key,
            ProcedureVersion.number == procedure.text_version,
        )
    ).first()
    people = people_by_id(
        look, [procedure.validated_by_id, writer, *(fault.by_id for fault, _ in faults)]
    )
    me = look.actor.person_id
    managed = bool(procedure.managed_by)
    return ProcedurePage(
        item=procedure_items(look, [procedure])[0],
        parts=parts_of(procedure.text),
        validated_by=people.get(procedure.validated_by_id or 0),
        written_by=people.get(writer or 0),
        faults=[FaultItem(row, people.get(row.by_id or 0), inc) for row, inc in faults],
        runs=_runs(look, procedure),
        moves=PROCEDURE.possible(procedure.state)
        if look.actor.may("move_procedure") and not managed
        else (),
        may_validate=look.actor.may("validate_procedure")
        and me is not None
        and me != writer
        and procedure.state != "retired",
        journal=moves_of(look, "procedure", procedure.key),
    )


def open_faults(look: Look, procedure: Procedure) -> list[FaultItem]:
    """The faults that no version has mended yet, as far as the actor may read. Two queries."""
    rows = [(row, inc) for row, inc in _faults(look, procedure) if row.mended_at is None]
    people = people_by_id(look, [row.by_id for row, _ in rows])
    return [FaultItem(row, people.get(row.by_id or 0), inc) for row, inc in rows]


def procedure_versions(look: Look, procedure: Procedure) -> list[VersionItem]:
    """The newest versions, newest first, with who wrote them. Two queries."""
    rows = look.session.exec(
        select(ProcedureVersion)
        .where(ProcedureVersion.procedure_id == procedure.key)
        .order_by(col(ProcedureVersion.number).desc())
        .limit(VERSIONS_SHOWN)
    ).all()
    people = people_by_id(look, [row.by_id for row in rows])
    return [VersionItem(row, people.get(row.by_id or 0)) for row in rows]


def version_of(look: Look, procedure: Procedure, number: int) -> ProcedureVersion:
    """What the procedure said in that version. Raises: NotFound."""
    row = look.session.exec(
        select(ProcedureVersion).where(
            ProcedureVersion.procedure_id == procedure.key,
            ProcedureVersion.number == min(max(number, 0), 2**31 - 1),
        )
    ).first()
    if row is None:
        raise NotFound(f"Version {number} of {ref(procedure)}")
    return row


def version_difference(old: ProcedureVersion, new: ProcedureVersion) -> list[list[Piece]]:
    """What changed between two versions, line by line, with a line around each change."""
    before, after = (f"{one.title}\n\n{one.text}" for one in (old, new))
    return near_changes(lines_of(word_diff(before, after))) if before != after else []


def as_file(look: Look, procedure: Procedure) -> ProcedureText:
    """The procedure as its Markdown file says it. Five queries."""
    return as_files(look, [procedure])[0]


def as_files(look: Look, rows: Sequence[Procedure]) -> list[ProcedureText]:
    """The procedures as their Markdown files say them, in this order. Five queries."""
    seen = {
        row.key: row.validated_by_id for row in rows if row.validated_version == row.text_version
    }
    people = people_by_id(look, seen.values())
    found = []
    for item in procedure_items(look, list(rows)):
        row, validator = item.row, people.get(seen.get(item.row.key) or 0)
        found.append(
            ProcedureText(
                title=row.title,
                text=row.text,
                slug=row.slug,
                kind=row.kind,
                owner=item.owner.email if item.owner else "",
                team=item.team.slug if item.team else "",
                escalation=row.escalation,
                review_every_days=row.review_every_days,
                services=tuple(one.slug for one in item.services),
                validated_by=validator.email if validator else "",
            )
        )
    return found


def _seen_faults(look: Look) -> ColumnElement[bool]:
    """A fault found in a closed incident is for those who may read that."""
    run_of_readable = (
        select(ProcedureRun.id)
        .join(Incident, col(Incident.id) == col(ProcedureRun.incident_id))
        .where(readable(Incident, look.actor))
    )
    return or_(
        col(ProcedureFault.run_id).is_(None), col(ProcedureFault.run_id).in_(run_of_readable)
    )


def _open_faults(look: Look, ids: Collection[int]) -> dict[int, int]:
    if not ids:
        return {}
    query = (
        select(ProcedureFault.procedure_id, func.count())
        .where(
            col(ProcedureFault.procedure_id).in_(ids),
            col(ProcedureFault.mended_at).is_(None),
            _seen_faults(look),
        )
        .group_by(col(ProcedureFault.procedure_id))
    )
    return dict(look.session.exec(query).all())


def _faults(look: Look, procedure: Procedure) -> list[tuple[ProcedureFault, Incident | None]]:
    query = (
        select(ProcedureFault, Incident)
        .join(ProcedureRun, col(ProcedureRun.id) == col(ProcedureFault.run_id), isouter=True)
        .join(Incident, col(Incident.id) == col(ProcedureRun.incident_id), isouter=True)
        .where(ProcedureFault.procedure_id == procedure.key, _seen_faults(look))
        .order_by(col(ProcedureFault.mended_at).is_not(None), col(ProcedureFault.id).desc())
        .limit(FAULTS_SHOWN)
    )
    return [(fault, incident) for fault, incident in look.session.exec(query)]


def _runs(look: Look, procedure: Procedure) -> list[RunItem]:
    query = (
        select(ProcedureRun, Incident)
        .join(Incident, col(Incident.id) == col(ProcedureRun.incident_id))
        .where(ProcedureRun.procedure_id == procedure.key, readable(Incident, look.actor))
        .order_by(col(ProcedureRun.id).desc())
        .limit(RUNS_SHOWN)
    )
    return [RunItem(run, incident) for run, incident in look.session.exec(query)]


def _conditions(look: Look, narrowed: ProcedureFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if narrowed.state:
        states = [state for state in narrowed.state if state != "living"]
        found.append(
            col(Procedure.state).in_([*states, *(LIVING if "living" in narrowed.state else ())])
        )
    if narrowed.kind:
        found.append(col(Procedure.kind).in_(narrowed.kind))
    if narrowed.team:
        teams = select(Team.id).where(col(Team.slug).in_(narrowed.team))
        found.append(col(Procedure.team_id).in_(teams))
    if narrowed.service:
        served = (
            select(ProcedureService.procedure_id)
            .join(Service, col(Service.id) == col(ProcedureService.service_id))
            .where(col(Service.slug).in_(narrowed.service))
        )
        found.append(col(Procedure.id).in_(served))
    if narrowed.title.strip():
        found.append(col(Procedure.title).icontains(narrowed.title.strip(), autoescape=True))
    if narrowed.stale:
        found.append(col(Procedure.review_on) <= look.today)
    if narrowed.never_validated:
        found.append(col(Procedure.validated_version) == 0)
    if narrowed.with_faults:
        found.append(
            exists().where(
                col(ProcedureFault.procedure_id) == col(Procedure.id),
                col(ProcedureFault.mended_at).is_(None),
                _seen_faults(look),
            )
        )
    if narrowed.without_owner:
        here = select(Person.id).where(col(Person.active).is_(True))
        found.append(
            or_(col(Procedure.owner_id).is_(None), col(Procedure.owner_id).not_in(here))
            & col(Procedure.team_id).is_(None)
        )
    if narrowed.mine:
        mine: ColumnElement[bool] = col(Procedure.owner_id) == look.actor.person_id
        found.append(mine | col(Procedure.team_id).in_(sorted(look.actor.team_ids)))
    return found
