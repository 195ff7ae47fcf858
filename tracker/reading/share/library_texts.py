"""The words of many records at once, in eight questions to the database however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import case, func, literal, union_all
from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.lifecycle import LIVING_LESSON_STATES
from tracker.models.action import Action
from tracker.models.catalogue import Service, Team
from tracker.models.incident import (
    Incident,
    IncidentService,
    IncidentTag,
    IncidentTeam,
    TimelineEntry,
)
from tracker.models.lesson import Lesson, LessonAppliesTo, LessonIncident, LessonTag
from tracker.models.review import ImportedSource, Review, ReviewIncident, ReviewVersion
from tracker.reading.references import ref
from tracker.reading.respond.transcripts import transcript_texts
from tracker.reading.share.library_events import event_texts
from tracker.reading.share.library_procedures import procedure_texts
from tracker.reading.share.library_text import LibraryText

TIMELINE_CHARACTERS = 20_000
ORIGINAL_CHARACTERS = 40_000
READABLE_REVIEW_STATES = ("published", "amended")
Labels = Mapping[tuple[str, int], tuple[str, ...]]


@dataclass(frozen=True)
class _Origin:
    """An incident as the records about it see it."""

    row: Incident
    source_id: str
    original: str


def texts_of(look: Look, wanted: Mapping[str, Collection[int]]) -> dict[str, LibraryText]:
    """By reference, the records of each kind that are in the library; others are left out.

    A record borrows services, teams, tags, severity, day and source from its incidents, but never
    from one that is closed to some of its own readers.
    """
    incident_ids = list(wanted.get("incident", ()))
    reviews = _reviews(look, wanted.get("review", ()))
    actions = _actions(look, wanted.get("action", ()))
    lessons = _lessons(look, wanted.get("lesson", ()))
    about = _incidents_about(look, reviews, actions, lessons)
    needed = {*incident_ids, *(one for ids in about.values() for one in ids)}
    origins = _origins(look, needed, whole=incident_ids)
    labels = _labels(look, needed, [lesson.key for lesson, _ in lessons])
    timelines = _timelines(look, incident_ids)
    said = transcript_texts(look, incident_ids, characters=TIMELINE_CHARACTERS)
    filed = _Filing(about, origins, labels)
    found: list[LibraryText] = [
        _incident_text(origins[one], labels, timelines.get(one, ""), said.get(one, ""))
        for one in incident_ids
        if one in origins
    ]
    found += [
        filed.text(review, _version_words(content), title=str(content.get("title") or review.title))
        for review, content in reviews
    ]
    found += [
        filed.text(
            action,
            (
                action.detail,
                action.expected_effect,
                action.where_to_look,
                action.evidence,
                action.result,
            ),
            teams=(team,) if team else (),
        )
        for action, team in actions
    ]
    found += [
        filed.text(
            lesson,
            (
                lesson.situation,
                lesson.insight,
                lesson.recommendation,
                "\n".join(labels.get(("applies_to", lesson.key), ())),
            ),
            teams=(team,) if team else (),
            tags=labels.get(("lesson_tag", lesson.key), ()),
        )
        for lesson, team in lessons
    ]
    found += procedure_texts(look, wanted.get("procedure", ()))
    found += event_texts(look, wanted.get("event", ()))
    return {text.ref: text for text in found}


@dataclass(frozen=True)
class _Filing:
    """What records borrow from the incidents they are about."""

    about: Mapping[tuple[str, int], list[int]]
    origins: Mapping[int, _Origin]
    labels: Labels

    def text(
        self,
        row: Review | Action | Lesson,
        words: Iterable[str],
        *,
        title: str = "",
        teams: tuple[str, ...] = (),
        tags: tuple[str, ...] = (),
    ) -> LibraryText:
        kind = str(row.__tablename__)
        origins = [
            origin
            for one in self.about.get((kind, row.key), ())
            if (origin := self.origins.get(one)) is not None
            and origin.row.circle_id in (None, row.circle_id)
        ]
        ids = [origin.row.key for origin in origins]
        days = [origin.row.declared_at.date() for origin in origins]
        severities = sorted(origin.row.severity for origin in origins if origin.row.severity)
        return LibraryText(
            ref=ref(row),
            kind=kind,
            title=title or row.title,
            markdown=tuple(text for text in words if text.strip()),
            tags=_joined(tags, *(self.labels.get(("tag", one), ()) for one in ids)),
            teams=_joined(teams, *(self.labels.get(("team", one), ()) for one in ids)),
            services=_joined(*(self.labels.get(("service", one), ()) for one in ids)),
            severity=severities[0] if severities else "",
            state=row.state,
            day=min(days, default=row.created_at.date()),
            circle=row.circle_id,
            source_id=next((origin.source_id for origin in origins if origin.source_id), ""),
            story=ref(origins[0].row) if origins else "",
        )


def filed_under(look: Look, incident_ids: Collection[int]) -> dict[str, set[int]]:
    """By kind, the records that borrow from these incidents and so change with them."""
    of_incident = col(ReviewIncident.incident_id).in_(incident_ids)
    reviews = sa.select(col(ReviewIncident.review_id)).where(of_incident)
    parts: list[sa.Select[*tuple[Any, ...]]] = [
        sa.select(literal("review"), col(ReviewIncident.review_id)).where(of_incident),
        sa.select(literal("lesson"), col(LessonIncident.lesson_id)).where(
            col(LessonIncident.incident_id).in_(incident_ids)
        ),
        sa.select(literal("lesson"), col(Lesson.id)).where(col(Lesson.review_id).in_(reviews)),
        sa.select(literal("action"), col(Action.id)).where(
            sa.or_(col(Action.incident_id).in_(incident_ids), col(Action.review_id).in_(reviews))
        ),
    ]
    found: dict[str, set[int]] = defaultdict(set)
    for kind, row_id in look.session.execute(union_all(*parts)):
        found[str(kind)].add(int(row_id))
    return found


def _incident_text(origin: _Origin, labels: Labels, timeline: str, said: str) -> LibraryText:
    row = origin.row
    words = (row.summary, row.impact_text, row.almost_happened, row.what_saved_us,
             row.would_help, timeline, origin.original, said)  # fmt: skip
    return LibraryText(
        ref=ref(row),
        kind=row.kind,
        title=row.title,
        markdown=tuple(text for text in words if text.strip()),
        tags=labels.get(("tag", row.key), ()),
        teams=labels.get(("team", row.key), ()),
        services=labels.get(("service", row.key), ()),
        severity=row.severity,
        state=row.state,
        day=row.declared_at.date(),
        circle=row.circle_id,
        source_id=origin.source_id,
    )


def _version_words(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Every text of a published version: answers, factors, then the timeline."""
    words: list[str] = []
    for answer in content.get("answers", {}).values():
        words += [answer.get("text", ""), answer.get("choice", ""), answer.get("because", "")]
    for factor in content.get("factors", ()):
        words.append(str(factor.get("term", "")).replace("_", " ").replace("-", " "))
        words += [str(factor.get(name) or "") for name in ("note", "made_sense", "evidence")]
    timeline = "\n\n".join(str(entry.get("text", "")) for entry in content.get("timeline", ()))
    return (*(word for word in words if word), timeline[:TIMELINE_CHARACTERS])


