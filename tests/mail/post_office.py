"""A real SMTP server in a thread, and a tracker that hands its mail over there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from ssl import Purpose, create_default_context
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tracker.app import App
from tracker.outbox.delivering import Outcome, deliver_round
from tracker.outbox.subscribers import MAIL, SUBSCRIBERS

SENDER = "Tracker <tracker@example.org>"
USER, PASSWORD = "tracker@example.org", "p/w@1"


@dataclass
class PostOffice:
    """What arrived. ``refuse`` answers some recipients, ``down_with`` every message."""

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    down_with: str = ""
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        if self.down_with:
            return self.down_with
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((list(envelope.rcpt_tos), cast(EmailMessage, message)))
        return "250 OK queued"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        """The mails for this address, oldest first."""
        return [message for recipients, message in self.mails if address in recipients]


@contextmanager
def open_office(**options: Any) -> Iterator[PostOffice]:
    """The server listens until the end of the block; ``options`` are those of aiosmtpd."""
    office = PostOffice(port=free_port())
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@contextmanager
def closed_office(folder: Path) -> Iterator[PostOffice]:
    """A server that takes mail only after STARTTLS and with the right password."""
    key, certificate = write_certificate(folder)
    context = create_default_context(Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    def known(*given: Any) -> AuthResult:
        login = given[-1]
        right = login.login == USER.encode() and login.password == PASSWORD.encode()
        # "Handled" would leave a refused client without an answer.
        return AuthResult(success=right, handled=False)

    with open_office(
        tls_context=context, require_starttls=True, auth_required=True, authenticator=known
    ) as office:
        yield office


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """(key, certificate) files for 127.0.0.1, signed by nobody but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "key.pem", folder / "certificate.pem"
    paths[0].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    paths[1].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return paths


def with_mail(app: App, url: str, **more: Any) -> App:
    """The same tracker with this mail server, and further settings."""
    settings = replace(app.settings, smtp_url=url, mail_from=SENDER, **more)
    there = App(settings, clock=app.clock, durable=False)
    there.__dict__["engine"] = app.engine
    return there


def deliver(app: App, name: str = MAIL, *, rounds: int = 50) -> Outcome:
    """Everything that is due for this subscriber now was tried."""
    subscriber = next(one for one in SUBSCRIBERS if one.name == name)
    total = Outcome()
    for _ in range(rounds):
        outcome = deliver_round(app, subscriber)
        total.add(outcome)
        if not outcome.claimed:
            break
    return total


def plain(message: EmailMessage) -> str:
    """The plain text of a mail."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
