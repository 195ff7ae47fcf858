"""What senders tell: one event for each instance, timelines, flapping, rules, replays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from tests.conftest import MONDAY, Cast, HandClock
from tracker.app import App
from tracker.domain.alert import check_received
from tracker.domain.errors import NotValid
from tracker.domain.event import Alert, Change, Notice, Received
from tracker.models.event import (
    AlertKey,
    AlertRule,
    AlertSource,
    EventIncident,
    IntakePayload,
    OperationalEvent,
)
from tracker.models.incident import Incident, IncidentTime, TimelineEntry
from tracker.models.journal import AuditEntry, OutboxEvent
from tracker.outbox.schedule import run_due
from tracker.reading.references import incident_by_ref
from tracker.usecases.respond.alerts import INTAKE, Message, Taken, take_in
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident

FIRING = Alert(
    instance_key="abc 1",
    alert_key="HighErrorRate",
    title="Checkout answers 502",
    starts_at=MONDAY - timedelta(minutes=3),
    severity="critical",
    service="checkout",
    labels={"alertname": "HighErrorRate", "pod": "a", "cluster": "eu"},
)


@pytest.fixture
def source(app: App, cast: Cast) -> int:
    with app.begin_as_system() as work:
        row = AlertSource(sender="alertmanager", name="prod", key_hash="x", created_at=work.now)
        return work.add(row).key


def tell(app: App, source: int, *alerts: Alert, **more: Any) -> Taken:
    received = Received(alerts=alerts, **more)
    with app.begin(INTAKE) as work:
        message = Message(source_id=source, received=received, raw_days=7, body="{}")
        return take_in(work, [message])[0]


def rows(app: App, model: Any, *conditions: Any) -> list[Any]:
    with app.look_as_system() as look:
        return list(look.session.exec(select(model).where(*conditions).order_by(model.id)))


def resolved(alert: Alert, at: datetime) -> Alert:
    return replace(alert, status="resolved", ended_at=at)


def declared(app: App, actor: Any, *services: str, **more: Any) -> int:
    with app.begin(actor) as work:
        ask = DeclareIncident(title="It burns", severity="SEV2", services=services, **more)
        return declare_incident(work, ask).key


def system_texts(app: App, incident_id: int) -> list[str]:
    found = rows(app, TimelineEntry, TimelineEntry.incident_id == incident_id)
    return [one.text for one in found if one.kind == "system" and "EVT-" in one.text]


def test_the_same_instance_fifty_times_is_one_event_that_counts_fifty(
    app: App, source: int, clock: HandClock
) -> None:
    for _ in range(50):
        taken = tell(app, source, FIRING)
        clock.forward(minutes=1)
    (event,) = rows(app, OperationalEvent)
    assert (event.times_seen, event.first_seen_at) == (50, MONDAY)
    assert event.last_seen_at == MONDAY + timedelta(minutes=49)
    assert taken.refs == ("EVT-1",)
    assert (event.version, event.starts_at) == (1, FIRING.starts_at)


def test_an_event_keeps_what_was_told_and_finds_its_service(app: App, source: int) -> None:
    tell(app, source, FIRING, replace(FIRING, instance_key="def", service="Nobody knows it"))
    known, unknown = rows(app, OperationalEvent)
    assert known.service_id is not None
    assert (known.kind, known.alert_key, known.labels) == ("alert", "HighErrorRate", FIRING.labels)
    assert (unknown.service_id, unknown.service_name) == (None, "Nobody knows it")


def test_the_catalogue_knows_the_service_of_an_alert_that_names_none(app: App, source: int) -> None:
    with app.begin_as_system() as work:
        work.add(AlertKey(alert_key="HighErrorRate", service_id=1))
    tell(app, source, replace(FIRING, service=""))
    assert rows(app, OperationalEvent)[0].service_id == 1


def test_a_resolved_alert_writes_the_timeline_and_leaves_the_incident_open(
    app: App, source: int, cast: Cast, clock: HandClock
) -> None:
    incident_id = declared(app, cast.alice, "checkout")
    tell(app, source, FIRING)
    clock.forward(minutes=10)
    tell(app, source, resolved(FIRING, clock.now))
    (event,) = rows(app, OperationalEvent)
    assert (event.state, event.ended_at) == ("linked", clock.now)
    assert system_texts(app, incident_id) == [
        "Alert EVT-1 “Checkout answers 502” fired",
        "Alert EVT-1 “Checkout answers 502” resolved",
    ]
    assert rows(app, Incident)[0].state == "declared"


def test_an_alert_of_another_service_or_of_a_closed_incident_is_left_alone(
    app: App, source: int, cast: Cast
) -> None:
    closed = declared(app, cast.alice, "query")
    with app.begin(cast.alice) as work:
        move_incident(work, incident_by_ref(work, f"INC-{closed}"), MoveIncident(verb="resolve"))
    hidden = declared(app, cast.alice, "query", visibility="private")
    declared(app, cast.alice, "checkout")
    tell(app, source, replace(FIRING, service="query"))
    assert rows(app, OperationalEvent)[0].state == "open"
    assert system_texts(app, closed) == system_texts(app, hidden) == []


def test_a_late_repeat_does_not_wake_what_is_over(app: App, source: int, clock: HandClock) -> None:
    tell(app, source, FIRING)
    clock.forward(minutes=5)
    tell(app, source, resolved(FIRING, clock.now))
    tell(app, source, FIRING)
    (event,) = rows(app, OperationalEvent)
    assert (event.ended_at, event.times_seen) == (clock.now, 3)
    clock.forward(minutes=5)
    tell(app, source, replace(FIRING, starts_at=clock.now))
    (event,) = rows(app, OperationalEvent)
    assert (event.ended_at, event.starts_at) == (None, clock.now)


def test_what_only_comes_resolved_is_on_record_with_its_end(app: App, source: int) -> None:
    tell(app, source, resolved(FIRING, MONDAY - timedelta(minutes=1)))
    (event,) = rows(app, OperationalEvent)
    assert event.ended_at == MONDAY - timedelta(minutes=1)


def test_an_alert_that_comes_and_goes_flaps_and_stays_quiet_then(
    app: App, source: int, cast: Cast, clock: HandClock
) -> None:
    incident_id = declared(app, cast.alice, "checkout")
    for number in range(8):
        once = replace(FIRING, instance_key=f"abc {number}", starts_at=clock.now)
        tell(app, source, once)
        clock.forward(minutes=2)
        tell(app, source, resolved(once, clock.now))
        clock.forward(minutes=2)
    texts = system_texts(app, incident_id)
    assert len(texts) == 7, texts
    assert "flaps: it fired 4 times or more within the hour" in texts[-1]
    assert [one.flapping for one in rows(app, OperationalEvent)] == [False] * 3 + [True] * 5
    clock.forward(hours=2)
    tell(app, source, replace(FIRING, instance_key="later", starts_at=clock.now))
    assert rows(app, OperationalEvent)[-1].flapping is False


def test_one_instance_that_fires_again_and_again_flaps_too(
    app: App, source: int, clock: HandClock
) -> None:
    for _ in range(4):
        tell(app, source, replace(FIRING, starts_at=None))
        clock.forward(minutes=1)
        tell(app, source, resolved(replace(FIRING, starts_at=None), clock.now))
        clock.forward(minutes=1)
    (event,) = rows(app, OperationalEvent)
    assert (event.flapping, event.times_seen, len(event.recent_starts)) == (True, 8, 4)


def test_a_delivery_that_came_before_is_answered_the_same_and_counts_once(
    app: App, source: int
) -> None:
    first = tell(app, source, FIRING, delivery_id="d-1")
    again = tell(app, source, FIRING, delivery_id="d-1")
    assert (again.refs, again.repeated) == (first.refs, True)
    assert rows(app, OperationalEvent)[0].times_seen == 1
    assert len(rows(app, IntakePayload)) == 1
    received = Received(alerts=(FIRING,), delivery_id="d-1")
    with app.begin_as_system() as work:
        other = work.add(AlertSource(sender="alertmanager", name="two", created_at=work.now)).key
    with app.begin(INTAKE) as work:
        take_in(work, [Message(source_id=other, received=received)])
    assert len(rows(app, OperationalEvent)) == 2


def test_many_messages_of_one_transaction_are_answered_in_their_order(
    app: App, source: int
) -> None:
    alerts = [replace(FIRING, instance_key=f"i {number % 3}") for number in range(5)]
    with app.begin(INTAKE) as work:
        taken = take_in(
            work,
            [Message(source_id=source, received=Received(alerts=(one,))) for one in alerts],
        )
    assert [one.refs[0] for one in taken] == ["EVT-1", "EVT-2", "EVT-3", "EVT-1", "EVT-2"]
    assert [one.times_seen for one in rows(app, OperationalEvent)] == [2, 2, 1]


def test_the_outbox_and_the_audit_know_each_event_and_no_repeat(app: App, source: int) -> None:
    tell(app, source, FIRING)
    tell(app, source, FIRING)
    outbox = rows(app, OutboxEvent, OutboxEvent.record_kind == "event")
    assert [one.name for one in outbox] == ["event.recorded"]
    entries = rows(app, AuditEntry, AuditEntry.record_kind == "event")
    assert [(one.verb, one.actor_name) for one in entries] == [("record_event", "Alert intake")]


def test_changes_and_notices_of_a_body_are_events_as_well(app: App, source: int) -> None:
    change = Change(instance_key="deploy 1", title="Deploy 42", service="checkout",
                    started_at=MONDAY, status="succeeded")  # fmt: skip
    notice = Notice(instance_key="n 1", title="Storage is slow", vendor="The cloud")
    taken = tell(app, source, changes=(change,), notices=(notice,))
    assert sorted(one.kind for one in rows(app, OperationalEvent)) == ["change", "provider_notice"]
    assert len(taken.refs) == 2


def test_a_clock_far_ahead_is_refused_with_its_place() -> None:
    wrong = replace(FIRING, starts_at=datetime(2036, 1, 1, tzinfo=UTC))
    with pytest.raises(NotValid) as refused:
        check_received(Received(alerts=(FIRING, wrong)), MONDAY)
    assert refused.value.gaps[0].field == "alerts[1].starts_at"
    assert "ahead of our clock" in refused.value.message


def rule(app: App, **more: Any) -> None:
    with app.begin_as_system() as work:
        asked = {"slug": "errors", "key_pattern": "High*", "severity": "SEV2", **more}
        work.add(AlertRule(**asked))


def test_a_rule_declares_one_incident_for_a_group_while_it_is_open(
    app: App, source: int, cast: Cast, clock: HandClock
) -> None:
    rule(app, group_by=["cluster"])
    pods = [replace(FIRING, instance_key=f"pod {n}", labels={**FIRING.labels, "pod": str(n)})
            for n in range(3)]  # fmt: skip
    us = replace(FIRING, instance_key="us", labels={"cluster": "us"})
    taken = tell(app, source, *pods, us)
    assert sorted(taken.incidents) == ["INC-1", "INC-2"]
    first, second = rows(app, Incident)
    assert (first.severity, first.title) == ("SEV2", "Checkout answers 502 and 2 more")
    assert second.title == "Checkout answers 502"
    detected = rows(app, IncidentTime, IncidentTime.name == "detected")[0]
    assert (detected.at, detected.source) == (FIRING.starts_at, "alert")
    with app.look_as_system() as look:
        links = list(look.session.exec(select(EventIncident)))
    assert sorted((one.event_id, one.incident_id) for one in links) == [
        (1, 1), (2, 1), (3, 1), (4, 2)
    ]  # fmt: skip
    assert tell(app, source, replace(FIRING, instance_key="pod 9")).incidents == ()
    assert len(rows(app, Incident)) == 2
    assert rows(app, OperationalEvent)[-1].state == "linked"
    with app.begin(cast.alice) as work:
        move_incident(work, incident_by_ref(work, "INC-1"), MoveIncident(verb="resolve"))
    assert tell(app, source, replace(FIRING, instance_key="pod 10")).incidents == ("INC-3",)


def test_a_rule_looks_at_labels_and_patterns(app: App, source: int) -> None:
    rule(app, key_pattern="Low*")
    rule(app, slug="us", key_pattern="", labels={"cluster": "us"})
    rule(app, slug="off", key_pattern="", active=False)
    assert tell(app, source, FIRING).incidents == ()


def test_a_rule_with_minutes_waits_and_looks_again(app: App, source: int, clock: HandClock) -> None:
    rule(app, minutes_firing=10)
    tell(app, source, FIRING, replace(FIRING, instance_key="short", labels={"pod": "b"}))
    clock.forward(minutes=4)
    tell(app, source, resolved(replace(FIRING, instance_key="short"), clock.now))
    assert rows(app, Incident) == []
    clock.forward(minutes=4)
    done = run_due(app, clock.now)
    assert sorted(one.outcome for one in done.clocks if one.kind == "alert_rule") == [
        "declared INC-1", "it does not fire any more"
    ]  # fmt: skip
    assert rows(app, Incident)[0].severity == "SEV2"


def test_the_severity_is_of_the_rule_then_of_the_catalogue_then_the_least(
    app: App, source: int
) -> None:
    rule(app, severity="", group_by=["pod"])
    with app.begin_as_system() as work:
        work.add(AlertKey(alert_key="HighErrorRate", severity="SEV3"))
        least = work.policy.severity_keys[-1]
    tell(app, source, FIRING)
    tell(app, source, replace(FIRING, instance_key="x", alert_key="HighLoad", labels={"pod": "z"}))
    assert [one.severity for one in rows(app, Incident)] == ["SEV3", least]


def test_a_group_of_a_thousand_is_one_entry_of_the_timeline(
    sqlite_app: App, sqlite_cast: Cast
) -> None:
    app = sqlite_app
    with app.begin_as_system() as work:
        source = work.add(AlertSource(sender="x", name="y", created_at=work.now)).key
    incident_id = declared(app, sqlite_cast.alice, "checkout")
    group = [replace(FIRING, instance_key=f"{n}", labels={"n": str(n)}) for n in range(1_000)]
    assert len(tell(app, source, *group).refs) == 1_000
    assert system_texts(app, incident_id) == []
    texts = [one.text for one in rows(app, TimelineEntry)]
    assert "1000 events fired: HighErrorRate (1000)" in texts
