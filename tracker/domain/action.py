"""Rules of actions: kind, strength, clocks, evidence, and what makes one an improvement."""

from __future__ import annotations

from datetime import date

from tracker.domain.errors import Gap, Gaps

KINDS = ("detect", "diagnose", "engage", "mitigate", "prevent", "process")
# From strong to weak. Source: the hierarchy of solutions of patient-safety work, in our words.
STRENGTHS = ("remove", "automate", "guard", "document", "train")
STRENGTH_MEANINGS = {
    "remove": "The hazard is gone: nothing is left to go wrong here",
    "automate": "A machine does it, every time",
    "guard": "A check, limit or default stands in the way",
    "document": "It is written where people will look",
    "train": "People know and practise it",
}
PRIORITIES = ("P1", "P2", "P3")
# The verbs that decide about somebody's work; the rest is the work itself.
DECIDING_VERBS = ("accept", "decline", "accept_risk", "verify", "find_ineffective")


def move_gaps(
    verb: str,
    *,
    owner: bool,
    team: bool,
    evidence: str,
    result: str,
    until: date | None,
    today: date,
) -> list[Gap]:
    """What this verb still needs, all at once."""
    gaps = Gaps()
    if verb == "accept":
        gaps.unless(owner or team, "owner", "Somebody, or at least a team, must own it")
    if verb in ("finish", "verify"):
        gaps.unless(
            evidence.strip(), "evidence", "Say what shows that it is done: a link or a sentence"
        )
    if verb in ("verify", "find_ineffective"):
        gaps.unless(result.strip(), "result", "Say what you saw when you looked whether it worked")
    if verb == "accept_risk":
        gaps.unless(until, "until", "An accepted risk needs a day on which it is looked at again")
        if until is not None:
            gaps.unless(until > today, "until", "The day must lie in the future")
    return gaps.found
