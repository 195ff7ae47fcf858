"""Somebody who sends to a source, what they send, and what came of it."""

from __future__ import annotations

import json
from typing import Any

from sqlmodel import Session, select
from werkzeug.test import TestResponse

from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.models.event import AlertSource, OperationalEvent
from tracker.usecases.respond.alert_sources import AddSource, add_source

SECRET = "s" * 40


def alertmanager(*starts: str, status: str = "firing", **labels: str) -> dict[str, Any]:
    return {
        "version": "4",
        "status": status,
        "groupKey": '{}:{alertname="HighErrorRate"}',
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": "HighErrorRate", "service": "checkout", **labels},
                "annotations": {"summary": "Checkout answers 502"},
                "startsAt": start,
                "endsAt": "0001-01-01T00:00:00Z",
                "fingerprint": f"f{number}",
            }
            for number, start in enumerate(starts or ("2026-06-01T08:55:00Z",))
        ],
    }


class Sender:
    """Somebody who sends to one source."""

    def __init__(self, app: App, sender: str = "alertmanager", **more: Any) -> None:
        self.app = app
        with app.begin_as_system() as work:
            ask = AddSource(sender=sender, name=more.pop("name", "prod"), **more)
            row, self.key = add_source(work, ask, secret_key=SECRET)
            self.id, self.path = row.key, f"/hooks/{row.sender}/{row.name}"
        self.flask_app = wsgi_for(app)
        self.client = self.flask_app.test_client()

    def send(self, body: Any = None, *, path: str = "", key: str | None = None,
             **more: Any) -> TestResponse:  # fmt: skip
        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        bearer = self.key if key is None else key
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        data = body if isinstance(body, bytes) else json.dumps(body or alertmanager()).encode()
        return self.client.post(path or self.path, data=data, headers=headers, **more)

    def source(self) -> AlertSource:
        with self.app.look_as_system() as look:
            return look.find(AlertSource, self.id, what="it")


def events(app: App) -> list[OperationalEvent]:
    with Session(app.engine) as session:
        return list(session.exec(select(OperationalEvent).order_by(OperationalEvent.id)))  # type: ignore[arg-type]
