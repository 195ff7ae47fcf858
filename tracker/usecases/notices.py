"""Notices: what the tracker tells one person, until that person has read it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import select

from tracker.db.access import person_and_actor
from tracker.db.work import Work
from tracker.domain.errors import NotFound
from tracker.models.journal import Notice
from tracker.models.table import Record

LARGEST_ID = 2**31


def notify(
    work: Work, people: Iterable[int | None], row: Record, *, kind: str, text: str, once: str
) -> int:
    """Each active person who may read the record has the notice, once. How many got a new one.

    Emits: notice.told for each.
    """
    told = 0
    for person_id in dict.fromkeys(people):
        found = person_and_actor(work.session, person_id) if person_id else None
        if found is None or not found[0].active or not found[1].reads(row.circle_id):
            continue
        person = found[0]
        known = select(Notice.id).where(Notice.person_id == person.key, Notice.once == once)
        if work.session.exec(known).first() is not None:
            continue
        notice = work.add(
            Notice(
                person_id=person.key,
                kind=kind,
                record_kind=str(row.__tablename__),
                record_id=row.key,
                text=text[:500],
                once=once,
                at=work.now,
            )
        )
        work.emit("notice.told", notice)
        told += 1
    return told


def dismiss_notice(work: Work, notice_id: int) -> Notice:
    """The actor's own notice is read and no longer shown. Dismissing twice changes nothing.

    Raises: NotFound, also for somebody else's.
    """
    notice = work.session.get(Notice, notice_id) if notice_id < LARGEST_ID else None
    if notice is None or notice.person_id != work.actor.person_id:
        raise NotFound("That notice")
    notice.read_at = notice.read_at or work.now
    return notice
