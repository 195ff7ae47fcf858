"""The conversation of a channel is taken with everybody's knowledge, or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from tests.faces.browser import Browser
from tests.slack.conftest import SlackRoom
from tests.slack.face.stage import Stage, on_stage, words_of
from tracker.domain.errors import NotAllowed, NotFound
from tracker.models.incident import Incident
from tracker.models.transcript import Transcript, TranscriptMessage
from tracker.outbox.schedule import run_due
from tracker.reading.respond.transcripts import transcript_state
from tracker.reading.share.exchange import exported_lines, exported_tables
from tracker.reading.share.library import documents
from tracker.usecases.respond.incidents import MoveIncident, move_incident, set_visibility
from tracker.usecases.respond.response import assign_role
from tracker.usecases.respond.transcripts import (
    ask_transcript,
    leave_transcript,
    take_transcript,
    withdraw_transcript,
)
from tracker.wsgi import create_wsgi

Body = dict[str, Any]


@pytest.fixture
def over(room: SlackRoom) -> Iterator[Stage]:
    """INC-1 is resolved; Alice commanded it, and people talked in its channel."""
    with on_stage(room) as stage:
        stage.enter(room.declare())
        do(room, assign_role, role="commander", person="alice@example.org")
        move(room, "resolve")
        room.deliver()
        yield stage


def do(room: SlackRoom, verb: Any, *asked: Any, who: str = "alice", **named: Any) -> Any:
    room.clock.forward(seconds=1)
    with room.app.begin(getattr(room.cast, who)) as work:
        return verb(work, work.get(Incident, 1), *asked, **named)


def move(room: SlackRoom, verb: str) -> None:
    do(room, move_incident, MoveIncident(verb=verb))


def talk(stage: Stage, *said: tuple[str, str], **more: Any) -> list[Body]:
    """What stands in the channel, as Slack hands it out: newest first, in pages of two."""
    began = time.time() - 600
    messages: list[Body] = [
        {
            "type": "message",
            "user": stage.ids.get(who, who),
            "text": text,
            "ts": f"{began + number:.6f}",
        }
        for number, (who, text) in enumerate(said)
    ]
    for number, extra in more.items():
        messages[int(number.removeprefix("m"))].update(extra)

    def history(body: Body) -> Body:
        latest = str(body.get("latest") or "9999999999.0")
        own = [one for one in messages if one.get("thread_ts") in (None, one["ts"])]
        found = sorted((one for one in own if one["ts"] < latest), key=lambda one: one["ts"])
        page = found[::-1][:2]
        return {"ok": True, "messages": page, "has_more": len(found) > 2}

    def replies(body: Body) -> Body:
        found = [one for one in messages if body["ts"] in (one["ts"], one.get("thread_ts"))]
        return {"ok": True, "messages": found}

    stage.room.gate.answers["conversations.history"] = history
    stage.room.gate.answers["conversations.replies"] = replies
    return messages


def kept(room: SlackRoom) -> list[tuple[str, str]]:
    """(who, what) in the record, in its order."""
    with room.app.look_as_system() as look:
        rows = look.session.exec(
            select(TranscriptMessage).order_by(
                TranscriptMessage.thread_ts,
                TranscriptMessage.message_ts,  # type: ignore[arg-type]
            )
        ).all()
    return [(row.author_name, row.text) for row in rows]


def asked_there(room: SlackRoom) -> Body:
    """The question as it stands in the channel."""
    found = [
        one
        for one in room.gate.calls
        if one.method in ("chat.postMessage", "chat.update")
        and one.reply.get("ok")
        and "kept with" in str(one.body.get("text"))
    ]
    return found[-1].body


def test_the_channel_is_told_who_asks_what_is_kept_and_who_reads_it(over: Stage) -> None:
    said = over.said("bob", "transcript")
    assert "May" not in said and "everybody may leave their own messages out" in said
    over.press("bob", over.type("bob", "transcript"), "ask_transcript")
    assert "asked now" in over.reply()["text"]
    over.room.deliver()
    told = words_of(asked_there(over.room))
    assert f"<@{over.ids['bob']}> asks" in told
    for words in ("your name and the time", "Nothing of guests and apps", "everybody who may read"):
        assert words in told
    assert kept(over.room) == []


def test_nothing_is_taken_before_the_stated_time_and_everything_after_it(over: Stage) -> None:
    talk(over, ("alice", "pool is full"), ("bob", "rolling back <@{}>"), ("bob", "it falls"))
    over.type("bob", "transcript ask")
    over.room.deliver()
    over.room.clock.forward(hours=23)
    run_due(over.room.app, over.room.clock.now)
    assert kept(over.room) == []
    over.room.clock.forward(hours=2)
    run_due(over.room.app, over.room.clock.now)
    assert [text for _, text in kept(over.room)][::2] == ["pool is full", "it falls"]
    assert "3 messages are kept" in words_of(asked_there(over.room))
    assert "3 messages" in over.said("bob", "transcript")


def test_the_time_to_object_begins_when_the_channel_was_told(over: Stage) -> None:
    talk(over, ("alice", "pool is full"))
    over.room.gate.fail("*", status=503, times=10_000)
    over.type("bob", "transcript ask")
    for _ in range(30):
        over.room.clock.forward(hours=1)
        run_due(over.room.app, over.room.clock.now)
    over.room.gate.faults.clear()
    over.room.clock.forward(minutes=15)
    run_due(over.room.app, over.room.clock.now)
    assert "May what was said" in str(asked_there(over.room)["text"])
    assert kept(over.room) == [], "a day passed, but nobody had been told"


def test_who_leaves_theirs_out_is_left_out_and_can_still_do_so_afterwards(over: Stage) -> None:
    talk(over, ("alice", "pool is full"), ("bob", "my mistake"), ("charlie", "I look"))
    over.type("bob", "transcript ask")
    over.room.deliver()
    over.press("bob", asked_there(over.room), "leave_transcript")
    assert "will not be kept" in over.reply()["text"]
    over.type("alice", "transcript now")
    over.room.deliver()
    assert kept(over.room) == [("Alice", "pool is full"), ("Charlie", "I look")]
    over.press("charlie", asked_there(over.room), "leave_transcript")
    assert "1 message of yours" in over.reply()["text"]
    over.room.deliver()
    assert kept(over.room) == [("Alice", "pool is full")]
    assert "1 message is kept" in words_of(asked_there(over.room))


def test_only_the_commander_has_it_taken_at_once(over: Stage) -> None:
    talk(over, ("alice", "pool is full"))
    assert "no such thing" not in over.said("bob", "transcript now")
    over.type("bob", "transcript ask")
    assert "Only the commander" in over.said("bob", "transcript now")
    over.room.deliver()
    assert kept(over.room) == []
    with pytest.raises(NotAllowed):
        do(over.room, take_transcript, who="bob")


def test_threads_stay_together_and_files_are_named(over: Stage) -> None:
    messages = talk(
        over, ("alice", "first"), ("bob", "second"), ("alice", "answer"), ("bob", ""),
        m3={"files": [{"name": "graph.png"}], "subtype": "file_share"},
    )  # fmt: skip
    messages[0].update(thread_ts=messages[0]["ts"], reply_count=1)
    messages[2].update(thread_ts=messages[0]["ts"], subtype="thread_broadcast")
    over.type("alice", "transcript ask")
    over.type("alice", "transcript now")
    over.room.deliver()
    assert [text for _, text in kept(over.room)] == ["first", "answer", "second", ""]
    page = Browser(create_wsgi(over.room.app), over.room.app, over.room.cast.email("bob")).get(
        "/incidents/INC-1/transcript"
    )
    assert "With graph.png, which is not kept here." in page.text
    assert "in a thread" in page.text


def test_guests_apps_and_what_slack_says_itself_are_not_taken(over: Stage) -> None:
    talk(
        over, ("UGUEST", "I only watch"), ("alice", "pool is full"), ("bob", "joined"),
        ("UAPP", "deployed"), ("UNEW", "I know this one <@UGUEST>"),
        m2={"subtype": "channel_join"}, m3={"bot_id": "B1"},
    )  # fmt: skip
    people = {
        "UGUEST": {"real_name": "Guest", "is_restricted": True},
        "UNEW": {"profile": {"real_name": "Nina New"}},
    }
    over.room.gate.answers["users.info"] = lambda body: {"ok": True, "user": people[body["user"]]}
    over.type("alice", "transcript ask")
    over.type("alice", "transcript now")
    over.room.deliver()
    assert kept(over.room) == [
        ("Alice", "pool is full"), ("Nina New", "I know this one @somebody"),
    ]  # fmt: skip


def test_broken_off_anywhere_it_is_taken_once_and_whole(over: Stage) -> None:
    said = [("alice" if number % 2 else "bob", f"message {number}") for number in range(9)]
    talk(over, *said)
    over.type("alice", "transcript ask")
    over.room.deliver()
    over.type("alice", "transcript now")
    gate = over.room.gate
    gate.fail("conversations.history", status=500, times=1)
    over.room.deliver_through()
    assert [text for _, text in kept(over.room)] == [text for _, text in said]


def test_broken_off_in_the_middle_it_goes_on_where_it_was(over: Stage) -> None:
    said = [("alice", f"message {number}") for number in range(9)]
    talk(over, *said)
    history: Any = over.room.gate.answers["conversations.history"]
    asked: list[str] = []

    def breaks_once(body: Body) -> Body:
        asked.append(str(body.get("latest") or ""))
        if len(asked) == 3:
            return {"ok": False, "error": "internal_error"}
        answer: Body = history(body)
        return answer

    over.room.gate.answers["conversations.history"] = breaks_once
    over.type("alice", "transcript ask")
    over.type("alice", "transcript now")
    over.room.deliver_through()
    assert [text for _, text in kept(over.room)] == [text for _, text in said]
    assert asked.count("") == 1, "the first page is not asked for again"


def test_let_be_nothing_is_kept_and_the_channel_is_told(over: Stage) -> None:
    talk(over, ("alice", "pool is full"))
    over.type("bob", "transcript ask")
    over.type("alice", "transcript now")
    over.room.deliver()
    assert kept(over.room)
    assert "Whoever asked" in over.said("charlie", "transcript stop")
    over.type("bob", "transcript stop")
    over.room.deliver()
    assert kept(over.room) == []
    assert "is not kept with" in words_of(asked_there(over.room))
    assert "Ask the channel" in over.said("bob", "transcript")


def test_the_channel_of_a_closed_incident_waits_for_it_with_being_archived(over: Stage) -> None:
    talk(over, ("alice", "pool is full"))
    over.type("bob", "transcript ask")
    over.room.deliver()
    move(over.room, "close")
    over.room.deliver()
    assert over.room.channel("inc-1-")["is_archived"] is False
    over.room.clock.forward(hours=25)
    run_due(over.room.app, over.room.clock.now)
    assert kept(over.room) == [("Alice", "pool is full")]
    assert over.room.channel("inc-1-")["is_archived"] is True


def test_it_cannot_be_asked_for_while_the_incident_goes_on(room: SlackRoom) -> None:
    with on_stage(room) as stage:
        stage.enter(room.declare())
        assert "ask when it is resolved" in stage.said("alice", "transcript")
        with pytest.raises(NotAllowed):
            do(room, ask_transcript)
        with pytest.raises(NotFound):
            do(room, leave_transcript)


def test_asked_twice_is_asked_once(over: Stage) -> None:
    first = do(over.room, ask_transcript)
    assert do(over.room, ask_transcript, who="bob").id == first.id
    over.room.deliver()
    over.room.deliver()
    with over.room.app.look_as_system() as look:
        assert len(look.session.exec(select(Transcript)).all()) == 1
    posted = [one for one in over.room.gate.of("chat.postMessage")
              if "May what was said" in str(one.body["text"])]  # fmt: skip
    assert len(posted) == 1


def test_it_is_found_and_exported_and_read_under_the_rules_of_its_incident(over: Stage) -> None:
    talk(over, ("alice", "the vorpal pool is full"))
    over.type("alice", "transcript ask")
    over.type("alice", "transcript now")
    over.room.deliver()
    app, cast = over.room.app, over.room.cast
    with app.look_as_system() as look:
        assert "vorpal" in documents(look, "incident", [1])[0].body
        table = next(one for one in exported_tables() if one.name == "transcript_message")
        line = next(exported_lines(look, table))
    assert "vorpal" in line and over.ids["alice"] not in line
    web = create_wsgi(app)
    there = "/incidents/INC-1/transcript"
    assert "vorpal" in Browser(web, app, cast.email("charlie")).get(there).text
    with app.begin(cast.alice) as work:
        set_visibility(work, work.get(Incident, 1), visibility="private")
    assert Browser(web, app, cast.email("charlie")).client.get(there).status_code == 404
    assert "vorpal" in Browser(web, app, cast.email("alice")).get(there).text


def test_on_its_page_it_is_asked_for_left_and_withdrawn(over: Stage) -> None:
    talk(over, ("bob", "my mistake"), ("alice", "pool is full"))
    web = create_wsgi(over.room.app)
    bob = Browser(web, over.room.app, over.room.cast.email("bob"))
    there = "/incidents/INC-1/transcript"
    assert "Ask the channel" in bob.get(there).text
    bob.post(f"{there}/ask", {})
    assert "is being asked" in bob.get(there).text
    over.room.deliver()
    bob.post(f"{there}/leave", {})
    assert "Your own messages are left out" in bob.get(there).text
    alice = Browser(web, over.room.app, over.room.cast.email("alice"))
    alice.post(f"{there}/take", {})
    over.room.deliver()
    assert "1 message by 1 person" in alice.get(there).text
    assert "my mistake" not in alice.get(there).text
    alice.post(f"{there}/withdraw", {})
    assert "is not kept" in alice.get(there).text


def test_a_program_has_nothing_to_leave_out(over: Stage) -> None:
    do(over.room, ask_transcript)
    program = replace(over.room.cast.alice, person_id=None, kind="token")
    with over.room.app.begin(program) as work, pytest.raises(NotAllowed):
        leave_transcript(work, work.get(Incident, 1))
    with over.room.app.look(program) as look:
        state = transcript_state(look, look.get(Incident, 1))
    assert not state.may_withdraw and not state.may_take
    with over.room.app.begin(over.room.cast.alice) as work:
        withdraw_transcript(work, work.get(Incident, 1))
