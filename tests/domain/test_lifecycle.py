"""The life cycles as complete tables: every state with every verb."""

from __future__ import annotations

import pytest

from tracker.domain.errors import Gap, NotAllowed
from tracker.domain.lifecycle import (
    ACTION,
    EVENT,
    INCIDENT,
    LESSON,
    LIFECYCLES,
    PROCEDURE,
    REVIEW,
    Lifecycle,
)

# state -> verb -> target. Every pair that is not here is refused.
TABLES: dict[str, dict[str, dict[str, str]]] = {
    "incident": {
        "declared": {
            "investigate": "investigating", "mitigate": "mitigated", "resolve": "resolved",
            "dismiss": "dismissed", "merge": "merged",
        },
        "investigating": {
            "mitigate": "mitigated", "resolve": "resolved", "dismiss": "dismissed",
            "merge": "merged",
        },
        "mitigated": {"resolve": "resolved", "dismiss": "dismissed", "merge": "merged"},
        "resolved": {"close": "closed", "reopen": "investigating", "merge": "merged"},
        "closed": {"reopen": "investigating"},
        "dismissed": {},
        "merged": {},
    },
    "review": {
        "draft": {"start_review": "in_review", "publish": "published", "waive": "waived"},
        "in_review": {"back_to_draft": "draft", "publish": "published", "waive": "waived"},
        "published": {"amend": "amended"},
        "amended": {"amend": "amended"},
        "waived": {"resume": "draft"},
    },
    "action": {
        "proposed": {"accept": "accepted", "decline": "declined", "accept_risk": "risk_accepted"},
        "accepted": {
            "start": "in_progress", "finish": "done", "decline": "declined",
            "accept_risk": "risk_accepted",
        },
        "in_progress": {
            "finish": "done", "decline": "declined", "accept_risk": "risk_accepted",
        },
        "done": {
            "verify": "verified", "find_ineffective": "ineffective", "reopen": "accepted",
        },
        "verified": {"find_ineffective": "ineffective"},
        "ineffective": {"accept_risk": "risk_accepted", "reopen": "accepted"},
        "declined": {"reopen": "accepted"},
        "risk_accepted": {"reopen": "accepted"},
    },
    "lesson": {
        "draft": {"publish": "published", "archive": "archived"},
        "published": {
            "ask_again": "needs_review", "confirm": "published", "archive": "archived",
            "supersede": "superseded",
        },
        "needs_review": {
            "confirm": "published", "archive": "archived", "supersede": "superseded",
        },
        "archived": {"restore": "needs_review"},
        "superseded": {"restore": "needs_review"},
    },
    "event": {
        "open": {"promote": "linked", "link": "linked", "mark_noise": "noise"},
        "linked": {"promote": "linked", "link": "linked", "unlink": "open"},
        "noise": {"reopen": "open"},
    },
    "procedure": {
        "draft": {"publish": "current", "retire": "retired"},
        "current": {"retire": "retired"},
        "retired": {"restore": "draft"},
    },
}  # fmt: skip
PAIRS = [
    (cycle, state, verb)
    for cycle in LIFECYCLES.values()
    for state in cycle.states
    for verb in cycle.verbs
]


def test_the_tables_name_every_state() -> None:
    assert {name: set(cycle.states) for name, cycle in LIFECYCLES.items()} == {
        name: set(table) for name, table in TABLES.items()
    }


@pytest.mark.parametrize(
    ("cycle", "state", "verb"), PAIRS, ids=[f"{c.name}-{s}-{v}" for c, s, v in PAIRS]
)
def test_every_state_with_every_verb(cycle: Lifecycle, state: str, verb: str) -> None:
    target = TABLES[cycle.name][state].get(verb)
    if target is None:
        with pytest.raises(NotAllowed) as refused:
            cycle.check(state, verb, why="because")
        assert refused.value.gaps[0].field == "state"
        assert refused.value.hint
    else:
        assert cycle.check(state, verb, why="because").target == target


@pytest.mark.parametrize(
    ("cycle", "verbs"),
    [
        (INCIDENT, {"reopen", "dismiss"}),
        (REVIEW, {"back_to_draft", "amend", "waive", "resume"}),
        (ACTION, {"find_ineffective", "decline", "accept_risk", "reopen"}),
        (LESSON, {"archive", "restore"}),
        (EVENT, {"unlink", "mark_noise", "reopen"}),
        (PROCEDURE, {"retire", "restore"}),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_these_verbs_need_a_reason(cycle: Lifecycle, verbs: set[str]) -> None:
    assert {move.verb for move in cycle.moves if move.needs_reason} == verbs


def test_a_refused_move_lists_every_gap_at_once() -> None:
    gaps = [Gap("evidence", "no evidence"), Gap("result", "no result")]
    with pytest.raises(NotAllowed) as refused:
        ACTION.check("done", "find_ineffective", why=" ", gaps=gaps)
    assert [gap.field for gap in refused.value.gaps] == ["evidence", "result", "why"]
