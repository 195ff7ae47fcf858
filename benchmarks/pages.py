"""The pages people open most, in a small and a large organisation, beside the bare page."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

from sqlalchemy import event

from benchmarks.figures import Timing, bound, print_rows, print_title
from benchmarks.incident_rows import SHARED
from benchmarks.organisation import Landmarks
from benchmarks.past import TAGS
from benchmarks.serving import (
    COOKIE,
    Client,
    bare_page,
    signed_in_cookie,
    tracker_served,
)
from tracker.app import App
from tracker.db.access import person_and_actor
from tracker.reading.respond.incidents import IncidentFilter, list_incidents
from tracker.wsgi import create_wsgi

BLOCK = 10
MOST_QUERIES, MOST_MS, MOST_GROWTH = 12, 100, 2.0
DEEP_PAGES = 40


@dataclass
class Place:
    """A made-up organisation with its server."""

    app: App
    landmarks: Landmarks
    client: Client
    took: dict[str, list[float]] = field(default_factory=dict)
    computed: dict[str, float] = field(default_factory=dict)

    def ask(self, name: str, path: str) -> None:
        """A block of questions for this page; what they took is kept."""
        began = self.client.cpu_seconds()
        self.took.setdefault(name, []).extend(self.client.timed_get(path) for _ in range(BLOCK))
        self.computed[name] = self.computed.get(name, 0) + self.client.cpu_seconds() - began

    def computed_ms(self, name: str) -> float:
        """Milliseconds of computing for one page."""
        return self.computed[name] / len(self.took[name]) * 1000


def measure_pages(
    small: tuple[App, Landmarks], large: tuple[App, Landmarks], *, times: int
) -> None:
    """Prints a row for each page, then one for autosave."""
    print_title("Pages: one client, one kept connection, the server on one core")
    with (
        bare_page() as bare,
        tracker_served(small[0], small[1].person_id) as small_client,
        tracker_served(large[0], large[1].person_id) as large_client,
    ):
        places = [Place(*small, small_client), Place(*large, large_client)]
        bare_took: list[float] = []
        rows = []
        for name in _paths(places[0]):
            paths = [_paths(place)[name] for place in places]
            answers = [place.client.get(path)[0] for place, path in zip(places, paths, strict=True)]
            if answers != [200, 200]:
                rows.append([name, *[""] * 9, f"no figure: answers {answers[0]}, {answers[1]}"])
                continue
            for _ in range(BLOCK):
                bare.timed_get("/")
                for place, path in zip(places, paths, strict=True):
                    place.client.timed_get(path)
            # In blocks by turns, so that a busy moment of the machine meets all three.
            for _ in range(max(times // BLOCK, 2)):
                bare_took += [bare.timed_get("/") for _ in range(BLOCK)]
                for place, path in zip(places, paths, strict=True):
                    place.ask(name, path)
            queries = [_queries(place, path) for place, path in zip(places, paths, strict=True)]
            timings = [Timing(tuple(place.took[name])) for place in places]
            computed = [place.computed_ms(name) for place in places]
            rows.append(_row(name, queries, timings, computed, Timing(tuple(bare_took))))
        alone = Timing(tuple(bare_took))
        rows.insert(
            0,
            ["bare Flask page", "0", *[""] * 2, f"{alone.median_ms:.2f}", f"{alone.p95_ms:.2f}", "",
             str(alone.count), "1.0", "", ""],
        )  # fmt: skip
        print_rows(
            [
                "page",
                "SQL",
                "small ms",
                "CPU",
                "large ms",
                "p95",
                "CPU",
                "n",
                "x bare",
                "x small",
                "",
            ],
            rows,
        )
        _measure_autosave(places[1], alone, times=max(times // 2, 20))


def _row(
    name: str, queries: list[int], timings: list[Timing], computed: list[float], bare: Timing
) -> list[str]:
    small, large = timings
    growth = computed[1] / computed[0]
    bounds = [
        bound(f"{MOST_QUERIES} SQL", met=max(queries) <= MOST_QUERIES),
        bound(f"p95 {MOST_MS} ms", met=large.p95_ms < MOST_MS),
        bound(f"{MOST_GROWTH:g} x small", met=growth <= MOST_GROWTH),
    ]
    return [
        name,
        str(queries[1]) if queries[0] == queries[1] else f"{queries[0]}/{queries[1]}",
        f"{small.median_ms:.1f}",
        f"{computed[0]:.1f}",
        f"{large.median_ms:.1f}",
        f"{large.p95_ms:.1f}",
        f"{computed[1]:.1f}",
        str(large.count),
        f"{large.median_ms / bare.median_ms:.1f}",
        f"{growth:.2f}",
        "; ".join(bounds),
    ]


def _paths(place: Place) -> dict[str, str]:
    cursor = _deep_cursor(place)
    marks = place.landmarks
    since = (place.app.clock() - timedelta(days=700)).date().isoformat()
    return {
        "home": "/",
        "list": "/incidents",
        "list, open": "/incidents?state=open",
        "list, far down": f"/incidents?cursor={cursor}",
        "list, by severity": "/incidents?sort=severity",
        "list, by title": "/incidents?sort=title",
        "list, SEV1 and SEV2": "/incidents?severity=SEV1&severity=SEV2",
        "list, of a service": f"/incidents?service=service-{SHARED}",
        "list, of a team, since": f"/incidents?team=team-{SHARED}&since={since}",
        "list, by a tag": f"/incidents?tag={TAGS[0]}",
        "incident, 200 entries": f"/incidents/{marks.incident}",
        "review editor": f"/reviews/{marks.review}/edit/facts",
        "review editor, lessons": f"/reviews/{marks.review}/edit/lessons",
        "reviews": "/reviews",
        "actions": "/actions",
        "lessons": "/lessons",
    }


def _deep_cursor(place: Place) -> str:
    """The cursor of a page far down: page 41 in both, so that both pages are full."""
    with place.app.look_as_system() as look:
        found = person_and_actor(look.session, place.landmarks.person_id)
    if found is None:
        return ""
    cursor = ""
    with place.app.look(found[1]) as look:
        for _ in range(DEEP_PAGES):
            listed = list_incidents(look, IncidentFilter(), cursor=cursor, limit=20)
            cursor = listed.next_cursor or cursor
    return cursor


def _queries(place: Place, path: str) -> int:
    """How many statements the page asks the database, sign-in included."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        # SQLite is told to begin in words; PostgreSQL does it silently.
        if statement != "begin":
            statements.append(statement)

    flask_app = create_wsgi(place.app)
    browser = flask_app.test_client()
    browser.set_cookie(COOKIE, signed_in_cookie(flask_app, place.app, place.landmarks.person_id))
    browser.get(path)
    event.listen(place.app.engine, "before_cursor_execute", note)
    try:
        browser.get(path)
    finally:
        event.remove(place.app.engine, "before_cursor_execute", note)
    return len(statements)


def _measure_autosave(place: Place, bare: Timing, *, times: int) -> None:
    path = f"/reviews/{place.landmarks.review}/answers/summary"
    took = []
    for number in range(times):
        fields = {"text": f"What happened, as save {number} tells it.", "base_version": ""}
        began = time.perf_counter()
        status, _ = place.client.post(path, fields)
        took.append(time.perf_counter() - began)
        if status != HTTPStatus.OK:
            print(f"\nautosave of an answer: no figure: answers {status}")
            return
    timing = Timing(tuple(took))
    print(
        f"\nautosave of an answer (large, flushed to disk): median {timing.median_ms:.1f} ms, "
        f"p95 {timing.p95_ms:.1f} ms, n {timing.count}, "
        f"{timing.median_ms / bare.median_ms:.1f} x bare"
    )
