"""Every verb in every condition: answered at once and clearly, and done once or not at all.

The verbs come from the table itself, so a new one cannot be forgotten. One tracker serves all of
it; each case has an incident of its own. Nothing here asks an emulated Slack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.slack.face.hall import GUEST, HIDDEN, IDS, NOBODY, Hall, Seen, open_hall
from tests.slack.gate import problem_with_blocks
from tracker.domain.people import LEAST_ROLE, ROLES
from tracker.senders.slack_text import SECTION_LIMIT
from tracker.slack.bolt import verb_table
from tracker.slack.verbs import ANYWHERE, INCIDENT, INSIDE, Verb

TABLE = verb_table()
TYPED = [name for name, verb in TABLE.verbs.items() if verb.place != INSIDE]
DOING = [name for name, verb in TABLE.verbs.items() if verb.effect is not None]
FILLED_IN = [name for name in DOING if TABLE.named(name).form is not None]


@pytest.fixture(scope="module")
def hall(
    sqlite_template_with_cast: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hall]:
    with open_hall(sqlite_template_with_cast, tmp_path_factory.mktemp("hall")) as one:
        yield one


def usual(verb: Verb) -> str:
    """The verb as the help shows it, Bob being named."""
    return (verb.usage or verb.name).replace("@who", f"<@{IDS['bob']}>")


def is_clear(seen: Seen) -> None:
    """Taken by Slack, and something to read in it: an answer, or a form that opened."""
    assert seen.status == 200
    assert seen.told.strip(), "no answer and no form"
    assert "on our side" not in seen.told
    assert not re.search(r"\bNone\b|\bTrue\b|Traceback|\{\}|\[\]", seen.told), seen.told
    assert len(seen.answer.get("text") or "") <= SECTION_LIMIT
    assert problem_with_blocks(seen.answer.get("blocks") or [], most=50) == ""


def is_refused(seen: Seen, why: str) -> None:
    assert why in seen.text, seen.told
    assert seen.view is None
    assert not seen.changed


Condition = Callable[[Hall, Verb], Seen]


def in_a_channel(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    seen = hall.type(IDS["alice"], usual(verb), channel=channel)
    assert "not the channel" not in seen.told
    if verb.show is not None and verb.effect is None:
        assert not seen.changed, "what only shows stores nothing"
    return seen


def outside(hall: Hall, verb: Verb) -> Seen:
    seen = hall.type(IDS["alice"], usual(verb), channel="C1")
    if verb.place == INCIDENT:
        is_refused(seen, "not the channel of an incident")
        assert "/incident list" in seen.text
    return seen


def in_a_closed_one(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel(moves=("resolve", "close"))
    seen = hall.type(IDS["alice"], usual(verb), channel=channel)
    if "not possible now" in seen.text:
        is_refused(seen, "Possible now: reopen")
    return seen


def without_words(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    seen = hall.type(IDS["alice"], verb.name, channel=channel)
    if verb.needs:
        assert not seen.changed, "what it needs was not said"
    return seen


def with_very_many_words(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    words = ("word " * 1_600).strip()
    seen = hall.type(IDS["alice"], f"{verb.name} {words}", channel=channel)
    if "characters; this has" in seen.text:
        assert re.search(r"may have [\d,]+ characters; this has [78],\d{3}", seen.text)
        assert not seen.changed
        assert "fields need" not in seen.text, "one field, one reason"
    return seen


def about_somebody_unknown(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    words = usual(verb).replace(IDS["bob"], NOBODY)
    seen = hall.type(
        IDS["alice"], words if NOBODY in words else f"{words} <@{NOBODY}>", channel=channel
    )
    if "@who" in verb.usage:
        is_refused(seen, f"@{NOBODY} could not be found in Slack")
    return seen


def as_a_viewer(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    for words in (verb.name, usual(verb)):
        seen = hall.type(IDS["vera"], words, channel=channel)
        assert not seen.changed
        if verb.right and ROLES.index(LEAST_ROLE[verb.right]) > ROLES.index("viewer"):
            assert seen.view is None, "nobody fills in a form in vain"
            if verb.show is None:
                is_refused(seen, "Your role (viewer) does not include")
                assert "Ask somebody with the role" in seen.text
    return seen


def as_a_guest(hall: Hall, verb: Verb) -> Seen:
    channel, _ = hall.channel()
    seen = hall.type(GUEST, usual(verb), channel=channel)
    is_refused(seen, "Guests of this workspace can read along")
    return seen


def as_a_stranger_to_a_hidden_one(hall: Hall, verb: Verb) -> Seen:
    channel, reference = hall.channel(visibility="private")
    seen = hall.type(IDS["charlie"], usual(verb), channel=channel)
    assert reference not in re.findall(r"INC-\d+", seen.told)
    assert HIDDEN not in seen.told
    if verb.place == INCIDENT:
        is_refused(seen, "was not found")
    return seen


def said_twice(hall: Hall, verb: Verb) -> Seen:
    """One delivery that comes again, and one form that is sent again."""
    channel, _ = hall.channel()
    trigger = hall.one_more("trigger")
    first, again = (
        hall.type(IDS["alice"], usual(verb), channel=channel, trigger=trigger) for _ in range(2)
    )
    assert not again.changed
    assert again.answer == first.answer
    if first.view is None and verb.form is not None:
        channel, _ = hall.channel()
        first = hall.type(IDS["alice"], verb.name, channel=channel)
    if first.view is not None:
        sent, again = (hall.submit(IDS["alice"], first.view) for _ in range(2))
        assert not again.changed
        assert again.answer == sent.answer
        is_clear(sent)
        assert sent.changed or sent.answer.get("errors"), sent.answer
    return again


CONDITIONS: tuple[Condition, ...] = (
    in_a_channel,
    outside,
    in_a_closed_one,
    without_words,
    with_very_many_words,
    about_somebody_unknown,
    as_a_viewer,
    as_a_guest,
    as_a_stranger_to_a_hidden_one,
    said_twice,
)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", TYPED)
def test_every_verb_in_every_condition(
    hall: Hall, name: str, condition: Condition, caplog: pytest.LogCaptureFixture
) -> None:
    is_clear(condition(hall, TABLE.named(name)))
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []


@pytest.mark.parametrize("name", FILLED_IN)
def test_a_form_sent_by_a_stranger_is_refused(
    hall: Hall, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The incident became private while the form stood open, or what it was about is gone."""
    _, hidden = hall.channel(visibility="private")
    about = {"incident": hidden, "review": "REV-9999", "action": "ACT-9999", "question": "none"}
    title = {"type": "input", "block_id": "title", "element": {"type": "plain_text_input"}}
    view = {
        "id": hall.one_more("V"),
        "type": "modal",
        "callback_id": f"verb {name}",
        "blocks": [title],
        "private_metadata": json.dumps(about),
    }
    seen = hall.submit(IDS["charlie"], view)
    is_clear(seen)
    assert HIDDEN not in seen.text
    if TABLE.named(name).place != ANYWHERE:
        assert "not found" in seen.text, seen.text
    assert not seen.changed
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []


