"""Socket Mode: the same listeners, where Slack cannot reach this machine."""

from __future__ import annotations

import logging
import threading

from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tracker.slack.bolt import SlackFace
from tracker.slack.people import SLACK_FAULTS

log = logging.getLogger(__name__)

AGAIN_AFTER_SECONDS = 30.0


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


class SocketMode:
    """Keeps one connection, from ``start`` to ``stop``; a Slack that is away is waited for."""

    def __init__(self, face: SlackFace, *, again_after: float = AGAIN_AFTER_SECONDS) -> None:
        self._face = face
        self._again_after = again_after
        self._stop = threading.Event()
        self._handler: SocketModeHandler | None = None
        self._thread = threading.Thread(target=self._run, name="slack-socket", daemon=True)

    def start(self) -> None:
        """The connection is being made; pages need not wait for it."""
        self._thread.start()

    def stop(self) -> None:
        """The connection is closed and not made again."""
        self._stop.set()
        if self._handler is not None:
            self._handler.close()  # type: ignore[no-untyped-call]

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._handler = connect(self._face)
            except SLACK_FAULTS as error:
                # A wrong token does not cure itself, yet who corrects it in Slack expects it to.
                reason = (
                    str(error.response.get("error"))
                    if isinstance(error, SlackApiError)
                    else type(error).__name__
                )
                log.warning("slack_socket_not_connected", extra={"reason": reason})
                self._stop.wait(self._again_after)
            else:
                log.info("slack_socket_connected")
                return
