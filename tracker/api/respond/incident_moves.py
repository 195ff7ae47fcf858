"""What moves an incident on: its life cycle, its severity, merging, and who may read it."""

from typing import Literal

from tracker.api.given import expected_version
from tracker.api.moves import MovesOut, moves_out
from tracker.api.respond.incidents import IncidentOut, IncidentPath, api, incident_out
from tracker.api.shapes import (
    Answer,
    Asked,
    Emails,
    IncidentRef,
    Instant,
    PersonOut,
    Reason,
    Visibility,
    Word,
    Words,
    ask_from,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.reading.links import people_by_id
from tracker.reading.references import incident_by_ref
from tracker.reading.respond.incidents import incident_page, severity_history
from tracker.usecases.respond.incidents import (
    MoveIncident,
    merge_incident,
    move_incident,
    set_visibility,
)
from tracker.usecases.respond.severities import AssessSeverity, assess_severity


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


__all__ = ["api"]
