"""Incidents as lists and pages show them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy import select as sa_select
from sqlmodel import col, func, select

from tracker.db.access import readable
from tracker.db.hints import common
from tracker.db.work import Look
from tracker.domain.errors import Gap, NotValid
from tracker.domain.incident import TIMES
from tracker.domain.lifecycle import INCIDENT, OPEN_INCIDENT_STATES, Move
from tracker.models.action import Action
from tracker.models.catalogue import CircleMember, CircleTeam, Person, Service, Team
from tracker.models.event import ChangeLink, OperationalEvent
from tracker.models.incident import (
    Incident,
    IncidentService,
    IncidentTag,
    IncidentTeam,
    IncidentTime,
    RoleAssignment,
    SeverityAssessment,
    StatusUpdate,
    Task,
    TimelineEntry,
)
from tracker.models.journal import OutboxEvent, StateMove
from tracker.models.review import ImportedSource, Review, ReviewIncident
from tracker.reading.links import Links, links_of_incidents, people_by_id
from tracker.reading.listing import (
    COUNTED_AT_MOST,
    Listed,
    capped_count,
    capped_counts,
    check_limit,
    keyset_page,
)
from tracker.reading.references import ref, ref_of
from tracker.reading.respond.timeline import PictureItem, pictures_of, timeline_part

SORTS = {
    "newest": (Incident.declared_at, True),
    "oldest": (Incident.declared_at, False),
    "severity": (Incident.severity, False),
    "title": (Incident.title, False),
    "changed": (Incident.updated_at, True),
}
UPDATES_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class IncidentFilter:
    """What a list of incidents is narrowed to; empty means everything readable."""

    state: tuple[str, ...] = ()  # states, or "open"
    severity: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    title: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class IncidentItem:
    """A row of the list."""

    row: Incident
    ref: str
    links: Links


@dataclass(frozen=True)
class RoleHolder:
    role: str
    role_name: str
    person: Person
    since: datetime


@dataclass(frozen=True)
class Circled:
    """Slugs of teams and addresses of people who may read a closed record."""

    teams: list[str]
    members: list[str]


@dataclass(frozen=True)
class IncidentPage:
    """Everything the page of an incident shows."""

    row: Incident
    ref: str
    links: Links
    times: dict[str, IncidentTime]
    entries: list[TimelineEntry]
    earlier: str  # places in the timeline for the pages before and after; empty at its ends
    later: str
    mark: int  # see live_mark
    imported: bool
    changes: int  # that people linked to it
    roles: list[RoleHolder]
    tasks: list[Task]
    updates: list[StatusUpdate]
    review: Review | None
    actions: list[Action]
    people: dict[int, Person]
    moves: tuple[Move, ...]
    pictures: dict[int, list[PictureItem]]
    merged_into: str  # the reference, where the reader may know it

    @property
    def is_open(self) -> bool:
        return self.row.state in OPEN_INCIDENT_STATES

    def person_name(self, person_id: int | None) -> str:
        """The name; the tracker's own for what nobody in person did."""
        return self.people[person_id].name if person_id in self.people else "Tracker"


def list_incidents(
    look: Look,
    narrowed: IncidentFilter,
    *,
    sort: str = "newest",
    cursor: str = "",
    limit: int = 50,
    count: bool = False,
) -> Listed[IncidentItem]:
    """A page of the incidents this actor may read. Raises: NotValid for a bad sort or cursor."""
    if sort not in SORTS:
        raise NotValid(Gap("sort", f"Sort by one of: {', '.join(SORTS)}"))
    column, descending = SORTS[sort]
    linked = _linked(narrowed)
    query = select(Incident).where(readable(Incident, look.actor), *_conditions(narrowed))
    rows, following = keyset_page(
        look,
        query.where(*_within(linked, common_among=_common_links(look, linked))),
        sort=col(column),
        tie=col(Incident.id),
        descending=descending,
        cursor=cursor,
        limit=check_limit(limit),
    )
    links = links_of_incidents(look, [row.key for row in rows])
    return Listed(
        [IncidentItem(row, ref(row), links[row.key]) for row in rows],
        following,
        capped_count(look, query.where(*_within(linked))) if count else None,
    )


