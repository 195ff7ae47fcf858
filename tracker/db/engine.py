"""Engines for SQLite and PostgreSQL with the same promises."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

from tracker.db.turns import Turns

BUSY_TIMEOUT_SECONDS = 15
WRITE = "tracker_write"
_TURNS: WeakKeyDictionary[Engine, Turns] = WeakKeyDictionary()
_MAKING_TURNS = threading.Lock()


def make_engine(url: str, *, durable: bool = True) -> Engine:
    """An engine whose write transactions take their lock at the beginning.

    SQLite: WAL, foreign keys, ``BEGIN IMMEDIATE`` for writing (so that no transaction that has
    read must upgrade its lock and fail), a busy timeout. ``durable=False`` leaves out the flush
    to disk at each commit: for tests and throw-away databases only. The errors of both name the
    statement and never its values, which are people's words and would stand in the log.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            parsed, pool_pre_ping=True, pool_size=10, max_overflow=10, hide_parameters=True
        )
    if parsed.database:
        # What is private in the tracker is private on its machine, too.
        Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(
        parsed, connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        # Transactions are begun below, not by the driver's own guess.
        connection.isolation_level = None
        connection.execute("pragma journal_mode = wal")
        connection.execute(f"pragma synchronous = {'full' if durable else 'off'}")
        # A rush of alerts touches the same pages again and again: written back to the database
        # every 16 MB of journal instead of every 4, each of them is written once for many.
        connection.execute("pragma wal_autocheckpoint = 4000")
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma cache_size = -16000")
        connection.execute("pragma temp_store = memory")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(WRITE, False)
        connection.exec_driver_sql("begin immediate" if writing else "begin")

    return engine


def for_writing(engine: Engine) -> Engine:
    """The same engine and pool, whose transactions are going to write."""
    options: dict[str, Any] = {WRITE: True}
    return engine.execution_options(**options)


@contextmanager
def turn_to_write(engine: Engine) -> Iterator[None]:
    """The threads of one process write to SQLite one after the other.

    SQLite itself lets whoever finds it busy sleep, longer each time, so that of twenty people at
    once the unlucky one waits many times as long as the others. Another process is waited for as
    before, and so is a turn that takes too long. PostgreSQL has its own ways.
    """
    if is_postgres(engine):
        yield
        return
    with _MAKING_TURNS:
        turns = _TURNS.setdefault(engine, Turns())
    with turns.take(patience=BUSY_TIMEOUT_SECONDS):
        yield


def is_postgres(engine: Engine) -> bool:
    return engine.dialect.name == "postgresql"
