"""The library: building the index, the results page, and how soon something new is found."""

from __future__ import annotations

import time
from http import HTTPStatus

from benchmarks.figures import Timing, bound, print_rows, print_title
from benchmarks.organisation import Landmarks
from benchmarks.serving import bare_page, tracker_served
from benchmarks.words import Writer
from tracker.app import App
from tracker.db.access import person_and_actor
from tracker.domain.people import Actor
from tracker.outbox.worker import rebuild_index
from tracker.search.index import SearchQuery, silent_progress
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident

MOST_MS = 150
LOOK_AGAIN_SECONDS = 0.02
PATIENCE_SECONDS = 30.0
QUESTIONS = (
    "certificate", "expired certificate", "database connection pool", "dns", "helm upgrade",
    "certifcate expird", '"load balancer"', "payment tag:login", "queue worker retry timeout",
    "severity:SEV1 deploy", "backup restore region", "quota", "kubernetes pod", "slow query lock",
)  # fmt: skip


def build_index(app: App) -> None:
    """The index of the whole library stands, and how long that took is printed."""
    began = time.perf_counter()
    count = rebuild_index(app, progress=silent_progress)
    took = time.perf_counter() - began
    print(f"index built: {count:,} documents in {took:.1f} s, {count / took:.0f} a second")


def measure_library(app: App, landmarks: Landmarks, *, times: int) -> None:
    """Prints what a results page takes, and when a new incident is found."""
    print_title("Library: results page over the documents of the middle organisation")
    build_index(app)
    writer = Writer(7)
    questions = [*QUESTIONS, *(" ".join(writer.words(2)) for _ in range(len(QUESTIONS)))]
    with bare_page() as bare, tracker_served(app, landmarks.person_id) as client:
        took: list[float] = []
        bare_took: list[float] = []
        status, _ = client.get("/library?q=dns")
        if status != HTTPStatus.OK:
            print(f"results page: no figure: answers {status}")
            return
        paths = [f"/library?q={question.replace(' ', '+')}" for question in questions]
        for path in paths[:5]:
            client.timed_get(path)
        while len(took) < times:
            bare_took += [bare.timed_get("/") for _ in range(10)]
            took += [client.timed_get(path) for path in paths]
    found, alone = Timing(tuple(took)), Timing(tuple(bare_took))
    print_rows(
        ["page", "ms", "p95", "n", "x bare", ""],
        [
            ["bare Flask page", f"{alone.median_ms:.2f}", f"{alone.p95_ms:.2f}", str(alone.count),
             "1.0", ""],
            ["results page", f"{found.median_ms:.1f}", f"{found.p95_ms:.1f}", str(found.count),
             f"{found.median_ms / alone.median_ms:.1f}",
             bound(f"p95 {MOST_MS} ms", met=found.p95_ms < MOST_MS)],
        ],
    )  # fmt: skip


def measure_finding(app: App, landmarks: Landmarks, *, times: int) -> None:
    """Prints how long after its commit an incident is found, with the worker running."""
    with app.look_as_system() as look:
        known = person_and_actor(look.session, landmarks.person_id)
    assert known is not None, "the organisation has this person"
    with tracker_served(app, landmarks.person_id, worker=True, pinned=False):
        # The worker starts after the server; the first one waits for it and does not count.
        waits = [_wait_until_found(app, known[1], number) for number in range(times + 1)][1:]
    timing = Timing(tuple(waits))
    print(
        f"\nfound after its commit, worker running: median {timing.median_ms / 1000:.2f} s, "
        f"p95 {timing.p95_ms / 1000:.2f} s, n {timing.count}"
    )


def _wait_until_found(app: App, actor: Actor, number: int) -> float:
    word = f"zqv{time.time_ns():x}n{number}"
    with app.begin(actor) as work:
        declare_incident(
            work, DeclareIncident(title=f"Found by {word}", impact="some", urgency="soon")
        )
    began = time.perf_counter()
    until = began + PATIENCE_SECONDS
    query = SearchQuery(text=word, readable_circles=actor.circles)
    while time.perf_counter() < until:
        if any(word in hit.title for hit in app.index.search(query).hits):
            break
        time.sleep(LOOK_AGAIN_SECONDS)
    return time.perf_counter() - began
