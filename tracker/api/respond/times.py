"""The nine times of an incident: read, stated, corrected, and what was said before."""

from collections.abc import Mapping
from typing import Literal

from tracker.api.feature import Feature
from tracker.api.given import expected_version
from tracker.api.shapes import (
    Answer,
    Asked,
    IncidentRef,
    Instant,
    PersonOut,
    Reason,
    ask_from,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.domain.errors import NotFound
from tracker.models.catalogue import Person
from tracker.models.incident import IncidentTime
from tracker.reading.links import people_by_id
from tracker.reading.references import incident_by_ref
from tracker.reading.respond.incidents import time_history
from tracker.usecases.respond.times import TimeAsk, current_times, record_time

api = Feature("times", "The nine times of an incident, each with its source.")

TimeName = Literal[
    "impact_started",
    "detected",
    "declared",
    "engaged",
    "diagnosed",
    "mitigated",
    "impact_ended",
    "resolved",
    "closed",
]


class TimesPath(Asked):
    ref: IncidentRef


class TimePath(Asked):
    ref: IncidentRef
    name: TimeName


class TimeIn(Asked):
    """An instant with its source, or the reason why it is unknown."""

    at: Instant | None = None
    source: Literal["alert", "staff", "customer", "vendor", "record", "import", "estimate"] = (
        "staff"
    )
    unknown_because: Reason = ""


class TimeOut(Answer):
    """What is said about one time."""

    name: str
    at: Instant | None
    source: str
    unknown_because: str
    recorded_at: Instant
    recorded_by: PersonOut | None


class TimesOut(Answer):
    """What is said now, and everything that was ever said about each time, newest first."""

    items: list[TimeOut]
    history: dict[str, list[TimeOut]]


@api.reads("/incidents/<ref>/times", TimesOut)
def read(look: Look, path: TimesPath) -> TimesOut:
    """The times of an incident with their history."""
    incident = incident_by_ref(look, path.ref)
    history = time_history(look, incident)
    everything = [row for rows in history.values() for row in rows]
    people = people_by_id(look, [row.recorded_by_id for row in everything])
    return TimesOut(
        items=[time_out(row, people) for row in everything if row.current],
        history={
            name: [time_out(row, people) for row in rows] for name, rows in history.items() if rows
        },
    )


@api.reads("/incidents/<ref>/times/<name>", TimeOut)
def read_one(look: Look, path: TimePath) -> TimeOut:
    """What is said now about one time."""
    rows = current_times(look, incident_by_ref(look, path.ref).key)
    row = rows.get(path.name)
    if row is None:
        raise NotFound("A statement about that time")
    return time_out(row, people_by_id(look, [row.recorded_by_id]))


@api.changes("/incidents/<ref>/times/<name>", TimeOut, method="put")
def put(work: Work, path: TimePath, body: TimeIn) -> TimeOut:
    """State or correct one time; what was said before is kept."""
    incident = incident_by_ref(work, path.ref)
    work.expect(incident, expected_version())
    row = record_time(work, incident, path.name, ask_from(TimeAsk, body))
    return time_out(row, people_by_id(work, [row.recorded_by_id]))


def time_out(row: IncidentTime, people: Mapping[int, Person]) -> TimeOut:
    """A statement about a time."""
    return TimeOut(
        name=row.name,
        at=row.at,
        source=row.source,
        unknown_because=row.unknown_because,
        recorded_at=row.recorded_at,
        recorded_by=person_out(people.get(row.recorded_by_id or 0)),
    )
