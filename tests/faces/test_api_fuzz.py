"""Every operation of the OpenAPI document, with generated requests, good and bad.

What is checked: no server error, only documented statuses and content types, bodies of exactly the
documented shape, and no acceptance of what the document rules out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import Cast, cast_for
from tests.faces.program import Program, secret_for
from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.reading.share.library import all_documents

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def _records(app: App, cast: Cast) -> None:
    """A record of each kind under the first numbers, so that generated references meet them."""
    erin = Program(wsgi_for(app), secret_for(app, cast, "erin"))
    place = "/incidents/INC-1"
    erin.post("/incidents", {"title": "One", "severity": "SEV1", "services": ["ledger"]})
    erin.post("/incidents", {"title": "Two", "severity": "SEV3", "tags": ["dns"]})
    erin.post(f"{place}/timeline", {"text": "Something was seen"})
    erin.post(f"{place}/tasks", {"title": "Look closer"})
    erin.move(f"{place}/moves", {"verb": "resolve"})
    erin.post("/actions", {"title": "Mend it", "review": "REV-1"})
    erin.post("/lessons", {"title": "Know it", "review": "REV-1"})
    erin.post("/reviews/REV-1/factors", {"term": "hard-rollback"})
    erin.post("/procedures", {"title": "Restart it", "text": "1. Drain\n2. Restart"})
    erin.post(f"{place}/procedures", {"procedure": "PRO-1"})
    erin.post("/procedures/PRO-1/faults", {"number": 1, "note": "It hangs"})
    erin.post("/changes", {"service": "ledger", "key": "run-1", "status": "started"})
    erin.put(f"{place}/changes/EVT-1/triggered_by", {})
    day = {"starts_at": "2026-06-02T10:00:00Z", "ends_at": "2026-06-03T10:00:00Z"}
    erin.post("/calendar", {"kind": "freeze", "title": "Sale", **day})
    with app.look_as_system() as look:
        app.index.rebuild(all_documents(look))


KNOWN = {
    "email": "alice@example.org",
    "slug": "payments",
    "question": "summary",
    "name": "detected",
    "role": "commander",
    "key": "learning",
    "entry": 3,
    "task": 1,
    "factor": 1,
    "number": 1,
    "run": 1,
    "fault": 1,
    "change": "EVT-1",
    "link_role": "triggered_by",
    "cal": "CAL-1",
}


def _aim(path: str, parts: dict[str, Any]) -> dict[str, Any]:
    """Most generated references lead nowhere; every second one is aimed at a record there is."""
    kind = path.removeprefix("/api/v1/").split("/")[0]
    prefix = {
        "incidents": "INC",
        "reviews": "REV",
        "actions": "ACT",
        "lessons": "LES",
        "procedures": "PRO",
    }.get(kind)
    aimed = {**parts, **{name: value for name, value in KNOWN.items() if name in parts}}
    if "ref" in parts and prefix:
        aimed["ref"] = f"{prefix}-1"
    return aimed


@pytest.mark.parametrize(
    ("database", "mode", "examples"),
    [
        ("sqlite", GenerationMode.POSITIVE, 4),
        ("sqlite", GenerationMode.NEGATIVE, 5),
        # What is refused before it reaches a database need not be refused twice.
        pytest.param("postgres", GenerationMode.POSITIVE, 4, marks=pytest.mark.postgres),
    ],
)
def test_every_operation_keeps_its_promises(
    make_app: Callable[[str], App], database: str, mode: GenerationMode, examples: int
) -> None:
    app = make_app(database)
    cast = cast_for(app)
    _records(app, cast)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", wsgi_for(app))
    secret = secret_for(app, cast, "ada")
    failures: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        try:
            _fuzz(operation, mode, secret, examples)
        except hypothesis.errors.Unsatisfiable:
            # Nothing about this operation can be wrong: it takes no parameters.
            assert mode is GenerationMode.NEGATIVE
        except Exception as error:  # noqa: BLE001 - all operations are told at once
            failures.append(f"{operation.label}: {error}")
    assert not failures, "\n\n".join(failures)


def _fuzz(operation: Any, mode: GenerationMode, secret: str, examples: int) -> None:
    turn = iter(range(10**6))

    @hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if next(turn) % 2 == 0 and mode is GenerationMode.POSITIVE and case.path_parameters:
            case.path_parameters = _aim(
                operation.path.removeprefix("/api/v1"), case.path_parameters
            )
        # In an address everything is a text: "true" for a list of texts is no mistake there, and
        # the token that generation left out is put back. A wrong body must always be refused.
        body = case.meta.components.get(ParameterLocation.BODY)
        wrong = body is not None and body.mode is GenerationMode.NEGATIVE
        case.call_and_validate(
            headers={"Authorization": f"Bearer {secret}"},
            checks=[*CHECKS, negative_data_rejection] if wrong else CHECKS,
        )

    send()
