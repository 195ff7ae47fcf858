"""What server and worker hold in memory after a while of mixed use."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from benchmarks.figures import bound, print_title
from benchmarks.organisation import Landmarks
from benchmarks.serving import Client, tracker_served
from tracker.app import App

MOST_MB = 250
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
PATHS = (
    "/",
    "/incidents",
    "/incidents?state=open",
    "/incidents/{incident}",
    "/reviews/{review}",
    "/reviews/{review}/edit/facts",
    "/library?q=expired+certificate",
    "/library?q=database",
    "/lessons",
    "/actions",
    "/reviews",
)


def measure_memory(app: App, landmarks: Landmarks, *, seconds: float) -> None:
    """Prints the resident memory of server and worker together, before and after the use."""
    print_title(f"Memory of server and worker, after {seconds:.0f} s of mixed use")
    with tracker_served(app, landmarks.person_id, worker=True, pinned=False) as client:
        time.sleep(3)
        before = _megabytes(client.process_id)
        asked = _use(client, landmarks, seconds)
        after = _megabytes(client.process_id)
    told = ", ".join(f"{name} {size:.0f} MB" for name, size in after.items())
    total = sum(after.values())
    print(
        f"{asked:,} requests: {told}; together {total:.0f} MB "
        f"(at the start {sum(before.values()):.0f} MB); "
        + bound(f"{MOST_MB} MB", met=total < MOST_MB)
    )


def _use(client: Client, landmarks: Landmarks, seconds: float) -> int:
    """Pages by turns, and between them an answer saved or a note written, which is indexed."""
    until = time.monotonic() + seconds
    asked = 0
    for number in count():
        for path in PATHS:
            client.get(path.format(incident=landmarks.incident, review=landmarks.review))
        client.post(
            f"/reviews/{landmarks.review}/answers/summary",
            {"text": f"As turn {number} tells it.", "base_version": ""},
        )
        client.post(
            f"/incidents/{landmarks.incident}/timeline",
            {"text": f"Something was seen in turn {number}.", "kind": "note"},
        )
        asked += len(PATHS) + 2
        if time.monotonic() > until:
            break
    return asked


def _megabytes(process_id: int) -> dict[str, float]:
    """Resident memory of the process and of those it started."""
    found = {}
    for name, one in _family(process_id):
        pages = int(Path(f"/proc/{one}/statm").read_text().split()[1])
        found[name] = pages * PAGE_BYTES / 1_000_000
    return found


def _family(process_id: int) -> Iterator[tuple[str, int]]:
    yield "server", process_id
    for task in Path(f"/proc/{process_id}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield "worker", int(child)
