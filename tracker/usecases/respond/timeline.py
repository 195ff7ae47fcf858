"""The timeline: entries, their history, and what the system writes itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Conflict, Gap, Gaps, NotAllowed, NotFound
from tracker.domain.incident import ENTRY_KINDS, FUTURE_TOLERANCE
from tracker.models.incident import Incident, TimelineEntry, TimelineRevision

WRITTEN_KINDS = tuple(kind for kind in ENTRY_KINDS if kind != "system")


@dataclass(frozen=True, kw_only=True)
class AddEntry:
    """A note; ``at`` may lie in the past (default: now)."""

    text: str
    at: datetime | None = None
    kind: str = "note"
    source_url: str = ""


@dataclass(frozen=True, kw_only=True)
class EditEntry:
    """New values; ``None`` leaves a field as it is."""

    text: str | None = None
    at: datetime | None = None
    kind: str | None = None
    source_url: str | None = None
    version: int | None = None


def add_timeline_entry(work: Work, incident: Incident, ask: AddEntry) -> TimelineEntry:
    """The entry stands at its instant.

    Raises: NotValid. Emits: incident.timeline.
    """
    work.permit("add_timeline_entry")
    gaps = Gaps()
    asks.check_text(gaps, "text", ask.text, limit=asks.NOTE_LIMIT, required=True)
    asks.check_choice(gaps, "kind", ask.kind, WRITTEN_KINDS)
    asks.check_link(gaps, "source_url", ask.source_url)
    _check_at(work, gaps, ask.at)
    gaps.raise_not_valid()
    entry = work.add(
        TimelineEntry(
            incident_id=incident.key,
            at=ask.at or work.now,
            recorded_at=work.now,
            kind=ask.kind,
            author_id=work.actor.person_id,
            text=asks.clean(ask.text),
            source_url=ask.source_url.strip(),
        )
    )
    work.emit("incident.timeline", incident)
    return entry


def edit_timeline_entry(
    work: Work, incident: Incident, entry_id: int, ask: EditEntry
) -> TimelineEntry:
    """The entry has the new values and is marked edited; the old ones are in its history.

    Raises: NotFound, NotAllowed for system entries, NotValid, Conflict.
    Emits: incident.timeline.
    """
    work.permit("edit_timeline_entry")
    entry = _entry(work, incident, entry_id)
    _refuse_system(entry)
    if ask.version is not None and ask.version != entry.version:
        raise Conflict("Somebody edited this entry meanwhile", current=entry.version)
    gaps = Gaps()
    if ask.text is not None:
        asks.check_text(gaps, "text", ask.text, limit=asks.NOTE_LIMIT, required=True)
    if ask.kind is not None:
        asks.check_choice(gaps, "kind", ask.kind, WRITTEN_KINDS)
    if ask.source_url is not None:
        asks.check_link(gaps, "source_url", ask.source_url)
    _check_at(work, gaps, ask.at)
    gaps.raise_not_valid()
    new = (
        entry.text if ask.text is None else asks.clean(ask.text),
        ask.at or entry.at,
        ask.kind or entry.kind,
        entry.source_url if ask.source_url is None else ask.source_url.strip(),
    )
    if new == (entry.text, entry.at, entry.kind, entry.source_url):
        return entry
    _keep_revision(work, entry)
    entry.text, entry.at, entry.kind, entry.source_url = new
    entry.edited_at = work.now
    entry.version += 1
    work.emit("incident.timeline", incident)
    return entry


def retract_timeline_entry(work: Work, incident: Incident, entry_id: int) -> TimelineEntry:
    """The entry is struck out: still readable in the record, no longer part of the story.

    Raises: NotFound, NotAllowed for system entries. Emits: incident.timeline.
    """
    work.permit("retract_timeline_entry")
    entry = _entry(work, incident, entry_id)
    _refuse_system(entry)
    if entry.retracted_at is None:
        entry.retracted_at = work.now
        entry.version += 1
        work.emit("incident.timeline", incident)
    return entry


def add_system_entry(
    work: Work, incident: Incident, text: str, *, at: datetime | None = None
) -> None:
    """What the tracker itself noted: immutable, like every system entry."""
    work.session.add(
        TimelineEntry(
            incident_id=incident.key,
            at=at or work.now,
            recorded_at=work.now,
            kind="system",
            author_id=work.actor.person_id,
            text=text,
        )
    )
    work.emit("incident.timeline", incident)


def _entry(work: Work, incident: Incident, entry_id: int) -> TimelineEntry:
    entry = work.session.get(TimelineEntry, entry_id, with_for_update=True)
    if entry is None or entry.incident_id != incident.key:
        raise NotFound("That timeline entry")
    return entry


def _refuse_system(entry: TimelineEntry) -> None:
    if entry.kind == "system":
        raise NotAllowed(
            "The tracker wrote this entry; it stays as it is",
            hint="Add an entry of your own that says what is different.",
            gaps=[Gap("entry", "System entries cannot be changed")],
        )


def _keep_revision(work: Work, entry: TimelineEntry) -> None:
    work.session.add(
        TimelineRevision(
            entry_id=entry.key,
            version=entry.version,
            at=entry.at,
            text=entry.text,
            replaced_at=work.now,
            replaced_by_id=work.actor.person_id,
        )
    )


def _check_at(work: Work, gaps: Gaps, at: datetime | None) -> None:
    asks.check_instant(gaps, "at", at)
    if not gaps.found and at is not None and at > work.now + FUTURE_TOLERANCE:
        gaps.add(
            "at",
            "That lies in the future; a note tells what was seen already, so give an earlier time",
        )
