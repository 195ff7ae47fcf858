"""The five errors that may cross a use case. Each face maps them once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# What each face that speaks HTTP answers, by the error's code.
STATUS = {
    "not_valid": 422,
    "not_allowed": 422,
    "not_found": 404,
    "not_permitted": 403,
    "conflict": 409,
}


@dataclass(frozen=True)
class Gap:
    """One thing that is missing or wrong: where, and what to do about it, in plain words."""

    field: str
    message: str


class DomainError(Exception):
    """What the person asked for did not happen, and nothing was stored."""

    code = "error"

    def __init__(self, message: str, *, hint: str = "", gaps: Iterable[Gap] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.gaps = tuple(gaps)


class NotValid(DomainError):
    """The input cannot be used: every gap names its field."""

    code = "not_valid"

    def __init__(self, *gaps: Gap, hint: str = "") -> None:
        message = gaps[0].message if len(gaps) == 1 else f"{len(gaps)} fields need another look"
        super().__init__(message, hint=hint, gaps=gaps)


class NotFound(DomainError):
    """There is no such thing, or it is hidden from this actor: the two look the same."""

    code = "not_found"

    def __init__(self, what: str = "That page") -> None:
        super().__init__(f"{what} was not found", hint="Check the reference, or ask its team.")


class NotPermitted(DomainError):
    """The actor may see this, but their role does not allow the verb."""

    code = "not_permitted"


class NotAllowed(DomainError):
    """The record's state or its gate refuses the verb: all gaps are listed at once."""

    code = "not_allowed"


class Conflict(DomainError):
    """Somebody else changed it meanwhile. ``current`` is the version that stands now."""

    code = "conflict"

    def __init__(self, message: str, *, current: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint or "Reload to see the other change, then try again.")
        self.current = current


class Gaps:
    """Collects gaps so that a person is told all of them at once."""

    def __init__(self) -> None:
        self.found: list[Gap] = []

    def add(self, field: str, message: str) -> None:
        self.found.append(Gap(field, message))

    def unless(self, condition: object, field: str, message: str) -> None:
        """Adds the gap unless the condition holds."""
        if not condition:
            self.add(field, message)

    def raise_not_valid(self) -> None:
        """Raises: NotValid when anything was found."""
        if self.found:
            raise NotValid(*self.found)


def problem(
    status: int, code: str, message: str, *, gaps: Iterable[Gap] = (), hint: str = ""
) -> dict[str, Any]:
    """The one shape of an error for scripts and programs."""
    return {
        "ok": False,
        "code": code,
        "message": message,
        "errors": [{"field": gap.field, "message": gap.message} for gap in gaps],
        "hint": hint,
        "status": status,
    }


def problem_of(error: DomainError) -> dict[str, Any]:
    """A domain error in the one shape; a conflict says which version stands now."""
    body = problem(STATUS[error.code], error.code, error.message, gaps=error.gaps, hint=error.hint)
    if isinstance(error, Conflict) and error.current is not None:
        body["current"] = error.current
    return body
