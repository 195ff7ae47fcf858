"""Imported reports: one report becomes a closed incident with its published review.

Rows are made here in the state they end in, because what a report tells is over already. Nobody's
later work is overwritten: a report that is known stays as it is.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import SQLModel, col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import DomainError
from tracker.domain.imported import (
    advice_in,
    cut_text,
    first_sentence,
    one_line,
    severity_of_text,
    storable,
    term_of_factor,
)
from tracker.domain.incident import TIMES, time_gaps
from tracker.domain.review import Template
from tracker.importing.report import ActionItem, LessonItem, Report, ReportSource
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
from tracker.reading.policies import template
from tracker.reading.reviews import Factor, WholeReview
from tracker.usecases.clocks import morning_of

TEMPLATE = "learning"
CHECKPOINT_EVERY = 50
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
_TIME_OF_DAY = re.compile(r"\d\s*[:.h]\s*\d\d|\d\s*[ap]\.?m", re.IGNORECASE)

Result = Literal["imported", "unchanged", "changed at the source", "broken"]


@dataclass(frozen=True, kw_only=True)
class ImportOutcome:
    """What became of one report, and how much of it was recognised."""

    result: Result
    collection: str
    source_id: str
    title: str
    incident_id: int = 0
    why: str = ""
    found: Counter[str] = field(default_factory=Counter)


def import_report(work: Work, report: Report) -> ImportOutcome:
    """The report is a closed incident with a published review, or was known already.

    Raises: NotPermitted. Emits: incident.declared, review.moved, action.proposed, lesson.moved.
    """
    return next(import_reports(work, [report]))


def import_reports(work: Work, reports: Iterable[Report]) -> Iterator[ImportOutcome]:
    """One outcome for each report, in order. Every fifty are committed.

    A report that cannot be stored is undone alone and comes back ``broken`` with the reason.
    Raises: NotPermitted.
    """
    work.permit("import_records")
    shelf = _Shelf(work)
    for number, report in enumerate(reports, start=1):
        yield _import_one(work, shelf, report)
        if number % CHECKPOINT_EVERY == 0:
            work.checkpoint()


class _Shelf:
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


def _import_one(work: Work, shelf: _Shelf, report: Report) -> ImportOutcome:
    collection = _clip(report.source.collection, 60)
    source_id = _id_that_fits(report.source.source_id)
    digest = _digest_of(report)
    told: dict[str, Any] = {
        "collection": collection,
        "source_id": source_id,
        "title": _title_of(report),
    }
    known = shelf.known.get((collection, source_id))
    if known is not None:
        same = known[0] == digest
        return ImportOutcome(
            result="unchanged" if same else "changed at the source",
            why="" if same else "It has changed at the source and is kept here as it is.",
            incident_id=known[1],
            **told,
        )
    try:
        with work.savepoint():
            made = _Making(work, shelf, report)
            made.store(collection=collection, source_id=source_id, digest=digest)
    except OperationalError:
        # The database itself is in trouble: going on would only repeat it.
        raise
    except (SQLAlchemyError, DomainError, ValueError) as error:
        return ImportOutcome(result="broken", why=_plain_reason(error), **told)
    shelf.known[collection, source_id] = (digest, made.incident.key)
    return ImportOutcome(result="imported", incident_id=made.incident.key, found=made.found, **told)


class _Making:
    """One report on its way into rows: as few flushes as the ids allow."""

    def __init__(self, work: Work, shelf: _Shelf, report: Report) -> None:
        self.work = work
        self.shelf = shelf
        self.report = report
        self.found: Counter[str] = Counter(records=1)
        self.times = _believable_times(report, now=work.now)
        self.tags = _tags_of(report)
        day = report.published_on
        self.listed_at = next(
            (
                at
                for at in (
                    self.times.get("declared"),
                    self.times.get("impact_started"),
                    _usable(report.started_at, now=work.now),
                    self.times.get("detected"),
                    *(_usable(item.at, now=work.now) for item in report.timeline),
                    _usable(datetime.combine(day, time(), UTC) if day else None, now=work.now),
                )
                if at is not None
            ),
            work.now,
        )
        severity = severity_of_text(report.severity_text, shelf.policy.severity_keys)
        title = _title_of(report)
        self.incident = Incident(
            title=title,
            summary=_note(report.summary),
            impact_text=_note(report.impact),
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
            published_at=work.now,
            published_version=1,
            created_at=work.now,
            updated_at=work.now,
        )

    def store(self, *, collection: str, source_id: str, digest: str) -> None:
        """Everything the report tells is stored, with the original whole beside it."""
        work, source = self.work, self.report.source
        work.add_all([self.incident, self.review])
        times, entries = self._times(), self._timeline()
        actions = [self._action(item) for item in self.report.actions]
        lessons = [self._lesson(item) for item in self.report.lessons]
        factors, other_factors = self._factors()
        answers = self._answers(other_factors)
        origin = ImportedSource(
            incident_id=self.incident.key,
            collection=collection,
            source_id=source_id,
            url=_link(source.url),
            licence=_clip(source.licence, 200),
            attribution=_clip(source.attribution, 2_000),
            original_markdown=storable(source.original_markdown),
            digest=digest,
            imported_at=work.now,
        )
        said = TimelineEntry(
            incident_id=self.incident.key,
            at=work.now,
            recorded_at=work.now,
            kind="system",
            text=f"Imported from {collection or 'a file'}",
        )
        work.add_all(
            [
                *(*actions, *lessons, *answers, *factors, *times, *entries),
                *self._link_rows(),
                said,
                origin,
            ]
        )
        whole = WholeReview(
            row=self.review,
            template=self.shelf.template,
            incidents=[self.incident],
            links={},
            times=times,
            entries=[*sorted(entries, key=lambda one: (one.at, one.key)), said],
            answers={one.question: one for one in answers},
            factors=[self._with_words(one) for one in factors],
            actions=actions,
            lessons=lessons,
        )
        work.add_all(
            [
                *self._lesson_rows(lessons),
                *map(self._first_revision, answers),
                ReviewVersion(
                    review_id=self.review.key,
                    number=1,
                    published_at=work.now,
                    content=whole.frozen(),
                ),
            ]
        )
        work.emit("incident.declared", self.incident)
        work.emit("review.moved", self.review, detail="publish", incident_id=self.incident.key)
        for action in actions:
            work.emit("action.proposed", action)
        for lesson in lessons:
            work.emit("lesson.moved", lesson, detail="publish")

    def _times(self) -> list[IncidentTime]:
        return [
            IncidentTime(
                incident_id=self.incident.key,
                name=name,
                at=self.times.get(name),
                source="import" if name in self.times else "",
                unknown_because="" if name in self.times else self._why_unknown(name),
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
                    why=_clip(f"The report says: {self.report.severity_text}", 2_000),
                    at=self.work.now,
                )
            )
        return rows

    def _why_unknown(self, name: str) -> str:
        started = self.report.started_at
        if name == "impact_started" and started and self.report.started_precision == "day":
            return f"The imported report names only the day, {started:%Y-%m-%d}"
        stated = _stated_times(self.report).get(name)
        if stated is None:
            return NOT_STATED
        return f"The imported report says {stated:%Y-%m-%d %H:%M} UTC, which contradicts the rest"

    def _timeline(self) -> list[TimelineEntry]:
        now = self.work.now
        before = _usable(self.report.started_at, now=now) or self.listed_at
        entries: list[TimelineEntry] = []
        for item in self.report.timeline:
            at = _usable(item.at, now=now)
            entries.append(
                TimelineEntry(
                    incident_id=self.incident.key,
                    at=at or before,
                    recorded_at=now,
                    text=_note(item.text) or "…",
                    at_text=_time_as_written(item.at_text, known=at is not None),
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
            detail=_note(detail),
            state="done" if item.done else "proposed",
            kind=item.kind or "",
            priority=PRIORITY,
            review_id=self.review.key,
            incident_id=self.incident.key,
            external_url=_link(item.external_url),
            evidence="The report says that it is done." if item.done else "",
            created_at=self.work.now,
            updated_at=self.work.now,
        )

    def _lesson(self, item: LessonItem) -> Lesson:
        self.found["lessons"] += 1
        now = self.work.now
        insight = _note(item.text or item.title)
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
            published_at=now,
            created_at=now,
            updated_at=now,
        )

    def _lesson_rows(self, lessons: list[Lesson]) -> Iterator[SQLModel]:
        for lesson in lessons:
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


def _stated_times(report: Report) -> dict[str, datetime]:
    """The instants that the report states, the most telling first."""
    by_day = report.started_precision == "day"
    whole_day = by_day and report.ended_at is not None and report.ended_at.time() == time()
    stated = {
        "impact_started": None if by_day else report.started_at,
        "resolved": report.resolved_at,
        "impact_ended": None if whole_day else report.ended_at,
        "detected": report.detected_at,
        "mitigated": report.mitigated_at,
        "declared": report.declared_at,
    }
    return {name: at for name, at in stated.items() if at is not None}


def _believable_times(report: Report, *, now: datetime) -> dict[str, datetime]:
    """The stated times that do not contradict the ones before them in telling order."""
    kept: dict[str, datetime] = {}
    for name, at in _stated_times(report).items():
        usable = _usable(at, now=now)
        if usable is not None and not time_gaps({**kept, name: usable}, now=now):
            kept[name] = usable
    return kept


def _usable(at: datetime | None, *, now: datetime) -> datetime | None:
    if at is None or at.tzinfo is None or not asks.EARLIEST <= at <= min(asks.LATEST, now):
        return None
    return at.astimezone(UTC)


def _time_as_written(text: str, *, known: bool) -> str:
    """Kept where the page must not show the instant as if it were exact."""
    if known and _TIME_OF_DAY.search(text):
        return ""
    return _clip(text, asks.TITLE_LIMIT) or ("" if known else "no time given")


def _tags_of(report: Report) -> tuple[str, ...]:
    raw = [storable(one)[: asks.TAG_LIMIT] for one in report.tags]
    if report.organisation.strip():
        raw.append(asks.slug_of(report.organisation)[: asks.TAG_LIMIT])
    tags = (tag[: asks.TAG_LIMIT] for tag in asks.tags_of(raw))
    return tuple(dict.fromkeys(tags))[: asks.MANY_LIMIT]


def _title_of(report: Report) -> str:
    return one_line(asks.clean(storable(report.title)), asks.TITLE_LIMIT) or "Untitled report"


def _note(text: str) -> str:
    return cut_text(asks.clean(storable(text)), asks.NOTE_LIMIT)


def _clip(text: str, limit: int) -> str:
    return one_line(storable(text), limit)


def _link(url: str) -> str:
    """The address when it is one that a browser may open, else nothing."""
    address = storable(url).strip()
    fits = len(address) <= asks.REASON_LIMIT and not re.search(r"\s", address)
    return address if fits and address.lower().startswith(("http://", "https://")) else ""


def _id_that_fits(source_id: str) -> str:
    """The id as it is; one that is too long keeps its beginning and a digest of the whole."""
    name = storable(source_id)
    if len(name) <= asks.TITLE_LIMIT:
        return name
    return f"{name[:150]}…{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _digest_of(report: Report) -> str:
    """Over what the source says, not over how this version of the tracker reads it."""
    source: ReportSource = report.source
    parts = (source.original_markdown, source.url, source.licence, source.attribution)
    return hashlib.sha256("\x1f".join(map(storable, parts)).encode()).hexdigest()


def _plain_reason(error: Exception) -> str:
    if isinstance(error, DomainError):
        return "; ".join(gap.message for gap in error.gaps) or error.message
    if isinstance(error, SQLAlchemyError):
        return "The database refused it: " + str(getattr(error, "orig", error)).split("\n")[0][:200]
    return str(error)[:200]
