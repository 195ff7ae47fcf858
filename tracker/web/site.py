"""What every page has: templates, headers, error pages, the token against forged forms."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import FileSystemLoader, StrictUndefined
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from tracker.assets import folder, static_folder
from tracker.domain.errors import STATUS, DomainError, problem, problem_of
from tracker.domain.lifecycle import words
from tracker.reading.references import notice_path, ref, ref_of
from tracker.web.gate import current_actor, current_person, tracker
from tracker.web.markdown import render, render_line
from tracker.web.times import register as register_times

csrf = CSRFProtect()
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
OWN_ERROR_PAGES = (403, 404, 409, 413, 422, 429, 500)
RETRY_AFTER_SECONDS = "10"


def register(flask_app: Flask) -> None:
    """Frame, filters, headers and error pages are in place."""
    flask_app.jinja_loader = FileSystemLoader(folder("templates"))
    environment = flask_app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    csrf.init_app(flask_app)
    environment.globals.update(
        asset=asset,
        ref=ref,
        ref_of=ref_of,
        address=address,
        notice_path=notice_path,
        now=_now,
        slack_is_on=_slack_is_on,
    )
    environment.filters.update(markdown=render, markdown_line=render_line, words=words)
    register_times(environment)
    flask_app.context_processor(_context)
    flask_app.after_request(_add_headers)
    flask_app.register_error_handler(DomainError, _domain_error)
    flask_app.register_error_handler(CSRFError, _forged_form)
    flask_app.register_error_handler(HTTPException, _http_error)
    flask_app.register_error_handler(OperationalError, _no_storage)
    flask_app.register_error_handler(Exception, _unforeseen)


def asset(name: str) -> str:
    """The address of a built file: ``app.css`` -> ``/static/app-1a2b3c.css``.

    Raises: LookupError when the assets were not built.
    """
    manifest = static_folder() / "manifest.json"
    changed_at = manifest.stat().st_mtime_ns if manifest.exists() else 0
    kept = current_app.extensions.get("tracker_manifest")
    if kept is None or kept[0] != changed_at:
        kept = (changed_at, _read_manifest(manifest))
        current_app.extensions["tracker_manifest"] = kept
    return url_for("static", filename=kept[1][name])


def address(kind: str, row_id: int) -> str:
    """The address of a record's page."""
    endpoints = {
        "incident": "incidents.page",
        "review": "reviews.page",
        "action": "actions.page",
        "lesson": "lessons.page",
        "event": "events.page",
        "procedure": "procedures.page",
        "calendar_entry": "calendar.page",
    }
    return url_for(endpoints[kind], reference=ref_of(kind, row_id))


def _read_manifest(path: Path) -> dict[str, str]:
    if not path.exists():
        raise LookupError("scripts and styles are not built: run python hatch_build.py")
    content: dict[str, str] = json.loads(path.read_text())
    return content


def _now() -> datetime:
    return tracker().clock()


def _slack_is_on() -> bool:
    return tracker().settings.slack_is_on


def _context() -> dict[str, Any]:
    who = current_actor()
    return {
        "current_person": current_person(),
        "actor": who,
        "may_declare": who is not None and who.may("declare_incident"),
        "may_administer": who is not None and who.may("read_admin"),
    }


def _add_headers(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static" and "Cache-Control" not in response.headers:
        # What a person may see is never kept by a proxy or shown after signing out.
        response.headers["Cache-Control"] = "no-store"
    return response


def _domain_error(error: DomainError) -> tuple[Any, int]:
    status = STATUS[error.code]
    if wants_json():
        return problem_of(error), status
    page = render_template(f"errors/{status}.html", message=error.message, gaps=error.gaps)
    return page, status


def wants_json() -> bool:
    """True for our own scripts, which say what they read, and for every program."""
    return request.path.startswith(("/api/", "/hooks/")) or (
        request.accept_mimetypes.best == "application/json"
    )


def _forged_form(error: CSRFError) -> tuple[Any, int]:
    sentence = "This form had been open too long, or came from elsewhere. Reload the page."
    if wants_json():
        return problem(403, "csrf", sentence, hint=str(error.description)), 403
    return render_template("errors/old_form.html"), 403


def _http_error(error: HTTPException) -> Any:  # noqa: ANN401 - whatever Flask takes
    status = error.code or 500
    if status < 400:
        return error
    if wants_json():
        allowed = getattr(error, "valid_methods", None)
        headers = {"Allow": ", ".join(sorted(allowed))} if allowed else {}
        return problem(status, "http", error.description or error.name), status, headers
    if status in OWN_ERROR_PAGES:
        return render_template(f"errors/{status}.html", error=None), status
    return error


def _no_storage(error: OperationalError) -> Any:  # noqa: ANN401 - whatever Flask takes
    """The database is full, locked or gone: no fault of the request, and worth another try."""
    current_app.logger.error(
        "storage.refused",
        exc_info=error,
        extra={"request_id": g.get("request_id", ""), "route": request.endpoint},
    )
    headers = {"Retry-After": RETRY_AFTER_SECONDS}
    if wants_json():
        sentence = "The tracker cannot store anything right now; nothing was changed."
        hint = f"Try again in {RETRY_AFTER_SECONDS} seconds; tracker doctor says what is wrong."
        return problem(503, "busy", sentence, hint=hint), 503, headers
    page = render_template("errors/503.html", request_id=g.get("request_id", ""))
    return page, 503, headers


def _unforeseen(error: Exception) -> Any:  # noqa: ANN401 - whatever Flask takes
    current_app.logger.error(
        "request.failed",
        exc_info=error,
        extra={"request_id": g.get("request_id", ""), "route": request.endpoint},
    )
    if current_app.testing:
        # Tests see the error itself, never a polite page over it.
        raise error
    if wants_json():
        sentence = "Something went wrong on our side; nothing was changed. Try again in a moment."
        return problem(500, "internal", sentence), 500
    return render_template("errors/500.html", request_id=g.get("request_id", "")), 500
