"""The shapes that every feature's requests and answers share: texts with limits, instants, people.

Pydantic reads these annotations while the program runs, so this file does without postponed ones.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from tracker.domain import asks
from tracker.models.catalogue import Person, Team
from tracker.models.table import Record
from tracker.reading.references import ref

Ask = TypeVar("Ask")
NO_NUL = r"^[^\x00]*$"
LONGEST_LIST = asks.MANY_LIMIT
LARGEST_ID = 2**31 - 1

Line = Annotated[str, StringConstraints(max_length=asks.TITLE_LIMIT, pattern=NO_NUL)]
Reason = Annotated[str, StringConstraints(max_length=asks.REASON_LIMIT, pattern=NO_NUL)]
Note = Annotated[str, StringConstraints(max_length=asks.NOTE_LIMIT, pattern=NO_NUL)]
LongText = Annotated[str, StringConstraints(max_length=asks.TEXT_LIMIT, pattern=NO_NUL)]
Word = Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)]
Tag = Annotated[str, StringConstraints(max_length=asks.TAG_LIMIT, pattern=NO_NUL)]
Link = Annotated[str, StringConstraints(max_length=2_000, pattern=NO_NUL)]
Email = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]
Cursor = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]
Words = Annotated[list[Word], Field(max_length=LONGEST_LIST)]
Tags = Annotated[list[Tag], Field(max_length=LONGEST_LIST)]
Emails = Annotated[list[Email], Field(max_length=LONGEST_LIST)]
IncidentRef = Annotated[str, StringConstraints(pattern=r"^INC-[1-9][0-9]{0,8}$")]
ReviewRef = Annotated[str, StringConstraints(pattern=r"^REV-[1-9][0-9]{0,8}$")]
ActionRef = Annotated[str, StringConstraints(pattern=r"^ACT-[1-9][0-9]{0,8}$")]
LessonRef = Annotated[str, StringConstraints(pattern=r"^LES-[1-9][0-9]{0,8}$")]
ProcedureRef = Annotated[str, StringConstraints(pattern=r"^PRO-[1-9][0-9]{0,8}$")]
RowId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, Field(ge=1, le=200)]
Visibility = Literal["org", "team", "private"]


def _read_time(value: object) -> object:
    # Pydantic would take "12" for seconds since 1970; nobody means that in an incident.
    if not isinstance(value, str):
        return value
    try:
        read = datetime.fromisoformat(value) if len(value) > len("2027-01-04") else None
    except ValueError:
        read = None
    if read is None:
        raise ValueError("Write the time with its zone, like 2027-01-04T09:00:00Z")
    return read


def _storable(at: datetime) -> datetime:
    if not asks.EARLIEST <= at <= asks.LATEST:
        raise ValueError("The time must be between 1990 and 2200")
    return at


def _read_day(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        read = date.fromisoformat(value) if len(value) == len("2027-01-04") else None
    except ValueError:
        read = None
    if read is None:
        raise ValueError("Write the day like 2027-01-04")
    return read


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_read_time),
    AfterValidator(_storable),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Day = Annotated[
    date,
    BeforeValidator(_read_day),
    WithJsonSchema({"type": "string", "format": "date"}),
]


class Asked(BaseModel):
    """What a request brings: nothing unknown, nothing converted behind anybody's back."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What an answer holds."""

    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


class FieldProblem(Answer):
    field: str
    message: str


class Problem(BaseModel):
    """The one shape of every error."""

    model_config = ConfigDict(extra="forbid")
    ok: Literal[False]
    code: str
    message: str
    errors: list[FieldProblem]
    hint: str
    status: int
    current: int = Field(default=0, description="Only in conflicts: the version that stands now.")


class PersonOut(Answer):
    """A person, as far as a record shows one."""

    email: str
    name: str


class NamedOut(Answer):
    """A team or service by its slug."""

    slug: str
    name: str


class Done(Answer):
    """The request took effect; there is nothing more to say."""

    ok: Literal[True] = True


class Page(Asked):
    """A page of a list: so many rows, after this cursor, on wish with the count."""

    limit: Limit = 50
    cursor: Cursor = ""
    count: bool = Field(
        default=False, description="Also count what the filters leave, up to 1,001."
    )


class RetryKey(Asked):
    """A header for creations."""

    key: str | None = Field(
        default=None,
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,200}$",
        description="The same key with the same request creates once and answers the same.",
        json_schema_extra=lambda schema: _optional_text(schema, r"^[!-~]{1,200}$"),
    )


class IfMatch(Asked):
    """A header for changes."""

    version: str | None = Field(
        default=None,
        alias="If-Match",
        description="The ETag this change is based on; 409 when the record moved on since.",
        json_schema_extra=lambda schema: _optional_text(schema, r'^(W/)?"[0-9]{1,9}"$'),
    )


class IfNoneMatch(Asked):
    """A header for reads."""

    known: str | None = Field(
        default=None,
        alias="If-None-Match",
        description="The ETag you have; 304 when nothing changed since.",
        json_schema_extra=lambda schema: _optional_text(schema, r'^(W/)?"[0-9a-f.]{1,40}"$'),
    )


def _optional_text(schema: dict[str, Any], pattern: str) -> None:
    schema.pop("anyOf", None)
    schema.pop("default", None)
    schema.update(type="string", pattern=pattern)


def ask_from(kind: type[Ask], body: Asked, **more: Any) -> Ask:  # noqa: ANN401 - fields of the ask
    """The ask of a use case with the fields that were sent; the others keep its defaults."""
    sent = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in ((name, getattr(body, name)) for name in body.model_fields_set)
        if value is not None and name not in more
    }
    return kind(**sent, **more)


def person_out(person: Person | None) -> PersonOut | None:
    """A person as an answer names one."""
    return PersonOut(email=person.email, name=person.name) if person else None


def team_out(team: Team | None) -> NamedOut | None:
    """A team as an answer names one."""
    return NamedOut(slug=team.slug, name=team.name) if team else None


def ref_out(row: Record | None) -> str | None:
    """The reference of a record, or nothing."""
    return ref(row) if row is not None else None
