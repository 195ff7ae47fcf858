"""What happened and what is still to be done about it: moves, audit, outbox, clocks, notices."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from tracker.models.table import Row, instant, json_column, long_text, reference, short


class StateMove(Row, table=True):
    """A change of state: who, from, to, why, when. Written only by Work.move."""

    __tablename__ = "state_move"
    __table_args__ = (sa.Index("ix_state_move_record", "record_kind", "record_id"),)
    record_kind: str = short(20)
    record_id: int = Field(nullable=False)
    verb: str = short(30)
    from_state: str = short(20)
    to_state: str = short(20)
    why: str = long_text()
    at: datetime = instant()
    actor_id: int | None = reference("person.id", index=False)
    actor_name: str = short()


class AuditEntry(Row, table=True):
    """One verb, with the fields it changed. Append-only, each entry sealed over the one before."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("ix_audit_entry_record", "record_kind", "record_id"),)
    at: datetime = instant(index=True)
    actor_id: int | None = reference("person.id", index=False)
    actor_name: str = short()
    verb: str = short(60)
    record_kind: str = short(30)
    record_id: int = Field(default=0, nullable=False)
    change: dict[str, Any] = json_column()
    seal: str = short(64)


class OutboxEvent(Row, table=True):
    __tablename__ = "outbox_event"
    # A watching page asks for the newest event of its incident every few seconds.
    __table_args__ = (sa.Index("ix_outbox_event_incident_id_id", "incident_id", "id"),)
    name: str = short(60)
    record_kind: str = short(20)
    record_id: int = Field(nullable=False)
    incident_id: int = Field(default=0, nullable=False)
    detail: str = short()
    at: datetime = instant()


class Delivery(Row, table=True):
    """One event for one subscriber: pending, done or parked."""

    __tablename__ = "delivery"
    __table_args__ = (
        sa.UniqueConstraint("event_id", "subscriber"),
        # Part of the outbox that is still to be done: small, however long the history.
        sa.Index(
            "ix_delivery_pending",
            "run_at",
            "id",
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        ),
        sa.Index("ix_delivery_status", "status"),
    )
    event_id: int = reference("outbox_event.id", nullable=False, index=False, cascade=True)
    subscriber: str = short(60)
    status: str = short(10, default="pending")
    # Deliveries with the same lane (an incident) go out in their order.
    lane: int = Field(default=0, nullable=False)
    tries: int = Field(default=0, nullable=False)
    run_at: datetime = instant()
    locked_until: datetime | None = instant(nullable=True)
    last_error: str = long_text()
    done_at: datetime | None = instant(nullable=True)


class Clock(Row, table=True):
    """Something due at an instant, for one record, once. It survives a restart."""

    __tablename__ = "clock"
    __table_args__ = (
        sa.UniqueConstraint("kind", "record_kind", "record_id", "mark"),
        sa.Index(
            "ix_clock_waiting",
            "due_at",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        ),
    )
    kind: str = short(40)
    record_kind: str = short(20)
    record_id: int = Field(default=0, nullable=False)
    # Tells apart several clocks of one kind on one record: "T-2", or the update it waits for.
    mark: str = short(60)
    due_at: datetime = instant()
    done_at: datetime | None = instant(nullable=True)
    outcome: str = short()


class Notice(Row, table=True):
    """Something the tracker tells one person, shown on their home page."""

    __tablename__ = "notice"
    __table_args__ = (sa.UniqueConstraint("person_id", "once"),)
    person_id: int = reference("person.id", nullable=False, cascade=True)
    kind: str = short(40)
    record_kind: str = short(20)
    record_id: int = Field(nullable=False)
    text: str = short(500)
    # The same notice is told once: clock or delivery that made it.
    once: str = short(100)
    at: datetime = instant()
    read_at: datetime | None = instant(nullable=True)


class IdempotencyKey(Row, table=True):
    """The answer to a creating request, kept for a day so that a retry gets the same one."""

    __tablename__ = "idempotency_key"
    __table_args__ = (sa.UniqueConstraint("owner", "key_text"),)
    owner: str = short(80)
    key_text: str = short()
    fingerprint: str = short(64)
    status: int = Field(nullable=False)
    body: dict[str, Any] = json_column()
    at: datetime = instant(index=True)


class Heartbeat(Row, table=True):
    """When a worker was last heard of, and what it has done."""

    __tablename__ = "heartbeat"
    worker: str = short(80, unique=True)
    at: datetime = instant()
    delivered: int = Field(default=0, nullable=False)
    indexed_until: int = Field(default=0, nullable=False)
