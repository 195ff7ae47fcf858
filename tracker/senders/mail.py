"""Mail by SMTP: one message to one person, and what the server's answer means for us."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from tracker.senders.sender import SendError

TIMEOUT_SECONDS = 20.0
SCHEMES = ("smtp", "smtps")
DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
YES = ("1", "true", "yes")


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over: the parts of ``smtp://user:password@host:587?starttls=1``."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    starttls: bool = False
    implicit_tls: bool = False

    @property
    def encrypted(self) -> bool:
        return self.starttls or self.implicit_tls


def mail_server(url: str) -> MailServer:
    """The server of an address. Raises: ValueError that says what to write instead."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ValueError("write it as smtp://user:password@host:587?starttls=1 or smtps://…")
    try:
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError as error:
        raise ValueError("the port must be a number such as 587") from error
    options = parse_qs(parts.query)
    unknown = sorted(set(options) - {"starttls"})
    if unknown:
        raise ValueError(f"the option {unknown[0]!r} is not known; there is starttls=1")
    server = MailServer(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp" and options.get("starttls", ["0"])[0].lower() in YES,
        implicit_tls=parts.scheme == "smtps",
    )
    if server.password and not server.encrypted and not _is_here(server.host):
        raise ValueError("the password would travel in clear: add ?starttls=1, or use smtps://")
    return server


class MailSender:
    """Hands messages to one SMTP server, each over a connection of its own."""

    def __init__(self, url: str) -> None:
        self.server = mail_server(url)

    def send(self, message: EmailMessage) -> None:
        """The server has taken the message for its one recipient. Raises: SendError."""
        to = str(message["To"])
        with self._connected() as connection:
            try:
                connection.send_message(message)
            except smtplib.SMTPRecipientsRefused as error:
                code, said = next(iter(error.recipients.values()))
                raise _refused(
                    f"The mail server takes no mail for {to}", code, said,
                    "Correct the address on the person's page, then try again.",
                ) from error  # fmt: skip
            except smtplib.SMTPSenderRefused as error:
                raise _refused(
                    f"The mail server takes no mail from {error.sender}",
                    error.smtp_code,
                    error.smtp_error,
                    "Set TRACKER_MAIL_FROM to an address that this server may send for.",
                ) from error
            except smtplib.SMTPResponseException as error:
                raise _refused(
                    f"The mail server did not take the mail to {to}",
                    error.smtp_code,
                    error.smtp_error,
                    "Ask whoever runs the mail server what it means.",
                ) from error
            except smtplib.SMTPNotSupportedError as error:
                raise SendError(
                    f"The mail server cannot take mail for the address {to}: it holds letters "
                    "that the server does not know.",
                    permanent=True,
                    code="address",
                ) from error

    def check(self) -> None:
        """The server answers, and knows our user. Raises: SendError."""
        with self._connected() as connection:
            connection.noop()

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = self.server
        place = f"{server.host}:{server.port}"
        try:
            with self._open() as connection:
                if server.starttls:
                    connection.starttls(context=ssl.create_default_context())
                if server.user:
                    connection.login(server.user, server.password)
                yield connection
        except smtplib.SMTPAuthenticationError as error:
            raise _refused(
                f"The mail server {place} does not accept the user {server.user}",
                error.smtp_code,
                error.smtp_error,
                "Correct user and password in TRACKER_SMTP_URL, then try the deliveries again.",
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            wanted = "STARTTLS" if server.starttls else "signing in"
            raise SendError(
                f"The mail server {place} does not offer {wanted}. Correct TRACKER_SMTP_URL: "
                "smtps:// speaks TLS from the start, without ?starttls=1 nothing is encrypted.",
                permanent=True,
                code="not_supported",
            ) from error
        except ssl.SSLCertVerificationError as error:
            raise SendError(
                f"The certificate of the mail server {place} cannot be trusted "
                f"({error.verify_message}). It is tried again; name your own authority in "
                "SSL_CERT_FILE, or correct the host in TRACKER_SMTP_URL.",
                permanent=False,
                code="certificate",
            ) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(
                f"The mail server {place} refused us",
                error.smtp_code,
                error.smtp_error,
                "Ask whoever runs it what it means.",
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            said = getattr(error, "strerror", "") or type(error).__name__
            raise SendError(
                f"The mail server {place} cannot be reached ({said}); it is tried again",
                permanent=False,
                code="unreachable",
            ) from error

    def _open(self) -> smtplib.SMTP:
        server = self.server
        if server.implicit_tls:
            return smtplib.SMTP_SSL(
                server.host,
                server.port,
                timeout=TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )
        return smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)


def _is_here(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _refused(told: str, code: int, said: bytes | str, hint: str) -> SendError:
    """A refusal: for good from 500 on, as SMTP has it, else to be tried again."""
    words = said.decode(errors="replace") if isinstance(said, bytes) else said
    permanent = code >= 500
    ending = hint if permanent else "It is tried again."
    line = " ".join(words.split())[:200]
    return SendError(f"{told}: {code} {line}. {ending}", permanent=permanent, code=str(code))
