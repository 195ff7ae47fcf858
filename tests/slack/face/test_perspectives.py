"""How it looked to somebody, in Slack: asked, written, shared, turned down; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import select

from tests.faces.review_story import REVIEW, answer_everything, resolved
from tests.slack.conftest import SlackRoom
from tests.slack.face.stage import Stage, choice, on_stage, wait_until, words_of
from tests.slack.gate import problem_with_blocks
from tests.stories.addresses import everything
from tracker.domain.errors import NotFound
from tracker.models.catalogue import Person
from tracker.models.perspective import Perspective
from tracker.outbox.schedule import run_due
from tracker.reading.analyse.perspectives import my_perspective, perspectives_of, texts_of
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.perspectives import (
    AskPerspectives,
    WritePerspective,
    ask_perspectives,
    share_perspective,
    withdraw_perspective,
    write_perspective,
)
from tracker.usecases.analyse.reviews import publish_review, waive_review

Body = dict[str, Any]
SECRET = "I was sure that it was the cache, zwergfrumpel"
WRITE, DECLINE = "write_perspective", "decline_perspective"
QUESTION = "thought"


@pytest.fixture
def asked(room: SlackRoom) -> Iterator[Stage]:
    """Alice has asked Charlie about REV-1, and Slack has told him."""
    with on_stage(room) as stage:
        resolved(room.app, room.cast)
        ask(stage)
        run_due(room.app, room.clock.now)
        stage.deliver()
        yield stage


def ask(stage: Stage) -> None:
    room = stage.room
    with room.app.begin(room.cast.alice) as work:
        asked = AskPerspectives(people=(room.cast.email("charlie"),))
        ask_perspectives(work, review_by_ref(work, REVIEW), asked)


def message(stage: Stage) -> Body:
    """The direct message that asked."""
    posted = stage.room.gate.of("chat.postMessage")
    return dict(next(one.body for one in posted if "how it looked to you" in one.body["text"]))


def write(stage: Stage, **more: Any) -> Body:
    """Charlie fills in the form that is open."""
    return stage.fill_in("charlie", {"outcome": choice("private"), **more})


def open_form(stage: Stage) -> Body:
    return stage.form(lambda: stage.press("charlie", message(stage), WRITE))


def kept(stage: Stage) -> dict[str, str]:
    with stage.room.app.look(stage.room.cast.charlie) as look:
        return texts_of(my_perspective(look, 1)[0])


def standing(stage: Stage) -> str:
    with stage.room.app.look(stage.room.cast.alice) as look:
        return perspectives_of(look, review_by_ref(look, REVIEW)).asked[0].standing


def withdraw(stage: Stage) -> None:
    with stage.room.app.begin(stage.room.cast.alice) as work:
        withdraw_perspective(work, review_by_ref(work, REVIEW), 1)


def test_what_is_written_in_slack_is_private_until_it_is_shared(asked: Stage) -> None:
    view = open_form(asked)
    assert problem_with_blocks(view["blocks"], most=100) == ""
    write(asked, **{QUESTION: SECRET})
    assert "Only you can read it" in words_of(asked.reply())
    assert (standing(asked), kept(asked)) == ("asked", {QUESTION: SECRET})
    holding = [
        name for name, rows in everything(asked.room.app).items() if "zwergfrumpel" in "".join(rows)
    ]
    assert holding == ["perspective"]
    view = open_form(asked)
    shown = {one["block_id"]: one["element"] for one in view["blocks"] if one["type"] == "input"}
    assert shown[QUESTION]["initial_value"] == SECRET
    write(asked, outcome=choice("share"), **{QUESTION: SECRET, "surprised": "The quiet"})
    assert "Thank you" in words_of(asked.reply())
    assert standing(asked) == "shared"
    # Another look at it loses nothing, and it stays shared.
    open_form(asked)
    write(asked, outcome=choice("share"), **{QUESTION: SECRET, "surprised": "The quiet"})
    assert standing(asked) == "shared"


def test_nothing_to_share_is_said_in_the_form(asked: Stage) -> None:
    open_form(asked)
    answer = write(asked, outcome=choice("share"))
    assert answer["response_action"] == "errors"
    assert "Write a sentence first" in str(answer["errors"])


def test_what_the_page_saved_while_the_form_was_open_stands(asked: Stage) -> None:
    with asked.room.app.begin(asked.room.cast.charlie) as work:
        for question in (QUESTION, "seen_before"):
            write_perspective(work, 1, WritePerspective(question=question, text="One"))
    open_form(asked)
    with asked.room.app.begin(asked.room.cast.charlie) as work:
        for text in ("One\nTwo", "One\nTwo\nThree"):
            for question in (QUESTION, "seen_before"):
                write_perspective(work, 1, WritePerspective(question=question, text=text))
    write(asked, **{QUESTION: "Zero, in Slack", "seen_before": "One"})
    texts = kept(asked)
    assert "Zero, in Slack" in texts[QUESTION]
    assert "Three" in texts[QUESTION]
    assert texts["seen_before"] == "One\nTwo\nThree"


def test_a_text_longer_than_the_form_stays_whole(asked: Stage) -> None:
    long = "word " * 1_000
    with asked.room.app.begin(asked.room.cast.charlie) as work:
        write_perspective(work, 1, WritePerspective(question=QUESTION, text=long))
    view = open_form(asked)
    assert QUESTION not in [one.get("block_id") for one in view["blocks"]]
    write(asked, surprised="The quiet")
    assert kept(asked) == {QUESTION: long.strip(), "surprised": "The quiet"}


def test_no_thanks_pressed_twice_is_one_answer_and_ends_the_reminders(asked: Stage) -> None:
    for _ in range(2):
        asked.press("charlie", message(asked), DECLINE)
        assert "nobody will remind you" in words_of(asked.reply())
    assert standing(asked) == "declined"
    before = len(asked.room.gate.of("chat.postMessage"))
    run_due(asked.room.app, asked.room.clock.forward(days=30))
    asked.deliver()
    told = asked.room.gate.of("chat.postMessage")[before:]
    assert not [one for one in told if "look" in str(one.body)]


@pytest.mark.parametrize("button", [WRITE, DECLINE])
def test_a_question_withdrawn_meanwhile_is_told_kindly(asked: Stage, button: str) -> None:
    withdraw(asked)
    asked.press("charlie", message(asked), button)
    told = words_of(asked.reply())
    assert "You are no longer asked about REV-1, so there is nothing to do" in told
    assert "/reviews/REV-1/perspectives/mine" in told


def test_what_was_typed_while_it_was_withdrawn_is_kept_for_its_author(asked: Stage) -> None:
    open_form(asked)
    withdraw(asked)
    write(asked, outcome=choice("share"), **{QUESTION: SECRET})
    told = words_of(asked.reply())
    assert "Kept, and not shared" in told
    assert (standing(asked), kept(asked)) == ("withdrawn", {QUESTION: SECRET})


def test_what_was_typed_while_the_review_was_waived_is_kept(asked: Stage) -> None:
    open_form(asked)
    with asked.room.app.begin(asked.room.cast.ada) as work:
        waive_review(work, review_by_ref(work, REVIEW), why="A test")
    write(asked, outcome=choice("share"), **{QUESTION: SECRET})
    assert "waived meanwhile" in words_of(asked.reply())
    assert kept(asked) == {QUESTION: SECRET}


def test_a_review_published_meanwhile_keeps_what_was_shared_and_takes_what_comes_late(
    asked: Stage,
) -> None:
    room = asked.room
    answer_everything(room.app, room.cast.erin)
    open_form(asked)
    with room.app.begin(room.cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))
    write(asked, **{QUESTION: SECRET})
    assert "Only you can read it" in words_of(asked.reply())
    with room.app.begin(room.cast.charlie) as work:
        share_perspective(work, 1)
    asked.press("charlie", message(asked), WRITE)
    assert "is published with what you shared" in words_of(asked.reply())
    assert kept(asked) == {QUESTION: SECRET}


def test_nobody_else_answers_with_the_button_of_another(asked: Stage) -> None:
    asked.press("bob", message(asked), DECLINE)
    assert "That question" in words_of(asked.reply())
    assert standing(asked) == "asked"
    with asked.room.app.look(asked.room.cast.bob) as look, pytest.raises(NotFound):
        my_perspective(look, 1)


def test_who_is_switched_off_is_told_so_and_nothing_changes(asked: Stage) -> None:
    with asked.room.app.begin_as_system() as work:
        work.find(Person, asked.room.cast.charlie.person_id, what="Charlie").active = False
    asked.press("charlie", message(asked), DECLINE)
    assert "switched off" in words_of(asked.reply())
    assert standing(asked) == "asked"


def test_the_home_tab_asks_with_the_same_buttons_until_there_is_an_answer(asked: Stage) -> None:
    def home() -> Body:
        gate = asked.room.gate
        before = len(gate.of("views.publish"))
        asked.happens({"type": "app_home_opened", "user": asked.ids["charlie"], "tab": "home"})
        wait_until(lambda: len(gate.of("views.publish")) > before, "the home tab is drawn")
        return dict(gate.of("views.publish")[-1].body["view"])

    shown = home()
    assert problem_with_blocks(shown["blocks"], most=100) == ""
    assert "How did it look to you?" in words_of(shown)
    assert f"{WRITE}:1" in str(shown)
    assert "How did it look to you?" in asked.said("charlie", "todo")
    asked.press("charlie", message(asked), DECLINE)
    asked.reply()
    assert "How did it look to you?" not in words_of(home())
    with asked.room.app.look_as_system() as look:
        assert look.session.exec(select(Perspective.declined_at)).one() is not None
