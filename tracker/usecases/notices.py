"""Notices: what the tracker tells one person, until that person has read it."""

from __future__ import annotations

from tracker.db.work import Work
from tracker.domain.errors import NotFound
from tracker.models.journal import Notice

LARGEST_ID = 2**31


def dismiss_notice(work: Work, notice_id: int) -> Notice:
    """The actor's own notice is read and no longer shown. Dismissing twice changes nothing.

    Raises: NotFound, also for somebody else's.
    """
    notice = work.session.get(Notice, notice_id) if notice_id < LARGEST_ID else None
    if notice is None or notice.person_id != work.actor.person_id:
        raise NotFound("That notice")
    notice.read_at = notice.read_at or work.now
    return notice
