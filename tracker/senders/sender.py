"""The seam to another service: one call out, and how its refusal is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Call:
    """One call of a method of the other service, by its own name: ``chat.postMessage``."""

    method: str
    arguments: dict[str, Any] = field(default_factory=dict)


class SendError(Exception):
    """The other service did not do it.

    ``permanent``: trying again changes nothing until a person changes something; ``explanation``
    says what. ``retry_after``: seconds that the service asked us to wait. ``code`` is its own word.
    """

    def __init__(
        self,
        explanation: str,
        *,
        permanent: bool,
        retry_after: float | None = None,
        code: str = "",
    ) -> None:
        super().__init__(explanation)
        self.explanation = explanation
        self.permanent = permanent
        self.retry_after = retry_after
        self.code = code


class Sender(Protocol):
    """Makes calls to one service."""

    def send(self, call: Call) -> dict[str, Any]:
        """The service's answer. Raises: SendError."""
        ...

    def fetch(self, url: str, *, limit_bytes: int) -> bytes:
        """A file that the service keeps for us. Raises: SendError, also for one that is larger."""
        ...


class RecordingSender:
    """A Sender that keeps what it was given and answers from a table: for tests."""

    def __init__(self, answers: dict[str, dict[str, Any]] | None = None) -> None:
        self.calls: list[Call] = []
        self.answers = answers or {}

    def send(self, call: Call) -> dict[str, Any]:
        """The answer of the table, or a bare yes."""
        self.calls.append(call)
        return self.answers.get(call.method, {"ok": True})

    def fetch(self, url: str, *, limit_bytes: int) -> bytes:
        """Nothing, from everywhere."""
        self.calls.append(Call("fetch", {"url": url, "limit_bytes": limit_bytes}))
        return b""

    def of(self, method: str) -> list[Call]:
        """The calls of one method, in their order."""
        return [call for call in self.calls if call.method == method]
