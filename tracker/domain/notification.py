"""Which channels hear of a new incident, as the policy says it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NotificationRule:
    """Channels that hear of an incident when all that is said fits: severity and team."""

    channels: tuple[str, ...]
    severities: frozenset[str] = frozenset()  # empty: every severity
    teams: frozenset[str] = frozenset()  # empty: any team, or none

    def fits(self, severity: str, teams: Collection[str]) -> bool:
        return (not self.severities or severity in self.severities) and (
            not self.teams or not self.teams.isdisjoint(teams)
        )


def notification_rules(rows: object) -> tuple[NotificationRule, ...]:
    """The rules in a parsed policy; none where it has none.

    Raises: ValueError for a rule without channels.
    """
    if not rows:
        return ()
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError("policy: notifications must be a list of rules")
    return tuple(_rule(row) for row in rows)


def channels_for(
    rules: Iterable[NotificationRule], severity: str, teams: Collection[str]
) -> tuple[str, ...]:
    """The channels that hear of it, each once, without their #."""
    return tuple(
        dict.fromkeys(
            channel for rule in rules if rule.fits(severity, teams) for channel in rule.channels
        )
    )


def _rule(row: Mapping[str, Any]) -> NotificationRule:
    channels = tuple(str(one).strip().removeprefix("#") for one in row.get("channels") or ())
    if not channels:
        raise ValueError("policy: a notification needs its channels")
    return NotificationRule(
        channels=channels,
        severities=frozenset(str(one) for one in row.get("severities") or ()),
        teams=frozenset(str(one) for one in row.get("teams") or ()),
    )
