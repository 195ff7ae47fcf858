"""Lessons: drafted, published, asked again whether they are still true, replaced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from tracker.db.access import readable
from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotValid
from tracker.domain.incident import VISIBILITIES
from tracker.domain.lesson import APPLIES_TO_KINDS, publish_gaps
from tracker.domain.lifecycle import LESSON, LIVING_LESSON_STATES
from tracker.models.incident import Incident
from tracker.models.lesson import Lesson, LessonAppliesTo, LessonIncident, LessonTag
from tracker.reading.references import (
    incident_by_ref,
    lesson_by_ref,
    people_named,
    person_named,
    ref,
    review_by_ref,
    team_named,
)
from tracker.usecases.circles import close_to, join_circle
from tracker.usecases.clocks import morning_of, set_clock, stop_clocks

TEXTS = ("situation", "insight", "recommendation")


@dataclass(frozen=True, kw_only=True)
class DraftLesson:
    """What others can use. From a review it takes over the review's visibility."""

    title: str
    situation: str = ""
    insight: str = ""
    recommendation: str = ""
    tags: tuple[str, ...] = ()
    applies_to: tuple[tuple[str, str], ...] = ()
    owner: str = ""
    team: str = ""
    review: str = ""
    incidents: tuple[str, ...] = ()
    review_by: date | None = None
    others_exposed: bool = False
    visibility: str = "org"
    members: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EditLesson:
    """New values; ``None`` leaves a field as it is."""

    title: str | None = None
    situation: str | None = None
    insight: str | None = None
    recommendation: str | None = None
    tags: tuple[str, ...] | None = None
    applies_to: tuple[tuple[str, str], ...] | None = None
    owner: str | None = None
    team: str | None = None
    incidents: tuple[str, ...] | None = None
    review_by: date | None = None
    others_exposed: bool | None = None
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class MoveLesson:
    """A verb of the life cycle; ``by`` names the lesson that replaces this one."""

    verb: str
    why: str = ""
    by: str = ""
    version: int | None = None


def draft_lesson(work: Work, ask: DraftLesson) -> Lesson:
    """The lesson exists as a draft. Raises: NotValid, NotFound. Emits: lesson.drafted."""
    work.permit("draft_lesson")
    gaps = Gaps()
    asks.check_title(gaps, "title", ask.title)
    _check(gaps, ask)
    asks.check_choice(gaps, "visibility", ask.visibility, VISIBILITIES)
    owner = person_named(work, ask.owner, gaps, "owner")
    team = team_named(work, ask.team, gaps, "team")
    members = people_named(work, ask.members, gaps, "members")
    gaps.raise_not_valid()
    review = review_by_ref(work, ask.review) if ask.review else None
    incidents = [incident_by_ref(work, one) for one in dict.fromkeys(ask.incidents)]
    lesson = work.add(
        Lesson(
            title=asks.clean(ask.title),
            situation=asks.clean(ask.situation),
            insight=asks.clean(ask.insight),
            recommendation=asks.clean(ask.recommendation),
            owner_id=owner.key if owner else None,
            team_id=team.key if team else None,
            review_id=review.key if review else None,
            review_by=ask.review_by,
            others_exposed=ask.others_exposed,
            created_at=work.now,
            updated_at=work.now,
        )
    )
    source = next((one for one in [review, *incidents] if one and one.circle_id), None)
    if source is not None:
        lesson.circle_id = source.circle_id
        join_circle(work, lesson.circle_id, [lesson.owner_id])
    else:
        close_to(work, lesson, ask.visibility, [team] if team else [], members)
    _link(work, lesson, ask.tags, ask.applies_to, [one.key for one in incidents])
    work.emit("lesson.drafted", lesson)
    return lesson


def edit_lesson(work: Work, lesson: Lesson, ask: EditLesson) -> Lesson:
    """The given fields have their new values.

    Raises: NotValid (a published lesson stays complete), Conflict. Emits: lesson.changed.
    """
    work.permit("edit_lesson")
    work.expect(lesson, ask.version)
    gaps = Gaps()
    if ask.title is not None:
        asks.check_title(gaps, "title", ask.title)
    _check(gaps, ask)
    owner = person_named(work, ask.owner or "", gaps, "owner")
    team = team_named(work, ask.team or "", gaps, "team")
    gaps.raise_not_valid()
    incidents = [incident_by_ref(work, one) for one in dict.fromkeys(ask.incidents or ())]
    for name in ("title", *TEXTS):
        value = getattr(ask, name)
        if value is not None:
            setattr(lesson, name, asks.clean(value))
    if lesson.state in LIVING_LESSON_STATES:
        found = _publish_gaps(lesson)
        if found:
            raise NotValid(*found)
    if ask.owner is not None:
        lesson.owner_id = owner.key if owner else None
    if ask.team is not None:
        lesson.team_id = team.key if team else None
    if ask.others_exposed is not None:
        lesson.others_exposed = ask.others_exposed
    if ask.review_by is not None:
        lesson.review_by = ask.review_by
        _set_clock(work, lesson)
    _unlink(work, lesson, ask)
    _link(work, lesson, ask.tags or (), ask.applies_to or (), [one.key for one in incidents])
    join_circle(work, lesson.circle_id, [lesson.owner_id])
    lesson.updated_at = work.now
    work.emit("lesson.changed", lesson)
    return lesson


