"""Actions: propose, read, edit, and move to a verified improvement."""

from typing import Literal

from pydantic import Field

from tracker.api.feature import Feature
from tracker.api.given import expected_version
from tracker.api.moves import MovesOut, moves_out
from tracker.api.shapes import (
    ActionRef,
    Answer,
    Asked,
    Day,
    Email,
    IncidentRef,
    Instant,
    Line,
    Link,
    NamedOut,
    Note,
    Page,
    PersonOut,
    ReviewRef,
    Word,
    Words,
    ask_from,
    person_out,
    ref_out,
    team_out,
)
from tracker.db.work import Look, Work
from tracker.models.action import Action
from tracker.reading.improve.actions import (
    ActionFilter,
    ActionItem,
    action_page,
    list_actions,
)
from tracker.reading.links import visibilities
from tracker.reading.references import action_by_ref
from tracker.usecases.improve.actions import (
    EditAction,
    MoveAction,
    ProposeAction,
    edit_action,
    move_action,
    propose_action,
)

api = Feature("actions", "Follow-up work, until it is verified to have helped.")

Kind = Literal["", "detect", "diagnose", "engage", "mitigate", "prevent", "process"]
Strength = Literal["", "remove", "automate", "guard", "document", "train"]
Priority = Literal["P1", "P2", "P3"]


class ActionPath(Asked):
    ref: ActionRef


class ActionQuery(Page):
    """Repeat a parameter to allow several values; different parameters narrow together."""

    state: Words = Field(default=[], description='States, or "open".')
    kind: Words = []
    strength: Words = []
    priority: Words = []
    team: Words = []
    mine: bool = False
    overdue: bool = False
    to_verify: bool = False
    review: ReviewRef | Literal[""] = ""
    incident: IncidentRef | Literal[""] = ""
    sort: Literal["newest", "oldest", "priority", "due", "changed"] = "newest"


class ActionIn(Asked):
    """An action, most often from a review or an incident, whose visibility it takes over."""

    title: Line
    detail: Note = ""
    kind: Kind = ""
    strength: Strength = ""
    priority: Priority = "P2"
    owner: Email = ""
    team: Word = ""
    review: ReviewRef | None = None
    incident: IncidentRef | None = None
    expected_effect: Note = ""
    where_to_look: Note = ""
    check_on: Day | None = None
    due_on: Day | None = None
    external_url: Link = ""


class ActionEdit(Asked):
    """New values; a field that is left out or null stays as it is, an empty text clears it."""

    title: Line | None = None
    detail: Note | None = None
    kind: Kind | None = None
    strength: Strength | None = None
    priority: Priority | None = None
    owner: Email | None = None
    team: Word | None = None
    expected_effect: Note | None = None
    where_to_look: Note | None = None
    check_on: Day | None = None
    due_on: Day | None = None
    external_url: Link | None = None
    evidence: Note | None = None


class ActionMoveIn(Asked):
    """A verb with what it asks for: evidence, result, a day, a reason."""

    verb: Literal[
        "accept",
        "start",
        "finish",
        "verify",
        "find_ineffective",
        "decline",
        "accept_risk",
        "reopen",
    ]
    why: Note = ""
    evidence: Note = ""
    result: Note = ""
    until: Day | None = None


class ActionRow(Answer):
    """An action as a list shows it."""

    ref: str
    version: int
    state: str
    title: str
    kind: str
    strength: str
    priority: str
    owner: PersonOut | None
    team: NamedOut | None
    accept_by: Day | None
    due_on: Day | None
    check_on: Day | None
    is_overdue: bool
    updated_at: Instant


class ActionsOut(Answer):
    items: list[ActionRow]
    next_cursor: str
    count: int | None


class ActionOut(ActionRow):
    """An action with its texts and where it came from."""

    detail: str
    expected_effect: str
    where_to_look: str
    external_url: str
    evidence: str
    result: str
    visibility: str
    review: str | None
    incident: str | None
    approver: PersonOut | None
    risk_until: Day | None
    done_at: Instant | None
    verified_at: Instant | None
    possible_moves: list[str]


@api.reads("/actions", ActionsOut)
def list_all(look: Look, query: ActionQuery) -> ActionsOut:
    """Actions, a page at a time."""
    narrowed = ActionFilter(
        state=tuple(query.state),
        kind=tuple(query.kind),
        strength=tuple(query.strength),
        priority=tuple(query.priority),
        team=tuple(query.team),
        mine=query.mine,
        overdue=query.overdue,
        to_verify=query.to_verify,
        review=query.review,
        incident=query.incident,
    )
    listed = list_actions(
        look,
        narrowed,
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
        count=query.count,
    )
    return ActionsOut(
        items=[_row(item) for item in listed.items],
        next_cursor=listed.next_cursor,
        count=listed.count,
    )


@api.creates("/actions", ActionOut)
def propose(work: Work, body: ActionIn) -> ActionOut:
    """Propose an action."""
    return action_out(work, propose_action(work, ask_from(ProposeAction, body)))


@api.reads("/actions/<ref>", ActionOut)
def read(look: Look, path: ActionPath) -> ActionOut:
    """One action."""
    return action_out(look, action_by_ref(look, path.ref))


@api.changes("/actions/<ref>", ActionOut)
def edit(work: Work, path: ActionPath, body: ActionEdit) -> ActionOut:
    """Change texts, owner, dates or evidence."""
    row = action_by_ref(work, path.ref)
    ask = ask_from(EditAction, body, version=expected_version())
    return action_out(work, edit_action(work, row, ask))


@api.reads("/actions/<ref>/moves", MovesOut)
def moves(look: Look, path: ActionPath) -> MovesOut:
    """Every change of state of an action, and what is possible now."""
    row = action_by_ref(look, path.ref)
    possible = [one.verb for one in action_page(look, row).moves]
    return MovesOut(items=moves_out(look, "action", row.key), possible=possible)


@api.changes("/actions/<ref>/moves", ActionOut, method="post")
def move(work: Work, path: ActionPath, body: ActionMoveIn) -> ActionOut:
    """Move an action on; done needs evidence, verified needs what was seen."""
    row = action_by_ref(work, path.ref)
    ask = ask_from(MoveAction, body, version=expected_version())
    return action_out(work, move_action(work, row, ask))


def action_out(look: Look, action: Action) -> ActionOut:
    """The action as an answer holds it; sources that the actor may not read are left out."""
    # The version counts the change when it is written, and an answer tells the one that stands.
    look.session.flush()
    page = action_page(look, action)
    return ActionOut(
        **_row(page.item).model_dump(),
        detail=action.detail,
        expected_effect=action.expected_effect,
        where_to_look=action.where_to_look,
        external_url=action.external_url,
        evidence=action.evidence,
        result=action.result,
        visibility=visibilities(look, [action.circle_id])[action.circle_id],
        review=ref_out(page.review),
        incident=ref_out(page.incident),
        approver=person_out(page.approver),
        risk_until=action.risk_until,
        done_at=action.done_at,
        verified_at=action.verified_at,
        possible_moves=[one.verb for one in page.moves],
    )


def _row(item: ActionItem) -> ActionRow:
    row = item.row
    return ActionRow(
        ref=item.ref,
        version=row.version,
        state=row.state,
        title=row.title,
        kind=row.kind,
        strength=row.strength,
        priority=row.priority,
        owner=person_out(item.owner),
        team=team_out(item.team),
        accept_by=row.accept_by,
        due_on=row.due_on,
        check_on=row.check_on,
        is_overdue=item.is_overdue,
        updated_at=row.updated_at,
    )
