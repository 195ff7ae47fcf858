"""The tables. They store; they do not decide.

Lives here: SQLModel classes, one file per feature, and the column types they share (table.py).
Never here: rules, queries, permissions, the clock.
May import: tracker.domain, SQLModel, SQLAlchemy.
Start reading: table.py (ids, instants, versions), then incident.py.
"""

from tracker.models import (
    action,
    calendar,
    catalogue,
    configuration,
    event,
    incident,
    journal,
    lesson,
    perspective,
    procedure,
    review,
    review_work,
    slack,
    transcript,
    wording,
)

__all__ = [
    "action",
    "calendar",
    "catalogue",
    "configuration",
    "event",
    "incident",
    "journal",
    "lesson",
    "perspective",
    "procedure",
    "review",
    "review_work",
    "slack",
    "transcript",
    "wording",
]
