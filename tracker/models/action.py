"""Actions: follow-up work decided after an incident."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from tracker.models.table import (
    Record,
    hidden_index,
    instant,
    long_text,
    reference,
    short,
    sort_index,
)


class Action(Record, table=True):
    __tablename__ = "action"
    __table_args__ = (
        sa.Index("ix_action_state_due_on", "state", "due_on"),
        sort_index("action", "created_at"),
        sort_index("action", "updated_at"),
        sort_index("action", "priority"),
        hidden_index("action"),
    )
    title: str = short()
    detail: str = long_text()
    state: str = short(20, default="proposed")
    kind: str = short(20)
    strength: str = short(20)
    priority: str = short(20, default="P2")
    owner_id: int | None = reference("person.id")
    team_id: int | None = reference("team.id")
    review_id: int | None = reference("review.id")
    incident_id: int | None = reference("incident.id")
    accept_by: date | None = Field(default=None, nullable=True)
    due_on: date | None = Field(default=None, nullable=True)
    expected_effect: str = long_text()
    where_to_look: str = long_text()
    check_on: date | None = Field(default=None, nullable=True, index=True)
    external_url: str = short(2_000)
    evidence: str = long_text()
    result: str = long_text()
    risk_until: date | None = Field(default=None, nullable=True)
    approver_id: int | None = reference("person.id", index=False)
    done_at: datetime | None = instant(nullable=True)
    verified_at: datetime | None = instant(nullable=True)
    recurred_at: datetime | None = instant(nullable=True)
