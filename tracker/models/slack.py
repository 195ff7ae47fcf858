"""What the tracker knows about Slack: workspaces, people, channels, messages, repeats, files."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from tracker.models.table import Row, instant, json_column, long_text, reference, short


class SlackInstallation(Row, table=True):
    """A workspace that the app was installed in by OAuth. Its token is kept encrypted."""

    __tablename__ = "slack_installation"
    team_id: str = short(30, unique=True)
    team_name: str = short()
    bot_token_encrypted: str = long_text()
    bot_user_id: str = short(30)
    scopes: str = long_text()
    installed_at: datetime = instant()


class SlackUser(Row, table=True):
    """Which person somebody in Slack is."""

    __tablename__ = "slack_user"
    __table_args__ = (sa.UniqueConstraint("team_id", "slack_user_id"),)
    team_id: str = short(30)
    slack_user_id: str = short(30)
    person_id: int = reference("person.id", nullable=False, cascade=True)
    # The conversation between the person and the app, once it was opened.
    dm_channel_id: str = short(30)
    # Reminders come by direct message until the person says otherwise; the digest only on request.
    wants_reminders: bool = Field(default=True, nullable=False)
    wants_digest: bool = Field(default=False, nullable=False)


class SlackChannel(Row, table=True):
    """The channel of an incident, and what stands in it."""

    __tablename__ = "slack_channel"
    __table_args__ = (sa.UniqueConstraint("incident_id"),)
    incident_id: int = reference("incident.id", nullable=False, index=False, cascade=True)
    team_id: str = short(30)
    # Empty while the channel has not been made yet.
    channel_id: str = short(30, index=True)
    name: str = short(80)
    is_private: bool = Field(default=False, nullable=False)
    card_ts: str = short(30)
    topic_text: str = short(250)
    # People invited by us, so that nobody is invited again who chose to leave.
    invited: dict[str, Any] = json_column()
    # What was recorded until this instant stands in the channel; later things are told next.
    told_until: datetime | None = instant(nullable=True)
    archived_at: datetime | None = instant(nullable=True)
    # Why Slack refused, for the people who can change it. Empty when all is well.
    trouble: str = long_text()


class SlackMessage(Row, table=True):
    """Something that was put into Slack - a message, a bookmark - and where it is."""

    __tablename__ = "slack_message"
    __table_args__ = (
        sa.Index("ix_slack_message_record", "record_kind", "record_id", "kind"),
        sa.Index("ix_slack_message_channel_id_ts", "channel_id", "ts"),
    )
    # What it says or is, in words of ours. A delivery may be made again; this is posted once.
    once: str = short(150, unique=True)
    kind: str = short(30)
    team_id: str = short(30)
    channel_id: str = short(30)
    ts: str = short(30)
    record_kind: str = short(20)
    record_id: int = Field(default=0, nullable=False)
    # Of what it shows, so that it is written again only when that changed.
    digest: str = short(64)
    at: datetime = instant()


class SlackReceived(Row, table=True):
    """Something Slack sent that was done already; written together with its effect."""

    __tablename__ = "slack_received"
    key_text: str = short(200, unique=True)
    at: datetime = instant(index=True)
    # What was answered, so that a repeat gets the same words.
    answer: dict[str, Any] = json_column()


class SlackPinned(Row, table=True):
    """The message that a timeline entry was made from, by a reaction or a shortcut."""

    __tablename__ = "slack_pinned"
    __table_args__ = (sa.UniqueConstraint("channel_id", "message_ts"),)
    entry_id: int = reference("timeline_entry.id", nullable=False, cascade=True)
    team_id: str = short(30)
    channel_id: str = short(30)
    message_ts: str = short(30)


class SlackFile(Row, table=True):
    """A picture or file of such a message: the thing itself, because links into Slack die."""

    __tablename__ = "slack_file"
    __table_args__ = (sa.UniqueConstraint("entry_id", "slack_file_id"),)
    entry_id: int = reference("timeline_entry.id", nullable=False, index=False, cascade=True)
    slack_file_id: str = short(30)
    name: str = short()
    mime: str = short(100)
    content: bytes = Field(sa_type=sa.LargeBinary, nullable=False)
    kept_at: datetime = instant()
