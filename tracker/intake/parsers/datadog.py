"""Datadog, whose message is whatever the template in its webhook says; ours is in the docs.

Fields of our template have plain names. The names that other templates in the wild use are read as
well, so that an existing webhook only needs another address.

Source: Datadog documentation, "Webhooks", variables.
"""

from __future__ import annotations

from typing import Final

from tracker.domain.event import Received
from tracker.intake.drafts import alert
from tracker.intake.fields import Delivery, Fields, as_text

_RESOLVED: Final = ("recovered", "recovery", "ok", "success", "resolved")
_KNOWN: Final = (
    "aggregation_key",
    "alert_title",
    "body",
    "cycle_key",
    "date",
    "description",
    "last_updated",
    "link",
    "message",
    "monitor_id",
    "alert_id",
    "priority",
    "alert_priority",
    "starts_at",
    "tags",
    "title",
    "transition",
    "alert_transition",
    "url",
)


def parse(delivery: Delivery) -> Received:
    """One alert; a monitor that alerts for several scopes sends one message for each.

    Raises: NotUnderstood.
    """
    body = delivery.whole()
    title = _plain_title(body.need("alert_title", "title"))
    monitor = body.text("monitor_id", "alert_id", "id")
    scope = body.text("scope", "alert_scope", "scopes")
    transition = body.text("alert_transition", "transition", "alert_type", "status").lower()
    resolved = transition in _RESOLVED
    labels = _tags(body)
    # $ALERT_CYCLE_KEY is one from the alert to its recovery. Without it, monitor and scope are.
    cycle = body.text("cycle_key", "alert_cycle_key")
    keys = ("cycle", cycle) if cycle else ("monitor", monitor or title, scope)
    when = body.moment("date", "last_updated", "timestamp")
    made = alert(
        *keys,
        alert_key=f"{title} ({monitor})" if monitor else title,
        title=title,
        resolved=resolved,
        text=body.text("message", "description", "body"),
        starts_at=body.moment("starts_at") or (None if resolved else when),
        ended_at=when if resolved else None,
        severity=body.text("priority", "alert_priority"),
        group_key=body.text("aggregation_key"),
        labels={**labels, **body.rest(*_KNOWN), "monitor_id": monitor, "transition": transition},
        notes=body.notes,
        url=body.text("url", "link"),
    )
    return Received(alerts=(made,), delivery_id=body.text("event_id")[:120])


def _plain_title(title: str) -> str:
    # Datadog writes the transition before the monitor's name: "[Triggered on {host:a}] Name".
    if title.startswith("[") and "]" in title:
        return title.partition("]")[2].strip() or title
    return title


def _tags(body: Fields) -> dict[str, str]:
    listed = [as_text(tag) for tag in body.items("tags")] or body.text("tags").split(",")
    pairs = (tag.partition(":") for tag in listed)
    return {name.strip(): value.strip() for name, mark, value in pairs if mark and name.strip()}
