"""Lessons: what others can use."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from tracker.models.table import Record, instant, long_text, reference, short


class Lesson(Record, table=True):
    __tablename__ = "lesson"
    title: str = short()
    situation: str = long_text()
    insight: str = long_text()
    recommendation: str = long_text()
    state: str = short(20, default="draft", index=True)
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
