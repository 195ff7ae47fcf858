"""Working on the timeline of a review: many entries are marked at once, their text stays as it is.

The marks belong to the review. The timeline belongs to the incident and says what people wrote
then; what we know now about it stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gaps, NotFound
from tracker.domain.moment import HYPOTHESES, KNOWN, MOMENTS, MOST_AT_ONCE
from tracker.models.incident import TimelineEntry
from tracker.models.review import Review, ReviewIncident
from tracker.models.review_work import ReviewMoment
from tracker.usecases.analyse.answers import refuse_closed

CHOICES = {"moment": MOMENTS, "known": KNOWN, "hypothesis": HYPOTHESES}
FIELDS = ("moment", "group_name", "known", "hypothesis", "note")


@dataclass(frozen=True, kw_only=True)
class MarkEntries:
    """What to say of these entries. ``None`` leaves a mark as it is, an empty text takes it away.

    ``group_name`` gathers entries under one heading; ``note`` is a sentence beside them.
    """

    entries: tuple[int, ...]
    moment: str | None = None
    group_name: str | None = None
    known: str | None = None
    hypothesis: str | None = None
    note: str | None = None


def mark_entries(work: Work, review: Review, ask: MarkEntries) -> list[ReviewMoment]:
    """Each entry has the given marks; one without any left has no row. The marked rows.

    Raises: NotValid, NotFound for an entry of another incident. Emits: review.changed.
    """
    work.permit("mark_entries")
    refuse_closed(work, review)
    _check(ask)
    entries = _entries(work, review, ask.entries)
    known = {
        row.entry_id: row
        for row in work.session.exec(
            select(ReviewMoment)
            .where(
                ReviewMoment.review_id == review.key,
                col(ReviewMoment.entry_id).in_([entry.key for entry in entries]),
            )
            .with_for_update()
        )
    }
    wanted = {
        name: asks.clean(value) for name in FIELDS if (value := getattr(ask, name)) is not None
    }
    marked = []
    for entry in entries:
        row = known.get(entry.key)
        if row is None:
            row = ReviewMoment(review_id=review.key, entry_id=entry.key, at=work.now)
        for name, value in wanted.items():
            setattr(row, name, value)
        row.at, row.by_id = work.now, work.actor.person_id
        if any(getattr(row, name) for name in FIELDS):
            marked.append(work.add(row))
        elif row.id is not None:
            work.session.delete(row)
    work.emit("review.changed", review)
    return marked


def _check(ask: MarkEntries) -> None:
    gaps = Gaps()
    if not ask.entries:
        gaps.add("entries", "Choose at least one entry of the timeline")
    if len(ask.entries) > MOST_AT_ONCE:
        gaps.add("entries", f"At most {MOST_AT_ONCE} entries at once")
    if all(getattr(ask, name) is None for name in FIELDS):
        gaps.add("moment", "Say what to mark the entries with")
    for name, choices in CHOICES.items():
        value = getattr(ask, name)
        if value is not None:
            asks.check_choice(gaps, name, value, tuple(choices), required=False)
    if ask.group_name is not None:
        asks.check_title(gaps, "group_name", ask.group_name, required=False)
    if ask.note is not None:
        asks.check_text(gaps, "note", ask.note, limit=asks.REASON_LIMIT)
    gaps.raise_not_valid()


def _entries(work: Work, review: Review, ids: tuple[int, ...]) -> list[TimelineEntry]:
    """The entries, in time; retracted ones are no longer part of the story."""
    wanted = set(ids)
    rows = work.session.exec(
        select(TimelineEntry)
        .join(
            ReviewIncident,
            col(ReviewIncident.incident_id) == col(TimelineEntry.incident_id),
        )
        .where(
            ReviewIncident.review_id == review.key,
            col(TimelineEntry.id).in_(wanted),
            col(TimelineEntry.retracted_at).is_(None),
        )
        .order_by(col(TimelineEntry.at), col(TimelineEntry.id))
    ).all()
    if len(rows) < len(wanted):
        raise NotFound("An entry of that number in this review's timeline")
    return list(rows)
