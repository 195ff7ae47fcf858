"""Roles, tasks, updates and the clocks they set."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from tests.conftest import Cast, HandClock
from tracker.app import App
from tracker.domain.errors import NotAllowed, NotFound, NotValid
from tracker.models.incident import Incident
from tracker.models.journal import Clock, Notice
from tracker.reading.respond.incidents import incident_page
from tracker.reading.respond.timeline import entry_revisions
from tracker.usecases.reminders import fire
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident
from tracker.usecases.respond.response import (
    PostUpdate,
    add_task,
    assign_role,
    finish_task,
    hand_over_role,
    post_update,
    release_role,
)
from tracker.usecases.respond.timeline import (
    AddEntry,
    EditEntry,
    add_timeline_entry,
    edit_timeline_entry,
    retract_timeline_entry,
)


@pytest.fixture
def incident(app: App, cast: Cast) -> Incident:
    with app.begin(cast.alice) as work:
        return declare_incident(work, DeclareIncident(title="Ledger is slow", severity="SEV1"))


def test_a_role_is_taken_handed_over_and_released(app: App, cast: Cast, incident: Incident) -> None:
    with app.begin(cast.alice) as work:
        row = work.get(Incident, incident.key)
        assign_role(work, row, role="commander", person=cast.email("alice"))
        hand_over_role(work, row, role="commander", to=cast.email("bob"))
    with app.look_as_system() as look:
        page = incident_page(look, incident)
        assert [(held.role_name, held.person.name) for held in page.roles] == [("Commander", "Bob")]
        texts = [entry.text for entry in page.entries]
        assert "Commander handed over from Alice to Bob" in texts
    with app.begin(cast.bob) as work:
        release_role(work, work.get(Incident, incident.key), role="commander")
    with app.look_as_system() as look:
        assert incident_page(look, incident).roles == []


def test_a_role_nobody_has_cannot_be_handed_over(app: App, cast: Cast, incident: Incident) -> None:
    with pytest.raises(NotAllowed), app.begin(cast.alice) as work:
        hand_over_role(work, work.get(Incident, incident.key), role="scribe", to=cast.email("bob"))


def test_somebody_unknown_takes_no_role(app: App, cast: Cast, incident: Incident) -> None:
    with pytest.raises(NotValid) as refused, app.begin(cast.alice) as work:
        assign_role(work, work.get(Incident, incident.key), role="scribe", person="x@y.z")
    assert refused.value.gaps[0].field == "person"


def test_a_task_is_done_once(app: App, cast: Cast, incident: Incident) -> None:
    with app.begin(cast.alice) as work:
        task = add_task(work, work.get(Incident, incident.key), title="Call the vendor")
    for _ in range(2):
        with app.begin(cast.bob) as work:
            finish_task(work, work.get(Incident, incident.key), task.key)
    with app.look_as_system() as look:
        texts = [entry.text for entry in incident_page(look, incident).entries]
        assert texts.count("Task done: Call the vendor") == 1


def test_a_task_of_another_incident_is_not_found(app: App, cast: Cast, incident: Incident) -> None:
    with app.begin(cast.alice) as work:
        other = declare_incident(work, DeclareIncident(title="Other", severity="SEV3"))
        task = add_task(work, other, title="There")
    with pytest.raises(NotFound), app.begin(cast.alice) as work:
        finish_task(work, work.get(Incident, incident.key), task.key)


def test_the_next_update_follows_the_cadence_of_the_severity(
    app: App, cast: Cast, incident: Incident, clock: HandClock
) -> None:
    with app.begin(cast.alice) as work:
        row = work.get(Incident, incident.key)
        update = post_update(work, row, PostUpdate(text="We are looking"))
    assert update.next_update_at == clock() + timedelta(minutes=30)


def test_a_late_update_is_reminded_of_once_and_not_after_an_update(
    app: App, cast: Cast, incident: Incident, clock: HandClock
) -> None:
    for _ in range(2):
        with app.begin(cast.alice) as work:
            row = work.get(Incident, incident.key)
            post_update(work, row, PostUpdate(text="We are looking"))
        clock.forward(minutes=31)
    outcomes = []
    with app.begin_as_system() as work:
        due = work.session.exec(
            select(Clock).where(Clock.kind == "update_late", Clock.due_at <= work.now)
        ).all()
        outcomes = [fire(work, one) for one in due]
    assert outcomes == ["nothing to do any more", "told 1"]
    with app.look_as_system() as look:
        notices = look.session.exec(select(Notice)).all()
        assert [notice.person_id for notice in notices] == [cast.alice.person_id]


def test_an_entry_keeps_what_it_said_before(
    app: App, cast: Cast, incident: Incident, clock: HandClock
) -> None:
    with app.begin(cast.alice) as work:
        entry = add_timeline_entry(
            work,
            work.get(Incident, incident.key),
            AddEntry(text="Retsarted", at=clock() - timedelta(hours=1)),
        )
    with app.begin(cast.bob) as work:
        edit_timeline_entry(
            work,
            work.get(Incident, incident.key),
            entry.key,
            EditEntry(text="Restarted", version=entry.version),
        )
    with app.look_as_system() as look:
        assert [one.text for one in entry_revisions(look, entry)] == ["Retsarted"]
        newest = next(one for one in incident_page(look, incident).entries if one.id == entry.id)
        assert (newest.text, newest.edited_at) == ("Restarted", clock())


def test_a_system_entry_stays_as_it_is(app: App, cast: Cast, incident: Incident) -> None:
    with app.look_as_system() as look:
        system = incident_page(look, incident).entries[0]
    assert system.kind == "system"
    for verb in ("edit", "retract"):
        with pytest.raises(NotAllowed), app.begin(cast.alice) as work:
            row = work.get(Incident, incident.key)
            if verb == "edit":
                edit_timeline_entry(work, row, system.key, EditEntry(text="No"))
            else:
                retract_timeline_entry(work, row, system.key)


def test_no_next_update_is_promised_for_an_incident_that_is_over(
    app: App, cast: Cast, incident: Incident, clock: HandClock
) -> None:
    with app.begin(cast.alice) as work:
        row = work.get(Incident, incident.key)
        move_incident(work, row, MoveIncident(verb="resolve"))
        with pytest.raises(NotValid):
            post_update(
                work, row, PostUpdate(text="Done", next_update_at=clock() + timedelta(hours=1))
            )
        assert post_update(work, row, PostUpdate(text="It is over")).next_update_at is None
