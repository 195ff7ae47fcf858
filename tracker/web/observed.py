"""Every request is logged and counted under its route, never under its address or its person."""

from __future__ import annotations

import logging
import re
import time
import uuid
from contextlib import ExitStack

from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram

from tracker.logs import request_logged_as

log = logging.getLogger("tracker.requests")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

requests_total = Counter(
    "tracker_http_requests_total", "Requests answered", ["method", "route", "status"]
)
request_seconds = Histogram(
    "tracker_http_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def register(flask_app: Flask) -> None:
    """Requests carry an id, given by a proxy or made here, and are logged and counted."""
    flask_app.before_request(_begin)
    flask_app.after_request(_tell)
    flask_app.teardown_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
    g.began = time.perf_counter()
    g.logging = ExitStack()
    g.logging.enter_context(request_logged_as(g.request_id))


def _tell(response: Response) -> Response:
    took = time.perf_counter() - g.get("began", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else "(none)"
    method = request.method if request.method in ("GET", "POST", "PUT", "PATCH", "DELETE") else "-"
    requests_total.labels(method, route, response.status_code).inc()
    request_seconds.labels(route).observe(took)
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if request.endpoint not in ("static", "health.healthz"):
        fields = {
            "method": method,
            "route": route,
            "status": response.status_code,
            "ms": round(took * 1000, 1),
        }
        log.info("request", extra=fields)
    return response


def _end(_error: BaseException | None) -> None:
    stack = g.pop("logging", None)
    if stack is not None:
        stack.close()
