"""Evidence: links and pictures that show what a review says, each at the place it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, func, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gaps, NotFound
from tracker.models.incident import TimelineEntry
from tracker.models.review import Review, ReviewFactor, ReviewIncident
from tracker.models.review_work import Attachment, ReviewEvidence
from tracker.reading.policies import template
from tracker.usecases.analyse.answers import refuse_closed

MOST_PER_REVIEW = 500


@dataclass(frozen=True, kw_only=True)
class AddEvidence:
    """A link or a kept picture; at an entry, a factor or a question, else at the whole review."""

    title: str = ""
    url: str = ""
    picture_id: int | None = None
    entry_id: int | None = None
    factor_id: int | None = None
    question: str = ""


def add_evidence(work: Work, review: Review, ask: AddEvidence) -> ReviewEvidence:
    """The evidence stands at its place.

    Raises: NotValid, NotFound for a place or a picture of another review.
    Emits: review.changed.
    """
    work.permit("add_evidence")
    refuse_closed(work, review)
    gaps = Gaps()
    asks.check_title(gaps, "title", ask.title, required=False)
    asks.check_link(gaps, "url", ask.url)
    if bool(ask.url.strip()) == (ask.picture_id is not None):
        gaps.add("url", "Give a link, or a picture")
    if sum((ask.entry_id is not None, ask.factor_id is not None, bool(ask.question))) > 1:
        gaps.add("entry_id", "Name one place: an entry, a factor or a question")
    count = work.session.exec(
        select(func.count(col(ReviewEvidence.id))).where(ReviewEvidence.review_id == review.key)
    ).one()
    gaps.unless(count < MOST_PER_REVIEW, "url", f"A review holds {MOST_PER_REVIEW} pieces at most")
    gaps.raise_not_valid()
    _check_place(work, review, ask)
    picture = _picture(work, review, ask.picture_id)
    row = work.add(
        ReviewEvidence(
            review_id=review.key,
            entry_id=ask.entry_id,
            factor_id=ask.factor_id,
            question=ask.question,
            title=asks.clean(ask.title) or (picture.name if picture else ""),
            url=ask.url.strip(),
            attachment_id=ask.picture_id,
            at=work.now,
            by_id=work.actor.person_id,
        )
    )
    work.emit("review.changed", review)
    return row


def remove_evidence(work: Work, review: Review, evidence_id: int) -> None:
    """It no longer stands there; a picture itself is kept, because texts may show it.

    Raises: NotFound. Emits: review.changed.
    """
    work.permit("remove_evidence")
    refuse_closed(work, review)
    row = work.session.get(ReviewEvidence, evidence_id)
    if row is None or row.review_id != review.key:
        raise NotFound("That evidence")
    work.session.delete(row)
    work.emit("review.changed", review)


def _check_place(work: Work, review: Review, ask: AddEvidence) -> None:
    if ask.entry_id is not None:
        entry = work.session.get(TimelineEntry, ask.entry_id)
        linked = entry and work.session.get(ReviewIncident, (review.key, entry.incident_id))
        if entry is None or linked is None or entry.retracted_at is not None:
            raise NotFound("An entry of that number in this review's timeline")
    if ask.factor_id is not None:
        factor = work.session.get(ReviewFactor, ask.factor_id)
        if factor is None or factor.review_id != review.key:
            raise NotFound("That factor")
    if ask.question:
        used = template(work, review.template_key, review.template_version)
        if used.question(ask.question) is None:
            raise NotFound(f"The question “{ask.question[:40]}”")


def _picture(work: Work, review: Review, picture_id: int | None) -> Attachment | None:
    if picture_id is None:
        return None
    row = work.session.get(Attachment, picture_id)
    if row is None or (row.record_kind, row.record_id) != ("review", review.key):
        raise NotFound("That picture")
    return row
