"""Statuspage: what a provider tells on its own page, by its subscribers' webhook.

Its messages are notices, never alerts: they tell about somebody else's system. The page's name is
not in them, so the vendor is the host of the page unless the source says better.

Source: Statuspage help, "Enable webhook notifications".
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from tracker.domain.event import Received
from tracker.intake.drafts import notice
from tracker.intake.fields import Delivery, Fields

_OVER: Final = ("resolved", "postmortem", "completed")


def parse(delivery: Delivery) -> Received:
    """An incident or maintenance of the page, or the state of one component.

    Raises: NotUnderstood.
    """
    body = delivery.whole()
    vendor = _vendor(body)
    if "incident" in body:
        return _incident(body.need_inner("incident"), vendor)
    if "component_update" in body:
        return _component(body, vendor)
    if "page" in body or "meta" in body:
        return Received(ignored="the page tells neither an incident nor a component")
    body.need_inner("incident")
    return Received()


def _incident(incident: Fields, vendor: str) -> Received:
    status = incident.text("status").lower()
    updates = incident.objects("incident_updates")
    parts = [f"**{update.text('status')}**: {update.text('body')}" for update in reversed(updates)]
    components = [one.text("name") for one in incident.objects("components")]
    if components:
        parts.append("Affects: " + ", ".join(name for name in components if name))
    resolved = status in _OVER
    made = notice(
        "incident",
        incident.need("id"),
        title=incident.text("name"),
        resolved=resolved,
        text="\n\n".join(parts),
        starts_at=incident.moment("started_at", "scheduled_for", "created_at", may_be_ahead=True),
        ended_at=incident.moment("resolved_at", "updated_at") if resolved else None,
        vendor=vendor,
        url=incident.address("shortlink", "url"),
    )
    # An update that is edited later is told again, and that is another message.
    newest = f"{updates[0].text('id')}@{incident.text('updated_at')}" if updates else ""
    return Received(notices=(made,), delivery_id=newest[:120])


def _component(body: Fields, vendor: str) -> Received:
    update = body.need_inner("component_update")
    component = body.inner("component")
    status = update.text("new_status") or component.text("status")
    resolved = status == "operational"
    when = update.moment("created_at")
    name = component.text("name") or "A component"
    made = notice(
        "component",
        update.text("component_id") or component.need("id"),
        title=f"{name}: {status.replace('_', ' ')}",
        resolved=resolved,
        text=f"Before: {update.text('old_status').replace('_', ' ')}",
        starts_at=None if resolved else when,
        ended_at=when if resolved else None,
        vendor=vendor,
    )
    return Received(notices=(made,), delivery_id=update.text("id")[:120])


def _vendor(body: Fields) -> str:
    page = body.inner("page")
    named = page.text("name")
    if named:
        return named
    link = body.inner("meta").address("unsubscribe")
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        host = ""
    # stripe.statuspage.io and status.stripe.com are both Stripe's.
    return host.removeprefix("status.").removesuffix(".statuspage.io") or page.text("id")
