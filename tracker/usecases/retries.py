"""Retries of creating requests: the same key brings the same answer, and one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import select

from tracker.db.work import Look, Work
from tracker.domain.errors import Conflict
from tracker.models.journal import IdempotencyKey

KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A request that creates: whose it is, the key it carries, and a digest of what it asks."""

    owner: str
    key: str
    fingerprint: str


@dataclass(frozen=True)
class GivenAnswer:
    """What was answered to the first attempt."""

    status: int
    body: Mapping[str, Any]


def earlier_answer(look: Look, attempt: Attempt) -> GivenAnswer | None:
    """The answer that the same attempt got within a day, or ``None`` for a first attempt.

    Raises: Conflict when the key was used for something else.
    """
    row = _row(look, attempt)
    if row is None or look.now - row.at > KEPT_FOR:
        return None
    if row.fingerprint != attempt.fingerprint:
        raise Conflict(
            "This Idempotency-Key was used for another request",
            hint="Use a new key for each thing you create, and the same one only to try again.",
        )
    return GivenAnswer(row.status, row.body)


def keep_answer(work: Work, attempt: Attempt, *, status: int, body: Mapping[str, Any]) -> None:
    """The answer is kept in the transaction of the creation itself: both or neither."""
    outdated = _row(work, attempt)
    if outdated is not None:
        work.session.delete(outdated)
        work.session.flush()
    work.add(
        IdempotencyKey(
            owner=attempt.owner,
            key_text=attempt.key,
            fingerprint=attempt.fingerprint,
            status=status,
            body=dict(body),
            at=work.now,
        )
    )


def _row(look: Look, attempt: Attempt) -> IdempotencyKey | None:
    return look.session.exec(
        select(IdempotencyKey).where(
            IdempotencyKey.owner == attempt.owner, IdempotencyKey.key_text == attempt.key
        )
    ).first()
