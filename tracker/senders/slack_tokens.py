"""Tokens of installed workspaces, encrypted with a key that is made from the secret key."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Keeps this key apart from whatever else is made from the secret key.
_PURPOSE = b"slack bot tokens at rest"


class TokenUnreadableError(ValueError):
    """The token was encrypted with another secret key."""


def encrypt_token(token: str, *, secret_key: str, purpose: bytes = _PURPOSE) -> str:
    """The token as it may stand in the database and in a backup.

    ``purpose`` keeps apart what is encrypted for different ends with one secret key.
    """
    return _box(secret_key, purpose).encrypt(token.encode()).decode()


def decrypt_token(kept: str, *, secret_key: str, purpose: bytes = _PURPOSE) -> str:
    """The token. Raises: TokenUnreadableError when the secret key is not the one of then."""
    try:
        return _box(secret_key, purpose).decrypt(kept.encode()).decode()
    except InvalidToken as error:
        raise TokenUnreadableError(
            "It was kept with another secret key: install the Slack app again, or give the"
            " source a new signing secret"
        ) from error


@lru_cache(maxsize=8)
def _box(secret_key: str, purpose: bytes) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose)
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret_key.encode())))
