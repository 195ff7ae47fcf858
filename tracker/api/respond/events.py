"""Events: list, record, read, edit, and what becomes of one."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tracker.api.feature import Feature
from tracker.api.given import expected_version
from tracker.api.respond.incidents import IncidentOut, incident_out
from tracker.api.shapes import (
    NO_NUL,
    Answer,
    Asked,
    Day,
    IncidentRef,
    Instant,
    Line,
    Link,
    NamedOut,
    Note,
    Page,
    PersonOut,
    Reason,
    Tag,
    Word,
    Words,
    ask_from,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.models.event import OperationalEvent
from tracker.reading.references import event_by_ref
from tracker.reading.respond.events import (
    EventFilter,
    EventItem,
    event_items,
    event_page,
    list_events,
)
from tracker.usecases.respond.events import (
    EditEvent,
    MoveEvent,
    PromoteEvent,
    RecordEvent,
    edit_event,
    move_event,
    promote_event,
    record_event,
)

api = Feature("events", "Alerts, reports, notices, near misses and other things that happened.")

EventRef = Annotated[str, StringConstraints(pattern=r"^EVT-[1-9][0-9]{0,8}$")]
Label = Annotated[str, StringConstraints(max_length=2_000, pattern=NO_NUL)]
Labels = Annotated[dict[Line, Label], Field(max_length=50)]


class EventPath(Asked):
    ref: EventRef


class EventQuery(Page):
    """Repeat a parameter to allow several values; different parameters narrow together."""

    kind: Words = []
    state: Words = []
    service: Words = []
    team: Words = Field(default=[], description="Teams that own the service.")
    alert_key: Line = ""
    incident: IncidentRef | None = None
    firing: bool = Field(default=False, description="Only what has not ended.")
    text: Line = Field(default="", description="Words of the title.")
    since: Day | None = None
    until: Day | None = None
    sort: Literal["newest", "oldest", "seen"] = "newest"


class EventIn(Asked):
    """Something that happened; changes have an address of their own."""

    title: Line
    kind: Literal[
        "alert",
        "planned_work",
        "provider_notice",
        "customer_report",
        "near_miss",
        "exercise",
        "observation",
    ] = "observation"
    text: Note = ""
    service: Word = ""
    environment: Word = ""
    starts_at: Instant | None = None
    ended_at: Instant | None = None
    url: Link = ""
    labels: Labels = {}


class EventEdit(Asked):
    """New values; a field that is left out or null stays as it is."""

    title: Line | None = None
    text: Note | None = None
    service: Word | None = None
    environment: Word | None = None
    starts_at: Instant | None = None
    ended_at: Instant | None = None
    url: Link | None = None


class EventMove(Asked):
    """A verb; link and unlink name the incident, unlink, mark_noise and reopen say why."""

    verb: Literal["link", "unlink", "mark_noise", "reopen"]
    incident: IncidentRef | None = None
    why: Reason = ""


class PromoteIn(Asked):
    """What the incident needs beyond the event; a near miss takes its three answers."""

    title: Line = ""
    summary: Note = ""
    severity: Word = ""
    impact: Word = ""
    urgency: Word = ""
    severity_reason: Reason = ""
    almost_happened: Note = ""
    what_saved_us: Note = ""
    would_help: Note = ""


class EventRow(Answer):
    """An event as a list shows it."""

    ref: str
    version: int
    kind: str
    state: str
    title: str
    service: NamedOut | None
    service_name: str
    environment: str
    alert_key: str
    starts_at: Instant
    ended_at: Instant | None
    last_seen_at: Instant
    times_seen: int
    flapping: bool


class EventsOut(Answer):
    items: list[EventRow]
    next_cursor: str
    count: int | None


class EventIncidentOut(Answer):
    """An incident that the event belongs to, as far as the asker may read it."""

    ref: str
    title: str
    promoted: bool
    linked_at: Instant


class EventOut(EventRow):
    """An event with what was told about it and what became of it."""

    text: str
    sender_severity: str
    source: str
    group_key: str
    labels: dict[str, str]
    url: str
    procedure_url: str
    first_seen_at: Instant
    reported_by: PersonOut | None
    owner: NamedOut | None
    has_process: bool
    incidents: list[EventIncidentOut]
    possible_moves: list[Tag]


@api.reads("/events", EventsOut)
def list_all(look: Look, query: EventQuery) -> EventsOut:
    """Events of every kind, a page at a time."""
    narrowed = EventFilter(
        kind=tuple(query.kind),
        state=tuple(query.state),
        service=tuple(query.service),
        team=tuple(query.team),
        alert_key=query.alert_key,
        incident=query.incident or "",
        firing=query.firing,
        text=query.text,
        since=query.since,
        until=query.until,
    )
    listed = list_events(
        look,
        narrowed,
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
        count=query.count,
    )
    return EventsOut(
        items=[_row(item) for item in listed.items],
        next_cursor=listed.next_cursor,
        count=listed.count,
    )


@api.creates("/events", EventOut)
def record(work: Work, body: EventIn) -> EventOut:
    """Record an event."""
    return event_out(work, record_event(work, ask_from(RecordEvent, body)))


@api.reads("/events/<ref>", EventOut)
def read(look: Look, path: EventPath) -> EventOut:
    """One event."""
    return event_out(look, event_by_ref(look, path.ref))


@api.changes("/events/<ref>", EventOut)
def edit(work: Work, path: EventPath, body: EventEdit) -> EventOut:
    """Change its texts, service or times."""
    row = event_by_ref(work, path.ref)
    return event_out(work, edit_event(work, row, ask_from(EditEvent, body,
                                                          version=expected_version())))  # fmt: skip


@api.changes("/events/<ref>/moves", EventOut, method="post")
def move(work: Work, path: EventPath, body: EventMove) -> EventOut:
    """Link it to an incident or no longer, set it aside as noise or take it up again."""
    row = event_by_ref(work, path.ref)
    ask = MoveEvent(
        verb=body.verb, incident=body.incident or "", why=body.why, version=expected_version()
    )
    return event_out(work, move_event(work, row, ask))


@api.changes("/events/<ref>/promote", IncidentOut, method="post")
def promote(work: Work, path: EventPath, body: PromoteIn) -> IncidentOut:
    """Make an incident of it, with its time and service; again, it is the same incident."""
    row = event_by_ref(work, path.ref)
    ask = ask_from(PromoteEvent, body, version=expected_version())
    return incident_out(work, promote_event(work, row, ask))


def event_out(look: Look, event: OperationalEvent) -> EventOut:
    """The event as an answer holds it; what the actor may not read is left out."""
    # The version counts the change when it is written, and an answer tells the one that stands.
    look.session.flush()
    page = event_page(look, event)
    known, source = page.known, page.source
    row = _row(event_items(look, [event])[0])
    return EventOut(
        **row.model_dump(),
        text=event.text,
        sender_severity=event.sender_severity,
        source=f"{source.sender}/{source.name}" if source else "",
        group_key=event.group_key,
        labels={name: str(value) for name, value in event.labels.items()},
        url=event.url,
        procedure_url=event.procedure_url,
        first_seen_at=event.first_seen_at,
        reported_by=person_out(page.reporter),
        owner=NamedOut(slug=known.team.slug, name=known.team.name) if known.team else None,
        has_process=known.procedure is not None or bool(event.procedure_url),
        incidents=[
            EventIncidentOut(
                ref=one.ref, title=one.row.title, promoted=one.promoted, linked_at=one.linked_at
            )
            for one in page.incidents
        ],
        possible_moves=[one.verb for one in page.moves],
    )


def _row(item: EventItem) -> EventRow:
    row = item.row
    return EventRow(
        ref=item.ref,
        version=row.version,
        kind=row.kind,
        state=row.state,
        title=row.title,
        service=NamedOut(slug=item.service.slug, name=item.service.name) if item.service else None,
        service_name=row.service_name,
        environment=row.environment,
        alert_key=row.alert_key,
        starts_at=row.starts_at,
        ended_at=row.ended_at,
        last_seen_at=row.last_seen_at,
        times_seen=row.times_seen,
        flapping=row.flapping,
    )
