"""What a person is told when the machine, not the question, is what is wrong."""

from __future__ import annotations

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from tracker.db.schema import UnknownRevisionError
from tracker.outbox.health import unusable_database
from tracker.reading.policies import NoPolicyError


def in_words(error: Exception) -> str:
    """A sentence with what to do, or nothing for an error that is a mistake of ours."""
    if isinstance(error, (NoPolicyError, UnknownRevisionError, CommandError)):
        return str(error)
    if isinstance(error, DBAPIError):
        return unusable_database(error)
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror[:1].lower()}{error.strerror[1:]}"
    return ""
