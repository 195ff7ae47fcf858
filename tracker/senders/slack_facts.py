"""What messages are made from and made of: plain facts in, a Message out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tracker.senders import slack_text as text_of
from tracker.senders.slack_text import one_line

SEVERITY_MARKS = (":red_circle:", ":large_orange_circle:", ":large_yellow_circle:")
QUIET_MARK = ":white_circle:"


@dataclass(frozen=True)
class Message:
    """What is posted: blocks, and the text that notifications and screen readers get."""

    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """The same for two messages that look the same."""
        content = json.dumps([self.text, self.blocks], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


@dataclass(frozen=True)
class Who:
    """A person as Slack shows them: mentioned where Slack knows them, else by name."""

    name: str
    slack_user_id: str = ""

    def __str__(self) -> str:
        known = self.slack_user_id
        return text_of.mention(known) if known else one_line(self.name, 100)


@dataclass(frozen=True)
class RoleFact:
    """A role of the policy or of this incident, and who has it; ``None`` when nobody has."""

    key: str
    name: str
    who: Who | None = None


@dataclass(frozen=True)
class TaskFact:
    id: int
    title: str
    done: bool = False
    owner: Who | None = None


@dataclass(frozen=True)
class UpdateFact:
    at: datetime
    text: str
    author: Who
    audience: str = "internal"
    next_update_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class IncidentFacts:
    """An incident as its messages tell it. ``severity_rank``: 0 is the gravest."""

    number: int
    ref: str
    title: str
    url: str
    state: str
    severity: str
    severity_name: str
    severity_rank: int
    declared_at: datetime
    declared_by: Who
    summary: str = ""
    impact_text: str = ""
    private: bool = False
    next_update_at: datetime | None = None
    services: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    roles: tuple[RoleFact, ...] = ()
    tasks: tuple[TaskFact, ...] = ()
    update: UpdateFact | None = None
    moves: tuple[str, ...] = ()
    review_ref: str = ""
    review_url: str = ""
    channel_id: str = ""
    command: str = "/incident"

    @property
    def mark(self) -> str:
        """A coloured dot, always beside the severity in words."""
        rank = self.severity_rank
        return SEVERITY_MARKS[rank] if rank < len(SEVERITY_MARKS) else QUIET_MARK

    @property
    def is_open(self) -> bool:
        return self.state in ("declared", "investigating", "mitigated")
