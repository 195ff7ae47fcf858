"""The journal of moves, as answers of every feature hold it."""

from tracker.api.shapes import Answer, Instant
from tracker.db.work import Look
from tracker.reading.journal import moves_of


class MoveOut(Answer):
    """A change of state: from where to where, why, when, by whom."""

    verb: str
    from_state: str
    to_state: str
    why: str
    at: Instant
    by: str


class MovesOut(Answer):
    """Every change of state, oldest first, and the verbs that the state allows now."""

    items: list[MoveOut]
    possible: list[str]


def moves_out(look: Look, kind: str, record_id: int) -> list[MoveOut]:
    """The journal of moves of one record."""
    return [
        MoveOut(
            verb=row.verb,
            from_state=row.from_state,
            to_state=row.to_state,
            why=row.why,
            at=row.at,
            by=row.actor_name,
        )
        for row in moves_of(look, kind, record_id)
    ]
