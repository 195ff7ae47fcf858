"""Actions as lists, the board and pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, union_all
from sqlmodel import col, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.action import DECIDING_VERBS
from tracker.domain.errors import Gap, NotValid
from tracker.domain.lifecycle import ACTION, OPEN_ACTION_STATES, Move
from tracker.models.action import Action
from tracker.models.catalogue import Person, Team
from tracker.models.incident import Incident
from tracker.models.journal import StateMove
from tracker.models.review import Review
from tracker.reading.journal import moves_of
from tracker.reading.links import people_by_id, teams_by_id
from tracker.reading.listing import (
    Listed,
    capped_count,
    capped_counts,
    check_limit,
    keyset_page,
)
from tracker.reading.references import ref, ref_of

SORTS: dict[str, tuple[Any, bool]] = {
    "newest": (Action.created_at, True),
    "oldest": (Action.created_at, False),
    "priority": (Action.priority, False),
    "due": (Action.due_on, False),
    "changed": (Action.updated_at, True),
}
BOARD_COLUMNS = ("proposed", "accepted", "in_progress", "done", "verified")
BOARD_DEPTH = 50


@dataclass(frozen=True, kw_only=True)
class ActionFilter:
    """What a list of actions is narrowed to."""

    state: tuple[str, ...] = ()  # states, or "open"
    kind: tuple[str, ...] = ()
    strength: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    mine: bool = False
    overdue: bool = False
    to_verify: bool = False
    review: str = ""
    incident: str = ""


@dataclass(frozen=True)
class ActionItem:
    """A row of the list or a card of the board."""

    row: Action
    ref: str
    owner: Person | None
    team: Team | None
    today: date

    @property
    def is_overdue(self) -> bool:
        return (
            self.row.state in OPEN_ACTION_STATES
            and self.row.due_on is not None
            and self.row.due_on < self.today
        )

    @property
    def source_ref(self) -> str:
        """Where it came from: its review, else its incident."""
        if self.row.review_id is not None:
            return ref_of("review", self.row.review_id)
        return ref_of("incident", self.row.incident_id) if self.row.incident_id else ""


@dataclass(frozen=True)
class ActionPage:
    """Everything the page of an action shows. Hidden sources are ``None``."""

    item: ActionItem
    review: Review | None
    incident: Incident | None
    approver: Person | None
    moves: tuple[Move, ...]  # what the actor may do with it now
    journal: list[StateMove]  # oldest first


def list_actions(
    look: Look,
    narrowed: ActionFilter,
    *,
    sort: str = "newest",
    cursor: str = "",
    limit: int = 50,
    count: bool = False,
) -> Listed[ActionItem]:
    """A page of the actions this actor may read. Raises: NotValid."""
    if sort not in SORTS:
        raise NotValid(Gap("sort", f"Sort by one of: {', '.join(SORTS)}"))
    column, descending = SORTS[sort]
    query = select(Action).where(readable(Action, look.actor), *_conditions(look, narrowed))
    if sort == "due":
        query = query.where(col(Action.due_on).is_not(None))
    rows, following = keyset_page(
        look,
        query,
        sort=col(column),
        tie=col(Action.id),
        descending=descending,
        cursor=cursor,
        limit=check_limit(limit),
    )
    return Listed(action_items(look, rows), following, capped_count(look, query) if count else None)


def action_counts(look: Look, views: dict[str, ActionFilter]) -> dict[str, int]:
    """How many readable actions each view has, counted up to COUNTED_AT_MOST + 1. One query."""
    return capped_counts(
        look,
        {
            name: select(Action).where(readable(Action, look.actor), *_conditions(look, narrowed))
            for name, narrowed in views.items()
        },
    )


def action_board(look: Look, narrowed: ActionFilter) -> dict[str, list[ActionItem]]:
    """The fifty most urgent, then newest, of each column. Three queries."""
    conditions = (readable(Action, look.actor), *_conditions(look, narrowed))
    columns = [
        select(col(Action.id).label("id"))
        .where(Action.state == state, *conditions)
        .order_by(col(Action.priority), col(Action.id).desc())
        .limit(BOARD_DEPTH)
        .subquery()
        for state in BOARD_COLUMNS
    ]
    chosen = union_all(*(select(one.c.id) for one in columns))
    rows = look.session.exec(
        select(Action)
        .where(col(Action.id).in_(chosen))
        .order_by(col(Action.priority), col(Action.id).desc())
    ).all()
    board: dict[str, list[ActionItem]] = {state: [] for state in BOARD_COLUMNS}
    for item in action_items(look, list(rows)):
        board[item.row.state].append(item)
    return board


def action_page(look: Look, action: Action) -> ActionPage:
    """The action with where it came from, as far as the actor may see that."""
    review = look.session.get(Review, action.review_id) if action.review_id else None
    incident = look.session.get(Incident, action.incident_id) if action.incident_id else None
    people = people_by_id(look, [action.owner_id, action.approver_id])
    teams = teams_by_id(look, [action.team_id])
    return ActionPage(
        item=ActionItem(
            action,
            ref(action),
            people.get(action.owner_id or 0),
            teams.get(action.team_id or 0),
            look.today,
        ),
        review=review if review and look.actor.reads(review.circle_id) else None,
        incident=incident if incident and look.actor.reads(incident.circle_id) else None,
        approver=people.get(action.approver_id or 0),
        moves=_moves_of_actor(look, action),
        journal=moves_of(look, "action", action.key),
    )


def action_items(look: Look, rows: list[Action]) -> list[ActionItem]:
    """The rows with owners and teams. Two queries."""
    people = people_by_id(look, [row.owner_id for row in rows])
    teams = teams_by_id(look, [row.team_id for row in rows])
    return [
        ActionItem(
            row,
            ref(row),
            people.get(row.owner_id or 0),
            teams.get(row.team_id or 0),
            look.today,
        )
        for row in rows
    ]


def _moves_of_actor(look: Look, action: Action) -> tuple[Move, ...]:
    """The moves from this state that ``move_action`` would not refuse to this actor."""
    actor = look.actor
    if not actor.may("move_action"):
        return ()
    owns = action.owner_id is not None and action.owner_id == actor.person_id
    decides = owns or action.team_id in actor.team_ids or actor.may("decide_action")
    return tuple(
        move
        for move in ACTION.possible(action.state)
        if (decides or move.verb not in DECIDING_VERBS)
        # Nobody accepts the risk of leaving their own action undone.
        and not (owns and move.verb == "accept_risk")
    )


def _conditions(look: Look, narrowed: ActionFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if narrowed.state:
        states = [state for state in narrowed.state if state != "open"]
        if "open" in narrowed.state:
            states += OPEN_ACTION_STATES
        found.append(col(Action.state).in_(states))
    for name in ("kind", "strength", "priority"):
        wanted = getattr(narrowed, name)
        if wanted:
            found.append(col(getattr(Action, name)).in_(wanted))
    if narrowed.team:
        teams = select(Team.id).where(col(Team.slug).in_(narrowed.team))
        found.append(col(Action.team_id).in_(teams))
    found += _view_conditions(look, narrowed)
    if narrowed.review:
        found.append(col(Action.review_id) == _number(narrowed.review))
    if narrowed.incident:
        found.append(col(Action.incident_id) == _number(narrowed.incident))
    return found


def _view_conditions(look: Look, narrowed: ActionFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if narrowed.mine:
        found.append(col(Action.owner_id) == look.actor.person_id)
    if narrowed.overdue:
        found += [col(Action.state).in_(OPEN_ACTION_STATES), col(Action.due_on) < look.today]
    if narrowed.to_verify:
        found.append(col(Action.state) == "done")
    return found


def _number(reference: str) -> int:
    digits = reference.rsplit("-", 1)[-1]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1
