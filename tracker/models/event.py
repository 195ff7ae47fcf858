"""Operational events: alerts, changes, notices; who sends them, and what is known about alerts."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from tracker.models.table import (
    Record,
    Row,
    hidden_index,
    instant,
    json_column,
    long_text,
    reference,
    short,
    sort_index,
)


class AlertSource(Row, table=True):
    """A sender that may tell us something, with its secrets: the current and the one before."""

    __tablename__ = "alert_source"
    __table_args__ = (sa.UniqueConstraint("sender", "name"),)
    sender: str = short(40)
    name: str = short(60)
    # What it brings as bearer or ?key=. Only hashes are kept.
    key_hash: str = short(64, index=True)
    key_hash_before: str = short(64)
    # What the sender signs with. We compute with it, so it is kept encrypted.
    signing_secret_encrypted: str = long_text()
    signing_secret_before_encrypted: str = long_text()
    before_until: datetime | None = instant(nullable=True)
    # JMESPath expressions by field, for senders of plain JSON.
    mapping: dict[str, Any] = json_column()
    raw_days: int = Field(default=7, nullable=False)
    active: bool = Field(default=True, nullable=False)
    created_at: datetime = instant()
    last_received_at: datetime | None = instant(nullable=True)
    # Why its newest message was refused, in words, and when; empty after a good one.
    last_trouble: str = short(500)
    last_trouble_at: datetime | None = instant(nullable=True)


class IntakePayload(Row, table=True):
    """A message as it came. Its body goes after the source's days; that it came stays known."""

    __tablename__ = "intake_payload"
    __table_args__ = (sa.UniqueConstraint("source_id", "delivery_id"),)
    source_id: int = reference("alert_source.id", nullable=False, index=False, cascade=True)
    delivery_id: str = short(120)
    at: datetime = instant(index=True)
    headers: dict[str, Any] = json_column()
    body: str = long_text()
    # What was answered, so that the same message gets the same answer.
    answer: dict[str, Any] = json_column()


class OperationalEvent(Record, table=True):
    """Something operational that happened."""

    __tablename__ = "event"
    __table_args__ = (
        # Two messages about one instance are one event, whoever commits first.
        sa.Index(
            "uq_event_source_id_instance_key",
            "source_id",
            "instance_key",
            unique=True,
            sqlite_where=sa.text("instance_key <> ''"),
            postgresql_where=sa.text("instance_key <> ''"),
        ),
        sa.Index("ix_event_kind_starts_at", "kind", "starts_at"),
        sa.Index("ix_event_state_starts_at", "state", "starts_at"),
        sa.Index("ix_event_service_id_starts_at", "service_id", "starts_at"),
        sa.Index("ix_event_alert_key_starts_at", "alert_key", "starts_at"),
        sa.Index("ix_event_series_key_starts_at", "series_key", "starts_at"),
        sort_index("event", "starts_at"),
        sort_index("event", "last_seen_at"),
        hidden_index("event"),
    )
    kind: str = short(20, default="observation")
    title: str = short()
    text: str = long_text()
    state: str = short(20, default="open")
    service_id: int | None = reference("service.id", index=False)
    # The service as the sender calls it, kept when we know none of that name.
    service_name: str = short()
    environment: str = short(60)
    source_id: int | None = reference("alert_source.id")
    instance_key: str = short(200)
    alert_key: str = short(200)
    group_key: str = short(200)
    # Digest of the alert's key and labels: the same alert each time it fires, whatever its
    # instance. What flaps is seen by it.
    series_key: str = short(64)
    sender_severity: str = short(60)
    starts_at: datetime = instant()
    # None while it goes on; for what has no duration it is the start.
    ended_at: datetime | None = instant(nullable=True)
    first_seen_at: datetime = instant()
    last_seen_at: datetime = instant()
    times_seen: int = Field(default=1, nullable=False)
    # The starts of this instance within the last hour, as ISO texts: to see it flap.
    recent_starts: list[str] = Field(default_factory=list, sa_type=sa.JSON, nullable=False)
    flapping: bool = Field(default=False, nullable=False)
    labels: dict[str, Any] = json_column()
    url: str = short(2_000)
    procedure_url: str = short(2_000)
    reported_by_id: int | None = reference("person.id", index=False)


class EventIncident(SQLModel, table=True):
    """An incident that the event belongs to. ``promoted``: the incident was made of it."""

    __tablename__ = "event_incident"
    event_id: int = Field(foreign_key="event.id", primary_key=True, ondelete="CASCADE")
    incident_id: int = Field(
        foreign_key="incident.id", primary_key=True, ondelete="CASCADE", index=True
    )
    promoted: bool = Field(default=False, nullable=False)
    linked_at: datetime = instant()
    # None: the tracker linked it, because the service matched.
    linked_by_id: int | None = reference("person.id", index=False)


class ChangeDetail(SQLModel, table=True):
    """What only changes have."""

    __tablename__ = "change_detail"
    event_id: int = Field(foreign_key="event.id", primary_key=True, ondelete="CASCADE")
    change_kind: str = short(20, default="deploy")
    status: str = short(20, default="succeeded", index=True)
    revision: str = short(200, index=True)
    # What the tool says made it: a pipeline, a bot. Never used in a figure.
    made_by: str = short(200)
    rolled_back_by_id: int | None = reference("event.id")


class ChangeLink(Row, table=True):
    """What a person says about a change and an incident: it triggered it, or helped to end it."""

    __tablename__ = "change_link"
    __table_args__ = (sa.UniqueConstraint("incident_id", "event_id", "role"),)
    incident_id: int = reference("incident.id", nullable=False, index=False, cascade=True)
    event_id: int = reference("event.id", nullable=False, cascade=True)
    role: str = short(20)  # triggered_by | remediated_by
    # False: a person looked and said no; it is not suggested again.
    confirmed: bool = Field(default=True, nullable=False)
    note: str = short(2_000)
    at: datetime = instant()
    by_id: int | None = reference("person.id", index=False)


class AlertKey(Row, table=True):
    """What we know about an alert: whose it is, and what to do when it fires."""

    __tablename__ = "alert_key"
    alert_key: str = short(200, unique=True)
    about: str = long_text()
    service_id: int | None = reference("service.id")
    owner_team_id: int | None = reference("team.id")
    procedure_id: int | None = reference("procedure.id")
    severity: str = short(20)
    managed_by: str = short(300)


class AlertRule(Row, table=True):
    """When an alert declares an incident by itself."""

    __tablename__ = "alert_rule"
    slug: str = short(60, unique=True)
    # A key, or a pattern with *; empty matches every alert.
    key_pattern: str = short(200)
    labels: dict[str, Any] = json_column()
    severity: str = short(20)
    minutes_firing: int = Field(default=0, nullable=False)
    # Alerts with the same values of these labels share one incident.
    group_by: list[str] = Field(default_factory=list, sa_type=sa.JSON, nullable=False)
    title: str = short()
    active: bool = Field(default=True, nullable=False)
    managed_by: str = short(300)


class AutoDeclared(Row, table=True):
    """Which incident a rule declared for a group. One at a time while it is open."""

    __tablename__ = "auto_declared"
    __table_args__ = (sa.UniqueConstraint("rule_slug", "group_text"),)
    rule_slug: str = short(60)
    group_text: str = short(500)
    incident_id: int = reference("incident.id", nullable=False, cascade=True)
    at: datetime = instant()
