"""Events in the hands of people: recorded, promoted, linked, set aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from tests.conftest import MONDAY, Cast
from tracker.app import App
from tracker.domain.errors import Conflict, NotAllowed, NotPermitted, NotValid
from tracker.domain.lifecycle import EVENT
from tracker.domain.people import SYSTEM
from tracker.models.event import AlertKey, EventIncident, OperationalEvent
from tracker.models.incident import Incident, TimelineEntry
from tracker.models.journal import StateMove
from tracker.reading.references import event_by_ref, incident_by_ref, ref
from tracker.reading.respond.incidents import incident_page
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.events import (
    CLOSED_REASON,
    EditEvent,
    MoveEvent,
    PromoteEvent,
    RecordEvent,
    edit_event,
    move_event,
    promote_event,
    record_event,
)
from tracker.usecases.respond.incidents import set_visibility

EARLIER = MONDAY - timedelta(minutes=20)
REPORT = RecordEvent(title="Nobody can pay", kind="customer_report", service="checkout",
                     starts_at=EARLIER, text="Three calls")  # fmt: skip


def recorded(app: App, actor: Any, ask: RecordEvent = REPORT) -> str:
    with app.begin(actor) as work:
        return ref(record_event(work, ask))


def moved(app: App, actor: Any, reference: str, **ask: Any) -> OperationalEvent:
    with app.begin(actor) as work:
        return move_event(work, event_by_ref(work, reference), MoveEvent(**ask))


def promoted(app: App, actor: Any, reference: str, **ask: Any) -> str:
    with app.begin(actor) as work:
        return ref(promote_event(work, event_by_ref(work, reference), PromoteEvent(**ask)))


def incident(app: App, actor: Any, **more: Any) -> str:
    with app.begin(actor) as work:
        return ref(declare_incident(work, DeclareIncident(title="It", severity="SEV3", **more)))


def test_promoting_keeps_time_and_service_and_links_both_ways(app: App, cast: Cast) -> None:
    event = recorded(app, cast.alice)
    made = promoted(app, cast.alice, event, severity="SEV2")
    assert promoted(app, cast.bob, event, severity="SEV1") == made
    with app.look(cast.alice) as look:
        page = incident_page(look, incident_by_ref(look, made))
        assert (page.row.title, page.row.severity) == ("Nobody can pay", "SEV2")
        assert [one.slug for one in page.links.services] == ["checkout"]
        detected = page.times["detected"]
        assert (detected.at, detected.source) == (EARLIER, "customer")
        link = look.session.exec(select(EventIncident)).one()
        assert (link.promoted, link.linked_by_id) == (True, cast.alice.person_id)
        assert look.session.get(OperationalEvent, link.event_id).state == "linked"  # type: ignore[union-attr]
        texts = [one.text for one in look.session.exec(select(TimelineEntry))]
        assert any("Made of EVT-1" in text for text in texts)
        assert len(look.session.exec(select(Incident)).all()) == 1


def test_a_near_miss_becomes_a_near_miss_with_its_answers(app: App, cast: Cast) -> None:
    event = recorded(app, cast.alice, replace(REPORT, kind="near_miss"))
    with pytest.raises(NotValid) as refused:
        promoted(app, cast.alice, event)
    assert [gap.field for gap in refused.value.gaps] == ["what_saved_us"]
    made = promoted(app, cast.alice, event, what_saved_us="A colleague")
    with app.look(cast.alice) as look:
        row = incident_by_ref(look, made)
        assert (row.kind, row.almost_happened) == ("near_miss", "Three calls")
        assert row.declared_at == EARLIER


def test_the_catalogue_knows_how_bad_an_alert_usually_is(app: App, cast: Cast) -> None:
    event = recorded(app, cast.alice, replace(REPORT, kind="alert"))
    with pytest.raises(NotValid) as refused:
        promoted(app, cast.alice, event)
    assert refused.value.gaps[0].field == "severity"
    with app.begin_as_system() as work:
        work.add(AlertKey(alert_key="Paying", severity="SEV2"))
        event_by_ref(work, event).alert_key = "Paying"
    made = promoted(app, cast.alice, event)
    with app.look(cast.alice) as look:
        assert incident_by_ref(look, made).severity == "SEV2"


def test_who_may_not_see_the_incident_of_an_event_makes_no_second_one(app: App, cast: Cast) -> None:
    event = recorded(app, cast.alice)
    hidden = promoted(app, cast.alice, event, severity="SEV2")
    from tracker.usecases.respond.incidents import set_visibility

    with app.begin(cast.alice) as work:
        set_visibility(work, incident_by_ref(work, hidden), visibility="private")
    with pytest.raises(NotAllowed) as refused:
        promoted(app, cast.charlie, event, severity="SEV2")
    assert hidden not in str(refused.value.gaps)


def test_linking_writes_the_timeline_once_and_unlinking_says_why(app: App, cast: Cast) -> None:
    event, first, second = recorded(app, cast.alice), *(incident(app, cast.alice) for _ in "12")
    for target in (first, first, second):
        moved(app, cast.alice, event, verb="link", incident=target)
    with pytest.raises(NotAllowed):
        moved(app, cast.alice, event, verb="unlink", incident=second)
    assert moved(app, cast.alice, event, verb="unlink", incident=second, why="Not it").state == (
        "linked"
    )
    assert moved(app, cast.alice, event, verb="unlink", incident=first, why="Nor this").state == (
        "open"
    )
    with app.look(cast.alice) as look:
        texts = [one.text for one in look.session.exec(select(TimelineEntry)) if "EVT" in one.text]
    assert texts == [
        "Customer report EVT-1 “Nobody can pay” linked",
        "Customer report EVT-1 “Nobody can pay” linked",
        "EVT-1 “Nobody can pay” does not belong here: Not it",
        "EVT-1 “Nobody can pay” does not belong here: Nor this",
    ]


@pytest.mark.parametrize("target", ["INC-99", "EVT-1", "nonsense", "", "hidden"])
def test_an_incident_that_is_not_there_or_hidden_is_a_gap(
    app: App, cast: Cast, target: str
) -> None:
    event = recorded(app, cast.alice)
    if target == "hidden":
        target = incident(app, cast.alice, visibility="private")
    with pytest.raises(NotValid) as refused:
        moved(app, cast.charlie, event, verb="link", incident=target)
    assert refused.value.gaps[0].field == "incident"


def test_noise_needs_a_reason_and_is_not_promoted(app: App, cast: Cast) -> None:
    event = recorded(app, cast.alice)
    with pytest.raises(NotAllowed):
        moved(app, cast.alice, event, verb="mark_noise")
    assert moved(app, cast.alice, event, verb="mark_noise", why="A test").state == "noise"
    with pytest.raises(NotAllowed):
        promoted(app, cast.alice, event, severity="SEV3")
    with app.look(cast.alice) as look:
        assert len(look.session.exec(select(StateMove)).all()) == 1
        assert list(look.session.exec(select(Incident))) == []
    assert moved(app, cast.alice, event, verb="reopen", why="It was none").state == "open"


def test_every_gap_is_named_at_once_and_nothing_is_stored(app: App, cast: Cast) -> None:
    wrong = RecordEvent(title="", kind="change", service="nope", url="javascript:x",
                        starts_at=MONDAY + timedelta(days=3), labels={"": "x"})  # fmt: skip
    with pytest.raises(NotValid) as refused:
        recorded(app, cast.alice, wrong)
    assert {gap.field for gap in refused.value.gaps} == {
        "title", "kind", "service", "url", "starts_at", "labels"
    }  # fmt: skip
    with pytest.raises(NotPermitted):
        recorded(app, cast.vera)
    with app.look(cast.alice) as look:
        assert list(look.session.exec(select(OperationalEvent))) == []


def test_planned_work_lies_ahead_and_an_end_never_before_its_start(app: App, cast: Cast) -> None:
    ahead = replace(REPORT, kind="planned_work", starts_at=MONDAY + timedelta(days=30))
    recorded(app, cast.alice, ahead)
    with pytest.raises(NotValid):
        recorded(app, cast.alice, replace(REPORT, ended_at=EARLIER - timedelta(minutes=1)))


def test_an_edit_of_a_version_that_moved_on_is_refused(app: App, cast: Cast) -> None:
    event = recorded(app, cast.alice)
    with app.begin(cast.bob) as work:
        row = edit_event(work, event_by_ref(work, event), EditEvent(title="Paying", version=1))
        assert row.title == "Paying"
    with pytest.raises(Conflict), app.begin(cast.alice) as work:
        edit_event(work, event_by_ref(work, event), EditEvent(service="", version=1))


@pytest.mark.parametrize("state", EVENT.states)
@pytest.mark.parametrize("verb", EVENT.verbs)
def test_the_table_of_moves_of_an_event(state: str, verb: str) -> None:
    allowed = {
        ("open", "promote"), ("linked", "promote"), ("open", "link"), ("linked", "link"),
        ("linked", "unlink"), ("open", "mark_noise"), ("noise", "reopen"),
    }  # fmt: skip
    if (state, verb) in allowed:
        EVENT.check(state, verb, why="so")
    else:
        with pytest.raises(NotAllowed):
            EVENT.check(state, verb, why="so")


def test_a_closed_incident_leaves_no_trace_on_an_event_that_everybody_reads(
    app: App, cast: Cast
) -> None:
    event = recorded(app, cast.alice)
    closed = incident(app, cast.alice, visibility="private", members=(cast.email("bob"),))
    before = recorded_row(app, event)
    linked = moved(app, cast.alice, event, verb="link", incident=closed)
    assert linked.state == "open"
    assert recorded_row(app, event) == before
    with app.look(cast.alice) as look:
        assert look.session.exec(select(EventIncident)).one().linked_by_id == cast.alice.person_id
        moves = select(StateMove).where(StateMove.record_kind == "event")
        assert not look.session.exec(moves).all()
    open_to_all = incident(app, cast.alice)
    assert moved(app, cast.alice, event, verb="link", incident=open_to_all).state == "linked"
    # What everybody knows ends with what everybody knows, though the closed one still has it.
    gone = moved(app, cast.alice, event, verb="unlink", incident=open_to_all, why="Not it")
    assert gone.state == "open"
    with pytest.raises(NotAllowed):
        moved(app, cast.alice, event, verb="unlink", incident=closed)
    moved(app, cast.alice, event, verb="unlink", incident=closed, why="Secret reason")
    with app.look(cast.alice) as look:
        assert not look.session.exec(select(EventIncident)).all()
        told = look.session.exec(select(StateMove).where(StateMove.record_kind == "event")).all()
        assert [move.why for move in told] == ["", "Not it"]


def test_an_incident_that_was_closed_later_keeps_its_reasons_to_itself(
    app: App, cast: Cast
) -> None:
    event, place = recorded(app, cast.alice), incident(app, cast.alice)
    moved(app, cast.alice, event, verb="link", incident=place)
    with app.begin(cast.alice) as work:
        row = incident_by_ref(work, place)
        set_visibility(work, row, visibility="private", members=(cast.email("bob"),))
    gone = moved(app, cast.alice, event, verb="unlink", incident=place, why="Secret")
    assert gone.state == "open"
    with app.look(cast.alice) as look:
        told = look.session.exec(select(StateMove).where(StateMove.verb == "unlink")).one()
        assert told.why == CLOSED_REASON


def test_an_incident_that_is_opened_to_everybody_shows_its_events_as_linked(
    app: App, cast: Cast
) -> None:
    event = recorded(app, cast.alice)
    place = incident(app, cast.alice, visibility="private", members=(cast.email("bob"),))
    assert moved(app, cast.alice, event, verb="link", incident=place).state == "open"
    with app.begin(cast.alice) as work:
        set_visibility(work, incident_by_ref(work, place), visibility="org")
    with app.look(cast.charlie) as look:
        assert event_by_ref(look, event).state == "linked"


def recorded_row(app: App, reference: str) -> str:
    with app.look(SYSTEM) as look:
        return repr(event_by_ref(look, reference).model_dump())
