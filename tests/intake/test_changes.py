"""What changed: GitHub, GitLab, Argo CD, CodeDeploy, CDEvents and our own words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.intake.samples import at, only_alert, only_change, told
from tracker.domain.event import counts_in_figures
from tracker.intake.refusals import NotUnderstood

REPOSITORY = {"name": "depot", "full_name": "fernhill/depot", "default_branch": "main"}
DEPLOYMENT = {
    "id": 7,
    "sha": "abc123",
    "ref": "v1.4",
    "task": "deploy",
    "environment": "production",
    "created_at": "2026-11-23T10:00:00Z",
    "creator": {"login": "deploy-bot"},
    "payload": {},
}


def github(event: str, body: dict[str, Any]) -> Any:
    headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": "d-1"}
    return told("github", {"repository": REPOSITORY, **body}, headers)


def status(state: str, **more: Any) -> Any:
    said = {"state": state, "environment": "production", "created_at": "2026-11-23T10:05:00Z"}
    return github(
        "deployment_status", {"deployment": {**DEPLOYMENT, **more}, "deployment_status": said}
    )


def test_a_deployment_and_its_states_are_one_change() -> None:
    begun = only_change(github("deployment", {"deployment": DEPLOYMENT}))
    done = only_change(status("success"))
    assert begun.instance_key == done.instance_key
    assert (begun.status, begun.finished_at) == ("started", None)
    assert (done.status, done.finished_at) == ("succeeded", at("2026-11-23T10:05:00"))
    assert (done.service, done.environment, done.revision) == ("depot", "production", "abc123")
    assert done.by == "deploy-bot"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("queued", "started"),
        ("pending", "started"),
        ("in_progress", "started"),
        ("success", "succeeded"),
        ("failure", "failed"),
        ("error", "failed"),
    ],
)
def test_every_state_of_a_deployment_has_its_status(state: str, expected: str) -> None:
    assert only_change(status(state)).status == expected


def test_a_deployment_that_another_one_replaced_is_no_news() -> None:
    received = status("inactive")
    assert received.changes == ()
    assert "inactive" in received.ignored


def test_a_rollback_says_what_it_takes_back() -> None:
    back = only_change(status("success", task="rollback"))
    assert back.kind == "rollback"
    named = only_change(status("success", payload={"rolls_back": "abc122", "service": "shop"}))
    assert (named.kind, named.rolls_back, named.service) == ("rollback", "abc122", "shop")


def test_the_delivery_is_known_by_the_number_of_github() -> None:
    assert status("success").delivery_id == "d-1"
    assert github("ping", {"zen": "Calm", "hook": {}}).ignored == "ping"


def run(**more: Any) -> Any:
    body = {
        "id": 9,
        "run_attempt": 1,
        "name": "Deploy",
        "event": "push",
        "head_branch": "main",
        "head_sha": "abc",
        "status": "completed",
        "conclusion": "success",
        "run_started_at": "2026-11-23T10:00:00Z",
        "updated_at": "2026-11-23T10:04:00Z",
        **more,
    }
    return github("workflow_run", {"workflow_run": body})


def test_a_workflow_that_deploys_is_a_change_in_production() -> None:
    begun = only_change(run(status="in_progress", conclusion=None))
    done = only_change(run())
    assert begun.instance_key == done.instance_key
    assert (begun.status, done.status) == ("started", "succeeded")
    assert done.environment == "production"
    assert only_change(run(conclusion="timed_out")).status == "failed"
    assert only_change(run(run_attempt=2)).instance_key != done.instance_key


def test_a_workflow_that_only_checks_stays_out_of_figures() -> None:
    assert not counts_in_figures(only_change(run(name="Tests")).environment)


@pytest.mark.parametrize(
    "more",
    [
        {"head_branch": "idea"},
        {"event": "pull_request"},
        {"conclusion": "skipped"},
        {"conclusion": None},
    ],
)
def test_a_run_that_changed_nothing_is_ignored_with_its_reason(more: dict[str, Any]) -> None:
    received = run(**more)
    assert received.changes == ()
    assert received.ignored


def test_a_workflow_on_a_tag_counts() -> None:
    assert only_change(run(head_branch="v1.4.0")).status == "succeeded"


def test_only_a_published_release_is_a_change() -> None:
    release = {"id": 3, "tag_name": "v1.4", "name": "Autumn", "body": "Faster.", "author": {}}
    one = only_change(github("release", {"action": "published", "release": release}))
    assert (one.kind, one.revision, one.text) == ("release", "v1.4", "Autumn\n\nFaster.")
    assert github("release", {"action": "edited", "release": release}).changes == ()


PROJECT = {
    "id": 30,
    "name": "depot",
    "path_with_namespace": "fernhill/depot",
    "default_branch": "main",
}


def gitlab_deployment(state: str, when: str) -> dict[str, Any]:
    return {
        "object_kind": "deployment",
        "status": state,
        "status_changed_at": when,
        "deployment_id": 15,
        "environment": "production",
        "project": PROJECT,
        "short_sha": "279484c0",
        "commit_url": "https://gitlab.example/fernhill/depot/-/commit/279484c09fbe69ed",
        "ref": "main",
        "user": {"username": "deploy-bot", "email": "bot@fernhill.example"},
    }


def test_a_deployment_of_gitlab_is_one_change_from_running_to_success() -> None:
    begun = only_change(told("gitlab", gitlab_deployment("running", "2026-11-23 11:00:00 +0100")))
    done = only_change(told("gitlab", gitlab_deployment("success", "2026-11-23 11:05:00 +0100")))
    assert begun.instance_key == done.instance_key
    assert (begun.started_at, begun.finished_at) == (at("2026-11-23T10:00:00"), None)
    assert (done.status, done.finished_at) == ("succeeded", at("2026-11-23T10:05:00"))
    assert done.revision == "279484c09fbe69ed"
    assert "fernhill.example" not in str(done.labels)


@pytest.mark.parametrize(("state", "expected"), [("failed", "failed"), ("canceled", "cancelled")])
def test_a_deployment_of_gitlab_may_fail_or_be_cancelled(state: str, expected: str) -> None:
    body = gitlab_deployment(state, "2026-11-23 10:00:00 UTC")
    assert only_change(told("gitlab", body)).status == expected


def pipeline(jobs: list[dict[str, Any]], **more: Any) -> Any:
    run = {
        "id": 31,
        "ref": "main",
        "tag": False,
        "sha": "abc",
        "status": "success",
        "created_at": "2026-11-23 10:00:00 UTC",
        "finished_at": "2026-11-23 10:03:00 UTC",
        **more,
    }
    return told(
        "gitlab",
        {"object_kind": "pipeline", "object_attributes": run, "project": PROJECT, "builds": jobs},
    )


def test_a_pipeline_belongs_to_the_environment_of_the_job_that_ran() -> None:
    jobs = [
        {"name": "unit", "stage": "test", "status": "success"},
        {"name": "ship", "stage": "x", "status": "success", "environment": {"name": "staging"}},
        {"name": "ship", "stage": "x", "status": "manual", "environment": {"name": "production"}},
    ]
    assert only_change(pipeline(jobs)).environment == "staging"
    assert not counts_in_figures(only_change(pipeline(jobs[:1])).environment)
    deploy = [{"name": "deploy", "stage": "deploy", "status": "success"}]
    assert only_change(pipeline(deploy)).environment == "production"


def test_a_pipeline_of_another_branch_or_one_that_waits_is_no_change() -> None:
    assert "idea" in pipeline([], ref="idea").ignored
    assert "manual" in pipeline([], status="manual").ignored
    assert only_change(pipeline([], ref="v1.4", tag=True)).kind == "deploy"


ARGOCD = {
    "tells": "sync",
    "app": "depot",
    "environment": "production",
    "revision": "abc123def4567890",
    "phase": "Running",
    "started_at": "2026-11-23T10:00:00Z",
    "finished_at": "<no value>",
    "url": "https://argocd.example/applications/depot",
    "project": "shops",
}


def test_a_sync_of_argo_cd_is_one_change_from_running_to_its_end() -> None:
    begun = only_change(told("argocd", ARGOCD))
    done = only_change(
        told("argocd", {**ARGOCD, "phase": "Succeeded", "finished_at": "2026-11-23T10:01:00Z"})
    )
    assert begun.instance_key == done.instance_key
    assert (begun.status, begun.finished_at) == ("started", None)
    assert (done.status, done.finished_at) == ("succeeded", at("2026-11-23T10:01:00"))
    assert done.labels["project"] == "shops"


def test_an_application_that_is_degraded_is_an_alert_until_it_is_healthy() -> None:
    health = {"tells": "health", "app": "depot", "health": "Degraded", "at": "2026-11-23T10:00:00Z"}
    ill = only_alert(told("argocd", health))
    well = only_alert(told("argocd", {**health, "health": "Healthy"}))
    assert ill.instance_key == well.instance_key
    assert (ill.status, well.status) == ("firing", "resolved")


@pytest.mark.parametrize(
    "more", [{"app": ""}, {"tells": "weather"}, {"phase": "Dreaming"}, {"phase": None}]
)
def test_a_template_that_was_changed_is_told_where(more: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood) as raised:
        told("argocd", {**ARGOCD, **more})
    assert raised.value.where in ("app", "tells", "phase")


def test_a_deployment_of_codedeploy_is_one_change() -> None:
    def event(state: str) -> dict[str, Any]:
        return {
            "id": f"e-{state}",
            "detail-type": "CodeDeploy Deployment State-change Notification",
            "account": "1",
            "region": "eu-west-1",
            "time": "2026-11-23T10:00:00Z",
            "detail": {
                "state": state,
                "application": "depot",
                "deploymentId": "d-1",
                "deploymentGroup": "production",
            },
        }

    found = [
        only_change(told("eventbridge", event(state))) for state in ("START", "FAILURE", "STOP")
    ]
    assert len({one.instance_key for one in found}) == 1
    assert [one.status for one in found] == ["started", "failed", "cancelled"]
    assert told("eventbridge", event("START")).delivery_id == "e-START"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("dev.cdevents.service.deployed.0.1.1", "deploy"),
        ("dev.cdevents.service.rolledback.0.1.1", "rollback"),
        ("dev.cdevents.environment.modified.0.1.1", "config"),
    ],
)
def test_cdevents_about_what_runs_are_changes(kind: str, expected: str) -> None:
    body = {
        "specversion": "1.0",
        "type": kind,
        "source": "/ci",
        "id": "1",
        "time": "2026-11-23T10:00:00Z",
        "data": {
            "subject": {
                "id": "depot",
                "content": {"environment": {"id": "production"}, "artifactId": "pkg:oci/depot@1.4"},
            }
        },
    }
    one = only_change(told("cloudevents", body, {"Content-Type": "application/cloudevents+json"}))
    assert (one.kind, one.revision) == (expected, "pkg:oci/depot@1.4")
    assert one.finished_at == at("2026-11-23T10:00:00")


def test_a_script_tells_a_change_in_our_own_words() -> None:
    body = {
        "kind": "flag",
        "service": "depot",
        "key": "f-1",
        "title": "New checkout on",
        "by": "cli",
    }
    one = only_change(told("generic", body))
    assert (one.kind, one.status, one.title, one.by) == (
        "flag",
        "succeeded",
        "New checkout on",
        "cli",
    )
    back = only_change(told("generic", {"kind": "change", "key": "f-2", "rolls_back": "f-1"}))
    assert (back.kind, back.rolls_back) == ("rollback", "f-1")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"kind": "deploy", "service": "depot"}, "key"),
        ({"kind": "deploy", "key": "1", "status": "perhaps"}, "status"),
        ({"kind": "weather", "title": "x"}, "kind"),
        ({"alerts": [{"title": "a"}, {"text": "no title"}]}, "alerts[1].title"),
        ([{"title": "a"}, 1], "[1]"),
    ],
)
def test_what_our_own_words_lack_is_told_with_its_place(body: object, where: str) -> None:
    with pytest.raises(NotUnderstood) as raised:
        told("generic", body)
    assert (raised.value.status, raised.value.where) == (422, where)
