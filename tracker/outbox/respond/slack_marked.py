"""A message somebody marked for the timeline: what it says and shows, fetched and kept."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from tracker.models.catalogue import Person
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.slack import SlackPinned, SlackUser
from tracker.outbox.slack_workspace import Workspace
from tracker.senders.sender import SendError
from tracker.senders.slack_words import Mentioned, mentioned_ids, plain_words
from tracker.usecases.respond.slack_files import LARGEST_FILE_BYTES, keep_file, picture_type
from tracker.usecases.respond.slack_messages import fill_in_message

MOST_FILES = 10


def fill_in(slack: Workspace, incident_id: int, entry_id: int) -> None:
    """The entry says what the message says, links to it, and has its pictures.

    An entry that was taken back meanwhile stays as it is. Raises: SendError.
    """
    with slack.app.look_as_system() as look:
        pinned = look.session.exec(
            select(SlackPinned).where(SlackPinned.entry_id == entry_id)
        ).first()
        entry = look.session.get(TimelineEntry, entry_id)
    if pinned is None or entry is None or entry.retracted_at is not None:
        return
    message = _message(slack, pinned)
    if not message:
        return
    text = str(message.get("text") or "")
    link = entry.source_url or _permalink(slack, pinned)
    pictures = [(file, content) for file in _files(message) if (content := _picture(slack, file))]
    words = plain_words(text, _people(slack, text))
    if not words and pictures:
        words = ", ".join(str(file.get("name") or "A picture") for file, _ in pictures)
    with slack.app.begin_as_system() as work:
        incident = work.get(Incident, incident_id)
        kept = fill_in_message(work, incident, entry_id, words)
        if not kept.source_url:
            kept.source_url = link
        for file, content in pictures:
            keep_file(
                work,
                incident,
                kept,
                slack_file_id=str(file.get("id") or ""),
                name=str(file.get("name") or ""),
                content=content,
            )


def _message(slack: Workspace, pinned: SlackPinned) -> dict[str, Any]:
    place = {"channel": pinned.channel_id, "latest": pinned.message_ts}
    exactly = {"oldest": pinned.message_ts, "inclusive": True, "limit": 1}
    found = slack.call("conversations.history", **place, **exactly).get("messages") or []
    if not any(one.get("ts") == pinned.message_ts for one in found):
        # An answer in a thread is not in the history of the channel.
        answer = slack.call(
            "conversations.replies", channel=pinned.channel_id, ts=pinned.message_ts, limit=1
        )
        found = answer.get("messages") or []
    return next((one for one in found if one.get("ts") == pinned.message_ts), {})


def _permalink(slack: Workspace, pinned: SlackPinned) -> str:
    try:
        answer = slack.call(
            "chat.getPermalink", channel=pinned.channel_id, message_ts=pinned.message_ts
        )
    except SendError as error:
        if error.permanent:
            return ""
        raise
    link = str(answer.get("permalink") or "")
    return link if link.startswith(("https://", "http://")) else ""


def _files(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        file
        for file in (message.get("files") or [])[:MOST_FILES]
        if str(file.get("mimetype") or "").startswith("image/")
        and int(file.get("size") or 0) <= LARGEST_FILE_BYTES
    ]


def _picture(slack: Workspace, file: dict[str, Any]) -> bytes:
    """The picture; nothing when Slack does not hand it out or it is none."""
    url = str(file.get("url_private_download") or file.get("url_private") or "")
    if not url:
        return b""
    try:
        content = slack.sender.fetch(url, limit_bytes=LARGEST_FILE_BYTES)
    except SendError as error:
        if error.permanent and error.code != "missing_scope":
            return b""
        raise
    return content if picture_type(content) else b""


def _people(slack: Workspace, text: str) -> dict[str, Mentioned]:
    with slack.app.look_as_system() as look:
        rows = look.session.exec(
            select(SlackUser, Person)
            .join(Person, col(Person.id) == col(SlackUser.person_id))
            .where(
                SlackUser.team_id == slack.team_id,
                col(SlackUser.slack_user_id).in_(mentioned_ids(text)),
            )
        ).all()
    return {user.slack_user_id: Mentioned(person.email, person.name) for user, person in rows}
