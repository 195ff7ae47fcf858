"""The meeting about a review: how long, what it goes through, when its draft should be read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

SHORTEST_MINUTES, USUAL_MINUTES, LONGEST_MINUTES = 10, 60, 480
# Who comes has a day to read the draft.
READING_TIME = timedelta(hours=24)
# Some hours before that day begins, whoever looks after the review hears that it is not shared.
WARNED_BEFORE = READING_TIME + timedelta(hours=4)
MOST_OPEN_NAMED = 5


@dataclass(frozen=True)
class AgendaPart:
    """A part of the meeting and its minutes."""

    minutes: int
    title: str
    hint: str = ""


def agenda_parts(minutes: int, open_questions: Collection[str]) -> list[AgendaPart]:
    """What a meeting of this length goes through. The timeline gets the most: it is where people
    hear how it looked from elsewhere.

    Source: debriefings of an hour that give 35 to 40 minutes to the timeline.
    """
    opening = 5 if minutes >= 30 else 2
    closing = 5 if minutes >= 30 else 3
    left = max(minutes - opening - closing, 2)
    timeline = round(left * 0.7)
    named = list(open_questions)[:MOST_OPEN_NAMED]
    more = len(open_questions) - len(named)
    hint = "; ".join(named) + (f"; and {more} more" if more > 0 else "")
    return [
        AgendaPart(opening, "Why we are here", "We want to understand, nobody is on trial."),
        AgendaPart(
            timeline,
            "Through the timeline together",
            "What did you see, what did you think it was, what made it hard or easy?",
        ),
        AgendaPart(
            left - timeline,
            "What came together, what helped, where we were lucky",
            f"Still open: {hint}" if hint else "",
        ),
        AgendaPart(closing, "What surprised you most?", "Decisions about actions come later."),
    ]


def proposed_agenda(minutes: int, open_questions: Collection[str]) -> str:
    """The agenda as Markdown, to be changed by whoever facilitates."""
    lines = []
    for part in agenda_parts(minutes, open_questions):
        lines.append(f"- **{part.title}** ({part.minutes} min)")
        if part.hint:
            lines.append(f"  {part.hint}")
    return "\n".join(lines)


def draft_is_late(starts_at: datetime, shared_at: datetime | None, now: datetime) -> bool:
    """True when people have, or will have had, less than a day to read the draft."""
    if starts_at <= now:
        return False
    return starts_at - (shared_at or now) < READING_TIME
