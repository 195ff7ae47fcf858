"""The timeline of an incident: read, add, edit, take back, and what an entry said before."""

from collections.abc import Mapping
from typing import Literal

from tracker.api.feature import Feature
from tracker.api.given import expected_version
from tracker.api.shapes import (
    Answer,
    Asked,
    Cursor,
    IncidentRef,
    Instant,
    Limit,
    Link,
    Note,
    PersonOut,
    RowId,
    ask_from,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.domain.errors import Conflict
from tracker.models.catalogue import Person
from tracker.models.incident import TimelineEntry
from tracker.reading.links import people_by_id
from tracker.reading.references import incident_by_ref
from tracker.reading.respond.timeline import entry_by_id, entry_revisions, timeline_page
from tracker.usecases.respond.timeline import (
    AddEntry,
    EditEntry,
    add_timeline_entry,
    edit_timeline_entry,
    retract_timeline_entry,
)

api = Feature("timeline", "What happened when, in the order of the events themselves.")

WrittenKind = Literal["note", "decision", "observation", "hypothesis", "message", "change"]


class TimelinePath(Asked):
    ref: IncidentRef


class EntryPath(Asked):
    ref: IncidentRef
    entry: RowId


class TimelineQuery(Asked):
    limit: Limit = 50
    cursor: Cursor = ""


class EntryIn(Asked):
    """A note; ``at`` may lie in the past and is now when it is left out."""

    text: Note
    at: Instant | None = None
    kind: WrittenKind = "note"
    source_url: Link = ""


class EntryEdit(Asked):
    """New values; a field that is left out or null stays as it is."""

    text: Note | None = None
    at: Instant | None = None
    kind: WrittenKind | None = None
    source_url: Link | None = None


class EntryOut(Answer):
    id: int
    version: int
    at: Instant
    at_text: str
    recorded_at: Instant
    kind: str
    text: str
    source_url: str
    author: PersonOut | None
    edited_at: Instant | None
    retracted_at: Instant | None


class EntriesOut(Answer):
    items: list[EntryOut]
    next_cursor: str


class EntryBefore(Answer):
    """What an entry said in an earlier version."""

    version: int
    at: Instant
    text: str
    replaced_at: Instant
    replaced_by: PersonOut | None


class EntryHistoryOut(Answer):
    items: list[EntryBefore]


@api.reads("/incidents/<ref>/timeline", EntriesOut)
def list_all(look: Look, path: TimelinePath, query: TimelineQuery) -> EntriesOut:
    """The entries in the order of what happened, a page at a time."""
    incident = incident_by_ref(look, path.ref)
    listed = timeline_page(look, incident, cursor=query.cursor, limit=query.limit)
    people = people_by_id(look, [row.author_id for row in listed.items])
    return EntriesOut(
        items=[entry_out(row, people) for row in listed.items], next_cursor=listed.next_cursor
    )


@api.creates("/incidents/<ref>/timeline", EntryOut)
def add(work: Work, path: TimelinePath, body: EntryIn) -> EntryOut:
    """Add an entry, also for something that happened earlier."""
    incident = incident_by_ref(work, path.ref)
    row = add_timeline_entry(work, incident, ask_from(AddEntry, body))
    return entry_out(row, people_by_id(work, [row.author_id]))


@api.reads("/incidents/<ref>/timeline/<int:entry>", EntryOut)
def read(look: Look, path: EntryPath) -> EntryOut:
    """One entry."""
    row = entry_by_id(look, incident_by_ref(look, path.ref), path.entry)
    return entry_out(row, people_by_id(look, [row.author_id]))


@api.changes("/incidents/<ref>/timeline/<int:entry>", EntryOut)
def edit(work: Work, path: EntryPath, body: EntryEdit) -> EntryOut:
    """Edit an entry; what it said before is kept. The tracker's own entries stay as they are."""
    incident = incident_by_ref(work, path.ref)
    ask = ask_from(EditEntry, body, version=expected_version())
    row = edit_timeline_entry(work, incident, path.entry, ask)
    return entry_out(row, people_by_id(work, [row.author_id]))


@api.changes("/incidents/<ref>/timeline/<int:entry>", EntryOut, method="delete")
def retract(work: Work, path: EntryPath) -> EntryOut:
    """Take an entry back: still readable in the record, no longer part of the story."""
    incident = incident_by_ref(work, path.ref)
    expected, entry = expected_version(), entry_by_id(work, incident, path.entry)
    if expected is not None and entry.version != expected:
        raise Conflict("Somebody changed this entry meanwhile", current=entry.version)
    row = retract_timeline_entry(work, incident, path.entry)
    return entry_out(row, people_by_id(work, [row.author_id]))


@api.reads("/incidents/<ref>/timeline/<int:entry>/history", EntryHistoryOut)
def history(look: Look, path: EntryPath) -> EntryHistoryOut:
    """What an entry said before each edit, oldest first."""
    entry = entry_by_id(look, incident_by_ref(look, path.ref), path.entry)
    rows = entry_revisions(look, entry)
    people = people_by_id(look, [row.replaced_by_id for row in rows])
    return EntryHistoryOut(
        items=[
            EntryBefore(
                version=row.version,
                at=row.at,
                text=row.text,
                replaced_at=row.replaced_at,
                replaced_by=person_out(people.get(row.replaced_by_id or 0)),
            )
            for row in rows
        ]
    )


def entry_out(row: TimelineEntry, people: Mapping[int, Person]) -> EntryOut:
    """An entry as an answer holds it."""
    return EntryOut(
        id=row.key,
        version=row.version,
        at=row.at,
        at_text=row.at_text,
        recorded_at=row.recorded_at,
        kind=row.kind,
        text=row.text,
        source_url=row.source_url,
        author=person_out(people.get(row.author_id or 0)),
        edited_at=row.edited_at,
        retracted_at=row.retracted_at,
    )
