"""The conversation of a channel: the channel is asked, and after the stated time it is taken.

It is taken page by page, newest first, each page in a transaction of its own: broken off anywhere,
it goes on with what is not kept yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlmodel import col, select

from tracker.models.catalogue import Person
from tracker.models.incident import Incident
from tracker.models.slack import SlackMessage, SlackUser
from tracker.models.transcript import Transcript, TranscriptMessage
from tracker.outbox.respond.slack_channels import IncidentChannel
from tracker.outbox.slack_workspace import Workspace
from tracker.reading.respond.transcripts import transcript_of, transcript_state
from tracker.reading.slack import people_as_slack_shows
from tracker.senders.sender import SendError
from tracker.senders.slack_facts import Who
from tracker.senders.slack_transcripts import TranscriptFacts, consent, let_be
from tracker.senders.slack_words import Mentioned, mentioned_ids, plain_words
from tracker.usecases.respond.transcripts import Said, keep_messages, note_shown, note_taken

# Few enough that a page with all its threads stays below what Slack allows in a minute.
MESSAGES_AT_ONCE = 30
REPLIES_AT_ONCE = 200
# What a person says; joining, topics and the like are no conversation.
SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
KIND = "transcript"


def tend_transcript(slack: Workspace, channel: IncidentChannel) -> bool:
    """The channel was asked, and its conversation taken when it may be.

    True while the channel must stay open for it. Raises: SendError.
    """
    incident = channel.incident
    if incident is None or not channel.channel_id:
        return False
    with slack.app.look_as_system() as look:
        row = transcript_of(look, incident)
    current = "" if row is None else _once(channel, row)
    for earlier in slack.posted_about(KIND, channel.about):
        if earlier.once != current and earlier.channel_id == channel.channel_id:
            slack.rewrite(earlier, let_be(channel.facts.ref, channel.facts.url))
    if row is None:
        return False
    shown = _ask(slack, channel, incident, row)
    if shown is None:
        return False
    if shown.taken_at is None and shown.take_at is not None and _is_due(slack, shown):
        _take(slack, channel, incident, shown)
        shown = _again(slack, incident)
    _show(slack, channel, incident, shown)
    return shown is not None and shown.taken_at is None


def _once(channel: IncidentChannel, row: Transcript) -> str:
    return f"{channel.facts.ref} transcript {row.asked_at.isoformat()} {channel.channel_id}"


def _is_due(slack: Workspace, row: Transcript) -> bool:
    with slack.app.look_as_system() as look:
        return row.take_at is not None and row.take_at <= look.now


def _again(slack: Workspace, incident: Incident) -> Transcript | None:
    with slack.app.look_as_system() as look:
        return transcript_of(look, incident)


def _ask(
    slack: Workspace, channel: IncidentChannel, incident: Incident, row: Transcript
) -> Transcript | None:
    """The question stands in the channel; only from then on the time to object runs."""
    if slack.posted(_once(channel, row)) is None:
        slack.post(
            channel.channel_id,
            consent(_facts(slack, channel, incident, row)),
            once=_once(channel, row),
            kind=KIND,
            about=channel.about,
        )
    if row.shown_at is not None:
        return row
    with slack.app.begin_as_system() as work:
        return note_shown(work, work.get(Incident, incident.key), row.key)


def _show(
    slack: Workspace, channel: IncidentChannel, incident: Incident, row: Transcript | None
) -> None:
    posted: SlackMessage | None = None if row is None else slack.posted(_once(channel, row))
    if row is not None and posted is not None:
        slack.rewrite(posted, consent(_facts(slack, channel, incident, row)))


def _facts(
    slack: Workspace, channel: IncidentChannel, incident: Incident, row: Transcript
) -> TranscriptFacts:
    with slack.app.look_as_system() as look:
        who = people_as_slack_shows(look, [row.asked_by_id])
        state = transcript_state(look, incident)
    return TranscriptFacts(
        ref=channel.facts.ref,
        url=f"{channel.facts.url}/transcript",
        asked_by=who.get(row.asked_by_id or 0, Who("A program")),
        private=channel.facts.private,
        take_at=row.take_at,
        taken_at=row.taken_at,
        messages=state.messages,
    )


def _take(slack: Workspace, channel: IncidentChannel, incident: Incident, row: Transcript) -> None:
    """Everything said until now is kept, and the record says so. Raises: SendError."""
    authors = _Authors(slack)
    latest = _oldest_kept(slack, row)
    while True:
        answer = slack.call(
            "conversations.history",
            channel=channel.channel_id,
            limit=MESSAGES_AT_ONCE,
            latest=latest or None,
        )
        page = answer.get("messages") or []
        # An answer that was also sent to the channel comes with its thread.
        own = [one for one in page if one.get("thread_ts") in (None, "", one["ts"])]
        told = [one for message in own for one in _with_replies(slack, channel, message)]
        said = [kept for one in told if (kept := authors.said(one)) is not None]
        with slack.app.begin_as_system() as work:
            there = work.get(Incident, incident.key)
            if not keep_messages(work, there, row.key, said, team_id=slack.team_id):
                return
            if not page or not answer.get("has_more"):
                note_taken(work, there, row.key)
                return
        latest = min(str(one["ts"]) for one in page)


def _oldest_kept(slack: Workspace, row: Transcript) -> str:
    """Where an earlier try was broken off: the beginning of the oldest thread that is kept."""
    with slack.app.look_as_system() as look:
        return (
            look.session.exec(
                select(TranscriptMessage.thread_ts)
                .where(TranscriptMessage.transcript_id == row.key)
                .order_by(col(TranscriptMessage.thread_ts))
                .limit(1)
            ).first()
            or ""
        )


def _with_replies(
    slack: Workspace, channel: IncidentChannel, message: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The message and, where it began a thread, all that was answered there."""
    if not int(message.get("reply_count") or 0):
        return [message]
    found: dict[str, Mapping[str, Any]] = {str(message["ts"]): message}
    cursor = ""
    while True:
        answer = slack.call(
            "conversations.replies",
            channel=channel.channel_id,
            ts=message["ts"],
            limit=REPLIES_AT_ONCE,
            cursor=cursor or None,
        )
        found |= {str(one["ts"]): one for one in answer.get("messages") or []}
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return list(found.values())


