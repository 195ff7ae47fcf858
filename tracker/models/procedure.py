"""Procedures (runbooks and playbooks), their versions, and how they were run."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from tracker.models.table import (
    Record,
    Row,
    hidden_index,
    instant,
    long_text,
    reference,
    short,
    sort_index,
)


class Procedure(Record, table=True):
    __tablename__ = "procedure"
    __table_args__ = (
        sort_index("procedure", "title"),
        sort_index("procedure", "updated_at"),
        hidden_index("procedure"),
    )
    slug: str = short(60, unique=True)
    title: str = short()
    kind: str = short(20, default="runbook")  # runbook | playbook
    state: str = short(20, default="draft", index=True)
    # Markdown. Each item of an ordered or task list is a step.
    text: str = long_text()
    text_version: int = Field(default=1, nullable=False)
    owner_id: int | None = reference("person.id")
    team_id: int | None = reference("team.id")
    escalation: str = long_text()
    review_every_days: int = Field(default=180, nullable=False)
    # The day on which its owner is asked whether it still holds; none while nobody relies on it.
    review_on: date | None = Field(default=None, nullable=True, index=True)
    validated_by_id: int | None = reference("person.id", index=False)
    validated_at: datetime | None = instant(nullable=True)
    validated_version: int = Field(default=0, nullable=False)
    managed_by: str = short(300)


class ProcedureVersion(Row, table=True):
    """What a procedure said, each time it was saved."""

    __tablename__ = "procedure_version"
    __table_args__ = (sa.UniqueConstraint("procedure_id", "number"),)
    procedure_id: int = reference("procedure.id", nullable=False, index=False, cascade=True)
    number: int = Field(nullable=False)
    title: str = short()
    text: str = long_text()
    why: str = short(2_000)
    at: datetime = instant()
    by_id: int | None = reference("person.id", index=False)


class ProcedureService(SQLModel, table=True):
    __tablename__ = "procedure_service"
    procedure_id: int = Field(foreign_key="procedure.id", primary_key=True, ondelete="CASCADE")
    service_id: int = Field(
        foreign_key="service.id", primary_key=True, ondelete="CASCADE", index=True
    )


class ProcedureRun(Row, table=True):
    """A procedure run during an incident, in the version it had then."""

    __tablename__ = "procedure_run"
    incident_id: int = reference("incident.id", nullable=False, cascade=True)
    procedure_id: int = reference("procedure.id", nullable=False)
    text_version: int = Field(nullable=False)
    started_at: datetime = instant()
    started_by_id: int | None = reference("person.id", index=False)
    finished_at: datetime | None = instant(nullable=True)
    # What came of it: helped | did_not_help | stopped; empty while it runs.
    outcome: str = short(20)


class ProcedureStep(Row, table=True):
    """What was said about one step of a run: the newest statement of a step stands."""

    __tablename__ = "procedure_step"
    run_id: int = reference("procedure_run.id", nullable=False, cascade=True)
    number: int = Field(nullable=False)
    mark: str = short(20)  # done | skipped | wrong | open
    note: str = short(2_000)
    at: datetime = instant()
    by_id: int | None = reference("person.id", index=False)
    # The timeline entry that tells of it; steps ticked one after the other share one.
    entry_id: int | None = reference("timeline_entry.id", index=False)


class ProcedureFault(Row, table=True):
    """A step that was wrong when somebody needed it, for the owner to mend."""

    __tablename__ = "procedure_fault"
    procedure_id: int = reference("procedure.id", nullable=False, cascade=True)
    run_id: int | None = reference("procedure_run.id", index=False)
    text_version: int = Field(nullable=False)
    number: int = Field(nullable=False)
    note: str = long_text()
    at: datetime = instant()
    by_id: int | None = reference("person.id", index=False)
    mended_at: datetime | None = instant(nullable=True)
    mended_by_id: int | None = reference("person.id", index=False)
    # The version of the text in which it is right; 0 while it is not.
    mended_version: int = Field(default=0, nullable=False)