def _reviews(look: Look, ids: Collection[int]) -> list[tuple[Review, dict[str, Any]]]:
    if not ids:
        return []
    query = (
        select(Review, ReviewVersion.content)
        .join(ReviewVersion, col(ReviewVersion.review_id) == Review.id)
        .where(
            col(Review.id).in_(ids),
            col(Review.state).in_(READABLE_REVIEW_STATES),
            ReviewVersion.number == Review.published_version,
        )
        .order_by(col(Review.id))
    )
    return [(review, dict(content)) for review, content in look.session.exec(query)]


def _actions(look: Look, ids: Collection[int]) -> list[tuple[Action, str]]:
    if not ids:
        return []
    query = (
        select(Action, Team.slug)
        .join(Team, col(Team.id) == Action.team_id, isouter=True)
        .where(col(Action.id).in_(ids))
        .order_by(col(Action.id))
    )
    return [(action, team or "") for action, team in look.session.exec(query)]


def _lessons(look: Look, ids: Collection[int]) -> list[tuple[Lesson, str]]:
    if not ids:
        return []
    query = (
        select(Lesson, Team.slug)
        .join(Team, col(Team.id) == Lesson.team_id, isouter=True)
        .where(col(Lesson.id).in_(ids), col(Lesson.state).in_(LIVING_LESSON_STATES))
        .order_by(col(Lesson.id))
    )
    return [(lesson, team or "") for lesson, team in look.session.exec(query)]


