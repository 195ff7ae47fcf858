"""The course of an incident: severity, moves, times, merging, visibility."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, select

from tests.conftest import Cast, HandClock
from tracker.app import App
from tracker.domain.errors import Conflict, NotAllowed, NotFound, NotValid
from tracker.models.action import Action
from tracker.models.incident import Incident
from tracker.models.journal import AuditEntry, StateMove
from tracker.models.review import Review
from tracker.reading.analyse.reviews import review_of
from tracker.reading.references import ref
from tracker.reading.respond.incidents import (
    IncidentFilter,
    incident_page,
    list_incidents,
    severity_history,
    time_history,
)
from tracker.usecases.improve.actions import ProposeAction, propose_action
from tracker.usecases.respond.declaring import (
    DeclareIncident,
    ReportNearMiss,
    declare_incident,
    report_near_miss,
)
from tracker.usecases.respond.incidents import (
    EditIncident,
    MoveIncident,
    edit_incident,
    merge_incident,
    move_incident,
    set_visibility,
)
from tracker.usecases.respond.severities import AssessSeverity, assess_severity
from tracker.usecases.respond.times import TimeAsk, record_time


def _declare(app: App, cast: Cast, **values: object) -> Incident:
    given = {"title": "Ledger is slow", "severity": "SEV3", **values}
    with app.begin(cast.alice) as work:
        return declare_incident(work, DeclareIncident(**given))  # type: ignore[arg-type]


def test_declaring_lists_every_gap_at_once_and_stores_nothing(app: App, cast: Cast) -> None:
    with pytest.raises(NotValid) as refused, app.begin(cast.alice) as work:
        declare_incident(
            work,
            DeclareIncident(
                title=" ", impact="many", services=("nope",), teams=("nobody",), visibility="all"
            ),
        )
    fields = {gap.field for gap in refused.value.gaps}
    assert {"title", "urgency", "services", "teams", "visibility"} <= fields
    with app.look_as_system() as look:
        assert list_incidents(look, IncidentFilter()).items == []


def test_an_override_needs_its_reason(app: App, cast: Cast) -> None:
    with pytest.raises(NotValid) as refused:
        _declare(app, cast, impact="everyone", urgency="now", severity="SEV3")
    assert refused.value.gaps[0].field == "severity_reason"
    incident = _declare(
        app, cast, impact="everyone", urgency="now", severity="SEV3", severity_reason="A drill"
    )
    with app.look_as_system() as look:
        assert [(one.severity, one.overridden) for one in severity_history(look, incident)] == [
            ("SEV3", True)
        ]


def test_each_reassessment_is_kept_and_the_timeline_says_so(app: App, cast: Cast) -> None:
    incident = _declare(app, cast)
    with app.begin(cast.bob) as work:
        row = work.get(Incident, incident.key)
        assess_severity(work, row, AssessSeverity(impact="everyone", urgency="now"))
    with app.look_as_system() as look:
        assert [one.severity for one in severity_history(look, incident)] == ["SEV1", "SEV3"]
        assert "Severity SEV3 → SEV1" in [
            entry.text for entry in incident_page(look, incident).entries
        ]


def test_an_illegal_jump_is_refused_and_leaves_no_trace(app: App, cast: Cast) -> None:
    incident = _declare(app, cast)
    with pytest.raises(NotAllowed), app.begin(cast.alice) as work:
        move_incident(work, work.get(Incident, incident.key), MoveIncident(verb="close"))
    with app.look_as_system() as look:
        assert look.session.exec(select(StateMove)).all() == []
        assert look.get(Incident, incident.key).state == "declared"


def test_resolved_before_mitigated_is_refused(app: App, cast: Cast, clock: HandClock) -> None:
    incident = _declare(app, cast)
    clock.forward(hours=1)
    with app.begin(cast.alice) as work:
        move_incident(work, work.get(Incident, incident.key), MoveIncident(verb="mitigate"))
    with pytest.raises(NotValid) as refused, app.begin(cast.alice) as work:
        move_incident(
            work,
            work.get(Incident, incident.key),
            MoveIncident(verb="resolve", at=clock() - timedelta(minutes=30)),
        )
    assert refused.value.gaps[0].field == "at"


def test_a_corrected_time_keeps_what_was_said_before(
    app: App, cast: Cast, clock: HandClock
) -> None:
    incident = _declare(app, cast)
    for minutes in (10, 20):
        with app.begin(cast.alice) as work:
            at = clock() - timedelta(minutes=minutes)
            record_time(work, work.get(Incident, incident.key), "detected", TimeAsk(at=at))
    with app.look_as_system() as look:
        history = time_history(look, incident)["detected"]
        assert [row.at for row in history] == [
            clock() - timedelta(minutes=20),
            clock() - timedelta(minutes=10),
        ]
        assert [row.current for row in history] == [True, False]


def test_an_unknown_time_needs_its_reason(app: App, cast: Cast) -> None:
    incident = _declare(app, cast)
    with pytest.raises(NotValid), app.begin(cast.alice) as work:
        record_time(work, work.get(Incident, incident.key), "detected", TimeAsk())
    with app.begin(cast.alice) as work:
        row = record_time(
            work, work.get(Incident, incident.key), "detected", TimeAsk(unknown_because="No log")
        )
    assert row.unknown_because == "No log"


def test_reopening_makes_the_end_unknown_again(app: App, cast: Cast, clock: HandClock) -> None:
    incident = _declare(app, cast)
    for verb, why in (("resolve", ""), ("close", ""), ("reopen", "It came back")):
        clock.forward(minutes=5)
        with app.begin(cast.alice) as work:
            row = work.get(Incident, incident.key)
            move_incident(work, row, MoveIncident(verb=verb, why=why))
    with app.look_as_system() as look:
        page = incident_page(look, look.get(Incident, incident.key))
        assert page.row.state == "investigating"
        assert page.times["resolved"].at is None
        assert page.times["resolved"].unknown_because == "Reopened"


def test_a_stale_version_is_a_conflict(app: App, cast: Cast) -> None:
    incident = _declare(app, cast)
    with app.begin(cast.bob) as work:
        row = work.get(Incident, incident.key)
        edit_incident(work, row, EditIncident(title="Ledger is down", version=row.version))
    with pytest.raises(Conflict) as refused, app.begin(cast.alice) as work:
        edit_incident(
            work,
            work.get(Incident, incident.key),
            EditIncident(title="Mine", version=incident.version),
        )
    assert refused.value.current is not None


def test_merging_is_said_in_both_timelines(app: App, cast: Cast) -> None:
    one, other = _declare(app, cast), _declare(app, cast, title="Same thing")
    with app.begin(cast.alice) as work:
        merge_incident(work, work.get(Incident, other.key), into=ref(one))
    with app.look_as_system() as look:
        merged = look.get(Incident, other.key)
        assert (merged.state, merged.merged_into_id) == ("merged", one.key)
        assert any(ref(other) in entry.text for entry in incident_page(look, one).entries)


def test_merging_into_itself_or_into_the_unknown_is_refused(app: App, cast: Cast) -> None:
    one = _declare(app, cast)
    with pytest.raises(NotValid), app.begin(cast.alice) as work:
        merge_incident(work, work.get(Incident, one.key), into=ref(one))
    with pytest.raises(NotFound), app.begin(cast.alice) as work:
        merge_incident(work, work.get(Incident, one.key), into="INC-999")


def test_a_near_miss_is_closed_and_has_no_severity(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        near = report_near_miss(
            work,
            ReportNearMiss(
                title="Nearly deleted the wrong volume",
                almost_happened="The wrong volume",
                what_saved_us="A typed confirmation",
                would_help="Names that differ more",
            ),
        )
        assert (near.kind, near.state, near.severity) == ("near_miss", "closed", "")
        assert review_of(work, near) is None


def test_an_incident_recorded_afterwards_begins_where_it_ended(
    app: App, cast: Cast, clock: HandClock
) -> None:
    start = clock() - timedelta(days=2)
    incident = _declare(
        app,
        cast,
        severity="SEV1",
        recorded_afterwards=True,
        state="resolved",
        times={
            "impact_started": TimeAsk(at=start),
            "resolved": TimeAsk(at=start + timedelta(hours=1)),
        },
    )
    assert incident.declared_at == start
    with app.look_as_system() as look:
        review = review_of(look, incident)
        assert review is not None


def test_what_came_from_an_incident_follows_its_circle(app: App, cast: Cast) -> None:
    incident = _declare(app, cast, severity="SEV1")
    with app.begin(cast.alice) as work:
        row = work.get(Incident, incident.key)
        move_incident(work, row, MoveIncident(verb="resolve"))
        review = review_of(work, row)
        assert review is not None
        action = propose_action(work, ProposeAction(title="Look", review=ref(review)))
    with app.begin(cast.alice) as work:
        set_visibility(
            work,
            work.get(Incident, incident.key),
            visibility="private",
            members=(cast.email("bob"),),
        )
    for model, key in ((Incident, incident.key), (Review, review.key), (Action, action.key)):
        with app.look(cast.bob) as look:
            assert look.get(model, key)
        with app.look(cast.charlie) as look, pytest.raises(NotFound):
            look.get(model, key)
        with app.look(cast.ada) as look, pytest.raises(NotFound):
            look.get(model, key)
    with app.begin(cast.bob) as work:
        set_visibility(work, work.get(Incident, incident.key), visibility="org")
    with app.look(cast.charlie) as look:
        assert look.get(Action, action.key)


def test_a_team_incident_is_read_by_its_teams_alone(app: App, cast: Cast) -> None:
    incident = _declare(app, cast, visibility="team", teams=("payments",))
    with app.look(cast.erin) as look:
        assert look.get(Incident, incident.key)
    with app.look(cast.charlie) as look:
        assert list_incidents(look, IncidentFilter(), count=True).count == 0


def test_nobody_closes_an_incident_to_themselves(app: App, cast: Cast) -> None:
    with pytest.raises(NotValid):
        _declare(app, cast, visibility="team", teams=("search",))


def test_the_audit_keeps_before_and_after(app: App, cast: Cast) -> None:
    incident = _declare(app, cast)
    with app.begin(cast.bob) as work:
        edit_incident(work, work.get(Incident, incident.key), EditIncident(title="Ledger is down"))
    with app.look_as_system() as look:
        last = look.session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc())).first()
        assert last is not None
        assert (last.actor_name, last.verb) == ("Bob", "edit_incident")
        assert last.record_id == incident.key
        assert last.change["title"] == ["Ledger is slow", "Ledger is down"]
