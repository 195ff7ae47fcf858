"""Amazon SNS: what is signed, whose certificate may sign it, and which address may be called.

Anybody can send a message that looks like one of SNS. So the certificate comes from an address of
Amazon only, and so does the address that confirms a subscription; both are checked here before
anybody fetches anything.

Source: Amazon SNS developer guide, "Verifying the signatures of Amazon SNS messages".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tracker.intake.refusals import NotTrusted

# Whole addresses, not parsed ones: what two parsers read differently fits neither pattern.
_HOST: Final = r"https://sns\.[a-z0-9-]{2,30}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE: Final = re.compile(_HOST + r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem")
_ACTION: Final = re.compile(_HOST + r"/\?[A-Za-z0-9_.:=&%*+/-]{1,1500}")

_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION: Final = (
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)
SIGNED_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_HASHES: Final[Mapping[str, type[hashes.SHA1 | hashes.SHA256]]] = {
    "1": hashes.SHA1,
    "2": hashes.SHA256,
}


def is_certificate_address(address: str) -> bool:
    """True for the address of a signing certificate on a host of SNS, over https."""
    return _CERTIFICATE.fullmatch(address) is not None


def is_subscribe_address(address: str) -> bool:
    """True for an address on a host of SNS, over https, that may be called to confirm."""
    return _ACTION.fullmatch(address) is not None and "Action=ConfirmSubscription" in address


def certificate_address(envelope: object) -> str:
    """The address of the certificate that signed this message, safe to fetch.

    Raises: NotTrusted when this is no signed message of SNS or names another host.
    """
    found = _text(envelope, "SigningCertURL")
    if not found:
        raise NotTrusted("This is no message of Amazon SNS: it has no SigningCertURL.")
    if not is_certificate_address(found):
        raise NotTrusted(
            "SigningCertURL is not an address of Amazon SNS, so its certificate proves nothing."
        )
    return found


def canonical_text(envelope: object) -> bytes:
    """What SNS signs: the names and values of the fields, each on a line of its own.

    Raises: NotTrusted when a field is missing.
    """
    fields = SIGNED_FIELDS.get(_text(envelope, "Type"))
    if fields is None:
        raise NotTrusted("This is no message of Amazon SNS: its Type is none of the three.")
    lines: list[str] = []
    for name in fields:
        value = _text(envelope, name)
        if not value:
            # A message without a subject is signed without one.
            if name == "Subject":
                continue
            raise NotTrusted(
                f"The message of Amazon SNS lacks {name}, which is part of what signs it."
            )
        lines += [name, value]
    return ("\n".join(lines) + "\n").encode()


def check_sns(envelope: object, certificate: bytes, now: datetime) -> None:
    """The message is signed by this certificate (PEM), which is valid now.

    That the certificate came from `certificate_address` is for the caller to see to.

    Raises: NotTrusted.
    """
    version = _text(envelope, "SignatureVersion")
    kind = _HASHES.get(version)
    if kind is None:
        raise NotTrusted("SignatureVersion must be 1 or 2.")
    signed = canonical_text(envelope)
    try:
        signature = base64.b64decode(_text(envelope, "Signature"), validate=True)
        loaded = x509.load_pem_x509_certificate(certificate)
        key = loaded.public_key()
    except (binascii.Error, ValueError) as error:
        raise NotTrusted(
            "The signature or the certificate of Amazon SNS cannot be read."
        ) from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise NotTrusted("The certificate of Amazon SNS holds no RSA key.")
    if not loaded.not_valid_before_utc <= now <= loaded.not_valid_after_utc:
        raise NotTrusted("The certificate of Amazon SNS is not valid today.")
    try:
        key.verify(signature, signed, padding.PKCS1v15(), kind())
    except InvalidSignature as error:
        raise NotTrusted("The signature of Amazon SNS does not fit this message.") from error


def _text(envelope: object, name: str) -> str:
    found = envelope.get(name) if isinstance(envelope, dict) else None
    return found if isinstance(found, str) else ""
