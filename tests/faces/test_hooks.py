"""Senders at the door: what is taken, what is refused with a reason, and what is stored of it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from sqlalchemy.exc import DataError
from sqlmodel import Session, select
from werkzeug.test import TestResponse

from tests.conftest import MONDAY, Cast, HandClock
from tests.faces.hook_sender import SECRET, Sender, alertmanager, events
from tests.stories.addresses import everything
from tests.wsgi import wsgi_for
from tracker.api.respond.hooks import AMAZON
from tracker.app import App
from tracker.intake.sns import canonical_text
from tracker.models.event import IntakePayload
from tracker.senders.amazon import RealAmazon
from tracker.senders.sender import SendError
from tracker.usecases.respond.alert_sources import (
    RotateSecrets,
    remove_source,
    rotate_source,
    source_named,
)


def test_an_alert_with_its_key_is_taken_and_told_its_reference(app: App, cast: Cast) -> None:
    sender = Sender(app)
    answer = sender.send()
    assert answer.status_code == 202
    assert answer.get_json() == {
        "ok": True, "refs": ["EVT-1"], "incidents": [], "repeated": False
    }  # fmt: skip
    (event,) = events(app)
    assert (event.title, event.alert_key) == ("Checkout answers 502", "HighErrorRate")
    assert sender.source().last_received_at == MONDAY


def test_the_key_may_stand_in_the_address_and_the_source_need_not(app: App, cast: Cast) -> None:
    sender = Sender(app)
    Sender(app, name="other")
    for path in (f"{sender.path}?key={sender.key}", f"/hooks/alertmanager?key={sender.key}",
                 f"/hooks/alertmanager/?key={sender.key}"):  # fmt: skip
        assert sender.send(path=path, key="").status_code == 202, path
    (event,) = events(app)
    assert (event.source_id, event.times_seen) == (sender.id, 3)


@pytest.mark.parametrize("sender", ["nobody", "Alertmanager", "..", "x" * 300])
def test_a_sender_that_nobody_is_called_is_not_found(sqlite_app: App, sender: str) -> None:
    answer = wsgi_for(sqlite_app).test_client().post(f"/hooks/{sender}", json={})
    assert answer.status_code == 404
    assert answer.is_json


def _deep() -> bytes:
    return b'{"alerts": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"


REFUSED: dict[str, tuple[int, bytes, dict[str, str], str]] = {
    "no JSON": (400, b"alerts: x", {}, "not JSON"),
    "empty": (400, b"", {}, "empty"),
    "half of it": (400, b'{"alerts": [', {}, "not JSON"),
    "a form": (415, b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, "JSON"),
    "twice the same name": (400, b'{"alerts": [], "alerts": []}', {}, "alerts"),
    "no number": (400, b'{"alerts": NaN}', {}, "NaN"),
    "a NUL": (400, json.dumps(alertmanager(x="\0")).encode(), {}, "NUL"),
    "half a character": (400, b'{"alerts": [], "x": "\\ud800"}', {}, "surrogate"),
    "too deep": (400, _deep(), {}, "deep"),
    "20 MB": (413, b" " * 20_000_000, {}, "too large"),
    "a gzip bomb": (413, gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"}, "large"),
    "broken gzip": (400, b"\x1f\x8bxx", {"Content-Encoding": "gzip"}, ""),
    "another encoding": (415, b"x", {"Content-Encoding": "br"}, ""),
    "another shape": (422, b'{"alerts": {}}', {}, "alerts"),
    "a list of words": (422, b'{"alerts": ["x"]}', {}, "alerts[0]"),
    "a clock far ahead": (422, json.dumps(alertmanager("2036-06-01T00:00:00Z")).encode(), {},
                          "ahead of our clock"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_taken_is_refused_with_the_reason_and_nothing_is_stored(
    sqlite_app: App, sqlite_cast: Cast, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    status, body, headers, words = REFUSED[name]
    sender = Sender(sqlite_app)
    before = everything(sqlite_app)
    with caplog.at_level(logging.WARNING, logger="tracker.api.respond.hooks"):
        answer = sender.send(body, headers=headers)
    assert answer.status_code == status, answer.text
    told = answer.get_json()
    assert (told["ok"], told["status"]) == (False, status)
    assert words in told["message"]
    (record,) = [one for one in caplog.records if one.message == "hook.refused"]
    assert record.__dict__["reason"]
    after = everything(sqlite_app)
    del before["alert_source"], after["alert_source"]
    assert after == before
    if name != "20 MB":
        assert words in sender.source().last_trouble
    assert sender.send().status_code == 202
    assert sender.source().last_trouble == ""


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


def test_labels_of_ten_thousand_characters_are_kept_and_longer_ones_cut(
    app: App, cast: Cast
) -> None:
    sender = Sender(app)
    assert sender.send(alertmanager(long="x" * 10_000, longer="y" * 30_000)).status_code == 202
    labels = events(app)[0].labels
    assert len(labels["long"]) == 10_000
    assert len(labels["longer"]) < 10_200


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


def test_the_tracker_says_busy_and_when_to_come_again(
    make_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.db.engine.BUSY_TIMEOUT_SECONDS", 0.2)
    app: App = make_app("sqlite")
    sender = Sender(app)
    with app.engine.connect() as other:
        other.exec_driver_sql("update alert_source set raw_days = 3")
        other.commit()
        other.connection.driver_connection.execute("begin immediate")  # type: ignore[union-attr]
        answer = sender.send()
        other.connection.driver_connection.execute("rollback")  # type: ignore[union-attr]
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert events(app) == []
    assert sender.send().status_code == 202


def test_senders_at_the_same_moment_are_all_stored_once(app: App, cast: Cast) -> None:
    sender = Sender(app)
    starts = [f"2026-06-01T08:{minute:02}:00Z" for minute in range(24)]
    gate = threading.Barrier(8)

    def send(start: str) -> int:
        gate.wait(30)
        client = sender.flask_app.test_client()
        headers = {"Authorization": f"Bearer {sender.key}"}
        return client.post(sender.path, json=alertmanager(start), headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, starts)) == {202}
    assert sorted(one.times_seen for one in events(app)) == [1] * 24


def test_one_message_that_cannot_be_stored_does_not_take_others_with_it(
    sqlite_app: App, sqlite_cast: Cast
) -> None:
    from tracker.api.respond.intake_rounds import IntakeRounds, _Waiting
    from tracker.domain.event import Alert, Change, Received
    from tracker.usecases.respond.alerts import Message

    sender = Sender(sqlite_app)
    rounds = IntakeRounds(sqlite_app)
    good = Received(alerts=(Alert(instance_key="a", alert_key="k", title="Good"),))
    bad = Received(changes=(Change(instance_key="b", kind="no such kind"),))
    waiting = [_Waiting(Message(source_id=sender.id, received=one)) for one in (good, bad, good)]
    rounds._store(waiting)
    assert [bool(one.taken) for one in waiting] == [True, False, True]
    assert [one.title for one in events(sqlite_app)] == ["Good"]


@pytest.mark.postgres
def test_what_the_database_refuses_to_hold_is_refused_alone(make_app: Any) -> None:
    from tracker.api.respond.intake_rounds import IntakeRounds, _Waiting
    from tracker.domain.event import Alert, Received
    from tracker.usecases.respond.alerts import Message

    app: App = make_app("postgres")
    sender = Sender(app)
    waiting = [
        _Waiting(
            Message(
                source_id=sender.id,
                received=Received(alerts=(Alert(instance_key=key, alert_key="k", title=key),)),
                raw_days=1,
                body=body,
            )
        )
        for key, body in (("a", "{}"), ("b", "\x00"), ("c", "{}"))
    ]
    IntakeRounds(app)._store(waiting)
    assert [bool(one.taken) for one in waiting] == [True, False, True]
    assert isinstance(waiting[1].error, DataError)
    assert [one.title for one in events(app)] == ["a", "c"]


def test_a_round_that_breaks_leads_on_to_the_next_one(sqlite_app: App, sqlite_cast: Cast) -> None:
    from tracker.api.respond.intake_rounds import BusyError, IntakeRounds
    from tracker.domain.event import Alert, Received
    from tracker.usecases.respond.alerts import Message, Taken

    sender = Sender(sqlite_app)
    rounds = IntakeRounds(sqlite_app)
    gate = threading.Barrier(6)

    def give(number: int) -> Taken | Exception:
        alert = Alert(instance_key=f"{number}", alert_key="k", title=f"Alert {number}")
        # Without its alerts a message breaks the round in a way that nobody foresaw.
        received: Any = None if number == 0 else Received(alerts=(alert,))
        gate.wait(30)
        try:
            return rounds.give(Message(source_id=sender.id, received=received))
        except (AttributeError, BusyError) as error:
            return error

    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(give, range(6)))
        stored = sum(isinstance(one, Taken) for one in given)
        # Those who were in the broken round come again; none of them waits for somebody gone.
        again = list(pool.map(give, range(1, 7)))
    assert not isinstance(given[0], Taken)
    assert len(events(sqlite_app)) >= stored
    assert all(isinstance(one, Taken) for one in again)
    assert len(events(sqlite_app)) == 6


def test_messages_are_kept_as_long_as_the_source_says(
    app: App, cast: Cast, clock: HandClock
) -> None:
    kept, unkept = Sender(app, raw_days=2), Sender(app, name="never", raw_days=0)
    kept.send()
    unkept.send()
    with app.begin_as_system() as work:
        rows = {one.source_id: one for one in work.session.exec(select(IntakePayload))}
        assert "HighErrorRate" in rows[kept.id].body
        assert "Bearer" not in str(rows[kept.id].headers)
        assert rows[unkept.id].body == ""
    from tracker.usecases.respond.payloads import forget_payloads

    clock.forward(days=2, seconds=1)
    with app.begin_as_system() as work:
        assert forget_payloads(work) == 1
    clock.forward(days=90)
    with app.begin_as_system() as work:
        forget_payloads(work)
        assert list(work.session.exec(select(IntakePayload))) == []


class SelfMadeAmazon:
    """Certificates that we made ourselves, at the addresses of Amazon."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        self.pem = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(MONDAY - timedelta(days=1))
            .not_valid_after(MONDAY + timedelta(days=30))
            .sign(self.key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )
        self.asked: list[str] = []
        self.away = False

    def fetch(self, address: str) -> bytes:
        self.asked.append(address)
        if self.away:
            raise SendError("Amazon is away", permanent=False)
        return self.pem

    def signed(self, **fields: str) -> dict[str, str]:
        envelope = {
            "Type": "Notification",
            "MessageId": "m-1",
            "TopicArn": "arn:aws:sns:eu-west-1:1:alarms",
            "Timestamp": "2026-06-01T09:00:00Z",
            "SignatureVersion": "2",
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
            **fields,
        }
        signature = self.key.sign(canonical_text(envelope), padding.PKCS1v15(), hashes.SHA256())
        return {**envelope, "Signature": base64.b64encode(signature).decode()}


