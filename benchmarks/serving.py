"""Servers as child processes on one core, and a client with one connection that stays open."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask

from tracker.app import App
from tracker.models.catalogue import Person
from tracker.wsgi import create_wsgi

THREADS = 8
START_SECONDS = 60
COOKIE = "tracker_session"


@dataclass
class Client:
    """One person's browser on one kept connection."""

    port: int
    cookie: str = ""
    token: str = ""
    process_id: int = 0
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def get(self, path: str) -> tuple[int, bytes]:
        """(status, body); redirects are not followed."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, fields: Mapping[str, str]) -> tuple[int, bytes]:
        """Sends a form as our scripts do, reading JSON."""
        headers = {
            "X-CSRFToken": self.token,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self._ask("POST", path, urlencode(fields), headers)

    def timed_get(self, path: str) -> float:
        """Seconds from the question to the last byte. Raises: RuntimeError unless it is a 200."""
        began = time.perf_counter()
        status, _ = self.get(path)
        took = time.perf_counter() - began
        if status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path} answers {status}")
        return took

    def cpu_seconds(self) -> float:
        """What the server has computed so far: unlike the clock, it ignores busy neighbours."""
        tasks = Path(f"/proc/{self.process_id}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def take_token(self) -> None:
        """The token against forged forms is known, as any page shows it."""
        _, body = self.get("/")
        match = re.search(r'name="csrf-token" content="([^"]*)"', body.decode())
        self.token = match.group(1) if match else ""

    def _ask(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        if self.cookie:
            headers["Cookie"] = f"{COOKIE}={self.cookie}"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        for given in answer.headers.get_all("Set-Cookie") or ():
            if given.startswith(f"{COOKIE}="):
                self.cookie = given.split(";")[0].removeprefix(f"{COOKIE}=")
        return answer.status, answer.read()


def cores() -> tuple[set[int], set[int]]:
    """(the core of the servers, the cores of the clients): the same when there is but one."""
    known = sorted(os.sched_getaffinity(0))
    return {known[0]}, set(known[1:]) or {known[0]}


@contextmanager
def bare_page() -> Iterator[Client]:
    """The bare Flask page, running on the core of the servers."""
    port = free_port()
    with _running(["-m", "benchmarks.bare", str(port), str(THREADS)], {}, port) as process:
        yield Client(port, process_id=process.pid)


@contextmanager
def tracker_served(
    app: App, person_id: int, *, worker: bool = False, pinned: bool = True
) -> Iterator[Client]:
    """``tracker serve`` on the App's database, and a client in which the person is signed in."""
    port = free_port()
    environment = {
        "TRACKER_DATA_DIR": str(app.settings.data_dir),
        "TRACKER_DATABASE_URL": app.settings.database_url,
        "TRACKER_SECRET_KEY": app.settings.secret_key,
        "TRACKER_BASE_URL": f"http://127.0.0.1:{port}",
    }
    command = ["-m", "tracker", "serve", "--port", str(port), "--threads", str(THREADS)]
    if not worker:
        command.append("--no-worker")
    with _running(command, environment, port, pinned=pinned) as process:
        client = Client(port, signed_in_cookie(create_wsgi(app), app, person_id))
        client.process_id = process.pid
        client.take_token()
        yield client


def signed_in_cookie(flask_app: Flask, app: App, person_id: int) -> str:
    """What the browser of this person would send."""
    with app.look_as_system() as look:
        person = look.find(Person, person_id, what="The person whose pages are measured")
    serializer = flask_app.session_interface.get_signing_serializer(flask_app)  # type: ignore[attr-defined]
    kept = {"person": person.key, "epoch": person.session_epoch, "_permanent": True}
    return str(serializer.dumps(kept))


@contextmanager
def _running(
    arguments: Sequence[str], environment: Mapping[str, str], port: int, *, pinned: bool = True
) -> Iterator[subprocess.Popen[bytes]]:
    core = cores()[0]
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Before its first thread starts, so that all of them stay on the core.
        preexec_fn=(lambda: os.sched_setaffinity(0, core)) if pinned else None,  # noqa: PLW1509 - this process has no threads
    )
    try:
        wait_for(process, port)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not listen")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
