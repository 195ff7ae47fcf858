"""The rows of one imported report, made in the state they end in: what it tells is over."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from sqlmodel import SQLModel, col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.imported import (
    advice_in,
    cut_text,
    first_sentence,
    one_line,
    severity_of_text,
    storable,
    term_of_factor,
)
from tracker.domain.incident import TIMES
from tracker.domain.review import Template
from tracker.importing.report import ActionItem, LessonItem, Report
from tracker.models.action import Action
from tracker.models.catalogue import Service
from tracker.models.incident import (
    Incident,
    IncidentService,
    IncidentTag,
    IncidentTime,
    SeverityAssessment,
    TimelineEntry,
)
from tracker.models.journal import Clock
from tracker.models.lesson import Lesson, LessonIncident, LessonTag
from tracker.models.review import (
    AnswerRevision,
    FactorTerm,
    ImportedSource,
    Review,
    ReviewAnswer,
    ReviewFactor,
    ReviewIncident,
    ReviewVersion,
)
from tracker.reading.analyse.factors import Factor
from tracker.reading.analyse.reviews import WholeReview
from tracker.reading.policies import template
from tracker.usecases.clocks import morning_of
from tracker.usecases.share.imported_facts import (
    believable_times,
    clip,
    link_of,
    note_of,
    stated_times,
    tags_of_report,
    time_as_written,
    title_of,
    usable,
)

TEMPLATE = "learning"
NOT_STATED = "Not stated in the imported report"
# Imported work was decided by others; here nothing bad happens while it waits for a reader.
PRIORITY = "P3"
NO_ADVICE = "The report gives no advice beyond this; read it for what was done."
SECTIONS = (
    "summary",
    "impact",
    "background",
    "detection",
    "resolution",
    "went_well",
    "went_badly",
    "lucky",
)


class Shelf:
    """What every report needs to look up, read once."""

    def __init__(self, work: Work) -> None:
        self.template: Template = template(work, TEMPLATE)
        self.questions = {question.key for question in self.template.questions}
        self.policy = work.policy
        self.terms = {one.term: one for one in work.session.exec(select(FactorTerm))}
        self.services = {
            name: one.key
            for one in work.session.exec(select(Service))
            for name in (one.slug, one.name.lower())
        }
        self.known = {
            (one.collection, one.source_id): (one.digest, one.incident_id)
            for one in work.session.execute(
                select(
                    col(ImportedSource.collection),
                    col(ImportedSource.source_id),
                    col(ImportedSource.digest),
                    col(ImportedSource.incident_id),
                )
            )
        }


class ReportRows:
    """One report on its way into rows, in three rounds: as few as the ids allow."""

    times: list[IncidentTime]
    entries: list[TimelineEntry]
    actions: list[Action]
    lessons: list[Lesson]
    factors: list[ReviewFactor]
    answers: list[ReviewAnswer]
    said: TimelineEntry

    def __init__(
        self, work: Work, shelf: Shelf, report: Report, *, key: tuple[str, str], digest: str
    ) -> None:
        self.work = work
        self.shelf = shelf
        self.report = report
        self.key = key
        self.digest = digest
        self.found: Counter[str] = Counter(records=1)
        self.known = believable_times(report, now=work.now)
        self.tags = tags_of_report(report)
        day = report.published_on
        published = usable(datetime.combine(day, time(), UTC) if day else None, now=work.now)
        self.listed_at = next(
            (
                at
                for at in (
                    self.known.get("declared"),
                    self.known.get("impact_started"),
                    usable(report.started_at, now=work.now),
                    self.known.get("detected"),
                    *(usable(item.at, now=work.now) for item in report.timeline),
                    published,
                    usable(_year_named(report), now=work.now),
                )
                if at is not None
            ),
            work.now,
        )
        # When it was first told, not when it was brought here: or an import of old reports would
        # push the organisation's own newest lessons off everybody's home page.
        self.published_at = published or self.known.get("resolved") or self.listed_at
        severity = severity_of_text(report.severity_text, shelf.policy.severity_keys)
        title = title_of(report)
        self.incident = Incident(
            title=title,
            summary=note_of(report.summary),
            impact_text=note_of(report.impact),
            state="closed",
            severity=severity,
            declared_at=self.listed_at,
            recorded_afterwards=True,
            policy_version=shelf.policy.version,
            created_at=work.now,
            updated_at=work.now,
        )
        self.review = Review(
            title=one_line(f"Review: {title}", asks.TITLE_LIMIT),
            state="published",
            template_key=shelf.template.key,
            template_version=shelf.template.version,
            policy_version=shelf.policy.version,
            published_at=self.published_at,
            published_version=1,
            created_at=work.now,
            updated_at=work.now,
        )

    def first_rows(self) -> list[SQLModel]:
        """The rows whose ids the others need."""
        return [self.incident, self.review]

    def second_rows(self) -> list[SQLModel]:
        """Everything the report tells, with the original whole beside it."""
        now, source = self.work.now, self.report.source
        self.times, self.entries = self._times(), self._timeline()
        self.actions = [self._action(item) for item in self.report.actions]
        self.lessons = [self._lesson(item) for item in self.report.lessons]
        self.factors, other_factors = self._factors()
        self.answers = self._answers(other_factors)
        collection, source_id = self.key
        origin = ImportedSource(
            incident_id=self.incident.key,
            collection=collection,
            source_id=source_id,
            url=link_of(source.url),
            licence=clip(source.licence, 200),
            attribution=clip(source.attribution, 2_000),
            original_markdown=storable(source.original_markdown),
            digest=self.digest,
            imported_at=now,
        )
        self.said = TimelineEntry(
            incident_id=self.incident.key,
            at=now,
            recorded_at=now,
            kind="system",
            text=f"Imported from {collection or 'a file'}",
        )
        return [
            *(*self.actions, *self.lessons, *self.answers, *self.factors),
            *(*self.times, *self.entries),
            *self._link_rows(),
            self.said,
            origin,
        ]

    def third_rows(self) -> list[SQLModel]:
        """What needs the ids of the second: links of lessons, first revisions, version 1."""
        whole = WholeReview(
            row=self.review,
            template=self.shelf.template,
            incidents=[self.incident],
            links={},
            times=self.times,
            entries=[*sorted(self.entries, key=lambda one: (one.at, one.key)), self.said],
            answers={one.question: one for one in self.answers},
            factors=[self._with_words(one) for one in self.factors],
            actions=self.actions,
            lessons=self.lessons,
        )
        frozen = ReviewVersion(
            review_id=self.review.key,
            number=1,
            published_at=self.published_at,
            content=whole.frozen(),
        )
        return [*self._lesson_rows(), *map(self._first_revision, self.answers), frozen]

    def tell(self) -> None:
        """The events that say what is there now."""
        work = self.work
        work.emit("incident.declared", self.incident)
        work.emit("review.moved", self.review, detail="publish", incident_id=self.incident.key)
        for action in self.actions:
            work.emit("action.proposed", action)
        for lesson in self.lessons:
            work.emit("lesson.moved", lesson, detail="publish")

    def _times(self) -> list[IncidentTime]:
        return [
            IncidentTime(
                incident_id=self.incident.key,
                name=name,
                at=self.known.get(name),
                source="import" if name in self.known else "",
                unknown_because="" if name in self.known else self._why_unknown(name),
                recorded_at=self.work.now,
            )
            for name in TIMES
        ]

    def _link_rows(self) -> list[SQLModel]:
        key = self.incident.key
        named = (storable(one).strip().lower() for one in self.report.services)
        service_ids = dict.fromkeys(
            self.shelf.services[one] for one in named if one in self.shelf.services
        )
        rows: list[SQLModel] = [
            ReviewIncident(review_id=self.review.key, incident_id=key),
            *(IncidentTag(incident_id=key, tag=tag) for tag in self.tags),
            *(IncidentService(incident_id=key, service_id=one) for one in service_ids),
        ]
        if self.incident.severity:
            rows.append(
                SeverityAssessment(
                    incident_id=key,
                    severity=self.incident.severity,
                    why=clip(f"The report says: {self.report.severity_text}", 2_000),
                    at=self.work.now,
                )
            )
        return rows

    def _why_unknown(self, name: str) -> str:
        started = self.report.started_at
        if name == "impact_started" and started and self.report.started_precision == "day":
            return f"The imported report names only the day, {started:%Y-%m-%d}"
        stated = stated_times(self.report).get(name)
        if stated is None:
            return NOT_STATED
        return f"The imported report says {stated:%Y-%m-%d %H:%M} UTC, which contradicts the rest"

    def _timeline(self) -> list[TimelineEntry]:
        now = self.work.now
        before = usable(self.report.started_at, now=now) or self.listed_at
        entries: list[TimelineEntry] = []
        for item in self.report.timeline:
            at = usable(item.at, now=now)
            entries.append(
                TimelineEntry(
                    incident_id=self.incident.key,
                    at=at or before,
                    recorded_at=now,
                    text=note_of(item.text) or "…",
                    at_text=time_as_written(item.at_text, known=at is not None),
                )
            )
            before = at or before
        self.found.update(timelines=bool(entries), entries=len(entries))
        return entries

    def _answers(self, other_factors: str) -> list[ReviewAnswer]:
        report = self.report
        texts = {name: getattr(report, name) for name in SECTIONS}
        texts["factors"] = other_factors
        self.found["sections"] += sum(bool(texts[name].strip()) for name in SECTIONS)
        spare = [(heading, text) for heading, text in report.other_sections if text.strip()]
        # What this organisation's template does not ask for goes to the other notes.
        unasked = [name for name in texts if name not in self.shelf.questions]
        spare.extend((asks.named(name), texts[name]) for name in unasked if texts[name].strip())
        texts = {name: text for name, text in texts.items() if name not in unasked}
        texts["other_notes"] = "\n\n".join(
            f"## {one_line(heading, 200) or 'More'}\n\n{text.strip()}" for heading, text in spare
        )
        return [
            ReviewAnswer(
                review_id=self.review.key,
                question=name,
                text=cut_text(asks.clean(storable(text)), asks.TEXT_LIMIT),
                updated_at=self.work.now,
            )
            for name, text in texts.items()
            if text.strip()
        ]

    def _with_words(self, row: ReviewFactor) -> Factor:
        term = self.shelf.terms[row.term]
        return Factor(row, term.name, term.group_name, term.meaning)

    def _first_revision(self, answer: ReviewAnswer) -> AnswerRevision:
        return AnswerRevision(answer_id=answer.key, version=1, text=answer.text, at=self.work.now)

    def _factors(self) -> tuple[list[ReviewFactor], str]:
        """Factors with a term of the taxonomy, and the text of those without one."""
        rows: list[ReviewFactor] = []
        others: list[str] = []
        for item in self.report.factors:
            text = asks.clean(storable(item.text or item.title))
            term = term_of_factor(text, self.shelf.terms)
            if term and len(text) <= asks.NOTE_LIMIT:
                rows.append(
                    ReviewFactor(
                        review_id=self.review.key, term=term, note=text, position=len(rows)
                    )
                )
            elif text:
                others.append(text)
        self.found["factors"] += len(self.report.factors)
        bullets = ("- " + one.replace("\n", "\n  ") for one in others)
        return rows, "\n".join(bullets) if len(others) > 1 else "".join(others)

    def _action(self, item: ActionItem) -> Action:
        self.found["actions"] += 1
        detail = storable(item.detail)
        if item.owner_text.strip() and item.owner_text not in detail:
            detail = f"{detail}\n\nOwner in the report: {storable(item.owner_text)}"
        return Action(
            title=one_line(storable(item.title), asks.TITLE_LIMIT) or "Untitled action",
            detail=note_of(detail),
            state="done" if item.done else "proposed",
            kind=item.kind or "",
            priority=PRIORITY,
            review_id=self.review.key,
            incident_id=self.incident.key,
            external_url=link_of(item.external_url),
            evidence="The report says that it is done." if item.done else "",
            created_at=self.work.now,
            updated_at=self.work.now,
        )

    def _lesson(self, item: LessonItem) -> Lesson:
        self.found["lessons"] += 1
        now = self.work.now
        insight = note_of(item.text or item.title)
        situation = first_sentence(storable(self.report.summary), 500) or self.incident.title
        return Lesson(
            title=one_line(storable(item.title), asks.TITLE_LIMIT)
            or one_line(insight, asks.TITLE_LIMIT)
            or "Untitled lesson",
            situation=situation,
            insight=insight or "…",
            recommendation=advice_in(insight) or NO_ADVICE,
            state="published",
            review_id=self.review.key,
            review_by=self.work.today + timedelta(days=self.shelf.policy.lesson_review_days),
            published_at=self.published_at,
            created_at=now,
            updated_at=now,
        )

    def _lesson_rows(self) -> Iterator[SQLModel]:
        for lesson in self.lessons:
            yield LessonIncident(lesson_id=lesson.key, incident_id=self.incident.key)
            yield from (LessonTag(lesson_id=lesson.key, tag=tag) for tag in self.tags)
            if lesson.review_by is not None:
                yield Clock(
                    kind="lesson_review",
                    record_kind="lesson",
                    record_id=lesson.key,
                    mark=lesson.review_by.isoformat(),
                    due_at=morning_of(self.work, lesson.review_by),
                )


def _year_named(report: Report) -> datetime | None:
    """The first day of a year that the title or the file's name carries: for its place in lists.

    The times of the incident stay unknown.
    """
    match = re.search(
        r"(?<!\d)(?:19[89]\d|20\d\d)(?!\d)", f"{report.title} {report.source.source_id}"
    )
    return datetime(int(match.group()), 1, 1, tzinfo=UTC) if match else None
