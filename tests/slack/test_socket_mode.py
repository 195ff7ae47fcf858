"""Socket Mode: the same commands, where Slack cannot reach the tracker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.signature import SignatureVerifier

from tests.conftest import HandClock, cast_for
from tests.slack.conftest import with_slack
from tests.slack.driver import Driver
from tests.slack.gate import Gate
from tests.slack.socket_server import SocketServer
from tracker.app import App
from tracker.slack.socket import SocketMode
from tracker.wsgi import create_wsgi


@pytest.fixture
def server() -> Iterator[SocketServer]:
    one = SocketServer()
    yield one
    one.stop()


@pytest.fixture
def socket_app(make_app: Callable[[str], App], gate: Gate, clock: HandClock) -> App:
    app = with_slack(make_app("sqlite"), gate, clock)
    settings = replace(app.settings, slack_signing_secret="", slack_app_token="xapp-rig")
    return App(settings, clock=clock, durable=False)


def typed(gate: Gate, text: str, *, reply_to: str) -> dict[str, Any]:
    alice = gate.asked("users.lookupByEmail", email="alice@example.org")["user"]["id"]
    return {
        "command": "/incident",
        "text": text,
        "team_id": gate.asked("auth.test")["team_id"],
        "user_id": alice,
        "user_name": "alice",
        "channel_id": "C1",
        "trigger_id": f"1.{time.time_ns()}",
        "response_url": reply_to,
        "token": "x",
        "api_app_id": "A1",
    }


def test_a_command_is_answered_and_when_slack_asks_for_a_new_connection_again(
    socket_app: App, gate: Gate, server: SocketServer
) -> None:
    cast_for(socket_app)
    gate.answers["apps.connections.open"] = {"ok": True, "url": server.url}
    # Slack is away at first: that is waited for.
    gate.fail("apps.connections.open", status=503)
    mode = SocketMode(create_wsgi(socket_app).extensions["slack_face"], again_after=0.1)
    slack = Driver("", gate, signing_secret="none")
    mode.start()
    try:
        assert server.connected.wait(10)
        asked = typed(gate, "help", reply_to=slack.response_url)
        # Who is new here is asked about in Slack first, and answered afterwards.
        assert server.send("slash_commands", asked) is None
        assert "declare" in str(slack.replies.get(timeout=10))
        server.refresh()
        assert server.connected.wait(30)
        asked = typed(gate, "help", reply_to=slack.response_url)
        assert "declare" in str(server.send("slash_commands", asked))
    finally:
        mode.stop()
        slack.stop()
    assert {one.token for one in gate.of("apps.connections.open")} == {"xapp-rig"}


@pytest.mark.parametrize("secret", ["none: Socket Mode only", "xapp-rig"])
def test_without_a_signing_secret_nobody_can_sign_a_request(socket_app: App, secret: str) -> None:
    body, at = "command=%2Fincident&text=help", str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
    answer = (
        create_wsgi(socket_app)
        .test_client()
        .post(
            "/slack/events",
            data=body,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Slack-Request-Timestamp": at,
                "X-Slack-Signature": signature or "",
            },
        )
    )
    assert answer.status_code == 401
