"""What happens when a clock is due: each rule looks at the record as it stands then.

A clock fires once. A rule that finds nothing to do any more says so in the clock's outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain.lifecycle import (
    ACTION,
    LESSON,
    OPEN_ACTION_STATES,
    OPEN_INCIDENT_STATES,
    OPEN_REVIEW_STATES,
    REVIEW,
)
from tracker.models.action import Action
from tracker.models.catalogue import Person, SignInAttempt, SignInLink, TeamMember
from tracker.models.incident import Incident, RoleAssignment, StatusUpdate
from tracker.models.journal import Clock, Delivery, IdempotencyKey, OutboxEvent
from tracker.models.lesson import Lesson
from tracker.models.procedure import Procedure
from tracker.models.review import Review
from tracker.models.slack import SlackReceived, SlackUser
from tracker.reading.analyse.meetings import meeting_of
from tracker.reading.references import ref
from tracker.usecases.analyse.answers import thin_out_revisions
from tracker.usecases.analyse.keepers import keepers_of_review
from tracker.usecases.analyse.perspectives import REMINDER, remind_of_perspective
from tracker.usecases.clocks import morning_of
from tracker.usecases.improve.procedure_faults import keepers_of
from tracker.usecases.notices import notify
from tracker.usecases.respond.auto_declaring import declare_after_minutes
from tracker.usecases.respond.payloads import forget_payloads
from tracker.usecases.respond.transcripts import transcript_due

Rule = Callable[[Work, Clock], str]
NOTHING = "nothing to do any more"
TIDY_EVERY = timedelta(days=1)
KEEP_ATTEMPTS = timedelta(hours=1)
KEEP_KEYS = timedelta(days=1)
# Slack repeats what it sent within the hour; a double click comes sooner.
KEEP_RECEIVED = timedelta(days=2)
KEEP_DELIVERED = timedelta(days=30)
COUNTED = {"2": "two", "3": "three", "4": "four", "5": "five"}
UPDATE_ROLES = ("communications", "commander")


def fire(work: Work, clock: Clock) -> str:
    """The clock's rule has run, and its outcome is noted on the row."""
    clock.outcome = RULES[clock.kind](work, clock)[:200]
    clock.done_at = work.now
    return clock.outcome


def _update_late(work: Work, clock: Clock) -> str:
    incident = work.session.get(Incident, clock.record_id)
    if incident is None or incident.state not in OPEN_INCIDENT_STATES:
        return NOTHING
    newest = work.session.exec(
        select(StatusUpdate)
        .where(StatusUpdate.incident_id == incident.key)
        .order_by(col(StatusUpdate.id).desc())
        .limit(1)
    ).first()
    if newest is None or clock.mark != f"update {newest.key}":
        return NOTHING
    roles = work.session.exec(
        select(RoleAssignment).where(
            RoleAssignment.incident_id == incident.key,
            col(RoleAssignment.until_at).is_(None),
            col(RoleAssignment.role).in_(UPDATE_ROLES),
        )
    ).all()
    people: list[int | None] = [row.person_id for row in roles]
    if not people:
        people = [incident.declared_by_id]
    text = f"The next update of {ref(incident)} “{incident.title}” is due"
    return _told(notify(work, people, incident, kind="update_late", text=text, once=_once(clock)))


def _review_due(work: Work, clock: Clock) -> str:
    review = work.session.get(Review, clock.record_id, with_for_update=True)
    if review is None or review.state not in OPEN_REVIEW_STATES or review.due_on is None:
        return NOTHING
    days = clock.mark.removeprefix("T-")
    when = {"T-1": "is due on the next business day", "T+0": "is due today"}.get(
        clock.mark,
        f"is due in {COUNTED.get(days, days)} business days"
        if clock.mark.startswith("T-")
        else f"was due on {review.due_on:%Y-%m-%d}",
    )
    text = f"{ref(review)} “{review.title}” {when}"
    people = keepers_of_review(work, review)
    if people and review.owner_id not in people and review.facilitator_id not in people:
        text += "; nobody owns it yet"
    return _told(notify(work, people, review, kind="review_due", text=text, once=_once(clock)))


def _meeting_draft(work: Work, clock: Clock) -> str:
    review = work.session.get(Review, clock.record_id, with_for_update=True)
    meeting = meeting_of(work, review) if review is not None else None
    if review is None or meeting is None or clock.mark != f"meeting {meeting.key}":
        return NOTHING
    if review.shared_at is not None or meeting.held_at is not None:
        return NOTHING
    text = (
        f"The meeting about {ref(review)} “{review.title}” is near and its draft is not shared: "
        "people should have a day to read it"
    )
    people = keepers_of_review(work, review)
    return _told(notify(work, people, review, kind="meeting_draft", text=text, once=_once(clock)))


def _action_clock(sentence: str, states: tuple[str, ...]) -> Rule:
    def rule(work: Work, clock: Clock) -> str:
        action = work.session.get(Action, clock.record_id, with_for_update=True)
        if action is None or action.state not in states:
            return NOTHING
        text = f"{ref(action)} “{action.title}” {sentence}"
        owner = work.session.get(Person, action.owner_id) if action.owner_id else None
        people: list[int | None] = [action.owner_id]
        if owner is None or not owner.active:
            # An owner who left: the team's queue.
            members = select(TeamMember.person_id).where(TeamMember.team_id == action.team_id)
            people = [*work.session.exec(members)]
        return _told(notify(work, people, action, kind=clock.kind, text=text, once=_once(clock)))

    return rule


