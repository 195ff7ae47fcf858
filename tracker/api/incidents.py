"""Incidents and near misses: list, declare, read, edit, and everything that moves one."""

from typing import Literal

from pydantic import Field

from tracker.api.feature import Feature
from tracker.api.given import expected_version
from tracker.api.shapes import (
    Answer,
    Asked,
    Day,
    Emails,
    IncidentRef,
    Instant,
    Line,
    MoveOut,
    MovesOut,
    NamedOut,
    Note,
    Page,
    PersonOut,
    Reason,
    Tags,
    Visibility,
    Word,
    Words,
    ask_from,
    person_out,
    ref_out,
)
from tracker.api.times import TimeIn, TimeOut, time_out
from tracker.db.work import Look, Work
from tracker.domain.incident import TIMES
from tracker.models.incident import Incident
from tracker.reading.incidents import (
    IncidentFilter,
    IncidentItem,
    RoleHolder,
    incident_page,
    list_incidents,
    move_history,
    readable_ids,
    severity_history,
)
from tracker.reading.links import people_by_id
from tracker.reading.references import incident_by_ref, ref, ref_of
from tracker.usecases.declaring import (
    DeclareIncident,
    ReportNearMiss,
    declare_incident,
    report_near_miss,
)
from tracker.usecases.incidents import (
    EditIncident,
    MoveIncident,
    edit_incident,
    merge_incident,
    move_incident,
    set_visibility,
)
from tracker.usecases.severities import AssessSeverity, assess_severity
from tracker.usecases.times import TimeAsk

api = Feature("incidents", "What happened: incidents and near misses.")


class IncidentPath(Asked):
    ref: IncidentRef


class IncidentQuery(Page):
    """Repeat a parameter to allow several values; different parameters narrow together."""

    state: Words = Field(default=[], description='States, or "open".')
    severity: Words = []
    kind: Words = []
    service: Words = []
    team: Words = []
    tag: Tags = []
    title: Line = ""
    since: Day | None = None
    until: Day | None = None
    sort: Literal["newest", "oldest", "severity", "title", "changed"] = "newest"


class TimesIn(Asked):
    """The nine times, as far as they are known already."""

    impact_started: TimeIn | None = None
    detected: TimeIn | None = None
    declared: TimeIn | None = None
    engaged: TimeIn | None = None
    diagnosed: TimeIn | None = None
    mitigated: TimeIn | None = None
    impact_ended: TimeIn | None = None
    resolved: TimeIn | None = None
    closed: TimeIn | None = None


class IncidentIn(Asked):
    """Severity comes from impact and urgency, or is chosen; against them with a reason."""

    title: Line
    summary: Note = ""
    impact_text: Note = ""
    impact: Word = ""
    urgency: Word = ""
    severity: Word = ""
    severity_reason: Reason = ""
    services: Words = []
    teams: Words = []
    tags: Tags = []
    visibility: Visibility = "org"
    members: Emails = []
    times: TimesIn | None = None
    recorded_afterwards: bool = False
    state: Literal["declared", "investigating", "mitigated", "resolved", "closed"] = "declared"


class NearMissIn(Asked):
    """A near miss in three questions."""

    title: Line
    almost_happened: Note
    what_saved_us: Note
    would_help: Note = ""
    happened_at: Instant | None = None
    services: Words = []
    teams: Words = []
    tags: Tags = []
    visibility: Visibility = "org"
    members: Emails = []


class IncidentEdit(Asked):
    """New values; a field that is left out or null stays as it is."""

    title: Line | None = None
    summary: Note | None = None
    impact_text: Note | None = None
    services: Words | None = None
    teams: Words | None = None
    tags: Tags | None = None
    almost_happened: Note | None = None
    what_saved_us: Note | None = None
    would_help: Note | None = None


class IncidentMoveIn(Asked):
    """A verb of the life cycle; ``at`` is when it took effect."""

    verb: Literal["investigate", "mitigate", "resolve", "close", "reopen", "dismiss"]
    why: Reason = ""
    at: Instant | None = None


class SeverityIn(Asked):
    impact: Word = ""
    urgency: Word = ""
    severity: Word = ""
    why: Reason = ""


class MergeIn(Asked):
    into: IncidentRef
    why: Reason = ""


