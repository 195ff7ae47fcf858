"""Somebody who is named in an answer hears of it, once, and only if they may read it."""

from __future__ import annotations

from sqlmodel import select

from tests.conftest import Cast
from tracker.app import App
from tracker.models.journal import Notice
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.answers import SaveAnswer, answer_question
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident


def begun(app: App, cast: Cast, *, visibility: str = "org") -> None:
    with app.begin(cast.alice) as work:
        ask = DeclareIncident(title="Down", severity="SEV1", visibility=visibility)
        move_incident(work, declare_incident(work, ask), MoveIncident(verb="resolve"))


def write(app: App, cast: Cast, text: str, question: str = "background") -> None:
    with app.begin(cast.alice) as work:
        answer_question(
            work, review_by_ref(work, "REV-1"), SaveAnswer(question=question, text=text)
        )


def told(app: App) -> list[tuple[int, str]]:
    with app.look_as_system() as look:
        rows = look.session.exec(select(Notice).where(Notice.kind == "named")).all()
        return [(row.person_id, row.text) for row in rows]


def test_whoever_is_named_hears_once_however_often_it_is_saved(app: App, cast: Cast) -> None:
    begun(app, cast)
    for text in ("Ask @Bob", "Ask @Bob about it", "Ask nobody", "Ask @Bob and @Charlie, @Alice"):
        write(app, cast, text)
    sentence = "Alice named you in REV-1 “Review: Down”"
    assert told(app) == [
        (cast.bob.person_id, sentence),
        (cast.charlie.person_id, sentence),
    ]
    write(app, cast, "And @Bob here", question="impact")
    assert [person for person, _ in told(app)].count(cast.bob.person_id) == 2


def test_who_may_not_read_the_review_hears_nothing(sqlite_app: App, sqlite_cast: Cast) -> None:
    begun(sqlite_app, sqlite_cast, visibility="private")
    write(sqlite_app, sqlite_cast, "Ask @Charlie")
    assert told(sqlite_app) == []
