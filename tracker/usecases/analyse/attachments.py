"""Pictures kept with a review: looked at by their bytes, once each, for whoever may read it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlmodel import col, func, select

from tracker.db.work import Work
from tracker.domain.attachment import MOST_PER_RECORD, picture_gap, picture_in
from tracker.domain.errors import Gaps
from tracker.models.review import Review
from tracker.models.review_work import Attachment
from tracker.usecases.analyse.answers import refuse_closed

NAME_LIMIT = 200


@dataclass(frozen=True, kw_only=True)
class AttachPicture:
    """A picture as it came. Its name is only shown, never trusted."""

    name: str
    content: bytes


def attach_picture(work: Work, review: Review, ask: AttachPicture) -> Attachment:
    """The picture is kept with the review; the same one a second time is the first one again.

    Raises: NotValid for what is no picture, or too large a one, in words. Emits: review.changed.
    """
    work.permit("attach_picture")
    refuse_closed(work, review)
    gaps = Gaps()
    wrong = picture_gap(ask.content)
    if wrong:
        gaps.add("picture", wrong)
    gaps.raise_not_valid()
    digest = hashlib.sha256(ask.content).hexdigest()
    of_review = (Attachment.record_kind == "review", Attachment.record_id == review.key)
    known = work.session.exec(
        select(Attachment).where(*of_review, Attachment.digest == digest)
    ).first()
    if known is not None:
        return known
    count = work.session.exec(select(func.count(col(Attachment.id))).where(*of_review)).one()
    if count >= MOST_PER_RECORD:
        gaps.add("picture", f"This review has {count} pictures already; link to further ones")
    gaps.raise_not_valid()
    found = picture_in(ask.content)
    assert found is not None  # noqa: S101 - for the type checker: what is none is a gap
    row = work.add(
        Attachment(
            record_kind="review",
            record_id=review.key,
            name=shown_name(ask.name),
            mime=found.mime,
            size_bytes=len(ask.content),
            width=found.width,
            height=found.height,
            digest=digest,
            content=ask.content,
            at=work.now,
            by_id=work.actor.person_id,
        )
    )
    work.emit("review.changed", review)
    return row


def shown_name(name: str) -> str:
    """The name as a page and a Markdown link can hold it: one line, no folders, no brackets."""
    printable = "".join(one for one in name if one.isprintable() and one not in '[]()<>"\\|`*')
    last = printable.replace("\\", "/").rsplit("/", 1)[-1]
    return " ".join(last.split())[:NAME_LIMIT] or "picture"
