"""The API for programs: JSON below /api/v1, with bearer tokens, described by OpenAPI.

Lives here: gate.py (whose token), given.py (reading a request), feature.py (documented routes),
    shapes.py (what all share), one file of routes and shapes per feature.
Never here: rules, SQL, commits, cookies.
May import: outbox, app, usecases, reading and what lies below; never tracker.web.
Start reading: feature.py, then incidents.py.
"""

from __future__ import annotations

from flask_openapi.openapi import OpenAPI

from tracker.api import administration, calendar, catalogue, configuration, people, policy
from tracker.api.analyse import (
    answers,
    depth,
    differences,
    meetings,
    perspectives,
    reviews,
    signoffs,
    templates,
    timeline_work,
    variants,
    wording,
)
from tracker.api.improve import actions, procedures
from tracker.api.respond import (
    alerts,
    changes,
    events,
    hooks,
    incident_moves,
    procedure_runs,
    response,
    timeline,
    times,
    transcripts,
)
from tracker.api.share import lessons, library

FEATURES = (
    incident_moves.api,  # with the routes of incidents.py
    timeline.api,
    times.api,
    transcripts.api,
    response.api,
    changes.api,
    events.api,
    alerts.api,
    reviews.api,
    answers.api,
    signoffs.api,
    differences.api,
    meetings.api,
    variants.api,
    depth.api,
    perspectives.api,
    templates.api,
    timeline_work.api,
    wording.api,
    actions.api,
    procedures.api,
    procedure_runs.api,
    lessons.api,
    library.api,
    catalogue.api,
    calendar.api,
    people.api,
    administration.api,
    policy.api,
    configuration.api,
)


def register(flask_app: OpenAPI) -> None:
    """Every route of the API is mounted, and described at /api/v1/openapi.json."""
    for feature in FEATURES:
        flask_app.register_api(feature)
    hooks.register(flask_app)
    flask_app.add_url_rule(
        "/api/v1/openapi.json", "api_document", lambda: flask_app.api_doc, methods=["GET"]
    )
