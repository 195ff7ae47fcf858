"""Actions: proposed, done with evidence, verified - or honestly found ineffective."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.action import DECIDING_VERBS, KINDS, PRIORITIES, STRENGTHS, move_gaps
from tracker.domain.errors import Gaps
from tracker.domain.lifecycle import ACTION, OPEN_ACTION_STATES
from tracker.models.action import Action
from tracker.models.catalogue import Person
from tracker.reading.references import (
    incident_by_ref,
    person_named,
    review_by_ref,
    team_named,
)
from tracker.usecases.circles import join_circle
from tracker.usecases.clocks import morning_of, set_clock, stop_clocks

TEXTS = ("detail", "expected_effect", "where_to_look", "evidence", "result")
CLOCKS = ("action_accept", "action_due", "action_check", "risk_over")


@dataclass(frozen=True, kw_only=True)
class ProposeAction:
    """Follow-up work, most often from a review or an incident, whose visibility it takes over."""

    title: str
    detail: str = ""
    kind: str = ""
    strength: str = ""
    priority: str = "P2"
    owner: str = ""
    team: str = ""
    review: str = ""
    incident: str = ""
    expected_effect: str = ""
    where_to_look: str = ""
    check_on: date | None = None
    due_on: date | None = None
    external_url: str = ""


@dataclass(frozen=True, kw_only=True)
class EditAction:
    """New values; ``None`` leaves a field as it is, an empty text clears it."""

    title: str | None = None
    detail: str | None = None
    kind: str | None = None
    strength: str | None = None
    priority: str | None = None
    owner: str | None = None
    team: str | None = None
    expected_effect: str | None = None
    where_to_look: str | None = None
    check_on: date | None = None
    due_on: date | None = None
    external_url: str | None = None
    evidence: str | None = None
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class MoveAction:
    """A verb of the life cycle with what it asks for: evidence, result, a day, a reason."""

    verb: str
    why: str = ""
    evidence: str = ""
    result: str = ""
    until: date | None = None
    version: int | None = None


def propose_action(work: Work, ask: ProposeAction) -> Action:
    """The action is proposed; with an owner or team its clocks come from the policy.

    Raises: NotValid, NotFound. Emits: action.proposed.
    """
    work.permit("propose_action")
    gaps = Gaps()
    _check(gaps, ask)
    asks.check_title(gaps, "title", ask.title)
    owner = person_named(work, ask.owner, gaps, "owner")
    team = team_named(work, ask.team, gaps, "team")
    gaps.raise_not_valid()
    review = review_by_ref(work, ask.review) if ask.review else None
    incident = incident_by_ref(work, ask.incident) if ask.incident else None
    # The closed one of the two decides: an action never tells more than where it came from.
    source = next((one for one in (review, incident) if one and one.circle_id), None)
    accept_by, due_on = work.policy.action_clocks(ask.priority, work.now)
    action = work.add(
        Action(
            title=asks.clean(ask.title),
            detail=asks.clean(ask.detail),
            kind=ask.kind,
            strength=ask.strength,
            priority=ask.priority,
            owner_id=owner.key if owner else None,
            team_id=team.key if team else None,
            review_id=review.key if review else None,
            incident_id=incident.key if incident else None,
            accept_by=accept_by,
            due_on=ask.due_on or due_on,
            expected_effect=asks.clean(ask.expected_effect),
            where_to_look=asks.clean(ask.where_to_look),
            check_on=ask.check_on,
            external_url=ask.external_url.strip(),
            circle_id=source.circle_id if source else None,
            created_at=work.now,
            updated_at=work.now,
        )
    )
    join_circle(work, action.circle_id, [action.owner_id])
    _set_clocks(work, action)
    work.emit("action.proposed", action)
    return action


def edit_action(work: Work, action: Action, ask: EditAction) -> Action:
    """The given fields have their new values.

    Raises: NotValid, Conflict. Emits: action.changed.
    """
    work.permit("edit_action")
    work.expect(action, ask.version)
    gaps = Gaps()
    _check(gaps, ask)
    if ask.title is not None:
        asks.check_title(gaps, "title", ask.title)
    owner = person_named(work, ask.owner or "", gaps, "owner")
    team = team_named(work, ask.team or "", gaps, "team")
    gaps.raise_not_valid()
    for name in ("title", *TEXTS, "kind", "strength", "priority", "external_url"):
        value = getattr(ask, name, None)
        if value is not None:
            setattr(action, name, asks.clean(value))
    for name in ("check_on", "due_on"):
        if getattr(ask, name) is not None:
            setattr(action, name, getattr(ask, name))
    if ask.owner is not None:
        action.owner_id = owner.key if owner else None
    if ask.team is not None:
        action.team_id = team.key if team else None
    join_circle(work, action.circle_id, [action.owner_id])
    _set_clocks(work, action)
    work.emit("action.changed", action)
    return action


def move_action(work: Work, action: Action, ask: MoveAction) -> Action:
    """The action is in its new state with the evidence, result or day that the verb asks for.

    Done needs evidence; verified and ineffective need what was seen; an accepted risk needs
    somebody other than the owner and a day in the future.
    Raises: NotAllowed with every gap, NotValid, Conflict. Emits: action.moved.
    """
    work.permit("move_action")
    if ask.verb in DECIDING_VERBS and not _is_own(work, action):
        work.permit("decide_action")
    work.expect(action, ask.version)
    gaps = Gaps()
    asks.check_choice(gaps, "verb", ask.verb, ACTION.verbs)
    for name in ("why", "evidence", "result"):
        asks.check_text(gaps, name, getattr(ask, name), limit=asks.NOTE_LIMIT)
    asks.check_day(gaps, "until", ask.until)
    gaps.raise_not_valid()
    evidence = asks.clean(ask.evidence) or action.evidence
    result = asks.clean(ask.result)
    missing = move_gaps(
        ask.verb,
        owner=_owner_is_active(work, action),
        team=action.team_id is not None,
        evidence=evidence,
        result=result,
        until=ask.until,
        today=work.today,
    )
    if ask.verb == "accept_risk" and work.actor.person_id is not None:
        own = action.owner_id == work.actor.person_id
        gaps.unless(not own, "approver", "Somebody other than the owner must accept the risk")
    work.move(action, ACTION, ask.verb, why=ask.why or result, gaps=[*missing, *gaps.found])
    action.evidence = evidence
    if result:
        action.result = result
    if ask.verb == "finish":
        action.done_at = work.now
        action.check_on = action.check_on or work.policy.business_days_after(work.today, 10)
    elif ask.verb == "verify":
        action.verified_at = work.now
    elif ask.verb == "accept_risk":
        action.risk_until, action.approver_id = ask.until, work.actor.person_id
    elif ask.verb == "decline":
        action.approver_id = work.actor.person_id
    elif ask.verb == "reopen":
        action.done_at, action.verified_at, action.risk_until = None, None, None
    _set_clocks(work, action)
    return action


def _check(gaps: Gaps, ask: ProposeAction | EditAction) -> None:
    given = {one.name: getattr(ask, one.name) for one in fields(ask)}
    for name in TEXTS:
        if given.get(name) is not None:
            asks.check_text(gaps, name, given[name], limit=asks.NOTE_LIMIT)
    choices = {"kind": KINDS, "strength": STRENGTHS, "priority": PRIORITIES}
    for name, known in choices.items():
        asks.check_choice(
            gaps, name, given[name], known, required=name == "priority" and given[name] is not None
        )
    for name in ("check_on", "due_on"):
        asks.check_day(gaps, name, given[name])
    if given["external_url"]:
        asks.check_link(gaps, "external_url", given["external_url"])


def _is_own(work: Work, action: Action) -> bool:
    return (action.owner_id is not None and action.owner_id == work.actor.person_id) or (
        action.team_id is not None and action.team_id in work.actor.team_ids
    )


def _owner_is_active(work: Work, action: Action) -> bool:
    owner = work.session.get(Person, action.owner_id) if action.owner_id else None
    return owner is not None and owner.active


def _set_clocks(work: Work, action: Action) -> None:
    """Exactly the clocks that this state needs are waiting."""
    for kind in CLOCKS:
        stop_clocks(work, kind, action)
    work.session.flush()
    day = timedelta(days=1)
    wanted: dict[str, date | None] = {}
    if action.state == "proposed":
        wanted["action_accept"] = action.accept_by and action.accept_by + day
    if action.state in OPEN_ACTION_STATES:
        wanted["action_due"] = action.due_on and action.due_on + day
    if action.state == "done":
        wanted["action_check"] = action.check_on
    if action.state == "risk_accepted":
        wanted["risk_over"] = action.risk_until
    for kind, due in wanted.items():
        if due is not None:
            set_clock(work, kind, action, due_at=morning_of(work, due), mark=due.isoformat())
