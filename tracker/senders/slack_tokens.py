"""Tokens of installed workspaces, encrypted with a key that is made from the secret key."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Keeps this key apart from whatever else is made from the secret key.
_PURPOSE = b"slack bot tokens at rest"


class TokenUnreadableError(ValueError):
    """The token was encrypted with another secret key."""


def encrypt_token(token: str, *, secret_key: str) -> str:
    """The token as it may stand in the database and in a backup."""
    return _box(secret_key).encrypt(token.encode()).decode()


def decrypt_token(kept: str, *, secret_key: str) -> str:
    """The token. Raises: TokenUnreadableError when the secret key is not the one of then."""
    try:
        return _box(secret_key).decrypt(kept.encode()).decode()
    except InvalidToken as error:
        raise TokenUnreadableError(
            "The Slack token was kept with another secret key; install the app again"
        ) from error


def _box(secret_key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret_key.encode())))
