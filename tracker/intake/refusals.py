"""What a sender is told when its message cannot be taken. Nothing is stored then."""

from __future__ import annotations


class NotUnderstood(Exception):
    """The body cannot be read as what its sender should send.

    ``status`` is 400 (no proper JSON), 413 (too large), 415 (no JSON at all) or 422 (JSON of
    another shape). ``where`` is the place in the body, ``alerts[3].labels``, or empty for the
    whole of it.
    """

    def __init__(self, status: int, message: str, *, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.status = status
        self.where = where
        self.message = str(self)


class NotTrusted(Exception):
    """The message does not prove that it comes from its source: answered with 401.

    The message never repeats what was sent and never tells what would have been right.
    """

    status = 401

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
