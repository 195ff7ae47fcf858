"""GitHub: deployments and their states, releases, and runs of workflows, as changes.

The service is the repository's name, for that is what a catalogue usually calls it.

Source: GitHub documentation, "Webhook events and payloads".
"""

from __future__ import annotations

import re
from typing import Final

from tracker.domain.event import Change, Received
from tracker.intake.drafts import change
from tracker.intake.fields import Delivery, Fields

_DEPLOYMENT_STATES: Final = {
    "queued": "started",
    "pending": "started",
    "waiting": "started",
    "in_progress": "started",
    "success": "succeeded",
    "failure": "failed",
    "error": "failed",
}
_CONCLUSIONS: Final = {
    "success": "succeeded",
    "failure": "failed",
    "timed_out": "failed",
    "startup_failure": "failed",
    "cancelled": "cancelled",
}
_ROLLBACK: Final = re.compile(r"\b(?:rollback|roll[ _-]back|revert)\b", re.IGNORECASE)
# Workflows that change what runs; all others only check it.
DEPLOYS: Final = re.compile(
    r"deploy|release|publish|rollback|roll[ _-]?out|promote|provision|terraform|migrat",
    re.IGNORECASE,
)
# A run that only checks is kept, for it may explain something, and stays out of figures.
CHECKS_ONLY: Final = "test"


def parse(delivery: Delivery) -> Received:
    """One change; events that change nothing in operation are ignored, with the reason.

    Raises: NotUnderstood.
    """
    body = delivery.whole()
    number = delivery.headers.get("x-github-delivery", "")[:120]
    event = delivery.headers.get("x-github-event", "") or _event_of(body)
    made: Change | str
    if event == "ping":
        made = "ping"
    elif event == "deployment":
        made = _deployment(body)
    elif event == "deployment_status":
        made = _deployment_status(body)
    elif event == "release":
        made = _release(body)
    elif event == "workflow_run":
        made = _workflow_run(body)
    else:
        made = f"GitHub tells {event[:60] or 'something'}, which is no change in operation"
    if isinstance(made, str):
        return Received(delivery_id=number, ignored=made)
    return Received(changes=(made,), delivery_id=number)


def _event_of(body: Fields) -> str:
    names = ("deployment_status", "deployment", "release", "workflow_run")
    if "zen" in body and "hook" in body:
        return "ping"
    return next((name for name in names if name in body), "")


def _deployment(body: Fields) -> Change:
    return _deployed(body, body.need_inner("deployment"), status="started", told=None)


def _deployment_status(body: Fields) -> Change | str:
    told = body.need_inner("deployment_status")
    state = told.need("state").lower()
    status = _DEPLOYMENT_STATES.get(state)
    if status is None:
        return f"a deployment became {state[:40]}, which changes nothing that runs"
    return _deployed(body, body.need_inner("deployment"), status=status, told=told)


def _deployed(body: Fields, deployment: Fields, *, status: str, told: Fields | None) -> Change:
    repository = body.inner("repository")
    task = deployment.text("task")
    payload = deployment.inner("payload")
    rolls_back = payload.text("rolls_back")
    environment = (told.text("environment") if told else "") or deployment.text("environment")
    is_rollback = bool(rolls_back or _ROLLBACK.search(task))
    service = payload.text("service") or repository.text("name")
    verb = "Rollback" if is_rollback else "Deployment"
    return change(
        "deployment",
        repository.text("full_name"),
        deployment.need("id"),
        kind="rollback" if is_rollback else "deploy",
        title=f"{verb} of {service} {deployment.text('ref')} to {environment}",
        status=status,
        text=(told.text("description") if told else "") or deployment.text("description"),
        service=service,
        environment=environment,
        revision=deployment.text("sha"),
        started_at=deployment.moment("created_at"),
        finished_at=told.moment("created_at", "updated_at") if told else None,
        url=(told.address("log_url", "target_url", "environment_url") if told else "")
        or repository.text("html_url"),
        by=deployment.inner("creator").text("login"),
        labels={
            "repository": repository.text("full_name"),
            "ref": deployment.text("ref"),
            "task": task,
            **payload.rest("service", "rolls_back", prefix="payload."),
        },
        notes=deployment.notes,
        rolls_back=rolls_back,
    )


def _release(body: Fields) -> Change | str:
    action = body.text("action")
    if action != "published":
        return f"a release was {action[:40]}; only a published one is a change"
    release = body.need_inner("release")
    repository = body.inner("repository")
    tag = release.need("tag_name")
    name = release.text("name")
    return change(
        "release",
        repository.text("full_name"),
        release.text("id") or tag,
        kind="release",
        title=f"Release {tag} of {repository.text('name')}",
        status="succeeded",
        text="\n\n".join(
            part for part in (name if name != tag else "", release.text("body")) if part
        ),
        service=repository.text("name"),
        revision=tag,
        started_at=release.moment("published_at", "created_at"),
        finished_at=release.moment("published_at"),
        url=release.text("html_url"),
        by=release.inner("author").text("login"),
        labels={
            "repository": repository.text("full_name"),
            "prerelease": release.text("prerelease"),
            "target": release.text("target_commitish"),
        },
        notes=release.notes,
    )


def _workflow_run(body: Fields) -> Change | str:
    run = body.need_inner("workflow_run")
    repository = body.inner("repository")
    branch = run.text("head_branch")
    main = repository.text("default_branch")
    if run.text("event") == "pull_request" or (
        main
        and branch != main
        and run.text("event") in ("push", "schedule", "")
        and not _is_tag(branch)
    ):
        return f"a workflow ran on {branch[:60] or 'a branch'}, not on {main[:60] or 'main'}"
    if run.text("status") == "completed":
        conclusion = run.text("conclusion").lower()
        status = _CONCLUSIONS.get(conclusion, "")
        if not status:
            return f"a workflow ended as {conclusion[:40] or 'nothing'}, so nothing was changed"
    else:
        status = "started"
    workflow = body.inner("workflow")
    name = run.text("name") or workflow.text("name") or "Workflow"
    deploys = DEPLOYS.search(f"{name} {run.text('path') or workflow.text('path')}")
    is_rollback = bool(_ROLLBACK.search(name))
    return change(
        "workflow_run",
        repository.text("full_name"),
        run.need("id"),
        run.text("run_attempt") or "1",
        kind="rollback" if is_rollback else "deploy",
        title=f"{name} of {repository.text('name')}: {run.text('display_title') or branch}",
        status=status,
        service=repository.text("name"),
        environment="" if deploys else CHECKS_ONLY,
        revision=run.text("head_sha"),
        started_at=run.moment("run_started_at", "created_at"),
        finished_at=run.moment("updated_at") if status != "started" else None,
        url=run.text("html_url"),
        by=run.inner("actor").text("login"),
        labels={
            "repository": repository.text("full_name"),
            "workflow": name,
            "path": run.text("path"),
            "branch": branch,
            "event": run.text("event"),
            "run_number": run.text("run_number"),
        },
        notes=run.notes,
    )


def _is_tag(branch: str) -> bool:
    return re.fullmatch(r"v?\d+(?:\.\d+)+.*", branch) is not None
