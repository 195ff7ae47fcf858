"""Grafana: unified alerting (version 8 and later) and the dashboard alerts before it.

Unified alerting speaks as Alertmanager does, with addresses and values added. A dashboard alert has
one rule, one state and no start.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tracker.domain.event import Alert, Received
from tracker.intake.drafts import alert
from tracker.intake.fields import Delivery, Fields
from tracker.intake.parsers import alertmanager

_FIRING: Final = ("alerting", "no_data", "nodata", "pending", "error")
_RESOLVED: Final = ("ok", "paused", "normal")


def parse(delivery: Delivery) -> Received:
    """One alert for each instance of a rule; a legacy body is one alert.

    Raises: NotUnderstood.
    """
    body = delivery.whole()
    if "alerts" in body or "ruleName" not in body:
        received = alertmanager.parse(delivery)
        links = [_link(one) for one in body.objects("alerts")]
        return replace(
            received,
            alerts=tuple(
                replace(one, url=link or one.url)
                for one, link in zip(received.alerts, links, strict=True)
            ),
        )
    return _legacy(body)


def _link(one: Fields) -> str:
    # The panel shows what went wrong; the rule behind generatorURL only shows the condition.
    return one.address("panelURL", "dashboardURL", "generatorURL")


def _legacy(body: Fields) -> Received:
    state = body.text("state").lower()
    if state not in _FIRING + _RESOLVED:
        return Received(ignored=f"Grafana tells a state that is no alert: {state[:40] or 'none'}")
    return Received(alerts=(_dashboard_alert(body, resolved=state in _RESOLVED),))


def _dashboard_alert(body: Fields, *, resolved: bool) -> Alert:
    name = body.need("ruleName")
    labels = {f"tag.{key}": value for key, value in body.labels("tags").items()}
    for match in body.objects("evalMatches")[:20]:
        metric = match.text("metric") or "value"
        labels[f"value.{metric}"] = match.text("value")
        for key, value in match.labels("tags").items():
            labels.setdefault(key, value)
    # One that resolves lists no matches, so only the rule can tell which alert it is.
    return alert(
        "rule",
        body.text("orgId"),
        body.text("ruleId") or name,
        alert_key=name,
        title=name,
        resolved=resolved,
        text=body.text("message"),
        environment=labels.get("tag.environment") or labels.get("tag.env", ""),
        service=labels.get("tag.service", ""),
        severity=labels.get("tag.severity", ""),
        labels={
            **labels,
            **body.rest("evalMatches", "message", "title", "tags", "ruleName", "ruleUrl", "state"),
        },
        notes=body.notes,
        url=body.text("ruleUrl"),
    )