def incident_page(
    look: Look, incident: Incident, *, place: str = "", mark: int | None = None
) -> IncidentPage:
    """The incident with all that hangs on it, timeline entries 200 at a time.

    Without a place an open incident shows its newest entries and one that is over its first.
    A caller who has just read the ``mark`` gives it, and is not told whether it was imported or
    which changes were linked.
    Raises: NotValid for a place that is not ours.
    """
    newest = incident.state in OPEN_INCIDENT_STATES
    part = timeline_part(look, incident, place=place, newest_first=newest)
    entries = part.entries
    imported, linked = False, 0
    if mark is None:
        mark, imported, linked = _mark_and_more(look, incident)
    times = {
        row.name: row
        for row in look.session.exec(
            select(IncidentTime).where(
                IncidentTime.incident_id == incident.key, col(IncidentTime.current).is_(True)
            )
        )
    }
    tasks = look.session.exec(
        select(Task).where(Task.incident_id == incident.key).order_by(col(Task.id))
    ).all()
    updates = look.session.exec(
        select(StatusUpdate)
        .where(StatusUpdate.incident_id == incident.key)
        .order_by(col(StatusUpdate.id).desc())
        .limit(UPDATES_SHOWN)
    ).all()
    review = look.session.exec(
        select(Review)
        .join(ReviewIncident, col(ReviewIncident.review_id) == col(Review.id))
        .where(ReviewIncident.incident_id == incident.key, readable(Review, look.actor))
    ).first()
    about: ColumnElement[bool] = col(Action.incident_id) == incident.key
    if review is not None:
        about = about | (col(Action.review_id) == review.key)
    actions = look.session.exec(
        select(Action).where(readable(Action, look.actor), about).order_by(col(Action.id))
    ).all()
    people = people_by_id(
        look,
        [
            incident.declared_by_id,
            *(entry.author_id for entry in entries),
            *(task.owner_id for task in tasks),
            *(update.author_id for update in updates),
            *(action.owner_id for action in actions),
        ],
    )
    return IncidentPage(
        row=incident,
        ref=ref(incident),
        links=links_of_incidents(look, [incident.key])[incident.key],
        times=times,
        entries=entries,
        earlier=part.earlier,
        later=part.later,
        mark=mark,
        imported=imported,
        changes=linked,
        roles=role_holders(look, incident),
        tasks=list(tasks),
        updates=list(updates),
        review=review,
        actions=list(actions),
        people=people,
        moves=INCIDENT.possible(incident.state) if incident.kind == "incident" else (),
        pictures=pictures_of(look, entries),
        merged_into=_merged_into(look, incident),
    )


def _merged_into(look: Look, incident: Incident) -> str:
    """Where the incident went; it may have been closed to this reader since."""
    merged = incident.merged_into_id
    if merged is None or merged not in _readable_ids(look, [merged]):
        return ""
    return ref_of("incident", merged)


def role_holders(look: Look, incident: Incident) -> list[RoleHolder]:
    """Who has which role now."""
    holders = look.session.exec(
        select(RoleAssignment, Person)
        .join(Person, col(Person.id) == col(RoleAssignment.person_id))
        .where(RoleAssignment.incident_id == incident.key, col(RoleAssignment.until_at).is_(None))
        .order_by(col(RoleAssignment.id))
    ).all()
    policy = look.policy_of(incident.policy_version)
    return [
        RoleHolder(held.role, policy.role_name(held.role), person, held.from_at)
        for held, person in holders
    ]


def circle_of(look: Look, incident: Incident) -> Circled:
    """Whom the incident is closed to; both empty for the whole organisation."""
    teams = select(Team.slug).join(CircleTeam, col(CircleTeam.team_id) == col(Team.id))
    members = select(Person.email).join(CircleMember, col(CircleMember.person_id) == col(Person.id))
    return Circled(
        list(look.session.exec(teams.where(CircleTeam.circle_id == incident.circle_id))),
        list(look.session.exec(members.where(CircleMember.circle_id == incident.circle_id))),
    )


def live_mark(look: Look, incident: Incident) -> int:
    """A number that grows with every change of the incident: what a watching page compares."""
    newest = look.session.exec(
        select(func.max(OutboxEvent.id)).where(OutboxEvent.incident_id == incident.key)
    ).one()
    return int(newest or 0)


def time_history(look: Look, incident: Incident) -> dict[str, list[IncidentTime]]:
    """Every statement about each of the nine times, newest first."""
    history: dict[str, list[IncidentTime]] = {name: [] for name in TIMES}
    query = (
        select(IncidentTime)
        .where(IncidentTime.incident_id == incident.key)
        .order_by(col(IncidentTime.id).desc())
    )
    for row in look.session.exec(query):
        history.setdefault(row.name, []).append(row)
    return history


