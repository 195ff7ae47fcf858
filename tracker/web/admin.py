"""Administration: how the tracker is doing, what waits, what was done, what is loaded."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.domain.errors import NotAllowed, NotFound, NotPermitted
from tracker.outbox.health import examine
from tracker.reading.journal import (
    SHOWN_AT_MOST,
    audit_lines,
    deliveries,
    delivery_counts,
    heartbeats,
    newest_policy_version,
    template_versions,
    waiting_clocks,
)
from tracker.reading.policies import factor_terms, templates
from tracker.usecases.deliveries import retry_delivery
from tracker.web.gate import actor, begin, look, signed_in, tracker

bp = Blueprint("admin", __name__)

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

CLOCK_WORDS = {
    "action_accept": "an action should be accepted",
    "action_due": "an action should be done",
    "action_check": "look whether an action worked",
    "risk_over": "an accepted risk ends",
    "lesson_review": "ask whether a lesson is still true",
    "procedure_review": "ask whether a procedure still holds",
    "digest": "the week's digest in Slack",
}
SUBSCRIBER_WORDS = {
    "index": "the search index",
    "notices": "notices to people",
    "slack": "Slack",
}


def admin_only(route: Callable[Given, Answer]) -> Callable[Given, Answer | Response]:
    """Routes for admins; others who are signed in are told so. Raises: NotPermitted."""

    @wraps(route)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        if not actor().may("read_admin"):
            raise NotPermitted(
                f"These pages are for admins, and your role is {actor().role}.",
                hint="Ask an admin if your work needs them.",
            )
        return route(*args, **kwargs)

    return signed_in(guarded)


@bp.get("/admin")
@admin_only
def page() -> str:
    """How the tracker is doing: every check with what to do."""
    checks = examine(tracker())
    with look() as reading:
        return render_template(
            "admin/page.html",
            checks=checks,
            workers=heartbeats(reading),
            counts=delivery_counts(reading),
        )


@bp.get("/admin/deliveries")
@admin_only
def outbox() -> str:
    """Parked deliveries with the reason, and what is still under way."""
    with look() as reading:
        return render_template(
            "admin/deliveries.html",
            counts=delivery_counts(reading),
            parked=deliveries(reading, "parked"),
            pending=deliveries(reading, "pending"),
            shown_at_most=SHOWN_AT_MOST,
            subscriber_words=SUBSCRIBER_WORDS,
        )


@bp.post("/admin/deliveries/<int:delivery_id>/retry")
@admin_only
def retry(delivery_id: int) -> Response:
    """A parked delivery is tried again; one that is no longer parked is left in peace."""
    try:
        with begin() as work:
            retry_delivery(work, delivery_id)
        flash("It is tried again now.", "success")
    except NotAllowed as error:
        flash(f"{error.message}.", "info")
    return redirect(url_for("admin.outbox"), 303)


@bp.get("/admin/clocks")
@admin_only
def clocks() -> str:
    """What will be due next."""
    with look() as reading:
        return render_template(
            "admin/clocks.html",
            waiting=waiting_clocks(reading),
            shown_at_most=SHOWN_AT_MOST,
            clock_words=CLOCK_WORDS,
        )


@bp.get("/admin/audit")
@admin_only
def audit() -> str | tuple[str, int]:
    """Who did what, sealed entry by sealed entry."""
    record = request.args.get("record", "").replace("\x00", "").strip()
    person = request.args.get("by", "").replace("\x00", "").strip()
    with look() as reading:
        try:
            found = audit_lines(
                reading, record=record, person=person, cursor=request.args.get("cursor", "")
            )
        except NotFound:
            found = None
        return render_template("admin/audit.html", found=found, record=record, person=person)


@bp.get("/admin/policy")
@admin_only
def policy() -> str:
    """The policy, the review templates and the taxonomy, as they were loaded."""
    with look() as reading:
        return render_template(
            "admin/policy.html",
            policy=reading.policy,
            version=newest_policy_version(reading),
            templates=templates(reading),
            loaded=template_versions(reading),
            terms=factor_terms(reading),
        )