def _risk_over(work: Work, clock: Clock) -> str:
    action = work.session.get(Action, clock.record_id, with_for_update=True)
    if action is None or action.state != "risk_accepted":
        return NOTHING
    work.move(action, ACTION, "reopen", why="The accepted risk has run out")
    action.risk_until = None
    text = f"{ref(action)} “{action.title}”: the accepted risk has run out; it is open again"
    notify(work, [action.owner_id], action, kind="risk_over", text=text, once=_once(clock))
    return "reopened"


def _waiver_over(work: Work, clock: Clock) -> str:
    review = work.session.get(Review, clock.record_id, with_for_update=True)
    if review is None or review.state != "waived":
        return NOTHING
    work.move(review, REVIEW, "resume", why="The waiver has run out")
    review.waived_until = None
    text = f"{ref(review)} “{review.title}”: the waiver has run out; the review is open again"
    notify(work, [review.owner_id], review, kind="waiver_over", text=text, once=_once(clock))
    return "resumed"


def _lesson_review(work: Work, clock: Clock) -> str:
    lesson = work.session.get(Lesson, clock.record_id, with_for_update=True)
    if lesson is None or lesson.state != "published":
        return NOTHING
    work.move(lesson, LESSON, "ask_again")
    text = f"{ref(lesson)} “{lesson.title}”: is this still true?"
    notify(work, [lesson.owner_id], lesson, kind="lesson_review", text=text, once=_once(clock))
    return "asked again"


def _procedure_review(work: Work, clock: Clock) -> str:
    procedure = work.session.get(Procedure, clock.record_id, with_for_update=True)
    if procedure is None or procedure.state != "current" or procedure.review_on is None:
        return NOTHING
    seen = procedure.validated_at
    since = f"validated on {seen:%Y-%m-%d}" if seen else "never validated by a second person"
    text = f"{ref(procedure)} “{procedure.title}”, {since}: does it still hold?"
    people = keepers_of(work, procedure)
    return _told(notify(work, people, procedure, kind=clock.kind, text=text, once=_once(clock)))


def _tidy(work: Work, clock: Clock) -> str:
    """What has served goes: sign-in attempts, used links, retries, messages as they came, saves."""
    long_done = work.now - KEEP_DELIVERED
    waiting = select(Delivery.event_id).where(Delivery.status != "done")
    for statement in (
        delete(Delivery).where(col(Delivery.status) == "done", col(Delivery.done_at) < long_done),
        delete(OutboxEvent).where(
            col(OutboxEvent.at) < long_done, col(OutboxEvent.id).not_in(waiting)
        ),
        delete(SignInAttempt).where(col(SignInAttempt.at) < work.now - KEEP_ATTEMPTS),
        delete(SignInLink).where(col(SignInLink.expires_at) < work.now - TIDY_EVERY),
        delete(IdempotencyKey).where(col(IdempotencyKey.at) < work.now - KEEP_KEYS),
        delete(SlackReceived).where(col(SlackReceived.at) < work.now - KEEP_RECEIVED),
    ):
        work.session.execute(statement)
    thin_out_revisions(work)
    forget_payloads(work)
    return ensure_tidy(work, after=clock)


def ensure_tidy(work: Work, *, after: Clock | None = None) -> str:
    """A daily tidying waits; there is never more than one."""
    waiting = select(Clock).where(Clock.kind == "tidy", col(Clock.done_at).is_(None))
    others = [row for row in work.session.exec(waiting) if after is None or row.id != after.id]
    if not others:
        due_at = work.now + TIDY_EVERY
        work.session.add(
            Clock(kind="tidy", record_kind="", record_id=0, mark=due_at.isoformat(), due_at=due_at)
        )
    return "tidied"


def _digest(work: Work, clock: Clock) -> str:
    """Who asked for it is told what was learned in the week; the next one is set."""
    people = select(SlackUser.person_id).where(col(SlackUser.wants_digest).is_(True)).distinct()
    wanting = [work.find(Person, one, what="That person") for one in work.session.exec(people)]
    for person in wanting:
        work.emit("digest.due", person)
    ensure_digest(work, after=clock)
    return _told(len(wanting))


def ensure_digest(work: Work, *, after: Clock | None = None) -> None:
    """A digest waits for the next Monday morning; there is never more than one."""
    waiting = select(Clock).where(Clock.kind == "digest", col(Clock.done_at).is_(None))
    if any(after is None or row.id != after.id for row in work.session.exec(waiting)):
        return
    monday = work.today + timedelta(days=7 - work.today.weekday())
    work.session.add(
        Clock(
            kind="digest",
            record_kind="",
            record_id=0,
            mark=monday.isoformat(),
            due_at=morning_of(work, monday),
        )
    )


RULES: dict[str, Rule] = {
    "update_late": _update_late,
    "review_due": _review_due,
    "meeting_draft": _meeting_draft,
    REMINDER: remind_of_perspective,
    "action_accept": _action_clock("waits for somebody to accept it", ("proposed",)),
    "action_due": _action_clock("was due yesterday", OPEN_ACTION_STATES),
    "action_check": _action_clock("is done: did it work?", ("done",)),
    "risk_over": _risk_over,
    "waiver_over": _waiver_over,
    "lesson_review": _lesson_review,
    "procedure_review": _procedure_review,
    "alert_rule": declare_after_minutes,
    "transcript_due": transcript_due,
    "digest": _digest,
    "tidy": _tidy,
}


def _once(clock: Clock) -> str:
    # With its instant: SQLite gives the id of a clock that was put away to the next one.
    return f"clock {clock.key} {clock.due_at:%Y-%m-%dT%H:%M}"


def _told(count: int) -> str:
    return f"told {count}" if count else "nobody to tell"
