"""The pages of changes: the list, one change, and confirming beside an incident."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.conftest import MONDAY, Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.declared import declare
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tracker.app import App
from tracker.domain.event import Change
from tracker.usecases.respond.changes import record_change

Open = Callable[[str], Browser]


def changed(app: App, cast: Cast, **given: object) -> None:
    """A change of checkout ten minutes before Monday morning, with whatever else is given."""
    at = MONDAY - timedelta(minutes=10)
    told = {"instance_key": "", "service": "checkout", "started_at": at, "finished_at": at, **given}
    with app.begin(cast.alice) as work:
        record_change(work, Change(**told))  # type: ignore[arg-type]


def test_a_change_is_written_down_by_hand_and_found_in_the_list(browser: Open) -> None:
    alice = browser("alice")
    assert "No changes yet" in alice.get("/changes").text
    form = alice.get("/changes/new").form("/changes/new")
    page = alice.post(
        "/changes/new",
        {**form, "service": "checkout", "kind": "config", "title": "Pool size 5 → 50",
         "revision": "r7", "started_at": "2026-06-01T10:00", "text": "By **hand**"},
    )  # fmt: skip
    assert page.response.request.path == "/changes/EVT-1"
    for words in ("Pool size 5 → 50", "Setting changed", "Checkout", "production", "r7", "By hand"):
        assert words in page.text
    assert "Pool size 5 → 50" in alice.get("/changes?service=checkout&since=2026-06-01").text
    assert "No changes match" in alice.get("/changes?service=ledger").text
    assert 'href="/alerts/rules"' in alice.get("/changes").response.text
    listed = alice.get("/events").response.text
    assert "Pool size" in listed
    assert "state tone-warm" not in listed, "a change asks for nothing"
    assert "Write the day" in alice.get("/changes?since=monday").text


def test_gaps_stand_at_their_fields_and_words_are_kept(browser: Open) -> None:
    page = browser("alice").post(
        "/changes/new",
        {"kind": "deploy", "status": "succeeded", "url": "javascript:alert(1)", "text": "Kept"},
        status=422,
    )
    assert "must begin with https" in page.text
    assert "Kept" in page.response.text


def test_a_change_under_way_is_finished_from_its_page(app: App, cast: Cast, browser: Open) -> None:
    changed(app, cast, status="started", finished_at=None)
    alice = browser("alice")
    assert "still under way" in alice.get("/changes/EVT-1").text
    page = alice.post("/changes/EVT-1/finish", {"status": "failed"})
    assert "Failed" in page.text
    assert "How did it end?" not in page.text
    alice.post("/changes/EVT-1/finish", {"status": "succeeded"}, status=422)


def test_a_person_confirms_dismisses_and_takes_back_beside_the_incident(
    app: App, cast: Cast, browser: Open
) -> None:
    changed(app, cast, revision="v42")
    changed(app, cast, service="ledger")
    declare(app, cast, services=("checkout",))
    alice = browser("alice")
    path = "/incidents/INC-1/changes"
    page = alice.get(path)
    assert "Deployment: Checkout, v42" in page.text
    assert "10 min before; the service itself" in page.text
    assert "Ledger" not in page.text
    said = {"change": "EVT-1", "role": "triggered_by"}
    page = alice.post(path, {**said, "answer": "yes", "note": "the pool size"})
    assert "It triggered the incident, says Alice: the pool size" in page.text
    overview = alice.get("/incidents/INC-1").text
    assert "EVT-1 “Deployment: Checkout, v42” triggered the incident" in overview
    assert "Changes 1" in overview
    assert "it triggered the incident" in alice.get("/changes/EVT-1").text
    page = alice.post(path, {**said, "answer": "no"})
    assert "Looked at and put aside" in page.text
    page = alice.post(path, {**said, "answer": "forget"})
    assert "10 min before" in page.text
    page = alice.post(path, {"change": "EVT-2", "role": "remediated_by"})
    assert "It helped to end it, says Alice" in page.text


@pytest.mark.parametrize(
    ("change", "words"), [("EVT-99", "no such change"), ("x", "no such change")]
)
def test_a_reference_that_means_nothing_is_told_at_its_field(
    app: App, cast: Cast, browser: Open, change: str, words: str
) -> None:
    declare(app, cast)
    page = browser("alice").post(
        "/incidents/INC-1/changes", {"change": change, "role": "triggered_by"}, status=422
    )
    assert words in page.text


def test_a_viewer_reads_and_says_nothing(app: App, cast: Cast, browser: Open) -> None:
    changed(app, cast)
    declare(app, cast, services=("checkout",))
    vera = browser("vera")
    page = vera.get("/incidents/INC-1/changes")
    assert "Deployment: Checkout" in page.text
    assert "It triggered this" not in page.text
    vera.post("/incidents/INC-1/changes", {"change": "EVT-1", "role": "triggered_by"}, status=403)
    vera.get("/changes/new", status=403)


def test_the_pages_of_a_private_incident_are_closed_to_strangers(
    app: App, cast: Cast, browser: Open
) -> None:
    changed(app, cast)
    declare(app, cast, services=("checkout",), visibility="private")
    said = {"change": "EVT-1", "role": "triggered_by"}
    browser("alice").post("/incidents/INC-1/changes", said)
    charlie = browser("charlie")
    charlie.get("/incidents/INC-1/changes", status=404)
    charlie.post("/incidents/INC-1/changes", said, status=404)
    assert "INC-1" not in charlie.get("/changes/EVT-1").text


def test_the_pages_ask_the_database_seldom(
    app: App, cast: Cast, browser: Open, clock: HandClock
) -> None:
    for number in range(12):
        changed(app, cast, service=("checkout", "ledger")[number % 2], revision=str(number))
    declare(app, cast, services=("checkout", "ledger"))
    alice = browser("alice")
    for number in range(1, 5):
        alice.post("/incidents/INC-1/changes", {"change": f"EVT-{number}", "role": "triggered_by"})
    for path in ("/changes", "/changes/EVT-1", "/incidents/INC-1/changes"):
        alice.client.get(path)
        with count_queries(app) as statements:
            alice.client.get(path)
        assert len(statements) <= MOST_PER_PAGE, path
