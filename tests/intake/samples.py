"""Sending a message to the room as a face would: bytes and headers in, what it says out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracker.domain.event import Alert, Change, Received
from tracker.intake.body import lowered, read_body
from tracker.intake.fields import Delivery
from tracker.intake.kinds import kind_of, understand

SHARED = Path(__file__).parents[3] / "shared"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def told(
    sender: str, body: object, headers: Mapping[str, str] | None = None, *, now: datetime = NOW
) -> Received:
    """What the sender's message says; a body of bytes is sent as it is."""
    kind = kind_of(sender)
    assert kind is not None
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = lowered(headers or {})
    return understand(kind, Delivery(read_body(raw, given), given, now))


def only_alert(received: Received) -> Alert:
    (one,) = received.alerts
    assert received.changes == received.notices == ()
    return one


def only_change(received: Received) -> Change:
    (one,) = received.changes
    assert received.alerts == received.notices == ()
    return one


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def firing(**more: Any) -> dict[str, Any]:
    """One alert of an Alertmanager, firing, with what more says."""
    return {
        "status": "firing",
        "labels": {"alertname": "DiskFull", "service": "depot", "severity": "page"},
        "annotations": {"summary": "The disk of depot is full", "description": "97 percent used"},
        "startsAt": "2026-11-23T11:50:00.25Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=disk",
        "fingerprint": "09d6e4e9d41fcc61",
        **more,
    }


def group(*alerts: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The body of an Alertmanager, version 4, around these alerts."""
    return {
        "version": "4",
        "groupKey": '{}:{alertname="DiskFull"}',
        "status": "firing",
        "receiver": "tracker",
        "groupLabels": {"alertname": "DiskFull"},
        "commonLabels": {"alertname": "DiskFull"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "truncatedAlerts": 0,
        "alerts": list(alerts),
        **more,
    }
