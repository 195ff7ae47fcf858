"""What taking an alert is compared with: Flask, one INSERT, one commit, on the same server.

``python -m benchmarks.bare_insert PORT THREADS DATABASE_URL``
"""

from __future__ import annotations

import sqlite3
import sys
import threading

import psycopg
from flask import Flask, request
from waitress.server import create_server

TABLE = "create table if not exists bare (id integer primary key, body text not null)"
TABLE_POSTGRES = "create table if not exists bare (id serial primary key, body text not null)"


def main(port: int, threads: int, url: str) -> None:
    """Serve the route until the process is ended."""
    flask_app = Flask("bare")
    insert = _sqlite(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else _postgres(url)

    @flask_app.post("/")
    def store() -> tuple[str, int]:
        insert(request.get_data(as_text=True))
        return "", 202

    create_server(flask_app, host="127.0.0.1", port=port, threads=threads, ident=None).run()


def _sqlite(path: str):  # type: ignore[no-untyped-def] # noqa: ANN202 - a function of a text
    kept = threading.local()

    def connected() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=15)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        return connection

    connected().execute(TABLE)

    def insert(body: str) -> None:
        if not hasattr(kept, "connection"):
            kept.connection = connected()
        kept.connection.execute("insert into bare (body) values (?)", (body,))
        kept.connection.commit()

    return insert


def _postgres(url: str):  # type: ignore[no-untyped-def] # noqa: ANN202 - a function of a text
    kept = threading.local()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE_POSTGRES)

    def insert(body: str) -> None:
        if not hasattr(kept, "connection"):
            kept.connection = psycopg.connect(url)
        kept.connection.execute("insert into bare (body) values (%s)", (body,))
        kept.connection.commit()

    return insert


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