def move_lesson(work: Work, lesson: Lesson, ask: MoveLesson) -> Lesson:
    """The lesson is in its new state.

    Publishing needs situation, insight and recommendation; superseding names the better lesson.
    Raises: NotAllowed, NotValid, NotFound, Conflict. Emits: lesson.moved.
    """
    own = lesson.owner_id is not None and lesson.owner_id == work.actor.person_id
    # "Is this still true?" is asked of the owner, who may answer it whatever their role.
    work.permit("edit_lesson" if ask.verb == "confirm" and own else "move_lesson")
    work.expect(lesson, ask.version)
    gaps = Gaps()
    asks.check_choice(gaps, "verb", ask.verb, LESSON.verbs)
    asks.check_text(gaps, "why", ask.why, limit=asks.REASON_LIMIT)
    gaps.raise_not_valid()
    LESSON.check(lesson.state, ask.verb, why=ask.why)
    if ask.verb == "publish":
        return release_lesson(work, lesson)
    if ask.verb == "supersede":
        better = lesson_by_ref(work, ask.by)
        if better.key == lesson.key:
            raise NotValid(Gap("by", "A lesson cannot replace itself"))
        if better.state not in LIVING_LESSON_STATES:
            raise NotValid(Gap("by", f"{ref(better)} is {better.state}: publish it first"))
        lesson.superseded_by_id = better.key
    work.move(lesson, LESSON, ask.verb, why=ask.why)
    if ask.verb == "confirm":
        lesson.review_by = work.today + timedelta(days=work.policy.lesson_review_days)
    if ask.verb == "restore":
        lesson.superseded_by_id = None
    _set_clock(work, lesson)
    return lesson


def release_lesson(work: Work, lesson: Lesson) -> Lesson:
    """The lesson is published, and asked again after the policy's time.

    Raises: NotAllowed listing what is missing. Emits: lesson.moved.
    """
    work.move(lesson, LESSON, "publish", gaps=_publish_gaps(lesson))
    lesson.published_at = lesson.published_at or work.now
    if lesson.review_by is None:
        lesson.review_by = work.today + timedelta(days=work.policy.lesson_review_days)
    _set_clock(work, lesson)
    return lesson


def _publish_gaps(lesson: Lesson) -> list[Gap]:
    return publish_gaps(
        situation=lesson.situation,
        insight=lesson.insight,
        recommendation=lesson.recommendation,
    )


def _set_clock(work: Work, lesson: Lesson) -> None:
    stop_clocks(work, "lesson_review", lesson)
    work.session.flush()
    if lesson.state == "published" and lesson.review_by is not None:
        set_clock(
            work,
            "lesson_review",
            lesson,
            due_at=morning_of(work, lesson.review_by),
            mark=lesson.review_by.isoformat(),
        )


def _check(gaps: Gaps, ask: DraftLesson | EditLesson) -> None:
    for name in TEXTS:
        text = getattr(ask, name)
        if text is not None:
            asks.check_text(gaps, name, text, limit=asks.NOTE_LIMIT)
    asks.check_tags(gaps, "tags", ask.tags or ())
    asks.check_day(gaps, "review_by", ask.review_by)
    if len(ask.applies_to or ()) > asks.MANY_LIMIT:
        gaps.add("applies_to", f"At most {asks.MANY_LIMIT} places")
    for kind, value in ask.applies_to or ():
        asks.check_choice(gaps, "applies_to", kind, APPLIES_TO_KINDS)
        asks.check_text(gaps, "applies_to", value, limit=100, required=True)


def _link(
    work: Work,
    lesson: Lesson,
    tags: tuple[str, ...],
    applies_to: tuple[tuple[str, str], ...],
    incident_ids: list[int],
) -> None:
    places = dict.fromkeys((kind, asks.clean(value)) for kind, value in applies_to)
    work.add_all(
        [
            *(LessonTag(lesson_id=lesson.key, tag=tag) for tag in asks.tags_of(tags)),
            *(
                LessonAppliesTo(lesson_id=lesson.key, kind=kind, value=value)
                for kind, value in places
            ),
            *(LessonIncident(lesson_id=lesson.key, incident_id=one) for one in incident_ids),
        ]
    )


def _unlink(work: Work, lesson: Lesson, ask: EditLesson) -> None:
    if ask.tags is not None:
        work.session.execute(delete(LessonTag).where(col(LessonTag.lesson_id) == lesson.key))
    if ask.applies_to is not None:
        work.session.execute(
            delete(LessonAppliesTo).where(col(LessonAppliesTo.lesson_id) == lesson.key)
        )
    if ask.incidents is not None:
        # What the editor cannot see was not in the list they changed, so it stays.
        seen = select(Incident.id).where(readable(Incident, work.actor))
        work.session.execute(
            delete(LessonIncident).where(
                col(LessonIncident.lesson_id) == lesson.key,
                col(LessonIncident.incident_id).in_(seen),
            )
        )
