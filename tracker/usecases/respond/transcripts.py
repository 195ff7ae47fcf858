"""The conversation of a channel becomes part of the record: asked, shown, waited for, taken.

Nobody's words are taken behind their back. The channel is told who asks, what is kept and who will
read it; each person may leave their own messages out, before and after; and it is taken when the
stated time is over, or when the commander says so.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, NotAllowed, NotFound
from tracker.models.incident import Incident
from tracker.models.journal import Clock
from tracker.models.slack import SlackUser
from tracker.models.transcript import Transcript, TranscriptMessage
from tracker.reading.references import ref
from tracker.reading.respond.transcripts import (
    is_commander,
    may_withdraw,
    transcript_of,
    why_not_now,
)
from tracker.usecases.clocks import set_clock, stop_clocks
from tracker.usecases.respond.timeline import add_system_entry

# Long enough for whoever was up at night to sleep and read what is asked of them.
WAIT = timedelta(hours=24)
DUE = "transcript_due"
EVENT = "incident.transcript"


@dataclass(frozen=True, kw_only=True)
class Said:
    """One message as Slack has it."""

    message_ts: str
    thread_ts: str
    at: datetime
    slack_user_id: str
    author_name: str
    text: str
    files: tuple[str, ...] = ()


def ask_transcript(work: Work, incident: Incident) -> Transcript:
    """The channel will be asked whether its conversation may be kept. Asked again: the same.

    Raises: NotAllowed while the incident goes on or where the channel cannot be told.
    Emits: incident.transcript.
    """
    work.permit("ask_transcript")
    known = transcript_of(work, incident)
    if known is not None:
        return known
    why = why_not_now(work, incident)
    if why:
        raise NotAllowed(why, gaps=[Gap("incident", why)])
    row = work.add(
        Transcript(incident_id=incident.key, asked_by_id=work.actor.person_id, asked_at=work.now)
    )
    work.emit(EVENT, incident, detail="asked")
    return row


def take_transcript(work: Work, incident: Incident) -> Transcript:
    """The commander says that nobody need be waited for: it is taken as soon as the channel knows.

    Raises: NotFound when nobody asked, NotAllowed for others.
    Emits: incident.transcript.
    """
    work.permit("take_transcript")
    row = _asked(work, incident)
    if not is_commander(work, incident):
        told = "Only the commander of the incident can have it taken at once"
        raise NotAllowed(
            told,
            hint="The others wait until the time that the channel was told.",
            gaps=[Gap("incident", told)],
        )
    if row.taken_at is None:
        row.take_at = work.now
        work.emit(EVENT, incident, detail="take")
    return row


def leave_transcript(work: Work, incident: Incident) -> int:
    """The actor's own messages are not in the record, and will not be. How many were there.

    Raises: NotFound when nobody asked for the conversation, NotAllowed for a program.
    Emits: incident.transcript.
    """
    work.permit("leave_transcript")
    own = work.actor.person_id
    if own is None:
        raise NotAllowed("A program wrote nothing in the channel")
    row = _asked(work, incident)
    if str(own) not in row.left_out:
        row.left_out = {**row.left_out, str(own): work.now.isoformat()}
    in_slack = select(SlackUser.slack_user_id).where(SlackUser.person_id == own)
    gone = work.session.execute(
        delete(TranscriptMessage).where(
            col(TranscriptMessage.transcript_id) == row.key,
            or_(
                col(TranscriptMessage.author_id) == own,
                col(TranscriptMessage.slack_user_id).in_(in_slack),
            ),
        )
    )
    work.emit(EVENT, incident, detail="left")
    return int(gone.rowcount)  # type: ignore[attr-defined]


def withdraw_transcript(work: Work, incident: Incident) -> None:
    """The conversation is not in the record, and not asked for any more.

    Raises: NotFound when nobody asked, NotAllowed unless the actor asked, commands or is an admin.
    Emits: incident.transcript.
    """
    work.permit("withdraw_transcript")
    row = _asked(work, incident)
    if not may_withdraw(work, incident, row):
        told = "Whoever asked for it, the commander or an admin can do that"
        raise NotAllowed(told, gaps=[Gap("incident", told)])
    if row.taken_at is not None:
        add_system_entry(work, incident, "The conversation of the channel was taken out again")
    stop_clocks(work, DUE, incident)
    work.session.execute(
        delete(TranscriptMessage).where(col(TranscriptMessage.transcript_id) == row.key)
    )
    work.session.delete(row)
    work.session.flush()
    work.emit(EVENT, incident, detail="withdrawn")


def note_shown(work: Work, incident: Incident, transcript_id: int) -> Transcript | None:
    """The channel was told just now, and the time to object runs. By the outbox, for the asker.

    ``None`` when it was withdrawn meanwhile.
    """
    row = _row(work, incident, transcript_id)
    if row is not None and row.shown_at is None:
        row.shown_at = work.now
        if row.take_at is None:
            row.take_at = work.now + WAIT
            set_clock(work, DUE, incident, due_at=row.take_at, mark=f"transcript {row.key}")
    return row


def keep_messages(
    work: Work, incident: Incident, transcript_id: int, said: Collection[Said], *, team_id: str
) -> bool:
    """The messages are kept, each once, but for those of people who leave theirs out.

    False when the asking was withdrawn meanwhile: nothing is kept then.
    """
    row = _row(work, incident, transcript_id)
    if row is None:
        return False
    known = set(
        work.session.exec(
            select(TranscriptMessage.message_ts).where(
                TranscriptMessage.transcript_id == row.key,
                col(TranscriptMessage.message_ts).in_([one.message_ts for one in said]),
            )
        )
    )
    # Who is who is asked in here: somebody may have come, and left theirs out, a moment ago.
    people = dict(
        work.session.exec(
            select(SlackUser.slack_user_id, SlackUser.person_id).where(
                SlackUser.team_id == team_id,
                col(SlackUser.slack_user_id).in_([one.slack_user_id for one in said]),
            )
        ).all()
    )
    wanted = {
        one.message_ts: one
        for one in said
        if one.message_ts not in known and str(people.get(one.slack_user_id)) not in row.left_out
    }
    work.add_all(
        TranscriptMessage(
            transcript_id=row.key,
            message_ts=one.message_ts[:30],
            thread_ts=one.thread_ts[:30],
            at=one.at,
            author_id=people.get(one.slack_user_id),
            slack_user_id=one.slack_user_id[:30],
            author_name=asks.clean(one.author_name)[:200],
            text=asks.clean(one.text.replace("\x00", "")),
            files={"names": [name[:200] for name in one.files]},
        )
        for one in wanted.values()
    )
    return True


def note_taken(work: Work, incident: Incident, transcript_id: int) -> Transcript | None:
    """All of it is in the record from now on. Emits: incident.transcript."""
    row = _row(work, incident, transcript_id)
    if row is not None and row.taken_at is None:
        row.taken_at = work.now
        stop_clocks(work, DUE, incident)
        add_system_entry(
            work, incident, "The conversation of the channel was taken into the record"
        )
        work.emit(EVENT, incident, detail="taken")
    return row


def transcript_due(work: Work, clock: Clock) -> str:
    """The rule of the clock: the stated time is over, so the outbox takes the conversation."""
    incident = work.session.get(Incident, clock.record_id)
    row = None if incident is None else transcript_of(work, incident)
    if incident is None or row is None or row.taken_at is not None:
        return "nothing to do any more"
    if clock.mark != f"transcript {row.key}":
        return "nothing to do any more"
    work.emit(EVENT, incident, detail="take")
    return "taken now"


def _asked(work: Work, incident: Incident) -> Transcript:
    row = transcript_of(work, incident)
    if row is None:
        raise NotFound(f"A conversation asked for in {ref(incident)}")
    # Two who change it wait for each other: nobody's wish to be left out may be lost.
    work.session.refresh(row, with_for_update=True)
    return row


def _row(work: Work, incident: Incident, transcript_id: int) -> Transcript | None:
    row = work.session.get(Transcript, transcript_id, with_for_update=True)
    return row if row is not None and row.incident_id == incident.key else None
