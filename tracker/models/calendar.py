"""The calendar: what is planned and may matter to operations."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from tracker.models.table import Record, hidden_index, instant, long_text, reference, short


class CalendarEntry(Record, table=True):
    """Planned work, a freeze, a business event, a game day. ``ends_at`` is the first instant
    after it.
    """

    __tablename__ = "calendar_entry"
    __table_args__ = (
        sa.Index("ix_calendar_entry_starts_at_ends_at", "starts_at", "ends_at"),
        hidden_index("calendar_entry"),
    )
    kind: str = short(20, default="maintenance")
    title: str = short()
    text: str = long_text()
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    owner_id: int | None = reference("person.id")
    team_id: int | None = reference("team.id")
    # The UID of the calendar it came from, else one of ours.
    uid: str = short(300, unique=True)
    cancelled_at: datetime | None = instant(nullable=True)
    managed_by: str = short(300)


class CalendarService(SQLModel, table=True):
    __tablename__ = "calendar_service"
    entry_id: int = Field(foreign_key="calendar_entry.id", primary_key=True, ondelete="CASCADE")
    service_id: int = Field(
        foreign_key="service.id", primary_key=True, ondelete="CASCADE", index=True
    )
