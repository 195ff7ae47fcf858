"""A visit: somebody in Slack asks for something, once, and is answered.

What was asked is kept with its effect in one transaction, so that a repeated delivery or a double
click finds the answer that was given, and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import select

from tracker.app import App
from tracker.db.work import Look, Work
from tracker.domain.errors import Conflict, DomainError, Gap, NotAllowed, NotFound
from tracker.domain.people import Actor
from tracker.models.incident import Incident
from tracker.models.slack import SlackChannel, SlackReceived
from tracker.reading.references import incident_by_ref
from tracker.senders.slack_text import escape
from tracker.senders.slack_words import Mentioned
from tracker.slack.forms import Form

Values = dict[str, Any]
GAPS_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the person sees: words, perhaps blocks, perhaps a form to fill in.

    ``instead`` is what to type when the form cannot be opened. ``confirm`` keeps a form open
    with these words, for things whose reference the person wants to see.
    """

    text: str = ""
    blocks: tuple[Mapping[str, Any], ...] = ()
    form: Form | None = None
    instead: str = ""
    confirm: bool = False
    # A click may replace the message it was made on: the list of tasks stays a list.
    replace: bool = False

    @property
    def kept(self) -> dict[str, Any]:
        """What a repeat needs to answer alike."""
        kept: dict[str, Any] = json.loads(
            json.dumps(
                {
                    "text": self.text,
                    "blocks": [dict(block) for block in self.blocks],
                    "confirm": self.confirm,
                    "replace": self.replace,
                }
            )
        )
        return kept


Effect = Callable[[Work], Answer]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Who asks, from where, and what makes this asking the same as another."""

    app: App
    actor: Actor
    team_id: str
    user_id: str
    key: str
    channel_id: str = ""
    incident_ref: str = ""
    # Slack ids mentioned in what was asked, and the people they are.
    people: Mapping[str, Mentioned] = field(default_factory=dict)
    # What a form carried along: where a message stands, which task was meant.
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        return self.actor.time_zone

    @property
    def base_url(self) -> str:
        return self.app.settings.base_url.rstrip("/")

    @property
    def command(self) -> str:
        """The command as it is typed: ``/incident``."""
        return f"/{self.app.settings.slack_command}"

    def look(self) -> AbstractContextManager[Look]:
        return self.app.look(self.actor)

    def at(self, incident_ref: str) -> Visit:
        """The same visit, about this incident wherever it comes from."""
        return replace(self, incident_ref=incident_ref)

    def incident(self, look: Look) -> Incident:
        """The incident of this channel, or the one that a form or button names.

        Raises: NotAllowed outside an incident's channel, NotFound when it is hidden.
        """
        if self.incident_ref:
            return incident_by_ref(look, self.incident_ref)
        found = channel_of(look, self.team_id, self.channel_id)
        if found is None:
            raise NotAllowed(
                "This is not the channel of an incident",
                hint=f"Use it in an incident's channel; `{self.command} list` shows them.",
                gaps=[Gap("incident", "This is not the channel of an incident")],
            )
        try:
            return look.get(Incident, found.incident_id, what="The incident of this channel")
        except NotFound as hidden:
            hidden.hint = "If you should see it, ask somebody here to let you in."
            raise

    def once(self, effect: Effect) -> Answer:
        """The effect has happened, now or before, and this is what was answered.

        Raises: the five domain errors; nothing is kept then, so that a better try may follow.
        """
        try:
            return self._once(effect)
        except Conflict:
            # The same delivery came twice at one moment; the other was quicker.
            with self.look() as look:
                earlier = _earlier(look, self.key)
            if earlier is None:
                raise
            return earlier

    def _once(self, effect: Effect) -> Answer:
        with self.app.begin(self.actor) as work:
            earlier = _earlier(work, self.key)
            if earlier is not None:
                return earlier
            answer = effect(work)
            work.add(SlackReceived(key_text=self.key, at=work.now, answer=answer.kept))
        return answer


# Made once: whatever is asked in a channel begins with them.
_CHANNEL = select(SlackChannel).where(
    SlackChannel.channel_id == bindparam("channel_id"), SlackChannel.team_id == bindparam("team_id")
)
_EARLIER = select(SlackReceived).where(SlackReceived.key_text == bindparam("key"))


def channel_of(look: Look, team_id: str, channel_id: str) -> SlackChannel | None:
    """The row of an incident's channel, or ``None`` for any other channel."""
    if not channel_id:
        return None
    asked = {"team_id": team_id, "channel_id": channel_id}
    return look.session.scalars(_CHANNEL, asked).first()


def in_words(error: DomainError) -> str:
    """A domain error as an ephemeral says it: every gap, then what to do."""
    message = error.message if error.message.endswith((".", "?", "!")) else f"{error.message}."
    # That the state does not allow it is what the message says already.
    told = [gap for gap in error.gaps if gap.field != "state"]
    gaps = [gap.message for gap in told if gap.message != error.message]
    shown = [f"• {gap}" for gap in gaps[:GAPS_SHOWN]]
    if len(gaps) > GAPS_SHOWN:
        shown.append(f"… and {len(gaps) - GAPS_SHOWN} more.")
    # What somebody typed may stand in it: written out, it is neither a link nor a mention.
    return escape("\n".join([message, *shown, *([error.hint] if error.hint else [])]))


def _earlier(look: Look, key: str) -> Answer | None:
    row = look.session.scalars(_EARLIER, {"key": key}).first()
    if row is None:
        return None
    kept = row.answer
    return Answer(
        text=kept.get("text", ""),
        blocks=tuple(kept.get("blocks", ())),
        confirm=kept.get("confirm", False),
        replace=kept.get("replace", False),
    )
