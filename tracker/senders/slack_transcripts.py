"""What a channel is told about its conversation: who asks, what is kept, who reads it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block, InteractiveElement

from tracker.senders.slack_blocks import (
    OPEN_PAGE,
    Message,
    Who,
    actions,
    button,
    context,
    message,
    section,
)
from tracker.senders.slack_text import link, when

LEAVE_TRANSCRIPT = "leave_transcript"
TAKE_TRANSCRIPT = "take_transcript"
WITHDRAW_TRANSCRIPT = "withdraw_transcript"
ASK_TRANSCRIPT = "ask_transcript"


@dataclass(frozen=True, kw_only=True)
class TranscriptFacts:
    """What is to be told. Without ``take_at`` the time to object has not begun yet."""

    ref: str
    url: str
    asked_by: Who
    private: bool = False
    take_at: datetime | None = None
    taken_at: datetime | None = None
    messages: int = 0


def consent(facts: TranscriptFacts) -> Message:
    """The question to the channel; once it was taken, what was taken."""
    incident = link(facts.url.removesuffix("/transcript"), facts.ref)
    if facts.taken_at is not None:
        return _taken(facts, incident)
    readers = (
        f"the people {incident} is open to, and nobody else as long as it stays private"
        if facts.private
        else f"everybody who may read {incident} in the tracker; it can be found by search there"
    )
    told = [
        f":speech_balloon: *May what was said here be kept with {facts.ref}?*",
        (
            f"{facts.asked_by} asks to take the conversation of this channel into the record, so "
            "that the review can tell what people knew at the time."
        ),
        (
            "*What is kept:* your messages and threads, with your name and the time. Of files "
            "only the names. Nothing of guests and apps, nothing from other channels."
        ),
        f"*Who will read it:* {readers}.",
    ]
    if facts.take_at is not None:
        told.append(f"*When:* {when(facts.take_at)}, or earlier if the commander says so.")
    buttons: list[InteractiveElement] = [
        button("Leave my messages out", LEAVE_TRANSCRIPT, value=facts.ref),
        button("Take it now (commander)", TAKE_TRANSCRIPT, value=facts.ref),
        button("Do not take it", WITHDRAW_TRANSCRIPT, value=facts.ref),
    ]
    blocks: list[Block] = [section("\n".join(told)), actions(buttons)]
    blocks.append(
        context(
            "Leaving yours out needs no reason, and nobody is told. You can do it afterwards, too."
        )
    )
    return message(f"May what was said here be kept with {facts.ref}?", blocks)


def let_be(reference: str, url: str) -> Message:
    """The asking was withdrawn."""
    return message(
        f"The conversation is not kept with {reference}",
        [section(f"The conversation of this channel is not kept with {link(url, reference)}.")],
    )


def _taken(facts: TranscriptFacts, incident: str) -> Message:
    count = "1 message is" if facts.messages == 1 else f"{facts.messages} messages are"
    buttons: list[InteractiveElement] = [
        button("Read it", OPEN_PAGE, url=facts.url),
        button("Take my messages out", LEAVE_TRANSCRIPT, value=facts.ref),
    ]
    return message(
        f"The conversation is kept with {facts.ref}",
        [
            section(f":speech_balloon: {count} kept with {incident} now."),
            actions(buttons),
            context("Taking yours out needs no reason, and nobody is told."),
        ],
    )
