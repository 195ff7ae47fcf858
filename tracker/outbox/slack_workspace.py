"""The workspace that deliveries go to: its calls, who is who in it, and what was posted already."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select

from tracker.app import App
from tracker.models.slack import SlackMessage, SlackUser
from tracker.reading.slack import emails_of, slack_users
from tracker.senders.sender import Call, Sender, SendError
from tracker.senders.slack_blocks import Message
from tracker.senders.slack_tokens import TokenUnreadableError

# A delivery that takes longer than this is broken off and goes on in the next round, so that it
# keeps the lease under which it was claimed.
LONGEST_DELIVERY_SECONDS = 35.0
HISTORY_LOOKED_AT = 100
CHANNELS_AT_ONCE = 500
STRANGER_FOR_SECONDS = 1_800.0
# Somebody whom Slack cannot tell apart from nobody: they are passed over, not an error.
_NOBODY = frozenset({"users_not_found", "user_not_found"})


@dataclass
class Workspace:
    """Slack, for the length of one delivery."""

    app: App
    sender: Sender
    team_id: str
    bot_user_id: str
    # The delivery was tried before: what it posted then may stand in Slack without our knowing.
    again: bool = False
    until: float = field(default_factory=lambda: time.monotonic() + LONGEST_DELIVERY_SECONDS)
    _histories: dict[str, dict[str, str]] = field(default_factory=dict)

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Slack's answer. Raises: SendError."""
        if time.monotonic() > self.until:
            raise SendError(
                "Slack answers slowly; the rest follows in a moment",
                permanent=False,
                retry_after=0.0,
                code="goes_on",
            )
        return self.sender.send(Call(method, arguments))

    def post(
        self, channel_id: str, message: Message, *, once: str, kind: str, about: tuple[str, int]
    ) -> str:
        """The message stands in the channel, once; its ts.

        Raises: SendError.
        """
        known = self.posted(once)
        if known is not None:
            return known.ts
        ts = self._in_history(channel_id).get(once, "") if self.again else ""
        if not ts:
            answer = self.call(
                "chat.postMessage",
                channel=channel_id,
                text=message.text,
                blocks=_named(message.blocks, once),
                unfurl_links=False,
                unfurl_media=False,
            )
            ts = str(answer.get("ts", ""))
        self.remember(
            once, kind=kind, channel_id=channel_id, ts=ts, about=about, digest=message.digest
        )
        return ts

    def rewrite(self, row: SlackMessage, message: Message) -> None:
        """The message shows this now; nothing is asked of Slack when it does already."""
        if row.digest == message.digest:
            return
        self.call(
            "chat.update",
            channel=row.channel_id,
            ts=row.ts,
            text=message.text,
            blocks=_named(message.blocks, row.once),
        )
        with self.app.begin_as_system() as work:
            work.find(SlackMessage, row.id, what="That message").digest = message.digest

    def posted(self, once: str) -> SlackMessage | None:
        """What was posted under this name."""
        with self.app.look_as_system() as look:
            return look.session.exec(select(SlackMessage).where(SlackMessage.once == once)).first()

    def posted_about(self, kind: str, about: tuple[str, int]) -> list[SlackMessage]:
        """Everything of this kind that was posted about a record."""
        with self.app.look_as_system() as look:
            query = select(SlackMessage).where(
                SlackMessage.kind == kind,
                SlackMessage.record_kind == about[0],
                SlackMessage.record_id == about[1],
            )
            return list(look.session.exec(query.order_by(col(SlackMessage.id))))

    def remember(
        self,
        once: str,
        *,
        kind: str,
        channel_id: str,
        ts: str,
        about: tuple[str, int],
        digest: str = "",
    ) -> None:
        """This was put into Slack and will not be again."""
        with self.app.begin_as_system() as work:
            work.add(
                SlackMessage(
                    once=once,
                    kind=kind,
                    team_id=self.team_id,
                    channel_id=channel_id,
                    ts=ts,
                    record_kind=about[0],
                    record_id=about[1],
                    digest=digest,
                    at=work.now,
                )
            )

    def channels(self) -> Iterator[dict[str, Any]]:
        """Every channel that is not archived and that the app may know of."""
        cursor = ""
        while True:
            answer = self.call(
                "conversations.list",
                exclude_archived=True,
                limit=CHANNELS_AT_ONCE,
                types="public_channel,private_channel",
                cursor=cursor or None,
            )
            yield from answer.get("channels") or []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def channel_called(self, name: str) -> str:
        """The id of the channel with this name, or this id; the app is in it.

        Raises: SendError when there is none.
        """
        for one in self.channels():
            if name in (one.get("name"), one.get("id")):
                if not one.get("is_member") and not one.get("is_private"):
                    self.call("conversations.join", channel=one["id"])
                return str(one["id"])
        raise SendError(
            f"There is no channel #{name} in Slack, or the app is not in it. Make it, invite the "
            "app, or correct TRACKER_SLACK_ANNOUNCE_CHANNELS.",
            permanent=True,
            code="channel_not_found",
        )

    def slack_ids(self, person_ids: Collection[int]) -> dict[int, str]:
        """The Slack ids of the people; whom we do not know yet is looked up by address."""
        now = time.monotonic()
        with self.app.look_as_system() as look:
            known = slack_users(look, person_ids)
            emails = emails_of(look, [one for one in person_ids if one not in known])
        for person_id, email in emails.items():
            if _strangers.get((self.team_id, email), 0.0) > now:
                continue
            found = self._look_up(email)
            if found:
                known[person_id] = self._keep(person_id, found)
            else:
                _strangers[self.team_id, email] = now + STRANGER_FOR_SECONDS
        return known

    def _look_up(self, email: str) -> str:
        try:
            user = self.call("users.lookupByEmail", email=email).get("user") or {}
        except SendError as error:
            if error.code in _NOBODY or error.permanent:
                return ""
            raise
        return "" if user.get("deleted") or user.get("is_bot") else str(user.get("id", ""))

    def _keep(self, person_id: int, slack_user_id: str) -> str:
        with self.app.begin_as_system() as work:
            known = work.session.exec(
                select(SlackUser).where(
                    SlackUser.team_id == self.team_id, SlackUser.slack_user_id == slack_user_id
                )
            ).first()
            if known is None:
                work.add(
                    SlackUser(
                        team_id=self.team_id, slack_user_id=slack_user_id, person_id=person_id
                    )
                )
        return slack_user_id

    def _in_history(self, channel_id: str) -> dict[str, str]:
        """The names of our messages in the channel with their ts, as far back as matters."""
        if channel_id not in self._histories:
            answer = self.call("conversations.history", channel=channel_id, limit=HISTORY_LOOKED_AT)
            self._histories[channel_id] = {
                str(block.get("block_id", "")): str(message.get("ts", ""))
                for message in answer.get("messages") or []
                for block in (message.get("blocks") or [])[:1]
            }
        return self._histories[channel_id]


def workspace(app: App, *, again: bool = False) -> Workspace | None:
    """The workspace; ``None`` where Slack is not set up or not installed yet.

    Raises: SendError when Slack refuses the token.
    """
    try:
        sender = app.slack()
    except TokenUnreadableError as error:
        raise SendError(str(error), permanent=True, code="token_unreadable") from error
    if sender is None:
        return None
    known = _known_as.get(id(sender))
    if known is None:
        answer = sender.send(Call("auth.test"))
        known = (sender, str(answer.get("team_id", "")), str(answer.get("user_id", "")))
        _known_as[id(sender)] = known
    return Workspace(app, sender, known[1], known[2], again=again)


# Addresses that Slack did not know, and until when it is not asked again.
_strangers: dict[tuple[str, str], float] = {}

# Who we are in Slack never changes for a token, so it is asked once in a process. The sender is
# kept beside it, so that its id is not given to another one.
_known_as: dict[int, tuple[Sender, str, str]] = {}


def _named(blocks: list[dict[str, Any]], once: str) -> list[dict[str, Any]]:
    """The blocks, the first of which carries the message's name of ours: Slack keeps it."""
    return [{**blocks[0], "block_id": once[:255]}, *blocks[1:]] if blocks else blocks
