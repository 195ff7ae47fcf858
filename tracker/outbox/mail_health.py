"""Whether mail goes out, as checks that say what to do."""

from __future__ import annotations

from tracker.app import App
from tracker.outbox.checks import Check, bad, good
from tracker.senders.mail_letters import sender_address
from tracker.senders.sender import SendError
from tracker.settings import SettingsError


def mail_checks(app: App, *, ask: bool) -> list[Check]:
    """How the connection to the mail server is; nothing where none is named.

    ``ask``: the server itself is asked, which may take seconds.
    """
    settings = app.settings
    if not settings.mail_is_on:
        if settings.mail_from:
            return [
                bad(
                    "mail", "TRACKER_MAIL_FROM is set and TRACKER_SMTP_URL is not: no mail goes out"
                )
            ]
        return []
    try:
        server = app.mail()
        sender = sender_address(settings.mail_from)
    except SettingsError as error:
        return [bad("mail", str(error))]
    except ValueError as error:
        return [bad("mail", f"TRACKER_MAIL_FROM: {error}")]
    if server is None or not ask:
        return []
    try:
        server.check()
    except SendError as error:
        return [bad("mail", error.explanation)]
    how = "encrypted" if server.server.encrypted else "not encrypted"
    place = f"{server.server.host}:{server.server.port}"
    return [good("mail", f"{place} takes mail from {sender} ({how})")]
