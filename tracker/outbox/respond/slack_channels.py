"""The channel of an incident, brought to what the record says: whatever was missed, and again.

Nothing here depends on which event it was. Each step looks at what is there and does what is
missing, so that it may be broken off anywhere and begun anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlmodel import col, select

from tracker.domain.lifecycle import OPEN_INCIDENT_STATES
from tracker.domain.notification import NotificationRule, channels_for
from tracker.models.catalogue import Team
from tracker.models.incident import Incident, IncidentTeam
from tracker.models.slack import SlackChannel
from tracker.outbox.slack_workspace import Workspace
from tracker.reading.slack import incident_facts, invited_people, slack_channel
from tracker.senders.sender import SendError
from tracker.senders.slack_blocks import (
    Message,
    announcement,
    incident_card,
    line,
    topic,
)
from tracker.senders.slack_text import channel_name, plain

NAMES_TRIED = 20
OVER_STATES = ("closed", "dismissed", "merged")
# Slack's words for a channel in which nothing can be posted any more.
GONE_CODES = frozenset({"channel_not_found", "is_archived", "not_in_channel"})
# Slack's words for what is so already.
DONE_ALREADY = frozenset(
    {
        "already_archived",
        "already_in_channel",
        "already_pinned",
        "cant_invite_self",
        "cant_kick_self",
        "not_archived",
        "not_in_channel",
    }
)
INVITED_AT_ONCE = 100
BELIEVABLE_CLOCK_DIFFERENCE = timedelta(minutes=10)


class IncidentChannel:
    """One incident and its channel, during one delivery."""

    def __init__(self, slack: Workspace, incident_id: int) -> None:
        self.slack = slack
        self.app = slack.app
        self.incident_id = incident_id
        self.about = ("incident", incident_id)
        self.refused: list[SendError] = []
        self.read()

    def read(self) -> None:
        """The record and what we know of the channel, as they stand now."""
        settings = self.app.settings
        with self.app.look_as_system() as look:
            self.incident = look.session.get(Incident, self.incident_id)
            self.row = slack_channel(look, self.incident_id)
            self.people: list[int] = []
            self.teams: list[str] = []
            self.rules: tuple[NotificationRule, ...] = ()
            if self.incident is None:
                return
            self.rules = look.policy_of(self.incident.policy_version).notifications
            self.facts = incident_facts(
                look, self.incident, base_url=settings.base_url, command=settings.slack_command
            )
            self.people = invited_people(look, self.incident)
            self.teams = list(
                look.session.exec(
                    select(Team.slug)
                    .join(IncidentTeam, col(IncidentTeam.team_id) == col(Team.id))
                    .where(IncidentTeam.incident_id == self.incident_id)
                )
            )

    @property
    def channel_id(self) -> str:
        return self.row.channel_id if self.row else ""

    @property
    def is_open(self) -> bool:
        return self.incident is not None and self.incident.state in OPEN_INCIDENT_STATES

    def wanted(self, *, declared_now: bool) -> bool:
        """True when this incident has a channel or should have one.

        Near misses and what was recorded afterwards need none: nobody responds to them.
        """
        incident = self.incident
        if incident is None:
            return False
        if self.channel_id:
            return True
        if incident.kind != "incident" or incident.recorded_afterwards:
            return False
        return self.is_open or (declared_now and incident.state not in ("dismissed", "merged"))

    def open_up(self) -> bool:
        """The channel exists and can be written to; False when it is over and archived.

        Raises: SendError.
        """
        if self.row is None or not self.row.channel_id:
            self._create()
            return True
        if self._became_private():
            self._move_to_private()
            return True
        if self.row.archived_at is None:
            return True
        if self.row.trouble:
            return self._is_back()
        if not self.is_open:
            return False
        self._unarchive()
        return True

    def bring_up_to_date(self) -> None:
        """Topic, card, pin, bookmarks, people and announcement are what the record says.

        What Slack refuses for good is put into ``refused``; the rest is done all the same.
        Raises: SendError for trouble that will pass.
        """
        for step in (
            self._card,
            self._topic,
            self._bookmarks,
            self._invitations,
            self._leavings,
            self._announcements,
        ):
            self._try(step)

    def close_down(self) -> None:
        """The channel of an incident that is over is archived. Raises: SendError."""
        if self.incident is None or self.incident.state not in OVER_STATES or self.row is None:
            return
        if self.row.archived_at is None:
            self._bear("conversations.archive", channel=self.channel_id)
            self.note(archived=True)

    def gone(self, error: SendError) -> None:
        """Somebody archived or deleted the channel: it is left alone until it is back."""
        self.note(trouble=error.explanation, archived=error.code in GONE_CODES)

    def note(
        self,
        *,
        archived: bool | None = None,
        trouble: str | None = None,
        told_until: datetime | None = None,
        **values: Any,  # noqa: ANN401 - column values
    ) -> None:
        """What is true of the channel now is kept."""
        with self.app.begin_as_system() as work:
            row = slack_channel(work, self.incident_id)
            if row is None:
                row = SlackChannel(incident_id=self.incident_id, team_id=self.slack.team_id)
                work.session.add(row)
            if archived is not None:
                row.archived_at = work.now if archived else None
            if trouble is not None:
                row.trouble = trouble
            if told_until is not None:
                row.told_until = told_until
            for name, value in values.items():
                setattr(row, name, value)
            work.session.flush()
            self.row = row

    # The channel itself

    def _create(self) -> None:
        facts, incident = self.facts, self._there()
        private = facts.private
        answer: dict[str, Any] = {}
        for attempt in range(NAMES_TRIED):
            name = channel_name(facts.number, facts.title, attempt=attempt)
            if private:
                # The name of a private channel is seen by people who may not read the title.
                name = channel_name(facts.number, "private", attempt=attempt)
            try:
                answer = self.slack.call("conversations.create", name=name, is_private=private)
            except SendError as error:
                if error.code != "name_taken":
                    raise
                if self.slack.again and (found := self._made_before(name, incident)):
                    answer = {"channel": found}
                else:
                    continue
            break
        channel = answer.get("channel") or {}
        if not channel.get("id"):
            raise SendError(
                f"Every name for the channel of {facts.ref} is taken in Slack; rename one of them",
                permanent=True,
                code="name_taken",
            )
        self.note(
            channel_id=str(channel["id"]),
            name=str(channel.get("name", "")),
            is_private=private,
            archived=False,
            trouble="",
            told_until=incident.created_at,
            card_ts="",
            topic_text="",
            invited={},
        )
        self.read()

    def _made_before(self, name: str, incident: Incident) -> dict[str, Any] | None:
        """The channel that an earlier try made without learning of it."""
        for one in self.slack.channels():
            if one.get("name") == name:
                made = datetime.fromtimestamp(int(one.get("created") or 0), tz=UTC)
                ours = one.get("creator") == self.slack.bot_user_id
                fresh = made >= incident.created_at - BELIEVABLE_CLOCK_DIFFERENCE
                return one if ours and fresh else None
        return None

    def _became_private(self) -> bool:
        return bool(self.row and self.facts.private and not self.row.is_private)

    def _move_to_private(self) -> None:
        """A public channel cannot be closed by an app: a private one takes its place."""
        old, row = self.channel_id, self.row
        if row is not None and row.archived_at is None:
            card = self.slack.posted(self._once("card"))
            notice = line(f"{self.facts.ref} goes on in a private channel.")
            if card is not None and card.channel_id == old:
                self.slack.rewrite(card, notice)
            closed = f"closed-inc-{self.facts.number}"
            self._bear("conversations.setTopic", channel=old, topic="-")
            self._try(lambda: self._ignore("conversations.rename", channel=old, name=closed))
            self._bear("conversations.archive", channel=old)
        for announced in self.slack.posted_about("announcement", self.about):
            self.slack.rewrite(announced, line(f"{self.facts.ref} goes on among fewer people."))
        self._create()

    def _unarchive(self) -> None:
        try:
            self.slack.call("conversations.unarchive", channel=self.channel_id)
        except SendError as error:
            if not error.permanent:
                raise
            if error.code not in DONE_ALREADY:
                # Slack lets few apps bring a channel back: the work goes on in a new one.
                until = self.row.told_until if self.row else None
                self._create()
                if until is not None:
                    self.note(told_until=until)
                return
        self.note(archived=False)

    def _is_back(self) -> bool:
        """True when somebody unarchived the channel or invited the bot again."""
        try:
            answer = self.slack.call("conversations.info", channel=self.channel_id)
        except SendError as error:
            if error.permanent:
                return False
            raise
        if (answer.get("channel") or {}).get("is_archived"):
            return False
        self.note(archived=False, trouble="")
        return True

    # What stands in it

    def _card(self) -> None:
        message = incident_card(self.facts)
        once = self._once("card")
        known = self.slack.posted(once)
        if known is not None:
            self.slack.rewrite(known, message)
        ts = self.slack.post(self.channel_id, message, once=once, kind="card", about=self.about)
        if self.row is not None and self.row.card_ts != ts:
            self._bear("pins.add", channel=self.channel_id, timestamp=ts)
            self.note(card_ts=ts)

    def _topic(self) -> None:
        wanted = topic(self.facts)
        if self.row is not None and self.row.topic_text != wanted:
            self._bear("conversations.setTopic", channel=self.channel_id, topic=wanted)
            self.note(topic_text=wanted)

    def _bookmarks(self) -> None:
        wanted = [("incident", f"{self.facts.ref} in the tracker", self.facts.url)]
        if self.facts.review_url:
            wanted.append(("review", f"{self.facts.review_ref}: review", self.facts.review_url))
        for name, title, url in wanted:
            once = self._once(f"bookmark {name}")
            if self.slack.posted(once) is not None:
                continue
            made = self._bookmark_there(url) if self.slack.again else ""
            if not made:
                answer = self.slack.call(
                    "bookmarks.add",
                    channel_id=self.channel_id,
                    title=plain(title, 100),
                    type="link",
                    link=url,
                )
                made = str((answer.get("bookmark") or {}).get("id", ""))
            self.slack.remember(
                once, kind="bookmark", channel_id=self.channel_id, ts=made, about=self.about
            )

    def _bookmark_there(self, url: str) -> str:
        answer = self.slack.call("bookmarks.list", channel_id=self.channel_id)
        there = answer.get("bookmarks") or []
        return next((str(one.get("id", "")) for one in there if one.get("link") == url), "")

    def _invitations(self) -> None:
        if self.row is None or not (self.is_open or not self.row.invited):
            return
        ids = self.slack.slack_ids(self.people)
        new = [one for one in dict.fromkeys(ids.values()) if one not in self.row.invited]
        for start in range(0, len(new), INVITED_AT_ONCE):
            some = new[start : start + INVITED_AT_ONCE]
            try:
                self.slack.call("conversations.invite", channel=self.channel_id, users=tuple(some))
            except SendError as error:
                if not error.permanent:
                    raise
                # One of them is in already, or may not come: the others are invited alone.
                for one in some if len(some) > 1 or error.code not in DONE_ALREADY else ():
                    self._ignore("conversations.invite", channel=self.channel_id, users=(one,))
            self.note(invited={**self.row.invited, **dict.fromkeys(some, "in")})

    def _leavings(self) -> None:
        """Who may not read a private incident any more is not in its channel any more."""
        if self.row is None or not self.row.is_private or not self.facts.private:
            return
        ids = set(self.slack.slack_ids(self.people).values())
        for one in [one for one in self.row.invited if one not in ids]:
            self._ignore("conversations.kick", channel=self.channel_id, user=one)
            self.note(invited={key: how for key, how in self.row.invited.items() if key != one})

    def _announcements(self) -> None:
        if self.facts.private:
            return
        message = announcement(self.facts)
        for known in self.slack.posted_about("announcement", self.about):
            self.slack.rewrite(known, message)
        if not self.is_open:
            return
        for name in self._hearing():
            once = self._once(f"announced {name}", of_channel=False)
            if self.slack.posted(once) is None:
                self._try(partial(self._announce, name, message, once))

    def _hearing(self) -> tuple[str, ...]:
        """The channels that hear of it: the policy says so, else the setting."""
        severity = self._there().severity
        if self.rules:
            return channels_for(self.rules, severity, self.teams)
        table = self.app.settings.announce_channels_by_key
        keys = [severity, *(f"team:{team}" for team in self.teams)]
        return tuple(dict.fromkeys(name for key in keys for name in table.get(key, ())))

    def _announce(self, name: str, message: Message, once: str) -> None:
        target = self.slack.channel_called(name)
        self.slack.post(target, message, once=once, kind="announcement", about=self.about)

    # How refusals are borne

    def _there(self) -> Incident:
        if self.incident is None:
            raise SendError("The incident is gone", permanent=True, code="no_incident")
        return self.incident

    def _once(self, what: str, *, of_channel: bool = True) -> str:
        """The name of something posted. A new channel gets its own card and bookmarks."""
        return f"{self.facts.ref} {what}" + (f" {self.channel_id}" if of_channel else "")

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except SendError as error:
            if not error.permanent or (error.code in GONE_CODES and step == self._card):
                raise
            self.refused.append(error)

    def _bear(self, method: str, **arguments: Any) -> None:  # noqa: ANN401 - JSON
        """The call, where "it is so already" is as good as done. Raises: SendError."""
        try:
            self.slack.call(method, **arguments)
        except SendError as error:
            if error.code not in DONE_ALREADY:
                raise

    def _ignore(self, method: str, **arguments: Any) -> None:  # noqa: ANN401 - JSON
        """The call, where a refusal concerns one person only. Raises: SendError that passes."""
        try:
            self.slack.call(method, **arguments)
        except SendError as error:
            if not error.permanent or error.code in ("missing_scope", "invalid_auth"):
                raise
