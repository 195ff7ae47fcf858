"""Sentry: issues, issue alerts and metric alerts of an internal integration.

The header ``Sentry-Hook-Resource`` says which of them it is. An issue alert and the issue itself
share the issue's id, so that resolving the issue ends what the alert began.

Source: Sentry documentation, "Integration platform: webhooks".
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tracker.domain.event import Alert, Received
from tracker.intake.drafts import alert
from tracker.intake.fields import Delivery, Fields, as_text
from tracker.intake.moments import read_moment

_ISSUE_ACTIONS: Final = {
    "created": False,
    "unresolved": False,
    "resolved": True,
    "archived": True,
    "ignored": True,
}


def parse(delivery: Delivery) -> Received:
    """One alert; comments, installations and single events are ignored, with the reason.

    Raises: NotUnderstood.
    """
    body = delivery.whole()
    number = delivery.headers.get("request-id", "")[:120]
    resource = delivery.headers.get("sentry-hook-resource", "")
    data = body.inner("data")
    action = body.text("action").lower()
    # An issue does not say when it was resolved; the message about it does.
    told_at = read_moment(delivery.headers.get("sentry-hook-timestamp"))
    if resource == "metric_alert" or "metric_alert" in data:
        return Received(alerts=(_metric_alert(data, action),), delivery_id=number)
    if resource == "event_alert" or "triggered_rule" in data:
        return Received(alerts=(_issue_alert(data),), delivery_id=number)
    if (resource == "issue" or "issue" in data) and "issue" in data:
        if action not in _ISSUE_ACTIONS:
            return Received(delivery_id=number, ignored=f"an issue was {action[:40]}, no alert")
        return Received(
            alerts=(_issue(data.need_inner("issue"), action, told_at),), delivery_id=number
        )
    return Received(
        delivery_id=number, ignored=f"Sentry tells {resource[:60] or 'something'}, no alert"
    )


def _issue(issue: Fields, action: str, told_at: datetime | None) -> Alert:
    project = issue.inner("project")
    resolved = _ISSUE_ACTIONS[action]
    slug = project.text("slug")
    return alert(
        "issue",
        issue.need("id"),
        alert_key=f"{slug}: {issue.inner('metadata').text('type') or issue.text('title')}",
        title=issue.text("title"),
        resolved=resolved,
        text=issue.text("culprit"),
        starts_at=issue.moment("firstSeen"),
        ended_at=told_at if resolved else None,
        severity=issue.text("level"),
        service=slug,
        labels={
            **project.rest("id", prefix="project."),
            **issue.rest(
                "project", "title", "assignedTo", "level", "firstSeen", "lastSeen", "metadata"
            ),
            **issue.inner("metadata").rest(prefix="metadata."),
        },
        notes=issue.notes,
        url=issue.address("web_url", "permalink"),
    )


def _issue_alert(data: Fields) -> Alert:
    event = data.need_inner("event")
    rule = data.text("triggered_rule") or "Issue alert"
    tags = dict(_tag_pairs(event))
    return alert(
        "issue",
        event.text("issue_id", "issue") or event.need("event_id"),
        alert_key=rule,
        title=event.text("title") or rule,
        resolved=False,
        text=event.text("culprit"),
        starts_at=event.moment("datetime", "timestamp"),
        severity=event.text("level"),
        service=tags.get("service", "") or event.text("project_slug"),
        environment=event.text("environment"),
        labels={
            **tags,
            "rule": rule,
            "platform": event.text("platform"),
            "project": event.text("project"),
            "release": event.text("release"),
            "event_id": event.text("event_id"),
        },
        notes=event.notes,
        url=event.address("web_url", "url"),
    )


def _tag_pairs(event: Fields) -> list[tuple[str, str]]:
    pairs = [pair for pair in event.items("tags") if isinstance(pair, list)]
    return [(as_text(pair[0]), as_text(pair[1])) for pair in pairs if len(pair) == 2]


def _metric_alert(data: Fields, action: str) -> Alert:
    told = data.need_inner("metric_alert")
    rule = told.inner("alert_rule")
    name = rule.text("name") or told.need("title")
    projects = [as_text(slug) for slug in told.items("projects") or rule.items("projects")]
    resolved = action == "resolved"
    return alert(
        "metric",
        told.text("id", "identifier") or name,
        alert_key=name,
        title=data.text("description_title") or name,
        resolved=resolved,
        text=data.text("description_text"),
        starts_at=told.moment("date_started", "date_detected", "date_created"),
        ended_at=told.moment("date_closed") if resolved else None,
        severity="" if resolved else action,
        service=projects[0] if len(projects) == 1 else "",
        environment=rule.text("environment"),
        labels={
            "projects": ", ".join(projects),
            **rule.rest("name", "triggers", "projects", "environment", prefix="rule."),
            "organization": told.text("organization_id"),
        },
        notes=told.notes,
        url=data.address("web_url"),
    )
