"""Messages marked for the timeline: their words and pictures are kept, and shown to who may."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlmodel import select

from tests.slack.conftest import SlackRoom
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.slack import SlackFile
from tracker.reading.share.exchange import exported_lines, exported_tables
from tracker.senders.sender import SendError
from tracker.senders.slack import SlackSender
from tracker.usecases.respond.slack_messages import mark_message
from tracker.usecases.share.exchange import _checked
from tracker.wsgi import create_wsgi

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def mark(room: SlackRoom, message: dict[str, Any]) -> int:
    """Alice marks the message; Slack hands it out when it is asked."""
    room.declare()
    room.deliver()
    channel_id = str(room.channel("inc-1-")["id"])
    posted = room.gate.asked("chat.postMessage", channel=channel_id, text=message["text"])
    whole = {**posted["message"], **message, "ts": posted["ts"]}
    room.gate.answers["conversations.history"] = {"ok": True, "messages": [whole]}
    room.gate.answers["chat.getPermalink"] = {
        "ok": True,
        "permalink": "https://rig.slack.com/archives/C1/p1",
    }
    room.clock.forward(seconds=1)
    with room.app.begin(room.cast.alice) as work:
        return mark_message(
            work,
            work.get(Incident, 1),
            team_id="T1",
            channel_id=channel_id,
            message_ts=str(posted["ts"]),
        ).key


def entry(room: SlackRoom, key: int) -> TimelineEntry:
    with room.app.look_as_system() as look:
        row = look.session.get(TimelineEntry, key)
        assert row is not None
        return row


def picture_at(room: SlackRoom, path: str, *, mime: str, content: bytes) -> dict[str, Any]:
    room.gate.files[path] = (mime, content)
    return {
        "id": f"F{path[-1]}",
        "name": "graph.png",
        "mimetype": "image/png",
        "size": len(content),
        "url_private_download": room.gate.url + path,
    }


def test_the_words_the_link_and_the_picture_of_a_message_are_kept(room: SlackRoom) -> None:
    file = picture_at(room, "/files/1", mime="image/png", content=PNG)
    text = "Look at <https://graph.example/x|the graph> &amp; this"
    key = mark(room, {"text": text, "files": [file]})
    assert room.deliver().failed == {}
    row = entry(room, key)
    assert row.text == "Look at the graph (https://graph.example/x) & this"
    assert row.source_url == "https://rig.slack.com/archives/C1/p1"
    with room.app.look_as_system() as look:
        kept = look.session.exec(select(SlackFile)).one()
    assert (kept.entry_id, kept.mime, kept.content) == (key, "image/png", PNG)


def test_a_page_that_is_no_picture_is_not_kept_as_one(room: SlackRoom) -> None:
    file = picture_at(room, "/files/2", mime="image/png", content=b"<svg onload=alert(1)>")
    mark(room, {"text": "See", "files": [file]})
    assert room.deliver().failed == {}
    with room.app.look_as_system() as look:
        assert look.session.exec(select(SlackFile)).all() == []


def test_the_sign_in_page_in_the_place_of_a_file_names_the_missing_permission(
    room: SlackRoom,
) -> None:
    file = picture_at(room, "/files/3", mime="text/html", content=b"<html>Sign in")
    mark(room, {"text": "See", "files": [file]})
    told = list(room.deliver().failed.values())
    assert len(told) == 1 and "tracker slack manifest" in told[0]


@pytest.mark.parametrize(
    "url", ["https://evil.example/x.png", "http://files.slack.com/x", "file:///etc/passwd"]
)
def test_the_token_is_given_to_slack_alone(url: str) -> None:
    sender = SlackSender("xoxb-secret", api_url="https://slack.com/api/")
    with pytest.raises(SendError) as refused:
        sender.fetch(url, limit_bytes=10)
    assert refused.value.code == "foreign_file"


def test_the_picture_is_shown_to_people_who_may_read_the_incident_only(room: SlackRoom) -> None:
    from tracker.usecases.respond.incidents import set_visibility

    file = picture_at(room, "/files/4", mime="image/png", content=PNG)
    key = mark(room, {"text": "See", "files": [file]})
    room.deliver()
    address = f"/incidents/INC-1/timeline/{key}/pictures/1"
    web = create_wsgi(room.app)
    assert web.test_client().get(address).status_code in (302, 303)
    assert seen_by(room, web, "charlie", address) == (200, PNG)
    with room.app.begin(room.cast.alice) as work:
        set_visibility(work, work.get(Incident, 1), visibility="private")
    assert seen_by(room, web, "charlie", address)[0] == 404
    assert seen_by(room, web, "alice", address) == (200, PNG)
    assert b"pictures/1" in seen_by(room, web, "alice", "/incidents/INC-1")[1]


def seen_by(room: SlackRoom, web: Any, name: str, address: str) -> tuple[int, bytes]:
    from tests.faces.browser import Browser

    answer = Browser(web, room.app, room.cast.email(name)).client.get(address)
    return answer.status_code, answer.data


def test_a_picture_is_in_an_export_and_is_read_back_as_it_was(room: SlackRoom) -> None:
    file = picture_at(room, "/files/5", mime="image/png", content=PNG)
    mark(room, {"text": "See", "files": [file]})
    room.deliver()
    table = next(one for one in exported_tables() if one.name == "slack_file")
    with room.app.look_as_system() as look:
        told = json.loads(next(exported_lines(look, table)))
    assert _checked(table.c.content, told) == PNG
    with pytest.raises(ValueError, match="base64"):
        _checked(table.c.content, {**told, "content": "no base64!"})


def test_an_export_holds_no_token_and_nothing_of_who_is_who_in_slack() -> None:
    told = {one.name for one in exported_tables() if one.name.startswith("slack")}
    assert told == {"slack_file"}
