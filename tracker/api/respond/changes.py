"""Changes from CI and other programs, and which of them people link to incidents."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tracker.api.feature import Feature
from tracker.api.given import expected_version
from tracker.api.shapes import (
    NO_NUL,
    Answer,
    Asked,
    Day,
    Done,
    IncidentRef,
    Instant,
    Line,
    Link,
    NamedOut,
    Note,
    Page,
    PersonOut,
    Reason,
    Word,
    Words,
    ask_from,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.domain.asks import MANY_LIMIT
from tracker.domain.event import Change
from tracker.domain.measures import Share
from tracker.reading.catalogue import service_by_slug
from tracker.reading.references import incident_by_ref, ref
from tracker.reading.respond.change_figures import change_figures
from tracker.reading.respond.changes import (
    ChangeFilter,
    ChangeItem,
    LinkedChange,
    Suggestion,
    change_by_ref,
    change_facts,
    incident_changes,
    list_changes,
)
from tracker.usecases.respond.changes import (
    FinishChange,
    LinkChange,
    finish_change,
    forget_change_link,
    link_change,
    record_change,
)

api = Feature("changes", "Deployments, settings, flags, releases and rollbacks.")

ChangeRef = Annotated[str, StringConstraints(pattern=r"^EVT-[1-9][0-9]{0,8}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,60}$")]
Kind = Literal["deploy", "config", "flag", "rollback", "release"]
Status = Literal["started", "succeeded", "failed", "cancelled"]
Ending = Literal["succeeded", "failed", "cancelled"]
Role = Literal["triggered_by", "remediated_by"]
LabelValue = Annotated[str, StringConstraints(max_length=2_000, pattern=NO_NUL)]


class ChangePath(Asked):
    change: ChangeRef


class ChangesPath(Asked):
    ref: IncidentRef


class LinkPath(Asked):
    ref: IncidentRef
    change: ChangeRef
    link_role: Role


class ServicePath(Asked):
    slug: Slug


class ChangeQuery(Page):
    service: Words = []
    environment: Words = []
    kind: list[Kind] = []
    status: list[Status] = []
    since: Day | None = None
    until: Day | None = None


class ChangeIn(Asked):
    """A change. Told again with the same ``key``, it is the same change with what is new."""

    key: Line = Field(default="", description="Your own name of it: a run, a deployment id.")
    kind: Kind = "deploy"
    title: Line = ""
    text: Note = ""
    service: Line = Field(default="", description="A slug or a name; an unknown one is kept.")
    environment: Word = "production"
    revision: Line = ""
    status: Status = "succeeded"
    started_at: Instant | None = None
    finished_at: Instant | None = None
    url: Link = ""
    by: Line = Field(default="", description="The tool or pipeline; never used in a figure.")
    labels: Annotated[dict[Line, LabelValue], Field(max_length=MANY_LIMIT)] = {}
    rolls_back: Line = Field(default="", description="Key or revision of what it takes back.")


class FinishIn(Asked):
    """How it ended; now, when no time is given."""

    status: Ending = "succeeded"
    finished_at: Instant | None = None


class LinkIn(Asked):
    """What you say. ``confirmed`` false: you looked, and it was not so."""

    confirmed: bool = True
    note: Reason = ""


class ChangeRow(Answer):
    """A change as a list shows it."""

    ref: str
    version: int
    key: str
    kind: str
    title: str
    status: str
    service: NamedOut | None
    service_name: str
    environment: str
    revision: str
    by: str
    started_at: Instant
    finished_at: Instant | None
    url: str


class LinkedIncidentOut(Answer):
    """An incident that somebody looked at the change for."""

    ref: str
    title: str
    role: str
    confirmed: bool


class ChangeRecordOut(ChangeRow):
    text: str
    labels: dict[str, str]
    rolled_back_by: str | None
    rolls_back: list[str]
    incidents: list[LinkedIncidentOut]
    freezes: list[str] = Field(description="The freezes of the calendar it was begun in.")


class ChangesOut(Answer):
    items: list[ChangeRow]
    next_cursor: str
    count: int | None


class LinkedOut(Answer):
    """A change and what a person said about it."""

    change: ChangeRow
    role: str
    confirmed: bool
    note: str
    at: Instant
    by: PersonOut | None


class SuggestionOut(Answer):
    """A change nobody has looked at. ``distance``: 0 is the service itself, 1 what it needs."""

    change: ChangeRow
    weight: float
    minutes_before: float
    distance: int


class IncidentChangesOut(Answer):
    """What people said, what was changed before the impact, and what while it went on."""

    impact_at: Instant
    impact_from: str
    end_at: Instant
    window_hours: float
    linked: list[LinkedOut]
    dismissed: list[LinkedOut]
    before: list[SuggestionOut]
    after: list[SuggestionOut]


class ShareOut(Answer):
    """``part`` of ``whole``. ``value`` is null under five cases; 95 % interval low to high."""

    part: int
    whole: int
    value: float | None
    low: float
    high: float


class FiguresOut(Answer):
    """Made only of links that people confirmed; staging and tests are left out."""

    since: Instant
    change_fail_share: ShareOut
    rollback_share: ShareOut
    recovery_seconds: float | None
    recovery_count: int
    recovery_unknown: int


@api.reads("/changes", ChangesOut)
def list_all(look: Look, query: ChangeQuery) -> ChangesOut:
    """Changes, newest first, a page at a time."""
    narrowed = ChangeFilter(
        service=tuple(query.service),
        environment=tuple(query.environment),
        kind=tuple(query.kind),
        status=tuple(query.status),
        since=query.since,
        until=query.until,
    )
    listed = list_changes(look, narrowed, cursor=query.cursor, limit=query.limit, count=query.count)
    return ChangesOut(
        items=[_row(item) for item in listed.items],
        next_cursor=listed.next_cursor,
        count=listed.count,
    )


@api.creates("/changes", ChangeRecordOut)
def record(work: Work, body: ChangeIn) -> ChangeRecordOut:
    """Record a change, or tell what became of one that was recorded with the same key."""
    sent = body.model_dump(exclude_unset=True, exclude={"key"})
    row = record_change(work, Change(instance_key=body.key, **sent))
    work.session.flush()
    return _change(work, ref(row))


@api.reads("/changes/<change>", ChangeRecordOut)
def read(look: Look, path: ChangePath) -> ChangeRecordOut:
    """One change, with the incidents people linked it to."""
    return _change(look, path.change)


@api.changes("/changes/<change>/finish", ChangeRecordOut, method="post")
def finish(work: Work, path: ChangePath, body: FinishIn) -> ChangeRecordOut:
    """Say how a change ended."""
    row = change_by_ref(work, path.change)
    finish_change(work, row, ask_from(FinishChange, body, version=expected_version()))
    work.session.flush()
    return _change(work, path.change)


@api.reads("/incidents/<ref>/changes", IncidentChangesOut)
def of_incident(look: Look, path: ChangesPath) -> IncidentChangesOut:
    """The changes around an incident: linked by people, dismissed, and suggested in order."""
    found = incident_changes(look, incident_by_ref(look, path.ref))
    return IncidentChangesOut(
        impact_at=found.impact_at,
        impact_from=found.impact_from,
        end_at=found.end_at,
        window_hours=found.window / timedelta(hours=1),
        linked=[_linked(one) for one in found.linked],
        dismissed=[_linked(one) for one in found.dismissed],
        before=[_suggestion(one) for one in found.before],
        after=[_suggestion(one) for one in found.after],
    )


@api.changes(
    "/incidents/<ref>/changes/<change>/<link_role>", LinkedOut, method="put", guarded=False
)
def link(work: Work, path: LinkPath, body: LinkIn) -> LinkedOut:
    """Say that a change triggered the incident or helped to end it, or that it did not."""
    incident = incident_by_ref(work, path.ref)
    row = change_by_ref(work, path.change)
    link_change(work, incident, row, ask_from(LinkChange, body, role=path.link_role))
    work.session.flush()
    found = incident_changes(work, incident)
    return next(
        _linked(one)
        for one in (*found.linked, *found.dismissed)
        if one.item.row.key == row.key and one.role == path.link_role
    )


@api.changes("/incidents/<ref>/changes/<change>/<link_role>", Done, method="delete", guarded=False)
def unlink(work: Work, path: LinkPath) -> Done:
    """Take back what was said; the change may be suggested again."""
    incident = incident_by_ref(work, path.ref)
    forget_change_link(work, incident, change_by_ref(work, path.change), path.link_role)
    return Done()


@api.reads("/services/<slug>/figures", FiguresOut)
def figures(look: Look, path: ServicePath) -> FiguresOut:
    """What the changes of a service cost in the last 90 days."""
    found = change_figures(look, service_by_slug(look, path.slug))
    value = found.recovery.value
    return FiguresOut(
        since=found.since,
        change_fail_share=_share(found.failed),
        rollback_share=_share(found.rolled_back),
        recovery_seconds=None if value is None else value.total_seconds(),
        recovery_count=found.recovery.count,
        recovery_unknown=found.recovery.missing,
    )


def _change(look: Look, reference: str) -> ChangeRecordOut:
    facts = change_facts(look, change_by_ref(look, reference))
    row = facts.item.row
    return ChangeRecordOut(
        **_row(facts.item).model_dump(),
        text=row.text,
        labels={str(name): str(value) for name, value in row.labels.items()},
        rolled_back_by=ref(facts.rolled_back_by) if facts.rolled_back_by else None,
        rolls_back=[ref(one) for one in facts.rolls_back],
        incidents=[
            LinkedIncidentOut(
                ref=one.ref, title=one.row.title, role=one.role, confirmed=one.confirmed
            )
            for one in facts.incidents
        ],
        freezes=[ref(one) for one in facts.freezes],
    )


def _row(item: ChangeItem) -> ChangeRow:
    row, detail = item.row, item.detail
    known = item.service
    return ChangeRow(
        ref=item.ref,
        version=row.version,
        key=row.instance_key,
        kind=detail.change_kind,
        title=row.title,
        status=detail.status,
        service=NamedOut(slug=known.slug, name=known.name) if known else None,
        service_name=item.service_name,
        environment=row.environment,
        revision=detail.revision,
        by=detail.made_by,
        started_at=row.starts_at,
        finished_at=row.ended_at,
        url=row.url,
    )


def _linked(one: LinkedChange) -> LinkedOut:
    return LinkedOut(
        change=_row(one.item),
        role=one.role,
        confirmed=one.confirmed,
        note=one.note,
        at=one.at,
        by=person_out(one.by),
    )


def _suggestion(one: Suggestion) -> SuggestionOut:
    return SuggestionOut(
        change=_row(one.item),
        weight=one.weight,
        minutes_before=one.before / timedelta(minutes=1),
        distance=one.distance,
    )


def _share(one: Share) -> ShareOut:
    return ShareOut(part=one.part, whole=one.whole, value=one.value, low=one.low, high=one.high)
