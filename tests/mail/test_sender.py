"""Handing mail over to a real SMTP server: encrypted, signed in, refused, away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.mail.post_office import (
    PASSWORD,
    SENDER,
    USER,
    PostOffice,
    closed_office,
    free_port,
    open_office,
    plain,
)
from tracker.app import App
from tracker.outbox.mail_health import mail_checks
from tracker.senders.mail import MailSender, mail_server
from tracker.senders.mail_letters import Letter, message_of, sender_address
from tracker.senders.sender import SendError
from tracker.settings import Settings, SettingsError

BASE_URL = "https://tracker.example.org"


def _letter(**more: object) -> EmailMessage:
    given: dict[str, object] = {
        "to_name": "Åsa Öberg",
        "to_email": "asa@example.org",
        "subject": "REV-3 “Größe\nund Form” is due today",
        "once": "notice-12",
        "at": datetime(2026, 6, 1, 9, tzinfo=UTC),
        "paragraphs": ("It is due today.", "<script>alert(1)</script> & more"),
        "link": f"{BASE_URL}/reviews/REV-3",
        "link_text": "Open REV-3",
        "thread": "REV-3",
        "facts": (("Due", "1 June"),),
        **more,
    }
    return message_of(Letter(**given), sender=SENDER, base_url=BASE_URL)  # type: ignore[arg-type]


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    with closed_office(tmp_path) as office:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        yield office


def _url(office: PostOffice, *, user: str = USER, password: str = PASSWORD) -> str:
    named = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return f"smtp://{named}@127.0.0.1:{office.port}?starttls=1"


def test_a_mail_arrives_encrypted_and_readable_in_both_forms(closed: PostOffice) -> None:
    MailSender(_url(closed)).send(_letter())
    ((recipients, mail),) = closed.mails
    assert recipients == ["asa@example.org"]
    assert mail["Subject"] == "REV-3 “Größe und Form” is due today"
    assert mail["To"].addresses[0].display_name == "Åsa Öberg"
    assert mail["Message-ID"] == "<notice-12@tracker.example.org>"
    assert mail["References"] == "<REV-3@tracker.example.org>"
    assert mail["List-Unsubscribe"] == f"<{BASE_URL}/profile>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    text = plain(mail)
    assert "Open REV-3: https://tracker.example.org/reviews/REV-3" in text
    assert "Due: 1 June" in text
    assert "How to stop these mails: https://tracker.example.org/profile" in text
    assert "\n\n\n" not in text
    html = mail.get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [("550 5.1.1 no such user", True), ("451 4.3.0 try later", False)],
)
def test_a_refused_recipient_is_told_in_words(
    answer: str, closed: PostOffice, *, permanent: bool
) -> None:
    closed.refuse["asa@example.org"] = answer
    with pytest.raises(SendError) as refused:
        MailSender(_url(closed)).send(_letter())
    assert refused.value.permanent is permanent
    assert "takes no mail for" in refused.value.explanation
    assert "asa@example.org" in refused.value.explanation
    assert answer[:3] in refused.value.explanation


def test_a_wrong_password_says_what_to_correct(closed: PostOffice) -> None:
    with pytest.raises(SendError) as refused:
        MailSender(_url(closed, password="wrong")).check()
    assert refused.value.permanent
    assert "TRACKER_SMTP_URL" in refused.value.explanation
    assert "wrong" not in refused.value.explanation


def test_a_server_without_what_was_asked_for_is_named() -> None:
    with open_office() as office, pytest.raises(SendError) as refused:
        MailSender(f"{office.url}?starttls=1").send(_letter())
    assert refused.value.permanent
    assert "STARTTLS" in refused.value.explanation


def test_a_certificate_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    with closed_office(tmp_path) as office, pytest.raises(SendError) as refused:
        MailSender(_url(office)).send(_letter())
    assert not refused.value.permanent
    assert "certificate" in refused.value.explanation
    assert office.mails == []


def test_a_server_that_is_away_is_waited_for() -> None:
    with pytest.raises(SendError) as refused:
        MailSender(f"smtp://127.0.0.1:{free_port()}").send(_letter())
    assert not refused.value.permanent
    assert "it is tried again" in refused.value.explanation


@pytest.mark.parametrize(
    ("url", "port", "encrypted"),
    [
        ("smtp://mail.example.org", 25, False),
        ("smtp://mail.example.org:587?starttls=1", 587, True),
        ("smtps://u:p%40%2F@mail.example.org", 465, True),
        ("smtp://u:p@localhost", 25, False),
    ],
)
def test_addresses_of_mail_servers(url: str, port: int, *, encrypted: bool) -> None:
    server = mail_server(url)
    assert (server.port, server.encrypted) == (port, encrypted)


@pytest.mark.parametrize(
    "url",
    ["mail.example.org", "http://x", "smtp://", "smtp://x:port", "smtp://x?tls=1",
     "smtp://u:p@mail.example.org"],
)  # fmt: skip
def test_an_address_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp|port|option|clear"):
        mail_server(url)


@pytest.mark.parametrize(
    "given",
    [
        {"TRACKER_SMTP_URL": "mail.example.org", "TRACKER_MAIL_FROM": "a@b.c"},
        {"TRACKER_SMTP_URL": "smtp://mail.example.org"},
        {"TRACKER_SMTP_URL": "smtp://mail.example.org", "TRACKER_MAIL_FROM": "nobody"},
    ],
)
def test_settings_that_cannot_work_are_told_at_the_start(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        Settings.from_environment(given)


@pytest.mark.parametrize("sender", ["nobody", "a@b.c, d@e.f", ""])
def test_a_sender_is_one_address(sender: str) -> None:
    with pytest.raises(ValueError, match="write it as"):
        sender_address(sender)
    assert sender_address(SENDER) == "tracker@example.org"


def test_checks_are_only_made_where_mail_is_set_up(tmp_path: Path) -> None:

    def checks(**given: str) -> list[tuple[bool, str]]:
        app = App(Settings(data_dir=tmp_path, **given))  # type: ignore[arg-type]
        return [(one.ok, one.text) for one in mail_checks(app, ask=True)]

    assert checks() == []
    ((ok, text),) = checks(mail_from=SENDER)
    assert not ok
    assert "TRACKER_SMTP_URL" in text
    with open_office() as office:
        ((ok, text),) = checks(smtp_url=office.url, mail_from=SENDER)
    assert ok
    assert text.endswith("takes mail from tracker@example.org (not encrypted)")
    ((ok, text),) = checks(smtp_url=office.url, mail_from=SENDER)
    assert not ok
    assert "cannot be reached" in text
