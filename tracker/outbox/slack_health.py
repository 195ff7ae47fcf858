"""Whether Slack can be talked to, as checks that say what to do."""

from __future__ import annotations

from sqlmodel import col, select

from tracker.app import App
from tracker.models.slack import SlackChannel
from tracker.outbox.checks import Check, bad, good
from tracker.senders.sender import Call, SendError
from tracker.senders.slack_scopes import bot_scopes
from tracker.senders.slack_tokens import TokenUnreadableError

TROUBLES_NAMED = 3


def slack_checks(app: App, *, ask: bool) -> list[Check]:
    """How the connection to Slack is; nothing where nothing of Slack is set.

    ``ask``: Slack itself is asked, which may take seconds.
    """
    settings = app.settings
    given = (settings.slack_signing_secret, settings.slack_app_token, settings.slack_client_id)
    if not settings.slack_is_on:
        if any(given):
            return [
                bad(
                    "slack",
                    "Slack is half set up: TRACKER_SLACK_BOT_TOKEN is missing, or client ID and "
                    "client secret for installing by OAuth; see docs/operate/slack.md",
                )
            ]
        return []
    checks = [_way_in(app), *([_token(app)] if ask else [])]
    with app.look_as_system() as look:
        rows = look.session.exec(
            select(SlackChannel).where(col(SlackChannel.trouble) != "").limit(TROUBLES_NAMED)
        ).all()
    checks += [
        bad("slack_channel", f"#{row.name or '-'} of INC-{row.incident_id}: {row.trouble}")
        for row in rows
    ]
    return checks


def _way_in(app: App) -> Check:
    settings = app.settings
    if settings.slack_signing_secret:
        if not settings.slack_app_token and not settings.secure_cookies:
            return bad(
                "slack_events",
                f"Slack sends to https addresses only, and people come by {settings.base_url}: set "
                "TRACKER_BASE_URL to https://…, or use Socket Mode (TRACKER_SLACK_APP_TOKEN)",
            )
        return good("slack_events", "Requests of Slack can be told from forged ones")
    if settings.slack_app_token:
        return good("slack_events", "Slack is reached by Socket Mode")
    return bad(
        "slack_events",
        "Commands cannot be taken: set TRACKER_SLACK_SIGNING_SECRET from the app's page “Basic "
        "Information”, or TRACKER_SLACK_APP_TOKEN for Socket Mode",
    )


def _token(app: App) -> Check:
    try:
        sender = app.slack()
        if sender is None:
            return bad(
                "slack_token",
                f"The app is not installed yet: open {app.settings.base_url}/slack/install",
            )
        answer = sender.send(Call("auth.test"))
    except TokenUnreadableError as error:
        return bad("slack_token", f"{error}")
    except SendError as error:
        return bad("slack_token", error.explanation)
    granted = answer.get("granted_scopes")
    missing = [one for one in bot_scopes() if one not in granted] if granted is not None else []
    if missing:
        return bad(
            "slack_token",
            f"The app lacks permissions: {', '.join(missing)}. Update it from the manifest "
            "(tracker slack manifest) and install it again",
        )
    return good("slack_token", f"Slack knows the app in the workspace {answer.get('team', '')}")
