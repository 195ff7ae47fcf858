"""Senders prove who they are: keys, signatures, and what holds while a secret is changed."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select
from werkzeug.test import TestResponse

from tests.conftest import Cast, HandClock
from tests.faces.hook_sender import SECRET, Sender, alertmanager, events
from tracker.app import App
from tracker.models.event import IntakePayload
from tracker.usecases.respond.alert_sources import (
    RotateSecrets,
    remove_source,
    rotate_source,
    source_named,
)


@pytest.mark.parametrize("key", ["", "trs_wrong", "x" * 5_000, "é"])
def test_a_wrong_key_is_refused_and_nothing_is_stored(
    sqlite_app: App, sqlite_cast: Cast, key: str
) -> None:
    sender = Sender(sqlite_app)
    for path in (sender.path, "/hooks/alertmanager", "/hooks/alertmanager/unheard-of"):
        headers = {"Authorization": f"Bearer {key}".encode().decode("latin-1")} if key else {}
        answer = sender.client.post(path, json=alertmanager(), headers=headers)
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers
    assert events(sqlite_app) == []


def test_a_key_is_good_for_its_own_sender_only(sqlite_app: App, sqlite_cast: Cast) -> None:
    sender = Sender(sqlite_app)
    other = Sender(sqlite_app, "datadog")
    assert sender.send(key=other.key).status_code == 401


def test_after_a_rotation_both_keys_are_good_for_the_stated_time(
    app: App, cast: Cast, clock: HandClock
) -> None:
    sender = Sender(app)
    with app.begin_as_system() as work:
        source = source_named(work, "alertmanager", "prod")
        _, new = rotate_source(work, source, RotateSecrets(keep_hours=24), secret_key=SECRET)
    assert [sender.send(key=one).status_code for one in (sender.key, new)] == [202, 202]
    clock.forward(hours=24, seconds=1)
    assert [sender.send(key=one).status_code for one in (sender.key, new)] == [401, 202]
    with app.begin_as_system() as work:
        source = source_named(work, "alertmanager", "prod")
        _, newest = rotate_source(work, source, RotateSecrets(keep_hours=0), secret_key=SECRET)
    assert [sender.send(key=one).status_code for one in (new, newest)] == [401, 202]
    with app.begin_as_system() as work:
        remove_source(work, source_named(work, "alertmanager", "prod"))
    assert sender.send(key=newest).status_code == 401


DEPLOYMENT = {
    "action": "created",
    "deployment": {"id": 7, "sha": "abc", "ref": "main", "environment": "production",
                   "created_at": "2026-06-01T08:50:00Z", "url": "https://example.org/7"},
    "repository": {"full_name": "shop/checkout", "name": "checkout",
                   "html_url": "https://example.org/shop"},
}  # fmt: skip


def github(sender: Sender, secret: str, delivery: str, body: bytes = b"") -> TestResponse:
    raw = body or json.dumps(DEPLOYMENT).encode()
    signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"X-GitHub-Event": "deployment", "X-GitHub-Delivery": delivery,
               "X-Hub-Signature-256": f"sha256={signature}"}  # fmt: skip
    return sender.send(raw, headers=headers, key="")


def test_a_signed_delivery_is_taken_once_and_its_replay_answered_the_same(
    app: App, cast: Cast
) -> None:
    sender = Sender(app, "github", signing_secret="it signs")
    first = github(sender, "it signs", "d-1")
    assert first.status_code == 202, first.text
    again = github(sender, "it signs", "d-1")
    assert again.get_json() == {**first.get_json(), "repeated": True}
    with Session(app.engine) as session:
        assert session.scalar(select(sa.func.count()).select_from(IntakePayload)) == 1
    assert [one.kind for one in events(app)] == ["change"]


def test_a_forged_signature_is_refused_also_with_two_secrets(app: App, cast: Cast) -> None:
    sender = Sender(app, "github", signing_secret="it signs")
    assert github(sender, "guessed", "d-1").status_code == 401
    raw = json.dumps(DEPLOYMENT).encode()
    assert sender.send(raw, key="", headers={"X-GitHub-Event": "deployment"}).status_code == 401
    assert events(app) == []
    with app.begin_as_system() as work:
        source = source_named(work, "github", "prod")
        rotate_source(work, source, RotateSecrets(signing_secret="signs now"), secret_key=SECRET)
    for number, secret in enumerate(("it signs", "signs now")):
        assert github(sender, secret, f"d-{number}").status_code == 202
    assert github(sender, "guessed", "d-9").status_code == 401
