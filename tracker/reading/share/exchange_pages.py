"""Incidents, reviews, lessons and procedures as Markdown: readable without the tracker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import yaml
from sqlmodel import SQLModel, col, select

from tracker.db.work import Look
from tracker.domain.event import kind_name
from tracker.domain.incident import NEAR_MISS_QUESTIONS, TIMES
from tracker.domain.lifecycle import words
from tracker.domain.review import Template
from tracker.importing.procedures import written_procedure
from tracker.models.action import Action
from tracker.models.catalogue import Circle, Person, Service, Team
from tracker.models.event import EventIncident, OperationalEvent
from tracker.models.incident import (
    Incident,
    IncidentService,
    IncidentTag,
    IncidentTeam,
    IncidentTime,
    TimelineEntry,
)
from tracker.models.lesson import Lesson, LessonAppliesTo, LessonIncident, LessonTag
from tracker.models.procedure import Procedure
from tracker.models.review import (
    ImportedSource,
    Review,
    ReviewAnswer,
    ReviewFactor,
    ReviewIncident,
)
from tracker.models.table import Record, Row
from tracker.reading.improve.procedures import as_files
from tracker.reading.policies import factor_terms, template
from tracker.reading.references import ref, ref_of

_AT_ONCE = 200
Found = TypeVar("Found", bound=SQLModel)
AnyRecord = TypeVar("AnyRecord", bound=Record)


def exported_pages(look: Look) -> Iterator[tuple[str, str]]:
    """(path, text) of each incident, review, lesson and procedure."""
    pages = _Pages(look)
    yield from pages.incidents()
    yield from pages.reviews()
    yield from pages.lessons()
    yield from pages.procedures()


class _Pages:
    """The names everything refers to, read once; then the records in batches."""

    def __init__(self, look: Look) -> None:
        self._look = look
        session = look.session
        self._people = {one.key: one.name for one in session.exec(select(Person))}
        self._teams = {one.key: one.slug for one in session.exec(select(Team))}
        self._services = {one.key: one.slug for one in session.exec(select(Service))}
        self._circles = {one.key: one.visibility for one in session.exec(select(Circle))}
        self._terms = {one.term: one.name for one in factor_terms(look)}
        self._templates: dict[tuple[str, int], Template] = {}

    def incidents(self) -> Iterator[tuple[str, str]]:
        for batch in self._batches(Incident):
            ids = [one.key for one in batch]
            services = self._of(IncidentService, "incident_id", ids)
            teams = self._of(IncidentTeam, "incident_id", ids)
            tags = self._of(IncidentTag, "incident_id", ids)
            times = self._of(IncidentTime, "incident_id", ids)
            entries = self._of(TimelineEntry, "incident_id", ids)
            sources = self._of(ImportedSource, "incident_id", ids)
            events = self._events(ids)
            for one in batch:
                key = one.key
                source = next(iter(sources[key]), None)
                front = {
                    "ref": ref(one),
                    "title": one.title,
                    "kind": one.kind,
                    "state": one.state,
                    "severity": one.severity,
                    "visibility": self._visibility(one),
                    "declared_at": one.declared_at,
                    "services": sorted(self._services[row.service_id] for row in services[key]),
                    "teams": sorted(self._teams[row.team_id] for row in teams[key]),
                    "tags": sorted(row.tag for row in tags[key]),
                    "times": _times(times[key]),
                    "merged_into": one.merged_into_id and ref_of("incident", one.merged_into_id),
                    "source_id": source and source.source_id,
                    "url": source and source.url,
                    "licence": source and source.licence,
                    "attribution": source and source.attribution,
                }
                sections = [("Summary", one.summary), ("Impact", one.impact_text)]
                sections += [(_words(name), getattr(one, name)) for name in NEAR_MISS_QUESTIONS]
                sections.append(("Timeline", self._timeline(entries[key])))
                sections.append(("Events", _list(_event(row) for row in events[key])))
                if source is not None:
                    sections.append(("The report as it was imported", source.original_markdown))
                yield f"incidents/{ref(one)}.md", _page(front, one.title, sections)

    def reviews(self) -> Iterator[tuple[str, str]]:
        for batch in self._batches(Review):
            ids = [one.key for one in batch]
            linked = self._of(ReviewIncident, "review_id", ids)
            answers = self._of(ReviewAnswer, "review_id", ids)
            factors = self._of(ReviewFactor, "review_id", ids)
            actions = self._of(Action, "review_id", ids)
            lessons = self._of(Lesson, "review_id", ids)
            for one in batch:
                key = one.key
                incident_ids = sorted(row.incident_id for row in linked[key])
                front = {
                    "ref": ref(one),
                    "title": one.title,
                    "state": one.state,
                    "visibility": self._visibility(one),
                    "template": f"{one.template_key} {one.template_version}",
                    "incidents": [ref_of("incident", row_id) for row_id in incident_ids],
                    "owner": self._people.get(one.owner_id or 0),
                    "facilitator": self._people.get(one.facilitator_id or 0),
                    "due_on": one.due_on,
                    "published_at": one.published_at,
                    "published_version": one.published_version,
                }
                sections = self._answers(one, answers[key])
                sections += [
                    ("Contributing factors", self._factors(factors[key])),
                    (
                        "Actions",
                        _list(f"{ref(row)} {row.title} ({row.state})" for row in actions[key]),
                    ),
                    (
                        "Lessons",
                        _list(f"{ref(row)} {row.title} ({row.state})" for row in lessons[key]),
                    ),
                ]
                yield f"reviews/{ref(one)}.md", _page(front, one.title, sections)

    def lessons(self) -> Iterator[tuple[str, str]]:
        for batch in self._batches(Lesson):
            ids = [one.key for one in batch]
            tags = self._of(LessonTag, "lesson_id", ids)
            places = self._of(LessonAppliesTo, "lesson_id", ids)
            linked = self._of(LessonIncident, "lesson_id", ids)
            for one in batch:
                key = one.key
                incident_ids = sorted(row.incident_id for row in linked[key])
                front = {
                    "ref": ref(one),
                    "title": one.title,
                    "state": one.state,
                    "visibility": self._visibility(one),
                    "tags": sorted(row.tag for row in tags[key]),
                    "applies_to": [
                        {"kind": kind, "value": value}
                        for kind, value in sorted((row.kind, row.value) for row in places[key])
                    ],
                    "owner": self._people.get(one.owner_id or 0),
                    "incidents": [ref_of("incident", row_id) for row_id in incident_ids],
                    "review": one.review_id and ref_of("review", one.review_id),
                    "review_by": one.review_by,
                    "others_exposed": one.others_exposed,
                    "superseded_by": one.superseded_by_id
                    and ref_of("lesson", one.superseded_by_id),
                }
                sections = [
                    ("Situation", one.situation),
                    ("Insight", one.insight),
                    ("Recommendation", one.recommendation),
                ]
                yield f"lessons/{ref(one)}.md", _page(front, one.title, sections)

    def procedures(self) -> Iterator[tuple[str, str]]:
        """As files that can be brought in again, one by one."""
        for batch in self._batches(Procedure):
            for told, one in zip(as_files(self._look, batch), batch, strict=True):
                yield f"procedures/{ref(one)}.md", written_procedure(told)

    def _batches(self, model: type[AnyRecord]) -> Iterator[Sequence[AnyRecord]]:
        last = 0
        while True:
            query = select(model).where(col(model.id) > last).order_by(col(model.id))
            batch = self._look.session.exec(query.limit(_AT_ONCE)).all()
            if not batch:
                return
            last = batch[-1].key
            yield batch
            self._look.session.expunge_all()

    def _of(self, model: type[Found], column: str, ids: list[int]) -> Mapping[int, list[Found]]:
        """The rows that belong to these records, by record; those with an id in its order."""
        owner = getattr(model, column)
        query = select(model).where(owner.in_(ids))
        if issubclass(model, Row):
            query = query.order_by(col(model.id))
        found: dict[int, list[Found]] = defaultdict(list)
        for row in self._look.session.exec(query):
            found[getattr(row, column)].append(row)
        return found

    def _events(self, ids: list[int]) -> Mapping[int, list[OperationalEvent]]:
        """The operational events of these incidents, by incident, in the order they began."""
        query = (
            select(EventIncident.incident_id, OperationalEvent)
            .join(OperationalEvent, col(OperationalEvent.id) == col(EventIncident.event_id))
            .where(col(EventIncident.incident_id).in_(ids))
            .order_by(col(OperationalEvent.starts_at), col(OperationalEvent.id))
        )
        found: dict[int, list[OperationalEvent]] = defaultdict(list)
        for incident_id, event in self._look.session.exec(query):
            found[incident_id].append(event)
        return found

    def _visibility(self, record: Record) -> str:
        return "org" if record.circle_id is None else self._circles[record.circle_id]

    def _timeline(self, entries: list[TimelineEntry]) -> str:
        told = sorted(
            (one for one in entries if one.retracted_at is None), key=lambda one: (one.at, one.key)
        )
        return _list(
            f"**{one.at_text or format(one.at, '%Y-%m-%d %H:%M UTC')}** {one.text}" for one in told
        )

    def _answers(self, review: Review, answers: list[ReviewAnswer]) -> list[tuple[str, str]]:
        by_question = {row.question: row for row in answers}
        sections = []
        for question in self._template(review).questions:
            row = by_question.pop(question.key, None)
            if row is not None:
                sections.append((question.prompt, _answer(row)))
        # Answers to questions that the template no longer has are kept all the same.
        sections += [(_words(key), _answer(row)) for key, row in sorted(by_question.items())]
        return sections

    def _template(self, review: Review) -> Template:
        name = (review.template_key, review.template_version)
        if name not in self._templates:
            self._templates[name] = template(self._look, *name)
        return self._templates[name]

    def _factors(self, factors: list[ReviewFactor]) -> str:
        told = sorted(factors, key=lambda one: (one.position, one.key))
        return _list(
            f"**{self._terms.get(one.term, one.term)}** ({one.role}). {one.note}"
            + (f"\n\nHow it made sense then: {one.made_sense}" if one.made_sense else "")
            for one in told
        )


def _page(front: Mapping[str, Any], title: str, sections: Iterable[tuple[str, str]]) -> str:
    kept = {
        name: _stated(value) for name, value in front.items() if value not in (None, "", [], {})
    }
    head = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=100)
    parts = [f"---\n{head}---\n\n# {title}\n"]
    parts += [f"\n## {heading}\n\n{text.strip()}\n" for heading, text in sections if text.strip()]
    return "".join(parts)


def _times(rows: list[IncidentTime]) -> dict[str, str]:
    current = {row.name: row for row in rows if row.current}
    return {
        name: current[name].at.isoformat()  # type: ignore[union-attr]
        if current[name].at
        else f"unknown: {current[name].unknown_because}"
        for name in TIMES
        if name in current
    }


def _event(row: OperationalEvent) -> str:
    known = [kind_name(row.kind), words(row.state), row.alert_key]
    known += [f"until {row.ended_at:%Y-%m-%d %H:%M} UTC"] if row.ended_at else []
    known += [f"seen {row.times_seen} times"] if row.times_seen > 1 else []
    told = ", ".join(filter(None, known))
    return f"**{row.starts_at:%Y-%m-%d %H:%M} UTC** {ref(row)} {row.title} ({told})"


def _answer(row: ReviewAnswer) -> str:
    choice = f"{row.choice.capitalize()}." if row.choice else ""
    return "\n\n".join(part for part in (choice, row.text, row.because) if part.strip())


def _list(items: Iterable[str]) -> str:
    return "\n".join("- " + item.strip().replace("\n", "\n  ") for item in items)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _stated(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime | date) else value
