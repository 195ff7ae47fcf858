"""Changes on record: told once or many times, in any order, and linked by people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, func, select

from tests.conftest import MONDAY, Cast, HandClock
from tests.faces.declared import declare
from tests.usecases.test_races import at_once
from tracker.app import App
from tracker.db.work import Work
from tracker.domain.errors import Conflict, NotAllowed, NotFound, NotPermitted, NotValid
from tracker.domain.event import Change
from tracker.domain.people import Actor
from tracker.models.event import ChangeDetail, ChangeLink, OperationalEvent
from tracker.models.incident import TimelineEntry
from tracker.models.journal import OutboxEvent
from tracker.usecases.respond.changes import (
    FinishChange,
    LinkChange,
    finish_change,
    forget_change_link,
    link_change,
    record_change,
)


def record(app: App, actor: Actor, **given: object) -> OperationalEvent:
    """A change of checkout, with whatever else is given."""
    told = Change(**{"instance_key": "", "service": "checkout", **given})  # type: ignore[arg-type]
    with app.begin(actor) as work:
        return record_change(work, told)


def detail(app: App, row: OperationalEvent) -> ChangeDetail:
    with app.look_as_system() as look:
        found = look.session.get(ChangeDetail, row.key)
        assert found is not None
        return found


def count(app: App) -> int:
    with app.look_as_system() as look:
        return look.session.exec(select(func.count(col(OperationalEvent.id)))).one()


def test_a_change_needs_a_service_or_a_title_and_every_gap_is_told_at_once(
    app: App, cast: Cast
) -> None:
    with pytest.raises(NotValid) as refused:
        record(
            app,
            cast.alice,
            service="",
            kind="guess",
            status="maybe",
            url="javascript:alert(1)",
            revision="x" * 201,
            started_at=MONDAY + timedelta(days=2),
            labels={"team": "a\x00b"},
        )
    fields = {gap.field for gap in refused.value.gaps}
    assert fields == {"kind", "status", "url", "revision", "started_at", "labels"}
    with pytest.raises(NotValid, match="Name the service"):
        record(app, cast.alice, service="")
    with pytest.raises(NotValid, match="before it began"):
        record(app, cast.alice, started_at=MONDAY, finished_at=MONDAY - timedelta(minutes=1))
    assert count(app) == 0


def test_started_then_succeeded_is_one_event_with_both_times(
    app: App, cast: Cast, clock: HandClock
) -> None:
    begun = record(app, cast.alice, instance_key="run-7", status="started", revision="v42")
    assert (begun.ended_at, begun.starts_at) == (None, MONDAY)
    assert begun.title == "Deployment: Checkout, v42"
    later = clock.forward(minutes=6)
    over = record(app, cast.alice, instance_key="run-7", status="succeeded")
    assert (over.key, over.starts_at, over.ended_at) == (begun.key, MONDAY, later)
    assert (detail(app, over).status, detail(app, over).revision) == ("succeeded", "v42")
    assert over.times_seen == 2


def test_the_same_message_fifty_times_is_one_event_that_nothing_happened_to(
    app: App, cast: Cast, clock: HandClock
) -> None:
    first = record(app, cast.alice, instance_key="run-7", revision="v42")
    for _ in range(49):
        clock.forward(seconds=10)
        again = record(app, cast.alice, instance_key="run-7", revision="v42")
    assert (again.key, again.version, again.times_seen) == (first.key, first.version, 1)
    with app.look_as_system() as look:
        names = look.session.exec(select(OutboxEvent.name)).all()
    assert [name for name in names if name.startswith("event.")] == ["event.recorded"]


def test_a_start_that_arrives_after_the_end_gives_its_time_and_does_not_begin_it_again(
    app: App, cast: Cast
) -> None:
    ended = MONDAY - timedelta(minutes=1)
    record(app, cast.alice, instance_key="run-7", status="succeeded", finished_at=ended)
    began = MONDAY - timedelta(minutes=9)
    row = record(app, cast.alice, instance_key="run-7", status="started", started_at=began)
    assert (row.starts_at, row.ended_at, detail(app, row).status) == (began, ended, "succeeded")


def test_ten_at_once_with_one_key_are_one_event(app: App, cast: Cast) -> None:
    def tell(work: Work) -> object:
        return record_change(work, Change(instance_key="run-7", service="checkout"))

    assert at_once(app, *[(cast.alice, tell)] * 10) == ["done"] * 10
    assert count(app) == 1


@pytest.mark.parametrize(
    ("called", "known"),
    [
        ("checkout", True),
        ("Checkout", True),
        ("CHECKOUT ", True),
        ("check%", False),
        ("till", False),
    ],
)
def test_a_service_is_known_by_its_slug_or_name_else_its_name_is_kept(
    app: App, cast: Cast, called: str, *, known: bool
) -> None:
    row = record(app, cast.alice, service=called)
    assert (row.service_id is not None) is known
    assert row.service_name == called.strip()


def test_a_viewer_records_nothing(app: App, cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        record(app, cast.vera)


def test_a_rollback_marks_the_change_it_names_by_key_or_revision(app: App, cast: Cast) -> None:
    by_key = record(app, cast.alice, instance_key="run-1", revision="v1")
    other = record(app, cast.alice, service="ledger", revision="v2")
    by_revision = record(app, cast.alice, instance_key="run-2", revision="v2")
    first = record(app, cast.alice, kind="rollback", rolls_back="run-1")
    second = record(app, cast.alice, kind="rollback", rolls_back="v2", instance_key="back-2")
    assert detail(app, by_key).rolled_back_by_id == first.key
    assert detail(app, by_revision).rolled_back_by_id == second.key
    assert detail(app, other).rolled_back_by_id is None


def test_a_rollback_that_failed_rolled_nothing_back(app: App, cast: Cast) -> None:
    target = record(app, cast.alice, instance_key="run-1")
    back = record(
        app, cast.alice, kind="rollback", status="started", rolls_back="run-1", instance_key="b"
    )
    assert detail(app, target).rolled_back_by_id == back.key
    with app.begin(cast.alice) as work:
        finish_change(work, work.get(OperationalEvent, back.key), FinishChange(status="failed"))
    assert detail(app, target).rolled_back_by_id is None


def test_finishing_says_how_it_ended_once(app: App, cast: Cast, clock: HandClock) -> None:
    row = record(app, cast.alice, instance_key="run-7", status="started")
    clock.forward(minutes=3)

    def finish(**ask: object) -> OperationalEvent:
        with app.begin(cast.alice) as work:
            found = work.get(OperationalEvent, row.key)
            return finish_change(work, found, FinishChange(**ask))  # type: ignore[arg-type]

    with pytest.raises(NotValid, match="before it began"):
        finish(finished_at=MONDAY - timedelta(minutes=1))
    with pytest.raises(Conflict):
        finish(version=9)
    assert finish(status="failed").ended_at == MONDAY + timedelta(minutes=3)
    version = finish(status="failed").version
    assert finish(status="failed").version == version
    with pytest.raises(NotAllowed, match="has failed already"):
        finish(status="succeeded")


def test_a_confirmed_link_stands_in_the_timeline_and_can_be_taken_back(
    app: App, cast: Cast
) -> None:
    incident = declare(app, cast, services=("checkout",))
    row = record(app, cast.alice)

    def texts() -> list[str]:
        with app.look_as_system() as look:
            return list(look.session.exec(select(TimelineEntry.text).order_by("id")))[1:]

    def say(**ask: object) -> None:
        with app.begin(cast.bob) as work:
            link_change(work, incident, row, LinkChange(role="triggered_by", **ask))  # type: ignore[arg-type]

    say(note="the pool size was in it")
    say(note="the pool size was in it")
    assert texts() == ["EVT-1 “Deployment: Checkout” triggered the incident"]
    say(confirmed=False)
    assert texts()[1:] == ["EVT-1 “Deployment: Checkout” is no longer said to be what set it off"]
    with app.look_as_system() as look:
        link = look.session.exec(select(ChangeLink)).one()
    assert (link.confirmed, link.by_id) == (False, cast.bob.person_id)
    with app.begin(cast.bob) as work:
        forget_change_link(work, incident, row, "triggered_by")
    with pytest.raises(NotFound), app.begin(cast.bob) as work:
        forget_change_link(work, incident, row, "triggered_by")
    assert len(texts()) == 2


def test_only_a_change_is_linked_and_only_in_a_role_there_is(app: App, cast: Cast) -> None:
    incident = declare(app, cast)
    row = record(app, cast.alice)
    with app.begin(cast.alice) as work:
        other = work.add(
            OperationalEvent(title="x", starts_at=MONDAY, first_seen_at=MONDAY, last_seen_at=MONDAY)
        )
    with pytest.raises(NotValid, match="not a change"), app.begin(cast.alice) as work:
        link_change(work, incident, other, LinkChange(role="triggered_by"))
    with pytest.raises(NotValid, match="must be one of"), app.begin(cast.alice) as work:
        link_change(work, incident, row, LinkChange(role="blamed"))


def test_a_confirmed_trigger_and_a_confirmed_rollback_are_a_pair(app: App, cast: Cast) -> None:
    incident = declare(app, cast, services=("checkout",))
    trigger = record(app, cast.alice, revision="v42")
    elsewhere = record(app, cast.alice, service="ledger")
    back = record(app, cast.alice, kind="rollback")
    for row, role in (
        (back, "remediated_by"),
        (elsewhere, "triggered_by"),
        (trigger, "triggered_by"),
    ):
        with app.begin(cast.alice) as work:
            link_change(work, incident, row, LinkChange(role=role))
    assert detail(app, trigger).rolled_back_by_id == back.key
    assert detail(app, elsewhere).rolled_back_by_id is None
