"""A message is trusted only with the right secret, over exactly its bytes, at about its time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

import pytest

from tests.intake.samples import NOW
from tracker.intake import signatures
from tracker.intake.refusals import NotTrusted
from tracker.intake.signatures import Check, Sent, presented_key

BODY = '{"title": "ünïcode"}'.encode()
SECRET = "a secret of ours"
OLD = "the secret before"
SECONDS = str(int(NOW.timestamp()))


def hexed(secret: str, signed: bytes = BODY) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def standard(secret: bytes, moment: str = SECONDS, body: bytes = BODY) -> dict[str, str]:
    mac = hmac.new(secret, f"msg_1.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": moment,
        "webhook-signature": "v1,b3RoZXI= v1," + base64.b64encode(mac).decode(),
    }


def sent(headers: Mapping[str, str], *, raw: bytes = BODY, key: str = "") -> Sent:
    return Sent(raw=raw, headers=headers, now=NOW, key=key)


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"tracker:{password}".encode()).decode()


SIGNED: list[tuple[Check, dict[str, str]]] = [
    (signatures.check_github, {"x-hub-signature-256": "sha256=" + hexed(SECRET)}),
    (signatures.check_sentry, {"sentry-hook-signature": hexed(SECRET)}),
    (
        signatures.check_pagerduty,
        {"x-pagerduty-signature": f"v1={hexed('other')}, v1={hexed(SECRET)}"},
    ),
    (signatures.check_gitlab, {"x-gitlab-token": SECRET}),
    (signatures.check_gitlab, standard(SECRET.encode())),
    (signatures.check_grafana, {"x-grafana-alerting-signature": hexed(SECRET)}),
    (
        signatures.check_grafana,
        {
            "x-grafana-alerting-signature": hexed(SECRET, f"{SECONDS}:".encode() + BODY),
            "x-grafana-alerting-timestamp": SECONDS,
        },
    ),
    (signatures.check_key, {"authorization": f"Bearer {SECRET}"}),
    (signatures.check_key, {"authorization": f"bearer   {SECRET}"}),
    (signatures.check_key, {"authorization": basic(SECRET)}),
]
OVER_THE_BODY = [pair for pair in SIGNED if SECRET not in "".join(pair[1].values())][:-1]


@pytest.mark.parametrize(("check", "headers"), SIGNED)
def test_the_right_secret_is_trusted_also_beside_another_one(
    check: Check, headers: dict[str, str]
) -> None:
    check(sent(headers), [SECRET])
    check(sent(headers), [SECRET, OLD])
    check(sent(headers), [OLD, SECRET])


@pytest.mark.parametrize(("check", "headers"), SIGNED)
@pytest.mark.parametrize("secrets", [[OLD], [], [""], [SECRET[:-1]], [SECRET + " "]])
def test_without_the_right_secret_nothing_is_trusted(
    check: Check, headers: dict[str, str], secrets: list[str]
) -> None:
    with pytest.raises(NotTrusted) as raised:
        check(sent(headers), secrets)
    assert SECRET not in raised.value.message


@pytest.mark.parametrize(("check", "headers"), SIGNED)
def test_without_its_header_a_message_is_refused(check: Check, headers: dict[str, str]) -> None:
    with pytest.raises(NotTrusted):
        check(sent({}), [SECRET])
    with pytest.raises(NotTrusted):
        check(sent(dict.fromkeys(headers, "")), [SECRET])
    with pytest.raises(NotTrusted):
        check(sent(dict.fromkeys(headers, "�\x00 ü")), [SECRET])


@pytest.mark.parametrize(("check", "headers"), OVER_THE_BODY)
def test_a_body_changed_by_one_byte_is_refused(check: Check, headers: dict[str, str]) -> None:
    with pytest.raises(NotTrusted):
        check(sent(headers, raw=BODY + b" "), [SECRET])


@pytest.mark.parametrize("minutes", [-6, 6, -60 * 24])
def test_a_signature_of_another_time_is_refused(minutes: int) -> None:
    then = str(int(NOW.timestamp()) + minutes * 60)
    with pytest.raises(NotTrusted, match="minutes of now"):
        signatures.check_gitlab(sent(standard(SECRET.encode(), then)), [SECRET])
    signed = hexed(SECRET, f"{then}:".encode() + BODY)
    headers = {"x-grafana-alerting-signature": signed, "x-grafana-alerting-timestamp": then}
    with pytest.raises(NotTrusted, match="minutes of now"):
        signatures.check_grafana(sent(headers), [SECRET])
    # Leaving the time out does not help: it is part of what was signed.
    with pytest.raises(NotTrusted):
        signatures.check_grafana(sent({"x-grafana-alerting-signature": signed}), [SECRET])


@pytest.mark.parametrize("moment", ["soon", "-1", "9" * 400, "²", "1e9"])
def test_a_time_that_is_none_is_refused(moment: str) -> None:
    with pytest.raises(NotTrusted):
        signatures.check_standard_webhook(sent(standard(SECRET.encode(), moment)), [SECRET])


def test_a_secret_in_the_form_of_standard_webhooks_is_the_bytes_behind_it() -> None:
    key = bytes(range(32))
    secret = "whsec_" + base64.b64encode(key).decode()
    signatures.check_gitlab(sent(standard(key)), [secret])
    with pytest.raises(NotTrusted):
        signatures.check_gitlab(sent(standard(secret.encode())), [secret])


def test_a_forged_signature_is_not_rescued_by_the_token_beside_it() -> None:
    forged = standard(b"not ours") | {"x-gitlab-token": SECRET}
    with pytest.raises(NotTrusted):
        signatures.check_gitlab(sent(forged), [SECRET])


def test_the_key_may_stand_in_the_header_or_in_the_address() -> None:
    assert presented_key(sent({"authorization": "Bearer abc"}, key="xyz")) == "abc"
    assert presented_key(sent({}, key="xyz")) == "xyz"
    assert presented_key(sent({"authorization": basic("pass:word")})) == "pass:word"
    assert presented_key(sent({"authorization": "GenieKey abc"})) == "abc"
    assert presented_key(sent({"authorization": "Basic %%%"})) == ""
    assert presented_key(sent({})) == ""
    signatures.check_key(sent({}, key=SECRET), [SECRET])
