"""The response itself: who has which role, what is to be done, what others are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotFound, NotValid
from tracker.domain.lifecycle import OPEN_INCIDENT_STATES
from tracker.models.catalogue import Person
from tracker.models.incident import Incident, RoleAssignment, StatusUpdate, Task
from tracker.reading.references import person_named
from tracker.usecases.circles import join_circle
from tracker.usecases.clocks import set_clock
from tracker.usecases.respond.timeline import add_system_entry

AUDIENCES = ("internal", "customers")
ROLE_LIMIT = 60
LONGEST_SILENCE = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class PostUpdate:
    """A status update. ``next_update_at`` defaults to the cadence of the severity."""

    text: str
    audience: str = "internal"
    next_update_at: datetime | None = None


def assign_role(work: Work, incident: Incident, *, role: str, person: str) -> RoleAssignment:
    """The person has the role from now on; whoever had it before hands it over.

    The policy's roles by key, or a custom one by its name. Raises: NotValid.
    Emits: incident.changed.
    """
    work.permit("assign_role")
    gaps = Gaps()
    asks.check_title(gaps, "role", role, limit=ROLE_LIMIT)
    if not person:
        gaps.add("person", "Say who takes the role")
    taker = person_named(work, person, gaps, "person")
    gaps.raise_not_valid()
    if taker is None:
        raise NotValid(Gap("person", "Say who takes the role"))
    key = asks.clean(role)
    holder = _holder(work, incident, key)
    if holder is not None and holder.person_id == taker.key:
        return holder
    name = work.policy_of(incident.policy_version).role_name(key)
    if holder is not None:
        holder.until_at = work.now
        before = work.find(Person, holder.person_id, what="That person")
        text = f"{name} handed over from {before.name} to {taker.name}"
    else:
        text = f"{name}: {taker.name}"
    row = work.add(
        RoleAssignment(incident_id=incident.key, role=key, person_id=taker.key, from_at=work.now)
    )
    join_circle(work, incident.circle_id, [taker.key])
    add_system_entry(work, incident, text)
    work.emit("incident.changed", incident)
    return row


def hand_over_role(work: Work, incident: Incident, *, role: str, to: str) -> RoleAssignment:
    """The role passes to somebody else, with the instant in the timeline.

    Raises: NotAllowed when nobody has it. Emits: incident.changed.
    """
    work.permit("hand_over_role")
    if _holder(work, incident, asks.clean(role)) is None:
        told = "Nobody has this role yet: give it to somebody instead of handing it over"
        raise NotAllowed(
            told,
            gaps=[Gap("role", told)],
        )
    return assign_role(work, incident, role=role, person=to)


def release_role(work: Work, incident: Incident, *, role: str) -> None:
    """Nobody has the role any more. Emits: incident.changed."""
    work.permit("release_role")
    holder = _holder(work, incident, asks.clean(role))
    if holder is None:
        raise NotFound("That role")
    holder.until_at = work.now
    name = work.policy_of(incident.policy_version).role_name(holder.role)
    person = work.find(Person, holder.person_id, what="That person")
    add_system_entry(work, incident, f"{name} released by {person.name}")
    work.emit("incident.changed", incident)


def add_task(work: Work, incident: Incident, *, title: str, owner: str = "") -> Task:
    """A task of this incident exists. Raises: NotValid. Emits: incident.changed."""
    work.permit("add_task")
    gaps = Gaps()
    asks.check_title(gaps, "title", title)
    person = person_named(work, owner, gaps, "owner")
    gaps.raise_not_valid()
    task = work.add(
        Task(
            incident_id=incident.key,
            title=asks.clean(title),
            owner_id=person.key if person else None,
            created_at=work.now,
        )
    )
    join_circle(work, incident.circle_id, [task.owner_id])
    work.emit("incident.changed", incident)
    return task


def finish_task(work: Work, incident: Incident, task_id: int) -> Task:
    """The task is done and the timeline says so, once. Emits: incident.changed."""
    work.permit("finish_task")
    task = _task(work, incident, task_id)
    if task.done_at is None:
        task.done_at = work.now
        add_system_entry(work, incident, f"Task done: {task.title}")
        work.emit("incident.changed", incident)
    return task


def reopen_task(work: Work, incident: Incident, task_id: int) -> Task:
    """The task is to be done again. Emits: incident.changed."""
    work.permit("reopen_task")
    task = _task(work, incident, task_id)
    if task.done_at is not None:
        task.done_at = None
        add_system_entry(work, incident, f"Task open again: {task.title}")
        work.emit("incident.changed", incident)
    return task


def post_update(work: Work, incident: Incident, ask: PostUpdate) -> StatusUpdate:
    """The update is posted, and the clock for the next one is set.

    Raises: NotValid. Emits: incident.update.
    """
    work.permit("post_update")
    gaps = Gaps()
    asks.check_text(gaps, "text", ask.text, limit=asks.NOTE_LIMIT, required=True)
    asks.check_choice(gaps, "audience", ask.audience, AUDIENCES)
    asks.check_instant(gaps, "next_update_at", ask.next_update_at)
    gaps.raise_not_valid()
    following = ask.next_update_at
    is_open = incident.state in OPEN_INCIDENT_STATES
    if following is not None:
        gaps.unless(following > work.now, "next_update_at", "The next update must lie ahead")
        gaps.unless(
            following <= work.now + LONGEST_SILENCE,
            "next_update_at",
            "Promise the next update within a week",
        )
        gaps.unless(is_open, "next_update_at", "This incident is over: no next update is due")
        gaps.raise_not_valid()
    elif is_open:
        minutes = work.policy_of(incident.policy_version).update_minutes.get(incident.severity)
        following = work.now + timedelta(minutes=minutes) if minutes else None
    update = work.add(
        StatusUpdate(
            incident_id=incident.key,
            at=work.now,
            author_id=work.actor.person_id,
            text=asks.clean(ask.text),
            audience=ask.audience,
            next_update_at=following,
        )
    )
    incident.next_update_at = following
    incident.updated_at = work.now
    if following is not None:
        set_clock(
            work,
            "update_late",
            incident,
            due_at=following + timedelta(minutes=1),
            mark=f"update {update.key}",
        )
    add_system_entry(work, incident, f"Status update ({ask.audience}): {asks.clean(ask.text)}")
    work.emit("incident.update", incident)
    return update


def _holder(work: Work, incident: Incident, role: str) -> RoleAssignment | None:
    return work.session.exec(
        select(RoleAssignment).where(
            RoleAssignment.incident_id == incident.key,
            RoleAssignment.role == role,
            col(RoleAssignment.until_at).is_(None),
        )
    ).first()


def _task(work: Work, incident: Incident, task_id: int) -> Task:
    task = work.session.get(Task, task_id, with_for_update=True)
    if task is None or task.incident_id != incident.key:
        raise NotFound("That task")
    return task
