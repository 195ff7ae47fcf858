"""Alertmanager: each alert's own status, one instance for each fingerprint and start, all kept."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from tests.intake.samples import NOW, at, firing, group, only_alert, told
from tracker.domain.alert import series_of
from tracker.intake.fields import LONGEST_LABEL, MOST_LABELS
from tracker.intake.refusals import NotUnderstood


def test_a_firing_alert_says_all_that_its_sender_says() -> None:
    one = only_alert(told("alertmanager", group(firing())))
    assert one.alert_key == "DiskFull"
    assert one.title == "The disk of depot is full"
    assert one.text == "97 percent used"
    assert (one.status, one.severity, one.service) == ("firing", "page", "depot")
    assert one.starts_at == at("2026-11-23T11:50:00.250")
    assert one.ended_at is None
    assert one.group_key == '{}:{alertname="DiskFull"}'
    assert one.url == "http://prometheus.example/graph?g0.expr=disk"
    assert one.labels["group.receiver"] == "tracker"


def test_a_repeat_is_the_same_instance_and_a_new_start_is_another() -> None:
    first = only_alert(told("alertmanager", group(firing())))
    again = only_alert(told("alertmanager", group(firing()), now=NOW + timedelta(hours=4)))
    later = only_alert(told("alertmanager", group(firing(startsAt="2026-11-23T11:58:00Z"))))
    assert again == first
    assert later.instance_key != first.instance_key


def test_the_start_is_the_same_instant_in_any_zone() -> None:
    here = only_alert(told("alertmanager", group(firing(startsAt="2026-11-23T11:50:00Z"))))
    there = only_alert(told("alertmanager", group(firing(startsAt="2026-11-23T12:50:00+01:00"))))
    assert there.instance_key == here.instance_key


def test_in_one_group_each_alert_has_its_own_status() -> None:
    over = firing(
        status="resolved",
        fingerprint="bb",
        startsAt="2026-11-23T11:00:00Z",
        endsAt="2026-11-23T11:55:00Z",
    )
    received = told("alertmanager", group(firing(), over, status="firing"))
    assert [one.status for one in received.alerts] == ["firing", "resolved"]
    assert [one.ended_at for one in received.alerts] == [None, at("2026-11-23T11:55:00")]


def test_a_firing_alert_has_no_end_whatever_stands_there() -> None:
    assert (
        only_alert(told("alertmanager", group(firing(endsAt="2026-11-23T11:59:00Z")))).ended_at
        is None
    )


def test_an_end_before_the_start_is_an_end_at_the_start() -> None:
    odd = firing(status="resolved", endsAt="2026-11-23T11:00:00Z")
    one = only_alert(told("alertmanager", group(odd)))
    assert one.ended_at == one.starts_at


def test_without_a_fingerprint_the_labels_in_any_order_are_the_instance() -> None:
    labels = {"alertname": "A", "host": "h1"}
    one = firing(labels=labels)
    del one["fingerprint"]
    other = copy.deepcopy(one) | {"labels": dict(reversed(labels.items()))}
    third = copy.deepcopy(one) | {"labels": {"alertname": "A", "host": "h2"}}
    keys = [a.instance_key for a in told("alertmanager", group(one, other, third)).alerts]
    assert keys[0] == keys[1] != keys[2]


def test_a_start_far_ahead_is_unknown_and_noted_and_still_tells_instances_apart() -> None:
    ahead = firing(startsAt="2999-01-01T00:00:00Z")
    one = only_alert(told("alertmanager", group(ahead)))
    assert one.starts_at is None
    assert "2999-01-01" in one.labels["intake.startsAt"]
    assert one.instance_key.endswith("2999-01-01T00:00:00Z")
    soon = only_alert(told("alertmanager", group(firing(startsAt="2026-11-24T11:00:00Z"))))
    assert soon.starts_at == at("2026-11-24T11:00:00")


def test_a_note_of_ours_cannot_be_made_by_a_label() -> None:
    ahead = firing(startsAt="2999-01-01T00:00:00Z")
    ahead["labels"] = {**ahead["labels"], "intake.startsAt": "all is well"}
    assert "2999" in only_alert(told("alertmanager", group(ahead))).labels["intake.startsAt"]


def test_a_long_label_is_cut_with_a_mark_and_ten_thousand_characters_fit() -> None:
    labels = {"alertname": "A", "fits": "x" * LONGEST_LABEL, "long": "y" * 25_000}
    one = only_alert(told("alertmanager", group(firing(labels=labels))))
    assert one.labels["fits"] == labels["fits"]
    assert len(one.labels["long"]) == LONGEST_LABEL
    assert one.labels["long"].endswith("… (cut, 25,000 characters)")


def test_of_too_many_labels_it_is_said_how_many_are_missing() -> None:
    labels = {"alertname": "A", **{f"l{n}": "x" for n in range(MOST_LABELS + 50)}}
    one = only_alert(told("alertmanager", group(firing(labels=labels))))
    assert len(one.labels) == MOST_LABELS + 1
    assert one.labels["intake.labels"].startswith("53 more")


def test_unknown_fields_are_kept_beside_the_labels() -> None:
    one = only_alert(told("alertmanager", group(firing(novel={"a": [1, 2]}), region="north")))
    assert one.labels["extra.novel.a"] == "[1,2]"
    assert one.labels["group.region"] == "north"


def test_annotations_are_kept_and_the_procedure_is_found_among_them() -> None:
    notes = {"summary": "s", "runbook_url": "https://runbooks.example/disk", "impact": "slow"}
    one = only_alert(told("alertmanager", group(firing(annotations=notes))))
    assert one.procedure_url == "https://runbooks.example/disk"
    assert one.labels["annotation.impact"] == "slow"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//x.example", "http://x y"]
)
def test_an_address_that_is_no_web_address_is_no_link(address: str) -> None:
    one = only_alert(
        told(
            "alertmanager",
            group(firing(generatorURL=address, annotations={"runbook_url": address})),
        )
    )
    assert (one.url, one.procedure_url) == ("", "")


def test_a_group_of_a_thousand_is_a_thousand_alerts_in_order() -> None:
    received = told("alertmanager", group(*(firing(fingerprint=f"{n:016x}") for n in range(1000))))
    assert len({one.instance_key for one in received.alerts}) == 1000
    assert received.alerts[999].instance_key.startswith(f"{999:016x}|")


def test_what_prometheus_itself_posts_resolves_by_its_end() -> None:
    over = firing(endsAt="2026-11-23T11:59:00Z")
    on = firing(endsAt="2026-11-23T12:04:00Z", fingerprint="bb")
    for one in (over, on):
        del one["status"]
    received = told("prometheus", [over, on])
    assert [one.status for one in received.alerts] == ["resolved", "firing"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "alerts"),
        ({"alerts": "none"}, "alerts"),
        (group("text"), "alerts[0]"),  # type: ignore[arg-type]
        (group(firing(), firing(labels=[])), "alerts[1].labels"),
        (group(firing(labels={})), "alerts[0].labels"),
        (group(firing(status="maybe")), "alerts[0].status"),
        ([1], "[0]"),
    ],
)
def test_what_is_not_understood_is_422_and_says_where(body: object, where: str) -> None:
    with pytest.raises(NotUnderstood) as raised:
        told("alertmanager", body)
    assert (raised.value.status, raised.value.where) == (422, where)
    assert raised.value.message.startswith(where)


@pytest.mark.parametrize("body", [None, 1, "text", True])
def test_a_body_that_is_no_object_is_422(body: object) -> None:
    with pytest.raises(NotUnderstood) as raised:
        told("alertmanager", body)
    assert raised.value.status == 422


def test_an_empty_group_is_no_alert() -> None:
    assert told("alertmanager", group()).alerts == ()


def test_a_measured_value_does_not_make_another_series_of_the_same_alert() -> None:
    low = firing(values={"A": 91.5}, annotations={"summary": "91 percent", "value": "91"})
    high = firing(values={"A": 97.5}, annotations={"summary": "97 percent", "value": "97"})
    first = only_alert(told("grafana", group(low, message="one", title="[FIRING:1]")))
    second = only_alert(told("grafana", group(high, message="two", title="[FIRING:2]")))
    assert series_of(first) == series_of(second)
    labels = {"alertname": "DiskFull", "service": "shop"}
    assert series_of(only_alert(told("grafana", group(firing(labels=labels))))) != series_of(first)
