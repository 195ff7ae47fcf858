"""A sender whose clock is far ahead is told so, whatever it tells of; nothing is stored."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.conftest import Cast
from tests.faces.hook_sender import SECRET, Sender, events
from tests.stories.addresses import everything
from tracker.app import App

AHEAD = "2036-06-01T08:50:00Z"
NOW = "2026-06-01T08:50:00Z"
REPOSITORY = {"full_name": "shop/checkout", "name": "checkout", "default_branch": "main"}
PROJECT = {"path_with_namespace": "shop/checkout", "name": "checkout", "default_branch": "main"}
DEPLOYMENT = {"id": 7, "sha": "abc", "ref": "main", "environment": "production"}
RUN = {"id": 9, "ref": "main", "tag": False, "sha": "abc", "status": "success"}
ARGOCD = {"tells": "sync", "app": "checkout", "environment": "production", "revision": "abc"}
CHANGE = {"kind": "deploy", "key": "d 1", "service": "checkout"}

# Sender, its headers, its body at a time, and where that time stands in it.
TOLD: dict[str, tuple[str, dict[str, str], Any, str]] = {
    "a deployment of GitHub": (
        "github",
        {"X-GitHub-Event": "deployment", "X-GitHub-Delivery": "d-1"},
        lambda at: {"deployment": {**DEPLOYMENT, "created_at": at}, "repository": REPOSITORY},
        "created_at",
    ),
    "the end of a deployment of GitHub": (
        "github",
        {"X-GitHub-Event": "deployment_status", "X-GitHub-Delivery": "d-1"},
        lambda at: {
            "deployment": {**DEPLOYMENT, "created_at": NOW},
            "deployment_status": {"state": "success", "created_at": at},
            "repository": REPOSITORY,
        },
        "created_at",
    ),
    "a release of GitHub": (
        "github",
        {"X-GitHub-Event": "release", "X-GitHub-Delivery": "d-1"},
        lambda at: {
            "action": "published",
            "release": {"id": 1, "tag_name": "v1", "published_at": at},
            "repository": REPOSITORY,
        },
        "published_at",
    ),
    "a pipeline of GitLab": (
        "gitlab",
        {"X-Gitlab-Event": "Pipeline Hook"},
        lambda at: {
            "object_kind": "pipeline",
            "object_attributes": {**RUN, "created_at": at, "finished_at": at},
            "project": PROJECT,
            "builds": [{"name": "deploy", "stage": "deploy", "status": "success"}],
        },
        "created_at",
    ),
    "a deployment of GitLab": (
        "gitlab",
        {"X-Gitlab-Event": "Deployment Hook"},
        lambda at: {
            "object_kind": "deployment",
            "status": "success",
            "status_changed_at": at,
            "deployment_id": 3,
            "environment": "production",
            "short_sha": "abc",
            "project": PROJECT,
        },
        "status_changed_at",
    ),
    "a sync of Argo CD": (
        "argocd",
        {},
        lambda at: {**ARGOCD, "phase": "Running", "started_at": at},
        "started_at",
    ),
    "a change in our own words": (
        "generic",
        {},
        lambda at: {**CHANGE, "status": "succeeded", "started_at": NOW, "finished_at": at},
        "finished_at",
    ),
    "a change in a CloudEvent": (
        "cloudevents",
        {},
        lambda at: {
            "specversion": "1.0",
            "id": "e-1",
            "source": "/ci",
            "type": "dev.cdevents.service.deployed.0.1.0",
            "time": at,
            "data": {
                "context": {"id": "e-1", "timestamp": at},
                "subject": {
                    "id": "checkout",
                    "content": {"environment": {"id": "production"}, "artifactId": "abc"},
                },
            },
        },
        "started_at",
    ),
    "a deployment of CodeDeploy": (
        "eventbridge",
        {},
        lambda at: {
            "id": "e-1",
            "detail-type": "CodeDeploy Deployment State-change Notification",
            "source": "aws.codedeploy",
            "time": at,
            "detail": {"state": "START", "deploymentId": "d-1", "application": "checkout"},
        },
        "time",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_change_told_far_ahead_of_our_clock_is_refused_and_nothing_is_stored(
    sqlite_app: App, sqlite_cast: Cast, name: str
) -> None:
    sender_name, headers, body, where = TOLD[name]
    sender = Sender(sqlite_app, sender_name, **_signing(sender_name))
    before = everything(sqlite_app)
    refused = _send(sender, sender_name, headers, body(AHEAD))
    assert refused.status_code == 422, refused.text
    said = refused.get_json()["message"]
    assert said.startswith(f"changes[0].{where}: ")
    assert "more than a day ahead of our clock" in said
    assert "2036-06-01" in said
    after = everything(sqlite_app)
    del before["alert_source"], after["alert_source"]
    assert after == before
    assert "ahead of our clock" in sender.source().last_trouble
    # With the clock set, the same delivery is taken.
    assert _send(sender, sender_name, headers, body(NOW)).status_code == 202
    (event,) = events(sqlite_app)
    assert event.kind == "change"


def _signing(sender: str) -> dict[str, str]:
    return {"signing_secret": SECRET} if sender in ("github", "gitlab") else {}


def _send(sender: Sender, name: str, headers: dict[str, str], body: dict[str, Any]) -> TestResponse:
    raw = json.dumps(body).encode()
    proof = {}
    if name == "github":
        signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        proof = {"X-Hub-Signature-256": f"sha256={signature}"}
    elif name == "gitlab":
        proof = {"X-Gitlab-Token": SECRET}
    return sender.send(raw, headers={**headers, **proof}, key="" if proof else None)
