"""Prometheus Alertmanager, webhook version 4, and what speaks the same: a bare list of alerts.

Alertmanager repeats a whole group again and again, so an instance is known by its fingerprint and
its start; the status that counts is each alert's own, never the group's.

Source: prometheus.io, "Alerting: configuration", webhook_config; rules of template data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracker.domain.event import Alert, Received
from tracker.intake.drafts import alert
from tracker.intake.fields import Delivery, Fields, fingerprint
from tracker.intake.refusals import NotUnderstood

_KNOWN: Final = (
    "status",
    "labels",
    "annotations",
    "startsAt",
    "endsAt",
    "generatorURL",
    "fingerprint",
)
_KNOWN_OF_GROUP: Final = (
    "alerts",
    "status",
    "version",
    "groupKey",
    "groupLabels",
    "commonLabels",
    "commonAnnotations",
    "truncatedAlerts",
)
_TOLD_ANNOTATIONS: Final = ("summary", "description", "message", "title")


def parse(delivery: Delivery) -> Received:
    """One alert for each in the group, firing and resolved side by side.

    A bare list is what Prometheus itself posts to an Alertmanager: there an end that has come is
    what resolves.

    Raises: NotUnderstood.
    """
    if isinstance(delivery.body, list):
        return Received(alerts=tuple(_alert(one, "", {}) for one in delivery.objects()))
    group = delivery.whole()
    if not isinstance(group.values.get("alerts"), list):
        raise NotUnderstood(
            422, "A list was expected, as Alertmanager sends it.", where=group.place("alerts")
        )
    around = group.rest(*_KNOWN_OF_GROUP, prefix="group.")
    left_out = group.text("truncatedAlerts")
    if left_out not in ("", "0"):
        around["group.truncatedAlerts"] = left_out
    return Received(
        alerts=tuple(_alert(one, group.text("groupKey"), around) for one in group.objects("alerts"))
    )


def _alert(one: Fields, group_key: str, around: Mapping[str, str]) -> Alert:
    labels = one.labels("labels")
    if not labels:
        raise NotUnderstood(
            422, "An object with at least one label was expected.", where=one.place("labels")
        )
    notes = one.labels("annotations")
    starts_at = one.moment("startsAt")
    ended_at = one.moment("endsAt")
    status = one.text("status").lower()
    if status not in ("firing", "resolved", ""):
        raise NotUnderstood(
            422, "Either firing or resolved was expected.", where=one.place("status")
        )
    resolved = status == "resolved" or (not status and ended_at is not None and ended_at <= one.now)
    # The text as sent, for a start that is not taken for being in the future still tells
    # instances apart.
    began = starts_at.isoformat() if starts_at else one.text("startsAt")
    name = labels.get("alertname") or "Alert without a name"
    return alert(
        one.text("fingerprint") or fingerprint(labels),
        began,
        alert_key=name,
        title=notes.get("summary") or notes.get("title") or name,
        resolved=resolved,
        text=notes.get("description") or notes.get("message") or "",
        starts_at=starts_at,
        ended_at=ended_at,
        group_key=group_key,
        labels={
            **labels,
            **{
                f"annotation.{key}": value
                for key, value in notes.items()
                if key not in _TOLD_ANNOTATIONS
            },
            **one.rest(*_KNOWN, prefix="extra."),
            **around,
        },
        notes=one.notes,
        url=one.text("generatorURL"),
        procedure_url=_procedure(notes),
    )


def _procedure(notes: Mapping[str, str]) -> str:
    for key, value in notes.items():
        if key.lower() in ("runbook_url", "runbook", "procedure_url", "playbook_url"):
            return value
    return ""
