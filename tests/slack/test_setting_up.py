"""Connecting Slack: the manifest, the installation, and what doctor says is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

import pytest
from click.testing import CliRunner
from sqlmodel import select

from tests.conftest import HandClock, cast_for
from tests.faces.browser import Browser
from tests.slack.conftest import SlackRoom
from tests.slack.gate import Gate
from tests.slack.test_deliveries import whole_incident
from tracker.app import App
from tracker.cli.main import tracker
from tracker.models.slack import SlackInstallation
from tracker.outbox.health import examine
from tracker.senders.slack_manifest import SHORTCUTS, manifest
from tracker.senders.slack_scopes import EVENT_SCOPES, METHODS, REASONS, bot_scopes
from tracker.senders.slack_tokens import TokenUnreadableError, decrypt_token, encrypt_token
from tracker.wsgi import create_wsgi

TRACKER = Path(__file__).parents[2] / "tracker"


def test_the_table_of_methods_names_every_call_that_is_made(room: SlackRoom) -> None:
    whole_incident(room, deliver=room.deliver)
    called = {one.method for one in room.gate.calls}
    assert len(called) > 8
    assert called <= set(METHODS)


def test_no_permission_is_asked_for_that_no_code_uses() -> None:
    code = " ".join(
        path.read_text() for name in ("outbox", "slack") for path in (TRACKER / name).rglob("*.py")
    )
    # As a string of ours, or as the function of Slack's client: views.open, views_open.
    unused = [one for one in METHODS if one not in code and one.replace(".", "_") not in code]
    assert unused == []


def test_the_manifest_asks_for_exactly_those_permissions() -> None:
    document = manifest(
        base_url="https://tracker.example.org/", command="incident", lessons_command="lessons"
    )
    assert document["oauth_config"]["scopes"]["bot"] == bot_scopes()
    assert document["settings"]["event_subscriptions"] == {
        "bot_events": sorted(EVENT_SCOPES),
        "request_url": "https://tracker.example.org/slack/events",
    }
    assert {one["command"] for one in document["features"]["slash_commands"]} == {
        "/incident",
        "/lessons",
    }
    assert len(document["features"]["shortcuts"]) == len(SHORTCUTS) <= 10
    assert all(len(one["name"]) <= 24 for one in document["features"]["shortcuts"])


def test_the_manifest_for_socket_mode_names_no_address() -> None:
    answer = CliRunner().invoke(
        tracker,
        ["slack", "manifest", "--base-url", "https://in.example.org", "--socket-mode"],
        env={"TRACKER_SLACK_COMMAND": "vorfall"},
    )
    assert answer.exit_code == 0, answer.output
    document = json.loads(answer.stdout)
    assert document["settings"]["socket_mode_enabled"] is True
    assert "https://" not in json.dumps(document)
    assert document["features"]["slash_commands"][0]["command"] == "/vorfall"


def test_a_kept_token_is_read_with_the_same_secret_key_only() -> None:
    kept = encrypt_token("xoxb-1-secret", secret_key="a" * 40)
    assert "xoxb" not in kept
    assert decrypt_token(kept, secret_key="a" * 40) == "xoxb-1-secret"
    with pytest.raises(TokenUnreadableError):
        decrypt_token(kept, secret_key="b" * 40)


@pytest.fixture
def oauth_app(make_app: Callable[[str], App], gate: Gate, clock: HandClock) -> App:
    app = make_app("sqlite")
    settings = replace(
        app.settings,
        slack_client_id="111.222",
        slack_client_secret="rig-client-secret",
        slack_signing_secret="rig-signing-secret",
        slack_api_url=gate.api_url,
    )
    return App(settings, clock=clock, durable=False)


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


def agreed(gate: Gate, authorize: str) -> str:
    """The person agrees on Slack's page; the path and query Slack sends the browser back to."""
    asked = urlsplit(authorize)
    page = urlopen(f"{gate.upstream}{asked.path}?{asked.query}").read().decode()
    form = re.search(r"<form.*?</form>", page, re.DOTALL)
    assert form is not None
    action = re.search(r'action="([^"]+)"', form[0])
    assert action is not None
    fields = {
        unescape(name): unescape(value)
        for name, value in re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form[0])
    }
    request = Request(gate.upstream + unescape(action[1]), data=urlencode(fields).encode())
    try:
        answer = build_opener(_Stay).open(request)
    except OSError as error:
        answer = error
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def test_an_administrator_installs_it_and_the_token_is_kept_encrypted(
    oauth_app: App, gate: Gate
) -> None:
    cast = cast_for(oauth_app)
    ada = Browser(create_wsgi(oauth_app), oauth_app, cast.email("ada")).client
    authorize = ada.get("/slack/install/begin").headers["Location"]
    asked = parse_qs(urlsplit(authorize).query)
    assert asked["scope"] == [",".join(bot_scopes())]
    answer = ada.get(agreed(gate, authorize))
    assert answer.status_code == 200, answer.text
    assert "Slack is connected" in answer.text
    with oauth_app.look_as_system() as look:
        row = look.session.exec(select(SlackInstallation)).one()
    assert "xox" not in row.bot_token_encrypted
    assert oauth_app.slack_token().startswith("xox")


