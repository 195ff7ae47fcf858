"""Socket Mode: the same listeners, where Slack cannot reach this machine."""

from __future__ import annotations

from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from tracker.slack.bolt import SlackFace


def connect(face: SlackFace) -> SocketModeHandler:
    """A connection that answers from now on, in threads of its own, and comes back when it drops.

    Raises: SlackApiError when Slack does not know the app-level token.
    """
    settings = face.app.settings
    handler = SocketModeHandler(
        face.bolt,
        settings.slack_app_token,
        # Both clients need the address: the handler would ask slack.com for its socket.
        web_client=WebClient(token=settings.slack_app_token, base_url=settings.slack_api_url),
    )
    handler.connect()  # type: ignore[no-untyped-call]
    return handler