ALARM = json.dumps(
    {"AlarmName": "High5xx", "AlarmArn": "arn:aws:cloudwatch:eu-west-1:1:alarm:High5xx",
     "NewStateValue": "ALARM", "NewStateReason": "3 datapoints",
     "StateChangeTime": "2026-06-01T08:58:00.000+0000", "Trigger": {"MetricName": "5xx"}}
)  # fmt: skip


@pytest.fixture
def amazon(sqlite_app: App, sqlite_cast: Cast) -> tuple[Sender, SelfMadeAmazon]:
    sender, amazon = Sender(sqlite_app, "cloudwatch"), SelfMadeAmazon()
    sender.flask_app.extensions[AMAZON] = RealAmazon(amazon.fetch)
    return sender, amazon


def test_an_alarm_signed_by_amazon_is_taken_and_its_certificate_asked_for_once(
    amazon: tuple[Sender, SelfMadeAmazon],
) -> None:
    sender, aws = amazon
    for number in range(3):
        answer = sender.send(aws.signed(Message=ALARM, MessageId=f"m-{number}"))
        assert answer.status_code == 202, answer.text
    assert len(aws.asked) == 1
    (event,) = events(sender.app)
    assert (event.alert_key, event.times_seen) == ("High5xx", 3)


@pytest.mark.parametrize(
    "address",
    [
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://evil.example/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem",
        "https://s3.amazonaws.com/SimpleNotificationService-1.pem",
    ],
)
def test_a_certificate_from_elsewhere_is_never_asked_for(
    amazon: tuple[Sender, SelfMadeAmazon], address: str
) -> None:
    sender, aws = amazon
    answer = sender.send(aws.signed(Message=ALARM, SigningCertURL=address))
    assert answer.status_code == 401
    assert aws.asked == []
    assert events(sender.app) == []


