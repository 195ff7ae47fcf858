"""Installing in a workspace: an administrator is sent to Slack and comes back with its consent."""

from __future__ import annotations

import secrets
from typing import cast
from urllib.error import URLError
from urllib.parse import urlencode, urljoin

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from werkzeug.wrappers import Response

from tracker.app import App
from tracker.db.access import person_and_actor
from tracker.domain.people import Actor
from tracker.senders.slack_manifest import REDIRECT_PATH
from tracker.senders.slack_scopes import REASONS, bot_scopes
from tracker.usecases.slack_installations import InstallSlack, install_slack

slack_install = Blueprint("slack_install", __name__)

STATE = "slack_state"
# Long enough to read what Slack asks for, short enough that nobody else finds it open.
STATE_SECONDS = 600
ANSWER_LIMIT_SECONDS = 10


@slack_install.get("/slack/install")
def install() -> Response:
    """What Slack will be asked for, and why, before anybody is sent there."""
    refused = _refused(_tracker())
    if refused is not None:
        return refused
    page = render_template("slack/install.html", title="Add the tracker to Slack", reasons=REASONS)
    return Response(page, mimetype="text/html")


# A link, not a form: browsers hold the way to Slack, too, against where our forms may go.
@slack_install.get("/slack/install/begin")
def begin() -> Response:
    """The administrator is sent to Slack, with a state that only this browser has."""
    app = _tracker()
    refused = _refused(app)
    if refused is not None:
        return refused
    state = secrets.token_urlsafe(32)
    session[STATE] = [state, app.clock().timestamp()]
    asked = {
        "client_id": app.settings.slack_client_id,
        "scope": ",".join(bot_scopes()),
        "redirect_uri": _redirect_uri(app),
        "state": state,
    }
    address = urljoin(app.settings.slack_api_url, "/oauth/v2/authorize")
    return redirect(f"{address}?{urlencode(asked)}")


@slack_install.get(REDIRECT_PATH)
def oauth_redirect() -> Response:
    """Back from Slack: the workspace is installed, or the page says why it is not."""
    app = _tracker()
    kept = session.pop(STATE, None)
    if not _is_fresh(app, kept, request.args.get("state", "")):
        return _told(
            "This came from another visit",
            "Begin again from /slack/install in this browser, within ten minutes.",
            status=400,
        )
    actor = _signed_in(app)
    if actor is None:
        return redirect(url_for("login.sign_in", next="/slack/install"))
    if request.args.get("error"):
        return _told(
            "Slack was not connected",
            "Somebody chose not to allow it. Nothing was changed; it can be tried again any time.",
            status=200,
        )
    ask = _exchange(app, request.args.get("code", ""))
    if isinstance(ask, Response):
        return ask
    with app.begin(actor) as work:
        install_slack(work, ask, secret_key=app.settings.kept_secret_key())
    return _told(
        "Slack is connected",
        f"The tracker is installed in {ask.team_name}. "
        f"Type /{app.settings.slack_command} there, and try: help.",
        status=200,
    )


def _refused(app: App) -> Response | None:
    """Why this cannot begin: nobody is signed in, or settings are missing.

    Raises: NotPermitted.
    """
    actor = _signed_in(app)
    if actor is None:
        return redirect(url_for("login.sign_in", next="/slack/install"))
    actor.needs("install_slack")
    if app.settings.slack_client_id and app.settings.slack_client_secret:
        return None
    return _told(
        "Slack needs two more settings",
        "Set TRACKER_SLACK_CLIENT_ID and TRACKER_SLACK_CLIENT_SECRET, from the page "
        "“Basic Information” of the Slack app, and start the tracker again.",
        status=409,
    )


def _exchange(app: App, code: str) -> InstallSlack | Response:
    client = WebClient(
        base_url=app.settings.slack_api_url, timeout=ANSWER_LIMIT_SECONDS, retry_handlers=[]
    )
    try:
        answer = client.oauth_v2_access(
            client_id=app.settings.slack_client_id,
            client_secret=app.settings.slack_client_secret,
            code=code,
            redirect_uri=_redirect_uri(app),
        )
    except (SlackApiError, SlackClientError, URLError, OSError, ValueError) as error:
        reason = type(error).__name__
        if isinstance(error, SlackApiError):
            reason = str(error.response.get("error") or reason)
        return _told(
            "Slack did not accept it",
            f"It said: {reason}. Check client ID and client secret against the app's page, then "
            "begin again from /slack/install.",
            status=502,
        )
    team = answer.get("team") or {}
    return InstallSlack(
        team_id=str(team.get("id") or ""),
        team_name=str(team.get("name") or ""),
        bot_token=str(answer.get("access_token") or ""),
        bot_user_id=str(answer.get("bot_user_id") or ""),
        scopes=str(answer.get("scope") or ""),
    )


def _is_fresh(app: App, kept: object, given: str) -> bool:
    if not isinstance(kept, list) or len(kept) != 2:
        return False
    state, at = kept
    age = app.clock().timestamp() - float(at)
    return 0 <= age <= STATE_SECONDS and secrets.compare_digest(str(state), given)


def _signed_in(app: App) -> Actor | None:
    """Who is signed in in this browser: the same session as the pages'."""
    person_id = session.get("person")
    if not isinstance(person_id, int):
        return None
    with app.look_as_system() as look:
        found = person_and_actor(look.session, person_id)
    if found is None or not found[0].active or found[0].session_epoch != session.get("epoch"):
        return None
    return found[1]


def _tracker() -> App:
    return cast("App", current_app.extensions["tracker"])


def _redirect_uri(app: App) -> str:
    return app.settings.base_url.rstrip("/") + REDIRECT_PATH


def _told(title: str, text: str, *, status: int) -> Response:
    return Response(
        render_template("slack/told.html", title=title, text=text), status, mimetype="text/html"
    )
