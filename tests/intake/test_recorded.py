"""Every recorded message of a real sender, and the captures of a real Alertmanager, end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.intake.samples import NOW, SHARED, told
from tracker.domain.event import Received
from tracker.intake.body import lowered
from tracker.intake.kinds import SIGNED, kind_of
from tracker.intake.refusals import NotTrusted
from tracker.intake.signatures import Sent

DATA = SHARED / "data"
CAPTURES = sorted((SHARED / "rigs" / "alerts" / "captures").glob("*.json"))
INDEX: list[dict[str, Any]] = [
    json.loads(line)
    for line in (DATA / "payloads" / "index.jsonl").read_text(encoding="utf-8").splitlines()
]
# Nothing of ours reads these; a source of plain JSON with a mapping would.
WITHOUT_A_SENDER = {"jira"}

# What each message is: kind, status, key or service, and what is known about its time.
EXPECTED: dict[str, list[str]] = {
    "alertmanager/no_version_postgresql_down_firing": ["firing PostgresqlDown from 2023-10-01"],
    "alertmanager/v4_firing_two_alerts": ["firing High CPU Temperature from 2020-02-06"] * 2,
    "alertmanager/v4_thing_dead_firing": ["firing thing_dead from 2017-08-03"],
    "aws-eventbridge/autoscaling_event_terminate_unsuccessful": [
        "firing EC2 Instance Terminate Unsuccessful"
    ],
    "aws-eventbridge/codedeploy_deployment_event": [
        "succeeded deploy of myApplication to myDeploymentGroup until 2016-06-30"
    ],
    "aws-sns-cloudwatch/lambda_wrapped_single_metric": ["firing EXAMPLE from 2015-06-03"],
    "aws-sns-cloudwatch/sns_alarm_s3_bucket_bytes": ["firing bucketbytesAlarm from 2019-02-15"],
    "aws-sns-cloudwatch/sns_subscription_confirmation": ["confirm", "ignored"],
    "checkly/alert_recovery": ["resolved API Check #1 until 2025-01-26"],
    "cloudevents/binary_mode_json_object": ["firing com.example.someevent from 2018-04-05"],
    "cloudevents/structured_json_object": ["firing com.example.someevent from 2018-04-05"],
    "cloudevents/structured_xml_string": ["firing com.example.someevent from 2018-04-05"],
    "dash0/alert_resolved": ["resolved New Check Rule from 2025-02-03 until 2025-02-03"],
    "datadog/simulated_high_cpu_usage": ["firing High CPU Usage (1234567890)"],
    "gcp-monitoring/incident_open_5xx_errors": ["firing projects/987654/alertPolicies/5xx-policy"],
    "gcp-monitoring/incident_open_v1_1": ["firing Webserver Health from 2017-07-06"],
    "github/deployment_created": ["started deploy of Hello-World to production from 2019-05-15"],
    "github/deployment_status_created": [
        "succeeded deploy of Hello-World to production from 2019-05-15 until 2019-05-15"
    ],
    "github/issues_opened": ["ignored"],
    "github/ping": ["ignored"],
    "github/push": ["ignored"],
    "github/release_published": [
        "succeeded release of Hello-World to production from 2019-05-15 until 2019-05-15"
    ],
    "github/status": ["ignored"],
    "github/workflow_job_completed_failure": ["ignored"],
    "github/workflow_run_completed": [
        "succeeded deploy of octo-repo to test from 2020-10-05 until 2020-10-05"
    ],
    "gitlab/deployment": [
        "succeeded deploy of test-deployment-webhooks to staging until 2021-04-28"
    ],
    "gitlab/issue": ["ignored"],
    "gitlab/pipeline": [
        "succeeded deploy of Gitlab Test to production from 2016-08-12 until 2016-08-12"
    ],
    "gitlab/release": [
        "succeeded release of Project Name to production from 2021-02-25 until 2021-02-25"
    ],
    "grafana/legacy_v5_alerting": ["firing Zeta CPU alert"],
    "grafana/legacy_v5_ok": ["resolved Zeta CPU alert"],
    "grafana/unified_v11_firing_values": ["firing Memory (copy) from 2024-03-01"],
    "grafana/unified_v8_firing_multiple": [
        "firing High memory usage from 2021-10-12",
        "firing High CPU usage from 2021-10-12",
    ],
    "graylog/http_notification_v3": ["firing test from 2015-09-10"],
    "newrelic/alerts_v1_notification": ["firing New Relic Alert - Test Condition from 2020-09-25"],
    "opsgenie/close": ["resolved test alert from 2015-01-05 until 2015-01-05"],
    "opsgenie/create": ["firing another alert from 2017-08-14"],
    "pagerduty/v3_incident_priority_updated": ["firing API Service: A little bump in the road"],
    "pagerduty/v3_incident_resolved": ["resolved pig208: Test Incident until 2021-06-04"],
    "pagerduty/v3_incident_triggered": ["firing pig208: Test Incident 3 from 2021-06-04"],
    "pingdom/state_down": ["firing Alerta API on OpenShift from 2017-06-30"],
    "riemann/event_ok": ["resolved servicejane"],
    "sentry/issue_created": ["firing zulip-integration-testing: Exception from 2020-04-28"],
    "site24x7/url_down": ["firing GoAlert Site24x7 Test from 2019-07-30"],
    "statuspage/incident_created": ["open Database query delays of mycompany24 from 2017-12-26"],
    "statuspage/incident_resolved": [
        "resolved Database query delays of mycompany24 from 2017-12-26 until 2017-12-26"
    ],
    "uptimerobot/monitor_down": ["firing Web Server"],
}


def name_of(entry: dict[str, Any]) -> str:
    return str(entry["path"]).removeprefix("payloads/").removesuffix(".json")


READ = [entry for entry in INDEX if entry["sender"] not in WITHOUT_A_SENDER]


def recorded(entry: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    path = DATA / entry["path"]
    headers = json.loads(path.with_name(f"{path.stem}.headers.json").read_text(encoding="utf-8"))
    return path.read_bytes(), lowered(headers)


def summary(received: Received) -> list[str]:
    def days(began: object, ended: object) -> str:
        return (f" from {began:%Y-%m-%d}" if began else "") + (
            f" until {ended:%Y-%m-%d}" if ended else ""
        )

    return [
        *(f"{a.status} {a.alert_key}{days(a.starts_at, a.ended_at)}" for a in received.alerts),
        *(
            f"{c.status} {c.kind} of {c.service} to {c.environment}"
            f"{days(c.started_at, c.finished_at)}"
            for c in received.changes
        ),
        *(
            f"{n.status} {n.title} of {n.vendor}{days(n.starts_at, n.ended_at)}"
            for n in received.notices
        ),
        *(["confirm"] if received.confirm_url else []),
        *(["ignored"] if received.ignored else []),
    ]


def test_every_recorded_message_is_expected_here() -> None:
    assert {name_of(entry) for entry in READ} == set(EXPECTED)


@pytest.mark.parametrize("entry", READ, ids=name_of)
def test_a_recorded_message_says_what_we_expect(entry: dict[str, Any]) -> None:
    raw, headers = recorded(entry)
    assert summary(told(entry["sender"], raw, headers)) == EXPECTED[name_of(entry)]


@pytest.mark.parametrize("entry", [e for e in READ if e["signing_secret"]], ids=name_of)
def test_a_recorded_signature_is_trusted_and_one_byte_more_is_not(entry: dict[str, Any]) -> None:
    raw, headers = recorded(entry)
    kind = kind_of(entry["sender"])
    assert kind is not None
    assert kind.check is not None
    secret = entry["signing_secret"].partition(" (plain")[0]
    kind.check(Sent(raw=raw, headers=headers, now=NOW), ["another secret", secret])
    with pytest.raises(NotTrusted):
        kind.check(Sent(raw=raw, headers=headers, now=NOW), [secret + "x"])
    if entry["sender"] != "gitlab":  # GitLab's token says nothing about the body.
        with pytest.raises(NotTrusted):
            kind.check(Sent(raw=raw + b"\n", headers=headers, now=NOW), [secret])


def test_every_sender_that_signs_is_among_them() -> None:
    signed = {entry["sender"] for entry in READ if entry["signing_secret"]}
    kinds = [kind_of(sender) for sender in signed]
    assert {kind.scheme for kind in kinds if kind} == {SIGNED}


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_a_capture_of_the_real_alertmanager_is_read(path: Path) -> None:
    body = json.loads(path.read_bytes())
    received = told("alertmanager", path.read_bytes(), {"Content-Type": "application/json"})
    assert [one.status for one in received.alerts] == [a["status"] for a in body["alerts"]]
    for one, sent in zip(received.alerts, body["alerts"], strict=True):
        assert one.instance_key.startswith(sent["fingerprint"])
        assert (one.service, one.severity) == (
            sent["labels"]["service"],
            sent["labels"]["severity"],
        )
        assert one.starts_at is not None
        assert (one.ended_at is None) == (one.status == "firing")


def test_the_captured_story_is_three_instances_that_all_resolve() -> None:
    status: dict[str, str] = {}
    for path in CAPTURES:
        for one in told("alertmanager", path.read_bytes()).alerts:
            status[one.instance_key] = one.status
    assert len(CAPTURES) == 8
    assert sorted(status.values()).count("resolved") >= 2
    assert len({key.partition("|")[0] for key in status}) == 3
