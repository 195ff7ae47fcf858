"""Procedures and their runs for programs."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.conftest import Cast
from tests.faces.declared import declare
from tests.faces.procedure_story import TEXT, a_procedure
from tests.faces.program import Program, secret_for
from tracker.app import App
from tracker.reading.references import ref


@pytest.fixture
def alice(app: App, cast: Cast, flask_app: Flask) -> Program:
    return Program(flask_app, secret_for(app, cast, "alice"))


@pytest.fixture
def bob(app: App, cast: Cast, flask_app: Flask) -> Program:
    return Program(flask_app, secret_for(app, cast, "bob"))


def test_a_procedure_is_written_validated_by_another_published_and_edited(
    app: App, cast: Cast, flask_app: Flask, alice: Program, bob: Program
) -> None:
    erin = Program(flask_app, secret_for(app, cast, "erin"))
    written = alice.post(
        "/procedures",
        {"title": "Restart it", "text": TEXT, "services": ["checkout"], "team": "payments"},
    )
    assert (written["ref"], written["state"], written["slug"]) == ("PRO-1", "draft", "restart-it")
    assert [step["title"] for step in written["steps"]] == [
        "Take the node out of the pool", "Wait for zero connections", "Restart the resolver",
        "Look at the graph",
    ]  # fmt: skip
    assert [step["heading"] for step in written["steps"]] == ["Drain", "Drain", "Mend", "Mend"]
    assert written["concerns"] == ["never_validated"]
    assert alice.move("/procedures/PRO-1/validations", None, status=422)["code"] == "not_allowed"
    seen = bob.move("/procedures/PRO-1/validations", None)
    assert (seen["validated_by"]["name"], seen["concerns"]) == ("Bob", [])
    current = erin.move("/procedures/PRO-1/moves", {"verb": "publish"})
    assert (current["state"], current["review_on"]) == ("current", "2026-11-28")
    edited = alice.patch("/procedures/PRO-1", {"text": "1. Less", "why": "Shorter"})
    assert (edited["text_version"], edited["concerns"]) == (2, ["changed"])
    versions = alice.get("/procedures/PRO-1/versions")["items"]
    assert [(one["number"], one["why"]) for one in versions] == [(2, "Shorter"), (1, "")]
    listed = alice.get("/procedures", service="checkout", count=True)
    assert ([one["ref"] for one in listed["items"]], listed["count"]) == (["PRO-1"], 1)
    assert erin.get("/procedures/PRO-1/moves")["possible"] == ["retire"]
    figure = alice.get("/procedures/time-to-mitigate")
    assert figure["with_procedure"] == {"seconds": None, "incidents": 0}


def test_a_run_is_started_marked_and_finished(
    app: App, cast: Cast, alice: Program, bob: Program
) -> None:
    place = ref(declare(app, cast))
    reference = a_procedure(app, cast, "publish")
    here = f"/incidents/{place}/procedures"
    run = alice.post(here, {"procedure": reference})
    assert bob.post(here, {"procedure": reference})["id"] == run["id"], "it runs already"
    path = f"{here}/{run['id']}"
    alice.move(f"{path}/steps", {"number": 1, "mark": "done"})
    bob.move(f"{path}/steps", {"number": 2, "mark": "wrong"}, status=422)
    marked = bob.move(f"{path}/steps", {"number": 2, "mark": "wrong", "note": "It hangs"})
    assert [step["mark"] for step in marked["steps"]] == ["done", "wrong", "open", "open"]
    assert marked["steps"][1]["said"][0]["by"]["name"] == "Bob"
    assert marked["progress"] == {"steps": 4, "done": 1, "skipped": 0, "wrong": 1}
    assert alice.get(f"/procedures/{reference}")["faults"][0]["incident"] == place
    ended = alice.move(f"{path}/finish", {"outcome": "did_not_help"})
    assert ended["outcome"] == "did_not_help"
    bob.move(f"{path}/steps", {"number": 3, "mark": "done"}, status=422)
    assert [one["outcome"] for one in alice.get(here)["items"]] == ["did_not_help"]
    alice.get(f"/incidents/{ref(declare(app, cast))}/procedures/{run['id']}", status=404)


def test_a_fault_is_reported_and_mended(app: App, cast: Cast, alice: Program, bob: Program) -> None:
    reference = a_procedure(app, cast, "publish")
    path = f"/procedures/{reference}/faults"
    told = bob.post(path, {"number": 2, "note": "It says none now"})
    assert told["open_faults"] == 1
    bob.post(path, {"number": 9, "note": "x"}, status=422)
    mended = alice.put(f"{path}/{told['faults'][0]['id']}", None)
    assert (mended["open_faults"], mended["faults"][0]["mended_version"]) == (0, 1)
    alice.put(f"{path}/77", None, status=404)
