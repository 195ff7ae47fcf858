"""The timeline of a review with what the review says about it, and the evidence it stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from tracker.db.work import Look
from tracker.models.incident import TimelineEntry
from tracker.models.review import Review
from tracker.models.review_work import Attachment, ReviewEvidence, ReviewMoment
from tracker.reading.analyse.picture import frozen_story, story_of
from tracker.reading.analyse.reviews import WholeReview


@dataclass(frozen=True)
class Evidence:
    """A link or a picture, and the place it belongs to."""

    row: ReviewEvidence
    # The name of the kept picture; empty for a link.
    picture: str = ""

    @property
    def title(self) -> str:
        return self.row.title or self.picture or self.row.url


@dataclass(frozen=True)
class MarkedEntry:
    """An entry with its marks and its evidence; ``opens`` names the group that begins with it."""

    row: TimelineEntry
    mark: ReviewMoment | None
    evidence: list[Evidence] = field(default_factory=list)
    opens: str = ""
    grouped: bool = False


@dataclass(frozen=True)
class TimelineWork:
    """The entries apart: what could be known then, and what was learned only afterwards."""

    then: list[MarkedEntry]
    later: list[MarkedEntry]
    evidence: list[Evidence]
    groups: list[str]

    @property
    def count(self) -> int:
        return len(self.then) + len(self.later)

    def at_factor(self, factor_id: int) -> list[Evidence]:
        return [one for one in self.evidence if one.row.factor_id == factor_id]

    @property
    def at_hand(self) -> list[MarkedEntry]:
        """The key moments, and what has evidence, in order of time: to be seen while writing."""
        found = [
            one
            for one in (*self.then, *self.later)
            if one.evidence or (one.mark is not None and one.mark.moment)
        ]
        return sorted(found, key=lambda one: (one.row.at, one.row.key))

    @property
    def beside_entries(self) -> list[Evidence]:
        """What belongs to no entry: to a factor, a question, or the review as a whole."""
        return [one for one in self.evidence if one.row.entry_id is None]

    @property
    def elsewhere(self) -> list[Evidence]:
        """What belongs to a question, or to the review as a whole."""
        return [
            one for one in self.evidence if one.row.entry_id is None and one.row.factor_id is None
        ]


def evidence_of(look: Look, review: Review) -> list[Evidence]:
    """All evidence of a review, oldest first. One query."""
    rows = look.session.exec(
        select(ReviewEvidence, Attachment.name)
        .join(Attachment, col(Attachment.id) == col(ReviewEvidence.attachment_id), isouter=True)
        .where(ReviewEvidence.review_id == review.key)
        .order_by(col(ReviewEvidence.id))
    )
    return [Evidence(row, name or "") for row, name in rows]


def timeline_work(whole: WholeReview, evidence: Sequence[Evidence]) -> TimelineWork:
    """The timeline as it is worked on. What the tracker noted itself is left out."""
    beside: dict[int, list[Evidence]] = {}
    for one in evidence:
        if one.row.entry_id is not None:
            beside.setdefault(one.row.entry_id, []).append(one)
    told = [entry for entry in whole.entries if entry.kind != "system"]
    later_ids = {row.entry_id for row in whole.moments.values() if row.known == "later"}
    then = [entry for entry in told if entry.key not in later_ids]
    later = [entry for entry in told if entry.key in later_ids]
    groups = [row.group_name for row in whole.moments.values() if row.group_name]
    return TimelineWork(
        _marked(then, whole, beside),
        _marked(later, whole, beside),
        list(evidence),
        list(dict.fromkeys(groups)),
    )


def frozen_beside(look: Look, whole: WholeReview) -> dict[str, Any]:
    """What a published version keeps besides its texts: the picture's story and the evidence."""
    factors = {factor.row.key: factor.row.term for factor in whole.factors}
    entries = {entry.key: entry for entry in whole.entries}
    kept = []
    for one in evidence_of(look, whole.row):
        entry = entries.get(one.row.entry_id or 0)
        kept.append(
            {
                "title": one.title,
                "url": one.row.url or f"/reviews/{whole.ref}/pictures/{one.row.attachment_id}",
                "picture": one.row.attachment_id is not None,
                "at": entry.at.isoformat() if entry else "",
                "factor": factors.get(one.row.factor_id or 0, ""),
                "question": one.row.question,
            }
        )
    return {"picture": frozen_story(story_of(look, whole)), "evidence": kept}


def _marked(
    entries: Sequence[TimelineEntry], whole: WholeReview, beside: dict[int, list[Evidence]]
) -> list[MarkedEntry]:
    found = []
    before = ""
    for entry in entries:
        mark = whole.moments.get(entry.key)
        group = mark.group_name if mark else ""
        found.append(
            MarkedEntry(
                entry,
                mark,
                beside.get(entry.key, []),
                opens=group if group != before else "",
                grouped=bool(group),
            )
        )
        before = group
    return found
