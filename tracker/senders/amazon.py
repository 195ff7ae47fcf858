"""The two things that are asked of Amazon for SNS: the certificate that signs, and to confirm."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Protocol

from tracker.senders.sender import SendError

TIMEOUT_SECONDS = 5
LARGEST_ANSWER_BYTES = 64 * 1024
# Amazon changes its certificate about once a year; a few regions have one each.
CERTIFICATES_KEPT = 50


class Amazon(Protocol):
    """Asks addresses of Amazon that were checked before; see tracker.intake.sns."""

    def certificate(self, address: str) -> bytes:
        """The certificate (PEM), asked for once. Raises: SendError."""
        ...

    def confirm(self, address: str) -> None:
        """The subscription is confirmed. Raises: SendError."""
        ...


class RealAmazon:
    """Over https, with a time-out, without following a redirect to wherever it leads."""

    def __init__(self, fetch: Callable[[str], bytes] | None = None) -> None:
        self._fetch = fetch or fetch_without_redirects
        self._kept: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def certificate(self, address: str) -> bytes:
        """Raises: SendError."""
        with self._lock:
            kept = self._kept.get(address)
        if kept is None:
            kept = self._fetch(address)
            with self._lock:
                if len(self._kept) >= CERTIFICATES_KEPT:
                    self._kept.clear()
                self._kept[address] = kept
        return kept

    def confirm(self, address: str) -> None:
        """Raises: SendError."""
        self._fetch(address)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """No redirect is followed: what is asked for is at the address that was checked."""


def fetch_without_redirects(address: str) -> bytes:
    """What stands at the address. Raises: SendError."""
    if not address.startswith("https://"):
        raise SendError("Only https is asked", permanent=True)
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(address, timeout=TIMEOUT_SECONDS) as answer:
            content: bytes = answer.read(LARGEST_ANSWER_BYTES + 1)
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise SendError(f"Amazon could not be asked: {error}", permanent=False) from error
    if len(content) > LARGEST_ANSWER_BYTES:
        raise SendError("Amazon answered with more than a certificate", permanent=True)
    return content
