"""The conversation of an incident's channel: how far its taking is, and what was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, tuple_
from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.errors import Gap, NotValid
from tracker.domain.lifecycle import OPEN_INCIDENT_STATES
from tracker.models.catalogue import Person
from tracker.models.incident import Incident
from tracker.models.transcript import Transcript, TranscriptMessage
from tracker.reading.respond.incidents import role_holders
from tracker.reading.slack import slack_channel

MESSAGES_PER_PAGE = 200
COMMANDER = "commander"
ASKED, SHOWN, TAKEN = "asked", "shown", "taken"


@dataclass(frozen=True, kw_only=True)
class TranscriptState:
    """How far it is: ``standing`` is empty, asked, shown (the channel knows) or taken."""

    standing: str = ""
    asked_by: Person | None = None
    asked_at: datetime | None = None
    take_at: datetime | None = None
    taken_at: datetime | None = None
    messages: int = 0
    people: int = 0
    # Why it cannot be asked for now; empty when it can, or was.
    not_now: str = ""
    left_out_own: bool = False
    may_take: bool = False
    may_withdraw: bool = False


@dataclass(frozen=True)
class TranscriptPart:
    """Messages in their order, each thread behind the message it began with."""

    messages: list[TranscriptMessage] = field(default_factory=list)
    next_cursor: str = ""


def transcript_of(look: Look, incident: Incident) -> Transcript | None:
    """The row, once somebody asked."""
    return look.session.exec(
        select(Transcript).where(Transcript.incident_id == incident.key)
    ).first()


def transcript_state(look: Look, incident: Incident) -> TranscriptState:
    """How far the taking is, and what the actor may do about it."""
    row = transcript_of(look, incident)
    if row is None:
        return TranscriptState(not_now=why_not_now(look, incident))
    messages, people = look.session.execute(
        select(func.count(), func.count(func.distinct(TranscriptMessage.author_name))).where(
            TranscriptMessage.transcript_id == row.key
        )
    ).one()
    taken, shown = row.taken_at is not None, row.shown_at is not None
    own = look.actor.person_id
    commands = is_commander(look, incident)
    return TranscriptState(
        standing=TAKEN if taken else SHOWN if shown else ASKED,
        asked_by=look.session.get(Person, row.asked_by_id) if row.asked_by_id else None,
        asked_at=row.asked_at,
        take_at=row.take_at,
        taken_at=row.taken_at,
        messages=messages if taken else 0,
        people=people if taken else 0,
        left_out_own=str(own) in row.left_out,
        may_take=not taken and commands and look.actor.may("take_transcript"),
        may_withdraw=may_withdraw(look, incident, row),
    )


def transcript_part(
    look: Look, row: Transcript, *, cursor: str = "", limit: int = MESSAGES_PER_PAGE
) -> TranscriptPart:
    """Up to ``limit`` messages after the cursor. Raises: NotValid for a cursor that is not ours.

    While it is being taken there is nothing to read: a half of it could mislead.
    """
    if row.taken_at is None:
        return TranscriptPart()
    thread, message = col(TranscriptMessage.thread_ts), col(TranscriptMessage.message_ts)
    query = select(TranscriptMessage).where(TranscriptMessage.transcript_id == row.key)
    if cursor:
        after = cursor.split("-")
        if len(after) != 2 or not all(one.replace(".", "").isdigit() for one in after):
            raise NotValid(Gap("cursor", "Take it from the answer before"))
        query = query.where(tuple_(thread, message) > tuple_(*after))
    rows = list(look.session.exec(query.order_by(thread, message).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    following = f"{rows[-1].thread_ts}-{rows[-1].message_ts}" if more else ""
    return TranscriptPart(rows, following)


def transcript_texts(look: Look, incident_ids: Sequence[int], *, characters: int) -> dict[int, str]:
    """What was said, by incident, for the library: its beginning, up to so many characters."""
    if not incident_ids:
        return {}
    query = (
        select(Transcript.incident_id, TranscriptMessage.text)
        .join(Transcript, col(Transcript.id) == col(TranscriptMessage.transcript_id))
        .where(col(Transcript.incident_id).in_(incident_ids), col(Transcript.taken_at).is_not(None))
        .order_by(col(TranscriptMessage.thread_ts), col(TranscriptMessage.message_ts))
    )
    found: dict[int, list[str]] = {}
    for incident_id, text in look.session.exec(query):
        found.setdefault(incident_id, []).append(text)
    return {key: "\n\n".join(texts)[:characters] for key, texts in found.items()}


def why_not_now(look: Look, incident: Incident) -> str:
    """Why the conversation cannot be asked for now, in a sentence; empty when it can."""
    if incident.state in OPEN_INCIDENT_STATES:
        return "The incident goes on; ask when it is resolved"
    channel = slack_channel(look, incident.key)
    if channel is None or not channel.channel_id:
        return "The incident has no channel in Slack"
    if channel.archived_at is not None:
        return (
            "Its channel is archived, so nobody there could be told or object. "
            "Reopen the incident first, then ask before it is closed again"
        )
    return ""


def is_commander(look: Look, incident: Incident) -> bool:
    """True when the actor has the role of commander in this incident."""
    own = look.actor.person_id
    return own is not None and any(
        one.role == COMMANDER and one.person.key == own for one in role_holders(look, incident)
    )


def may_withdraw(look: Look, incident: Incident, row: Transcript) -> bool:
    """Whoever asked, the commander and admins may let it be, also afterwards."""
    if not look.actor.may("withdraw_transcript"):
        return False
    own = look.actor.person_id
    asked = own is not None and own == row.asked_by_id
    return asked or look.actor.role == "admin" or is_commander(look, incident)