def test_coming_back_with_another_state_changes_nothing(oauth_app: App, gate: Gate) -> None:
    cast = cast_for(oauth_app)
    ada = Browser(create_wsgi(oauth_app), oauth_app, cast.email("ada")).client
    good = ada.get("/slack/install/begin").headers["Location"]
    path = agreed(gate, good)
    assert ada.get(path.replace("state=", "state=x")).status_code == 400
    assert ada.get(path).status_code == 400, "a state counts once"
    with oauth_app.look_as_system() as look:
        assert look.session.exec(select(SlackInstallation)).all() == []


def test_a_state_that_is_too_old_does_not_count(
    oauth_app: App, gate: Gate, clock: HandClock
) -> None:
    cast = cast_for(oauth_app)
    ada = Browser(create_wsgi(oauth_app), oauth_app, cast.email("ada")).client
    path = agreed(gate, ada.get("/slack/install/begin").headers["Location"])
    clock.forward(minutes=11)
    assert ada.get(path).status_code == 400


def test_before_slack_asks_a_page_says_what_for(oauth_app: App) -> None:
    cast = cast_for(oauth_app)
    ada = Browser(create_wsgi(oauth_app), oauth_app, cast.email("ada")).client
    page = ada.get("/slack/install")
    assert page.status_code == 200
    assert all(f"<code>{one}</code>" in page.text for one in bot_scopes())
    assert 'href="/slack/install/begin"' in page.text


def test_every_permission_has_one_reason() -> None:
    assert sorted(one for _why, scopes in REASONS for one in scopes) == bot_scopes()


@pytest.mark.parametrize("path", ["/slack/install", "/slack/install/begin"])
def test_only_an_administrator_may_install_it(oauth_app: App, path: str) -> None:
    cast = cast_for(oauth_app)
    flask_app = create_wsgi(oauth_app)
    assert Browser(flask_app, oauth_app, cast.email("erin")).client.get(path).status_code == 403
    away = Browser(flask_app, oauth_app).client.get(path)
    assert "/sign-in" in away.headers["Location"]


def test_saying_no_on_slacks_page_is_a_quiet_end(oauth_app: App) -> None:
    cast = cast_for(oauth_app)
    ada = Browser(create_wsgi(oauth_app), oauth_app, cast.email("ada")).client
    state = parse_qs(urlsplit(ada.get("/slack/install/begin").headers["Location"]).query)["state"][
        0
    ]
    answer = ada.get(f"/slack/oauth_redirect?error=access_denied&state={state}")
    assert answer.status_code == 200
    assert "Nothing was changed" in answer.text


def told(app: App) -> dict[str, str]:
    """What doctor says about Slack."""
    return {
        one.name: ("ok " if one.ok else "WRONG ") + one.text
        for one in examine(app, ask_others=True)
        if one.name.startswith("slack")
    }


def test_doctor_says_nothing_of_slack_where_nobody_uses_it(sqlite_app: App) -> None:
    assert told(sqlite_app) == {}


def test_doctor_names_the_wrong_token_and_the_missing_permission(room: SlackRoom) -> None:
    assert told(room.app)["slack_token"].startswith("ok Slack knows the app")
    room.gate.fail("auth.test", status=200, error="invalid_auth")
    assert "TRACKER_SLACK_BOT_TOKEN" in told(room.app)["slack_token"]
    room.gate.headers["x-oauth-scopes"] = "chat:write,commands"
    assert "lacks permissions: bookmarks:read" in told(room.app)["slack_token"]


def test_doctor_says_what_is_missing_for_commands_to_arrive(room: SlackRoom) -> None:
    far = replace(room.app.settings, base_url="http://tracker.example.org")
    assert "Socket Mode" in told(App(far, clock=room.clock))["slack_events"]
    without = replace(room.app.settings, slack_signing_secret="")
    assert "TRACKER_SLACK_SIGNING_SECRET" in told(App(without, clock=room.clock))["slack_events"]


def test_doctor_names_the_channel_that_is_in_trouble(room: SlackRoom) -> None:
    room.declare()
    room.deliver()
    room.gate.fail("chat.update", status=200, error="is_archived")
    with room.app.begin_as_system() as work:
        from tracker.models.incident import Incident

        work.get(Incident, 1).title = "Another title"
        work.emit("incident.changed", work.get(Incident, 1))
    room.deliver()
    assert "Unarchive it in Slack" in told(room.app)["slack_channel"]
