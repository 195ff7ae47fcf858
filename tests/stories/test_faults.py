"""Machines fail: the server is killed, the index is spoilt, the disk takes no more."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlmodel import select

from tests.conftest import Cast, cast_for
from tests.faces.declared import declare
from tests.faces.program import Program, secret_for
from tests.stories.hidden import work_off
from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.models.incident import Incident, TimelineEntry
from tracker.reading.audit import verify_audit

STARTING_SECONDS = 60.0


@contextmanager
def served(data_dir: Path, *, largest_file: int | None = None) -> Iterator[tuple[str, int]]:
    """(address, process id) of a real server with its worker on this data; killed at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    limit = largest_file

    def bound() -> None:
        if limit is not None:
            # Writing past the limit then fails as it does on a full disk, with an error to handle.
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with (data_dir / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", "tracker", "serve", "--port", str(port)],
            env={**os.environ, "TRACKER_DATA_DIR": str(data_dir), "TRACKER_DATABASE_URL": ""},
            stdout=log,
            stderr=subprocess.STDOUT if limit is None else subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=bound,  # noqa: PLW1509 - the test has no other thread here
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):  # noqa: S310 - our own
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def _send(address: str, secret: str, text: str) -> tuple[int, str]:
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{address}/api/v1/incidents/INC-1/timeline",
        data=f'{{"text": "{text}"}}'.encode(),
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def _entries(app: App) -> set[str]:
    with app.look_as_system() as look:
        return set(look.session.exec(select(TimelineEntry.text)))


def _prepared(app: App) -> tuple[Cast, str]:
    cast = cast_for(app)
    declare(app, cast)
    return cast, secret_for(app, cast, "alice")


def test_what_was_acknowledged_survives_a_kill_and_the_audit_stays_whole(
    sqlite_app: App,
) -> None:
    _, secret = _prepared(sqlite_app)
    acknowledged: set[str] = set()
    with served(sqlite_app.settings.data_dir) as (address, process):
        for number in range(40):
            status, _ = _send(address, secret, f"entry {number}")
            assert status == 201
            acknowledged.add(f"entry {number}")
        os.killpg(process, signal.SIGKILL)
    assert acknowledged <= _entries(sqlite_app)
    with sqlite_app.look_as_system() as look:
        assert verify_audit(look)[1] is None
    work_off(sqlite_app)
    assert sqlite_app.index.count() == 1


def test_a_disk_that_is_full_stores_nothing_half_and_shows_no_traceback(sqlite_app: App) -> None:
    _, secret = _prepared(sqlite_app)
    with sqlite_app.engine.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    place = sqlite_app.settings.data_dir / "tracker.sqlite3"
    stored: set[str] = set()
    refused = ""
    with served(sqlite_app.settings.data_dir, largest_file=place.stat().st_size) as (address, _):
        for number in range(400):
            status, told = _send(address, secret, f"entry {number} " + "x" * 9_000)
            if status != 201:
                refused = told
                assert status == 503
                break
            stored.add(f"entry {number} " + "x" * 9_000)
        with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:  # noqa: S310
            assert answer.status == 200
    assert refused, "the limit was met"
    assert "Traceback" not in refused
    assert "sqlite" not in refused.lower()
    assert stored == {text for text in _entries(sqlite_app) if text.startswith("entry")}


def test_a_database_that_is_read_only_refuses_in_words(
    make_app: Callable[[str], App],
) -> None:
    app = make_app("sqlite")
    _, secret = _prepared(app)
    flask_app = wsgi_for(app)
    program = Program(flask_app, secret)
    with app.engine.connect() as connection:
        connection.exec_driver_sql("pragma query_only = on")
    answer = program.client.post(
        "/api/v1/incidents", json={"title": "x", "severity": "SEV3"}, headers=program.headers
    )
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Traceback" not in answer.text
    assert "sqlite" not in answer.text.lower()
    assert answer.get_json()["message"]
    assert program.client.get("/api/v1/incidents", headers=program.headers).status_code == 200
    with app.look_as_system() as look:
        assert len(look.session.exec(select(Incident.id)).all()) == 1


def test_an_index_that_is_gone_or_spoilt_while_serving_is_made_again(sqlite_app: App) -> None:
    cast, secret = _prepared(sqlite_app)
    work_off(sqlite_app)
    program = Program(wsgi_for(sqlite_app), secret)
    assert program.get("/search", q="checkout")["total"] == 1
    folder = sqlite_app.settings.index_dir
    for one in [path for path in folder.rglob("*") if path.is_file()]:
        one.write_bytes(b"rubbish")
    assert program.raw("GET", "/search", query_string={"q": "checkout"}).status_code == 200
    shutil.rmtree(folder)
    assert program.raw("GET", "/search", query_string={"q": "checkout"}).status_code == 200
    declare(sqlite_app, cast)
    work_off(sqlite_app)
    assert program.get("/search", q="checkout")["total"] == 2
