"""Answers: merged, restored, thinned out; who may write when."""

from __future__ import annotations

import pytest

from tests.conftest import Cast, HandClock
from tests.faces.review_story import REVIEW, published, resolved
from tracker.app import App
from tracker.domain.errors import NotAllowed, NotFound, NotPermitted, NotValid
from tracker.domain.people import Actor
from tracker.domain.review import Answer
from tracker.reading.analyse.reviews import answer_history
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.answers import (
    SaveAnswer,
    SavedAnswer,
    answer_question,
    restore_answer,
    thin_out_revisions,
)
from tracker.usecases.analyse.reviews import waive_review


def _save(
    app: App, who: Actor, text: str, version: int | None, *, base: Answer | None = None
) -> SavedAnswer:
    with app.begin(who) as work:
        ask = SaveAnswer(question="lucky", text=text, base_version=version, base=base)
        return answer_question(work, review_by_ref(work, REVIEW), ask)


def _versions(app: App, who: Actor) -> list[tuple[int, str, bool]]:
    with app.look(who) as look:
        rows = answer_history(look, review_by_ref(look, REVIEW), "lucky")
        return [(row.version, row.text, row.merged) for row in rows]


def test_a_save_on_an_older_version_is_merged_and_both_stay_in_the_history(
    app: App, cast: Cast
) -> None:
    resolved(app, cast)
    _save(app, cast.alice, "a\nb\nc", 0)
    _save(app, cast.alice, "A\nb\nc", 1)
    saved = _save(app, cast.bob, "a\nb\nC", 1)
    assert saved.merged
    assert saved.row.text == "A\nb\nC"
    assert _versions(app, cast.alice) == [
        (3, "A\nb\nC", True), (2, "A\nb\nc", False), (1, "a\nb\nc", False),
    ]  # fmt: skip
    with app.look(cast.bob) as look:
        newest = answer_history(look, review_by_ref(look, REVIEW), "lucky")[0]
        assert newest.typed == "a\nb\nC"


def test_saving_the_same_twice_makes_one_version(app: App, cast: Cast) -> None:
    resolved(app, cast)
    for base in (0, 1, 0, None):
        assert _save(app, cast.alice, "a", base).row.version == 1


def test_a_writer_who_knows_no_version_replaces_and_loses_nothing(app: App, cast: Cast) -> None:
    resolved(app, cast)
    _save(app, cast.alice, "a", 0)
    assert _save(app, cast.bob, "b", None).row.text == "b"
    assert [text for _, text, _ in _versions(app, cast.bob)] == ["b", "a"]


def test_a_base_of_the_writers_own_words_is_what_their_change_is_measured_on(
    app: App, cast: Cast
) -> None:
    resolved(app, cast)
    _save(app, cast.alice, "theirs\n\nour\n\nmine", 0)
    saved = _save(app, cast.bob, "our\n\nmine and more", 1, base=Answer(text="our\n\nmine"))
    assert saved.row.text == "theirs\n\nour\n\nmine and more"


@pytest.mark.parametrize("base", [1, 5])
def test_a_version_that_never_was_is_refused(app: App, cast: Cast, base: int) -> None:
    resolved(app, cast)
    if base == 5:
        _save(app, cast.alice, "a", 0)
    with pytest.raises(NotValid) as refused:
        _save(app, cast.alice, "b", base)
    assert refused.value.gaps[0].field == "base_version"


def test_an_earlier_version_stands_again_and_the_later_one_is_kept(app: App, cast: Cast) -> None:
    resolved(app, cast)
    _save(app, cast.alice, "first", 0)
    _save(app, cast.alice, "second", 1)
    with app.begin(cast.bob) as work:
        saved = restore_answer(work, review_by_ref(work, REVIEW), "lucky", version=1)
    assert (saved.row.version, saved.row.text) == (3, "first")
    assert [version for version, _, _ in _versions(app, cast.bob)] == [3, 2, 1]
    with pytest.raises(NotFound), app.begin(cast.bob) as work:
        restore_answer(work, review_by_ref(work, REVIEW), "lucky", version=9)


def test_a_published_or_waived_review_is_not_written_on_by_responders(
    app: App, cast: Cast, clock: HandClock
) -> None:
    published(app, cast, clock)
    with pytest.raises(NotPermitted):
        _save(app, cast.alice, "mine", None)
    _save(app, cast.erin, "ours", None)


def test_nobody_writes_on_a_waived_review(sqlite_app: App, sqlite_cast: Cast) -> None:
    resolved(sqlite_app, sqlite_cast)
    with sqlite_app.begin(sqlite_cast.ada) as work:
        waive_review(work, review_by_ref(work, REVIEW), why="Told elsewhere")
    with pytest.raises(NotAllowed):
        _save(sqlite_app, sqlite_cast.ada, "mine", None)


def test_thinning_keeps_the_first_the_last_of_each_stretch_and_every_merge(
    app: App, cast: Cast, clock: HandClock
) -> None:
    resolved(app, cast)
    for number in range(5):
        _save(app, cast.alice, f"text {number}", number)
        clock.forward(seconds=5)
    _save(app, cast.bob, "bob 5", 5)
    _save(app, cast.alice, "text 4\nmore", 5)  # merged with Bob's
    clock.forward(minutes=20)
    _save(app, cast.alice, "text 7", 7)
    _save(app, cast.alice, "text 8", 8)
    with app.begin_as_system() as work:
        assert thin_out_revisions(work) == 0, "the last day is left alone"
    clock.forward(days=2)
    with app.begin_as_system() as work:
        assert thin_out_revisions(work) == 4
    assert [version for version, _, _ in _versions(app, cast.alice)] == [9, 7, 6, 5, 1]
    with app.begin_as_system() as work:
        assert thin_out_revisions(work) == 0
    # Somebody who comes back with a version that was thinned out loses nothing either.
    saved = _save(app, cast.bob, "text 2 and mine", 3)
    assert "text 2 and mine" in saved.row.text
    assert "text 8" in saved.row.text
