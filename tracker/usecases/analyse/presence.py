"""Who is writing where, for the others who write; nothing of it is kept for longer than minutes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col

from tracker.db.work import Work
from tracker.domain.errors import Gap, NotValid
from tracker.models.review import Review
from tracker.models.review_work import ReviewPresence
from tracker.reading.analyse.presence import SEEN_FOR

_WINDOW = re.compile(r"[A-Za-z0-9-]{8,40}")
_QUESTION = re.compile(r"[a-z][a-z0-9_]{0,59}|")
FORGOTTEN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """One window of the actor's, the question it has in focus, and whether words are typed."""

    window: str
    question: str = ""
    writing: bool = False


def check_whereabouts(here: Whereabouts) -> None:
    """Raises: NotValid for a window or a question that no page of ours would name."""
    if not _WINDOW.fullmatch(here.window):
        raise NotValid(Gap("window", "Must be 8 to 40 letters, digits or dashes"))
    if not _QUESTION.fullmatch(here.question):
        raise NotValid(Gap("question", "Must be the key of a question"))


def note_presence(work: Work, review: Review, here: Whereabouts) -> None:
    """The others see that the actor is there, until SEEN_FOR has passed without another word.

    It is no act on the record: no audit, no event, no version. Raises: NotPermitted, NotValid.
    """
    work.actor.needs("answer_question")
    check_whereabouts(here)
    person_id = work.actor.person_id
    if person_id is None:
        return
    row = work.session.get(ReviewPresence, (review.key, person_id, here.window))
    if row is None:
        work.session.execute(
            sa.delete(ReviewPresence).where(
                col(ReviewPresence.seen_at) < work.now - max(SEEN_FOR, FORGOTTEN_AFTER)
            )
        )
        row = ReviewPresence(
            review_id=review.key, person_id=person_id, window=here.window, seen_at=work.now
        )
    row.question, row.writing, row.seen_at = here.question, here.writing, work.now
    work.session.add(row)