class _Authors:
    """Who said it: people the tracker knows, else who could have pressed the button in Slack."""

    def __init__(self, slack: Workspace) -> None:
        self._slack = slack
        self._names: dict[str, str] = {}
        self._people: dict[str, Mentioned] = {}
        with slack.app.look_as_system() as look:
            rows = look.session.exec(
                select(SlackUser, Person)
                .join(Person, col(Person.id) == col(SlackUser.person_id))
                .where(SlackUser.team_id == slack.team_id)
            ).all()
        for user, person in rows:
            self._names[user.slack_user_id] = person.name
            self._people[user.slack_user_id] = Mentioned(person.email, person.name)

    def said(self, message: Mapping[str, Any]) -> Said | None:
        """The message as it is kept; ``None`` for what nobody said or nobody could object to."""
        user_id = str(message.get("user") or "")
        spoken = str(message.get("subtype") or "") in SPOKEN and not message.get("bot_id")
        author = self._author(user_id) if spoken and user_id else ""
        if not author:
            return None
        text = str(message.get("text") or "")
        for one in mentioned_ids(text):
            self._author(one)
        files = [str(one.get("name") or "a file") for one in message.get("files") or ()]
        words = plain_words(text, self._people)
        if not words and not files:
            return None
        ts = str(message["ts"])
        return Said(
            message_ts=ts,
            thread_ts=str(message.get("thread_ts") or ts),
            at=datetime.fromtimestamp(float(ts), tz=UTC),
            slack_user_id=user_id,
            author_name=author,
            text=words,
            files=tuple(files),
        )

    def _author(self, user_id: str) -> str:
        """The name; empty for guests, apps and accounts that are switched off."""
        if user_id not in self._names:
            self._names[user_id] = self._asked(user_id)
            self._people[user_id] = Mentioned("", self._names[user_id] or "somebody")
        return self._names[user_id]

    def _asked(self, user_id: str) -> str:
        try:
            user = self._slack.call("users.info", user=user_id).get("user") or {}
        except SendError as error:
            if error.permanent and error.code in ("user_not_found", "user_not_visible"):
                return ""
            raise
        switched = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted")
        if any(user.get(one) for one in switched):
            return ""
        profile = user.get("profile") or {}
        return str(profile.get("real_name") or user.get("real_name") or user.get("name") or "")
