"""What a review may have met before: incidents alike, what was decided then, lessons known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlmodel import col, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.models.action import Action
from tracker.models.incident import Incident
from tracker.models.lesson import Lesson, LessonIncident
from tracker.models.review import Review, ReviewIncident
from tracker.models.review_work import LikenessVerdict
from tracker.reading.analyse.reviews import incidents_of
from tracker.reading.references import ref
from tracker.reading.share.library import similar
from tracker.search.index import SearchIndex

SHOWN = 6
LESSONS_SHOWN = 5
TEXT_SHOWN = 4_000
# What a state of an earlier action says about whether it helped.
HELPED = {
    "verified": "It helped",
    "ineffective": "It did not help",
    "done": "Done; nobody has looked yet whether it helped",
    "risk_accepted": "The risk was accepted",
    "declined": "Not done",
}


@dataclass(frozen=True)
class EarlierAction:
    """An action decided after an incident that looks alike, and how it went."""

    row: Action
    ref: str

    @property
    def helped(self) -> str:
        """How it went, in words."""
        if self.row.recurred_at is not None:
            return "It met its case again"
        return HELPED.get(self.row.state, "Not finished")


@dataclass
class Alike:
    """An incident that looks like one under review, and what a person said about the pair."""

    row: Incident
    ref: str
    mine: str  # the incident under review that it looks like
    verdict: LikenessVerdict | None = None
    review: Review | None = None
    actions: list[EarlierAction] = field(default_factory=list)


@dataclass(frozen=True)
class Likeness:
    """What was found, the pairs that nobody has judged first; and lessons that fit."""

    incidents: list[Incident]
    alike: list[Alike]
    lessons: list[tuple[Lesson, bool]]  # with whether it is linked already


def likeness_of(look: Look, index: SearchIndex, review: Review) -> Likeness:
    """Everything that the actor may read, and nothing else: hits, verdicts, actions, lessons."""
    mine = incidents_of(look, review)
    pairs = _verdicts(look, [one.key for one in mine])
    found: dict[int, str] = {}
    lesson_ids: list[int] = []
    for incident in mine:
        for hit in _hits(look, index, incident, mine, "incident", SHOWN):
            found.setdefault(hit, ref(incident))
        lesson_ids += _hits(look, index, incident, mine, "lesson", LESSONS_SHOWN)
    refs = {one.key: ref(one) for one in mine}
    for one, other in pairs:
        under, beside = (one, other) if one in refs else (other, one)
        if beside not in refs:
            found.setdefault(beside, refs[under])
    rows = _incidents(look, list(found))
    alike = [_alike(row, found[row.key], pairs, refs) for row in rows]
    _add_what_was_decided(look, alike)
    order = {row_id: place for place, row_id in enumerate(found)}
    alike.sort(key=lambda one: (one.verdict is not None, order[one.row.key]))
    return Likeness(mine, alike, _lessons(look, review, list(refs), lesson_ids))


def _hits(
    look: Look,
    index: SearchIndex,
    incident: Incident,
    mine: Sequence[Incident],
    kind: str,
    limit: int,
) -> list[int]:
    text = f"{incident.title}\n{incident.summary}\n{incident.impact_text}"[:TEXT_SHOWN]
    hits = similar(
        look, index, text, exclude=[ref(one) for one in mine], kinds=(kind,), limit=limit
    )
    return [int(hit.ref[4:]) for hit in hits]


def _verdicts(look: Look, ids: list[int]) -> dict[tuple[int, int], LikenessVerdict]:
    rows = look.session.exec(
        select(LikenessVerdict).where(
            sa.or_(
                col(LikenessVerdict.incident_id).in_(ids), col(LikenessVerdict.other_id).in_(ids)
            )
        )
    )
    return {(row.incident_id, row.other_id): row for row in rows}


def _incidents(look: Look, ids: list[int]) -> list[Incident]:
    if not ids:
        return []
    return list(
        look.session.exec(
            select(Incident).where(col(Incident.id).in_(ids), readable(Incident, look.actor))
        )
    )


def _alike(
    row: Incident,
    mine: str,
    pairs: dict[tuple[int, int], LikenessVerdict],
    refs: dict[int, str],
) -> Alike:
    for under, name in refs.items():
        first, second = sorted((under, row.key))
        if (first, second) in pairs:
            return Alike(row, ref(row), name, pairs[first, second])
    return Alike(row, ref(row), mine)


def _add_what_was_decided(look: Look, alike: list[Alike]) -> None:
    by_incident = {one.row.key: one for one in alike}
    if not by_incident:
        return
    reviewed = look.session.exec(
        select(ReviewIncident.incident_id, Review)
        .join(Review, col(Review.id) == col(ReviewIncident.review_id))
        .where(col(ReviewIncident.incident_id).in_(by_incident), readable(Review, look.actor))
    ).all()
    by_review: dict[int, list[Alike]] = {}
    for incident_id, review in reviewed:
        by_incident[incident_id].review = review
        by_review.setdefault(review.key, []).append(by_incident[incident_id])
    actions = look.session.exec(
        select(Action)
        .where(
            sa.or_(col(Action.incident_id).in_(by_incident), col(Action.review_id).in_(by_review)),
            readable(Action, look.actor),
        )
        .order_by(col(Action.id))
    )
    for action in actions:
        places = by_review.get(action.review_id or 0, [])
        if action.incident_id in by_incident:
            places = [by_incident[action.incident_id]]
        for place in places:
            place.actions.append(EarlierAction(action, ref(action)))


def _lessons(
    look: Look, review: Review, mine: list[int], suggested: list[int]
) -> list[tuple[Lesson, bool]]:
    linked = select(LessonIncident.lesson_id).where(col(LessonIncident.incident_id).in_(mine))
    known = set(look.session.exec(linked))
    wanted = list(dict.fromkeys([*known, *suggested]))
    if not wanted:
        return []
    rows = look.session.exec(
        select(Lesson).where(
            col(Lesson.id).in_(wanted),
            readable(Lesson, look.actor),
            # What comes out of this review is new, not known before.
            sa.or_(col(Lesson.review_id).is_(None), col(Lesson.review_id) != review.key),
        )
    ).all()
    order = {row_id: place for place, row_id in enumerate(wanted)}
    return [(row, row.key in known) for row in sorted(rows, key=lambda row: order[row.key])]
