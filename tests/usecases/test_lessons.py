"""Lessons through their verbs: complete before they are published, asked again, replaced."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import col, select

from tests.conftest import Cast
from tracker.app import App
from tracker.domain.errors import Conflict, NotAllowed, NotFound, NotPermitted, NotValid
from tracker.domain.lifecycle import LESSON
from tracker.models.journal import Clock
from tracker.models.lesson import Lesson
from tracker.reading.references import ref
from tracker.reading.share.lessons import (
    LessonFilter,
    common_tags,
    lesson_counts,
    lesson_page,
    list_lessons,
)
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.share.lessons import (
    DraftLesson,
    EditLesson,
    MoveLesson,
    draft_lesson,
    edit_lesson,
    move_lesson,
)

WHOLE = {"situation": "Anywhere", "insight": "It is so", "recommendation": "Do this"}


def _draft(app: App, cast: Cast, *verbs: str, by: str = "erin", **given: object) -> int:
    ask = {"title": "Count the days left", **WHOLE, **given}
    with app.begin(getattr(cast, by)) as work:
        lesson = draft_lesson(work, DraftLesson(**ask))  # type: ignore[arg-type]
    for verb in verbs:
        _move(app, cast, lesson.key, verb, why="Because")
    return lesson.key


def _move(app: App, cast: Cast, key: int, verb: str, **given: str) -> None:
    with app.begin(cast.erin) as work:
        move_lesson(work, work.get(Lesson, key), MoveLesson(verb=verb, **given))  # type: ignore[arg-type]


@pytest.mark.parametrize("state", LESSON.states)
@pytest.mark.parametrize("verb", LESSON.verbs)
def test_every_verb_from_every_state_moves_or_is_refused_as_the_table_says(
    sqlite_app: App, sqlite_cast: Cast, state: str, verb: str
) -> None:
    ways = {
        "draft": (),
        "published": ("publish",),
        "needs_review": ("publish", "ask_again"),
        "archived": ("archive",),
        "superseded": ("publish", "supersede"),
    }
    by = f"LES-{_draft(sqlite_app, sqlite_cast, 'publish', title='Better')}"
    key = _draft(sqlite_app, sqlite_cast)
    for step in ways[state]:
        _move(sqlite_app, sqlite_cast, key, step, why="Because", by=by)
    target = next((m.target for m in LESSON.moves if m.verb == verb and state in m.sources), None)
    if target is None:
        with pytest.raises(NotAllowed):
            _move(sqlite_app, sqlite_cast, key, verb, why="Because", by=by)
    else:
        _move(sqlite_app, sqlite_cast, key, verb, why="Because", by=by)
    with sqlite_app.look_as_system() as look:
        assert look.get(Lesson, key).state == (target or state)


def test_publishing_lists_everything_that_is_missing(app: App, cast: Cast) -> None:
    key = _draft(app, cast, situation="", insight=" ", recommendation="")
    with pytest.raises(NotAllowed) as refused:
        _move(app, cast, key, "publish")
    assert {gap.field for gap in refused.value.gaps} == {"situation", "insight", "recommendation"}


def test_a_published_lesson_stays_complete(app: App, cast: Cast) -> None:
    key = _draft(app, cast, "publish")
    with pytest.raises(NotValid), app.begin(cast.alice) as work:
        edit_lesson(work, work.get(Lesson, key), EditLesson(insight=""))
    with app.look_as_system() as look:
        assert look.get(Lesson, key).insight == "It is so"


def test_a_lesson_is_asked_again_after_the_time_of_the_policy(app: App, cast: Cast) -> None:
    key = _draft(app, cast, "publish")

    def marks() -> list[str]:
        with app.look_as_system() as look:
            query = select(Clock.mark).where(
                Clock.kind == "lesson_review", col(Clock.done_at).is_(None)
            )
            return list(look.session.exec(query))

    assert marks() == ["2027-06-01"]
    with app.begin(cast.alice) as work:
        edit_lesson(work, work.get(Lesson, key), EditLesson(review_by=date(2026, 9, 1)))
    assert marks() == ["2026-09-01"]
    _move(app, cast, key, "archive", why="Gone")
    assert marks() == []


def test_only_a_lesson_in_use_replaces_another_and_never_itself(app: App, cast: Cast) -> None:
    key = _draft(app, cast, "publish")
    draft = _draft(app, cast)
    for by in (f"LES-{key}", f"LES-{draft}"):
        with pytest.raises(NotValid):
            _move(app, cast, key, "supersede", by=by)
    for by in ("", "LES-999", "INC-1"):
        with pytest.raises(NotFound):
            _move(app, cast, key, "supersede", by=by)


def test_a_lesson_from_a_private_incident_is_as_closed_as_the_incident(
    app: App, cast: Cast
) -> None:
    with app.begin(cast.alice) as work:
        incident = declare_incident(
            work, DeclareIncident(title="Leak", severity="SEV2", visibility="private")
        )
    key = _draft(app, cast, by="alice", incidents=(ref(incident),), tags=("leak",))
    with app.look(cast.charlie) as look:
        with pytest.raises(NotFound):
            look.get(Lesson, key)
        assert list_lessons(look, LessonFilter(), count=True).count == 0
        assert lesson_counts(look, {"all": LessonFilter()}) == {"all": 0}
        assert common_tags(look) == []


def test_an_open_lesson_does_not_show_its_closed_source_to_outsiders(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        open_one = declare_incident(work, DeclareIncident(title="Outage", severity="SEV2"))
    key = _draft(app, cast, incidents=(ref(open_one),), others_exposed=True)
    with app.begin(cast.alice) as work:
        closed = declare_incident(
            work, DeclareIncident(title="Leak", severity="SEV2", visibility="private")
        )
    with app.begin(cast.alice) as work:
        edit_lesson(work, work.get(Lesson, key), EditLesson(incidents=(ref(open_one), ref(closed))))
    with app.look(cast.charlie) as look:
        shown = lesson_page(look, look.get(Lesson, key))
        assert [one.title for one in shown.incidents] == ["Outage"]
    with app.begin(cast.charlie) as work:
        edit_lesson(work, work.get(Lesson, key), EditLesson(incidents=()))
    with app.look(cast.alice) as look:
        shown = lesson_page(look, look.get(Lesson, key))
        assert [one.title for one in shown.incidents] == ["Leak"]


def test_tags_and_places_are_replaced_together_or_left(app: App, cast: Cast) -> None:
    key = _draft(app, cast, tags=("DNS", "dns", "cache"), applies_to=(("tech", "BIND"),))
    with app.begin(cast.alice) as work:
        edit_lesson(work, work.get(Lesson, key), EditLesson(title="Other"))
        links = lesson_page(work, work.get(Lesson, key)).item.links
        assert (links.tags, links.applies_to) == (["cache", "dns"], [("tech", "BIND")])
        edit_lesson(work, work.get(Lesson, key), EditLesson(tags=("x",), applies_to=()))
        links = lesson_page(work, work.get(Lesson, key)).item.links
        assert (links.tags, links.applies_to) == (["x"], [])


def test_an_edit_on_an_old_version_is_a_conflict(app: App, cast: Cast) -> None:
    key = _draft(app, cast)
    with app.begin(cast.alice) as work:
        edit_lesson(work, work.get(Lesson, key), EditLesson(title="First", version=1))
    with pytest.raises(Conflict), app.begin(cast.bob) as work:
        edit_lesson(work, work.get(Lesson, key), EditLesson(title="Second", version=1))


def test_responders_write_and_editors_publish(app: App, cast: Cast) -> None:
    key = _draft(app, cast, by="alice")
    with pytest.raises(NotPermitted), app.begin(cast.alice) as work:
        move_lesson(work, work.get(Lesson, key), MoveLesson(verb="publish"))
    with pytest.raises(NotPermitted), app.begin(cast.vera) as work:
        edit_lesson(work, work.get(Lesson, key), EditLesson(title="No"))
