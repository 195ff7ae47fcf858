"""Mappings: checked when they are saved, and then any JSON is ours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.intake.samples import NOW, at, only_alert, only_change, told
from tracker.domain.errors import NotValid
from tracker.domain.event import Received
from tracker.intake.fields import Delivery
from tracker.intake.kinds import kind_of, understand
from tracker.intake.mapping import read_mapping, ready_made
from tracker.intake.refusals import NotUnderstood

WATCH = {
    "each": "checks[]",
    "when": "mode != 'drill'",
    "delivery_id": "number",
    "fields": {
        "title": "join(' ', [name, 'is', state])",
        "alert_key": "name",
        "key": "id",
        "status": "state",
        "starts_at": "since",
        "service": "about.service",
    },
    "words": {"status": {"red": "firing", "green": "resolved"}},
    "labels": {"site": "about.site", "value": "value"},
}
MESSAGE = {
    "number": 12,
    "checks": [
        {
            "id": 1,
            "name": "pump",
            "state": "red",
            "since": 1795431600,
            "about": {"service": "depot"},
        },
        {"id": 2, "name": "gate", "state": "green", "since": 1795431600, "value": 3.5},
        {"id": 3, "name": "bell", "state": "red", "mode": "drill"},
    ],
}


def mapped(mapping: dict[str, Any], body: object, sender: str = "generic") -> Received:
    kind = kind_of(sender)
    assert kind is not None
    return understand(kind, Delivery(body, {}, NOW), read_mapping(mapping))


def test_a_mapping_finds_our_fields_in_any_json() -> None:
    received = mapped(WATCH, MESSAGE)
    pump, gate = received.alerts
    assert (pump.title, pump.alert_key, pump.status) == ("pump is red", "pump", "firing")
    assert (pump.starts_at, pump.service) == (at("2026-11-23T11:00:00"), "depot")
    assert (gate.status, gate.labels) == ("resolved", {"value": "3.5"})
    assert received.delivery_id == "12"


def test_when_the_mapping_takes_nothing_the_message_is_ignored() -> None:
    assert mapped(WATCH, {"checks": []}).ignored
    assert mapped(WATCH, {"checks": [{"mode": "drill"}]}).ignored


def test_a_mapping_may_make_changes() -> None:
    mapping = {
        "makes": "change",
        "fields": {"title": "what", "key": "id", "kind": "'flag'", "status": "how", "by": "tool"},
    }
    one = only_change(
        mapped(mapping, {"what": "New checkout", "id": 4, "how": "done", "tool": "ff"})
    )
    assert (one.kind, one.status, one.by) == ("flag", "succeeded", "ff")


def test_a_mapping_is_asked_of_an_event_whichever_way_it_came() -> None:
    kind = kind_of("cloudevents")
    assert kind is not None
    mapping = read_mapping({"fields": {"title": "data.text", "key": "id", "service": "subject"}})
    event = {"specversion": "1.0", "type": "t", "source": "/s", "id": "7", "subject": "depot"}
    structured = Delivery({**event, "data": {"text": "Storm"}}, {}, NOW)
    headers = {f"ce-{name}": value for name, value in event.items()}
    binary = Delivery({"text": "Storm"}, headers, NOW)
    assert understand(kind, structured, mapping) == understand(kind, binary, mapping)
    assert only_alert(understand(kind, binary, mapping)).service == "depot"


def test_a_sender_with_a_parser_of_its_own_needs_no_mapping() -> None:
    received = mapped({"fields": {"title": "x"}}, {"zen": "Calm", "hook": {}}, "github")
    assert received.ignored == "ping"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"fields": {}}, "mapping.fields"),
        ({"fields": {"title": "a", "titel": "b"}}, "mapping.fields.titel"),
        ({"fields": {"title": "a..b"}}, "mapping.fields.title"),
        ({"fields": {"title": 5}}, "mapping.fields.title"),
        ({"fields": {"title": "x" * 1001}}, "mapping.fields.title"),
        ({"each": "["}, "mapping.each"),
        ({"when": ""}, "mapping.when"),
        ({"makes": "coffee"}, "mapping.makes"),
        ({"labels": {"site": "!!"}}, "mapping.labels.site"),
        ({"labels": "{a"}, "mapping.labels"),
        ({"words": {"colour": {}}}, "mapping.words.colour"),
        ({"words": []}, "mapping.words"),
        ({"maps": {}}, "mapping.maps"),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_place(more: dict[str, Any], field: str) -> None:
    with pytest.raises(NotValid) as raised:
        read_mapping({**WATCH, **more})
    assert field in [gap.field for gap in raised.value.gaps]


def test_every_gap_of_a_mapping_is_told_at_once() -> None:
    with pytest.raises(NotValid) as raised:
        read_mapping({"fields": {"title": "[", "service": "("}, "when": ")", "makes": "tea"})
    assert len(raised.value.gaps) == 4


@pytest.mark.parametrize("given", [None, [], "title", 3])
def test_a_mapping_that_is_no_object_is_refused(given: object) -> None:
    with pytest.raises(NotValid):
        read_mapping(given)


def test_a_message_that_does_not_fit_says_which_field_of_ours() -> None:
    with pytest.raises(NotUnderstood, match="'title'"):
        mapped(WATCH, {"checks": [{"id": 1, "name": ["no", "text"], "state": "red"}]})
    with pytest.raises(NotUnderstood, match="'each' found no list"):
        mapped({**WATCH, "each": "number"}, MESSAGE)
    with pytest.raises(NotUnderstood) as raised:
        mapped({"fields": {"title": "missing"}}, MESSAGE)
    assert raised.value.status == 422


def test_ready_made_mappings_end_what_they_begin() -> None:
    pairs: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "pingdom": (
            {"check_id": 1, "check_name": "Shop", "current_state": "DOWN"},
            {"check_id": 1, "check_name": "Shop", "current_state": "UP"},
        ),
        "uptimerobot": (
            {"monitorID": "1", "monitorFriendlyName": "Shop", "alertTypeFriendlyName": "Down"},
            {"monitorID": "1", "monitorFriendlyName": "Shop", "alertTypeFriendlyName": "Up"},
        ),
        "site24x7": (
            {"MONITORNAME": "Shop", "STATUS": "TROUBLE"},
            {"MONITORNAME": "Shop", "STATUS": "UP"},
        ),
        "checkly": (
            {"check_id": "c", "check_name": "Shop", "alert_type": "ALERT_FAILURE"},
            {"check_id": "c", "check_name": "Shop", "alert_type": "ALERT_RECOVERY"},
        ),
        "newrelic": (
            {"issueId": "i", "title": "Shop", "state": "ACTIVATED"},
            {"issueId": "i", "title": "Shop", "state": "CLOSED"},
        ),
        "zabbix": (
            {"event_id": "5", "event_name": "Disk", "event_value": "1"},
            {"event_id": "5", "event_name": "Disk", "event_value": "0"},
        ),
        "riemann": (
            {"host": "h", "service": "s", "state": "critical"},
            {"host": "h", "service": "s", "state": "ok"},
        ),
        "gcp-monitoring": (
            {"incident": {"incident_id": "1", "condition_name": "CPU", "state": "open"}},
            {"incident": {"incident_id": "1", "condition_name": "CPU", "state": "closed"}},
        ),
        "dash0": (
            {"data": {"issue": {"id": "1", "summary": "Slow", "status": "critical"}}},
            {"data": {"issue": {"id": "1", "summary": "Slow", "status": "resolved"}}},
        ),
        "graylog": (
            {"event": {"id": "1"}, "event_definition_title": "Errors"},
            {
                "event": {"id": "1"},
                "event_definition_title": "Errors",
                "check_result": {"triggered": False},
            },
        ),
    }
    assert set(pairs) == set(ready_made())
    for sender, (began, ended) in pairs.items():
        first, last = only_alert(told(sender, began)), only_alert(told(sender, ended))
        assert (sender, first.status, last.status) == (sender, "firing", "resolved")
        assert first.instance_key == last.instance_key
        assert first.severity != last.severity or first.severity == ""
