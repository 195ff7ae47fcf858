"""Real Prometheus and Alertmanager on this machine: an alert, its incident, the change behind it.

Both are Debian's programs, started here with a configuration of our own, on ports of our own.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from sqlmodel import select
from werkzeug.serving import make_server

from tests.conftest import Cast, cast_for
from tests.faces.program import Program, secret_for
from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.db.work import system_clock
from tracker.models.event import AlertRule, OperationalEvent
from tracker.models.incident import Incident, TimelineEntry
from tracker.usecases.respond.alert_sources import AddSource, add_source

PATIENCE_SECONDS = 90.0
RULES = """
groups:
  - name: shop
    rules:
      - alert: HighErrorRate
        expr: shop_errors_ratio > 0.05
        for: 1s
        labels: {severity: critical}
        annotations:
          summary: "{{ $labels.service }} fails for {{ $value | humanizePercentage }}"
          runbook_url: https://runbooks.example/errors
"""


@dataclass
class Rig:
    """The daemons, what they measure, and what the tracker answered to them."""

    app: App
    cast: Cast
    program: Program
    metrics: dict[str, float] = field(default_factory=dict)
    answered: list[int] = field(default_factory=list)
    busy: int = 0  # so many of the next messages are answered 503

    def events(self) -> list[OperationalEvent]:
        with self.app.look_as_system() as look:
            return list(look.session.exec(select(OperationalEvent).order_by("id")))

    def alerts(self) -> dict[str, OperationalEvent]:
        """By service, the newest alert."""
        return {row.service_name: row for row in self.events() if row.kind == "alert"}

    def wait(self, condition: Callable[[], object], what: str) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < until, f"waited in vain for {what}: {self.answered}"
            time.sleep(0.2)


def _program(*names: str) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"{names[0]} is not installed: apt-get install {names[0]}")
    return found


@pytest.fixture
def rig(make_app: Callable[[str], App], tmp_path: Path) -> Iterator[Rig]:
    programs = _program("prometheus-alertmanager", "alertmanager"), _program("prometheus")
    app = make_app("sqlite")
    # The daemons live by the real time, so the tracker does here, too.
    app.clock = system_clock
    cast = cast_for(app)
    with app.begin_as_system() as work:
        _, key = add_source(work, AddSource(sender="alertmanager", name="rig"), secret_key="s" * 40)
        work.add(AlertRule(slug="errors", key_pattern="High*", severity="SEV2"))
    flask_app = wsgi_for(app)
    rig = Rig(app, cast, Program(flask_app, secret_for(app, cast, "erin")))
    with ExitStack() as stack:
        hook = stack.enter_context(_serving(_recording(rig, flask_app.wsgi_app)))
        exporter = stack.enter_context(_measuring(rig))
        alertmanager, prometheus = _free_port(), _free_port()
        _write_configurations(tmp_path, hook, key, exporter, alertmanager)
        stack.enter_context(
            _running(
                programs[0],
                f"--config.file={tmp_path}/alertmanager.yml",
                f"--storage.path={tmp_path}/alertmanager",
                f"--web.listen-address=127.0.0.1:{alertmanager}",
                "--cluster.listen-address=",
                log=tmp_path / "alertmanager.log",
            )
        )
        stack.enter_context(
            _running(
                programs[1],
                f"--config.file={tmp_path}/prometheus.yml",
                f"--storage.tsdb.path={tmp_path}/prometheus",
                f"--web.listen-address=127.0.0.1:{prometheus}",
                log=tmp_path / "prometheus.log",
            )
        )
        for port in (alertmanager, prometheus):
            rig.wait(lambda port=port: _is_ready(port), f"port {port}")  # type: ignore[misc]
        yield rig


def test_from_the_alert_to_the_incident_to_the_change(rig: Rig) -> None:
    deployed = rig.program.post(
        "/changes", {"service": "checkout", "revision": "r42", "title": "Deploy r42"}
    )["ref"]

    # Firing: one event, and the rule has declared the incident of it.
    rig.metrics['shop_errors_ratio{service="checkout"}'] = 0.2
    rig.wait(lambda: "checkout" in rig.alerts(), "the first alert")
    alert = rig.alerts()["checkout"]
    assert (alert.alert_key, alert.sender_severity) == ("HighErrorRate", "critical")
    assert alert.title == "checkout fails for 20%"
    assert alert.procedure_url == "https://runbooks.example/errors"
    assert alert.state == "linked"
    with rig.app.look_as_system() as look:
        incident = look.session.exec(select(Incident)).one()
    assert (incident.severity, incident.state) == ("SEV2", "declared")

    # Grouped: the second of the group joins the same incident.
    rig.metrics['shop_errors_ratio{service="ledger"}'] = 0.3
    rig.wait(lambda: "ledger" in rig.alerts(), "the second of the group")

    # Part-resolved: each alert's own status counts.
    rig.metrics['shop_errors_ratio{service="ledger"}'] = 0.0
    rig.wait(lambda: rig.alerts()["ledger"].ended_at is not None, "one of the two to resolve")
    assert rig.alerts()["checkout"].ended_at is None

    # Repeated: told again, the same event counts.
    before = rig.alerts()["checkout"].times_seen
    rig.wait(lambda: rig.alerts()["checkout"].times_seen > before, "a repeat")

    # Busy: answered 503 it comes again, and nothing is lost or double.
    rig.busy = 2
    rig.metrics['shop_errors_ratio{service="checkout"}'] = 0.0
    rig.wait(lambda: rig.alerts()["checkout"].ended_at is not None, "resolved after two 503")
    assert rig.answered.count(503) == 2
    assert set(rig.answered) == {202, 503}
    assert len([row for row in rig.events() if row.kind == "alert"]) == 2

    # Resolved alerts are in the timeline; the incident is for people to resolve.
    with rig.app.look_as_system() as look:
        assert [one.state for one in look.session.exec(select(Incident))] == ["declared"]
        texts = [one.text for one in look.session.exec(select(TimelineEntry))]
    assert sum(text.endswith("resolved") for text in texts) == 2, texts

    # The change stands beside the incident, and a person says what it was.
    place = f"/incidents/INC-{incident.key}/changes"
    assert deployed in str(rig.program.get(place))
    rig.program.put(f"{place}/{deployed}/triggered_by", {"confirmed": True})
    assert "triggered_by" in str(rig.program.get(place))


def _recording(rig: Rig, application: Any) -> Any:
    """The tracker, noting its answers, and busy as often as the rig says."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        def noting(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            rig.answered.append(int(status[:3]))
            return start(status, headers, *more)

        if rig.busy:
            rig.busy -= 1
            noting("503 Service Unavailable", [("Retry-After", "1"), ("Content-Length", "0")])
            return [b""]
        found: Iterable[bytes] = application(environ, noting)
        return found

    return answer


@contextmanager
def _serving(application: Any) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _measuring(rig: Rig) -> Iterator[int]:
    class Exporter(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = "".join(f"{name} {value}\n" for name, value in list(rig.metrics.items()))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _running(*command: str, log: Path) -> Iterator[None]:
    with log.open("wb") as told:
        process = subprocess.Popen(command, stdout=told, stderr=told)  # noqa: S603 - our own words
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_configurations(
    folder: Path, hook: int, key: str, exporter: int, alertmanager: int
) -> None:
    (folder / "alertmanager.yml").write_text(f"""
route:
  receiver: tracker
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  repeat_interval: 4s
receivers:
  - name: tracker
    webhook_configs:
      - url: http://127.0.0.1:{hook}/hooks/alertmanager/rig
        send_resolved: true
        http_config:
          authorization: {{type: Bearer, credentials: {key}}}
""")
    (folder / "rules.yml").write_text(RULES)
    (folder / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ["127.0.0.1:{exporter}"]}}]
""")
