"""Whatever JSON comes, a parser understands it or says that it does not, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.intake.samples import NOW, firing, group
from tracker.domain.event import CHANGE_STATUSES, Received
from tracker.intake.body import read_body
from tracker.intake.fields import (
    LONGEST_KEY,
    LONGEST_LABEL,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_LABELS,
    Delivery,
)
from tracker.intake.kinds import SenderKind, all_kinds, understand
from tracker.intake.masking import mask_secrets
from tracker.intake.moments import read_moment
from tracker.intake.refusals import NotUnderstood

PARSERS = Path(__file__).parents[2] / "tracker" / "intake" / "parsers"
# The names that any parser asks for, read from the parsers, so that wild values reach them.
NAMES = sorted(
    {
        name
        for path in PARSERS.glob("*.py")
        for name in re.findall(r'"([A-Za-z_-]{2,24})"', path.read_text(encoding="utf-8"))
    }
)
WORDS = st.sampled_from(
    ["firing", "resolved", "OK", "ALARM", "success", "created", "Notification", "published", "1.0"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | WORDS
    | st.sampled_from(
        ["0001-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "9" * 300, "2026-13-45 99:99"]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=8)
    ),
    max_leaves=25,
)
KINDS = list(all_kinds().values())


def outcome(kind: SenderKind, delivery: Delivery) -> Received | NotUnderstood:
    try:
        return understand(kind, delivery)
    except NotUnderstood as error:
        return error


def check(received: Received | NotUnderstood) -> None:
    """What a database's columns and the rest of the house rely on."""
    if isinstance(received, NotUnderstood):
        assert received.status == 422
        assert received.message
        return
    for one in (*received.alerts, *received.changes, *received.notices):
        assert 0 < len(one.instance_key) <= LONGEST_KEY
        assert 0 < len(one.title) <= LONGEST_TITLE
        assert "\n" not in one.title
        assert len(one.text) <= LONGEST_TEXT
        assert one.url == "" or one.url.lower().startswith(("http://", "https://"))
    for alert in received.alerts:
        assert alert.status in ("firing", "resolved")
        assert len(alert.alert_key) <= LONGEST_KEY
        assert len(alert.group_key) <= LONGEST_KEY
        assert alert.ended_at is None or alert.status == "resolved"
        assert max(len(alert.severity), len(alert.environment)) <= 60
        assert all(len(value) <= LONGEST_LABEL for value in alert.labels.values())
        assert len(alert.labels) <= MOST_LABELS + 1
    for change in received.changes:
        assert change.status in CHANGE_STATUSES
        assert max(len(change.revision), len(change.by), len(change.service)) <= 200
    assert len(received.delivery_id) <= 120


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@settings(max_examples=40000, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=JSON, event=st.sampled_from(["", "deployment", "release", "metric_alert", "issue"]))
def test_any_json_is_understood_or_not_understood(
    kind: SenderKind, body: object, event: str
) -> None:
    headers = {"x-github-event": event, "sentry-hook-resource": event, "ce-type": event}
    check(outcome(kind, Delivery(body, headers if event else {}, NOW)))


def broken_somewhere(value: Any, path: list[int], with_what: object) -> Any:
    """The value with one place in it, found by the numbers of the path, replaced."""
    if not path or not isinstance(value, dict | list) or not value:
        return with_what
    if isinstance(value, list):
        n = path[0] % len(value)
        return [
            broken_somewhere(inner, path[1:], with_what) if i == n else inner
            for i, inner in enumerate(value)
        ]
    name = sorted(value)[path[0] % len(value)]
    return {**value, name: broken_somewhere(value[name], path[1:], with_what)}


EXAMPLES: dict[str, Any] = {
    "alertmanager": group(firing(), firing(status="resolved")),
    "argocd": {"tells": "sync", "app": "a", "phase": "Running", "revision": "r"},
    "cloudevents": {
        "specversion": "1.0",
        "type": "dev.cdevents.service.deployed.0.1.1",
        "source": "/s",
        "id": "1",
        "data": {"subject": {"id": "s", "content": {"environment": {"id": "p"}}}},
    },
    "cloudwatch": {
        "Records": [
            {
                "Sns": {
                    "Type": "Notification",
                    "Message": '{"AlarmName": "a", "NewStateValue": "OK"}',
                }
            }
        ]
    },
    "eventbridge": {
        "id": "1",
        "detail-type": "CloudWatch Alarm State Change",
        "resources": ["arn:x"],
        "detail": {"alarmName": "a", "state": {"value": "ALARM"}, "configuration": {}},
    },
    "github": {
        "repository": {"name": "r", "full_name": "o/r"},
        "deployment": {"id": 1, "payload": {}, "creator": {"login": "l"}},
        "deployment_status": {"state": "success"},
    },
    "gitlab": {
        "object_kind": "pipeline",
        "object_attributes": {"id": 1, "status": "success", "ref": "main"},
        "project": {"id": 1, "default_branch": "main"},
        "builds": [{"name": "n", "environment": {"name": "e"}}],
    },
    "grafana": {"ruleName": "r", "state": "alerting", "evalMatches": [{"tags": {"a": "b"}}]},
    "pagerduty": {
        "event": {
            "event_type": "incident.triggered",
            "data": {"id": "1", "service": {}, "teams": [{"summary": "t"}]},
        }
    },
    "sentry": {
        "action": "critical",
        "data": {"metric_alert": {"id": "1", "alert_rule": {"name": "n", "projects": ["p"]}}},
    },
    "statuspage": {
        "page": {"id": "p"},
        "meta": {"unsubscribe": "https://x.statuspage.io/?u=1"},
        "incident": {"id": "1", "incident_updates": [{"id": "u"}], "components": [{"name": "c"}]},
    },
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
@settings(max_examples=2500, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.lists(st.integers(0, 20), max_size=6), wild=JSON)
def test_a_good_message_with_one_wild_place_is_understood_or_not(
    name: str, path: list[int], wild: object
) -> None:
    kind = all_kinds()[name]
    check(outcome(kind, Delivery(broken_somewhere(EXAMPLES[name], path, wild), {}, NOW)))


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_examples_themselves_are_understood(name: str) -> None:
    received = understand(all_kinds()[name], Delivery(EXAMPLES[name], {}, NOW))
    check(received)
    assert received.alerts or received.changes or received.notices


@settings(max_examples=4000, deadline=None)
@given(raw=st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read_body(raw, {})
        status = 200
    except NotUnderstood as error:
        status = error.status
    assert status in (200, 400, 413, 415)


@settings(max_examples=4000, deadline=None)
@given(value=SCALARS | st.text(alphabet="0123456789-:TZ+. ", max_size=30))
def test_any_value_is_an_instant_or_none(value: object) -> None:
    moment = read_moment(value)
    assert moment is None or moment.year >= 1970


@settings(max_examples=4000, deadline=None)
@given(value=JSON)
def test_masking_keeps_json_as_json(value: object) -> None:
    shown = mask_secrets(json.dumps(value))
    assert isinstance(value, dict | list) is isinstance(json.loads(shown), dict | list)
