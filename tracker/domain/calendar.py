"""What is planned, and which plans get in each other's way. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

ENTRY_KINDS: dict[str, str] = {
    "maintenance": "Maintenance",
    "freeze": "Freeze",
    "business_event": "Business event",
    "game_day": "Game day",
    "holiday": "Holiday",
}
# These concern everything when they name no service; work that names none concerns nothing else.
WIDE_KINDS = frozenset({"freeze", "business_event", "holiday"})
# Which kinds get in each other's way where they meet.
QUARRELS = frozenset(
    frozenset(pair)
    for pair in (
        ("freeze", "maintenance"),
        ("freeze", "game_day"),
        ("business_event", "maintenance"),
        ("business_event", "game_day"),
        ("maintenance", "maintenance"),
        ("maintenance", "game_day"),
        ("game_day", "game_day"),
        ("holiday", "game_day"),
    )
)
LONGEST = timedelta(days=400)


@dataclass(frozen=True)
class Plan:
    """An entry as far as clashes go; ``ends_at`` is the first instant after it."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    services: frozenset[int] = field(default_factory=frozenset)


def clash(one: Plan, other: Plan) -> bool:
    """True when the two overlap, concern a service in common, and their kinds quarrel."""
    return (
        frozenset((one.kind, other.kind)) in QUARRELS
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
        and _share_services(one, other)
    )


def _share_services(one: Plan, other: Plan) -> bool:
    if one.services and other.services:
        return bool(one.services & other.services)
    return any(not plan.services and plan.kind in WIDE_KINDS for plan in (one, other))
