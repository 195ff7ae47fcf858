"""Messages as they came, where admins read them: one at a time, bounded, without secrets."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.faces.queries import count_queries
from tracker.app import App
from tracker.domain.event import Received
from tracker.usecases.respond.alert_sources import (
    AddSource,
    RotateSecrets,
    add_source,
    rotate_source,
    source_by_id,
)
from tracker.usecases.respond.alerts import INTAKE, Message, take_in

OLD, NEW = "plainwords-of-before", "plainwords-of-now"


def test_the_signing_secret_is_masked_wherever_a_message_repeats_it(
    browser: Callable[[str], Browser], app: App, cast: Cast
) -> None:
    key = app.settings.kept_secret_key()
    with app.begin_as_system() as work:
        ask = AddSource(sender="github", name="prod", signing_secret=OLD)
        source = add_source(work, ask, secret_key=key)[0].key
        rotating = RotateSecrets(signing_secret=NEW)
        rotate_source(work, source_by_id(work, source), rotating, secret_key=key)
    body = json.dumps({"comment": f"we set it to {NEW} instead of {OLD}"})
    with app.begin(INTAKE) as work:
        take_in(work, [Message(source_id=source, received=Received(), raw_days=7, body=body)])
    page = browser("ada").get(f"/admin/sources/{source}/messages/1").response.text
    assert "we set it to *** instead of ***" in page
    assert OLD not in page
    assert NEW not in page


def sent(app: App, *bodies: str, raw_days: int = 7) -> int:
    """The id of a source that sent these."""
    with app.begin_as_system() as work:
        ask = AddSource(sender="generic", name="prod")
        source = add_source(work, ask, secret_key=app.settings.kept_secret_key())[0].key
    for body in bodies:
        message = Message(source_id=source, received=Received(), raw_days=raw_days, body=body)
        with app.begin(INTAKE) as work:
            take_in(work, [message])
    return source


def test_a_source_without_a_secret_says_that_it_needs_one(
    browser: Callable[[str], Browser], app: App, cast: Cast
) -> None:
    source = sent(app)
    ada = browser("ada")
    assert "Needs a new secret" not in ada.get("/admin/sources").text
    with app.begin_as_system() as work:
        # As after the import of an export.
        source_by_id(work, source).key_hash = ""
    assert "Needs a new secret" in ada.get("/admin/sources").text
    assert "until it has a new one" in ada.get(f"/admin/sources/{source}").text
    ada.post(f"/admin/sources/{source}/rotate", {"keep_hours": "24"})
    assert "until it has a new one" not in ada.get(f"/admin/sources/{source}").text


def test_the_list_of_messages_reads_none_of_their_texts(
    browser: Callable[[str], Browser], app: App, cast: Cast
) -> None:
    source = sent(app, *(json.dumps({"number": number}) for number in range(25)))
    ada = browser("ada")
    with count_queries(app) as statements:
        page = ada.get(f"/admin/sources/{source}").response.text
    assert page.count("/messages/") == 20
    assert "number" not in page
    assert [one for one in statements if "intake_payload" in one], "they were asked for"
    assert not [one for one in statements if "body" in one]


def test_of_a_long_message_the_beginning_is_shown_and_that_is_said(
    browser: Callable[[str], Browser], app: App, cast: Cast
) -> None:
    alerts = [
        {"title": f"Disk {n}", "token": [f"hush {n}"], "text": "full " * 200} for n in range(3_800)
    ]
    body = json.dumps({"alerts": alerts})
    source = sent(app, body, json.dumps({"title": "Short"}), "x" * 500_000, raw_days=7)
    sent_by = f"/admin/sources/{source}/messages"
    ada = browser("ada")
    began = time.process_time()
    page = ada.get(f"{sent_by}/1")
    assert time.process_time() - began < 2
    assert f"It has {len(body):,} characters; only its beginning is shown" in page.text
    assert "Disk 0" in page.text
    assert "Disk 3799" not in page.text
    assert "hush" not in page.response.text
    assert len(page.response.text) < 70_000
    short = ada.get(f"{sent_by}/2").text
    assert "Short" in short
    assert "only its beginning" not in short
    assert "It has 500,000 characters and cannot be shown in part" in ada.get(f"{sent_by}/3").text


def test_a_message_is_shown_with_its_own_source_only_and_told_when_it_is_not_kept(
    browser: Callable[[str], Browser], app: App, cast: Cast
) -> None:
    source = sent(app, json.dumps({"title": "Gone"}), raw_days=0)
    ada = browser("ada")
    assert "It is not kept any more" in ada.get(f"/admin/sources/{source}/messages/1").text
    ada.get(f"/admin/sources/{source + 1}/messages/1", status=404)
    with app.begin_as_system() as work:
        key = app.settings.kept_secret_key()
        other = add_source(work, AddSource(sender="generic", name="b"), secret_key=key)[0].key
    ada.get(f"/admin/sources/{other}/messages/1", status=404)
