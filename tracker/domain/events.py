"""What happened, as the outbox tells it. Each docstring is the event's public documentation.

Events carry ids, never texts: a subscriber reads what it needs, as it stands then.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """Something that happened to one record."""

    name: str
    record_kind: str
    record_id: int
    detail: str = ""
    # Deliveries of one incident keep their order; 0 where no incident is concerned.
    incident_id: int = 0


RECORD_KINDS = (
    "incident",
    "review",
    "action",
    "lesson",
    "event",
    "procedure",
    "person",
    "team",
    "service",
    "token",
)
# The kinds that stand in the library and must be indexed anew when they change.
INDEXED_KINDS = ("incident", "review", "action", "lesson", "event", "procedure")

EVENTS = {
    "incident.declared": "An incident was declared or recorded afterwards.",
    "incident.changed": "Title, severity, services, teams, tags or visibility changed.",
    "incident.moved": "The incident changed its state; detail is the verb.",
    "incident.timeline": "A timeline entry was added, edited or taken back.",
    "incident.update": "A status update was posted.",
    "incident.transcript": "The conversation of the channel was asked for, taken or left; detail "
    "says which.",
    "review.started": "A review was created; detail is the template.",
    "review.changed": "An answer, a factor or a participant changed.",
    "review.assigned": "A review has another owner or facilitator.",
    "review.moved": "The review changed its state; detail is the verb.",
    "action.proposed": "An action was proposed.",
    "action.changed": "Owner, dates or texts of an action changed.",
    "action.moved": "The action changed its state; detail is the verb.",
    "lesson.drafted": "A lesson was drafted.",
    "lesson.changed": "A lesson's text, tags or visibility changed.",
    "lesson.moved": "The lesson changed its state; detail is the verb.",
    "lesson.shared": "A lesson is to be posted in a channel; detail names workspace and channel.",
    "event.recorded": "An operational event was recorded by a person, a program or a sender.",
    "event.changed": "An event's texts, service or end changed.",
    "event.moved": "The event changed its state; detail is the verb.",
    "procedure.drafted": "A procedure was written.",
    "procedure.changed": "A procedure's text, owner or services changed.",
    "procedure.moved": "The procedure changed its state; detail is the verb.",
    "procedure.faulted": "Somebody who ran a procedure says that a step was wrong.",
    "notice.told": "Somebody has something new on their home page.",
    "meeting.invited": "The meeting about a review was planned or changed; its guests are told.",
    "meeting.cancelled": "The meeting about a review is off, or somebody is no longer invited.",
    "digest.due": "A week is over and this person asked for the digest.",
}

# Which subscribers hear of which events. The handlers stand in tracker/outbox/subscribers.py; the
# names stand here so that a work can write the deliveries in its own transaction.
SUBSCRIPTIONS: dict[str, tuple[str, ...]] = {
    "index": tuple(name for name in EVENTS if name.split(".")[0] in INDEXED_KINDS),
    "notices": (
        "review.started",
        "review.assigned",
        "review.moved",
        "action.proposed",
        "action.changed",
        "action.moved",
    ),
    "slack": (
        "incident.declared",
        "incident.changed",
        "incident.moved",
        "incident.timeline",
        "incident.update",
        "incident.transcript",
        "review.started",
        "review.moved",
        "lesson.shared",
        "notice.told",
        "digest.due",
    ),
    "mail": ("notice.told", "meeting.invited", "meeting.cancelled"),
}


def subscribers_of(event_name: str) -> tuple[str, ...]:
    """The subscribers that get a delivery for this event.

    Raises: KeyError for an event that EVENTS does not document.
    """
    EVENTS[event_name]
    return tuple(name for name, heard in SUBSCRIPTIONS.items() if event_name in heard)
