"""An export read back into an empty database: every row checked before it is stored."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import SQLModel

from tracker.db.engine import is_postgres
from tracker.db.work import Work
from tracker.domain.errors import Gap, NotAllowed, NotValid
from tracker.domain.lifecycle import LIFECYCLES
from tracker.domain.people import ROLES
from tracker.domain.policy import policy_from
from tracker.domain.review import template_from
from tracker.models.table import Instant
from tracker.reading.share.exchange import (
    FORMAT,
    FORMAT_VERSION,
    LEFT_OUT_COLUMNS,
    MANIFEST,
    exported_columns,
    exported_tables,
    file_of,
)

# Tables that a new database has rows in before anybody has worked with it.
SEEDED = frozenset({"policy_version", "review_template", "factor_term", "clock", "audit_entry"})
LARGEST_NUMBER = 2**31 - 1
LONGEST_LINE = 20_000_000
_AT_ONCE = 500

Lines = Callable[[str], Iterable[str]]
Row = dict[str, Any]


def import_export(work: Work, lines_of: Lines, *, schema: str) -> dict[str, int]:
    """The database holds exactly what the export holds; rows by table come back.

    ``lines_of`` gives the lines of a file of the export by its path, ``schema`` is the revision of
    this database. Ids are kept. Everything is marked to be indexed.
    Raises: NotPermitted; NotAllowed for a database with records; NotValid naming file and line.
    """
    # No audit entry is written: the audit that the export brings is continued as it is.
    work.actor.needs("import_records")
    expected = _expected(lines_of, schema=schema)
    _refuse_full(work)
    tables = exported_tables()
    for table in reversed(tables):
        work.session.execute(sa.delete(table))
    counts: dict[str, int] = {}
    for table in tables:
        counts[table.name] = _load(work, table, lines_of(file_of(table)))
        wanted = expected.get(table.name, 0)
        if counts[table.name] != wanted:
            raise _broken(
                file_of(table),
                f"{MANIFEST} promises {wanted:,} rows; there are {counts[table.name]:,}",
            )
    _set_sequences(work, tables)
    _mark_for_index(work)
    return counts


def _expected(lines_of: Lines, *, schema: str) -> dict[str, int]:
    try:
        told = json.loads("".join(lines_of(MANIFEST)))
    except (ValueError, RecursionError) as error:
        raise _broken(MANIFEST, "It is not JSON") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise _broken(MANIFEST, "This is not an export of the tracker")
    if told.get("version") != FORMAT_VERSION or told.get("schema") != schema:
        raise _broken(
            MANIFEST,
            f"The export was written at schema {str(told.get('schema'))[:40]} and this database is "
            f"at {schema}: import it with the release that wrote it, and migrate afterwards",
        )
    rows = told.get("rows")
    if not isinstance(rows, dict) or not all(type(one) is int for one in rows.values()):
        raise _broken(MANIFEST, "It does not say how many rows there are")
    known = {table.name for table in exported_tables()}
    for name in rows:
        if name not in known:
            raise _broken(MANIFEST, f"There is no kind “{str(name)[:40]}”")
    return rows


def _refuse_full(work: Work) -> None:
    full = [
        table.name
        for table in exported_tables()
        if table.name not in SEEDED
        and work.session.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
    ]
    if full:
        raise NotAllowed(
            "An export goes into an empty database only; this one holds records",
            hint="Point TRACKER_DATA_DIR or TRACKER_DATABASE_URL at a new one, and run: "
            "tracker seed",
            gaps=[Gap("database", f"There are rows already: {', '.join(full[:5])}")],
        )


def _load(work: Work, table: sa.Table, lines: Iterable[str]) -> int:
    """Rows stored. References from a table to itself are set when all its rows are there."""
    own = [
        column.name
        for column in table.columns
        if any(key.column.table is table for key in column.foreign_keys)
    ]
    later: list[Row] = []
    batch: list[Row] = []
    count = 0
    for row in _rows(table, lines):
        count += 1
        if any(row[name] is not None for name in own):
            later.append({"row_id": row["id"], **{name: row[name] for name in own}})
            row.update(dict.fromkeys(own))
        batch.append(row)
        if len(batch) >= _AT_ONCE:
            _insert(work, table, batch)
            batch = []
    if batch:
        _insert(work, table, batch)
    for one in later:
        row_id = one.pop("row_id")
        _execute(work, table, sa.update(table).where(table.c.id == row_id).values(**one))
    return count


def _insert(work: Work, table: sa.Table, rows: list[Row]) -> None:
    _execute(work, table, sa.insert(table), rows)


def _execute(
    work: Work, table: sa.Table, statement: sa.Executable, rows: list[Row] | None = None
) -> None:
    try:
        work.session.execute(statement, rows)
    except IntegrityError as error:
        raise _broken(
            file_of(table), "A row stands twice, or refers to one that is not in the export"
        ) from error
    except DBAPIError as error:
        said = str(error.orig).split("\n")[0][:200]
        raise _broken(file_of(table), f"The database refuses a row: {said}") from error


def _rows(table: sa.Table, lines: Iterable[str]) -> Iterator[Row]:
    columns = {one.name: one for one in exported_columns(table)}
    filled = {name: kept for (of, name), kept in LEFT_OUT_COLUMNS.items() if of == table.name}
    for number, line in enumerate(lines, start=1):
        try:
            told = _object(line, fields=columns)
            row = {name: _checked(column, told) for name, column in columns.items()}
            _check_meaning(table.name, row)
        except ValueError as error:
            raise _broken(file_of(table), f"Line {number}: {error}") from error
        yield {**row, **filled}


def _object(line: str, *, fields: Collection[str]) -> Row:
    if len(line) > LONGEST_LINE:
        raise ValueError("the line is too long")
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON that can be read") from error
    if not isinstance(told, dict):
        raise ValueError("it is not an object with fields")  # noqa: TRY004 - one way out for all
    for name in told:
        if name not in fields:
            raise ValueError(f"there is no field “{name[:40]}” here")
    return told


def _checked(column: sa.Column[Any], told: Row) -> Any:  # noqa: ANN401 - a column's own type
    """The value as the column takes it. Raises: ValueError with half a sentence."""
    name = column.name
    if name not in told:
        raise ValueError(f"the field “{name}” is missing")
    value: Any = told[name]
    if value is None:
        if column.nullable:
            return None
        raise ValueError(f"“{name}” must not be empty")
    kind = column.type
    if isinstance(kind, Instant | sa.Date):
        return _moment(name, value, whole_day=isinstance(kind, sa.Date))
    if isinstance(kind, sa.LargeBinary):
        try:
            return base64.b64decode(value, validate=True)
        except (TypeError, ValueError) as error:
            raise ValueError(f"“{name}” must be in base64") from error
    wanted: type[Any] = {sa.Boolean: bool, sa.Integer: int}.get(type(kind), str)
    if isinstance(kind, sa.JSON):
        wanted = list if _holds_a_list(column) else dict
    if type(value) is not wanted:  # a bool is an int, and would pass isinstance
        raise ValueError(f"“{name}” must be {_WORDS[wanted]}")
    if wanted is int and not 0 <= value <= LARGEST_NUMBER:
        raise ValueError(f"“{name}” is out of range")
    if wanted is str:
        _check_text(name, value, limit=getattr(kind, "length", None))
    if wanted is list and not all(isinstance(one, str) for one in value):
        raise ValueError(f"“{name}” must be a list of texts")
    if wanted in (dict, list):
        _check_text(name, json.dumps(value, ensure_ascii=False), limit=None)
    return value


_WORDS: dict[type[Any], str] = {
    bool: "true or false",
    int: "a whole number",
    dict: "an object",
    list: "a list of texts",
    str: "a text",
}


def _holds_a_list(column: sa.Column[Any]) -> bool:
    """True for a column of JSON whose empty value is a list."""
    default: Any = column.default
    return bool(default is not None and default.is_callable and default.arg(None) == [])


def _moment(name: str, value: object, *, whole_day: bool) -> date | datetime:
    try:
        if whole_day:
            return date.fromisoformat(value)  # type: ignore[arg-type]
        at = datetime.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        what = "a date" if whole_day else "a date and time"
        raise ValueError(f"“{name}” must be {what}") from error
    if at.tzinfo is None:
        raise ValueError(f"“{name}” needs a zone")
    return at


def _check_text(name: str, value: str, *, limit: int | None) -> None:
    if limit is not None and len(value) > limit:
        raise ValueError(f"“{name}” may have {limit} characters; this has {len(value):,}")
    if "\x00" in value or "\\u0000" in value:
        raise ValueError(f"“{name}” contains a NUL character")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"“{name}” contains half a character") from error
    if name.endswith("url") and value and not value.lower().startswith(("http://", "https://")):
        raise ValueError(f"“{name}” must begin with https:// or http://")


def _check_meaning(table: str, row: Row) -> None:
    """What the rest of the tracker relies on without looking again. Raises: ValueError."""
    if table in LIFECYCLES and row["state"] not in LIFECYCLES[table].states:
        raise ValueError(f"“{row['state'][:40]}” is not a state of this kind")
    if table == "person" and row["role"] not in ROLES:
        raise ValueError(f"“role” must be one of: {', '.join(ROLES)}")
    if table == "person" and row["email"] != row["email"].strip().lower():
        raise ValueError("“email” must be in lower case")
    if table == "policy_version":
        policy_from(row["content"])
    if table == "review_template":
        template_from(row["content"])


def _set_sequences(work: Work, tables: list[sa.Table]) -> None:
    """The next record gets the next id. SQLite finds it by itself."""
    if not is_postgres(work.session.get_bind()):  # type: ignore[arg-type]
        return
    for table in tables:
        if "id" in table.columns:
            newest = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence(table.name, "id")
            work.session.execute(sa.select(sa.func.setval(sequence, newest, sa.false())))


def _mark_for_index(work: Work) -> None:
    """A delivery for the index and for nobody else: people were told where it happened."""
    tables = SQLModel.metadata.tables
    events, deliveries = tables["outbox_event"], tables["delivery"]
    for kind in LIFECYCLES:
        records = next(one for one in exported_tables() if one.name == kind)
        values = {
            "name": sa.literal(f"{kind}.changed"),
            "record_kind": sa.literal(kind),
            "record_id": records.c.id,
            "incident_id": sa.literal(0),
            "detail": sa.literal(""),
            "at": sa.literal(work.now, Instant),
        }
        changed = sa.select(*values.values()).order_by(records.c.id)
        work.session.execute(sa.insert(events).from_select(list(values), changed))
    values = {
        "event_id": events.c.id,
        "subscriber": sa.literal("index"),
        "status": sa.literal("pending"),
        "lane": sa.literal(0),
        "tries": sa.literal(0),
        "run_at": sa.literal(work.now, Instant),
        "last_error": sa.literal(""),
    }
    waiting = sa.select(*values.values()).where(events.c.at == sa.literal(work.now, Instant))
    work.session.execute(
        sa.insert(deliveries).from_select(list(values), waiting.order_by(events.c.id))
    )


def _broken(file: str, message: str) -> NotValid:
    return NotValid(Gap(file, f"{file}: {message}"))
