"""A whole SEV1 through signed Slack requests alone: from the declaration to its review."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from tests.slack.conftest import SlackRoom
from tests.slack.face.stage import Stage, choice, choices, on_stage, words_of
from tests.slack.gate import Fault
from tracker.models.action import Action
from tracker.models.incident import TimelineEntry
from tracker.models.lesson import Lesson
from tracker.models.review import Review
from tracker.reading.analyse.review_steps import steps_of
from tracker.reading.analyse.reviews import whole_review
from tracker.senders.slack import SlackSender

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
    # A new channel takes a score of calls; where each of them breaks, the waits add up.
    through(stage, step_seconds=20)
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


def through(stage: Stage, *, step_seconds: int = 2) -> None:
    stage.room.deliver_through(rounds=500, step_seconds=step_seconds)


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
        assert everything_about(stage) == END


# What a person sees in Slack at the end, and what the record says: word by word.
END: Body = {
    "name": "inc-1-checkout-answers-with-errors",
    "topic": "SEV1 · resolved · Commander: Bob · Checkout answers with errors",
    "pins": 1,
    "bookmarks": ["INC-1 in the tracker", "REV-1: review"],
    "messages": [
        "INC-1 Checkout answers with errors: SEV1, resolved",
        "Commander: Alice",
        "Communications: Bob",
        "INC-1: Investigating",
        "Update of INC-1: The pool is exhausted; we go back to 5.1",
        "Commander handed over from Alice to Bob",
        "Task done: look at the connection pool",
        "INC-1: Mitigated",
        "INC-1: Resolved",
        "REV-1 Review: Checkout answers with errors",
    ],
    "announced": ["SEV1: INC-1 Checkout answers with errors, resolved"],
    "review": "published",
    "lessons": ["Give every pool a bound"],
    "actions": ["alert when waits on a pool climb"],
    "timeline": [
        ("system", "Declared as SEV1"),
        ("system", "Commander: Alice"),
        ("system", "Communications: Bob"),
        ("system", "Investigating"),
        ("observation", "waits on the pool climb"),
        ("change", "deployed checkout 5.2 https://ci.example/9"),
        ("system", "Status update (internal): The pool is exhausted; we go back to 5.1"),
        ("system", "Commander handed over from Alice to Bob"),
        ("system", "Task done: look at the connection pool"),
        ("system", "Mitigated"),
        ("system", "Impact started: 2026-06-01 08:30 UTC"),
        ("system", "Detected: 2026-06-01 08:35 UTC"),
        ("system", "Diagnosed: 2026-06-01 08:50 UTC"),
        ("system", "Impact ended: unknown: the graphs were gone by then"),
        ("system", "Resolved"),
        ("system", "Review REV-1 is due by 2026-06-08"),
        ("system", "Review REV-1 published, version 1"),
    ],
}
KINDS = {
    "500": Fault("*", status=500),
    "429": Fault("*", status=429, retry_after=1),
    "an answer that is lost": Fault("*", status=503, after=True),
    "a connection that is closed": Fault("*", dropped=True),
    "an answer on a connection that is closed": Fault("*", dropped=True, after=True),
}
USED = (
    "conversations.create", "conversations.setTopic", "conversations.invite", "chat.postMessage",
    "chat.update", "pins.add", "bookmarks.add",
)  # fmt: skip


def everything_about(stage: Stage) -> Body:
    """What Slack shows and what the record says when the story is over."""
    with stage.room.app.look_as_system() as look:
        review = look.session.exec(select(Review)).one()
        record = {
            "review": review.state,
            "lessons": [row.title for row in look.session.exec(select(Lesson))],
            "actions": [row.title for row in look.session.exec(select(Action))],
            "timeline": [(row.kind, row.text) for row in look.session.exec(select(TimelineEntry))],
        }
    return {**told(stage), **record}


def whole_story(room: SlackRoom) -> Body:
    with on_stage(room) as stage:
        respond(stage)
        learn(stage)
        through(stage)
        return everything_about(stage)


@pytest.mark.parametrize("kind", KINDS)
def test_with_a_fault_at_every_call_the_story_ends_in_the_same_state(
    room: SlackRoom, kind: str
) -> None:
    room.gate.each_call = KINDS[kind]
    seen = whole_story(room)
    broken = {one.method for one in room.gate.calls if not one.reply.get("ok") or one.status != 200}
    room.gate.forget()
    assert not set(USED) - broken, "each of them went wrong"
    assert seen == END


def test_slack_that_answers_too_late_at_each_method_leaves_the_same_state(
    room: SlackRoom,
) -> None:
    hurried = SlackSender("xoxb-rig", api_url=room.app.settings.slack_api_url, limit_seconds=1)
    room.app._slack_senders["xoxb-rig"] = hurried
    for method in USED:
        room.gate.fail(method, delay_seconds=1.4, after=True)
    seen = whole_story(room)
    assert not [one for one in room.gate.faults if one.times]
    assert seen == END
