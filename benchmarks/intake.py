"""Fifty senders of alerts at once, each answered after the commit; and servers that are killed."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import sqlalchemy as sa

from benchmarks.figures import bound, print_rows, print_title
from benchmarks.serving import THREADS, free_port, wait_for
from tracker.app import App
from tracker.models.event import OperationalEvent
from tracker.usecases.respond.alert_sources import AddSource, add_source

SENDERS = 50
MOST_P99_MS = 250
LEAST_SHARE = 0.4
GROUP = 1_000
MOST_GROUP_SECONDS = 1.0
PATIENCE_SECONDS = 60.0


@dataclass
class Sent:
    """What came of one load: seconds of each answer, and the instances that were acknowledged."""

    seconds: list[float] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    again: int = 0
    took: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.took

    @property
    def p99_ms(self) -> float:
        return quantiles(self.seconds, n=100, method="inclusive")[-1] * 1000


def measure_intake(app: App, *, seconds: float) -> None:
    """Prints the rate of alerts beside that of a bare INSERT, and what a kill costs."""
    print_title(f"Alerts: {SENDERS} senders at once, each answered after the commit")
    with app.begin_as_system() as work:
        ask = AddSource(sender="alertmanager", name="bench")
        _, key = add_source(work, ask, secret_key=app.settings.kept_secret_key())
    path = f"/hooks/alertmanager/bench?key={key}"
    processes = 2 if app.settings.database_url else 1
    with _bare(app, processes) as ports:
        bare = asyncio.run(_load(ports, "/", "bare", seconds=seconds))
    with _served(app, processes) as servers:
        ports = [server.port for server in servers]
        asyncio.run(_load(ports, path, "warm", seconds=1))
        alerts = asyncio.run(_load(ports, path, "alert", seconds=seconds))
        group_seconds = _group(ports[0], path)
    rows = [
        (name, f"{one.rate:.0f}", f"{_median(one):.0f}", f"{one.p99_ms:.0f}", str(len(one.seconds)))
        for name, one in (("bare INSERT and commit", bare), ("alert", alerts))
    ]
    print_rows(("", "per second", "median ms", "p99 ms", "n"), rows)
    share = alerts.rate / bare.rate
    print(
        bound(
            f"{share:.2f} x the bare rate with {processes} web process(es), "
            f"at least {LEAST_SHARE} is asked",
            met=share >= LEAST_SHARE,
        )
    )
    print(
        bound(f"p99 {alerts.p99_ms:.0f} ms, under {MOST_P99_MS}", met=alerts.p99_ms < MOST_P99_MS)
    )
    print(
        bound(
            f"a group of {GROUP:,} alerts in one body: {group_seconds:.2f} s, under "
            f"{MOST_GROUP_SECONDS:.0f} s",
            met=group_seconds < MOST_GROUP_SECONDS,
        )
    )
    _measure_kill(app, path, processes, seconds=min(seconds, 6.0))


def _measure_kill(app: App, path: str, processes: int, *, seconds: float) -> None:
    with _served(app, processes) as servers:
        ports = [server.port for server in servers]

        async def killed() -> Sent:
            load = asyncio.create_task(_load(ports, path, "killed", seconds=seconds))
            await asyncio.sleep(seconds / 2)
            await asyncio.to_thread(servers[0].kill_and_start_again)
            return await load

        sent = asyncio.run(killed())
    with app.look_as_system() as look:
        found = look.session.execute(
            sa.select(OperationalEvent.title, sa.func.count())  # type: ignore[call-overload]
            .where(OperationalEvent.title.like("killed %"))  # type: ignore[attr-defined]
            .group_by(OperationalEvent.title)
        ).all()
    stored: dict[str, int] = dict(found)
    lost = [one for one in sent.acknowledged if one not in stored]
    double = [title for title, count in stored.items() if count > 1]
    print(
        bound(
            f"killed with kill -9 and started again: {len(sent.acknowledged):,} acknowledged, "
            f"{len(lost)} lost, {len(double)} double, {sent.again} sent again",
            met=not lost and not double,
        )
    )


async def _load(ports: Sequence[int], path: str, name: str, *, seconds: float) -> Sent:
    sent = Sent()
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(
        *(
            _send_on(ports[number % len(ports)], path, f"{name} {number}", until, sent)
            for number in range(SENDERS)
        )
    )
    sent.took = time.perf_counter() - began
    return sent


async def _send_on(port: int, path: str, name: str, until: float, sent: Sent) -> None:
    """One sender: one message after the other, each until it is acknowledged."""
    number = 0
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while time.perf_counter() < until:
        number += 1
        title = f"{name} {number}"
        message = _request(path, _body([title]))
        began = time.perf_counter()
        patience = began + PATIENCE_SECONDS
        while True:
            try:
                if streams is None:
                    streams = await asyncio.open_connection("127.0.0.1", port)
                streams[1].write(message)
                await streams[1].drain()
                status = await _status(streams[0])
            except (OSError, asyncio.IncompleteReadError, ValueError):
                status = 0
                if streams is not None:
                    streams[1].close()
                streams = None
            if status == 202:
                break
            if time.perf_counter() > patience:
                raise RuntimeError(f"the last answer was {status}")
            sent.again += 1
            await asyncio.sleep(0.05)
        sent.seconds.append(time.perf_counter() - began)
        sent.acknowledged.append(title)
    if streams is not None:
        streams[1].close()


async def _status(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        label, _, value = line.partition(b":")
        if label.lower() == b"content-length":
            length = int(value)
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def _request(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _body(titles: Sequence[str]) -> bytes:
    """A message as Alertmanager sends it."""
    alerts = [
        {
            "status": "firing",
            "labels": {
                "alertname": "HighErrorRate",
                "service": "checkout",
                "severity": "critical",
                "instance": title,
                "job": "node",
            },
            "annotations": {"summary": title, "description": "More than 5 % of answers are 5xx"},
            "startsAt": "2026-01-01T09:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example:9090/graph?g0.expr=up",
            "fingerprint": f"{hash(title) & (2**64 - 1):016x}",
        }
        for title in titles
    ]
    group = {
        "version": "4",
        "groupKey": "{}:{alertname='HighErrorRate'}",
        "status": "firing",
        "receiver": "tracker",
        "truncatedAlerts": 0,
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": {"alertname": "HighErrorRate"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example:9093",
        "alerts": alerts,
    }
    return json.dumps(group).encode()


def _group(port: int, path: str) -> float:
    async def send() -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        message = _request(path, _body([f"group {number}" for number in range(GROUP)]))
        began = time.perf_counter()
        writer.write(message)
        await writer.drain()
        status = await _status(reader)
        writer.close()
        if status != 202:
            raise RuntimeError(f"the group was answered {status}")
        return time.perf_counter() - began

    return asyncio.run(send())


def _median(sent: Sent) -> float:
    return quantiles(sent.seconds, n=100, method="inclusive")[49] * 1000


def _threads(app: App) -> int:
    """As many as ``tracker serve`` has by itself, for the bare route too."""
    return 2 * THREADS if app.settings.database_url else THREADS


@contextmanager
def _bare(app: App, processes: int) -> Iterator[list[int]]:
    url = app.settings.database_url or f"sqlite:///{app.settings.data_dir / 'bare.sqlite3'}"
    servers = [_Server(["-m", "benchmarks.bare_insert", "{port}", str(_threads(app)), url], {})
               for _ in range(processes)]  # fmt: skip
    with _all_running(servers):
        yield [server.port for server in servers]


@contextmanager
def _served(app: App, processes: int) -> Iterator[list[_Server]]:
    environment = {
        "TRACKER_DATA_DIR": str(app.settings.data_dir),
        "TRACKER_DATABASE_URL": app.settings.database_url,
        "TRACKER_SECRET_KEY": app.settings.secret_key,
        "TRACKER_LOG_LEVEL": "WARNING",
    }
    command = ["-m", "tracker", "serve", "--no-worker", "--port", "{port}",
               "--threads", str(_threads(app))]  # fmt: skip
    servers = [_Server(command, environment) for _ in range(processes)]
    with _all_running(servers):
        yield servers


class _Server:
    """A web process, on both cores, that may be killed in the middle of its work."""

    def __init__(self, arguments: Sequence[str], environment: dict[str, str]) -> None:
        self.port = free_port()
        self._arguments = [one.replace("{port}", str(self.port)) for one in arguments]
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """It listens."""
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, *self._arguments],
            env={**os.environ, **self._environment},
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._process, self.port)

    def kill_and_start_again(self) -> None:
        """As by kill -9; whoever sends finds nobody for a while."""
        self.stop(hard=True)
        self.start()

    def stop(self, *, hard: bool = False) -> None:
        """It is gone."""
        if self._process is None:
            return
        if hard:
            self._process.kill()
        else:
            self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        self._process.kill()
        self._process.wait()


@contextmanager
def _all_running(servers: Sequence[_Server]) -> Iterator[None]:
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.stop()
