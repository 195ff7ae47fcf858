"""Lessons as lists and pages show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, literal, union_all
from sqlmodel import col, select

from tracker.db.access import readable
from tracker.db.hints import common
from tracker.db.work import Look
from tracker.domain.errors import Gap, NotValid
from tracker.domain.lifecycle import LESSON, LIVING_LESSON_STATES, Move
from tracker.models.catalogue import Person, Team
from tracker.models.incident import Incident
from tracker.models.journal import StateMove
from tracker.models.lesson import Lesson, LessonAppliesTo, LessonIncident, LessonTag
from tracker.models.review import Review
from tracker.reading.journal import moves_of
from tracker.reading.links import people_by_id, teams_by_id, visibilities
from tracker.reading.listing import (
    Listed,
    capped_count,
    capped_counts,
    check_limit,
    keyset_page,
)
from tracker.reading.references import ref

SORTS: dict[str, tuple[Any, bool]] = {
    "newest": (Lesson.created_at, True),
    "oldest": (Lesson.created_at, False),
    "title": (Lesson.title, False),
    "changed": (Lesson.updated_at, True),
}
# Counting the tags of all lessons would make the page slower with every lesson.
TAGS_FROM = 1_000


@dataclass(frozen=True, kw_only=True)
class LessonFilter:
    """What a list of lessons is narrowed to."""

    state: tuple[str, ...] = ()  # states, or "living"
    tag: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    applies_to: tuple[str, ...] = ()
    mine: bool = False
    others_exposed: bool = False


@dataclass
class LessonLinks:
    tags: list[str] = field(default_factory=list)
    applies_to: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class LessonItem:
    """A row of the list."""

    row: Lesson
    ref: str
    links: LessonLinks
    owner: Person | None
    team: Team | None


@dataclass(frozen=True)
class LessonPage:
    """Everything the page of a lesson shows. Hidden sources are left out."""

    item: LessonItem
    review: Review | None
    incidents: list[Incident]
    superseded_by: Lesson | None
    visibility: str
    moves: tuple[Move, ...]  # what the actor may do with it now
    journal: list[StateMove]  # oldest first


def list_lessons(
    look: Look,
    narrowed: LessonFilter,
    *,
    sort: str = "newest",
    cursor: str = "",
    limit: int = 50,
    count: bool = False,
) -> Listed[LessonItem]:
    """A page of the lessons this actor may read. Raises: NotValid."""
    if sort not in SORTS:
        raise NotValid(Gap("sort", f"Sort by one of: {', '.join(SORTS)}"))
    column, descending = SORTS[sort]
    query = select(Lesson).where(readable(Lesson, look.actor), *_conditions(look, narrowed))
    rows, following = keyset_page(
        look,
        query,
        sort=col(column),
        tie=col(Lesson.id),
        descending=descending,
        cursor=cursor,
        limit=check_limit(limit),
    )
    return Listed(lesson_items(look, rows), following, capped_count(look, query) if count else None)


def lesson_counts(look: Look, views: dict[str, LessonFilter]) -> dict[str, int]:
    """How many readable lessons each view has, counted up to COUNTED_AT_MOST + 1. One query."""
    return capped_counts(
        look,
        {
            name: select(Lesson).where(readable(Lesson, look.actor), *_conditions(look, narrowed))
            for name, narrowed in views.items()
        },
    )


def common_tags(look: Look, limit: int = 40) -> list[str]:
    """The tags that most of the newest TAGS_FROM readable living lessons carry, by name."""
    newest = (
        select(Lesson.id)
        .where(readable(Lesson, look.actor), common(col(Lesson.state)).in_(LIVING_LESSON_STATES))
        .order_by(col(Lesson.created_at).desc(), col(Lesson.id).desc())
        .limit(TAGS_FROM)
    )
    query = (
        select(LessonTag.tag)
        .where(col(LessonTag.lesson_id).in_(newest))
        .group_by(col(LessonTag.tag))
        .order_by(func.count().desc(), col(LessonTag.tag))
        .limit(limit)
    )
    return sorted(look.session.exec(query))


def lesson_items(look: Look, rows: list[Lesson]) -> list[LessonItem]:
    """The rows with tags, places, owners and teams. Three queries."""
    links = links_of_lessons(look, [row.key for row in rows])
    people = people_by_id(look, [row.owner_id for row in rows])
    teams = teams_by_id(look, [row.team_id for row in rows])
    return [
        LessonItem(
            row,
            ref(row),
            links[row.key],
            people.get(row.owner_id or 0),
            teams.get(row.team_id or 0),
        )
        for row in rows
    ]


def links_of_lessons(look: Look, lesson_ids: Iterable[int]) -> dict[int, LessonLinks]:
    """Tags and places of each lesson. One query."""
    ids = list(lesson_ids)
    found: dict[int, LessonLinks] = defaultdict(LessonLinks)
    if not ids:
        return found
    tags = select(  # type: ignore[var-annotated]
        col(LessonTag.lesson_id).label("owner"),
        literal("").label("kind"),
        col(LessonTag.tag).label("value"),
    ).where(col(LessonTag.lesson_id).in_(ids))
    places = select(
        col(LessonAppliesTo.lesson_id), col(LessonAppliesTo.kind), col(LessonAppliesTo.value)
    ).where(col(LessonAppliesTo.lesson_id).in_(ids))
    for owner, kind, value in look.session.execute(
        union_all(tags, places).order_by("kind", "value")
    ):
        if kind:
            found[owner].applies_to.append((kind, value))
        else:
            found[owner].tags.append(value)
    return found


def lesson_page(look: Look, lesson: Lesson) -> LessonPage:
    """The lesson with its sources, as far as the actor may see them."""
    incidents = look.session.exec(
        select(Incident)
        .join(LessonIncident, col(LessonIncident.incident_id) == col(Incident.id))
        .where(LessonIncident.lesson_id == lesson.key, readable(Incident, look.actor))
        .order_by(col(Incident.declared_at))
    ).all()
    review = look.session.get(Review, lesson.review_id) if lesson.review_id else None
    better = look.session.get(Lesson, lesson.superseded_by_id) if lesson.superseded_by_id else None
    return LessonPage(
        item=lesson_items(look, [lesson])[0],
        review=review if review and look.actor.reads(review.circle_id) else None,
        incidents=list(incidents),
        superseded_by=better if better and look.actor.reads(better.circle_id) else None,
        visibility=visibilities(look, [lesson.circle_id])[lesson.circle_id],
        moves=LESSON.possible(lesson.state) if look.actor.may("move_lesson") else (),
        journal=moves_of(look, "lesson", lesson.key),
    )


def _conditions(look: Look, narrowed: LessonFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if narrowed.state:
        states = [state for state in narrowed.state if state != "living"]
        if "living" in narrowed.state:
            states += LIVING_LESSON_STATES
        # Most lessons are living.
        wide = common(col(Lesson.state)) if len(states) > 1 else col(Lesson.state)
        found.append(wide.in_(states))
    if narrowed.tag:
        tagged = select(LessonTag.lesson_id).where(col(LessonTag.tag).in_(narrowed.tag))
        found.append(col(Lesson.id).in_(tagged))
    if narrowed.applies_to:
        places = select(LessonAppliesTo.lesson_id).where(
            col(LessonAppliesTo.value).in_(narrowed.applies_to)
        )
        found.append(col(Lesson.id).in_(places))
    if narrowed.team:
        teams = select(Team.id).where(col(Team.slug).in_(narrowed.team))
        found.append(col(Lesson.team_id).in_(teams))
    if narrowed.mine:
        found.append(col(Lesson.owner_id) == look.actor.person_id)
    if narrowed.others_exposed:
        found.append(col(Lesson.others_exposed).is_(True))
    return found
