"""Teams, services, people, circles, and how people sign in."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from tracker.models.table import Row, instant, long_text, reference, short


class Team(Row, table=True):
    __tablename__ = "team"
    slug: str = short(60, unique=True)
    name: str = short()
    contact: str = short()
    channel: str = short()
    about: str = long_text()
    # The file of the applied configuration it comes from; empty: it is edited in the pages.
    managed_by: str = short(300)


class Person(Row, table=True):
    __tablename__ = "person"
    email: str = short(unique=True)
    name: str = short()
    role: str = short(20, default="responder")
    active: bool = Field(default=True, nullable=False)
    time_zone: str = short(60, default="UTC")
    # Empty: in Slack where they have it, else by mail. Or: mail | none.
    reminders_by: str = short(10)
    password_hash: str = short()
    # A change of this number ends every session of the person.
    session_epoch: int = Field(default=0, nullable=False)
    created_at: datetime = instant()


class TeamMember(SQLModel, table=True):
    __tablename__ = "team_member"
    team_id: int = Field(foreign_key="team.id", primary_key=True, ondelete="CASCADE")
    person_id: int = Field(
        foreign_key="person.id", primary_key=True, ondelete="CASCADE", index=True
    )


class Service(Row, table=True):
    __tablename__ = "service"
    slug: str = short(60, unique=True)
    name: str = short()
    about: str = long_text()
    owner_team_id: int | None = reference("team.id")
    tier: int = Field(default=3, nullable=False)
    kind: str = short(20, default="self")  # self | managed | vendor
    # How to reach those who run it: a hotline, a support plan, a contract number.
    escalation: str = long_text()
    # Where the vendor or the service tells about its state.
    status_url: str = short(2_000)
    managed_by: str = short(300)


class ServiceTag(SQLModel, table=True):
    __tablename__ = "service_tag"
    service_id: int = Field(foreign_key="service.id", primary_key=True, ondelete="CASCADE")
    tag: str = Field(primary_key=True, max_length=50)


class ServiceDependency(SQLModel, table=True):
    __tablename__ = "service_dependency"
    service_id: int = Field(foreign_key="service.id", primary_key=True, ondelete="CASCADE")
    depends_on_id: int = Field(
        foreign_key="service.id", primary_key=True, ondelete="CASCADE", index=True
    )


class Circle(Row, table=True):
    """The closed group that may read a team or private record."""

    __tablename__ = "circle"
    visibility: str = short(20)  # team | private
    created_at: datetime = instant()


class CircleTeam(SQLModel, table=True):
    __tablename__ = "circle_team"
    circle_id: int = Field(foreign_key="circle.id", primary_key=True, ondelete="CASCADE")
    team_id: int = Field(foreign_key="team.id", primary_key=True, ondelete="CASCADE", index=True)


class CircleMember(SQLModel, table=True):
    __tablename__ = "circle_member"
    circle_id: int = Field(foreign_key="circle.id", primary_key=True, ondelete="CASCADE")
    person_id: int = Field(
        foreign_key="person.id", primary_key=True, ondelete="CASCADE", index=True
    )


class ApiToken(Row, table=True):
    """A token for programs. Only its hash is kept."""

    __tablename__ = "api_token"
    name: str = short()
    role: str = short(20)
    scopes: str = short(60, default="read,write")
    token_hash: str = short(64, unique=True)
    person_id: int | None = reference("person.id")
    created_at: datetime = instant()
    expires_at: datetime | None = instant(nullable=True)
    last_used_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)


class SignInLink(Row, table=True):
    """A link that signs one person in, once. Only its hash is kept."""

    __tablename__ = "sign_in_link"
    token_hash: str = short(64, unique=True)
    person_id: int = reference("person.id", nullable=False, cascade=True)
    expires_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)


class SignInAttempt(Row, table=True):
    """One try at signing in, counted per account and per address, kept for an hour."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (sa.Index("ix_sign_in_attempt_bucket_at", "bucket", "at"),)
    bucket: str = short(120)
    at: datetime = instant(index=True)
