"""Reviews as lists, the editor, the gate and readers see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.errors import Gap, NotFound, NotValid
from tracker.domain.incident import TIMES
from tracker.domain.lesson import publish_gaps as lesson_gaps
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.review import ANSWER, Answer, Rest, ReviewFacts, Template, publish_gaps
from tracker.domain.sign_off import Signature, SignOffRule, sign_off_gaps
from tracker.models.action import Action
from tracker.models.catalogue import Person
from tracker.models.incident import Incident, IncidentTime, TimelineEntry
from tracker.models.lesson import Lesson
from tracker.models.review import (
    AnswerRevision,
    Review,
    ReviewAnswer,
    ReviewIncident,
    ReviewVersion,
)
from tracker.models.review_work import ReviewMoment
from tracker.reading.analyse.depth import rest_of
from tracker.reading.analyse.factors import Factor, factors_and_signatures
from tracker.reading.analyse.perspectives import frozen_perspectives
from tracker.reading.links import Links, links_of_incidents, people_by_id
from tracker.reading.listing import Listed, capped_count, check_limit, keyset_page
from tracker.reading.policies import template
from tracker.reading.references import ref

# Reviews without a due day come after all that have one.
SORTS: dict[str, tuple[Any, bool]] = {
    "due": (func.coalesce(col(Review.due_on), date.max).label("due_or_never"), False),
    "newest": (Review.created_at, True),
    "oldest": (Review.created_at, False),
    "changed": (Review.updated_at, True),
    "title": (Review.title, False),
}
# Stated by the moves themselves; they need no word from a person.
TIMES_WITHOUT_GATE = ("closed", "engaged")


@dataclass(frozen=True, kw_only=True)
class ReviewFilter:
    """What a list of reviews is narrowed to; ``open``, ``overdue`` and ``mine`` are views."""

    state: tuple[str, ...] = ()  # states, or "open"
    template: tuple[str, ...] = ()
    overdue: bool = False
    mine: bool = False


@dataclass(frozen=True)
class ReviewItem:
    """A row of the list."""

    row: Review
    ref: str
    incidents: list[Incident]
    owner: Person | None

    @property
    def due_on(self) -> date | None:
        return self.row.due_on if self.row.state in OPEN_REVIEW_STATES else None


@dataclass(frozen=True)
class WholeReview:
    """A review with all that belongs to it, read once: for the editor, the gate, the freezing."""

    row: Review
    template: Template
    incidents: list[Incident]
    links: dict[int, Links]
    times: list[IncidentTime]
    entries: list[TimelineEntry]
    answers: dict[str, ReviewAnswer]
    factors: list[Factor]
    actions: list[Action]
    lessons: list[Lesson]
    signatures: list[Signature] = field(default_factory=list)
    sign_off_rules: tuple[SignOffRule, ...] = ()
    # What the review says about an entry, by the entry's id.
    moments: dict[int, ReviewMoment] = field(default_factory=dict)
    # The day by which each question is wanted, by its key; those without a clock are not here.
    wanted_on: dict[str, date] = field(default_factory=dict)
    today: date | None = None
    rest: Rest | None = None

    @property
    def ref(self) -> str:
        return ref(self.row)

    @cached_property
    def facts(self) -> ReviewFacts:
        """What the publish gate looks at."""
        said = {time.name for time in self.times}
        # A near miss has no impact to time.
        asked = TIMES if any(one.kind == "incident" for one in self.incidents) else ("detected",)
        return ReviewFacts(
            template=self.template,
            conditions={
                "severity": {one.severity for one in self.incidents},
                "kind": {one.kind for one in self.incidents},
                "tag": {tag for links in self.links.values() for tag in links.tags},
                **{f"{ANSWER}{key}": {row.choice} for key, row in self.answers.items()},
            },
            answers={
                key: Answer(text=row.text, choice=row.choice, because=row.because)
                for key, row in self.answers.items()
            },
            factors=len(self.factors),
            actions=len(self.actions),
            lessons=len(self.lessons),
            timeline_entries=sum(entry.kind != "system" for entry in self.entries),
            times_without_word=tuple(
                name for name in asked if name not in said and name not in TIMES_WITHOUT_GATE
            ),
        )

    @property
    def earlier_answers(self) -> dict[str, ReviewAnswer]:
        """Answers to questions of an earlier template that this one does not ask."""
        asked = {question.key for question in self.template.questions}
        return {
            key: row
            for key, row in sorted(self.answers.items())
            if key not in asked and (row.text or row.choice or row.because)
        }

    @cached_property
    def gaps(self) -> list[Gap]:
        """Everything between this review and its publication: answers, rest, draft lessons,
        sign-offs.
        """
        gaps = publish_gaps(self.facts)
        if self.rest is not None:
            gaps += self.rest.gaps
        for lesson in self.lessons:
            if lesson.state != "draft":
                continue
            gaps += [
                Gap("lessons", f"{ref(lesson)} “{lesson.title}”: {gap.message}")
                for gap in lesson_gaps(
                    situation=lesson.situation,
                    insight=lesson.insight,
                    recommendation=lesson.recommendation,
                )
            ]
        steps = [step.key for step in self.template.steps]
        return gaps + sign_off_gaps(self.sign_off_rules, self.signatures, steps)

    def frozen(self) -> dict[str, Any]:
        """What a published version keeps: every text as it stands, by question."""
        times: dict[int, dict[str, Any]] = {}
        for time in self.times:
            times.setdefault(time.incident_id, {})[time.name] = {
                "at": time.at.isoformat() if time.at else None,
                "source": time.source,
                "unknown_because": time.unknown_because,
            }
        return {
            "title": self.row.title,
            "template": [self.row.template_key, self.row.template_version],
            "incidents": [
                {
                    "ref": ref(one),
                    "title": one.title,
                    "severity": one.severity,
                    "times": times.get(one.key, {}),
                }
                for one in self.incidents
            ],
            "timeline": [
                {
                    "at": entry.at.isoformat(),
                    "kind": entry.kind,
                    "text": entry.text,
                    **_marks(self.moments.get(entry.key)),
                }
                for entry in self.entries
                if not self._is_paperwork(entry)
            ],
            "answers": {
                key: {"text": row.text, "choice": row.choice, "because": row.because}
                for key, row in sorted(self.answers.items())
            },
            "factors": [
                {
                    "term": factor.row.term,
                    "name": factor.name,
                    "role": factor.row.role,
                    "note": factor.row.note,
                    "made_sense": factor.row.made_sense,
                    "evidence": factor.row.evidence,
                }
                for factor in self.factors
            ],
            "actions": [
                {"ref": ref(row), "title": row.title, "kind": row.kind, "state": row.state}
                for row in self.actions
                if self._is_for_its_readers(row)
            ],
            "lessons": [
                {"ref": ref(row), "title": row.title, "insight": row.insight}
                for row in self.lessons
                if self._is_for_its_readers(row)
            ],
        }

    def _is_for_its_readers(self, record: Action | Lesson) -> bool:
        """False for what came from a closed incident too: readers of the review may be outside."""
        return record.circle_id in (None, self.row.circle_id)

    def _is_paperwork(self, entry: TimelineEntry) -> bool:
        """True for what the tracker noted while the review was written: "Review published"."""
        return entry.kind == "system" and entry.recorded_at > self.row.created_at


def whole_review(look: Look, review: Review) -> WholeReview:
    """The review with its incidents, answers, factors, actions, lessons, sign-offs. 7 queries."""
    incidents, times = _incidents_and_times(look, review)
    ids = [incident.key for incident in incidents]
    entries = look.session.exec(
        select(TimelineEntry, ReviewMoment)
        .join(
            ReviewMoment,
            (col(ReviewMoment.entry_id) == col(TimelineEntry.id))
            & (col(ReviewMoment.review_id) == review.key),
            isouter=True,
        )
        .where(col(TimelineEntry.incident_id).in_(ids), col(TimelineEntry.retracted_at).is_(None))
        .order_by(col(TimelineEntry.at), col(TimelineEntry.id))
    ).all()
    answers = look.session.exec(
        select(ReviewAnswer).where(ReviewAnswer.review_id == review.key)
    ).all()
    actions, lessons = records_of(look, review)
    factors, signatures = factors_and_signatures(look, review)
    used = template(look, review.template_key, review.template_version)
    # By the policy it began under, which is at hand: asking for the newest is a statement more.
    policy = look.policy_of(review.policy_version)
    today = policy.local_day(look.now)
    return WholeReview(
        row=review,
        template=used,
        wanted_on=_wanted_on(look, review, used, times),
        today=today,
        rest=rest_of(review, used, policy, today, actions),
        incidents=incidents,
        links=links_of_incidents(look, ids),
        times=times,
        entries=[entry for entry, _ in entries],
        moments={entry.key: moment for entry, moment in entries if moment is not None},
        answers={row.question: row for row in answers},
        factors=factors,
        actions=actions,
        lessons=lessons,
        signatures=signatures,
        sign_off_rules=policy.sign_offs(
            "near_miss" if one.kind == "near_miss" else one.severity for one in incidents
        ),
    )


def _wanted_on(
    look: Look, review: Review, used: Template, times: list[IncidentTime]
) -> dict[str, date]:
    """Business days after the last incident was resolved, else after the review began."""
    policy = look.policy_of(review.policy_version)
    resolved = [one.at for one in times if one.name == "resolved" and one.at is not None]
    start = policy.local_day(max(resolved, default=review.created_at))
    return {
        one.key: policy.business_days_after(start, one.due_business_days)
        for one in used.questions
        if one.due_business_days
    }


def _marks(row: ReviewMoment | None) -> dict[str, str]:
    """What the review says about an entry, as a published version keeps it: only what it says."""
    if row is None:
        return {}
    names = ("moment", "group_name", "known", "hypothesis", "note")
    return {name: value for name in names if (value := getattr(row, name))}


def records_of(look: Look, review: Review) -> tuple[list[Action], list[Lesson]]:
    """The actions and lessons that came out of the review, as they stand now. Two queries."""
    actions = look.session.exec(
        select(Action)
        .where(Action.review_id == review.key, readable(Action, look.actor))
        .order_by(col(Action.id))
    ).all()
    lessons = look.session.exec(
        select(Lesson)
        .where(Lesson.review_id == review.key, readable(Lesson, look.actor))
        .order_by(col(Lesson.id))
    ).all()
    return list(actions), list(lessons)


def _incidents_and_times(look: Look, review: Review) -> tuple[list[Incident], list[IncidentTime]]:
    """The incidents, oldest first, and their current times, together in one query."""
    rows = look.session.exec(
        select(Incident, IncidentTime)
        .join(ReviewIncident, col(ReviewIncident.incident_id) == col(Incident.id))
        .join(
            IncidentTime,
            (col(IncidentTime.incident_id) == col(Incident.id))
            & col(IncidentTime.current).is_(True),
            isouter=True,
        )
        .where(ReviewIncident.review_id == review.key)
        .order_by(col(Incident.declared_at), col(Incident.id), col(IncidentTime.id))
    ).all()
    incidents = {incident.key: incident for incident, _ in rows}
    return list(incidents.values()), [time for _, time in rows if time is not None]


def incidents_of(look: Look, review: Review) -> list[Incident]:
    """The incidents under review, oldest first."""
    linked = col(ReviewIncident.incident_id) == col(Incident.id)
    query = select(Incident).join(ReviewIncident, linked)
    mine = query.where(ReviewIncident.review_id == review.key)
    return list(look.session.exec(mine.order_by(col(Incident.declared_at))))


def review_of(look: Look, incident: Incident) -> Review | None:
    """The review of this incident, if there is one."""
    return look.session.exec(
        select(Review)
        .join(ReviewIncident, col(ReviewIncident.review_id) == col(Review.id))
        .where(ReviewIncident.incident_id == incident.key)
    ).first()


def answer_history(look: Look, review: Review, question: str) -> list[AnswerRevision]:
    """Every saved version of an answer, newest first."""
    query = (
        select(AnswerRevision)
        .join(ReviewAnswer, col(ReviewAnswer.id) == col(AnswerRevision.answer_id))
        .where(ReviewAnswer.review_id == review.key, ReviewAnswer.question == question)
        .order_by(col(AnswerRevision.version).desc())
    )
    return list(look.session.exec(query))


def versions(look: Look, review: Review) -> list[ReviewVersion]:
    """Every published version, newest first."""
    query = (
        select(ReviewVersion)
        .where(ReviewVersion.review_id == review.key)
        .order_by(col(ReviewVersion.number).desc())
    )
    return list(look.session.exec(query))


def version(look: Look, review: Review, number: int) -> ReviewVersion:
    """A published version. Raises: NotFound."""
    row = look.session.exec(
        select(ReviewVersion).where(
            ReviewVersion.review_id == review.key, ReviewVersion.number == number
        )
    ).first()
    if row is None:
        raise NotFound("That version")
    return row


def working_version(look: Look, whole: WholeReview) -> ReviewVersion:
    """The version that would be published now; it is not stored."""
    return ReviewVersion(
        review_id=whole.row.key,
        number=whole.row.published_version + 1,
        published_at=look.now,
        content={**whole.frozen(), "perspectives": frozen_perspectives(look, whole.row)},
    )


def list_reviews(
    look: Look,
    narrowed: ReviewFilter,
    *,
    sort: str = "newest",
    cursor: str = "",
    limit: int = 50,
    count: bool = False,
) -> Listed[ReviewItem]:
    """A page of the reviews this actor may read. Raises: NotValid."""
    if sort not in SORTS:
        raise NotValid(Gap("sort", f"Sort by one of: {', '.join(SORTS)}"))
    column, descending = SORTS[sort]
    query = select(Review).where(readable(Review, look.actor), *_conditions(look, narrowed))
    rows, following = keyset_page(
        look,
        query,
        sort=column,
        tie=col(Review.id),
        descending=descending,
        cursor=cursor,
        limit=check_limit(limit),
    )
    return Listed(review_items(look, rows), following, capped_count(look, query) if count else None)


def review_items(look: Look, rows: list[Review]) -> list[ReviewItem]:
    """The rows with their incidents and owners. Two queries."""
    incidents: dict[int, list[Incident]] = {row.key: [] for row in rows}
    linked = look.session.exec(
        select(ReviewIncident.review_id, Incident)
        .join(Incident, col(Incident.id) == col(ReviewIncident.incident_id))
        .where(col(ReviewIncident.review_id).in_(incidents), readable(Incident, look.actor))
        .order_by(col(Incident.declared_at))
    )
    for review_id, incident in linked:
        incidents[review_id].append(incident)
    people = people_by_id(look, [row.owner_id for row in rows])
    return [
        ReviewItem(row, ref(row), incidents[row.key], people.get(row.owner_id or 0)) for row in rows
    ]


def _conditions(look: Look, narrowed: ReviewFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if narrowed.state:
        states = [state for state in narrowed.state if state != "open"]
        if "open" in narrowed.state:
            states += OPEN_REVIEW_STATES
        found.append(col(Review.state).in_(states))
    if narrowed.template:
        found.append(col(Review.template_key).in_(narrowed.template))
    if narrowed.overdue:
        found += [col(Review.state).in_(OPEN_REVIEW_STATES), col(Review.due_on) < look.today]
    if narrowed.mine:
        mine = look.actor.person_id
        found.append((col(Review.owner_id) == mine) | (col(Review.facilitator_id) == mine))
    return found
