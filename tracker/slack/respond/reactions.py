"""What happens in an incident's channel by itself: reactions, people who join."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.db.work import Work
from tracker.models.incident import Incident, TimelineEntry
from tracker.slack.respond.responding import about, said
from tracker.slack.visits import Answer, Visit, channel_of
from tracker.usecases.respond.slack_messages import mark_message, marked_entry, unmark_message

Item = Mapping[str, Any]


def marked(visit: Visit, item: Item) -> Answer | None:
    """The message with the reaction stands in the timeline; elsewhere a reaction is a reaction."""
    if not _is_incidents(visit):
        return None

    def effect(work: Work) -> Answer:
        mark_message(
            work,
            visit.incident(work),
            team_id=visit.team_id,
            channel_id=visit.channel_id,
            message_ts=str(item.get("ts") or ""),
        )
        return Answer()

    return visit.once(effect)


def unmarked(visit: Visit, item: Item) -> Answer | None:
    """The entry is taken back when the one who marked the message takes the reaction off."""
    if not _is_incidents(visit):
        return None
    place = {
        "team_id": visit.team_id,
        "channel_id": visit.channel_id,
        "message_ts": str(item.get("ts") or ""),
    }

    def effect(work: Work) -> Answer:
        entry: TimelineEntry | None = marked_entry(work, **place)
        if entry is not None and entry.author_id == visit.actor.person_id:
            unmark_message(work, visit.incident(work), **place)
        return Answer()

    return visit.once(effect)


def joined(visit: Visit) -> Answer | None:
    """Where we are, for somebody who has just joined an incident's channel."""
    with visit.look() as look:
        found = channel_of(look, visit.team_id, visit.channel_id)
        if found is None:
            return None
        incident = look.get(Incident, found.incident_id, what="The incident of this channel")
        return said(about(look, visit, incident))


def _is_incidents(visit: Visit) -> bool:
    with visit.look() as look:
        return channel_of(look, visit.team_id, visit.channel_id) is not None
