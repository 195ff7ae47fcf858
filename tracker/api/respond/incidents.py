"""Incidents and near misses: list, declare, read, edit, and everything that moves one."""

from typing import Literal

from pydantic import Field

from tracker.api.feature import Feature
from tracker.api.given import expected_version
from tracker.api.respond.times import TimeIn, TimeOut, time_out
from tracker.api.shapes import (
    Answer,
    Asked,
    Day,
    Emails,
    IncidentRef,
    Instant,
    Line,
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
from tracker.db.work import Look, Work
from tracker.domain.incident import TIMES
from tracker.models.incident import Incident
from tracker.reading.references import incident_by_ref, ref
from tracker.reading.respond.incidents import (
    IncidentFilter,
    IncidentItem,
    RoleHolder,
    incident_page,
    list_incidents,
)
from tracker.usecases.respond.declaring import (
    DeclareIncident,
    ReportNearMiss,
    declare_incident,
    report_near_miss,
)
from tracker.usecases.respond.incidents import (
    EditIncident,
    edit_incident,
)
from tracker.usecases.respond.times import TimeAsk

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


def incident_out(look: Look, incident: Incident) -> IncidentOut:
    """The incident as an answer holds it; what the actor may not read is left out."""
    # The version counts the change when it is written, and an answer tells the one that stands.
    look.session.flush()
    page = incident_page(look, incident)
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
        merged_into=page.merged_into or None,
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


__all__ = ["IncidentPath", "api", "incident_out"]
