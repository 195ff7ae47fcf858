"""Rows stored by the hundred: as plain values, in one statement, with their ids known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from tracker.db.engine import is_postgres


def table_of(model: type[SQLModel]) -> sa.Table:
    """The table behind a model."""
    found: sa.Table = model.__table__  # type: ignore[attr-defined]
    return found


def insert_rows(
    connection: sa.Connection, model: type[SQLModel], values: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Stores new rows. Their ids, in the order of their values.

    The ids are taken beforehand, so that the rows go as one short statement: writing out a long
    one for all of them, to be told the ids, takes longer than storing them.
    """
    if not values:
        return []
    table = table_of(model)
    if is_postgres(connection.engine):
        found = connection.execute(_next_ids(table), {"count": len(values)}).scalars()
        ids = [int(one) for one in found]
    else:
        # Nobody else writes to SQLite meanwhile, so the next ids are known.
        newest = connection.execute(_newest(table)).scalar() or 0
        ids = list(range(newest + 1, newest + 1 + len(values)))
    rows = [{"id": row_id, **one} for row_id, one in zip(ids, values, strict=True)]
    connection.execute(sa.insert(table), rows)
    return ids


@cache
def _newest(table: sa.Table) -> sa.Select[Any]:
    return sa.select(sa.func.max(table.c.id))


@cache
def _next_ids(table: sa.Table) -> sa.Select[Any]:
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    counted = sa.func.generate_series(1, sa.bindparam("count"))
    return sa.select(sa.func.nextval(sequence)).select_from(counted)
