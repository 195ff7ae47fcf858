"""Amazon EventBridge: alarms of CloudWatch, deployments of CodeDeploy, and failures of services.

Source: Amazon EventBridge reference, events of CloudWatch alarms, CodeDeploy and Auto Scaling.
"""

from __future__ import annotations

from typing import Final

from tracker.domain.event import Alert, Change, Received
from tracker.intake.drafts import alert, change
from tracker.intake.fields import Delivery, Fields

_ALARM: Final = "CloudWatch Alarm State Change"
_DEPLOYMENT_STATES: Final = {
    "CREATED": "started",
    "START": "started",
    "STARTED": "started",
    "READY": "started",
    "SUCCESS": "succeeded",
    "FAILURE": "failed",
    "STOP": "cancelled",
}


def parse(delivery: Delivery) -> Received:
    """An alert or a change; an event that is neither is ignored, with the reason.

    Raises: NotUnderstood.
    """
    event = delivery.whole()
    kind = event.need("detail-type")
    detail = event.inner("detail")
    number = event.text("id")[:120]
    if kind == _ALARM:
        return Received(alerts=(_alarm(event, detail),), delivery_id=number)
    if kind == "CodeDeploy Deployment State-change Notification":
        return _deployment(event, detail, number)
    if kind.endswith(("Unsuccessful", "Failure", "Failed")):
        return Received(alerts=(_failure(event, detail, kind),), delivery_id=number)
    return Received(delivery_id=number, ignored=f"an event that is no alarm or change: {kind[:80]}")


def _arn(event: Fields) -> str:
    return next((arn for arn in event.items("resources") if isinstance(arn, str)), "")


def _alarm(event: Fields, detail: Fields) -> Alert:
    name = detail.need("alarmName")
    state = detail.need_inner("state")
    value = state.need("value").upper()
    when = state.moment("timestamp") or event.moment("time")
    resolved = value == "OK"
    return alert(
        _arn(event) or f"{event.text('account')}/{event.text('region')}/{name}",
        alert_key=name,
        title=name if value != "INSUFFICIENT_DATA" else f"{name} (not enough data)",
        resolved=resolved,
        text="\n\n".join(
            part
            for part in (detail.inner("configuration").text("description"), state.text("reason"))
            if part
        ),
        starts_at=None if resolved else when,
        ended_at=when if resolved else None,
        labels={"state": value, **event.rest("detail", "resources", "time", "id", "version")},
        notes=event.notes | state.notes,
    )


def _deployment(event: Fields, detail: Fields, number: str) -> Received:
    state = detail.need("state").upper()
    status = _DEPLOYMENT_STATES.get(state)
    if status is None:
        return Received(
            delivery_id=number, ignored=f"a deployment in a state we do not know: {state[:40]}"
        )
    made: Change = change(
        "codedeploy",
        event.text("account"),
        event.text("region"),
        detail.need("deploymentId"),
        kind="deploy",
        title=f"Deployment of {detail.text('application')} to {detail.text('deploymentGroup')}",
        status=status,
        service=detail.text("application"),
        environment=detail.text("deploymentGroup"),
        started_at=event.moment("time") if status == "started" else None,
        finished_at=event.moment("time"),
        by="CodeDeploy",
        labels={"state": state, **detail.rest("state"), **event.rest("detail", "time", "version")},
        notes=event.notes,
    )
    return Received(changes=(made,), delivery_id=number)


def _failure(event: Fields, detail: Fields, kind: str) -> Alert:
    # Such an event happens once and never resolves; its own id is the instance.
    what = detail.text("AutoScalingGroupName") or _arn(event) or event.text("source")
    return alert(
        "event",
        event.need("id"),
        alert_key=kind,
        title=f"{kind}: {what}",
        resolved=False,
        text=detail.text("StatusMessage", "Cause"),
        starts_at=detail.moment("StartTime") or event.moment("time"),
        labels={
            **detail.rest("StatusMessage", "Cause"),
            **event.rest("detail", "resources", "time", "version"),
        },
        notes=event.notes,
    )
