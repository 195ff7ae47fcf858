"""What changed under somebody's hands while they write, and who else is there. Asked every few
seconds by every window of the editor, so it asks for little: texts only where they are newer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from tracker.db.work import Look
from tracker.models.catalogue import Person
from tracker.models.review import Review, ReviewAnswer
from tracker.models.review_work import ReviewPresence

# Windows ask every few seconds; a hidden one stops, and a lost one is gone soon.
SEEN_FOR = timedelta(seconds=30)
# How old the word about a window may become before it is written again.
RENEWED_AFTER = timedelta(seconds=12)


@dataclass(frozen=True)
class Somebody:
    """A person with this review open, and the question they are at."""

    person_id: int
    name: str
    window: str
    question: str
    writing: bool
    fresh: bool


def people_there(look: Look, review: Review) -> list[Somebody]:
    """Whoever has the review open now, by name. One query."""
    rows = look.session.execute(
        sa.select(ReviewPresence, col(Person.name))
        .join(Person, col(Person.id) == col(ReviewPresence.person_id))
        .where(
            col(ReviewPresence.review_id) == review.key,
            col(ReviewPresence.seen_at) > look.now - SEEN_FOR,
        )
        .order_by(col(Person.name), col(ReviewPresence.window))
    )
    return [
        Somebody(
            row.person_id,
            name,
            row.window,
            row.question,
            row.writing,
            row.seen_at > look.now - RENEWED_AFTER,
        )
        for row, name in rows
    ]


def newer_answers(look: Look, review: Review, known: Mapping[str, int]) -> list[ReviewAnswer]:
    """Answers to the known questions that have another version than the known one. One query."""
    if not known:
        return []
    rows = look.session.exec(
        select(ReviewAnswer).where(
            ReviewAnswer.review_id == review.key,
            col(ReviewAnswer.question).in_(known),
            # A text that nobody changed is not even read.
            sa.or_(
                *(
                    sa.and_(
                        col(ReviewAnswer.question) == question,
                        col(ReviewAnswer.version) > version,
                    )
                    for question, version in known.items()
                )
            ),
        )
    )
    return list(rows)