def _incidents_about(
    look: Look,
    reviews: Collection[tuple[Review, object]],
    actions: Collection[tuple[Action, str]],
    lessons: Collection[tuple[Lesson, str]],
) -> dict[tuple[str, int], list[int]]:
    """(kind, id) -> ids of the incidents that the record came from."""
    about: dict[tuple[str, int], list[int]] = defaultdict(list)
    for action, _ in actions:
        if action.incident_id is not None:
            about["action", action.key].append(action.incident_id)
    review_ids = {review.key for review, _ in reviews}
    through = {action.review_id for action, _ in actions if action.review_id}
    found_by = {lesson.review_id for lesson, _ in lessons if lesson.review_id}
    parts: list[sa.Select[*tuple[Any, ...]]] = []
    if of_reviews := review_ids | through | found_by:
        parts.append(
            sa.select(
                literal("review").label("kind"),
                col(ReviewIncident.review_id).label("id"),
                col(ReviewIncident.incident_id).label("incident"),
            ).where(col(ReviewIncident.review_id).in_(of_reviews))
        )
    if lessons:
        parts.append(
            sa.select(
                literal("lesson").label("kind"),
                col(LessonIncident.lesson_id).label("id"),
                col(LessonIncident.incident_id).label("incident"),
            ).where(col(LessonIncident.lesson_id).in_([one.key for one, _ in lessons]))
        )
    if not parts:
        return about
    by_review: dict[int, list[int]] = defaultdict(list)
    for kind, row_id, incident_id in look.session.execute(union_all(*parts)):
        if kind == "lesson":
            about["lesson", row_id].append(incident_id)
        else:
            by_review[row_id].append(incident_id)
    for row_id in review_ids:
        about["review", row_id] = sorted(by_review[row_id])
    rows: list[Action | Lesson] = [row for row, _ in actions]
    rows += [row for row, _ in lessons]
    for row in rows:
        key = (str(row.__tablename__), row.key)
        about[key] = list(dict.fromkeys([*about[key], *sorted(by_review[row.review_id or 0])]))
    return about


def _origins(look: Look, ids: Collection[int], *, whole: Collection[int]) -> dict[int, _Origin]:
    """The incidents, and of those named in ``whole`` the beginning of the imported original."""
    if not ids:
        return {}
    original = func.substr(ImportedSource.original_markdown, 1, ORIGINAL_CHARACTERS)
    wanted = case((col(Incident.id).in_(whole), original), else_="") if whole else literal("")
    query = (
        select(Incident, ImportedSource.source_id, wanted)
        .join(ImportedSource, col(ImportedSource.incident_id) == Incident.id, isouter=True)
        .where(col(Incident.id).in_(ids))
    )
    found: dict[int, _Origin] = {}
    for row, source_id, text in look.session.execute(query):
        found.setdefault(row.key, _Origin(row, source_id or "", text or ""))
    return found


def _labels(look: Look, incident_ids: Collection[int], lesson_ids: Collection[int]) -> Labels:
    """(kind of label, id of its record) -> slugs and tags in order."""
    parts: list[sa.Select[*tuple[Any, ...]]] = []
    if incident_ids:
        parts += [
            sa.select(literal("service"), col(IncidentService.incident_id), col(Service.slug))
            .join(Service, col(Service.id) == IncidentService.service_id)
            .where(col(IncidentService.incident_id).in_(incident_ids)),
            sa.select(literal("team"), col(IncidentTeam.incident_id), col(Team.slug))
            .join(Team, col(Team.id) == IncidentTeam.team_id)
            .where(col(IncidentTeam.incident_id).in_(incident_ids)),
            sa.select(literal("tag"), col(IncidentTag.incident_id), col(IncidentTag.tag)).where(
                col(IncidentTag.incident_id).in_(incident_ids)
            ),
        ]
    if lesson_ids:
        parts += [
            sa.select(literal("lesson_tag"), col(LessonTag.lesson_id), col(LessonTag.tag)).where(
                col(LessonTag.lesson_id).in_(lesson_ids)
            ),
            sa.select(
                literal("applies_to"), col(LessonAppliesTo.lesson_id), col(LessonAppliesTo.value)
            ).where(col(LessonAppliesTo.lesson_id).in_(lesson_ids)),
        ]
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    if parts:
        for kind, row_id, label in look.session.execute(union_all(*parts)):
            found[str(kind), int(row_id)].append(str(label))
    return {key: tuple(sorted(labels)) for key, labels in found.items()}


def _timelines(look: Look, ids: Collection[int]) -> dict[int, str]:
    if not ids:
        return {}
    query = (
        select(TimelineEntry.incident_id, TimelineEntry.text)
        .where(col(TimelineEntry.incident_id).in_(ids), col(TimelineEntry.retracted_at).is_(None))
        .where(TimelineEntry.kind != "system")
        .order_by(col(TimelineEntry.incident_id), col(TimelineEntry.at), col(TimelineEntry.id))
    )
    texts: dict[int, list[str]] = defaultdict(list)
    sizes: dict[int, int] = defaultdict(int)
    for incident_id, text in look.session.exec(query):
        if sizes[incident_id] < TIMELINE_CHARACTERS:
            texts[incident_id].append(text[: TIMELINE_CHARACTERS - sizes[incident_id]])
            sizes[incident_id] += len(text)
    return {incident_id: "\n\n".join(parts) for incident_id, parts in texts.items()}


def _joined(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for group in groups for one in group))
