"""CloudEvents 1.0 over HTTP: structured, binary and batched, from any source.

The envelope says from where, about what and when; what happened is in its data, in our own words
(see `generic`). Events of CDEvents about deployments, releases and incidents are known by their
type. Everything else is an alert of that type, for who points a source of events here wants them.

Source: CloudEvents specification 1.0.2, HTTP protocol binding; CDEvents 0.4, continuous deployment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from tracker.domain.event import Alert, Change, Notice, Received
from tracker.intake.fields import Delivery, Fields, digest, key_of
from tracker.intake.parsers.generic import gathered, tell
from tracker.intake.refusals import NotUnderstood

_CDEVENT: Final = re.compile(r"dev\.cdevents\.(?P<subject>\w+)\.(?P<predicate>\w+)\.[\w.+-]+")
_CHANGES: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("service", "deployed"): ("deploy", "succeeded"),
    ("service", "upgraded"): ("deploy", "succeeded"),
    ("service", "rolledback"): ("rollback", "succeeded"),
    ("service", "removed"): ("config", "succeeded"),
    ("service", "published"): ("release", "succeeded"),
    ("artifact", "published"): ("release", "succeeded"),
    ("environment", "created"): ("config", "succeeded"),
    ("environment", "modified"): ("config", "succeeded"),
    ("environment", "deleted"): ("config", "succeeded"),
}
_INCIDENTS: Final = {"detected": "firing", "reported": "firing", "resolved": "resolved"}
_TOLD: Final = ("data", "datacontenttype", "dataschema", "id", "source", "specversion", "subject")


def parse(delivery: Delivery) -> Received:
    """One alert, change or notice for each event.

    Raises: NotUnderstood.
    """
    events = [Fields(values, where, delivery.now) for values, where in envelopes(delivery)]
    found = gathered([_event(event) for event in events])
    if len(events) != 1:
        return found
    # Source and id together name an event; sent again it has both again.
    number = digest(key_of(events[0].need("source"), events[0].need("id")))
    return Received(
        alerts=found.alerts, changes=found.changes, notices=found.notices, delivery_id=number
    )


def envelopes(delivery: Delivery) -> list[tuple[dict[str, object], str]]:
    """The events as structured mode writes them, however they came, each with its place.

    Raises: NotUnderstood when this is no event of CloudEvents 1.
    """
    headers = delivery.headers
    found: list[tuple[dict[str, object], str]] = []
    if "ce-specversion" in headers or "ce-type" in headers:
        event: dict[str, object] = {
            name.removeprefix("ce-"): unquote(value)
            for name, value in headers.items()
            if name.startswith("ce-")
        }
        event["datacontenttype"] = headers.get("content-type", "")
        event["data"] = delivery.body
        found.append((event, ""))
    else:
        found += [(dict(piece.values), piece.where) for piece in delivery.objects()]
    for event, where in found:
        fields = Fields(event, where, delivery.now)
        version = fields.need("specversion")
        if not version.startswith("1."):
            raise NotUnderstood(
                422, "Version 1 of CloudEvents was expected.", where=fields.place("specversion")
            )
        for name in ("type", "source", "id"):
            fields.need(name)
    return found


def _event(event: Fields) -> Alert | Change | Notice:
    kind = event.need("type")
    known = _CDEVENT.fullmatch(kind)
    if known:
        values = _of_cdevents(event, known["subject"].lower(), known["predicate"].lower())
        if values:
            return tell(Fields(values, event.where, event.now, event.notes), "alert")
    return tell(Fields(_of_any(event, kind), event.where, event.now, event.notes), "alert")


def _of_any(event: Fields, kind: str) -> dict[str, object]:
    data = event.inner("data")
    subject = event.text("subject")
    is_change = data.text("kind") not in ("", "alert", "notice")
    # Events about one subject are one alert; without a subject every event is its own.
    key = key_of(event.text("source"), kind, subject or event.text("id"))
    ours: dict[str, object] = {
        **data.values,
        "key": data.text("key") or key,
        "title": data.text("title", "summary", "name") or f"{kind} {subject}".strip(),
        "labels": {
            **data.labels("labels"),
            "type": kind,
            "source": event.text("source"),
            "subject": subject,
            **event.rest(*_TOLD, "type", "time"),
        },
    }
    began = ("started_at", "starts_at")
    if not any(name in data for name in began):
        ours["started_at" if is_change else "starts_at"] = event.text("time")
    if not is_change:
        ours.setdefault("alert_key", kind)
    if not data.values and event.text("data"):
        ours["text"] = event.text("data")
    return ours


def _of_cdevents(event: Fields, subject: str, predicate: str) -> dict[str, object] | None:
    told = event.inner("data").inner("subject")
    content = told.inner("content")
    number = told.text("id") or event.text("subject")
    service = content.inner("service").text("id") or number
    around: dict[str, object] = {
        "environment": content.inner("environment").text("name", "id"),
        "labels": {"type": event.text("type"), "source": event.text("source")},
        "url": event.inner("data").inner("context").text("chainId"),
    }
    change = _CHANGES.get((subject, predicate))
    if change:
        kind, status = change
        return {
            **around,
            "kind": kind,
            "key": key_of(event.text("source"), number, event.text("id")),
            "title": f"{subject.capitalize()} {service} {predicate}",
            "status": status,
            "service": service if subject == "service" else "",
            "revision": content.text("artifactId"),
            "started_at": event.text("time"),
            "finished_at": event.text("time"),
        }
    if subject == "incident" and predicate in _INCIDENTS:
        over = _INCIDENTS[predicate] == "resolved"
        return {
            **around,
            "key": key_of(event.text("source"), number),
            "alert_key": f"Incident {number}",
            "title": content.text("description") or f"Incident {number}",
            "status": _INCIDENTS[predicate],
            "service": content.inner("service").text("id"),
            "ended_at" if over else "starts_at": event.text("time"),
        }
    return None
