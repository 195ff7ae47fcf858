"""Reviews: started, owned, published, amended, waived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotValid
from tracker.domain.incident import NEAR_MISS_QUESTIONS
from tracker.domain.lifecycle import OPEN_REVIEW_STATES, REVIEW
from tracker.domain.review import Question
from tracker.domain.signals import SIGNALS
from tracker.models.incident import Incident, IncidentTime
from tracker.models.review import (
    AnswerRevision,
    Review,
    ReviewAnswer,
    ReviewIncident,
    ReviewVersion,
)
from tracker.models.review_work import MeetingGuest, ReviewMeeting, ReviewParticipant
from tracker.reading.analyse.reviews import review_of, whole_review, working_version
from tracker.reading.analyse.timeline_work import frozen_beside
from tracker.reading.policies import template
from tracker.reading.references import incident_by_ref, person_named, ref
from tracker.usecases.analyse.surveys import open_survey
from tracker.usecases.circles import join_circle
from tracker.usecases.clocks import morning_of, set_clock, stop_clocks
from tracker.usecases.respond.timeline import add_system_entry
from tracker.usecases.share.lessons import release_lesson

REVIEWABLE = ("mitigated", "resolved", "closed")


@dataclass(frozen=True, kw_only=True)
class StartReview:
    """A review of one or more incidents. No template: the one of the policy."""

    incidents: tuple[str, ...]
    template: str = ""
    title: str = ""
    owner: str = ""
    facilitator: str = ""
    due_on: date | None = None
    # Signals of learning potential that were ticked: they suggest a depth, nothing more.
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EditReview:
    """New values; ``None`` leaves a field as it is, an empty text clears a person."""

    title: str | None = None
    owner: str | None = None
    facilitator: str | None = None
    due_on: date | None = None
    version: int | None = None


def start_review(work: Work, ask: StartReview) -> Review:
    """The review exists, prefilled from its incidents: nothing is typed twice.

    Raises: NotValid, NotFound, NotAllowed while an incident is still going on or has one already.
    Emits: review.started.
    """
    work.permit("start_review")
    gaps = Gaps()
    if not ask.incidents:
        gaps.add("incidents", "Name the incident to review")
    asks.check_title(gaps, "title", ask.title, required=False)
    asks.check_day(gaps, "due_on", ask.due_on)
    for one in ask.signals:
        asks.check_choice(gaps, "signals", one, tuple(SIGNALS))
    owner = person_named(work, ask.owner, gaps, "owner")
    facilitator = person_named(work, ask.facilitator, gaps, "facilitator")
    gaps.raise_not_valid()
    incidents = [incident_by_ref(work, one) for one in dict.fromkeys(ask.incidents)]
    if len({incident.circle_id for incident in incidents}) > 1:
        gaps.add("incidents", "They differ in who may read them; review them apart")
        gaps.raise_not_valid()
    for incident in incidents:
        if incident.state not in REVIEWABLE:
            told = f"{ref(incident)} is {incident.state}: it is not over yet"
            gaps.add("incidents", f"{told}. A review begins when it is resolved")
        earlier = review_of(work, incident)
        if earlier is not None:
            named = f": {ref(earlier)}" if work.actor.reads(earlier.circle_id) else ""
            gaps.add("incidents", f"{ref(incident)} has a review already{named}")
    if gaps.found:
        raise NotAllowed(gaps.found[0].message, gaps=gaps.found)
    review = _start(
        work,
        incidents,
        template_key=ask.template or _template_for(work, incidents[0]),
        title=asks.clean(ask.title),
        owner_id=owner.key if owner else None,
        facilitator_id=facilitator.key if facilitator else None,
        due_on=ask.due_on,
    )
    review.signals = list(dict.fromkeys(ask.signals))
    return review


def start_required_review(work: Work, incident: Incident) -> Review | None:
    """The review that the policy asks for, when it does and there is none yet."""
    if incident.kind != "incident":
        return None
    policy = work.policy_of(incident.policy_version)
    resolved_at = work.session.exec(
        select(IncidentTime.at).where(
            IncidentTime.incident_id == incident.key,
            IncidentTime.name == "resolved",
            col(IncidentTime.current).is_(True),
        )
    ).first()
    due_on = policy.review_due_on(incident.severity, resolved_at or work.now)
    if due_on is None or review_of(work, incident) is not None:
        return None
    review = _start(
        work,
        [incident],
        template_key=_template_for(work, incident),
        due_on=due_on,
    )
    add_system_entry(work, incident, f"Review {ref(review)} is due by {due_on:%Y-%m-%d}")
    return review


def edit_review(work: Work, review: Review, ask: EditReview) -> Review:
    """Title, owner, facilitator and due day have the given values.

    Raises: NotValid, Conflict. Emits: review.changed.
    """
    work.permit("edit_review")
    work.expect(review, ask.version)
    gaps = Gaps()
    if ask.title is not None:
        asks.check_title(gaps, "title", ask.title)
    asks.check_day(gaps, "due_on", ask.due_on)
    owner = person_named(work, ask.owner or "", gaps, "owner")
    facilitator = person_named(work, ask.facilitator or "", gaps, "facilitator")
    gaps.raise_not_valid()
    if ask.title is not None:
        review.title = asks.clean(ask.title)
    before = (review.owner_id, review.facilitator_id)
    if ask.owner is not None:
        review.owner_id = owner.key if owner else None
    if ask.facilitator is not None:
        review.facilitator_id = facilitator.key if facilitator else None
    if before != (review.owner_id, review.facilitator_id):
        work.emit("review.assigned", review)
    if ask.due_on is not None:
        review.due_on = ask.due_on
        _set_review_clocks(work, review)
    join_circle(work, review.circle_id, [review.owner_id, review.facilitator_id])
    work.emit("review.changed", review)
    return review


def move_review(work: Work, review: Review, verb: str, *, why: str = "") -> Review:
    """``start_review`` and ``back_to_draft``; publishing, amending, waiving have their own verbs.

    Raises: NotValid, NotAllowed. Emits: review.moved.
    """
    work.permit("move_review")
    if verb not in ("start_review", "back_to_draft", "resume"):
        raise NotValid(Gap("verb", "Must be one of: start_review, back_to_draft, resume"))
    work.move(review, REVIEW, verb, why=why)
    if verb == "resume":
        review.waived_until = None
        _set_review_clocks(work, review)
    return review


def publish_review(work: Work, review: Review, *, version: int | None = None) -> ReviewVersion:
    """Version 1 is frozen and readable; its lessons are published, its actions' clocks run.

    Raises: NotAllowed listing every gap at once, Conflict for a stale version.
    Emits: review.moved, lesson.moved, action.changed.
    """
    work.permit("publish_review")
    work.expect(review, version)
    return _publish(work, review, "publish", why="")


def amend_review(
    work: Work, review: Review, *, why: str, version: int | None = None
) -> ReviewVersion:
    """The next version is frozen; the earlier ones stay readable.

    Raises: NotAllowed (gaps, or no reason), Conflict. Emits: review.moved.
    """
    work.permit("amend_review")
    work.expect(review, version)
    return _publish(work, review, "amend", why=why)


def waive_review(work: Work, review: Review, *, why: str, until: date | None = None) -> Review:
    """The review is waived, by somebody other than its owner; after ``until`` it is open again.

    Raises: NotAllowed. Emits: review.moved.
    """
    work.permit("waive_review")
    gaps = Gaps()
    asks.check_text(gaps, "why", why, limit=asks.REASON_LIMIT)
    asks.check_day(gaps, "until", until)
    gaps.raise_not_valid()
    if review.owner_id is not None and review.owner_id == work.actor.person_id:
        gaps.add("approver", "Somebody other than the review's owner must waive it")
    if until is not None and until <= work.today:
        gaps.add("until", "The day must lie in the future")
    work.move(review, REVIEW, "waive", why=why, gaps=gaps.found)
    review.waived_until = until
    review.approver_id = work.actor.person_id
    stop_clocks(work, "review_due", review)
    if until is not None:
        set_clock(work, "waiver_over", review, due_at=morning_of(work, until))
    return review


def put_answer_row(
    work: Work, review: Review, question: str, *, text: str, choice: str = "", because: str = ""
) -> ReviewAnswer:
    """A new answer with its first revision, unchecked."""
    row = work.add(
        ReviewAnswer(
            review_id=review.key,
            question=question,
            text=text,
            choice=choice,
            because=because,
            updated_at=work.now,
            updated_by_id=work.actor.person_id,
        )
    )
    keep_revision(work, row)
    return row


def keep_revision(work: Work, row: ReviewAnswer, *, typed: str = "", merged: bool = False) -> None:
    """The answer as it stands now is in its history."""
    work.session.add(
        AnswerRevision(
            answer_id=row.key,
            version=row.version,
            text=row.text,
            choice=row.choice,
            because=row.because,
            at=work.now,
            by_id=work.actor.person_id,
            typed=typed,
            merged=merged,
        )
    )


def _template_for(work: Work, incident: Incident) -> str:
    rules = work.policy_of(incident.policy_version).review_rules
    rule = rules.get("near_miss" if incident.kind == "near_miss" else incident.severity)
    return rule.template if rule else "light"


def _start(
    work: Work,
    incidents: list[Incident],
    *,
    template_key: str,
    title: str = "",
    owner_id: int | None = None,
    facilitator_id: int | None = None,
    due_on: date | None = None,
) -> Review:
    used = template(work, template_key)
    first = incidents[0]
    review = work.add(
        Review(
            title=(title or f"Review: {first.title}")[: asks.TITLE_LIMIT],
            template_key=used.key,
            template_version=used.version,
            policy_version=first.policy_version,
            owner_id=owner_id,
            facilitator_id=facilitator_id,
            due_on=due_on,
            circle_id=first.circle_id,
            created_at=work.now,
            updated_at=work.now,
        )
    )
    work.add_all(
        ReviewIncident(review_id=review.key, incident_id=incident.key) for incident in incidents
    )
    for question in used.questions:
        text = texts_from(incidents, question)
        if text:
            put_answer_row(work, review, question.key, text=text)
    join_circle(work, review.circle_id, [owner_id, facilitator_id])
    _set_review_clocks(work, review)
    work.emit("review.started", review, detail=used.key, incident_id=first.key)
    return review


def texts_from(incidents: list[Incident], question: Question) -> str:
    """What the incidents already say to a question; of several, each under its reference."""
    fields = {"summary": "summary", "impact": "impact_text"}
    fields.update({name: name for name in NEAR_MISS_QUESTIONS})
    asked = question.prefill or (question.key if question.key in NEAR_MISS_QUESTIONS else "")
    told = [(one, str(getattr(one, fields.get(asked, ""), "") or "")) for one in incidents]
    told = [(one, text) for one, text in told if text.strip()]
    if len(incidents) == 1:
        return "\n\n".join(text for _, text in told)
    return "\n\n".join(f"**{ref(one)}:** {text}" for one, text in told)


def _set_review_clocks(work: Work, review: Review) -> None:
    if review.due_on is None or review.state not in OPEN_REVIEW_STATES:
        return
    policy = work.policy_of(review.policy_version)
    for days in policy.review_reminder_days:
        day = policy.shift_business_days(review.due_on, days)
        at = morning_of(work, day)
        if at >= work.now or days >= 0:
            set_clock(work, "review_due", review, due_at=at, mark=f"T{days:+d}")


def _publish(work: Work, review: Review, verb: str, *, why: str) -> ReviewVersion:
    whole = whole_review(work, review)
    work.move(review, REVIEW, verb, why=why, gaps=whole.gaps)
    for lesson in whole.lessons:
        if lesson.state == "draft":
            release_lesson(work, lesson)
    for action in whole.actions:
        if action.due_on is None and action.priority:
            policy = work.policy_of(review.policy_version)
            action.accept_by, action.due_on = policy.action_clocks(action.priority, work.now)
            work.emit("action.changed", action)
    review.published_version += 1
    review.published_at = review.published_at or work.now
    stop_clocks(work, "review_due", review)
    frozen = work.add(
        ReviewVersion(
            review_id=review.key,
            number=review.published_version,
            published_at=work.now,
            published_by_id=work.actor.person_id,
            why=asks.clean(why),
            content={**working_version(work, whole).content, **frozen_beside(work, whole)},
        )
    )
    open_survey(work, review, _took_part(work, review))
    for incident in whole.incidents:
        add_system_entry(
            work, incident, f"Review {ref(review)} published, version {review.published_version}"
        )
    return frozen


def _took_part(work: Work, review: Review) -> list[int]:
    """Ids of those who took part: perspectives asked for, and guests of the meeting who came."""
    asked = select(ReviewParticipant.person_id).where(ReviewParticipant.review_id == review.key)
    came = (
        select(MeetingGuest.person_id)
        .join(ReviewMeeting, col(ReviewMeeting.id) == col(MeetingGuest.meeting_id))
        .where(ReviewMeeting.review_id == review.key, col(MeetingGuest.attended).is_(True))
    )
    return [*work.session.exec(asked), *work.session.exec(came)]
