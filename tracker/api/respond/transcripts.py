"""The conversation of an incident's channel: asked for, taken, left out, read."""

from typing import Literal

from tracker.api.feature import Feature
from tracker.api.shapes import (
    Answer,
    Asked,
    Cursor,
    Done,
    IncidentRef,
    Instant,
    Limit,
    PersonOut,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.models.incident import Incident
from tracker.models.transcript import TranscriptMessage
from tracker.reading.references import incident_by_ref
from tracker.reading.respond.transcripts import transcript_of, transcript_part, transcript_state
from tracker.usecases.respond.transcripts import (
    ask_transcript,
    leave_transcript,
    take_transcript,
    withdraw_transcript,
)

api = Feature("transcript", "What was said in an incident's channel, kept with people's knowledge.")


class TranscriptPath(Asked):
    ref: IncidentRef


class TranscriptQuery(Asked):
    limit: Limit = 50
    cursor: Cursor = ""


class MessageOut(Answer):
    """A message; ``thread`` is the id in Slack of the message that its thread began with."""

    id: int
    at: Instant
    author: str
    text: str
    files: list[str]
    message: str
    thread: str


class TranscriptOut(Answer):
    """How far it is. ``standing``: empty, asked, shown (the channel was told) or taken."""

    standing: Literal["", "asked", "shown", "taken"]
    not_now: str
    asked_by: PersonOut | None
    asked_at: Instant | None
    take_at: Instant | None
    taken_at: Instant | None
    messages: int
    left_out_own: bool


class MessagesOut(Answer):
    items: list[MessageOut]
    next_cursor: str


@api.reads("/incidents/<ref>/transcript", TranscriptOut)
def read(look: Look, path: TranscriptPath) -> TranscriptOut:
    """How far the taking of the conversation is."""
    return _standing(look, incident_by_ref(look, path.ref))


@api.reads("/incidents/<ref>/transcript/messages", MessagesOut)
def messages(look: Look, path: TranscriptPath, query: TranscriptQuery) -> MessagesOut:
    """What was said, each thread behind its beginning; nothing until it was taken."""
    row = transcript_of(look, incident_by_ref(look, path.ref))
    if row is None:
        return MessagesOut(items=[], next_cursor="")
    part = transcript_part(look, row, cursor=query.cursor, limit=query.limit)
    return MessagesOut(items=[_message(one) for one in part.messages], next_cursor=part.next_cursor)


@api.changes("/incidents/<ref>/transcript/ask", TranscriptOut, method="post", guarded=False)
def ask(work: Work, path: TranscriptPath) -> TranscriptOut:
    """Ask the channel, once the incident is resolved; asked again, nothing more happens."""
    incident = incident_by_ref(work, path.ref)
    ask_transcript(work, incident)
    return _standing(work, incident)


@api.changes("/incidents/<ref>/transcript/take", TranscriptOut, method="post", guarded=False)
def take(work: Work, path: TranscriptPath) -> TranscriptOut:
    """Have it taken without waiting; for the commander."""
    incident = incident_by_ref(work, path.ref)
    take_transcript(work, incident)
    return _standing(work, incident)


@api.changes("/incidents/<ref>/transcript/leave", TranscriptOut, method="post", guarded=False)
def leave(work: Work, path: TranscriptPath) -> TranscriptOut:
    """Leave the messages out that the person of this token wrote, before or afterwards."""
    incident = incident_by_ref(work, path.ref)
    leave_transcript(work, incident)
    return _standing(work, incident)


@api.changes("/incidents/<ref>/transcript", Done, method="delete", guarded=False)
def withdraw(work: Work, path: TranscriptPath) -> Done:
    """Keep nothing of it; for whoever asked, the commander and admins."""
    withdraw_transcript(work, incident_by_ref(work, path.ref))
    return Done()


def _standing(look: Look, incident: Incident) -> TranscriptOut:
    state = transcript_state(look, incident)
    return TranscriptOut(
        standing=state.standing,
        not_now=state.not_now,
        asked_by=person_out(state.asked_by),
        asked_at=state.asked_at,
        take_at=state.take_at,
        taken_at=state.taken_at,
        messages=state.messages,
        left_out_own=state.left_out_own,
    )


def _message(row: TranscriptMessage) -> MessageOut:
    return MessageOut(
        id=row.key,
        at=row.at,
        author=row.author_name,
        text=row.text,
        files=[str(one) for one in row.files.get("names", ())],
        message=row.message_ts,
        thread=row.thread_ts,
    )
