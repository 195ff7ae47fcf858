"""The life cycles, as data. ``Work.move`` is the only door through which a state changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.domain.errors import Gap, NotAllowed


@dataclass(frozen=True)
class Move:
    """A verb that takes a record from one of ``sources`` to ``target``."""

    verb: str
    sources: tuple[str, ...]
    target: str
    needs_reason: bool = False


@dataclass(frozen=True)
class Lifecycle:
    """All states and moves of one kind of record."""

    name: str
    initial: tuple[str, ...]
    moves: tuple[Move, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order a record usually meets them."""
        seen = dict.fromkeys(self.initial)
        for move in self.moves:
            seen.update(dict.fromkeys((*move.sources, move.target)))
        return tuple(seen)

    @property
    def verbs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(move.verb for move in self.moves))

    def possible(self, state: str) -> tuple[Move, ...]:
        """The moves that the table allows from this state; gates may still refuse them."""
        return tuple(move for move in self.moves if state in move.sources)

    def check(self, state: str, verb: str, *, why: str = "", gaps: Iterable[Gap] = ()) -> Move:
        """The move for this verb.

        Raises: NotAllowed with every gap: an illegal jump, a missing reason, an unmet gate.
        """
        found = list(gaps)
        move = next((m for m in self.moves if m.verb == verb and state in m.sources), None)
        if move is None:
            can = ", ".join(m.verb for m in self.possible(state)) or "nothing more"
            raise NotAllowed(
                f"This {self.name} is {words(state)}: {words(verb)} is not possible now",
                hint=f"Possible now: {words(can)}.",
                gaps=[Gap("state", f"{words(verb)} is not possible from {words(state)}"), *found],
            )
        if move.needs_reason and not why.strip():
            found.append(Gap("why", f"Say in a sentence why: {words(verb)} needs a reason"))
        if found:
            raise NotAllowed(
                found[0].message if len(found) == 1 else f"{len(found)} things are still missing",
                gaps=found,
            )
        return move


def words(name: str) -> str:
    """A state or verb as people read it."""
    return name.replace("_", " ")


INCIDENT = Lifecycle(
    name="incident",
    initial=("declared", "investigating", "mitigated", "resolved"),
    moves=(
        Move("investigate", ("declared",), "investigating"),
        Move("mitigate", ("declared", "investigating"), "mitigated"),
        Move("resolve", ("declared", "investigating", "mitigated"), "resolved"),
        Move("close", ("resolved",), "closed"),
        Move("reopen", ("resolved", "closed"), "investigating", needs_reason=True),
        Move("dismiss", ("declared", "investigating", "mitigated"), "dismissed", needs_reason=True),
        Move("merge", ("declared", "investigating", "mitigated", "resolved"), "merged"),
    ),
)

REVIEW = Lifecycle(
    name="review",
    initial=("draft",),
    moves=(
        Move("start_review", ("draft",), "in_review"),
        Move("back_to_draft", ("in_review",), "draft", needs_reason=True),
        Move("publish", ("draft", "in_review"), "published"),
        Move("amend", ("published", "amended"), "amended", needs_reason=True),
        Move("waive", ("draft", "in_review"), "waived", needs_reason=True),
        Move("resume", ("waived",), "draft", needs_reason=True),
    ),
)

ACTION = Lifecycle(
    name="action",
    initial=("proposed",),
    moves=(
        Move("accept", ("proposed",), "accepted"),
        Move("start", ("accepted",), "in_progress"),
        Move("finish", ("accepted", "in_progress"), "done"),
        Move("verify", ("done",), "verified"),
        Move("find_ineffective", ("done", "verified"), "ineffective", needs_reason=True),
        Move("decline", ("proposed", "accepted", "in_progress"), "declined", needs_reason=True),
        Move(
            "accept_risk",
            ("proposed", "accepted", "in_progress", "ineffective"),
            "risk_accepted",
            needs_reason=True,
        ),
        Move(
            "reopen",
            ("done", "declined", "risk_accepted", "ineffective"),
            "accepted",
            needs_reason=True,
        ),
    ),
)

LESSON = Lifecycle(
    name="lesson",
    initial=("draft",),
    moves=(
        Move("publish", ("draft",), "published"),
        Move("ask_again", ("published",), "needs_review"),
        Move("confirm", ("published", "needs_review"), "published"),
        Move("archive", ("draft", "published", "needs_review"), "archived", needs_reason=True),
        Move("supersede", ("published", "needs_review"), "superseded"),
        Move("restore", ("archived", "superseded"), "needs_review", needs_reason=True),
    ),
)

EVENT = Lifecycle(
    name="event",
    initial=("open",),
    moves=(
        Move("promote", ("open", "linked"), "linked"),
        Move("link", ("open", "linked"), "linked"),
        Move("unlink", ("linked",), "open", needs_reason=True),
        Move("mark_noise", ("open",), "noise", needs_reason=True),
        Move("reopen", ("noise",), "open", needs_reason=True),
    ),
)

PROCEDURE = Lifecycle(
    name="procedure",
    initial=("draft",),
    moves=(
        Move("publish", ("draft",), "current"),
        Move("retire", ("draft", "current"), "retired", needs_reason=True),
        Move("restore", ("retired",), "draft", needs_reason=True),
    ),
)

LIFECYCLES = {cycle.name: cycle for cycle in (INCIDENT, REVIEW, ACTION, LESSON, EVENT, PROCEDURE)}

OPEN_INCIDENT_STATES = ("declared", "investigating", "mitigated")
OPEN_ACTION_STATES = ("proposed", "accepted", "in_progress")
OPEN_REVIEW_STATES = ("draft", "in_review")
LIVING_LESSON_STATES = ("published", "needs_review")
