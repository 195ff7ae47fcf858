"""Changes through the API: told by CI, suggested for an incident, confirmed by people, counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from tests.conftest import MONDAY, Cast, HandClock
from tests.faces.program import Program, program_of
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tracker.app import App
from tracker.models.event import ChangeDetail, OperationalEvent
from tracker.reading.references import incident_by_ref
from tracker.usecases.catalogue import ServiceAsk, put_service
from tracker.usecases.respond.incidents import set_visibility

Speak = Callable[[str], Program]


@pytest.fixture
def speak(app: App, cast: Cast) -> Speak:
    return lambda name: program_of(app, cast, name)


@pytest.fixture
def chain(app: App, cast: Cast) -> None:
    """Checkout needs ledger, ledger needs store, store needs disk, disk needs power and ledger."""
    needs = {"power": (), "disk": ("power",), "store": ("disk",), "ledger": ("store",),
             "checkout": ("ledger",), "query": ()}  # fmt: skip
    with app.begin_as_system() as work:
        for name, depends_on in needs.items():
            put_service(
                work, ServiceAsk(name=name.capitalize(), owner="payments", depends_on=depends_on)
            )
        put_service(work, ServiceAsk(name="Disk", depends_on=("power", "ledger")))


def at(**delta: float) -> str:
    """An instant after Monday morning, as a program writes it."""
    return (MONDAY + timedelta(**delta)).isoformat()


def change(program: Program, service: str, *, minutes: float, **more: Any) -> dict[str, Any]:
    """A change that took effect so many minutes after Monday morning."""
    moment = at(minutes=minutes)
    told = {"service": service, "started_at": moment, "finished_at": moment, **more}
    found: dict[str, Any] = program.post("/changes", told)
    return found


def test_the_same_key_is_the_same_change_with_what_is_new(speak: Speak) -> None:
    alice = speak("alice")
    told = {"key": "run-7", "service": "checkout", "status": "started", "revision": "v42"}
    begun = alice.post("/changes", told)
    assert (begun["status"], begun["finished_at"]) == ("started", None)
    assert begun["service"] == {"slug": "checkout", "name": "Checkout"}
    again = alice.post("/changes", told)
    assert again == begun
    over = alice.post("/changes", {**told, "status": "failed", "finished_at": at(minutes=2)})
    assert (over["ref"], over["status"]) == (begun["ref"], "failed")
    assert alice.get("/changes")["items"][0]["ref"] == begun["ref"]
    assert alice.get(f"/changes/{begun['ref']}") == over


def test_one_key_of_a_retry_is_one_change(speak: Speak) -> None:
    alice = speak("alice")
    first = alice.post("/changes", {"service": "checkout"}, Idempotency_Key="a")
    assert alice.post("/changes", {"service": "checkout"}, Idempotency_Key="a") == first
    assert alice.post("/changes", {"service": "checkout"})["ref"] != first["ref"]


def test_a_change_is_finished_once_and_guarded(speak: Speak) -> None:
    alice = speak("alice")
    begun = alice.post("/changes", {"service": "checkout", "status": "started"})
    path = f"/changes/{begun['ref']}/finish"
    alice.move(path, {}, status=409, If_Match='W/"9"')
    over = alice.move(path, {"status": "failed"}, If_Match=f'W/"{begun["version"]}"')
    assert (over["status"], over["finished_at"] is None) == ("failed", False)
    alice.move(path, {"status": "succeeded"}, status=422)


def test_the_list_is_narrowed_and_a_page_long(speak: Speak) -> None:
    alice = speak("alice")
    for minutes, service, more in (
        (1, "checkout", {}),
        (2, "ledger", {"environment": "staging"}),
        (3, "ledger", {"kind": "rollback", "status": "failed"}),
    ):
        change(alice, service, minutes=minutes, **more)
    for narrowed, wanted in (
        ({}, ["EVT-3", "EVT-2", "EVT-1"]),
        ({"service": "ledger"}, ["EVT-3", "EVT-2"]),
        ({"environment": "staging"}, ["EVT-2"]),
        ({"kind": "rollback"}, ["EVT-3"]),
        ({"since": "2026-06-02"}, []),
    ):
        assert [one["ref"] for one in alice.get("/changes", **narrowed)["items"]] == wanted
    failed = alice.get("/changes?status=failed&status=started")["items"]
    assert [one["ref"] for one in failed] == ["EVT-3"]
    first = alice.get("/changes", limit=2, count="true")
    assert (len(first["items"]), first["count"]) == (2, 3)
    rest = alice.get("/changes", limit=2, cursor=first["next_cursor"])
    assert [one["ref"] for one in rest["items"]] == ["EVT-1"]


@pytest.mark.usefixtures("chain")
def test_changes_of_the_service_and_what_it_needs_are_suggested_in_order(
    speak: Speak, clock: HandClock
) -> None:
    alice = speak("alice")
    told = [
        change(alice, "checkout", minutes=-200),
        change(alice, "ledger", minutes=-10),
        change(alice, "store", minutes=-10),
        change(alice, "disk", minutes=-10),
        change(alice, "power", minutes=-10),  # four steps away
        change(alice, "query", minutes=-10),  # not needed by checkout
        change(alice, "checkout", minutes=-60 * 25),  # the day before
        change(alice, "checkout", minutes=-5, environment="Staging"),
        change(alice, "checkout", minutes=20, kind="rollback"),
    ]
    clock.forward(hours=1)
    incident = alice.post(
        "/incidents",
        {"title": "Slow", "severity": "SEV3", "services": ["checkout"],
         "times": {"impact_started": {"at": at(), "source": "alert"}}},
    )  # fmt: skip
    found = alice.get(f"/incidents/{incident['ref']}/changes")
    assert (found["impact_from"], found["window_hours"]) == ("impact_started", 24)
    assert [one["change"]["ref"] for one in found["before"]] == [
        told[place]["ref"] for place in (1, 0, 2, 3)
    ]
    assert [one["distance"] for one in found["before"]] == [1, 0, 2, 3]
    assert found["before"][0]["minutes_before"] == 10
    assert [one["change"]["ref"] for one in found["after"]] == [told[8]["ref"]]


def _slow_checkout(program: Program, *, minutes: float = 0, **times: float) -> str:
    """An incident of checkout whose impact started then; the times are minutes after that."""
    stated = {
        name: {"at": at(minutes=minutes + later), "source": "record"}
        for name, later in {"impact_started": 0, **times}.items()
    }
    made = program.post(
        "/incidents",
        {"title": "Slow", "severity": "SEV3", "services": ["checkout"], "times": stated,
         "recorded_afterwards": True, "state": "resolved"},
    )  # fmt: skip
    return str(made["ref"])


def test_what_people_say_is_remembered_and_can_be_taken_back(
    speak: Speak, clock: HandClock
) -> None:
    alice, bob = speak("alice"), speak("bob")
    trigger = change(alice, "checkout", minutes=-10)["ref"]
    other = change(alice, "checkout", minutes=-8)["ref"]
    clock.forward(hours=3)
    path = f"/incidents/{_slow_checkout(alice)}/changes"
    assert len(alice.get(path)["before"]) == 2
    said = bob.put(f"{path}/{trigger}/triggered_by", {"note": "the pool size"})
    assert (said["confirmed"], said["by"]["email"]) == (True, "bob@example.org")
    bob.put(f"{path}/{other}/triggered_by", {"confirmed": False})
    found = alice.get(path)
    assert found["before"] == []
    assert [one["change"]["ref"] for one in found["linked"]] == [trigger]
    assert [one["change"]["ref"] for one in found["dismissed"]] == [other]
    assert alice.get(f"/changes/{trigger}")["incidents"][0]["role"] == "triggered_by"
    bob.delete(f"{path}/{other}/triggered_by")
    assert [one["change"]["ref"] for one in alice.get(path)["before"]] == [other]
    bob.put(f"{path}/{other}/blamed", {}, status=404)
    bob.put(f"{path}/EVT-99/triggered_by", {}, status=404)


def test_figures_are_made_of_confirmed_links_alone(speak: Speak, clock: HandClock) -> None:
    alice = speak("alice")
    refs = [change(alice, "checkout", minutes=n)["ref"] for n in range(10)]
    change(alice, "checkout", minutes=11, environment="staging")
    change(alice, "checkout", minutes=12, status="cancelled")
    back = change(alice, "checkout", minutes=13, kind="rollback")["ref"]
    clock.forward(hours=5)
    figures = alice.get("/services/checkout/figures")
    assert figures["change_fail_share"] == {
        "part": 0, "whole": 10, "value": 0.0, "low": 0.0,
        "high": pytest.approx(0.2775, abs=0.0001),
    }  # fmt: skip
    incidents = [_slow_checkout(alice, minutes=20, mitigated=30), _slow_checkout(alice, minutes=40)]
    for incident, role, one in (
        (incidents[0], "triggered_by", refs[3]),
        (incidents[0], "remediated_by", back),
        (incidents[1], "triggered_by", refs[4]),
    ):
        alice.put(f"/incidents/{incident}/changes/{one}/{role}", {})
    alice.put(f"/incidents/{incidents[1]}/changes/{refs[5]}/triggered_by", {"confirmed": False})
    figures = alice.get("/services/checkout/figures")
    assert (figures["change_fail_share"]["part"], figures["change_fail_share"]["value"]) == (2, 0.2)
    assert figures["rollback_share"] == {
        "part": 1, "whole": 2, "value": None,
        "low": pytest.approx(0.0945, abs=0.0001), "high": pytest.approx(0.9055, abs=0.0001),
    }  # fmt: skip
    # One recovery is known and one is not: too few for a figure, and both are told.
    assert (figures["recovery_count"], figures["recovery_unknown"]) == (1, 1)
    assert figures["recovery_seconds"] is None


def test_an_incident_closed_to_a_stranger_is_in_nothing_the_stranger_reads(
    app: App, cast: Cast, speak: Speak, clock: HandClock
) -> None:
    alice, charlie = speak("alice"), speak("charlie")
    refs = [change(alice, "checkout", minutes=n)["ref"] for n in range(5)]
    clock.forward(hours=3)
    incident = _slow_checkout(alice, minutes=20)
    alice.put(f"/incidents/{incident}/changes/{refs[0]}/triggered_by", {})
    assert charlie.get(f"/changes/{refs[0]}")["incidents"]
    with app.begin(cast.alice) as work:
        set_visibility(work, incident_by_ref(work, incident), visibility="private")
    assert charlie.get(f"/changes/{refs[0]}")["incidents"] == []
    assert charlie.get("/services/checkout/figures")["change_fail_share"]["part"] == 0
    assert alice.get("/services/checkout/figures")["change_fail_share"]["part"] == 1
    charlie.get(f"/incidents/{incident}/changes", status=404)
    for method in ("PUT", "DELETE"):
        path = f"/incidents/{incident}/changes/{refs[0]}/triggered_by"
        answer = charlie.raw(method, path, json={} if method == "PUT" else None)
        assert answer.status_code == 404


def test_what_cannot_be_a_change_is_told_field_by_field(speak: Speak) -> None:
    alice = speak("alice")
    for body, field in (
        ({}, "service"),
        ({"service": "checkout", "status": "done"}, "status"),
        ({"service": "checkout", "finished_at": "yesterday"}, "finished_at"),
        ({"service": "checkout", "started_at": at(days=3)}, "started_at"),
        ({"service": "checkout", "finished_at": at(days=3)}, "finished_at"),
        ({"service": "checkout", "url": "ftp://x"}, "url"),
        ({"service": "checkout", "labels": {"a": "\x00"}}, "labels.a"),
        ({"service": "checkout", "colour": "red"}, "colour"),
    ):
        answer = alice.post("/changes", body, status=422)
        assert [one["field"] for one in answer["errors"]] == [field]
    assert alice.get("/changes")["items"] == []
    speak("vera").post("/changes", {"service": "checkout"}, status=403)


@pytest.mark.usefixtures("chain")
def test_the_suggestions_take_few_questions_for_many_changes(
    app: App, speak: Speak, clock: HandClock
) -> None:
    alice = speak("alice")
    incident = _slow_checkout(alice)

    def many(count: int) -> int:
        with app.begin_as_system() as work:
            for number in range(count):
                moment: datetime = MONDAY - timedelta(minutes=number + 1)
                work.add(
                    OperationalEvent(
                        title="x", kind="change", service_id=1 + number % 3, starts_at=moment,
                        ended_at=moment, first_seen_at=moment, last_seen_at=moment,
                    )
                )  # fmt: skip
            known = {row.event_id for row in work.session.exec(select(ChangeDetail))}
            rows = work.session.exec(select(OperationalEvent.id)).all()
            work.add_all(ChangeDetail(event_id=one or 0) for one in rows if one not in known)
        with count_queries(app) as statements:
            alice.get(f"/incidents/{incident}/changes")
        return len(statements)

    few = many(5)
    assert many(200) == few <= MOST_PER_PAGE
