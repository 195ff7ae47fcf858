"""Letters: a message as plain text with a simple HTML twin, ready to be handed to the server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from tracker.assets import folder

SUBJECT_LIMIT = 150


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a person is told. ``once`` names it: a repeated letter carries the same Message-ID.

    ``thread`` gathers letters about one record; ``why`` says why this person gets it.
    """

    to_name: str
    to_email: str
    subject: str
    once: str
    at: datetime
    paragraphs: tuple[str, ...]
    link: str = ""
    link_text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    thread: str = ""
    why: str = ""


def message_of(letter: Letter, *, sender: str, base_url: str) -> EmailMessage:
    """The letter as mail programs show it. ``sender``: an address, or ``Name <address>``."""
    stop_url = f"{base_url.rstrip('/')}/profile"
    message = EmailMessage()
    subject = one_line(letter.subject)
    message["Subject"] = (
        subject if len(subject) <= SUBJECT_LIMIT else f"{subject[: SUBJECT_LIMIT - 1]}…"
    )
    message["From"] = sender
    message["To"] = Address(display_name=one_line(letter.to_name), addr_spec=letter.to_email)
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = message_id(letter.once, base_url)
    if letter.thread:
        message["References"] = message_id(letter.thread, base_url)
    message["List-Unsubscribe"] = f"<{stop_url}>"
    # Programs that answer mail by themselves leave such a message alone.
    message["Auto-Submitted"] = "auto-generated"
    given = {"letter": letter, "stop_url": stop_url}
    message.set_content(_told("letter.txt", given))
    message.add_alternative(_told("letter.html", given), subtype="html")
    return message


def with_calendar(message: EmailMessage, calendar: bytes, *, method: str) -> EmailMessage:
    """The message with an invitation: as a part that calendars act on, and as a file to open."""
    message.add_alternative(
        calendar,
        maintype="text",
        subtype="calendar",
        params={"method": method, "charset": "utf-8"},
        cte="base64",
    )
    message.add_attachment(
        calendar, maintype="application", subtype="ics", filename="invitation.ics"
    )
    return message


def message_id(name: str, base_url: str) -> str:
    """``<notice-12@tracker.example.org>``: the same name gives the same id."""
    safe = "".join(letter if letter.isalnum() else "-" for letter in name)
    return f"<{safe}@{urlsplit(base_url).hostname or 'tracker'}>"


def one_line(text: str) -> str:
    """The text without line ends, which a header cannot hold."""
    return " ".join(text.split())


def sender_address(sender: str) -> str:
    """The bare address in ``Name <address>``. Raises: ValueError when there is none."""
    message = EmailMessage()
    message["From"] = sender
    addresses = message["From"].addresses
    if len(addresses) != 1 or "@" not in addresses[0].addr_spec:
        raise ValueError("write it as tracker@example.org or Tracker <tracker@example.org>")
    return str(addresses[0].addr_spec)


def _told(name: str, given: dict[str, object]) -> str:
    return _templates().get_template(name).render(given)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(folder("templates") / "mail"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