def test_every_verb_that_does_something_names_its_right() -> None:
    assert [name for name in DOING if TABLE.named(name).right not in LEAST_ROLE] == []


def test_what_a_title_cannot_hold_is_kept_below_it(hall: Hall) -> None:
    told = "the checkout hangs for everybody " * 30
    for typed, field_name in (
        ("near-miss", "almost_happened"),
        ("record", "summary"),
        ("declare", "summary"),
        ("lesson", "situation"),
    ):
        channel, _ = hall.channel()
        view = hall.type(IDS["alice"], f"{typed} {told}", channel=channel).view
        assert view is not None
        given = {one["block_id"]: one["element"] for one in view["blocks"] if "element" in one}
        assert given["title"]["initial_value"].endswith("…"), typed
        assert given[field_name]["initial_value"] == told.strip(), typed


def test_a_name_that_is_no_mention_closes_nothing(hall: Hall) -> None:
    channel, reference = hall.channel()
    seen = hall.type(IDS["alice"], "private bob", channel=channel)
    is_refused(seen, "“bob” names nobody: mention people with @")
    seen = hall.type(IDS["alice"], f"private only for <@{IDS['bob']}> and me", channel=channel)
    assert f"{reference} is private now" in seen.text


def test_a_form_is_not_opened_for_what_is_not_possible_now(hall: Hall) -> None:
    channel, _ = hall.channel()
    is_refused(hall.type(IDS["alice"], "reopen", channel=channel), "not possible now")
    closed, _ = hall.channel(moves=("resolve", "close"))
    for verb in ("dismiss", "merge"):
        is_refused(hall.type(IDS["alice"], verb, channel=closed), "Possible now: reopen")


def test_a_reason_has_a_length_for_a_merge_too(hall: Hall) -> None:
    channel, _ = hall.channel()
    seen = hall.type(IDS["alice"], f"merge INC-1 {'word ' * 1_600}", channel=channel)
    is_refused(seen, "Why may have 2,000 characters")


def test_help_helps_a_stranger_in_a_hidden_channel(hall: Hall) -> None:
    channel, reference = hall.channel(visibility="private")
    said = hall.type(IDS["charlie"], "help", channel=channel).text
    assert "/incident declare" in said and reference not in said
