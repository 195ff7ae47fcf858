"""Counts what the database is asked, because the speed of a page hangs on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from tracker.app import App

MOST_PER_PAGE = 12


@contextmanager
def count_queries(app: App) -> Iterator[list[str]]:
    """The statements executed inside the block, in their order."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        # SQLite is told to begin in words; PostgreSQL does it silently.
        if statement != "begin":
            statements.append(statement)

    event.listen(app.engine, "after_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(app.engine, "after_cursor_execute", note)
