"""Plain JSON in our own words, for scripts and for tools that let people write the body.

One object, a list of them, or an object with lists ``alerts``, ``changes`` and ``notices``. What an
object is says its ``kind``: alert (the usual one), change, or notice. An object with labels and
annotations is read as Prometheus means it. `tell` is also where mappings and CloudEvents end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tracker.domain.event import CHANGE_KINDS, CHANGE_STATUSES, Alert, Change, Notice, Received
from tracker.intake.drafts import alert, change, notice
from tracker.intake.fields import Delivery, Fields, digest
from tracker.intake.parsers import alertmanager
from tracker.intake.refusals import NotUnderstood

# What senders call an alert that is over; every other word means that it goes on.
RESOLVED_WORDS: Final = frozenset(
    {
        "clear",
        "cleared",
        "close",
        "closed",
        "false",
        "fixed",
        "good",
        "healthy",
        "inactive",
        "normal",
        "ok",
        "passing",
        "recovered",
        "recovery",
        "resolve",
        "resolved",
        "success",
        "up",
    }
)
CHANGE_WORDS: Final = {
    "aborted": "cancelled",
    "canceled": "cancelled",
    "completed": "succeeded",
    "done": "succeeded",
    "error": "failed",
    "failure": "failed",
    "finished": "succeeded",
    "in_progress": "started",
    "ok": "succeeded",
    "pending": "started",
    "running": "started",
    "start": "started",
    "success": "succeeded",
}
_KINDS: Final = ("alert", "change", "notice")
_KNOWN: Final = (
    "alert_key",
    "by",
    "description",
    "ended_at",
    "environment",
    "finished_at",
    "group_key",
    "key",
    "kind",
    "labels",
    "procedure_url",
    "revision",
    "rolls_back",
    "service",
    "severity",
    "started_at",
    "starts_at",
    "status",
    "text",
    "title",
    "url",
    "vendor",
)


def parse(delivery: Delivery) -> Received:
    """Everything the body holds, in its order.

    Raises: NotUnderstood.
    """
    if isinstance(delivery.body, list):
        pieces = delivery.objects()
        if pieces and "labels" in pieces[0] and "annotations" in pieces[0]:
            return alertmanager.parse(delivery)
        return gathered([tell(piece, "alert") for piece in pieces])
    body = delivery.whole()
    lists = [name for name in ("alerts", "changes", "notices") if name in body]
    if not lists:
        return gathered([tell(body, "alert")])
    if "groupLabels" in body or "commonLabels" in body:
        return alertmanager.parse(delivery)
    found = [tell(piece, name.removesuffix("s")) for name in lists for piece in body.objects(name)]
    return replace(gathered(found), delivery_id=body.text("delivery_id")[:120])


def gathered(found: list[Alert | Change | Notice]) -> Received:
    """The pieces in one answer, each kind in its order."""
    return Received(
        alerts=tuple(one for one in found if isinstance(one, Alert)),
        changes=tuple(one for one in found if isinstance(one, Change)),
        notices=tuple(one for one in found if isinstance(one, Notice)),
        ignored="" if found else "there is nothing in it",
    )


def tell(fields: Fields, usual: str) -> Alert | Change | Notice:
    """One object in our own words; ``usual`` is its kind when it does not say.

    The kind may also be a kind of change, such as ``deploy``.

    Raises: NotUnderstood.
    """
    kind = fields.text("kind").lower() or usual
    if kind in CHANGE_KINDS:
        return _change(fields, kind)
    if kind == "change":
        return _change(fields, "rollback" if fields.text("rolls_back") else "deploy")
    if kind == "notice":
        return _notice(fields)
    if kind == "alert":
        return _alert(fields)
    raise NotUnderstood(
        422,
        f"One of {', '.join((*_KINDS, *CHANGE_KINDS))} was expected.",
        where=fields.place("kind"),
    )


def is_over(status: str) -> bool:
    """True for the words that senders use for an alert that is over."""
    return status.strip().lower() in RESOLVED_WORDS


def _alert(fields: Fields) -> Alert:
    title = fields.need("title", "alert_key")
    alert_key = fields.text("alert_key") or title
    labels = fields.labels("labels")
    starts_at = fields.moment("starts_at", "started_at")
    # Without a key the alert of this name on this service is one instance, until it resolves.
    key = fields.text("key")
    service = fields.text("service")
    severity = fields.text("severity")
    return alert(
        *(("key", key) if key else ("alert", alert_key, service, fields.text("environment"))),
        alert_key=alert_key,
        title=title,
        resolved=is_over(fields.text("status")),
        text=fields.text("text", "description"),
        starts_at=starts_at,
        ended_at=fields.moment("ended_at", "finished_at"),
        # Many senders have one word for state and severity; "ok" is no severity.
        severity="" if is_over(severity) else severity,
        service=service,
        environment=fields.text("environment"),
        group_key=fields.text("group_key"),
        labels={**labels, **fields.rest(*_KNOWN)},
        notes=fields.notes,
        url=fields.text("url"),
        procedure_url=fields.text("procedure_url"),
    )


def _change(fields: Fields, kind: str) -> Change:
    said = fields.text("status").lower()
    status = CHANGE_WORDS.get(said, said) or "succeeded"
    if status not in CHANGE_STATUSES:
        raise NotUnderstood(
            422, f"One of {', '.join(CHANGE_STATUSES)} was expected.", where=fields.place("status")
        )
    key = fields.text("key")
    service = fields.text("service")
    revision = fields.text("revision")
    if not key and not revision:
        raise NotUnderstood(
            422,
            "A change needs a key or a revision, so that started and finished meet.",
            where=fields.place("key"),
        )
    return change(
        *(("key", key) if key else ("revision", service, fields.text("environment"), revision)),
        kind=kind,
        title=fields.text("title"),
        status=status,
        text=fields.text("text", "description"),
        service=service,
        environment=fields.text("environment"),
        revision=revision,
        started_at=fields.moment("started_at", "starts_at"),
        finished_at=fields.moment("finished_at", "ended_at"),
        url=fields.text("url"),
        by=fields.text("by"),
        labels={**fields.labels("labels"), **fields.rest(*_KNOWN)},
        notes=fields.notes,
        rolls_back=fields.text("rolls_back"),
    )


def _notice(fields: Fields) -> Notice:
    title = fields.need("title")
    return notice(
        "notice",
        fields.text("key") or digest(f"{fields.text('vendor')}|{title}"),
        title=title,
        resolved=is_over(fields.text("status")),
        text=fields.text("text", "description"),
        starts_at=fields.moment("starts_at", "started_at", may_be_ahead=True),
        ended_at=fields.moment("ended_at", "finished_at", may_be_ahead=True),
        vendor=fields.text("vendor"),
        url=fields.text("url"),
    )
