"""Programs and events: the same verbs as on the pages, with the same permissions."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.conftest import Cast
from tests.faces.program import Program, secret_for
from tracker.app import App

REPORT = {"title": "Nobody can pay", "kind": "customer_report", "service": "checkout",
          "starts_at": "2026-06-01T08:40:00Z", "labels": {"region": "eu"}}  # fmt: skip


@pytest.fixture
def alice(flask_app: Flask, app: App, cast: Cast) -> Program:
    return Program(flask_app, secret_for(app, cast, "alice"))


@pytest.fixture
def ada(flask_app: Flask, app: App, cast: Cast) -> Program:
    return Program(flask_app, secret_for(app, cast, "ada"))


def test_an_event_is_recorded_promoted_once_and_listed(alice: Program) -> None:
    made = alice.post("/events", REPORT)
    assert (made["ref"], made["state"], made["service"]["slug"]) == ("EVT-1", "open", "checkout")
    assert made["labels"] == {"region": "eu"}
    incident = alice.move("/events/EVT-1/promote", {"severity": "SEV2"})
    assert incident["times"]["detected"]["at"] == "2026-06-01T08:40:00Z"
    assert [one["slug"] for one in incident["services"]] == ["checkout"]
    assert alice.move("/events/EVT-1/promote", {})["ref"] == incident["ref"]
    event = alice.get("/events/EVT-1")
    assert event["incidents"][0] | {"linked_at": ""} == {
        "ref": incident["ref"], "title": "Nobody can pay", "promoted": True, "linked_at": ""
    }  # fmt: skip
    found = alice.get("/events", kind="customer_report", incident=incident["ref"], count="true")
    assert (found["count"], found["items"][0]["ref"]) == (1, "EVT-1")
    assert alice.get("/events", state="noise")["items"] == []
    alice.get("/events", incident="INC-77", status=404)
    alice.get("/events", sort="size", status=422)
    alice.get("/events/EVT-9", status=404)


def test_pages_of_the_list_follow_each_other(alice: Program) -> None:
    for number in range(5):
        alice.post("/events", {**REPORT, "title": f"Report {number}"})
    seen, cursor = [], ""
    for _ in range(3):
        page = alice.get("/events", limit=2, cursor=cursor)
        seen += [one["ref"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == [f"EVT-{number}" for number in range(1, 6)]
    assert cursor == ""


def test_moves_say_what_is_missing_and_guard_the_version(alice: Program) -> None:
    alice.post("/events", REPORT)
    alice.move("/events/EVT-1/moves", {"verb": "mark_noise"}, status=422)
    alice.move("/events/EVT-1/moves", {"verb": "link", "incident": "INC-5"}, status=422)
    alice.move("/events/EVT-1/moves", {"verb": "link"}, status=422)
    alice.patch("/events/EVT-1", {"title": "Paying"}, **{"If-Match": 'W/"1"'})
    stale = {"If-Match": 'W/"1"'}
    alice.move("/events/EVT-1/moves", {"verb": "mark_noise", "why": "x"}, status=409, **stale)
    moved = alice.move("/events/EVT-1/moves", {"verb": "mark_noise", "why": "A test"})
    assert (moved["state"], moved["possible_moves"]) == ("noise", ["reopen"])


def test_the_catalogue_the_rules_and_the_figures(
    flask_app: Flask, app: App, cast: Cast, alice: Program
) -> None:
    erin = Program(flask_app, secret_for(app, cast, "erin"))
    known = {"alert_key": "High/Rate", "owner": "search", "severity": "SEV2"}
    made = erin.put("/alerts/catalogue", known)
    assert (made["owner"]["slug"], made["has_process"], made["events"]) == ("search", False, 0)
    assert erin.get("/alerts")["items"][0]["alert_key"] == "High/Rate"
    alice.put("/alerts/catalogue", known, status=403)
    erin.put("/alerts/catalogue", {**known, "severity": "SEV9"}, status=422)
    erin.move("/alerts/catalogue/removal", {"alert_key": "High/Rate"})
    erin.move("/alerts/catalogue/removal", {"alert_key": "High/Rate"}, status=404)
    rule = {"key_pattern": "High*", "labels": {"a": "b"}, "group_by": ["pod"]}
    made = erin.post("/alert-rules", {"name": "Errors", **rule})
    assert (made["slug"], made["active"]) == ("errors", True)
    erin.post("/alert-rules", {"name": "Errors", **rule}, status=422)
    erin.put("/alert-rules/errors", {**rule, "minutes_firing": 5})
    assert erin.get("/alert-rules")["items"][0]["minutes_firing"] == 5
    erin.put("/alert-rules/none", rule, status=404)
    erin.delete("/alert-rules/errors")
    erin.get("/alert-rules/errors", status=404)


def test_a_source_shows_its_secret_once_and_an_admin_alone_sees_it(
    flask_app: Flask, alice: Program, ada: Program
) -> None:
    made = ada.post("/alert-sources", {"sender": "generic", "name": "One"})
    assert made["path"] == "/hooks/generic/one"
    headers = {"Authorization": f"Bearer {made['secret']}"}
    body = {"title": "Disk full", "key": "d1", "status": "firing"}
    answer = flask_app.test_client().post(made["path"], json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    assert "secret" not in ada.get("/alert-sources")["items"][0]
    place = f"/alert-sources/{made['id']}"
    assert ada.patch(place, {"raw_days": 0})["raw_days"] == 0
    again = ada.move(f"{place}/rotate", {"keep_hours": 0})
    assert again["secret"] != made["secret"]
    answer = flask_app.test_client().post(made["path"], json=body, headers=headers)
    assert answer.status_code == 401
    assert ada.delete(place)["active"] is False
    ada.post("/alert-sources", {"sender": "nobody", "name": "x"}, status=422)
    alice.get("/alert-sources", status=403)
    alice.post("/alert-sources", {"sender": "generic", "name": "x"}, status=403)
    alice.move(f"{place}/rotate", {}, status=403)


def test_a_viewer_reads_events_and_writes_none(
    flask_app: Flask, app: App, cast: Cast, alice: Program
) -> None:
    alice.post("/events", REPORT)
    vera = Program(flask_app, secret_for(app, cast, "vera"))
    assert vera.get("/events/EVT-1")["title"] == "Nobody can pay"
    vera.post("/events", REPORT, status=403)
    vera.patch("/events/EVT-1", {"title": "x"}, status=403)
    vera.move("/events/EVT-1/promote", {"severity": "SEV2"}, status=403)
    vera.move("/events/EVT-1/moves", {"verb": "mark_noise", "why": "x"}, status=403)
