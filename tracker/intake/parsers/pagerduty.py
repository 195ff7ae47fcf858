"""PagerDuty, webhooks version 3: what happens to one of its incidents.

For us an incident of PagerDuty is an alert: somebody was paged. It is known by its id, so that
every later event about it meets the first one.

Source: PagerDuty developer documentation, "Webhooks overview", version 3.
"""

from __future__ import annotations

from typing import Final

from tracker.domain.event import Alert, Received
from tracker.intake.drafts import alert
from tracker.intake.fields import Delivery, Fields

# Events that tell how the incident stands. Notes and responders change nothing that we keep.
_TOLD: Final = (
    "incident.triggered",
    "incident.acknowledged",
    "incident.unacknowledged",
    "incident.reopened",
    "incident.resolved",
    "incident.priority_updated",
    "incident.escalated",
    "incident.delegated",
    "incident.reassigned",
    "incident.service_updated",
)
_KNOWN: Final = (
    "assignees",
    "created_at",
    "escalation_policy",
    "html_url",
    "id",
    "priority",
    "resolved_at",
    "self",
    "service",
    "status",
    "teams",
    "title",
    "type",
    "urgency",
)


def parse(delivery: Delivery) -> Received:
    """The incident as an alert, firing until it is resolved.

    Raises: NotUnderstood.
    """
    event = delivery.whole().need_inner("event")
    kind = event.need("event_type")
    number = event.text("id")[:120]
    if kind == "pagey.ping":
        return Received(delivery_id=number, ignored="ping")
    if kind not in _TOLD:
        return Received(delivery_id=number, ignored=f"PagerDuty tells {kind[:60]}, no alert")
    return Received(alerts=(_incident(event, kind),), delivery_id=number)


def _incident(event: Fields, kind: str) -> Alert:
    incident = event.need_inner("data")
    number = incident.need("id")
    service = incident.inner("service").text("summary", "name")
    title = incident.text("title", "summary") or f"PagerDuty incident {number}"
    resolved = kind == "incident.resolved" or incident.text("status") == "resolved"
    occurred_at = event.moment("occurred_at")
    starts_at = incident.moment("created_at")
    if starts_at is None and kind == "incident.triggered":
        starts_at = occurred_at
    teams = [team.text("summary", "name") for team in incident.objects("teams")]
    # Who is paged is PagerDuty's to tell: names of people are not kept here.
    return alert(
        number,
        alert_key=f"{service}: {title}" if service else title,
        title=title,
        resolved=resolved,
        starts_at=starts_at,
        ended_at=(incident.moment("resolved_at") or occurred_at) if resolved else None,
        severity=incident.inner("priority").text("summary", "name") or incident.text("urgency"),
        service=service,
        labels={
            "status": incident.text("status"),
            "urgency": incident.text("urgency"),
            "teams": ", ".join(team for team in teams if team),
            "escalation_policy": incident.inner("escalation_policy").text("summary"),
            **incident.rest(*_KNOWN),
        },
        notes=event.notes,
        url=incident.text("html_url"),
    )
