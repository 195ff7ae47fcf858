"""Twenty people in one review of 20,000 words: how long saving, watching and opening it take.

Times are those of the person who waits, the way over the wire included.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from benchmarks.figures import Timing, bound, print_rows, print_title
from benchmarks.past import SEED
from benchmarks.serving import Client, signed_in_cookie, tracker_served
from benchmarks.words import Writer
from tracker.app import App
from tracker.db.access import person_and_actor
from tracker.reading.analyse.reviews import review_of, whole_review
from tracker.reading.references import incident_by_ref, ref, review_by_ref
from tracker.usecases.analyse.answers import SaveAnswer, answer_question
from tracker.usecases.analyse.reviews import StartReview, start_review
from tracker.usecases.people import PersonAsk, create_person
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry
from tracker.wsgi import create_wsgi

WRITERS, WORDS, ENTRIES = 20, 20_000, 200
# As the scripts do it: a save after each pause in typing, a look at the others every three seconds.
SAVE_EVERY, LOOK_EVERY = 1.5, 3.0
MOST_SAVE_MS, MOST_PAGE_MS = 60, 100
TEXTS = ("markdown", "choice")
PAGES = ("edit/facts", "edit/factors", "edit/actions", "timeline", "progress")


@dataclass
class Room:
    """A review that is written on: where, by whom, and its questions."""

    reference: str
    people: list[int]
    questions: list[str]


@dataclass
class Waits:
    """Seconds that people waited, by what for; what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: list[int] = field(default_factory=list)
    # How many words each writer typed and saved.
    typed: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, seconds: float, status: int) -> None:
        """One more wait."""
        with self._lock:
            self.seconds[what].append(seconds)
            if status != 200:
                self.refused.append(status)


def measure_review(app: App, *, seconds: float) -> None:
    """Prints the times of everybody together, and whether the bounds hold."""
    print_title(f"Review of {WORDS:,} words, {WRITERS} people writing, {ENTRIES} entries")
    room = _room(app)
    waits = Waits()
    # As people run it: with its worker, on every core there is.
    with tracker_served(app, room.people[0], worker=True, pinned=False) as reader:
        flask_app = create_wsgi(app)
        cookies = [signed_in_cookie(flask_app, app, one) for one in room.people]
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(
                target=_write,
                args=(Client(reader.port, cookie), room, number, until, waits),
                daemon=True,
            )
            for number, cookie in enumerate(cookies)
        ]
        for thread in threads:
            thread.start()
        while time.monotonic() < until:
            # What a request costs that does nothing: how busy the machine is with other things.
            waits.note("nothing (/healthz)", reader.timed_get("/healthz"), 200)
            for page in PAGES:
                waits.note(
                    f"page {page}", reader.timed_get(f"/reviews/{room.reference}/{page}"), 200
                )
                time.sleep(0.2)
        for thread in threads:
            thread.join()
    rows = []
    for what, taken in sorted(waits.seconds.items()):
        timing = Timing(tuple(taken))
        most = MOST_SAVE_MS if what == "save" else MOST_PAGE_MS
        bounded = what == "save" or what.startswith("page")
        told = bound(f"p95 under {most} ms", met=timing.p95_ms < most) if bounded else ""
        rows.append(
            (what, f"{timing.median_ms:.1f}", f"{timing.p95_ms:.1f}", str(timing.count), told)
        )
    print_rows(("what", "median ms", "p95 ms", "n", ""), rows)
    print(f"refused: {len(waits.refused)}; {_kept(app, room, waits.typed)}")


def _room(app: App) -> Room:
    """An organisation of twenty, an incident with its entries, and its review, full of words."""
    writer = Writer(SEED)
    people = []
    with app.begin_as_system() as work:
        for number in range(WRITERS):
            ask = PersonAsk(email=f"w{number}@example.org", name=f"Writer {number}", role="editor")
            people.append(create_person(work, ask).key)
    with app.look_as_system() as look:
        found = person_and_actor(look.session, people[0])
    assert found is not None
    with app.begin(found[1]) as work:
        incident = declare_incident(work, DeclareIncident(title=writer.title(), severity="SEV2"))
        for number in range(ENTRIES):
            at = work.now - timedelta(minutes=ENTRIES - number)
            add_timeline_entry(work, incident, AddEntry(text=writer.prose(20), at=at))
        move_incident(work, incident, MoveIncident(verb="resolve"))
        place = ref(incident)
    with app.begin(found[1]) as work:
        # Resolving it began the review that the policy asks for.
        review = review_of(work, incident_by_ref(work, place)) or start_review(
            work, StartReview(incidents=(place,), template="learning")
        )
        whole = whole_review(work, review)
        questions = [one.key for one in whole.template.questions if one.kind in TEXTS]
        each = WORDS // len(questions)
        for question in questions:
            text = "\n\n".join([*(f"Part {n}: here" for n in range(WRITERS)), writer.prose(each)])
            answer_question(work, review, SaveAnswer(question=question, text=text))
        return Room(ref(review), people, questions)


def _write(client: Client, room: Room, number: int, until: float, waits: Waits) -> None:
    """One person: types a word in a paragraph of their own, saves, looks what the others did.

    Two share a question, so that every other save is joined with somebody's.
    """
    client.take_token()
    question = room.questions[number // 2 % len(room.questions)]
    url = f"/reviews/{room.reference}"
    window = f"bench-window-{number}"
    version, text = 0, ""
    looked, typed = 0.0, 0
    time.sleep(SAVE_EVERY * number / WRITERS)
    while time.monotonic() < until:
        began = time.perf_counter()
        if time.monotonic() - looked > LOOK_EVERY or not text:
            looked = time.monotonic()
            known = {"window": window, "question": question, "writing": "yes",
                     "known": json.dumps({question: version})}  # fmt: skip
            status, body = client.post(f"{url}/together", known)
            waits.note("look", time.perf_counter() - began, status)
            newer = json.loads(body)["answers"].get(question)
            if newer:
                version, text = newer["version"], newer["text"]
        typed += 1
        mark = f"Part {number}: here"
        text = text.replace(mark, f"{mark} word{typed}", 1)
        began = time.perf_counter()
        status, body = client.post(
            f"{url}/answers/{question}", {"text": text, "base_version": str(version)}
        )
        waits.note("save", time.perf_counter() - began, status)
        saved = json.loads(body)
        if status == 200:
            version, text = saved["version"], saved.get("merged_text", text)
        time.sleep(max(0.0, SAVE_EVERY - (time.perf_counter() - began)))
    waits.typed[number] = typed


def _kept(app: App, room: Room, typed_by: dict[int, int]) -> str:
    """That every word that somebody saved is there."""
    with app.look_as_system() as look:
        answers = whole_review(look, review_by_ref(look, room.reference)).answers
    missing = 0
    for number, typed in typed_by.items():
        text = answers[room.questions[number // 2 % len(room.questions)]].text
        line = next((one for one in text.split("\n") if one.startswith(f"Part {number}: ")), "")
        there = set(line.split())
        missing += sum(f"word{count}" not in there for count in range(1, typed + 1))
    return f"of {sum(typed_by.values())} words that were saved {missing} are missing"
