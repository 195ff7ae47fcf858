"""Amazon SNS: signed by a certificate of Amazon's, or not taken; and nobody else is ever called."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from tests.intake.samples import NOW, told
from tracker.intake.refusals import NotTrusted, NotUnderstood
from tracker.intake.sns import (
    canonical_text,
    certificate_address,
    check_sns,
    is_certificate_address,
    is_subscribe_address,
)

HOST = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123456789abcdef.pem"
SUBSCRIBE = f"{HOST}/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:1:t&Token=ab12"


def certificate_of(key: Any, *, starts: datetime = NOW - timedelta(days=1)) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def notification(**more: Any) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": "m-1",
        "TopicArn": "arn:aws:sns:eu-west-1:1:t",
        "Subject": "An alarm",
        "Message": '{"AlarmName": "cpu"}',
        "Timestamp": "2026-11-23T11:59:00.000Z",
        "SigningCertURL": CERTIFICATE,
        **more,
    }


def signed(key: rsa.RSAPrivateKey, version: str, **more: Any) -> dict[str, Any]:
    envelope = notification(SignatureVersion=version, **more)
    kind = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 - as SNS signs
    signature = key.sign(canonical_text(envelope), padding.PKCS1v15(), kind)
    return {**envelope, "Signature": base64.b64encode(signature).decode()}


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"Subject": None},
        {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": SUBSCRIBE},
    ],
)
def test_a_signed_message_is_trusted(
    key: rsa.RSAPrivateKey, version: str, more: dict[str, Any]
) -> None:
    check_sns(signed(key, version, **more), certificate_of(key), NOW)


@pytest.mark.parametrize("field", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn"])
def test_a_field_changed_after_signing_is_refused(key: rsa.RSAPrivateKey, field: str) -> None:
    with pytest.raises(NotTrusted, match="does not fit"):
        check_sns({**signed(key, "2"), field: "other"}, certificate_of(key), NOW)


def test_another_key_or_version_is_refused(key: rsa.RSAPrivateKey) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(NotTrusted):
        check_sns(signed(other, "2"), certificate_of(key), NOW)
    with pytest.raises(NotTrusted):
        check_sns({**signed(key, "2"), "SignatureVersion": "1"}, certificate_of(key), NOW)
    with pytest.raises(NotTrusted, match="1 or 2"):
        check_sns({**signed(key, "2"), "SignatureVersion": "3"}, certificate_of(key), NOW)


def test_a_certificate_out_of_its_time_or_of_another_kind_is_refused(
    key: rsa.RSAPrivateKey,
) -> None:
    message = signed(key, "2")
    with pytest.raises(NotTrusted, match="not valid today"):
        check_sns(message, certificate_of(key, starts=NOW - timedelta(days=31)), NOW)
    with pytest.raises(NotTrusted, match="not valid today"):
        check_sns(message, certificate_of(key, starts=NOW + timedelta(hours=1)), NOW)
    with pytest.raises(NotTrusted, match="RSA"):
        check_sns(message, certificate_of(ec.generate_private_key(ec.SECP256R1())), NOW)
    with pytest.raises(NotTrusted, match="cannot be read"):
        check_sns(message, b"no certificate", NOW)
    with pytest.raises(NotTrusted, match="cannot be read"):
        check_sns({**message, "Signature": "???"}, certificate_of(key), NOW)


@pytest.mark.parametrize(
    "envelope", [{}, [], "text", None, {"Type": "Other"}, {"Type": "Notification"}]
)
def test_what_is_no_envelope_is_not_trusted(envelope: object) -> None:
    with pytest.raises(NotTrusted):
        canonical_text(envelope)
    with pytest.raises(NotTrusted):
        certificate_address(envelope)


FORGED_HOSTS = [
    "http://sns.eu-west-1.amazonaws.com",
    "https://sns.eu-west-1.amazonaws.com.evil.example",
    "https://evil.example/sns.eu-west-1.amazonaws.com",
    "https://sns.eu-west-1.amazonaws.com@evil.example",
    "https://evil.example#sns.eu-west-1.amazonaws.com",
    "https://evil.example\\@sns.eu-west-1.amazonaws.com",
    "https://sns.eu-west-1.amazonaws.com:8443",
    "https://sns.amazonaws.com",
    "https://s3.eu-west-1.amazonaws.com",
    "https://snsxeu-west-1.amazonaws.com",
    "https://sns.eu-west-1.amazonaws.org",
    "https://127.0.0.1",
    "file:///etc/passwd#https://sns.eu-west-1.amazonaws.com",
    "https://sns.eu-west-1.amazonaws.com\n.evil.example",
]


@pytest.mark.parametrize("host", FORGED_HOSTS)
def test_no_other_host_is_taken_for_amazon(host: str) -> None:
    assert not is_certificate_address(CERTIFICATE.replace(HOST, host))
    assert not is_subscribe_address(SUBSCRIBE.replace(HOST, host))
    with pytest.raises(NotTrusted):
        certificate_address(notification(SigningCertURL=CERTIFICATE.replace(HOST, host)))
    with pytest.raises(NotUnderstood) as raised:
        told(
            "cloudwatch",
            {"Type": "SubscriptionConfirmation", "SubscribeURL": SUBSCRIBE.replace(HOST, host)},
        )
    assert raised.value.status == 422


def test_other_paths_of_the_right_host_are_not_taken_either() -> None:
    assert not is_certificate_address(f"{HOST}/?Action=GetTopicAttributes")
    assert not is_certificate_address(f"{HOST}/../evil.pem")
    assert not is_certificate_address(CERTIFICATE + "\n")
    assert not is_subscribe_address(f"{HOST}/?Action=DeleteTopic&TopicArn=t")


def test_the_hosts_of_amazon_are_taken_also_in_china() -> None:
    assert certificate_address(notification()) == CERTIFICATE
    assert is_subscribe_address(SUBSCRIBE)
    china = "https://sns.cn-north-1.amazonaws.com.cn"
    assert is_certificate_address(CERTIFICATE.replace(HOST, china))
    assert is_subscribe_address(SUBSCRIBE.replace(HOST, china))


def test_a_subscription_gives_the_address_that_confirms_it() -> None:
    received = told(
        "cloudwatch",
        {"Type": "SubscriptionConfirmation", "MessageId": "m-2", "SubscribeURL": SUBSCRIBE},
    )
    assert (received.confirm_url, received.delivery_id) == (SUBSCRIBE, "m-2")
    assert received.alerts == ()
    assert received.ignored
