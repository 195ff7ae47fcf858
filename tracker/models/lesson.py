"""Lessons: what others can use."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from tracker.models.table import (
    Record,
    hidden_index,
    instant,
    long_text,
    reference,
    short,
    sort_index,
)


class Lesson(Record, table=True):
    __tablename__ = "lesson"
    __table_args__ = (
        # The circle stands in it so that counts by tag need not open every lesson.
        sa.Index("ix_lesson_state_circle_id", "state", "circle_id"),
        sa.Index(
            "ix_lesson_others_exposed",
            "created_at",
            sqlite_where=sa.text("others_exposed IS 1"),
            postgresql_where=sa.text("others_exposed IS TRUE"),
        ),
        sort_index("lesson", "created_at"),
        sort_index("lesson", "updated_at"),
        sort_index("lesson", "title"),
        hidden_index("lesson"),
    )
    title: str = short()
    situation: str = long_text()
    insight: str = long_text()
    recommendation: str = long_text()
    state: str = short(20, default="draft")
    owner_id: int | None = reference("person.id")
    team_id: int | None = reference("team.id")
    # The review that found it; it releases the lesson when it is published.
    review_id: int | None = reference("review.id")
    review_by: date | None = Field(default=None, nullable=True, index=True)
    others_exposed: bool = Field(default=False, nullable=False)
    superseded_by_id: int | None = reference("lesson.id")
    published_at: datetime | None = instant(nullable=True, index=True)


class LessonTag(SQLModel, table=True):
    __tablename__ = "lesson_tag"
    lesson_id: int = Field(foreign_key="lesson.id", primary_key=True, ondelete="CASCADE")
    tag: str = Field(primary_key=True, max_length=50, index=True)


class LessonAppliesTo(SQLModel, table=True):
    """Where the lesson applies: a technology, library@version, pattern or kind of service."""

    __tablename__ = "lesson_applies_to"
    lesson_id: int = Field(foreign_key="lesson.id", primary_key=True, ondelete="CASCADE")
    kind: str = Field(primary_key=True, max_length=20)
    value: str = Field(primary_key=True, max_length=100, index=True)


class LessonIncident(SQLModel, table=True):
    """An incident that the lesson was learned from, or that met it again."""

    __tablename__ = "lesson_incident"
    lesson_id: int = Field(foreign_key="lesson.id", primary_key=True, ondelete="CASCADE")
    incident_id: int = Field(foreign_key="incident.id", primary_key=True, index=True)
