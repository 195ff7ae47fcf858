"""The pictures kept with a review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.models.review import Review
from tracker.models.review_work import Attachment


@dataclass(frozen=True)
class PictureItem:
    """A kept picture without its bytes."""

    id: int
    name: str
    mime: str
    size_bytes: int
    width: int
    height: int
    at: datetime


def pictures_of(look: Look, review: Review) -> list[PictureItem]:
    """The pictures of a review, oldest first. One query, no bytes."""
    rows = look.session.exec(
        select(
            Attachment.id,
            Attachment.name,
            Attachment.mime,
            Attachment.size_bytes,
            Attachment.width,
            Attachment.height,
            Attachment.at,
        )  # type: ignore[call-overload]
        .where(Attachment.record_kind == "review", Attachment.record_id == review.key)
        .order_by(col(Attachment.id))
    )
    return [PictureItem(*row) for row in rows]


def picture_by_id(look: Look, review: Review, picture_id: int) -> Attachment:
    """The picture with its bytes. Raises: NotFound, also for a picture of another record."""
    row = look.session.get(Attachment, picture_id)
    if row is None or (row.record_kind, row.record_id) != ("review", review.key):
        raise NotFound("That picture")
    return row
