"""The text an audience reads: written over by a person, or generated again."""

from __future__ import annotations

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Conflict, Gaps
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.models.review import Review
from tracker.models.review_work import ReviewVariant
from tracker.reading.analyse.variants import variant_of, written_variant


def write_variant(
    work: Work, review: Review, audience: str, *, text: str, version: int | None = None
) -> ReviewVariant:
    """The audience reads this text instead of the generated one.

    ``version`` is that of the text it was written on (0: the generated one); ``None`` skips the
    check. Raises: NotValid, NotFound for an audience there is not, NotPermitted, Conflict.
    Emits: review.changed.
    """
    _permit(work, review)
    gaps = Gaps()
    asks.check_text(gaps, "text", text, required=True)
    gaps.raise_not_valid()
    known = variant_of(work, review, audience)
    if version is not None and version != known.version:
        raise Conflict("Somebody changed this text while you were writing", current=known.version)
    row = known.written
    if row is None:
        row = ReviewVariant(review_id=review.key, audience=audience, updated_at=work.now, version=0)
    row.text = asks.clean(text) + "\n"
    row.version += 1
    row.updated_at, row.updated_by_id = work.now, work.actor.person_id
    work.add(row)
    work.emit("review.changed", review)
    return row


def regenerate_variant(work: Work, review: Review, audience: str) -> None:
    """The audience reads the generated text again; what was written is gone.

    Raises: NotFound for an audience there is not. Emits: review.changed.
    """
    _permit(work, review)
    variant_of(work, review, audience)
    row = written_variant(work, review, audience)
    if row is not None:
        work.session.delete(row)
        work.emit("review.changed", review)


def _permit(work: Work, review: Review) -> None:
    """What a published review says is changed by those who may amend it."""
    work.permit("write_variant")
    if review.state not in OPEN_REVIEW_STATES:
        work.actor.needs("amend_review")
