"""Messages of Slack that matter to the record: marked for the timeline, taken back, shared."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete
from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, NotAllowed, NotValid
from tracker.domain.lifecycle import LIVING_LESSON_STATES
from tracker.models.incident import Incident, StatusUpdate, TimelineEntry
from tracker.models.journal import Clock
from tracker.models.lesson import Lesson
from tracker.models.slack import SlackPinned
from tracker.reading.references import ref
from tracker.usecases.clocks import set_clock
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry, retract_timeline_entry

# What stands in the timeline until Slack has been asked what the message says.
UNREAD = "A message in Slack, marked for the timeline"
FETCH = "slack message"
LONGEST_SNOOZE_MINUTES = 120


def mark_message(
    work: Work,
    incident: Incident,
    *,
    team_id: str,
    channel_id: str,
    message_ts: str,
    text: str = "",
    permalink: str = "",
) -> TimelineEntry:
    """The message stands in the timeline at the instant it was written, once.

    Without a text the entry says so until the outbox has fetched it, with its files.
    Raises: NotValid for a timestamp that is none.
    Emits: incident.timeline, and once more with the detail ``slack message <entry id>``.
    """
    earlier = _marked(work, team_id, channel_id, message_ts)
    if earlier is not None:
        entry = work.find(TimelineEntry, earlier.entry_id, what="That timeline entry")
        if entry.retracted_at is None:
            return entry
        work.session.delete(earlier)
        work.session.flush()
    entry = add_timeline_entry(
        work,
        incident,
        AddEntry(
            text=asks.clean(text)[: asks.NOTE_LIMIT] or UNREAD,
            at=min(written_at(message_ts), work.now),
            kind="message",
            source_url=permalink,
        ),
    )
    work.add(
        SlackPinned(
            entry_id=entry.key, team_id=team_id, channel_id=channel_id, message_ts=message_ts
        )
    )
    work.emit("incident.timeline", incident, detail=f"{FETCH} {entry.key}")
    return entry


def unmark_message(
    work: Work, incident: Incident, *, team_id: str, channel_id: str, message_ts: str
) -> TimelineEntry | None:
    """The entry that was made from the message is taken back; ``None`` when there is none.

    Emits: incident.timeline.
    """
    earlier = _marked(work, team_id, channel_id, message_ts)
    if earlier is None:
        return None
    entry = retract_timeline_entry(work, incident, earlier.entry_id)
    work.session.delete(earlier)
    return entry


def fill_in_message(
    work: Work, incident: Incident, entry_id: int, text: str, *, permalink: str = ""
) -> TimelineEntry:
    """The entry says what the message says, unless somebody has written there meanwhile.

    Emits: incident.timeline.
    """
    entry = work.find(TimelineEntry, entry_id, what="That timeline entry")
    words = asks.clean(text.replace("\x00", ""))[: asks.NOTE_LIMIT]
    entry.source_url = entry.source_url or permalink
    if entry.text == UNREAD and words:
        entry.text = words
        work.emit("incident.timeline", incident)
    return entry


def share_lesson(work: Work, lesson: Lesson, *, team_id: str, channel_id: str) -> Lesson:
    """The lesson will be posted in the channel, for everybody there to read.

    Raises: NotAllowed for one that is closed to a circle or not published.
    Emits: lesson.shared.
    """
    work.permit("draft_lesson")
    if lesson.circle_id is not None:
        raise NotAllowed(
            f"{ref(lesson)} is closed to a circle; posting it would tell others",
            gaps=[Gap("lesson", "Send its link to the people it is open to")],
        )
    if lesson.state not in LIVING_LESSON_STATES:
        raise NotAllowed(
            f"{ref(lesson)} is not published yet",
            gaps=[Gap("lesson", "Publish it first, then share it")],
        )
    work.emit("lesson.shared", lesson, detail=f"{team_id} {channel_id}")
    return lesson


def snooze_update(work: Work, incident: Incident, *, minutes: int) -> datetime:
    """The reminder of the update that is late comes again after so many minutes.

    Raises: NotValid for more than two hours, NotAllowed when no update is awaited.
    """
    work.permit("post_update")
    if not 1 <= minutes <= LONGEST_SNOOZE_MINUTES:
        raise NotValid(Gap("minutes", f"Between 1 and {LONGEST_SNOOZE_MINUTES} minutes"))
    newest = work.session.exec(
        select(StatusUpdate)
        .where(StatusUpdate.incident_id == incident.key)
        .order_by(col(StatusUpdate.id).desc())
        .limit(1)
    ).first()
    if newest is None or incident.next_update_at is None:
        raise NotAllowed(
            "No update is awaited now", gaps=[Gap("minutes", "There is nothing to remind of")]
        )
    mark = f"update {newest.key}"
    due_at = datetime.fromtimestamp(work.now.timestamp() + minutes * 60, tz=UTC)
    # A clock that has fired tells nobody twice; a new one in its place does.
    work.session.execute(
        delete(Clock).where(
            col(Clock.kind) == "update_late",
            col(Clock.record_kind) == "incident",
            col(Clock.record_id) == incident.key,
            col(Clock.mark) == mark,
        )
    )
    work.session.flush()
    set_clock(work, "update_late", incident, due_at=due_at, mark=mark)
    return due_at


def written_at(message_ts: str) -> datetime:
    """When Slack says the message was written. Raises: NotValid."""
    try:
        return datetime.fromtimestamp(float(message_ts), tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NotValid(Gap("message", "Slack did not say which message is meant")) from error


def marked_entry(
    work: Work, *, team_id: str, channel_id: str, message_ts: str
) -> TimelineEntry | None:
    """The entry that was made from the message, or ``None``."""
    row = _marked(work, team_id, channel_id, message_ts)
    return None if row is None else work.session.get(TimelineEntry, row.entry_id)


def _marked(work: Work, team_id: str, channel_id: str, message_ts: str) -> SlackPinned | None:
    return work.session.exec(
        select(SlackPinned).where(
            SlackPinned.team_id == team_id,
            SlackPinned.channel_id == channel_id,
            SlackPinned.message_ts == message_ts,
        )
    ).first()
