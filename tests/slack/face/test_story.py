"""A whole SEV1 through signed Slack requests alone: from the declaration to its review."""

from __future__ import annotations

from typing import Any

from sqlmodel import select

from tests.slack.conftest import SlackRoom
from tests.slack.face.stage import Stage, on_stage, words_of
from tests.slack.face.test_forms import choice, choices
from tracker.models.action import Action
from tracker.models.lesson import Lesson
from tracker.models.review import Review
from tracker.reading.analyse.review_steps import steps_of
from tracker.reading.analyse.reviews import whole_review

Body = dict[str, Any]


def respond(stage: Stage) -> None:
    """Declared, answered, told, mitigated, over."""
    alice, bob = stage.ids["alice"], stage.ids["bob"]
    stage.form(lambda: stage.type("alice", "declare Checkout answers with errors"))
    declared = stage.fill_in(
        "alice",
        {
            "title": "Checkout answers with errors",
            "impact": choice("everyone"),
            "urgency": choice("now"),
            "services": choices("checkout"),
            "teams": choices("payments"),
            "visibility": choice("org"),
            "summary": "Every second order fails",
        },
    )
    assert "INC-1" in words_of(declared)
    through(stage)
    stage.enter(stage.incident())
    stage.press("alice", stage.card(), "claim_role:commander")
    stage.reply()
    step(stage, "bob", "role communications")
    step(stage, "bob", "investigate")
    step(stage, "alice", f"task look at the connection pool <@{bob}|bob>")
    step(stage, "alice", "note at 08:40 observation: waits on the pool climb")
    step(stage, "bob", "change 08:30 deployed checkout 5.2 <https://ci.example/9>")
    step(stage, "bob", "update The pool is exhausted; we go back to 5.1. Next in 30 min")
    step(stage, "alice", f"handover commander <@{bob}|bob>")
    step(stage, "bob", "task done connection pool")
    step(stage, "bob", "mitigated")
    step(stage, "bob", "action alert when waits on a pool climb " + f"<@{alice}|alice>")
    for name, at in (("impact-started", "08:30"), ("detected", "08:35"), ("diagnosed", "08:50")):
        step(stage, "alice", f"time {name} at {at}")
    step(stage, "alice", "time impact-ended unknown the graphs were gone by then")
    said = step(stage, "bob", "resolve")
    assert "REV-1" in said


def learn(stage: Stage) -> None:
    """Every open point of the review answered by its button, then published."""
    message = stage.type("erin", "review")
    for _ in range(40):
        buttons = [
            (one["action_id"], block)
            for block in message["blocks"]
            for one in block.get("elements") or ()
            if one.get("type") == "button"
        ]
        answers = [name for name, _ in buttons if name.startswith("answer_question:")]
        if not answers:
            break
        press(stage, message, buttons, answers[0])
        message = stage.type("erin", "review")
    assert "publish_review" in str(message["blocks"])
    stage.press("erin", {**message, "ts": "2.0"}, "publish_review")
    assert "is published" in stage.reply()["text"]


def press(stage: Stage, message: Body, buttons: list[tuple[str, Body]], name: str) -> None:
    question = name.split(":")[1]
    names = [one for one, _ in buttons]
    if f"add_factor:{question}" in names:
        stage.form(lambda: stage.press("erin", message, f"add_factor:{question}"))
        stage.fill_in("erin", {"term": first_term(stage), "role": choice("condition")})
    elif f"keep_lesson:{question}" in names:
        stage.form(lambda: stage.press("erin", message, f"keep_lesson:{question}"))
        stage.fill_in(
            "erin",
            {
                "title": "Give every pool a bound",
                "situation": "A pool that may wait for ever",
                "insight": "Waiting hides that it is exhausted",
                "recommendation": "Bound the wait, alert on it",
            },
        )
        return
    else:
        view = stage.form(lambda: stage.press("erin", message, name))
        fields = {block.get("block_id") for block in view["blocks"]}
        given: Body = {"because": "it is told elsewhere in the review"}
        if "text" in fields:
            given = {"text": "We looked, and this is what we know."}
        if "choice" in fields:
            given["choice"] = choice("yes")
        assert stage.fill_in("erin", given) == {}
    stage.reply()


def first_term(stage: Stage) -> Body:
    view = stage.driver.last_view()
    element = next(one["element"] for one in view["blocks"] if one.get("block_id") == "term")
    return {"selected_option": element["options"][0]}


def step(stage: Stage, who: str, text: str) -> str:
    """One word of one person, a minute later, and everything it brings about in Slack."""
    stage.room.clock.forward(minutes=1)
    said = stage.said(who, text)
    through(stage)
    return said


def through(stage: Stage) -> None:
    stage.room.deliver_through()


def told(stage: Stage) -> Body:
    """What a person sees in Slack at the end."""
    channel = stage.driver.channel("inc-1")
    gate = stage.room.gate
    return {
        "name": channel["name"],
        "topic": gate.asked("conversations.info", channel=channel["id"])["channel"]["topic"][
            "value"
        ],
        "pins": len(gate.asked("pins.list", channel=channel["id"])["items"]),
        "bookmarks": sorted(
            one["title"]
            for one in gate.asked("bookmarks.list", channel_id=channel["id"])["bookmarks"]
        ),
        "messages": stage.room.texts(channel["id"]),
        "announced": stage.room.texts(stage.driver.channel("all-incidents")["id"]),
    }


def test_a_whole_sev1_is_run_and_learned_from_in_slack_alone(room: SlackRoom) -> None:
    with on_stage(room) as stage:
        respond(stage)
        learn(stage)
        through(stage)
        with room.app.look_as_system() as look:
            review = look.session.exec(select(Review)).one()
            assert review.state == "published"
            assert all(not one.gaps for one in steps_of(whole_review(look, review))[0].questions)
            assert look.session.exec(select(Lesson)).one().state == "published"
            assert len(look.session.exec(select(Action)).all()) == 1
        seen = told(stage)
        assert seen["name"].startswith("inc-1-checkout")
        assert "SEV1" in seen["topic"]
        assert seen["pins"] == 1
        assert len(seen["bookmarks"]) >= 1
        everything = "\n".join(seen["messages"])
        assert "The pool is exhausted" in everything
        assert "waits on the pool climb" not in everything, "a note is no message"
        assert any("Checkout answers with errors" in one for one in seen["announced"])


def test_the_same_story_over_faults_ends_in_the_same_state(room: SlackRoom) -> None:
    with on_stage(room) as stage:
        gate = stage.room.gate
        for method in (
            "conversations.create", "conversations.setTopic", "conversations.invite",
            "chat.postMessage", "chat.update", "pins.add", "bookmarks.add",
        ):  # fmt: skip
            gate.fail(method, status=500, times=2)
        gate.fail("chat.postMessage", status=429, retry_after=1, times=1)
        respond(stage)
        through(stage)
        seen = told(stage)
    assert seen["pins"] == 1
    assert len(set(seen["messages"])) == len(seen["messages"])
    assert sum("The pool is exhausted" in one for one in seen["messages"]) == 1
    assert len([one for one in seen["announced"] if "Checkout" in one]) == 1
