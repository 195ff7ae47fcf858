"""The conversation of the channel: asked for, taken, left out, let be."""

from __future__ import annotations

from collections.abc import Callable

from tracker.db.work import Look, Work
from tracker.domain.errors import NotAllowed
from tracker.models.incident import Incident
from tracker.reading.references import ref
from tracker.reading.respond.transcripts import ASKED, TAKEN, transcript_of, transcript_state
from tracker.senders.slack_blocks import OPEN_PAGE, actions, button, context, message, section
from tracker.senders.slack_text import link, when
from tracker.senders.slack_transcripts import ASK_TRANSCRIPT, LEAVE_TRANSCRIPT, TAKE_TRANSCRIPT
from tracker.slack.respond.declaring import page_of
from tracker.slack.respond.responding import said
from tracker.slack.verbs import Verb
from tracker.slack.visits import Answer, Values, Visit
from tracker.usecases.respond.transcripts import (
    ask_transcript,
    leave_transcript,
    take_transcript,
    withdraw_transcript,
)

ANSWERS = ("ask", "now", "leave", "stop")


def _shown(look: Look, visit: Visit, words: str) -> Answer | None:
    """How far it is and what can be done; ``None`` when one of ANSWERS was typed."""
    if words.strip().lower() in ANSWERS:
        return None
    incident = visit.incident(look)
    state = transcript_state(look, incident)
    reference = ref(incident)
    page = f"{page_of(visit, reference)}/transcript"
    if not state.standing and state.not_now:
        raise NotAllowed(state.not_now)
    if not state.standing:
        told = (
            "The conversation of this channel can be kept with the incident. The channel is told "
            "first who asks, what is kept and who will read it; everybody may leave their own "
            "messages out, and there is a day to do so."
        )
        asked = button("Ask the channel", ASK_TRANSCRIPT, value=reference, style="primary")
        return said(message(f"Keep the conversation of {reference}?",
                            [section(told), actions([asked])]))  # fmt: skip
    own = "Your own messages are left out." if state.left_out_own else ""
    leave = button("Leave my messages out", LEAVE_TRANSCRIPT, value=reference)
    if state.standing == TAKEN:
        count = f"{state.messages} message{'' if state.messages == 1 else 's'}"
        told = f"{link(page, f'{count} of the conversation')} are kept with {reference}. {own}"
        buttons = [button("Read it", OPEN_PAGE, url=page), leave]
    elif state.standing == ASKED:
        told = f"The channel is being asked. {own}"
        buttons = [leave]
    else:
        at = f" It is taken {when(state.take_at)}." if state.take_at else ""
        told = f"The channel was asked.{at} {own}"
        buttons = [leave]
        if state.may_take:
            buttons.append(button("Take it now", TAKE_TRANSCRIPT, value=reference))
    blocks = [section(told.strip()), actions(buttons)]
    blocks.append(context(f"`{visit.command} transcript stop` lets it be."))
    return said(message(f"The conversation of {reference}", blocks))


def _read(_look: Look, _visit: Visit, words: str) -> Values:
    return {"what": words.strip().lower()}


def _effect(work: Work, visit: Visit, values: Values) -> Answer:
    return DONE[str(values.get("what"))](work, visit, visit.incident(work))


def ask(work: Work, visit: Visit, incident: Incident) -> Answer:
    """The channel will be asked."""
    ask_transcript(work, incident)
    return Answer(
        text="The channel is asked now. What was said is taken a day later, or earlier if the "
        f"commander says so. `{visit.command} transcript` shows how it stands."
    )


def take(work: Work, _visit: Visit, incident: Incident) -> Answer:
    """It is taken now."""
    row = take_transcript(work, incident)
    if row.taken_at is not None:
        return Answer(text="It is kept already.")
    return Answer(text="It is taken now; the channel is told when that is done.")


def leave(work: Work, _visit: Visit, incident: Incident) -> Answer:
    """Their own messages are left out."""
    row = transcript_of(work, incident)
    count = leave_transcript(work, incident)
    if row is not None and row.taken_at is not None:
        told = f"{count} message{'' if count == 1 else 's'} of yours"
        return Answer(text=f"Done: {told} went out of the record. Nobody is told.")
    return Answer(text="Done: your messages in this channel will not be kept. Nobody is told.")


def stop(work: Work, _visit: Visit, incident: Incident) -> Answer:
    """Nothing of it is kept."""
    withdraw_transcript(work, incident)
    return Answer(text=f"The conversation is not kept with {ref(incident)}; the channel is told.")


DONE: dict[str, Callable[[Work, Visit, Incident], Answer]] = {
    "ask": ask,
    "now": take,
    "leave": leave,
    "stop": stop,
}

VERBS = (
    Verb(
        name="transcript",
        usage="transcript",
        does="keeps what was said here with the incident, if nobody minds",
        right="leave_transcript",
        other_names=("conversation", "record-channel"),
        needs=("what",),
        show=_shown,
        read=_read,
        effect=_effect,
    ),
)
