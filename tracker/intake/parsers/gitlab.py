"""GitLab: deployments, pipelines and releases, as changes.

Source: GitLab documentation, "Webhook events".
"""

from __future__ import annotations

from typing import Final

from tracker.domain.event import Change, Received
from tracker.intake.drafts import change
from tracker.intake.fields import Delivery, Fields
from tracker.intake.parsers.github import CHECKS_ONLY, DEPLOYS

_STATUSES: Final = {
    "created": "started",
    "pending": "started",
    "preparing": "started",
    "waiting_for_resource": "started",
    "running": "started",
    "success": "succeeded",
    "failed": "failed",
    "canceled": "cancelled",
    "canceling": "cancelled",
}


def parse(delivery: Delivery) -> Received:
    """One change; events that change nothing in operation are ignored, with the reason.

    Raises: NotUnderstood.
    """
    body = delivery.whole()
    headers = delivery.headers
    number = (headers.get("x-gitlab-event-uuid") or headers.get("idempotency-key") or "")[:120]
    kind = body.text("object_kind")
    made: Change | str
    if kind == "deployment":
        made = _deployment(body)
    elif kind == "pipeline":
        made = _pipeline(body)
    elif kind == "release":
        made = _release(body)
    else:
        said = kind or headers.get("x-gitlab-event", "") or "something"
        made = f"GitLab tells {said[:60]}, which is no change in operation"
    if isinstance(made, str):
        return Received(delivery_id=number, ignored=made)
    return Received(changes=(made,), delivery_id=number)


def _deployment(body: Fields) -> Change | str:
    state = body.need("status").lower()
    status = _STATUSES.get(state)
    if status is None:
        return f"a deployment is {state[:40]}, so nothing was changed"
    project = body.inner("project")
    environment = body.text("environment")
    when = body.moment("status_changed_at")
    # The full commit stands only at the end of its address.
    commit = body.text("commit_url").rpartition("/commit/")[2]
    return change(
        "deployment",
        _project_key(project),
        body.need("deployment_id"),
        kind="deploy",
        title=f"Deployment of {project.text('name')} {body.text('ref')} to {environment}",
        status=status,
        text=body.text("commit_title"),
        service=project.text("name"),
        environment=environment,
        revision=commit or body.text("short_sha"),
        started_at=when if status == "started" else None,
        finished_at=when,
        url=body.address("deployable_url", "environment_external_url"),
        by=body.inner("user").text("username"),
        labels={
            "project": project.text("path_with_namespace"),
            "ref": body.text("ref"),
            "environment_tier": body.text("environment_tier"),
        },
        notes=body.notes,
    )


def _pipeline(body: Fields) -> Change | str:
    run = body.need_inner("object_attributes")
    project = body.inner("project")
    branch = run.text("ref")
    main = project.text("default_branch")
    if main and branch != main and run.text("tag") != "true":
        return f"a pipeline ran on {branch[:60] or 'a branch'}, not on {main[:60]}"
    state = run.need("status").lower()
    status = _STATUSES.get(state)
    if status is None:
        return f"a pipeline is {state[:40]}, so nothing was changed"
    jobs = [
        job for job in body.objects("builds") if job.text("status") not in ("skipped", "manual")
    ]
    environments = [job.inner("environment").text("name") for job in jobs]
    environment = next((name for name in environments if name), "")
    deploys = any(DEPLOYS.search(f"{job.text('name')} {job.text('stage')}") for job in jobs)
    return change(
        "pipeline",
        _project_key(project),
        run.need("id"),
        kind="deploy",
        title=f"Pipeline of {project.text('name')} on {branch}",
        status=status,
        text=body.inner("commit").text("title", "message"),
        service=project.text("name"),
        environment=environment if environment or deploys else CHECKS_ONLY,
        revision=run.text("sha"),
        started_at=run.moment("created_at"),
        finished_at=run.moment("finished_at"),
        url=run.address("url") or project.address("web_url"),
        by=body.inner("user").text("username"),
        labels={
            "project": project.text("path_with_namespace"),
            "ref": branch,
            "source": run.text("source"),
            "stages": run.text("stages"),
        },
        notes=run.notes,
    )


def _release(body: Fields) -> Change | str:
    action = body.text("action")
    if action != "create":
        return f"a release was told with {action[:40] or 'nothing'}; only a new one is a change"
    project = body.inner("project")
    tag = body.need("tag")
    when = body.moment("released_at", "created_at")
    return change(
        "release",
        _project_key(project),
        body.text("id") or tag,
        kind="release",
        title=f"Release {tag} of {project.text('name')}",
        status="succeeded",
        text=body.text("description"),
        service=project.text("name"),
        revision=tag,
        started_at=when,
        finished_at=when,
        url=body.text("url"),
        labels={
            "project": project.text("path_with_namespace"),
            "commit": body.inner("commit").text("id"),
        },
        notes=body.notes,
    )


def _project_key(project: Fields) -> str:
    return project.text("id") or project.text("path_with_namespace")
