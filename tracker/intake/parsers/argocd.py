"""Argo CD, by the body of its notifications' webhook, whose template is in our documentation.

``tells`` says what the message is about: ``sync`` is a change, ``health`` an alert. One sync is
known by its application and its start, so that started and finished are one change.

Source: Argo CD documentation, "Notifications: webhook" and the fields of an Application.
"""

from __future__ import annotations

from typing import Final

from tracker.domain.event import Alert, Change, Received
from tracker.intake.drafts import alert, change
from tracker.intake.fields import Delivery, Fields
from tracker.intake.refusals import NotUnderstood

_PHASES: Final = {
    "running": "started",
    "succeeded": "succeeded",
    "failed": "failed",
    "error": "failed",
    "terminating": "cancelled",
}
_KNOWN: Final = (
    "app",
    "environment",
    "finished_at",
    "health",
    "message",
    "phase",
    "revision",
    "rolls_back",
    "service",
    "started_at",
    "tells",
    "url",
)


def parse(delivery: Delivery) -> Received:
    """A change for a sync, an alert for a health.

    Raises: NotUnderstood.
    """
    body = delivery.whole()
    app = body.need("app")
    tells = body.text("tells") or ("sync" if body.text("phase") else "health")
    if tells == "sync":
        return Received(changes=(_sync(body, app),))
    if tells == "health":
        return Received(alerts=(_health(body, app),))
    raise NotUnderstood(422, "Either sync or health was expected.", where=body.place("tells"))


def _sync(body: Fields, app: str) -> Change:
    phase = body.need("phase")
    status = _PHASES.get(phase.lower())
    if status is None:
        raise NotUnderstood(
            422,
            "A phase of Argo CD was expected: Running, Succeeded, Failed, Error or Terminating.",
            where=body.place("phase"),
        )
    rolls_back = body.text("rolls_back")
    return change(
        "sync",
        app,
        body.text("started_at") or body.text("revision"),
        kind="rollback" if rolls_back else "deploy",
        title=f"Sync of {app} to {body.text('revision')[:12] or 'its target'}",
        status=status,
        text=body.text("message"),
        service=body.text("service") or app,
        environment=body.text("environment"),
        revision=body.text("revision"),
        started_at=body.moment("started_at"),
        finished_at=body.moment("finished_at"),
        url=body.text("url"),
        by="Argo CD",
        labels={"app": app, **body.rest(*_KNOWN)},
        notes=body.notes,
        rolls_back=rolls_back,
    )


def _health(body: Fields, app: str) -> Alert:
    health = body.need("health")
    resolved = health.lower() in ("healthy", "suspended")
    when = body.moment("at", "finished_at", "started_at")
    return alert(
        "health",
        app,
        alert_key="Argo CD application health",
        title=f"{app} is {health.lower()}",
        resolved=resolved,
        text=body.text("message"),
        starts_at=None if resolved else when,
        ended_at=when if resolved else None,
        service=body.text("service") or app,
        environment=body.text("environment"),
        labels={"app": app, "health": health, **body.rest(*_KNOWN)},
        notes=body.notes,
        url=body.text("url"),
    )
