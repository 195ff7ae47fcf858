"""Events, alerts, rules and senders in the browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from tests.conftest import MONDAY, Cast
from tests.faces.browser import Browser
from tracker.app import App
from tracker.domain.event import Alert, Received
from tracker.models.event import AlertKey, AlertRule, AlertSource, EventIncident
from tracker.reading.references import event_by_ref
from tracker.usecases.respond.alert_sources import AddSource, add_source
from tracker.usecases.respond.alerts import INTAKE, Message, take_in
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.events import MoveEvent, move_event

BrowserFor = Callable[[str], Browser]
ALERT = Alert(
    instance_key="a",
    alert_key="High/Rate & <co>",
    title="Checkout <b>fails</b>",
    starts_at=MONDAY - timedelta(minutes=5),
    service="checkout",
    labels={"pod": "<i>a</i>"},
    url="https://example.org/graph",
)


@pytest.fixture
def source(app: App, cast: Cast) -> int:
    with app.begin_as_system() as work:
        row, _ = add_source(
            work, AddSource(sender="alertmanager", name="prod"), secret_key="s" * 40
        )
        return row.key


def told(app: App, source: int, *alerts: Alert, body: str = "{}") -> None:
    with app.begin(INTAKE) as work:
        received = Received(alerts=alerts)
        take_in(work, [Message(source_id=source, received=received, raw_days=7, body=body)])


def test_an_event_is_recorded_read_edited_and_found(
    browser: BrowserFor, app: App, cast: Cast
) -> None:
    alice = browser("alice")
    assert "No events yet" in alice.get("/events").text
    refused = alice.post("/events/new", {"title": "", "starts_at": "yesterday"}, status=422)
    assert "2026-05-17 14:02" in refused.text
    page = alice.post(
        "/events/new",
        {"title": "A customer cannot pay", "kind": "customer_report", "service": "checkout"},
    )
    assert "A customer cannot pay" in page.text
    fields = alice.get("/events/EVT-1/edit").form("/events/EVT-1/edit")
    page = alice.post("/events/EVT-1/edit", {**fields, "title": "Nobody can pay"})
    assert "Nobody can pay" in page.text
    stale = alice.post("/events/EVT-1/edit", {**fields, "title": "Old"}, status=409)
    assert "Somebody changed" in stale.text
    for query, found in (
        ({"text": "evt-1"}, True), ({"text": "EVT-2"}, False), ({"text": "INC-1"}, False),
        ({"text": "pay"}, True), ({"kind": "alert"}, False), ({"service": "checkout"}, True),
        ({"team": "search"}, False), ({"since": "2026-06-01", "until": "2026-06-01"}, True),
        ({"state": "noise"}, False), ({"firing": "yes"}, True), ({"incident": "INC-99"}, True),
        ({"sort": "nope", "cursor": "nope"}, True), ({"since": "x"}, True),
    ):  # fmt: skip
        assert ("Nobody can pay" in alice.get("/events", **query).text) is found, query
    vera = browser("vera")
    assert "Record an event" not in vera.get("/events").text
    vera.get("/events/new", status=403)


def test_an_alert_is_made_into_an_incident_once(browser: BrowserFor, app: App, source: int) -> None:
    told(app, source, ALERT)
    alice = browser("alice")
    page = alice.get("/events/EVT-1")
    assert "Checkout <b>fails</b>" in page.text
    assert "No process" in page.text
    refused = alice.post("/events/EVT-1/promote", {"title": "It burns"}, status=422)
    assert "severity" in refused.text
    assert "It burns" in refused.response.text
    made = alice.post("/events/EVT-1/promote", {"title": "It burns", "severity": "SEV2"})
    assert "INC-1" in made.text
    assert "It burns" in alice.get("/events/EVT-1/promote").text
    page = alice.get("/events/EVT-1")
    assert "made of this event" in page.text
    assert "/incidents/INC-1" in page.links()
    assert "Checkout" in alice.get("/events", incident="INC-1").text


def test_linking_unlinking_and_noise_say_what_is_missing(
    browser: BrowserFor, app: App, source: int, cast: Cast
) -> None:
    told(app, source, ALERT, replace(ALERT, instance_key="b"))
    with app.begin(cast.alice) as work:
        declare_incident(work, DeclareIncident(title="Other", severity="SEV3"))
    alice = browser("alice")
    move = "/events/EVT-1/move"
    wrong = alice.post(move, {"verb": "link", "incident": "INC-77"}, status=422)
    assert "INC-77 was not found" in wrong.text
    assert "Other" in alice.post(move, {"verb": "link", "incident": "INC-1"}).text
    assert (
        "Say in a sentence why"
        in alice.post(move, {"verb": "unlink", "incident": "INC-1"}, status=422).text
    )
    alice.post(move, {"verb": "unlink", "incident": "INC-1", "why": "Another story"})
    with app.look_as_system() as look:
        assert list(look.session.exec(select(EventIncident))) == []
    assert "needs a reason" in alice.post(move, {"verb": "mark_noise"}, status=422).text
    page = alice.post(move, {"verb": "mark_noise", "why": "A test"})
    assert "Noise" in page.text
    assert "Take up again" in page.text


def test_an_incident_closed_to_the_reader_is_not_named_on_its_event(
    browser: BrowserFor, app: App, source: int, cast: Cast
) -> None:
    told(app, source, ALERT)
    with app.begin(cast.alice) as work:
        ask = DeclareIncident(title="Vorplegax", severity="SEV3", visibility="private")
        declare_incident(work, ask)
    with app.begin(cast.alice) as work:
        move_event(work, event_by_ref(work, "EVT-1"), MoveEvent(verb="link", incident="INC-1"))
    assert "Vorplegax" in browser("alice").get("/events/EVT-1").text
    for page in ("/events/EVT-1", "/events"):
        text = browser("charlie").get(page).response.text
        assert "Vorplegax" not in text
        assert "INC-1" not in text


def test_the_catalogue_says_which_alerts_lack_a_process_or_an_owner(
    browser: BrowserFor, app: App, source: int, cast: Cast
) -> None:
    for number in range(6):
        told(app, source, replace(ALERT, instance_key=f"{number}"))
    told(app, source, replace(ALERT, instance_key="x", alert_key="Nobody's", service=""))
    with app.begin(cast.alice) as work:
        declare_incident(work, DeclareIncident(title="Other", severity="SEV3"))
        for number in (1, 2, 3):
            event = event_by_ref(work, f"EVT-{number}")
            move_event(work, event, MoveEvent(verb="link", incident="INC-1"))
    erin = browser("erin")
    page = erin.get("/alerts").text
    assert "50 %" in page
    assert "3 of 6" in page
    assert "too few" in page
    assert "Nobody's" in erin.get("/alerts", show="no_owner").text
    assert "High/Rate" not in erin.get("/alerts", show="no_owner").text
    place = "/alerts/key?name=High/Rate+%26+%3Cco%3E"
    refused = erin.post(place, {"procedure": "PRO-99", "severity": "SEV9"}, status=422)
    assert "“PRO-99” is not known here" in refused.text
    erin.post(place, {"about": "Too many errors", "owner": "search", "severity": "SEV2"})
    with app.look_as_system() as look:
        row = look.session.exec(select(AlertKey)).one()
        assert (row.alert_key, row.severity) == ("High/Rate & <co>", "SEV2")
    assert "Too many errors" in erin.get("/events/EVT-1").text
    browser("alice").get(place, status=403)


def test_rules_are_written_changed_and_removed(browser: BrowserFor, app: App, cast: Cast) -> None:
    erin = browser("erin")
    refused = erin.post("/alerts/rules/new", {"name": "r", "minutes_firing": "x"}, status=422)
    assert "whole number" in refused.text
    fields = {"name": "Errors", "key_pattern": "High*", "labels": "cluster=eu\n",
              "minutes_firing": "5", "group_by": "cluster, pod", "active": "y"}  # fmt: skip
    assert "errors" in erin.post("/alerts/rules/new", fields).text
    assert "already" in erin.post("/alerts/rules/new", fields, status=422).text
    shown = erin.get("/alerts/rules/errors").form("/alerts/rules/errors")
    assert shown["minutes_firing"] == "5"
    erin.post("/alerts/rules/errors", {**shown, "minutes_firing": "0"})
    with app.begin_as_system() as work:
        row = work.session.exec(select(AlertRule)).one()
        assert (row.minutes_firing, row.group_by) == (0, ["cluster", "pod"])
        row.managed_by = "alerts/rules.yaml"
    refused = erin.post("/alerts/rules/errors", {**shown, "minutes_firing": "9"}, status=422)
    assert "alerts/rules.yaml" in refused.text
    kept = erin.get("/alerts/rules/errors").response.text
    assert "<fieldset disabled>" in kept
    assert ">Save<" not in kept
    with app.begin_as_system() as work:
        work.session.exec(select(AlertRule)).one().managed_by = ""
    assert "No rules yet" in erin.post("/alerts/rules/errors/remove").text
    erin.get("/alerts/rules/errors", status=404)
    assert "Add a rule" not in browser("alice").get("/alerts/rules").text


def test_an_admin_lets_a_sender_in_and_sees_its_secret_once(
    browser: BrowserFor, app: App, cast: Cast
) -> None:
    ada = browser("ada")
    assert "Let a sender in" in ada.get("/alerts").text
    assert "Let a sender in" not in browser("alice").get("/alerts").text
    refused = ada.post("/admin/sources", {"sender": "datadog", "name": "", "raw_days": "x"},
                       status=422)  # fmt: skip
    assert "whole number" in refused.text
    fields = {"sender": "datadog", "name": "Prod", "raw_days": "7"}
    page = ada.post("/admin/sources", fields)
    assert "/hooks/datadog/prod" in page.response.text
    assert "trs_" in page.response.text
    assert "already" in ada.post("/admin/sources", fields, status=422).text
    assert "trs_" not in ada.get("/admin/sources").response.text
    told(app, 1, ALERT, body='{"api_key": "very secret", "title": "Disk <b>full</b>"}')
    assert 'href="/admin/sources/1/messages/1"' in ada.get("/admin/sources/1").response.text
    page = ada.get("/admin/sources/1/messages/1")
    assert "Disk <b>full</b>" in page.text
    assert "very secret" not in page.response.text
    rotated = ada.post("/admin/sources/1/rotate", {"keep_hours": "24"})
    assert "trs_" in rotated.response.text
    assert "until then it is good as well" in ada.get("/admin/sources/1").text
    ada.post("/admin/sources/1/rotate", {"keep_hours": "-1"}, status=422)
    assert "Removed" in ada.post("/admin/sources/1/remove").text
    with app.look_as_system() as look:
        assert look.session.exec(select(AlertSource)).one().active is False
    for path in ("/admin/sources", "/admin/sources/1", "/admin/sources/1/messages/1"):
        browser("erin").get(path, status=403)
    ada.get("/admin/sources/99", status=404)
    ada.get("/admin/sources/1/messages/99", status=404)
