"""Actions through their verbs: who may decide, what is asked for, which clocks run."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from tests.conftest import Cast, HandClock
from tracker.app import App
from tracker.domain.errors import Conflict, NotAllowed, NotFound, NotPermitted, NotValid
from tracker.domain.lifecycle import ACTION
from tracker.domain.people import Actor
from tracker.models.action import Action
from tracker.models.incident import Incident
from tracker.models.journal import Clock, StateMove
from tracker.reading.improve.actions import (
    ActionFilter,
    action_board,
    action_counts,
    action_page,
    list_actions,
)
from tracker.reading.references import ref
from tracker.usecases.improve.actions import (
    EditAction,
    MoveAction,
    ProposeAction,
    edit_action,
    move_action,
    propose_action,
)
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident

EVERYTHING = {
    "why": "Because it is so",
    "evidence": "https://example.org/1",
    "result": "Nothing happened since",
}


def _propose(app: App, cast: Cast, by: str = "alice", **given: object) -> int:
    ask = {"title": "Run three resolvers", "owner": cast.email("alice"), **given}
    with app.begin(getattr(cast, by)) as work:
        return propose_action(work, ProposeAction(**ask)).key  # type: ignore[arg-type]


def _move(app: App, cast: Cast, by: str, key: int, verb: str, **given: object) -> None:
    with app.begin(getattr(cast, by)) as work:
        move_action(work, work.get(Action, key), MoveAction(verb=verb, **given))  # type: ignore[arg-type]


def _waiting(app: App, key: int) -> dict[str, str]:
    with app.look_as_system() as look:
        rows = look.session.exec(
            select(Clock).where(
                Clock.record_kind == "action",
                Clock.record_id == key,
                col(Clock.done_at).is_(None),
            )
        )
        return {row.kind: row.mark for row in rows}


@pytest.mark.parametrize("state", ACTION.states)
@pytest.mark.parametrize("verb", ACTION.verbs)
def test_every_verb_from_every_state_moves_or_is_refused_as_the_table_says(
    sqlite_app: App, sqlite_cast: Cast, state: str, verb: str
) -> None:
    ways = {
        "proposed": (),
        "accepted": ("accept",),
        "in_progress": ("accept", "start"),
        "done": ("accept", "finish"),
        "verified": ("accept", "finish", "verify"),
        "ineffective": ("accept", "finish", "find_ineffective"),
        "declined": ("decline",),
        "risk_accepted": ("accept_risk",),
    }
    until = date(2026, 12, 1)
    key = _propose(sqlite_app, sqlite_cast)
    for step in ways[state]:
        _move(sqlite_app, sqlite_cast, "erin", key, step, until=until, **EVERYTHING)
    target = next((m.target for m in ACTION.moves if m.verb == verb and state in m.sources), None)
    if target is None:
        with pytest.raises(NotAllowed):
            _move(sqlite_app, sqlite_cast, "erin", key, verb, until=until, **EVERYTHING)
    else:
        _move(sqlite_app, sqlite_cast, "erin", key, verb, until=until, **EVERYTHING)
    with sqlite_app.look_as_system() as look:
        assert look.get(Action, key).state == (target or state)
        moves = look.session.exec(select(StateMove)).all()
    assert len(moves) == len(ways[state]) + (target is not None)


def test_the_two_clocks_come_from_the_policy_and_follow_the_state(app: App, cast: Cast) -> None:
    key = _propose(app, cast, priority="P1")
    with app.look_as_system() as look:
        row = look.get(Action, key)
        # Two and ten business days after Monday the 1st of June.
        assert (row.accept_by, row.due_on) == (date(2026, 6, 3), date(2026, 6, 15))
    assert set(_waiting(app, key)) == {"action_accept", "action_due"}
    _move(app, cast, "alice", key, "accept")
    assert set(_waiting(app, key)) == {"action_due"}
    _move(app, cast, "alice", key, "finish", evidence="Merged")
    assert _waiting(app, key) == {"action_check": "2026-06-15"}
    _move(app, cast, "alice", key, "verify", result="Works")
    assert _waiting(app, key) == {}


def test_a_risk_is_accepted_by_somebody_else_with_a_day_and_a_reason(
    app: App, cast: Cast, clock: HandClock
) -> None:
    key = _propose(app, cast)
    until = clock.now.date() + timedelta(days=90)
    with pytest.raises(NotAllowed) as refused:
        _move(app, cast, "alice", key, "accept_risk", why="Fine", until=until)
    assert [gap.field for gap in refused.value.gaps] == ["approver"]
    with pytest.raises(NotAllowed) as refused:
        _move(app, cast, "erin", key, "accept_risk")
    assert {gap.field for gap in refused.value.gaps} == {"until", "why"}
    _move(app, cast, "erin", key, "accept_risk", why="The vendor mends it", until=until)
    assert _waiting(app, key) == {"risk_over": until.isoformat()}


def test_done_needs_evidence_and_verified_needs_what_was_seen(app: App, cast: Cast) -> None:
    key = _propose(app, cast)
    _move(app, cast, "alice", key, "accept")
    with pytest.raises(NotAllowed, match="what shows that it is done"):
        _move(app, cast, "alice", key, "finish")
    _move(app, cast, "alice", key, "finish", evidence="Merged")
    with pytest.raises(NotAllowed, match="what you saw"):
        _move(app, cast, "alice", key, "verify")


def test_strangers_work_on_it_and_leave_deciding_to_its_people_and_editors(
    app: App, cast: Cast
) -> None:
    key = _propose(app, cast, team="payments")
    with pytest.raises(NotPermitted):
        _move(app, cast, "charlie", key, "accept")
    _move(app, cast, "bob", key, "accept")
    _move(app, cast, "charlie", key, "start")
    with pytest.raises(NotPermitted):
        _move(app, cast, "vera", key, "finish", evidence="x")


def test_the_page_offers_just_the_moves_that_would_not_be_refused(app: App, cast: Cast) -> None:
    key = _propose(app, cast, team="payments")
    until = date(2026, 12, 1)
    for name in ("alice", "bob", "charlie", "erin", "vera"):
        with app.look(getattr(cast, name)) as look:
            offered = {move.verb for move in action_page(look, look.get(Action, key)).moves}
        for move in ACTION.possible("proposed"):
            ask = MoveAction(
                verb=move.verb,
                why=EVERYTHING["why"],
                evidence=EVERYTHING["evidence"],
                result=EVERYTHING["result"],
                until=until,
            )
            allowed = _would_be_allowed(app, getattr(cast, name), key, ask)
            assert allowed == (move.verb in offered), (name, move.verb)


class _UndoError(Exception):
    """Rolls a move back that was only tried."""


def _would_be_allowed(app: App, actor: Actor, key: int, ask: MoveAction) -> bool:
    try:
        with app.begin(actor) as work:
            move_action(work, work.get(Action, key), ask)
            _undo()
    except (NotPermitted, NotAllowed):
        return False
    except _UndoError:
        return True
    raise AssertionError("the move was kept")


def _undo() -> None:
    raise _UndoError


def test_an_action_of_a_private_incident_is_as_closed_as_the_incident(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        incident = declare_incident(
            work, DeclareIncident(title="Leak", severity="SEV2", visibility="private")
        )
    key = _propose(app, cast, incident=ref(incident), priority="P1")
    with app.look(cast.charlie) as look:
        with pytest.raises(NotFound):
            look.get(Action, key)
        assert list_actions(look, ActionFilter(), count=True).count == 0
        assert action_counts(look, {"all": ActionFilter()}) == {"all": 0}
        assert not any(action_board(look, ActionFilter()).values())
    with pytest.raises(NotFound):
        _propose(app, cast, by="charlie", incident=ref(incident))
    with app.look(cast.alice) as look:
        shown = action_page(look, look.get(Action, key))
        assert isinstance(shown.incident, Incident)


def test_an_owner_named_later_can_read_a_closed_action(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        incident = declare_incident(
            work, DeclareIncident(title="Leak", severity="SEV2", visibility="private")
        )
    key = _propose(app, cast, incident=ref(incident))
    with app.begin(cast.alice) as work:
        edit_action(work, work.get(Action, key), EditAction(owner=cast.email("bob")))
    with app.look(cast.bob) as look:
        assert look.get(Action, key).owner_id == cast.bob.person_id


def test_an_edit_changes_what_was_given_and_nothing_else(app: App, cast: Cast) -> None:
    key = _propose(app, cast, detail="Long", kind="prevent", due_on=date(2026, 7, 1))
    with app.begin(cast.bob) as work:
        edit_action(work, work.get(Action, key), EditAction(title="Four", detail=""))
    with app.look_as_system() as look:
        row = look.get(Action, key)
    assert (row.title, row.detail, row.kind, row.due_on) == (
        "Four", "", "prevent", date(2026, 7, 1),
    )  # fmt: skip


def test_an_edit_on_an_old_version_is_a_conflict(app: App, cast: Cast) -> None:
    key = _propose(app, cast)
    with app.begin(cast.alice) as work:
        edit_action(work, work.get(Action, key), EditAction(title="First", version=1))
    with pytest.raises(Conflict), app.begin(cast.bob) as work:
        edit_action(work, work.get(Action, key), EditAction(title="Second", version=1))


def test_a_proposal_lists_every_gap_at_once(app: App, cast: Cast) -> None:
    with pytest.raises(NotValid) as refused:
        _propose(
            app, cast, title=" ", kind="magic", strength="hope", priority="P9",
            owner="nobody@example.org", team="nobody", external_url="ftp://x",
        )  # fmt: skip
    assert {gap.field for gap in refused.value.gaps} == {
        "title", "kind", "strength", "priority", "owner", "team", "external_url",
    }  # fmt: skip


def test_the_board_keeps_fifty_of_a_column_the_most_urgent_first(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        for number in range(53):
            priority = "P1" if number == 0 else "P2"
            propose_action(work, ProposeAction(title=f"Number {number}", priority=priority))
    with app.look(cast.vera) as look:
        column = action_board(look, ActionFilter())["proposed"]
    assert len(column) == 50
    assert [one.row.title for one in column[:2]] == ["Number 0", "Number 52"]
