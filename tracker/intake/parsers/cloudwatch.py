"""Amazon CloudWatch alarms through SNS: an envelope of SNS with the alarm as JSON inside its text.

An alarm has one state at a time and is known by its ARN; every time it leaves OK is a new
occurrence, and it does not tell which one it leaves, so the alarm itself is the instance.

Source: Amazon SNS developer guide, "HTTP/HTTPS notification JSON format".
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tracker.domain.event import Alert, Received
from tracker.intake.body import read_body
from tracker.intake.drafts import alert
from tracker.intake.fields import Delivery, Fields
from tracker.intake.parsers import eventbridge
from tracker.intake.refusals import NotUnderstood
from tracker.intake.sns import is_subscribe_address

_KNOWN: Final = (
    "AlarmName",
    "AlarmDescription",
    "NewStateValue",
    "NewStateReason",
    "StateChangeTime",
    "Trigger",
)


def parse(delivery: Delivery) -> Received:
    """An alarm (firing, or resolved when it is OK again), or the address that confirms.

    What comes through the same topic and is no alarm is ignored, with the reason.

    Raises: NotUnderstood.
    """
    envelope = delivery.whole()
    if "Records" in envelope:
        received = [
            _message(record.need_inner("Sns"), delivery) for record in envelope.objects("Records")
        ]
        return Received(
            alerts=tuple(one for each in received for one in each.alerts),
            changes=tuple(one for each in received for one in each.changes),
            ignored=next((each.ignored for each in received if each.ignored), ""),
        )
    return _message(envelope, delivery)


def _message(envelope: Fields, delivery: Delivery) -> Received:
    kind = envelope.need("Type")
    number = envelope.text("MessageId")[:120]
    if kind == "SubscriptionConfirmation":
        address = envelope.need("SubscribeURL")
        if not is_subscribe_address(address):
            raise NotUnderstood(
                422,
                "An address of Amazon SNS was expected; no other one is called.",
                where=envelope.place("SubscribeURL"),
            )
        return Received(delivery_id=number, confirm_url=address, ignored="subscription")
    if kind != "Notification":
        return Received(delivery_id=number, ignored=f"Amazon SNS tells {kind[:60]}, no alarm")
    text = envelope.need("Message")
    try:
        inner = read_body(text.encode(), {})
    except NotUnderstood:
        return Received(delivery_id=number, ignored="a message in this topic that is no alarm")
    whole = Delivery(inner, delivery.headers, delivery.now)
    if isinstance(inner, dict) and "AlarmName" in inner:
        return Received(alerts=(_alarm(whole.whole(), envelope),), delivery_id=number)
    if isinstance(inner, dict) and "detail-type" in inner:
        return replace(eventbridge.parse(whole), delivery_id=number)
    return Received(delivery_id=number, ignored="a message in this topic that is no alarm")


def _alarm(alarm: Fields, envelope: Fields) -> Alert:
    name = alarm.need("AlarmName")
    state = alarm.need("NewStateValue").upper()
    trigger = alarm.inner("Trigger")
    dimensions = {
        one.text("name", "Name"): one.text("value", "Value")
        for one in trigger.objects("Dimensions")
    }
    when = alarm.moment("StateChangeTime") or envelope.moment("Timestamp")
    resolved = state == "OK"
    return alert(
        alarm.text("AlarmArn") or f"{alarm.text('AWSAccountId')}/{alarm.text('Region')}/{name}",
        alert_key=name,
        title=name if state != "INSUFFICIENT_DATA" else f"{name} (not enough data)",
        resolved=resolved,
        text="\n\n".join(
            part for part in (alarm.text("AlarmDescription"), alarm.text("NewStateReason")) if part
        ),
        starts_at=None if resolved else when,
        ended_at=when if resolved else None,
        labels={
            **dimensions,
            **alarm.rest(*_KNOWN),
            **trigger.rest("Dimensions", prefix="trigger."),
            "state": state,
            "topic": envelope.text("TopicArn"),
        },
        notes=alarm.notes,
    )
