"""What happens in Slack by itself: links are posted, people join; and where nothing may happen."""

from __future__ import annotations

from dataclasses import replace

from tests.slack.conftest import SlackRoom
from tests.slack.face.stage import (
    Stage,
    on_stage,
    wait_until,
    words_of,
)
from tracker.app import App


def test_links_unfurl_for_what_everybody_there_may_read(inside: Stage) -> None:
    base = inside.room.app.settings.base_url
    inside.room.declare("Keys were exposed", visibility="private")
    links = [{"url": f"{base}/incidents/INC-{number}"} for number in (1, 2, 99)]
    inside.happens(
        {
            "type": "link_shared",
            "user": inside.ids["alice"],
            "channel": inside.driver.channel("general")["id"],
            "message_ts": "1.2",
            "links": [*links, {"url": "https://elsewhere.example/incidents/INC-1"}],
        }
    )
    asked = inside.room.gate
    wait_until(lambda: any(one.method == "chat.unfurl" for one in asked.calls), "a link unfurls")
    call = next(one for one in asked.calls if one.method == "chat.unfurl")
    assert list(call.body["unfurls"]) == [f"{base}/incidents/INC-1"]


def test_whoever_joins_is_told_where_we_are(inside: Stage) -> None:
    inside.happens(
        {"type": "member_joined_channel", "user": inside.ids["alice"], "channel": inside.channel_id}
    )
    asked = inside.room.gate
    wait_until(lambda: asked.of("chat.postEphemeral"), "a catch-up is shown")
    assert asked.of("chat.postEphemeral")[-1].body["user"] == inside.ids["alice"]


def test_a_workspace_that_is_not_installed_is_told_so(room: SlackRoom) -> None:
    settings = replace(
        room.app.settings, slack_bot_token="", slack_client_id="1.2", slack_client_secret="s"
    )
    room.app = App(settings, clock=room.clock, durable=False)
    with on_stage(room, known=False) as stage:
        status, answer = stage.driver.command("/incident", "list", user=stage.ids["alice"])
        said = words_of(answer if isinstance(answer, dict) else {}) or words_of(stage.reply())
    assert status == 200
    assert "not installed in this workspace" in said
    room.app.close()
