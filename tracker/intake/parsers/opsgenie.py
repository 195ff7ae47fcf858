"""Opsgenie (and the alerts of Jira Service Management): what happens to one of its alerts.

Source: Opsgenie documentation, "Opsgenie edge connector and webhook alert actions data".
"""

from __future__ import annotations

from typing import Final

from tracker.domain.event import Received
from tracker.intake.drafts import alert
from tracker.intake.fields import Delivery, as_text

_FIRING: Final = frozenset(
    {
        "Create",
        "Acknowledge",
        "UnAcknowledge",
        "AddTags",
        "RemoveTags",
        "UpdatePriority",
        "UpdateMessage",
        "UpdateDescription",
        "Escalate",
        "EscalateNext",
        "AssignOwnership",
        "TakeOwnership",
        "Snooze",
        "SnoozeEnded",
        "AddDetails",
        "RemoveDetails",
    }
)
_RESOLVED: Final = frozenset({"Close", "Delete"})
_KNOWN: Final = (
    "alertId",
    "alias",
    "createdAt",
    "description",
    "details",
    "insertedAt",
    "message",
    "owner",
    "priority",
    "recipients",
    "responders",
    "source",
    "tags",
    "teams",
    "tinyId",
    "updatedAt",
    "userId",
    "username",
)


def parse(delivery: Delivery) -> Received:
    """The alert, firing until it is closed.

    Raises: NotUnderstood.
    """
    body = delivery.whole()
    action = body.need("action")
    if action not in _FIRING | _RESOLVED:
        return Received(ignored=f"Opsgenie tells {action[:60]}, which changes nothing here")
    told = body.need_inner("alert")
    number = told.need("alertId")
    message = told.text("message") or f"Opsgenie alert {told.text('tinyId') or number}"
    tags = [as_text(tag) for tag in told.items("tags")]
    details = told.labels("details")
    resolved = action in _RESOLVED
    priority = told.text("priority")
    made = alert(
        number,
        # The alias is what the sender made to find the alert again; by default it is its id.
        alert_key=message,
        title=message,
        resolved=resolved,
        text=told.text("description"),
        starts_at=told.moment("createdAt", "insertedAt"),
        ended_at=told.moment("updatedAt") if resolved else None,
        severity=f"P{priority}" if priority.isdigit() else priority,
        service=details.get("service", ""),
        group_key=told.text("alias"),
        labels={
            **_tag_labels(tags),
            **details,
            **told.rest(*_KNOWN),
            # The source is a tool's name, or the address of who pressed a button.
            "source": "" if "@" in told.text("source") else told.text("source"),
            "tags": ", ".join(tag for tag in tags if tag),
            "alias": told.text("alias"),
            "integration": body.text("integrationName"),
        },
        notes=told.notes,
    )
    return Received(alerts=(made,))


def _tag_labels(tags: list[str]) -> dict[str, str]:
    # Tags such as service:checkout are labels to most people.
    pairs = (tag.partition(":") for tag in tags)
    return {name.strip(): value.strip() for name, mark, value in pairs if mark and name.strip()}
