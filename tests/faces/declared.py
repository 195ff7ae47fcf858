"""An incident to look at, declared by Alice."""

from __future__ import annotations

from tests.conftest import Cast
from tracker.app import App
from tracker.models.incident import Incident
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident


def declare(app: App, cast: Cast, **more: object) -> Incident:
    """A SEV2 incident, with whatever else is given."""
    asked: dict[str, object] = {"title": "Checkout answers 502", "severity": "SEV2", **more}
    with app.begin(cast.alice) as work:
        return declare_incident(work, DeclareIncident(**asked))  # type: ignore[arg-type]