def test_a_message_changed_on_its_way_is_refused(amazon: tuple[Sender, SelfMadeAmazon]) -> None:
    sender, aws = amazon
    changed = {**aws.signed(Message=ALARM), "MessageId": "m-2"}
    assert sender.send(changed).status_code == 401
    assert events(sender.app) == []


def test_a_subscription_is_confirmed_at_amazon_only(amazon: tuple[Sender, SelfMadeAmazon]) -> None:
    sender, aws = amazon
    confirm = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    asked = {"Type": "SubscriptionConfirmation", "Message": "Confirm", "Token": "t"}
    assert sender.send(aws.signed(**asked, SubscribeURL=confirm)).status_code == 202
    assert aws.asked[-1] == confirm
    evil = "https://evil.example/?Action=ConfirmSubscription"
    answer = sender.send(aws.signed(**asked, MessageId="m-3", SubscribeURL=evil))
    assert answer.status_code == 422
    assert evil not in aws.asked
    aws.away = True
    answer = sender.send(aws.signed(**asked, MessageId="m-4", SubscribeURL=confirm))
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)


def test_what_was_mapped_by_the_source_is_an_alert(sqlite_app: App, sqlite_cast: Cast) -> None:
    fields = {"title": "monitor.name", "key": "monitor.id", "status": "state",
              "service": "monitor.of"}  # fmt: skip
    mapping = {"makes": "alert", "fields": fields}
    sender = Sender(sqlite_app, "generic", mapping=mapping)
    body = {"monitor": {"name": "Disk full", "id": "m1", "of": "ledger"}, "state": "firing"}
    assert sender.send(body).status_code == 202
    (event,) = events(sqlite_app)
    assert (event.title, event.service_id is not None) == ("Disk full", True)


def test_the_door_is_for_posting_only(sqlite_app: App) -> None:
    client = wsgi_for(sqlite_app).test_client()
    answer = client.get("/hooks/alertmanager")
    assert (answer.status_code, answer.is_json) == (405, True)


def test_a_change_with_the_key_of_an_alert_is_refused_for_good_and_stops_nobody(
    app: App, cast: Cast
) -> None:
    sender = Sender(app, "generic")
    assert sender.send({"title": "Slow", "key": "k"}).status_code == 202
    refused = sender.send({"kind": "deploy", "key": "k", "service": "checkout"})
    # Busy would bring it back for ever, and fail whoever shares the transaction with it.
    assert refused.status_code == 422, refused.text
    assert "EVT-1 has this key" in refused.text
    assert [event.kind for event in events(app)] == ["alert"]
