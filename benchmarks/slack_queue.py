"""Five hundred messages that wait for Slack, told as fast as its limits let them be told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import quantiles
from typing import Any
from urllib.parse import parse_qsl

from sqlmodel import func, select

from benchmarks.figures import bound, print_rows, print_title
from benchmarks.serving import Client, tracker_served
from benchmarks.slack import SECRET, environment
from tracker.app import App
from tracker.db.access import person_and_actor
from tracker.domain.people import Actor
from tracker.models.incident import Incident
from tracker.models.journal import Delivery
from tracker.models.slack import SlackChannel
from tracker.usecases.people import PersonAsk, create_person
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.response import PostUpdate, post_update

# Of each incident: its card, then the updates.
UPDATES = 4
# As Slack has it: some hundred messages a minute in a workspace, one a second in a channel, and
# short bursts of either.
WORKSPACE_A_SECOND, WORKSPACE_BURST = 10.0, 10.0
CHANNEL_A_SECOND, CHANNEL_BURST = 1.0, 5.0
LONGEST_SECONDS = 400.0
MOST_RATIO = 2.0
TOKEN = "xoxb-bench"  # noqa: S105 - of a Slack that is none


def measure_queue(app: App, *, messages: int) -> None:
    """Prints how long the messages took beside what the limits allow, and what pages did."""
    incidents = messages // (UPDATES + 1)
    print_title(f"Slack: {messages} messages of {incidents} incidents wait for it")
    with limited_slack() as (slack, url):
        settings = replace(
            app.settings, slack_bot_token=TOKEN, slack_signing_secret=SECRET, slack_api_url=url
        )
        person_id = _queue_up(App(settings), slack, incidents)
        waiting = _waiting(app)
        with (
            environment(
                TRACKER_SLACK_BOT_TOKEN=TOKEN,
                TRACKER_SLACK_SIGNING_SECRET=SECRET,
                TRACKER_SLACK_API_URL=url,
            ),
            tracker_served(app, person_id, worker=True, pinned=False) as client,
        ):
            slack.let_in()
            pages = _watched(app, client)
        took = slack.last_at - slack.began_at
    ideal = (messages - WORKSPACE_BURST) / WORKSPACE_A_SECOND
    told = sum(len(one) for one in slack.posted.values())
    print_rows(
        ("deliveries", "told", "seconds", "limits allow", "ratio", "asked to wait"),
        [
            (
                str(waiting), str(told), f"{took:.1f}", f"{ideal:.1f}",
                f"{took / ideal:.2f}", str(slack.refused),
            )
        ],
    )  # fmt: skip
    slow = quantiles(pages, n=100, method="inclusive")[-1] * 1000
    print(f"pages meanwhile: n {len(pages)}, p99 {slow:.0f} ms")
    print(bound("each once, in the order of its incident", met=slack.in_order(incidents)))
    print(bound(f"at most {MOST_RATIO:.0f} x what the limits allow", met=took / ideal < MOST_RATIO))


@dataclass
class LimitedSlack:
    """Takes messages at its own pace and remembers which came, in their order."""

    posted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refused: int = 0
    began_at: float = 0.0
    last_at: float = 0.0
    _is_open: bool = False
    _room: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def let_in(self) -> None:
        """Until now Slack was away."""
        self._is_open, self.began_at = True, time.monotonic()

    def answer(self, method: str, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """(status, answer); 429 when a limit is reached."""
        if not self._is_open:
            return 503, {"ok": False, "error": "service_unavailable"}
        if method == "auth.test":
            return 200, {"ok": True, "team_id": "T0BENCH", "user_id": "U0BOT"}
        channel = body.get("channel", "")
        with self._lock:
            if method == "conversations.history":
                return 200, {"ok": True, "messages": self.posted.get(channel, [])[::-1]}
            if method != "chat.postMessage":
                return 200, {"ok": True, "bookmark": {"id": "Bk1"}, "channels": []}
            if not self._fits(channel):
                self.refused += 1
                return 429, {"ok": False, "error": "ratelimited"}
            ts = f"{time.time():.6f}"
            blocks = json.loads(body["blocks"])
            self.posted.setdefault(channel, []).append(
                {"ts": ts, "text": body["text"], "blocks": blocks}
            )
            self.last_at = time.monotonic()
            return 200, {"ok": True, "ts": ts}

    def in_order(self, incidents: int) -> bool:
        """True when each channel has each of its messages once, in their order."""
        wanted = [f"Word {number}" for number in range(UPDATES)]
        told = [[one["text"].partition(": ")[2] for one in some] for some in self.posted.values()]
        return len(told) == incidents and all(one[1:] == wanted for one in told)

    def _fits(self, channel: str) -> bool:
        limits = (
            ("", WORKSPACE_A_SECOND, WORKSPACE_BURST),
            (channel, CHANNEL_A_SECOND, CHANNEL_BURST),
        )
        now = time.monotonic()
        left = {}
        for name, a_second, burst in limits:
            room, at = self._room.get(name, (burst, now))
            left[name] = min(burst, room + (now - at) * a_second)
        if any(room < 1 for room in left.values()):
            return False
        self._room |= {name: (room - 1, now) for name, room in left.items()}
        return True


@contextmanager
def limited_slack() -> Iterator[tuple[LimitedSlack, str]]:
    """The Slack, away at first, and the address of its API."""
    slack = LimitedSlack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            status, answer = slack.answer(self.path.rsplit("/", 1)[-1], dict(parse_qsl(raw)))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status == 429:
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield slack, f"http://127.0.0.1:{server.server_port}/api/"
    server.shutdown()
    server.server_close()


def _queue_up(app: App, slack: LimitedSlack, incidents: int) -> int:
    """Incidents with channels, and updates of all of them by turns. Whoever wrote them."""
    with app.begin_as_system() as work:
        person = create_person(work, PersonAsk(email="queue@example.org", name="Queue"))
        found = person_and_actor(work.session, person.key)
    if found is None:
        raise RuntimeError("nobody was made")
    actor: Actor = found[1]
    ids = []
    for number in range(incidents):
        with app.begin(actor) as work:
            ask = DeclareIncident(title=f"Queued {number}", severity="SEV3")
            incident = declare_incident(work, ask)
            ids.append(incident.key)
            work.add(_channel(incident, work.now))
    for number in range(UPDATES):
        for key in ids:
            with app.begin(actor) as work:
                post_update(work, work.get(Incident, key), PostUpdate(text=f"Word {number}"))
    app.close()
    del slack
    return person.key


def _channel(incident: Incident, now: Any) -> SlackChannel:  # noqa: ANN401 - an instant
    return SlackChannel(
        incident_id=incident.key,
        team_id="T0BENCH",
        channel_id=f"C{incident.key}",
        name=f"inc-{incident.key}",
        told_until=now,
    )


def _waiting(app: App) -> int:
    with app.look_as_system() as look:
        query = select(func.count()).where(
            Delivery.subscriber == "slack", Delivery.status == "pending"
        )
        return look.session.exec(query).one()


def _watched(app: App, client: Client) -> list[float]:
    """Seconds of each page asked for while the queue was worked off."""
    took: list[float] = []
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until:
        took.append(client.timed_get("/incidents"))
        if len(took) % 10 == 0 and not _waiting(app):
            return took
        time.sleep(0.05)
    raise RuntimeError(f"{_waiting(app)} deliveries still wait")
