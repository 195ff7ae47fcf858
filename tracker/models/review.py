"""Reviews: answers with their history, factors, published versions; templates and policies."""

from datetime import date, datetime
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


class PolicyVersion(Row, table=True):
    """A policy as it was loaded. The newest is in force for what begins now."""

    __tablename__ = "policy_version"
    version: int = Field(nullable=False, unique=True)
    digest: str = short(64)
    content: dict[str, Any] = json_column()
    loaded_at: datetime = instant()
    managed_by: str = short(300)


class ReviewTemplate(Row, table=True):
    """A version of a template. Running reviews keep theirs."""

    __tablename__ = "review_template"
    __table_args__ = (sa.UniqueConstraint("template_key", "version"),)
    template_key: str = short(60)
    version: int = Field(nullable=False)
    digest: str = short(64)
    content: dict[str, Any] = json_column()
    loaded_at: datetime = instant()
    managed_by: str = short(300)


class FactorTerm(Row, table=True):
    """A term of the taxonomy of contributing factors."""

    __tablename__ = "factor_term"
    term: str = short(60, unique=True)
    group_key: str = short(60)
    group_name: str = short()
    name: str = short()
    meaning: str = long_text()
    examples: list[str] = Field(default_factory=list, sa_type=sa.JSON, nullable=False)
    position: int = Field(default=0, nullable=False)
    managed_by: str = short(300)


class Review(Record, table=True):
    __tablename__ = "review"
    __table_args__ = (
        sa.Index("ix_review_state_due_on", "state", "due_on"),
        sort_index("review", "created_at"),
        sort_index("review", "updated_at"),
        sort_index("review", "title"),
        hidden_index("review"),
    )
    title: str = short()
    state: str = short(20, default="draft")
    template_key: str = short(60)
    template_version: int = Field(default=1, nullable=False)
    policy_version: int = Field(default=1, nullable=False)
    owner_id: int | None = reference("person.id")
    facilitator_id: int | None = reference("person.id")
    due_on: date | None = Field(default=None, nullable=True)
    published_at: datetime | None = instant(nullable=True, index=True)
    # The number of the newest published version; 0 while there is none.
    published_version: int = Field(default=0, nullable=False)
    waived_until: date | None = Field(default=None, nullable=True)
    approver_id: int | None = reference("person.id", index=False)
    # The ticked signals of learning potential, and the depth somebody chose because of them.
    signals: list[str] = Field(default_factory=list, sa_type=sa.JSON, nullable=False)
    depth: str = short(20)
    # Actions wait until then, so that the analysis can settle.
    soak_until: date | None = Field(default=None, nullable=True)
    soak_skipped_because: str = short(2_000)
    # When the draft was first shown to the people of the meeting.
    shared_at: datetime | None = instant(nullable=True)

    def is_resting_on(self, day: date) -> bool:
        """True while the analysis rests before decisions, and nobody skipped that."""
        return (
            self.soak_until is not None and day < self.soak_until and not self.soak_skipped_because
        )

    @property
    def due_or_never(self) -> date:
        """The due day as lists sort by it: last of all when there is none."""
        return self.due_on or date.max


class ReviewIncident(SQLModel, table=True):
    __tablename__ = "review_incident"
    review_id: int = Field(foreign_key="review.id", primary_key=True, ondelete="CASCADE")
    incident_id: int = Field(foreign_key="incident.id", primary_key=True, index=True)


class ReviewAnswer(Row, table=True):
    __tablename__ = "review_answer"
    __table_args__ = (sa.UniqueConstraint("review_id", "question"),)
    review_id: int = reference("review.id", nullable=False, index=False, cascade=True)
    question: str = short(60)
    text: str = long_text()
    choice: str = short(60)
    because: str = long_text()
    version: int = Field(default=1, nullable=False)
    updated_at: datetime = instant()
    updated_by_id: int | None = reference("person.id", index=False)


class AnswerRevision(Row, table=True):
    """Every version of an answer that was ever saved, the current one too."""

    __tablename__ = "answer_revision"
    __table_args__ = (sa.UniqueConstraint("answer_id", "version"),)
    answer_id: int = reference("review_answer.id", nullable=False, index=False, cascade=True)
    version: int = Field(nullable=False)
    text: str = long_text()
    choice: str = short(60)
    because: str = long_text()
    at: datetime = instant()
    by_id: int | None = reference("person.id", index=False)
    # What the author had typed, kept when the saved text is a merge of two people's work.
    typed: str = long_text()
    merged: bool = Field(default=False, nullable=False)


class ReviewFactor(Row, table=True):
    __tablename__ = "review_factor"
    review_id: int = reference("review.id", nullable=False, cascade=True)
    term: str = short(60, index=True)
    role: str = short(20, default="condition")
    note: str = long_text()
    made_sense: str = long_text()
    evidence: str = long_text()
    position: int = Field(default=0, nullable=False)


class ReviewVersion(Row, table=True):
    """A published version, frozen: what readers see."""

    __tablename__ = "review_version"
    __table_args__ = (sa.UniqueConstraint("review_id", "number"),)
    review_id: int = reference("review.id", nullable=False, index=False, cascade=True)
    number: int = Field(nullable=False)
    published_at: datetime = instant()
    published_by_id: int | None = reference("person.id", index=False)
    why: str = long_text()
    content: dict[str, Any] = json_column()


class ImportedSource(Row, table=True):
    """Where an imported record came from, with its original text and licence, kept whole."""

    __tablename__ = "imported_source"
    __table_args__ = (sa.UniqueConstraint("collection", "source_id"),)
    incident_id: int = reference("incident.id", nullable=False, cascade=True)
    collection: str = short(60)
    source_id: str = short()
    url: str = short(2_000)
    licence: str = short()
    attribution: str = short(2_000)
    original_markdown: str = long_text()
    digest: str = short(64)
    imported_at: datetime = instant()
