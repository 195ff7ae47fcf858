"""The conversation of an incident's channel, taken into the record with everybody's knowledge."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tracker.models.table import Row, instant, json_column, long_text, reference, short


class Transcript(Row, table=True):
    """That somebody asked for the conversation, and what became of it. One for an incident."""

    __tablename__ = "transcript"
    __table_args__ = (sa.UniqueConstraint("incident_id"),)
    incident_id: int = reference("incident.id", nullable=False, index=False, cascade=True)
    asked_by_id: int | None = reference("person.id", index=False)
    asked_at: datetime = instant()
    # The channel was told at this instant; the time to object begins with it.
    shown_at: datetime | None = instant(nullable=True)
    # Not before this instant. Empty until the channel was told.
    take_at: datetime | None = instant(nullable=True)
    taken_at: datetime | None = instant(nullable=True)
    # Ids of people whose own messages are left out, as keys.
    left_out: dict[str, Any] = json_column()


class TranscriptMessage(Row, table=True):
    """One message of the conversation, in the words of its author."""

    __tablename__ = "transcript_message"
    __table_args__ = (
        sa.UniqueConstraint("transcript_id", "message_ts"),
        sa.Index("ix_transcript_message_place", "transcript_id", "thread_ts", "message_ts"),
    )
    transcript_id: int = reference("transcript.id", nullable=False, index=False, cascade=True)
    # Slack's name of the message, and of the message whose thread it belongs to: itself, when it
    # began one or stands alone.
    message_ts: str = short(30)
    thread_ts: str = short(30)
    at: datetime = instant()
    author_id: int | None = reference("person.id")
    author_name: str = short()
    # So that somebody who comes to the tracker later can still take their own messages out.
    slack_user_id: str = short(30)
    text: str = long_text()
    # Names of files that came with it, under "names". The files themselves are not taken.
    files: dict[str, Any] = json_column()
