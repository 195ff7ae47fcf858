"""One transaction, one instant, one actor; sealed audit; no lost update."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlmodel import col, select

from tests.conftest import Cast, HandClock, cast_for
from tracker.app import App
from tracker.db.work import seal_of
from tracker.domain.errors import NotValid
from tracker.models.event import OperationalEvent
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.journal import AuditEntry, Delivery, OutboxEvent
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import EditIncident, edit_incident
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry


def test_a_work_that_fails_leaves_nothing(app: App, cast: Cast) -> None:
    with pytest.raises(NotValid), app.begin(cast.alice) as work:
        declare_incident(work, DeclareIncident(title="Kept?", severity="SEV3"))
        declare_incident(work, DeclareIncident(title="", severity="SEV3"))
    with app.look_as_system() as look:
        for model in (Incident, TimelineEntry, OutboxEvent, Delivery):
            assert look.session.exec(select(model)).all() == []


def test_a_work_has_one_instant(app: App, cast: Cast, clock: HandClock) -> None:
    with app.begin(cast.alice) as work:
        clock.forward(seconds=30)
        incident = declare_incident(work, DeclareIncident(title="Now", severity="SEV3"))
        assert incident.declared_at == work.now


def test_events_and_deliveries_are_in_the_same_transaction(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        incident = declare_incident(work, DeclareIncident(title="Now", severity="SEV3"))
    with app.look_as_system() as look:
        events = look.session.exec(select(OutboxEvent)).all()
        assert {event.name for event in events} == {"incident.declared", "incident.timeline"}
        assert {event.incident_id for event in events} == {incident.key}
        deliveries = look.session.exec(select(Delivery)).all()
        assert {one.event_id for one in deliveries} == {event.id for event in events}


def test_a_change_of_one_audit_entry_breaks_the_seal(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        declare_incident(work, DeclareIncident(title="Now", severity="SEV3"))
    with app.look_as_system() as look:
        entries = list(look.session.exec(select(AuditEntry).order_by(col(AuditEntry.id))))
    seal = ""
    for entry in entries:
        seal = seal_of(entry, seal)
        assert entry.seal == seal
    entries[-1].actor_name = "Mallory"
    assert seal_of(entries[-1], entries[-2].seal) != entries[-1].seal


def _observations(now: datetime) -> list[OperationalEvent]:
    """Two new events in which every column has its value."""
    return [
        OperationalEvent(
            title=title, starts_at=now, first_seen_at=now, last_seen_at=now, recent_starts=[title],
            created_at=now, updated_at=now,
        )
        for title in ("One", "Two")
    ]  # fmt: skip


def test_a_burst_is_stored_and_audited_as_rows_one_by_one(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        work.add_all(_observations(work.now))
    with app.begin(cast.alice) as work:
        burst = _observations(work.now)
        work.add_burst(burst)
        assert [row.title for row in burst if row.id is not None] == ["One", "Two"]
        work.add_burst(())
    with app.look_as_system() as look:
        events = look.session.exec(select(OperationalEvent).order_by(col(OperationalEvent.id)))
        told = [one.model_dump(exclude={"id"}) for one in events]
        assert told[:2] == told[2:]
        entries = look.session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))
        written = [one.change for one in entries if one.record_kind == "event"]
        assert written[:2] == written[2:] != []


def test_what_is_changed_in_a_burst_afterwards_is_written_too(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        first, second = burst = _observations(work.now)
        work.add_burst(burst)
        second.title = "Two, changed"
    with app.look_as_system() as look:
        titles = {one.key: one.title for one in look.session.exec(select(OperationalEvent))}
        assert titles == {first.key: "One", second.key: "Two, changed"}
        entries = look.session.exec(select(AuditEntry).where(AuditEntry.record_kind == "event"))
        changes = {one.record_id: one.change["title"] for one in entries}
        assert changes == {first.key: [None, "One"], second.key: ["Two", "Two, changed"]}


def test_many_writers_at_once_lose_nothing(
    app: App, cast: Cast, make_app: Callable[[str], App]
) -> None:
    with app.begin(cast.alice) as work:
        incident = declare_incident(work, DeclareIncident(title="Busy", severity="SEV3"))
    actor = cast.bob
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for turn in range(5):
                with app.begin(actor) as work:
                    row = work.get(Incident, incident.key)
                    add_timeline_entry(work, row, AddEntry(text=f"{number} {turn}"))
                    edit_incident(work, row, EditIncident(summary=row.summary + "x"))
        except BaseException as error:  # noqa: BLE001 - told to the test below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with app.look_as_system() as look:
        row = look.get(Incident, incident.key)
        assert row.summary == "x" * 30
        notes = look.session.exec(select(TimelineEntry).where(TimelineEntry.kind == "note")).all()
        assert len(notes) == 30
        entries = list(look.session.exec(select(AuditEntry).order_by(col(AuditEntry.id))))
    seal = ""
    for entry in entries:
        seal = seal_of(entry, seal)
        assert entry.seal == seal, "seals follow the order of commits"


def test_reading_changes_nothing(sqlite_app: App) -> None:
    cast = cast_for(sqlite_app)
    with sqlite_app.begin(cast.alice) as work:
        incident = declare_incident(work, DeclareIncident(title="As it was", severity="SEV3"))
    with sqlite_app.look(cast.alice) as look:
        look.get(Incident, incident.key).title = "Changed"
        look.session.flush()
    with sqlite_app.look(cast.alice) as look:
        assert look.get(Incident, incident.key).title == "As it was"
