"""A stage: the tracker behind HTTP, an emulated Slack, and people who type, press and fill in."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import func, select
from werkzeug.serving import make_server

from tests.slack.conftest import SIGNING_SECRET, SlackRoom
from tests.slack.driver import Driver
from tracker.app import App
from tracker.db.work import Work
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.lesson import Lesson
from tracker.models.slack import SlackChannel, SlackUser
from tracker.reading.share.library import all_documents
from tracker.usecases.share.lessons import DraftLesson, MoveLesson, draft_lesson, move_lesson
from tracker.wsgi import create_wsgi

Body = dict[str, Any]
WAIT_SECONDS = 10.0


@dataclass
class Stage:
    """What people in Slack do, and what they see."""

    room: SlackRoom
    driver: Driver
    ids: dict[str, str] = field(default_factory=dict)
    channel_id: str = ""

    def type(self, who: str, text: str, *, command: str = "/incident", elsewhere: str = "") -> Body:
        """What the person is answered at once; an empty answer when a form is opened."""
        status, answer = self.driver.command(
            command, text, user=self.ids[who], channel=elsewhere or self.channel_id
        )
        assert status == 200, (status, answer)
        return answer if isinstance(answer, dict) else {"text": answer or ""}

    def said(self, who: str, text: str, **where: str) -> str:
        """The words of the answer, those of its blocks included."""
        return words_of(self.type(who, text, **where))

    def form(self, open_it: Callable[[], object]) -> Body:
        """The form that opens after this; where it could not be opened, after trying again."""
        before = len(self.opened)
        for _ in range(3):
            open_it()
            wait_until(
                lambda: len(self.opened) > before or not self.driver.replies.empty(),
                "a form opens or somebody says why not",
            )
            if len(self.opened) > before:
                break
            assert "could not be opened" in self.reply()["text"]
        return self.driver.last_view()

    @property
    def opened(self) -> list[object]:
        return [*self.room.gate.of("views.open"), *self.room.gate.of("views.update")]

    def fill_in(self, who: str, values: Body, *, view: Body | None = None) -> Body:
        """What Slack is answered when the person submits the form: errors, or another view."""
        status, answer = self.driver.submit(self.ids[who], values, view=view)
        assert status == 200, (status, answer)
        return answer or {}

    def reply(self) -> Body:
        """The answer that came afterwards, by its own address."""
        return self.driver.replies.get(timeout=WAIT_SECONDS)

    def silent(self) -> bool:
        """True when no answer came afterwards."""
        try:
            self.driver.replies.get(timeout=0.3)
        except queue.Empty:
            return True
        return False

    def press(self, who: str, message: Body, action_id: str, **more: Any) -> None:
        """The person presses a button of the message, in the incident's channel."""
        status, answer = self.driver.click(
            self.ids[who], {"ts": "1.0", **message}, self.channel_id, action_id, **more
        )
        assert status == 200, (status, answer)

    def happens(self, event: Body, **more: Any) -> None:
        """Something happens in Slack."""
        status, answer = self.driver.event(event, **more)
        assert status == 200, (status, answer)

    def deliver(self) -> None:
        """Everything in the outbox has reached Slack."""
        self.room.deliver()

    def enter(self, incident: Incident) -> None:
        """Everybody is in the channel of this incident from here on."""
        self.deliver()
        with self.room.app.look_as_system() as look:
            row = look.session.exec(
                select(SlackChannel).where(SlackChannel.incident_id == incident.key)
            ).one()
        assert row.channel_id, row.trouble
        self.channel_id = row.channel_id
        # What was told is known by its instant: nothing else happens in the same one.
        self.room.clock.forward(minutes=1)

    def incident(self, number: int = 1) -> Incident:
        with self.room.app.look_as_system() as look:
            found = look.session.get(Incident, number)
        assert found is not None
        return found

    def entries(self, *, kind: str = "") -> list[TimelineEntry]:
        """What people wrote in the timeline, oldest first."""
        with self.room.app.look_as_system() as look:
            rows = look.session.exec(select(TimelineEntry).order_by(TimelineEntry.id)).all()  # type: ignore[arg-type]
        return [row for row in rows if row.kind == kind or (not kind and row.kind != "system")]

    def card(self) -> Body:
        """The incident's card as it stands in the channel."""
        messages = self.driver.messages(self.channel_id)
        return next(one for one in messages if one.get("blocks", [{}])[0].get("type") == "header")


def words_of(answer: Body) -> str:
    """Everything an answer says, one piece in a line."""
    found: list[str] = []

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("text"), str):
                found.append(node["text"])
            for value in node.values():
                collect(value)
        elif isinstance(node, list):
            for one in node:
                collect(one)

    collect(answer)
    return "\n".join(found)


def wait_until(condition: Callable[[], object], what: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < until, f"it does not happen that {what}"
        time.sleep(0.01)


def choice(value: str) -> Body:
    return {"selected_option": {"value": value}}


def choices(*values: str) -> Body:
    return {"selected_options": [{"value": value} for value in values]}


def declaring(**more: Any) -> Body:
    return {"title": "Checkout answers with errors", "visibility": choice("org"), **more}


def count(stage: Stage, model: type) -> int:
    with stage.room.app.look_as_system() as look:
        return look.session.exec(select(func.count()).select_from(model)).one()


def publish_lesson(work: Work) -> Lesson:
    lesson = draft_lesson(
        work,
        DraftLesson(
            title="Bounded pools fail early",
            situation="A connection pool that can wait for ever",
            insight="Waiting hides that it is exhausted",
            recommendation="Give every pool a bound and a short wait",
        ),
    )
    return move_lesson(work, lesson, MoveLesson(verb="publish"))


def rebuild(app: App) -> None:
    with app.look_as_system() as look:
        app.index.rebuild(all_documents(look))


@contextmanager
def on_stage(room: SlackRoom, *, known: bool = True) -> Iterator[Stage]:
    """The tracker serves; with ``known`` the people of the cast have been here before."""
    flask_app = create_wsgi(room.app)
    server = make_server("127.0.0.1", 0, flask_app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    driver = Driver(
        f"http://127.0.0.1:{server.server_port}/slack/events",
        room.gate,
        signing_secret=SIGNING_SECRET,
    )
    stage = Stage(room, driver)
    for name in ("alice", "bob", "charlie", "erin"):
        stage.ids[name] = driver.user(f"{name}@example.org")
    stage.ids["nora"] = driver.user("nora@example.org")
    if known:
        with room.app.begin_as_system() as work:
            for name in ("alice", "bob", "charlie", "erin"):
                person_id = getattr(room.cast, name).person_id
                work.add(
                    SlackUser(
                        team_id=driver.team, slack_user_id=stage.ids[name], person_id=person_id
                    )
                )
    yield stage
    server.shutdown()
    flask_app.extensions["slack_face"].close()
    driver.stop()
