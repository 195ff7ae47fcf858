"""Amazon at the door: signed with a certificate, which is asked for at Amazon only."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.conftest import MONDAY, Cast
from tests.faces.hook_sender import Sender, events
from tracker.api.respond.hooks import AMAZON
from tracker.app import App
from tracker.intake.sns import canonical_text
from tracker.senders.amazon import RealAmazon
from tracker.senders.sender import SendError


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
