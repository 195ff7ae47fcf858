"""How an incident looked from one chair: what is asked, and in which state an answer is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

ASKED = "asked"
SHARED = "shared"
DECLINED = "declined"
WITHDRAWN = "withdrawn"
STANDINGS = {
    ASKED: "Asked",
    SHARED: "Shared",
    DECLINED: "Would rather not",
    WITHDRAWN: "No longer asked",
}
# Two reminders, then silence: it is an invitation.
REMINDER_BUSINESS_DAYS = (2, 4)
# People remember what led up to an incident, and what it was like in the days after.
MOMENT_REACH = timedelta(days=30)
MOST_MOMENTS = 100


@dataclass(frozen=True)
class PerspectiveQuestion:
    """A question to somebody who was there. None has to be answered."""

    key: str
    prompt: str
    help: str


QUESTIONS = (
    PerspectiveQuestion(
        "pulled_in",
        "How did you come to be part of it?",
        "A page, a message, a colleague at your desk. What were you doing at that moment?",
    ),
    PerspectiveQuestion(
        "thought",
        "What did you think was going on?",
        "The first idea, and how it changed. Ideas that led nowhere are worth as much as the "
        "ones that did.",
    ),
    PerspectiveQuestion(
        "looking_at",
        "What were you looking at, and what did it tell you?",
        "Graphs, logs, messages, the faces on the call. What stood out, and what looked ordinary?",
    ),
    PerspectiveQuestion(
        "surprised",
        "What surprised you?",
        "Something that behaved differently from what you knew, or that you learned only then.",
    ),
    PerspectiveQuestion(
        "pressed",
        "What else was on your mind?",
        "Other work, a promise, the hour, somebody waiting for an answer. It shaped what seemed "
        "sensible.",
    ),
    PerspectiveQuestion(
        "considered",
        "What did you weigh and leave, and whom did you ask?",
        "How did you know whom to ask, and what tipped you towards what you did?",
    ),
    PerspectiveQuestion(
        "easier_harder",
        "What made it easier, and what made it harder?",
        "A tool, a habit, a document, somebody's knowledge; or the lack of one.",
    ),
    PerspectiveQuestion(
        "seen_before",
        "Had you met something like it before?",
        "Where, and what did you take from it?",
    ),
)
QUESTION_KEYS = tuple(question.key for question in QUESTIONS)


def standing(
    *, shared_at: datetime | None, declined_at: datetime | None, withdrawn_at: datetime | None
) -> str:
    """The state of a perspective; sharing it after all counts more than an earlier no."""
    if shared_at is not None:
        return SHARED
    if withdrawn_at is not None:
        return WITHDRAWN
    return DECLINED if declined_at is not None else ASKED


def is_told(answers: Mapping[str, str], moments: int) -> bool:
    """True when there is something to share."""
    return bool(moments) or any(text.strip() for text in answers.values())