def severity_history(look: Look, incident: Incident) -> list[SeverityAssessment]:
    """Every assessment, newest first."""
    query = (
        select(SeverityAssessment)
        .where(SeverityAssessment.incident_id == incident.key)
        .order_by(col(SeverityAssessment.id).desc())
    )
    return list(look.session.exec(query))


def move_history(look: Look, kind: str, record_id: int) -> list[StateMove]:
    """Every change of state of a record, oldest first."""
    query = (
        select(StateMove)
        .where(StateMove.record_kind == kind, StateMove.record_id == record_id)
        .order_by(col(StateMove.id))
    )
    return list(look.session.exec(query))


def imported_source(look: Look, incident: Incident) -> ImportedSource | None:
    """Where an imported incident came from, with its original text."""
    return look.session.exec(
        select(ImportedSource).where(ImportedSource.incident_id == incident.key)
    ).first()


def _mark_and_more(look: Look, incident: Incident) -> tuple[int, bool, int]:
    """(live mark, whether it was imported, how many changes people linked), in one question."""
    newest = select(func.max(OutboxEvent.id)).where(OutboxEvent.incident_id == incident.key)
    origin = select(func.count()).where(ImportedSource.incident_id == incident.key)
    changes = (
        select(func.count(func.distinct(ChangeLink.event_id)))
        .join(OperationalEvent, col(OperationalEvent.id) == col(ChangeLink.event_id))
        .where(
            ChangeLink.incident_id == incident.key,
            col(ChangeLink.confirmed).is_(True),
            readable(OperationalEvent, look.actor),
        )
    )
    mark, imported, linked = look.session.execute(
        sa_select(newest.scalar_subquery(), origin.scalar_subquery(), changes.scalar_subquery())
    ).one()
    return int(mark or 0), bool(imported), int(linked or 0)


def _conditions(narrowed: IncidentFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if narrowed.state:
        states = [state for state in narrowed.state if state != "open"]
        if "open" in narrowed.state:
            states += OPEN_INCIDENT_STATES
        # Open incidents are few; several other states or severities together are most of all.
        few = len(states) == 1 or narrowed.state == ("open",)
        found.append((col(Incident.state) if few else common(col(Incident.state))).in_(states))
    if narrowed.severity:
        few = len(narrowed.severity) == 1
        severity = col(Incident.severity) if few else common(col(Incident.severity))
        found.append(severity.in_(narrowed.severity))
    if narrowed.kind:
        found.append(col(Incident.kind).in_(narrowed.kind))
    if narrowed.title.strip():
        found.append(col(Incident.title).icontains(narrowed.title.strip(), autoescape=True))
    if narrowed.since is not None:
        found.append(col(Incident.declared_at) >= _midnight(narrowed.since))
    if narrowed.until is not None:
        found.append(col(Incident.declared_at) < _midnight(narrowed.until) + timedelta(days=1))
    return found


def _linked(narrowed: IncidentFilter) -> dict[str, Select[Any]]:
    """The ids of the incidents that have the asked services, teams and tags, each by itself."""
    found: dict[str, Select[Any]] = {}
    if narrowed.service:
        found["service"] = (
            select(IncidentService.incident_id)
            .select_from(IncidentService)
            .join(Service, col(Service.id) == col(IncidentService.service_id))
            .where(col(Service.slug).in_(narrowed.service))
        )
    if narrowed.team:
        found["team"] = (
            select(IncidentTeam.incident_id)
            .select_from(IncidentTeam)
            .join(Team, col(Team.id) == col(IncidentTeam.team_id))
            .where(col(Team.slug).in_(narrowed.team))
        )
    if narrowed.tag:
        found["tag"] = select(IncidentTag.incident_id).where(col(IncidentTag.tag).in_(narrowed.tag))
    return found


def _common_links(look: Look, linked: Mapping[str, Select[Any]]) -> set[str]:
    """Those that more incidents have than are counted. At most one query."""
    counts = capped_counts(look, linked) if linked else {}
    return {name for name, count in counts.items() if count > COUNTED_AT_MOST}


def _within(
    linked: Mapping[str, Select[Any]], *, common_among: Collection[str] = ()
) -> list[ColumnElement[bool]]:
    """Incidents among all of these. A page of common ones is read in the order of the list."""
    here = col(Incident.id)
    return [
        (common(here) if name in common_among else here).in_(ids) for name, ids in linked.items()
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def _readable_ids(look: Look, incident_ids: Collection[int]) -> set[int]:
    """Those of the ids that this actor may read."""
    query = select(Incident.id).where(
        col(Incident.id).in_(incident_ids), readable(Incident, look.actor)
    )
    return {one for one in look.session.exec(query) if one is not None}
