"""Alerts and notices of the other senders: how each alert begins, is known again, and ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.intake.samples import at, firing, group, only_alert, told
from tracker.intake.refusals import NotUnderstood


def sns(message: object, **more: Any) -> dict[str, Any]:
    text = message if isinstance(message, str) else json.dumps(message)
    return {"Type": "Notification", "MessageId": "m-1", "TopicArn": "t", "Message": text, **more}


def alarm(state: str, **more: Any) -> dict[str, Any]:
    return {
        "AlarmName": "depot-cpu",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:1:alarm:depot-cpu",
        "AlarmDescription": "Too busy",
        "NewStateValue": state,
        "NewStateReason": "Threshold crossed",
        "StateChangeTime": "2026-11-23T11:00:00.000+0000",
        "Trigger": {"Dimensions": [{"name": "service", "value": "depot"}], "Threshold": 80.0},
        **more,
    }


def test_an_alarm_of_cloudwatch_begins_and_ends_as_one_instance() -> None:
    begun = only_alert(told("cloudwatch", sns(alarm("ALARM"))))
    ended = only_alert(told("cloudwatch", sns(alarm("OK"))))
    assert begun.instance_key == ended.instance_key
    assert (begun.status, begun.starts_at) == ("firing", at("2026-11-23T11:00:00"))
    assert (ended.status, ended.ended_at) == ("resolved", at("2026-11-23T11:00:00"))
    assert begun.service == "depot"
    assert begun.text == "Too busy\n\nThreshold crossed"
    assert begun.labels["trigger.Threshold"] == "80.0"


def test_an_alarm_without_data_fires_and_says_so() -> None:
    one = only_alert(told("cloudwatch", sns(alarm("INSUFFICIENT_DATA"))))
    assert (one.status, one.title) == ("firing", "depot-cpu (not enough data)")


@pytest.mark.parametrize("message", ["a plain sentence", "{broken", '{"other": 1}', "[1]", "3"])
def test_what_else_comes_through_the_topic_is_ignored(message: str) -> None:
    received = told("cloudwatch", sns(message))
    assert received.alerts == ()
    assert (received.delivery_id, bool(received.ignored)) == ("m-1", True)


def test_an_alarm_through_eventbridge_is_the_same_instance() -> None:
    event = {
        "id": "e-1",
        "detail-type": "CloudWatch Alarm State Change",
        "resources": ["arn:aws:cloudwatch:eu-west-1:1:alarm:depot-cpu"],
        "time": "2026-11-23T11:00:00Z",
        "detail": {"alarmName": "depot-cpu", "state": {"value": "ALARM", "reason": "busy"}},
    }
    direct = only_alert(told("eventbridge", event))
    through_sns = only_alert(told("cloudwatch", sns(event)))
    from_cloudwatch = only_alert(told("cloudwatch", sns(alarm("ALARM"))))
    assert direct.instance_key == through_sns.instance_key == from_cloudwatch.instance_key


def pagerduty(kind: str, **more: Any) -> Any:
    incident = {
        "id": "P1",
        "title": "Depot is slow",
        "status": "triggered",
        "service": {"summary": "depot"},
        "assignees": [{"summary": "Ruth Fern"}],
        "urgency": "high",
        **more,
    }
    event = {
        "id": "E1",
        "event_type": kind,
        "occurred_at": "2026-11-23T11:00:00Z",
        "data": incident,
    }
    return told("pagerduty", {"event": event})


def test_an_incident_of_pagerduty_is_one_alert_without_names_of_people() -> None:
    begun = only_alert(pagerduty("incident.triggered"))
    taken = only_alert(pagerduty("incident.acknowledged", status="acknowledged"))
    ended = only_alert(pagerduty("incident.resolved", status="resolved"))
    assert {one.instance_key for one in (begun, taken, ended)} == {"P1"}
    assert [one.status for one in (begun, taken, ended)] == ["firing", "firing", "resolved"]
    assert begun.starts_at == ended.ended_at == at("2026-11-23T11:00:00")
    assert "Ruth" not in str(begun)


def test_pings_and_notes_of_pagerduty_are_no_alerts() -> None:
    assert pagerduty("pagey.ping").ignored == "ping"
    assert pagerduty("incident.annotated").alerts == ()


def opsgenie(action: str, **more: Any) -> Any:
    body = {
        "alertId": "a-1",
        "message": "Depot is slow",
        "tags": ["service:depot", "vip"],
        "createdAt": 1795431600000,
        "updatedAt": 1795432200000000000,
        "username": "ruth@fernhill.example",
        "priority": "P2",
        **more,
    }
    return told("opsgenie", {"action": action, "alert": body})


def test_an_alert_of_opsgenie_fires_until_it_is_closed() -> None:
    begun = only_alert(opsgenie("Create"))
    ended = only_alert(opsgenie("Close"))
    assert begun.instance_key == ended.instance_key
    assert (begun.status, begun.severity, begun.service) == ("firing", "P2", "depot")
    assert begun.starts_at == at("2026-11-23T11:00:00")
    assert (ended.status, ended.ended_at) == ("resolved", at("2026-11-23T11:10:00"))
    assert "ruth" not in str(begun)
    assert "ruth" not in str(opsgenie("Create", source="ruth@fernhill.example"))
    assert only_alert(opsgenie("Create", source="Icinga")).labels["source"] == "Icinga"
    assert opsgenie("AddNote").alerts == ()


def datadog(transition: str, **more: Any) -> Any:
    return told(
        "datadog",
        {
            "title": f"[{transition} on {{host:a}}] Depot is slow",
            "alert_title": "Depot is slow",
            "transition": transition,
            "cycle_key": "c-1",
            "monitor_id": "12",
            "tags": "service:depot,env:staging",
            "date": 1795431600000,
            "priority": "P3",
            **more,
        },
    )


def test_an_alert_of_datadog_is_known_by_its_cycle() -> None:
    begun = only_alert(datadog("Triggered"))
    ended = only_alert(datadog("Recovered"))
    assert begun.instance_key == ended.instance_key
    assert (begun.status, ended.status) == ("firing", "resolved")
    assert (begun.service, begun.environment, begun.severity) == ("depot", "staging", "P3")
    assert only_alert(datadog("Triggered", cycle_key="c-2")).instance_key != begun.instance_key


def test_a_template_of_datadog_without_a_cycle_is_known_by_monitor_and_scope() -> None:
    keys = {
        only_alert(datadog("Triggered", cycle_key="", scope=scope)).instance_key
        for scope in ("host:a", "host:a", "host:b")
    }
    assert len(keys) == 2
    plain = only_alert(datadog("Triggered", alert_title=None))
    assert plain.title == "Depot is slow"


def sentry(resource: str, body: dict[str, Any]) -> Any:
    headers = {
        "Sentry-Hook-Resource": resource,
        "Sentry-Hook-Timestamp": "1795432200",
        "Request-ID": "r-1",
    }
    return told("sentry", body, headers)


def test_an_issue_alert_of_sentry_is_ended_by_its_issue() -> None:
    event = {
        "event_id": "e1",
        "issue_id": "77",
        "title": "KeyError: cart",
        "level": "error",
        "environment": "production",
        "tags": [["service", "depot"], ["odd"], "odd"],
        "datetime": "2026-11-23T11:00:00Z",
        "web_url": "https://sentry.example/issues/77",
    }
    begun = only_alert(
        sentry(
            "event_alert",
            {"action": "triggered", "data": {"event": event, "triggered_rule": "Errors"}},
        )
    )
    issue = {"id": "77", "title": "KeyError: cart", "project": {"slug": "depot"}, "level": "error"}
    ended = only_alert(sentry("issue", {"action": "resolved", "data": {"issue": issue}}))
    assert begun.instance_key == ended.instance_key
    assert (begun.alert_key, begun.service, begun.environment) == ("Errors", "depot", "production")
    assert (ended.status, ended.ended_at) == ("resolved", at("2026-11-23T11:10:00"))


def test_a_metric_alert_of_sentry_has_its_severity_in_its_action() -> None:
    told_alert = {
        "id": "5",
        "title": "Many errors",
        "date_started": "2026-11-23T11:00:00Z",
        "date_closed": "2026-11-23T11:30:00Z",
        "projects": ["depot"],
        "alert_rule": {"name": "Many errors", "environment": "production"},
    }
    data = {"metric_alert": told_alert, "description_title": "Critical: Many errors"}
    begun = only_alert(sentry("metric_alert", {"action": "critical", "data": data}))
    ended = only_alert(sentry("metric_alert", {"action": "resolved", "data": data}))
    assert (begun.severity, begun.status, begun.ended_at) == ("critical", "firing", None)
    assert (ended.status, ended.ended_at) == ("resolved", at("2026-11-23T11:30:00"))
    assert begun.instance_key == ended.instance_key


@pytest.mark.parametrize(
    ("resource", "action"),
    [("issue", "assigned"), ("comment", "created"), ("installation", "created")],
)
def test_other_messages_of_sentry_are_ignored_with_their_number(resource: str, action: str) -> None:
    received = sentry(
        resource, {"action": action, "data": {"issue": {}} if resource == "issue" else {}}
    )
    assert (received.alerts, received.delivery_id, bool(received.ignored)) == ((), "r-1", True)


def test_unified_grafana_links_to_the_panel_and_keeps_the_values() -> None:
    one = firing(panelURL="https://grafana.example/d/1?viewPanel=2", values={"A": 97.5})
    said = only_alert(told("grafana", group(one, orgId=1, state="alerting")))
    assert said.url == "https://grafana.example/d/1?viewPanel=2"
    assert said.labels["extra.values.A"] == "97.5"


def test_a_dashboard_alert_of_grafana_is_known_by_its_rule() -> None:
    body = {"ruleId": 7, "orgId": 1, "ruleName": "Depot is slow", "tags": {"service": "depot"}}
    begun = only_alert(told("grafana", {**body, "state": "alerting"}))
    ended = only_alert(told("grafana", {**body, "state": "ok"}))
    assert begun.instance_key == ended.instance_key
    assert (begun.status, ended.status, begun.service) == ("firing", "resolved", "depot")
    assert told("grafana", {**body, "state": "unknown"}).ignored


def test_a_notice_of_statuspage_tells_its_updates_in_order() -> None:
    body = {
        "page": {"id": "p", "name": "Haulier"},
        "incident": {
            "id": "i-1",
            "name": "Slow deliveries",
            "status": "resolved",
            "created_at": "2026-11-23T10:00:00Z",
            "resolved_at": "2026-11-23T11:00:00Z",
            "incident_updates": [
                {"id": "u2", "status": "resolved", "body": "Over."},
                {"id": "u1", "status": "investigating", "body": "We look."},
            ],
            "components": [{"name": "Tracking"}],
        },
    }
    (one,) = told("statuspage", body).notices
    assert (one.vendor, one.status) == ("Haulier", "resolved")
    assert one.text.index("We look.") < one.text.index("Over.") < one.text.index("Tracking")
    assert (one.starts_at, one.ended_at) == (at("2026-11-23T10:00:00"), at("2026-11-23T11:00:00"))


def test_announced_work_may_lie_far_ahead() -> None:
    incident = {
        "id": "m-1",
        "name": "New pumps",
        "status": "scheduled",
        "scheduled_for": "2027-02-01T02:00:00Z",
        "created_at": "2026-11-20T10:00:00Z",
    }
    (one,) = told("statuspage", {"page": {"id": "p"}, "incident": incident}).notices
    assert (one.status, one.starts_at) == ("open", at("2027-02-01T02:00:00"))


def test_a_component_of_statuspage_is_open_until_it_is_operational() -> None:
    def update(status: str) -> Any:
        body = {
            "page": {"id": "p"},
            "component_update": {"component_id": "c", "new_status": status, "id": status},
            "component": {"id": "c", "name": "Tracking"},
        }
        return told("statuspage", body).notices[0]

    assert update("major_outage").instance_key == update("operational").instance_key
    assert [update(s).status for s in ("major_outage", "operational")] == ["open", "resolved"]
    assert update("major_outage").title == "Tracking: major outage"


def event(**more: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "type": "weather.storm", "source": "/sky", "id": "1", **more}


def test_an_event_is_the_same_in_binary_and_structured_mode() -> None:
    data = {"title": "Storm", "status": "firing", "service": "depot"}
    structured = told(
        "cloudevents",
        event(subject="north", data=data),
        {"Content-Type": "application/cloudevents+json"},
    )
    headers = {f"ce-{name}": value for name, value in event(subject="north").items()}
    binary = told("cloudevents", data, {**headers, "Content-Type": "application/json"})
    assert structured.alerts == binary.alerts
    assert structured.delivery_id == binary.delivery_id != ""
    over = told("cloudevents", event(id="2", subject="north", data={"status": "ok"}))
    assert over.alerts[0].instance_key == structured.alerts[0].instance_key
    assert over.alerts[0].status == "resolved"


def test_a_batch_of_events_is_each_of_them() -> None:
    received = told(
        "cloudevents",
        [event(), event(id="2")],
        {"Content-Type": "application/cloudevents-batch+json"},
    )
    assert len(received.alerts) == 2
    assert received.delivery_id == ""


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (event(specversion="0.3"), "specversion"),
        ({"type": "x"}, "specversion"),
        (event(source=""), "source"),
        ([event(), event(id=None)], "[1].id"),
    ],
)
def test_what_is_no_event_is_422_with_its_place(body: object, where: str) -> None:
    with pytest.raises(NotUnderstood) as raised:
        told("cloudevents", body)
    assert (raised.value.status, raised.value.where) == (422, where)


def test_a_plain_alert_is_known_by_its_key_or_its_name_and_service() -> None:
    one = only_alert(told("generic", {"title": "Queue grows", "service": "depot", "region": "n"}))
    again = only_alert(
        told("generic", {"title": "Queue grows", "service": "depot", "status": "ok"})
    )
    keyed = only_alert(told("generic", {"title": "Queue grows", "key": "q-1"}))
    assert one.instance_key == again.instance_key != keyed.instance_key
    assert (one.status, again.status) == ("firing", "resolved")
    assert one.labels == {"region": "n"}


def test_what_speaks_as_prometheus_is_read_as_prometheus() -> None:
    assert only_alert(told("generic", group(firing()))).alert_key == "DiskFull"
    assert only_alert(told("generic", [firing()])).alert_key == "DiskFull"