class VisibilityIn(Asked):
    visibility: Visibility
    teams: Words = []
    members: Emails = []


class IncidentRow(Answer):
    """An incident as a list shows it."""

    ref: str
    version: int
    kind: str
    state: str
    severity: str
    title: str
    visibility: str
    services: list[NamedOut]
    teams: list[NamedOut]
    tags: list[str]
    declared_at: Instant
    updated_at: Instant


class IncidentsOut(Answer):
    items: list[IncidentRow]
    next_cursor: str
    count: int | None


class HolderOut(Answer):
    role: str
    role_name: str
    person: PersonOut
    since: Instant


class IncidentOut(IncidentRow):
    """An incident with all that hangs on it; timeline, tasks and updates have their own lists."""

    summary: str
    impact_text: str
    impact: str
    urgency: str
    almost_happened: str
    what_saved_us: str
    would_help: str
    declared_by: PersonOut | None
    recorded_afterwards: bool
    merged_into: str | None
    next_update_at: Instant | None
    policy_version: int
    times: dict[str, TimeOut]
    roles: list[HolderOut]
    review: str | None
    actions: list[str]
    possible_moves: list[str]


class SeverityOut(Answer):
    severity: str
    impact: str
    urgency: str
    overridden: bool
    why: str
    at: Instant
    by: PersonOut | None


class SeveritiesOut(Answer):
    items: list[SeverityOut]


@api.reads("/incidents", IncidentsOut)
def list_all(look: Look, query: IncidentQuery) -> IncidentsOut:
    """Incidents and near misses, a page at a time."""
    narrowed = IncidentFilter(
        state=tuple(query.state),
        severity=tuple(query.severity),
        kind=tuple(query.kind),
        service=tuple(query.service),
        team=tuple(query.team),
        tag=tuple(query.tag),
        title=query.title,
        since=query.since,
        until=query.until,
    )
    listed = list_incidents(
        look,
        narrowed,
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
        count=query.count,
    )
    return IncidentsOut(
        items=[_row(item) for item in listed.items],
        next_cursor=listed.next_cursor,
        count=listed.count,
    )


@api.creates("/incidents", IncidentOut)
def declare(work: Work, body: IncidentIn) -> IncidentOut:
    """Declare an incident, or record one afterwards."""
    given = body.times.model_dump(exclude_none=True) if body.times else {}
    times = {name: TimeAsk(**one) for name, one in given.items()}
    ask = ask_from(DeclareIncident, body, times=times)
    return incident_out(work, declare_incident(work, ask))


@api.creates("/near-misses", IncidentOut)
def report(work: Work, body: NearMissIn) -> IncidentOut:
    """Report a near miss in three questions."""
    return incident_out(work, report_near_miss(work, ask_from(ReportNearMiss, body)))


@api.reads("/incidents/<ref>", IncidentOut)
def read(look: Look, path: IncidentPath) -> IncidentOut:
    """One incident."""
    return incident_out(look, incident_by_ref(look, path.ref))


@api.changes("/incidents/<ref>", IncidentOut)
def edit(work: Work, path: IncidentPath, body: IncidentEdit) -> IncidentOut:
    """Change texts, services, teams or tags."""
    row = incident_by_ref(work, path.ref)
    ask = ask_from(EditIncident, body, version=expected_version())
    return incident_out(work, edit_incident(work, row, ask))


@api.reads("/incidents/<ref>/moves", MovesOut)
def moves(look: Look, path: IncidentPath) -> MovesOut:
    """Every change of state of an incident, and what is possible now."""
    row = incident_by_ref(look, path.ref)
    page = incident_page(look, row)
    return MovesOut(
        items=moves_out(look, "incident", row.key), possible=[one.verb for one in page.moves]
    )


@api.changes("/incidents/<ref>/moves", IncidentOut, method="post")
def move(work: Work, path: IncidentPath, body: IncidentMoveIn) -> IncidentOut:
    """Move an incident on: investigate, mitigate, resolve, close, reopen, dismiss."""
    row = incident_by_ref(work, path.ref)
    ask = ask_from(MoveIncident, body, version=expected_version())
    return incident_out(work, move_incident(work, row, ask))


