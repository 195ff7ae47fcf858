"""Commands of twenty people at once while every call to Slack takes five seconds."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import quantiles
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from slack_sdk.signature import SignatureVerifier

from benchmarks.figures import bound, print_rows, print_title
from benchmarks.serving import tracker_served
from tracker.app import App
from tracker.db.access import person_and_actor
from tracker.models.slack import SlackChannel, SlackUser
from tracker.usecases.people import PersonAsk, create_person
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident

SECRET = "signs the commands of a benchmark"  # noqa: S105 - nothing else is signed with it
TEAM, CHANNEL = "T0BENCH", "C0BENCH"
AT_ONCE = 20
SLACK_SECONDS = 5.0
MOST_MS = 300
TYPED = (
    "status",
    "note at 10 min ago errors fall",
    "declare",
    "help",
    "update We look at it. Next in 30 min",
    "list",
    "task fail over the replica",
    "timeline",
    "sev",
    "role commander",
)


def measure_slack(app: App, *, commands: int) -> None:
    """Prints how long people wait for the acknowledgement, by what they typed."""
    print_title(f"Slack: {AT_ONCE} people at once, each call to Slack takes {SLACK_SECONDS:.0f} s")
    person_id = _cast(app)
    with (
        _slow_slack() as slack,
        environment(
            TRACKER_SLACK_BOT_TOKEN="xoxb-bench",  # noqa: S106 - of a Slack that is none
            TRACKER_SLACK_SIGNING_SECRET=SECRET,
            TRACKER_SLACK_API_URL=f"{slack}/api/",
        ),
        # As people run it: with its worker, on every core there is.
        tracker_served(app, person_id, worker=True, pinned=False) as client,
    ):
        ask = _Asker(client.port, slack)
        for number in range(AT_ONCE):
            ask(-1 - number)
        with ThreadPoolExecutor(AT_ONCE) as people:
            took = list(people.map(ask, range(commands)))
    rows = []
    for kind, typed in enumerate(TYPED):
        rows.append(_row(typed.split()[0], [took[n] for n in range(kind, commands, len(TYPED))]))
    print_rows(("command", "median ms", "p99 ms", "n"), [*rows, _row("all", took)])
    slowest = quantiles(took, n=100, method="inclusive")[-1] * 1000
    print(bound(f"acknowledged within {MOST_MS} ms (p99)", met=slowest < MOST_MS))


def _row(name: str, seconds: list[float]) -> tuple[str, ...]:
    cuts = [one * 1000 for one in quantiles(seconds, n=100, method="inclusive")]
    return name, f"{cuts[49]:.0f}", f"{cuts[-1]:.0f}", str(len(seconds))


class _Asker:
    """Types the commands one after the other, each signed and each but once."""

    def __init__(self, port: int, slack: str) -> None:
        self._url = f"http://127.0.0.1:{port}/slack/events"
        self._slack = slack
        self._verifier = SignatureVerifier(SECRET)

    def __call__(self, number: int) -> float:
        """Seconds until it is acknowledged."""
        body = urlencode(
            {
                "command": "/incident",
                "text": TYPED[number % len(TYPED)],
                "team_id": TEAM,
                "user_id": "U0BENCH",
                "channel_id": CHANNEL,
                "trigger_id": f"bench {number}",
                "response_url": f"{self._slack}/reply",
            }
        )
        at = str(int(time.time()))
        signature = self._verifier.generate_signature(timestamp=at, body=body) or ""
        headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature}
        began = time.perf_counter()
        with urlopen(Request(self._url, body.encode(), headers), timeout=60) as answer:  # noqa: S310 - our own server
            answer.read()
        return time.perf_counter() - began


def _cast(app: App) -> int:
    """Somebody known to Slack, in the channel of an incident. The person's id."""
    with app.begin_as_system() as work:
        person = create_person(work, PersonAsk(email="bench@example.org", name="Benchmark"))
        work.add(SlackUser(team_id=TEAM, slack_user_id="U0BENCH", person_id=person.key))
        found = person_and_actor(work.session, person.key)
    if found is None:
        raise RuntimeError("nobody was made")
    with app.begin(found[1]) as work:
        incident = declare_incident(work, DeclareIncident(title="Measured", severity="SEV3"))
        work.add(
            SlackChannel(
                incident_id=incident.key, team_id=TEAM, channel_id=CHANNEL, name="inc-measured"
            )
        )
    return person.key


@contextmanager
def _slow_slack() -> Iterator[str]:
    """A Slack that says yes to everything, slowly. Its address."""

    class Slow(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            time.sleep(SLACK_SECONDS)
            # Whoever asked has given up by now, or has not.
            with suppress(OSError):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(b'{"ok": true}')

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def environment(**settings: str) -> Iterator[None]:
    """The servers started meanwhile have these settings."""
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            del os.environ[name]
