"""Does a message come from its source? Keys and signatures, compared in constant time.

Every check takes all secrets that are valid now (two while one is being changed) and tries each of
them, so that the time it takes does not tell which one was nearer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tracker.intake.refusals import NotTrusted

# How far the time in a signature may be from ours: older ones are somebody's recording.
SIGNED_AT_MOST_SECONDS_AGO: Final = 300


@dataclass(frozen=True)
class Sent:
    """A message before anybody read it: exactly the bytes that came, as signatures need them.

    ``headers`` have lower-case names; ``key`` is what stood behind ``?key=``.
    """

    raw: bytes
    headers: Mapping[str, str]
    now: datetime
    key: str = ""

    def header(self, name: str) -> str:
        return self.headers.get(name, "").strip()


Check = Callable[[Sent, Sequence[str]], None]
"""Returns when the message is from its source.

Raises: NotTrusted.
"""


def presented_key(sent: Sent) -> str:
    """The key that came with the message: bearer, the password of basic, or ``?key=``.

    Empty when there is none. Of several, the header counts.
    """
    scheme, _, credentials = sent.header("authorization").partition(" ")
    credentials = credentials.strip()
    if scheme.lower() in ("bearer", "geniekey"):
        return credentials
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return sent.key


def check_key(sent: Sent, secrets: Sequence[str]) -> None:
    """The message brought one of these keys. Raises: NotTrusted."""
    given = presented_key(sent)
    if not given:
        raise NotTrusted(
            "The key is missing: send it as 'Authorization: Bearer …' or behind ?key= in the"
            " address."
        )
    if not _any_equal(given, _usable(secrets)):
        raise NotTrusted("The key is not the key of this source.")


def check_github(sent: Sent, secrets: Sequence[str]) -> None:
    """GitHub: ``X-Hub-Signature-256``, HMAC-SHA256 over the body, in hex. Raises: NotTrusted."""
    _check_hex(sent.raw, _required(sent, "X-Hub-Signature-256"), secrets, prefix="sha256=")


def check_sentry(sent: Sent, secrets: Sequence[str]) -> None:
    """Sentry: ``Sentry-Hook-Signature`` with the client secret of the integration.

    Raises: NotTrusted.
    """
    _check_hex(sent.raw, _required(sent, "Sentry-Hook-Signature"), secrets)


def check_pagerduty(sent: Sent, secrets: Sequence[str]) -> None:
    """PagerDuty: ``X-PagerDuty-Signature``, a list of ``v1=…``; one that fits is enough.

    Raises: NotTrusted.
    """
    given = _required(sent, "X-PagerDuty-Signature")
    signatures = [part.strip() for part in given.split(",")][:10]
    expected = [f"v1={_hex(secret, sent.raw)}" for secret in _usable(secrets)]
    fits = [_any_equal(signature, expected) for signature in signatures]
    if not any(fits):
        raise _wrong("X-PagerDuty-Signature")


def check_gitlab(sent: Sent, secrets: Sequence[str]) -> None:
    """GitLab: its signing token where the hook has one, else ``X-Gitlab-Token``.

    The signing token follows Standard Webhooks: HMAC-SHA256 over id, time and body, in base64.

    Raises: NotTrusted.
    """
    if sent.header("webhook-signature"):
        check_standard_webhook(sent, secrets)
        return
    if not _any_equal(_required(sent, "X-Gitlab-Token"), _usable(secrets)):
        raise NotTrusted("X-Gitlab-Token is not the secret token of this source.")


def check_standard_webhook(sent: Sent, secrets: Sequence[str]) -> None:
    """Standard Webhooks: ``webhook-signature`` over ``id.timestamp.body``, not older than minutes.

    Raises: NotTrusted.
    """
    given = _required(sent, "webhook-signature")
    moment = _required(sent, "webhook-timestamp")
    _check_fresh(moment, sent.now, "webhook-timestamp")
    signed = f"{_required(sent, 'webhook-id')}.{moment}.".encode() + sent.raw
    expected = []
    for secret in _usable(secrets):
        mac = hmac.new(_webhook_key(secret), signed, hashlib.sha256).digest()
        expected.append("v1," + base64.b64encode(mac).decode())
    fits = [_any_equal(signature, expected) for signature in given.split()[:10]]
    if not any(fits):
        raise _wrong("webhook-signature")


def check_grafana(sent: Sent, secrets: Sequence[str]) -> None:
    """Grafana: ``X-Grafana-Alerting-Signature``, in hex, over the body or over ``time:body``.

    The time is in the header that its contact point names; we ask for the name below.

    Raises: NotTrusted.
    """
    given = _required(sent, "X-Grafana-Alerting-Signature")
    moment = sent.header("x-grafana-alerting-timestamp")
    if moment:
        _check_fresh(moment, sent.now, "X-Grafana-Alerting-Timestamp")
        _check_hex(f"{moment}:".encode() + sent.raw, given, secrets)
    else:
        _check_hex(sent.raw, given, secrets)


def _required(sent: Sent, header: str) -> str:
    found = sent.header(header.lower())
    if not found:
        raise NotTrusted(f"The header {header} is missing; set the secret at the sender.")
    return found


def _wrong(header: str) -> NotTrusted:
    return NotTrusted(
        f"{header} does not fit this body: the secret differs, or the body was changed on its way."
    )


def _check_hex(signed: bytes, given: str, secrets: Sequence[str], *, prefix: str = "") -> None:
    expected = [prefix + _hex(secret, signed) for secret in _usable(secrets)]
    if not _any_equal(given, expected):
        raise NotTrusted(
            "The signature does not fit this body: the secret differs, or the body was changed on"
            " its way."
        )


def _check_fresh(seconds: str, now: datetime, header: str) -> None:
    digits = seconds.isascii() and seconds.isdigit() and len(seconds) <= 12
    if not digits or abs(now.timestamp() - int(seconds)) > SIGNED_AT_MOST_SECONDS_AGO:
        raise NotTrusted(
            f"{header} is not within {SIGNED_AT_MOST_SECONDS_AGO // 60} minutes of now: the message"
            " is old, or one of the clocks is wrong."
        )


def _hex(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _webhook_key(secret: str) -> bytes:
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


def _usable(secrets: Sequence[str]) -> list[str]:
    # An empty secret would let everybody sign.
    found = [secret for secret in secrets if secret]
    if not found:
        raise NotTrusted("This source has no secret yet, so nothing it sends can be trusted.")
    return found


def _any_equal(given: str, expected: Sequence[str]) -> bool:
    # Every one is compared, also after one that fits.
    fits = [
        hmac.compare_digest(given.encode("utf-8", "surrogatepass"), one.encode())
        for one in expected
    ]
    return any(fits)