@api.reads("/incidents/<ref>/severity", SeveritiesOut)
def severities(look: Look, path: IncidentPath) -> SeveritiesOut:
    """Every assessment of the severity, newest first."""
    rows = severity_history(look, incident_by_ref(look, path.ref))
    people = people_by_id(look, [row.by_id for row in rows])
    return SeveritiesOut(
        items=[
            SeverityOut(
                severity=row.severity,
                impact=row.impact,
                urgency=row.urgency,
                overridden=row.overridden,
                why=row.why,
                at=row.at,
                by=person_out(people.get(row.by_id or 0)),
            )
            for row in rows
        ]
    )


@api.changes("/incidents/<ref>/severity", IncidentOut, method="post")
def assess(work: Work, path: IncidentPath, body: SeverityIn) -> IncidentOut:
    """Assess the severity anew."""
    row = incident_by_ref(work, path.ref)
    ask = ask_from(AssessSeverity, body, version=expected_version())
    return incident_out(work, assess_severity(work, row, ask))


@api.changes("/incidents/<ref>/merge", IncidentOut, method="post")
def merge(work: Work, path: IncidentPath, body: MergeIn) -> IncidentOut:
    """Merge this incident into another one."""
    row = incident_by_ref(work, path.ref)
    work.expect(row, expected_version())
    return incident_out(work, merge_incident(work, row, into=body.into, why=body.why))


@api.changes("/incidents/<ref>/visibility", IncidentOut, method="put")
def close_to(work: Work, path: IncidentPath, body: VisibilityIn) -> IncidentOut:
    """Say who may read this incident and what follows from it."""
    row = incident_by_ref(work, path.ref)
    changed = set_visibility(
        work,
        row,
        visibility=body.visibility,
        teams=tuple(body.teams),
        members=tuple(body.members),
        version=expected_version(),
    )
    return incident_out(work, changed)


def incident_out(look: Look, incident: Incident) -> IncidentOut:
    """The incident as an answer holds it; what the actor may not read is left out."""
    # The version counts the change when it is written, and an answer tells the one that stands.
    look.session.flush()
    page = incident_page(look, incident)
    merged = incident.merged_into_id
    seen = merged is not None and merged in readable_ids(look, [merged])
    row = _row(IncidentItem(incident, page.ref, page.links))
    return IncidentOut(
        **row.model_dump(),
        summary=incident.summary,
        impact_text=incident.impact_text,
        impact=incident.impact,
        urgency=incident.urgency,
        almost_happened=incident.almost_happened,
        what_saved_us=incident.what_saved_us,
        would_help=incident.would_help,
        declared_by=person_out(page.people.get(incident.declared_by_id or 0)),
        recorded_afterwards=incident.recorded_afterwards,
        merged_into=ref_of("incident", merged) if merged is not None and seen else None,
        next_update_at=incident.next_update_at,
        policy_version=incident.policy_version,
        times={
            name: time_out(page.times[name], page.people) for name in TIMES if name in page.times
        },
        roles=[_holder(held) for held in page.roles],
        review=ref_out(page.review),
        actions=[ref(action) for action in page.actions],
        possible_moves=[one.verb for one in page.moves],
    )


def moves_out(look: Look, kind: str, record_id: int) -> list[MoveOut]:
    """The journal of moves of one record."""
    return [
        MoveOut(
            verb=row.verb,
            from_state=row.from_state,
            to_state=row.to_state,
            why=row.why,
            at=row.at,
            by=row.actor_name,
        )
        for row in move_history(look, kind, record_id)
    ]


def _holder(held: RoleHolder) -> HolderOut:
    return HolderOut(
        role=held.role,
        role_name=held.role_name,
        person=PersonOut(email=held.person.email, name=held.person.name),
        since=held.since,
    )


def _row(item: IncidentItem) -> IncidentRow:
    row, links = item.row, item.links
    return IncidentRow(
        ref=item.ref,
        version=row.version,
        kind=row.kind,
        state=row.state,
        severity=row.severity,
        title=row.title,
        visibility=links.visibility,
        services=[NamedOut(slug=one.slug, name=one.name) for one in links.services],
        teams=[NamedOut(slug=one.slug, name=one.name) for one in links.teams],
        tags=links.tags,
        declared_at=row.declared_at,
        updated_at=row.updated_at,
    )


__all__ = ["IncidentPath", "api", "incident_out", "moves_out"]
