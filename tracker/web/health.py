"""For machines that watch the tracker: alive, ready, figures."""

from __future__ import annotations

from flask import Blueprint, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Gauge,
    generate_latest,
)

from tracker.outbox.health import readiness
from tracker.reading.health import Health, health
from tracker.web.gate import tracker

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> dict[str, bool]:
    """The process answers."""
    return {"ok": True}


@bp.get("/readyz")
def readyz() -> tuple[dict[str, object], int]:
    """Database, schema and policy are there: requests can be served."""
    checks = readiness(tracker())
    ok = all(check.ok for check in checks)
    body = {
        "ok": ok,
        "checks": [{"name": one.name, "ok": one.ok, "text": one.text} for one in checks],
    }
    return body, 200 if ok else 503


@bp.get("/metrics")
def metrics() -> Response:
    """Figures about the tracker itself in the Prometheus text format; no names, no texts."""
    with tracker().look_as_system() as look:
        text = generate_latest(REGISTRY) + generate_latest(_gauges(health(look)))
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _gauges(facts: Health) -> CollectorRegistry:
    registry = CollectorRegistry()
    records = Gauge("tracker_records", "Records open to all, by kind", ["kind"], registry=registry)
    for kind, count in facts.records.items():
        records.labels(kind).set(count)
    figures: dict[str, tuple[str, float]] = {
        "tracker_deliveries_pending": ("Deliveries that wait", facts.pending),
        "tracker_deliveries_parked": ("Deliveries given up", facts.parked),
        "tracker_clocks_overdue": ("Clocks that should have fired", facts.clocks_overdue),
        "tracker_oldest_delivery_seconds": (
            "Age of the oldest waiting delivery",
            facts.oldest_pending_seconds or 0.0,
        ),
        "tracker_worker_alive": ("1 when a worker was heard of lately", facts.worker_is_alive),
    }
    for name, (meaning, value) in figures.items():
        Gauge(name, meaning, registry=registry).set(value)
    return registry
