"""What all tables share: ids, instants in UTC, versions, circles."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
SQLModel.metadata.naming_convention = NAMING


class Instant(TypeDecorator[datetime]):
    """An instant. Stored as UTC without a zone, read back with UTC: naive times are refused."""

    impl = sa.DateTime
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What a value of the column is; without it SQLAlchemy says: any object."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ANN401 - the driver's value
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


def instant(*, nullable: bool = False, index: bool = False, default: Any = ...) -> Any:  # noqa: ANN401 - SQLModel's own type
    """A column of Instant."""
    if nullable and default is ...:
        default = None
    return Field(default=default, sa_type=Instant, nullable=nullable, index=index)


def short(limit: int = 200, *, default: str = "", index: bool = False, unique: bool = False) -> Any:  # noqa: ANN401 - SQLModel's own type
    """A column of short text, never null."""
    return Field(default=default, max_length=limit, nullable=False, index=index, unique=unique)


def long_text() -> Any:  # noqa: ANN401 - SQLModel's own type
    """A column of long text, empty by default, never null."""
    return Field(default="", sa_type=sa.Text, nullable=False)


def reference(
    column: str, *, nullable: bool = True, index: bool = True, cascade: bool = False
) -> Any:  # noqa: ANN401 - SQLModel's own type
    """A foreign key. ``cascade``: the row goes with its owner."""
    options: Any = {"foreign_key": column, "nullable": nullable, "index": index}
    if cascade:
        options["ondelete"] = "CASCADE"
    return Field(default=None if nullable else ..., **options)


def json_column() -> Any:  # noqa: ANN401 - SQLModel's own type
    """A column of JSON, an empty object by default."""
    return Field(default_factory=dict, sa_type=sa.JSON, nullable=False)


def hidden_index(table: str) -> sa.Index:
    """The index of the few records that have a circle.

    Only of those: an index that also held all the others would tempt SQLite to gather a list
    from it and sort the whole of it, instead of reading the list in its order.
    """
    return sa.Index(
        f"ix_{table}_circle_id",
        "circle_id",
        sqlite_where=sa.text("circle_id IS NOT NULL"),
        postgresql_where=sa.text("circle_id IS NOT NULL"),
    )


def sort_index(table: str, column: str) -> sa.Index:
    """The index that a list sorted by this column, then by id, is read from."""
    return sa.Index(f"ix_{table}_{column}_id", column, "id")


class Row(SQLModel):
    """A table row with an id of its own."""

    id: int | None = Field(default=None, primary_key=True)

    @property
    def key(self) -> int:
        """The id of a stored row."""
        if self.id is None:
            raise ValueError(f"{type(self).__name__} is not stored yet")
        return self.id


class Record(Row):
    """A row that people open, change and may hide: it has a version and a circle.

    ``version`` counts every change and guards against lost updates. ``circle_id`` is null for
    what the whole organisation may read.
    """

    version: int = Field(default=1, nullable=False)
    circle_id: int | None = Field(default=None, foreign_key="circle.id", nullable=True)
    created_at: datetime = instant()
    updated_at: datetime = instant()
