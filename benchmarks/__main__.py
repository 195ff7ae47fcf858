"""``python -m benchmarks``: ratios of one run, and the figures they stand on.

A bound that is not met is printed as that. Nothing here fails because a machine is slow.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from benchmarks.configuration import measure_configuration
from benchmarks.importing import measure_importing
from benchmarks.intake import measure_intake
from benchmarks.library import measure_finding, measure_library
from benchmarks.memory import measure_memory
from benchmarks.organisation import Landmarks, load_rules, make_organisation
from benchmarks.pages import measure_pages
from benchmarks.past import Size
from benchmarks.review import measure_review
from benchmarks.serving import THREADS, cores
from benchmarks.slack import measure_slack
from benchmarks.slack_queue import measure_queue
from benchmarks.wording import measure_wording
from tracker.app import App
from tracker.settings import Settings

PARTS = ("pages", "search", "import", "memory", "slack", "intake", "wording", "config", "review")
LARGE, MIDDLE, SMALL = 100_000, 6_667, 1_000


def main() -> None:
    """Make the organisations, measure, tell."""
    asked = _arguments()
    # Asked to end, it ends its servers and removes its folder first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    share = 10 if asked.quick else 1
    print(_machine(asked.postgres))
    with tempfile.TemporaryDirectory(prefix="tracker-bench-") as folder:
        there = Path(folder)
        if "pages" in asked.only:
            with (
                _organisation(there / "small", SMALL, asked.postgres) as small,
                _organisation(there / "large", LARGE // share, asked.postgres) as large,
            ):
                measure_pages(small, large, times=100 // (2 if asked.quick else 1))
        if "search" in asked.only or "memory" in asked.only:
            with _organisation(there / "middle", MIDDLE // share, asked.postgres) as (app, marks):
                measure_library(app, marks, times=280 // share)
                if "search" in asked.only:
                    measure_finding(app, marks, times=20 // (4 if asked.quick else 1))
                if "memory" in asked.only:
                    measure_memory(app, marks, seconds=60 if not asked.quick else 15)
        if "import" in asked.only:
            with _app(there / "import", asked.postgres) as app:
                app.migrate()
                load_rules(app)
                measure_importing(app, reports=1_000 // share)
        if "slack" in asked.only:
            with _app(there / "slack", asked.postgres) as app:
                app.migrate()
                load_rules(app)
                measure_slack(app, commands=2_000 // share)
            with _app(there / "queue", asked.postgres) as app:
                app.migrate()
                load_rules(app)
                measure_queue(app, messages=500 // (5 if asked.quick else 1))
        if "wording" in asked.only:
            measure_wording(times=20 // (4 if asked.quick else 1))
        if "config" in asked.only:
            with _app(there / "config", asked.postgres) as app:
                app.migrate()
                load_rules(app)
                measure_configuration(app, there / "policy", services=2_000 // share)
        if "review" in asked.only:
            with _app(there / "review", asked.postgres) as app:
                app.migrate()
                load_rules(app)
                measure_review(app, seconds=30 / (3 if asked.quick else 1))
        if "intake" in asked.only:
            with _app(there / "intake", asked.postgres) as app:
                app.migrate()
                load_rules(app)
                measure_intake(app, seconds=20 / (4 if asked.quick else 1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument(
        "--only",
        type=lambda text: tuple(text.split(",")),
        default=PARTS,
        metavar="PARTS",
        help=f"some of {','.join(PARTS)}",
    )
    parser.add_argument(
        "--postgres",
        default="",
        metavar="URL",
        help="a PostgreSQL server, without a database name, instead of SQLite",
    )
    asked = parser.parse_args()
    unknown = set(asked.only) - set(PARTS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose of {', '.join(PARTS)}")
    return asked


def _machine(postgres: str) -> str:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    database = f"SQLite {sqlite3.sqlite_version}"
    if postgres:
        with psycopg.connect(f"{postgres}/postgres") as connection:
            number = connection.info.server_version
            database = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    shared = "" if cores()[0] != cores()[1] else ", shared with the client"
    return (
        f"{time.strftime('%Y-%m-%d')}: {model}, {os.cpu_count()} cores; the server has one core"
        f"{shared}, {THREADS} threads; Python {platform.python_version()}, {database}; "
        f"load at the start {os.getloadavg()[0]:.1f}"
    )


@contextmanager
def _organisation(folder: Path, incidents: int, postgres: str) -> Iterator[tuple[App, Landmarks]]:
    """An App over a made-up organisation of this size."""
    size = Size.of(incidents)
    with _app(folder, postgres) as app:
        began = time.perf_counter()
        landmarks = make_organisation(app, size)
        print(f"{folder.name}: {size} (made in {time.perf_counter() - began:.0f} s)", flush=True)
        yield app, landmarks


@contextmanager
def _app(folder: Path, postgres: str) -> Iterator[App]:
    """An App in the folder, on an own database that is gone afterwards."""
    folder.mkdir()
    name = f"tracker_bench_{os.getpid()}_{folder.name}"
    if postgres:
        _on_server(postgres, f"create database {name}")
    app = App(
        Settings(
            data_dir=folder,
            database_url=f"{postgres}/{name}" if postgres else "",
            secret_key="made for a benchmark, signs nothing else",  # noqa: S106 - nothing is kept
        )
    )
    try:
        yield app
    finally:
        app.close()
        if postgres:
            _on_server(postgres, f"drop database {name} with (force)")


def _on_server(postgres: str, statement: str) -> None:
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


if __name__ == "__main__":
    main()
