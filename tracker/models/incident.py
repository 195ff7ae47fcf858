"""Incidents and near misses, and everything that happens during one."""

from datetime import datetime

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


class Incident(Record, table=True):
    __tablename__ = "incident"
    __table_args__ = (
        sa.Index("ix_incident_state_declared_at", "state", "declared_at"),
        sa.Index("ix_incident_severity_declared_at", "severity", "declared_at"),
        sort_index("incident", "severity"),
        sort_index("incident", "title"),
        sort_index("incident", "updated_at"),
        hidden_index("incident"),
    )
    title: str = short()
    summary: str = long_text()
    impact_text: str = long_text()
    kind: str = short(20, default="incident")
    state: str = short(20, default="declared")
    severity: str = short(20)
    impact: str = short(20)
    urgency: str = short(20)
    # The list is sorted by this instant. It is the incident's current ``declared`` time, kept on
    # the row because an index over the history of times could not serve a list of 100,000.
    declared_at: datetime = instant(index=True)
    declared_by_id: int | None = reference("person.id")
    recorded_afterwards: bool = Field(default=False, nullable=False)
    merged_into_id: int | None = reference("incident.id")
    next_update_at: datetime | None = instant(nullable=True, index=True)
    policy_version: int = Field(default=1, nullable=False)
    # The three answers of a near miss.
    almost_happened: str = long_text()
    what_saved_us: str = long_text()
    would_help: str = long_text()


class IncidentService(SQLModel, table=True):
    __tablename__ = "incident_service"
    incident_id: int = Field(foreign_key="incident.id", primary_key=True, ondelete="CASCADE")
    service_id: int = Field(foreign_key="service.id", primary_key=True, index=True)


class IncidentTeam(SQLModel, table=True):
    __tablename__ = "incident_team"
    incident_id: int = Field(foreign_key="incident.id", primary_key=True, ondelete="CASCADE")
    team_id: int = Field(foreign_key="team.id", primary_key=True, index=True)


class IncidentTag(SQLModel, table=True):
    __tablename__ = "incident_tag"
    incident_id: int = Field(foreign_key="incident.id", primary_key=True, ondelete="CASCADE")
    tag: str = Field(primary_key=True, max_length=50, index=True)


class IncidentTime(Row, table=True):
    """One statement about one of the nine times. The newest with that name stands."""

    __tablename__ = "incident_time"
    __table_args__ = (sa.Index("ix_incident_time_incident_id_name", "incident_id", "name"),)
    incident_id: int = reference("incident.id", nullable=False, index=False, cascade=True)
    name: str = short(20)
    at: datetime | None = instant(nullable=True)
    source: str = short(20)
    unknown_because: str = short(2_000)
    current: bool = Field(default=True, nullable=False)
    recorded_at: datetime = instant()
    recorded_by_id: int | None = reference("person.id", index=False)


class SeverityAssessment(Row, table=True):
    __tablename__ = "severity_assessment"
    incident_id: int = reference("incident.id", nullable=False, cascade=True)
    severity: str = short(20)
    impact: str = short(20)
    urgency: str = short(20)
    overridden: bool = Field(default=False, nullable=False)
    why: str = short(2_000)
    at: datetime = instant()
    by_id: int | None = reference("person.id", index=False)


class TimelineEntry(Row, table=True):
    __tablename__ = "timeline_entry"
    __table_args__ = (sa.Index("ix_timeline_entry_incident_id_at", "incident_id", "at", "id"),)
    incident_id: int = reference("incident.id", nullable=False, index=False, cascade=True)
    at: datetime = instant()
    recorded_at: datetime = instant()
    kind: str = short(20, default="note")
    author_id: int | None = reference("person.id", index=False)
    text: str = long_text()
    source_url: str = short(2_000)
    version: int = Field(default=1, nullable=False)
    edited_at: datetime | None = instant(nullable=True)
    retracted_at: datetime | None = instant(nullable=True)
    # The time as the source wrote it, for imported entries whose time could not be read.
    at_text: str = short()


class TimelineRevision(Row, table=True):
    """What an entry said before it was edited."""

    __tablename__ = "timeline_revision"
    entry_id: int = reference("timeline_entry.id", nullable=False, cascade=True)
    version: int = Field(nullable=False)
    at: datetime = instant()
    text: str = long_text()
    replaced_at: datetime = instant()
    replaced_by_id: int | None = reference("person.id", index=False)


class RoleAssignment(Row, table=True):
    __tablename__ = "role_assignment"
    incident_id: int = reference("incident.id", nullable=False, cascade=True)
    role: str = short(60)
    person_id: int = reference("person.id", nullable=False)
    from_at: datetime = instant()
    until_at: datetime | None = instant(nullable=True)


class Task(Row, table=True):
    """Work during the incident, without a deadline policy."""

    __tablename__ = "task"
    incident_id: int = reference("incident.id", nullable=False, cascade=True)
    title: str = short()
    owner_id: int | None = reference("person.id")
    created_at: datetime = instant()
    done_at: datetime | None = instant(nullable=True)


class StatusUpdate(Row, table=True):
    __tablename__ = "status_update"
    incident_id: int = reference("incident.id", nullable=False, cascade=True)
    at: datetime = instant()
    author_id: int | None = reference("person.id", index=False)
    text: str = long_text()
    audience: str = short(20, default="internal")
    next_update_at: datetime | None = instant(nullable=True)
