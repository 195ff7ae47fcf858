"""Applying a configuration: all or nothing, on record, undone by nobody's click, and repeatable."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest
import yaml
from sqlmodel import select

from tests.configuration.folders import SERVICES, TEAMS, read, small
from tests.conftest import Cast
from tests.usecases.test_races import at_once
from tracker.app import App
from tracker.configuration.planning import Plan
from tracker.db.work import Work
from tracker.domain.errors import NotAllowed, NotPermitted, NotValid
from tracker.domain.people import SYSTEM, Actor
from tracker.models.catalogue import Circle, Service, Team
from tracker.models.configuration import ConfigApply
from tracker.models.event import AlertKey, AlertRule
from tracker.models.journal import Notice
from tracker.models.procedure import Procedure
from tracker.reading.configuration import applies, drift, managed_files, standing_things
from tracker.reading.policies import template
from tracker.usecases.calendar import EntryAsk, add_calendar_entry
from tracker.usecases.catalogue import ServiceAsk, TeamAsk, put_service, put_team
from tracker.usecases.configuration import (
    Applied,
    ApplyConfiguration,
    apply_configuration,
    plan_configuration,
    problems_of,
)
from tracker.usecases.policy import load_policy
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident

Files = dict[str, str]


def plan(app: App, files: Files, *, prune: bool = False) -> Plan:
    with app.look_as_system() as look:
        return plan_configuration(look, read(files), prune=prune)


def apply(
    app: App, files: Files, *, prune: bool = False, commit: str = "", actor: Actor = SYSTEM
) -> Applied:
    with app.begin(actor) as work:
        ask = ApplyConfiguration(read=read(files), prune=prune, commit=commit)
        return apply_configuration(work, ask)


def verbs(made: Plan, kind: str) -> dict[str, str]:
    return {one.key: one.verb for one in made.changes if one.kind == kind}


def without(files: Files, *names: str) -> Files:
    return {name: text for name, text in files.items() if name not in names}


def test_everything_becomes_as_the_files_say(app: App) -> None:
    applied = apply(app, small(), commit="4f2a91")
    with app.look_as_system() as look:
        gateway = look.session.exec(select(Service).where(Service.slug == "gateway")).one()
        doors = look.session.exec(select(Team).where(Team.slug == "doors")).one()
        alert = look.session.exec(select(AlertKey)).one()
        rule = look.session.exec(select(AlertRule)).one()
        procedure = look.session.exec(select(Procedure)).one()
    assert (gateway.owner_team_id, gateway.tier, gateway.managed_by) == (
        doors.key,
        1,
        "services.yaml",
    )
    assert (alert.service_id, alert.procedure_id) == (gateway.key, procedure.key)
    assert (rule.labels, rule.group_by) == ({"environment": "production"}, ["region"])
    assert (procedure.state, procedure.text_version) == ("current", 1)
    assert applied.row is not None
    assert (applied.row.commit_text, applied.row.actor_name) == ("4f2a91", "Tracker")
    assert applied.row.summary["counts"]["service"] == {"add": 2}


def test_applying_again_changes_nothing_and_is_not_on_record(app: App) -> None:
    apply(app, small())
    assert plan(app, small()).changes == ()
    assert apply(app, small()).row is None
    with app.look_as_system() as look:
        assert len(look.session.exec(select(ConfigApply)).all()) == 1


def test_a_plan_tells_each_field_before_and_after(app: App) -> None:
    apply(app, small())
    files = small()
    files["services.yaml"] = SERVICES.replace("tier: 1", "tier: 2").replace("mqtt, tls", "tls")
    files["policy.yaml"] = files["policy.yaml"].replace("SEV1: 30", "SEV1: 20")
    made = plan(app, files)
    told = {(one.key, field.name): (field.before, field.after)
            for one in made.changes for field in one.fields}  # fmt: skip
    assert told == {
        ("gateway", "tier"): (1, 2),
        ("gateway", "tags"): (["mqtt", "tls"], ["tls"]),
        ("policy", "update_minutes.SEV1"): (30, 20),
    }


def test_one_problem_keeps_all_of_it_out(app: App) -> None:
    files = small() | {"services.yaml": SERVICES.replace("owner: money", "owner: mony")}
    with pytest.raises(NotValid) as caught:
        apply(app, files)
    assert [(gap.field, gap.message) for gap in caught.value.gaps] == [
        ("services.yaml:10", "There is no team “mony”; did you mean “money”?")
    ]
    with app.look_as_system() as look:
        assert look.session.exec(select(Team)).all() == []
        assert look.session.exec(select(ConfigApply)).all() == []


def test_only_an_admin_applies(app: App, cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        apply(app, small(), actor=cast.alice)


def test_what_the_pages_kept_is_taken_over_and_then_refused_there(app: App) -> None:
    with app.begin_as_system() as work:
        put_team(work, TeamAsk(name="Doors", contact="doors@example.org", channel="#doors"))
        put_team(work, TeamAsk(name="Money", contact="somebody"))
    made = plan(app, small())
    assert verbs(made, "team") == {"doors": "adopt", "money": "change"}
    apply(app, small())
    with pytest.raises(NotAllowed) as caught, app.begin_as_system() as work:
        put_team(work, TeamAsk(name="Doors", contact="me"))
    assert "teams.yaml" in caught.value.message
    with pytest.raises(NotAllowed), app.begin_as_system() as work:
        put_service(work, ServiceAsk(name="Gateway"))


def test_what_comes_from_another_file_now_is_told(app: App) -> None:
    apply(app, small())
    files = without(small(), "teams.yaml") | {"teams/all.yaml": TEAMS}
    assert verbs(plan(app, files), "team") == {"doors": "move", "money": "move"}
    apply(app, files)
    with app.look_as_system() as look:
        assert {one.file for one in managed_files(look) if one.kind == "team"} == {"teams/all.yaml"}


def test_what_is_in_no_file_any_more_is_left_alone_and_told(app: App) -> None:
    apply(app, small())
    files = small() | {"alert_rules.yaml": "rules: []\n"}
    made = plan(app, files)
    assert verbs(made, "alert_rule") == {"gateway": "leave"}
    assert made.writing == ()
    with app.look_as_system() as look:
        assert look.session.exec(select(AlertRule)).one().managed_by == "alert_rules.yaml"


def test_prune_takes_out_what_nothing_needs(app: App) -> None:
    apply(app, small())
    files = without(small(), "alerts.yaml", "alert_rules.yaml", "calendar.yaml", "services.yaml")
    files["procedures/gateway-down.md"] = files["procedures/gateway-down.md"].replace(
        "services: [gateway]\n", ""
    )
    made = apply(app, files, prune=True).plan
    assert verbs(made, "service") == {"gateway": "remove", "ledger": "remove"}
    assert verbs(made, "alert") == {"GatewayDown": "remove"}
    with app.look_as_system() as look:
        for table in (Service, AlertKey, AlertRule):
            assert look.session.exec(select(table)).all() == []
        assert len(look.session.exec(select(Team)).all()) == 2


def test_prune_hands_to_the_pages_what_is_in_use(app: App, cast: Cast) -> None:
    apply(app, small())
    with app.begin(cast.alice) as work:
        declare_incident(
            work,
            DeclareIncident(
                title="No doors", severity="SEV2", severity_reason="x", services=("gateway",)
            ),
        )
    files = without(small(), "alerts.yaml", "services.yaml", "calendar.yaml")
    files["procedures/gateway-down.md"] = files["procedures/gateway-down.md"].replace(
        "services: [gateway]\n", ""
    )
    made = apply(app, files, prune=True).plan
    # The gateway needs the ledger, so the ledger stays as well.
    assert verbs(made, "service") == {"gateway": "release", "ledger": "release"}
    with app.begin_as_system() as work:
        put_service(work, ServiceAsk(name="Gateway", owner="money"))


def test_a_team_with_people_in_it_is_not_taken_out(app: App, cast: Cast) -> None:
    teams = "teams:\n  - key: payments\n    name: Payments\n  - key: empty\n    name: Empty\n"
    apply(app, {"teams.yaml": teams})
    made = apply(app, {"teams.yaml": "teams: []\n"}, prune=True).plan
    assert verbs(made, "team") == {"payments": "release", "empty": "remove"}
    assert cast.alice.person_id


def test_what_files_still_point_at_is_not_taken_out(app: App) -> None:
    apply(app, small())
    files = small() | {"teams.yaml": TEAMS[: TEAMS.index("  - key: money")]}
    made = plan(app, files, prune=True)
    assert verbs(made, "team") == {"money": "release"}


def test_policy_and_templates_are_never_taken_out(app: App) -> None:
    apply(app, small())
    kept = {name: text for name, text in small().items() if name.endswith((".yaml", ".md"))}
    files = without(kept, "policy.yaml", "taxonomy.yaml", *(n for n in kept if "templates" in n))
    made = apply(app, files, prune=True).plan
    assert verbs(made, "policy") == {"policy": "release"}
    with app.look_as_system() as look:
        assert look.policy.severity_keys == ("SEV1", "SEV2", "SEV3", "SEV4")


def test_work_under_way_keeps_the_policy_it_began_under(app: App, cast: Cast) -> None:
    apply(app, small())
    ask = DeclareIncident(title="Slow", severity="SEV1", severity_reason="x")
    with app.begin(cast.alice) as work:
        before = declare_incident(work, ask)
    files = small()
    files["policy.yaml"] = files["policy.yaml"].replace("SEV1: 30", "SEV1: 15")
    path = "review_templates/light.yaml"
    files[path] = files[path].replace("name: ", "name: Very ", 1)
    apply(app, files)
    with app.begin(cast.alice) as work:
        after = declare_incident(work, ask)
        assert work.policy_of(before.policy_version).update_minutes["SEV1"] == 30
        assert work.policy_of(after.policy_version).update_minutes["SEV1"] == 15
        assert template(work, "light", 2).name == f"Very {template(work, 'light', 1).name}"


def test_seeding_again_leaves_alone_what_files_govern(app: App) -> None:
    files = small()
    files["policy.yaml"] = files["policy.yaml"].replace("SEV1: 30", "SEV1: 15")
    files["taxonomy.yaml"] = files["taxonomy.yaml"].replace("Path without a test", "Not tested")
    apply(app, files)
    brought = {name: yaml.safe_load(text) for name, text in small().items() if "yaml" in name}
    with app.begin_as_system() as work:
        load_policy(
            work,
            policy=brought["policy.yaml"],
            taxonomy=brought["taxonomy.yaml"],
            templates=[one for name, one in brought.items() if "templates" in name],
        )
    assert plan(app, files).changes == ()


def test_drift_is_what_differs_from_the_last_apply(app: App) -> None:
    with app.look_as_system() as look:
        assert drift(look).applied is None
    apply(app, small(), commit="1")
    with app.begin_as_system() as work:
        row = work.session.exec(select(Service).where(Service.slug == "ledger")).one()
        row.tier = 4
        work.session.add(row)
        work.session.delete(work.session.exec(select(AlertRule)).one())
        put_team(work, TeamAsk(name="Made in the pages"))
    with app.look_as_system() as look:
        found = drift(look)
    assert [(one.kind, one.key, one.how) for one in found.things] == [
        ("alert_rule", "gateway", "gone"),
        ("service", "ledger", "changed"),
    ]
    assert [(one.name, one.before, one.after) for one in found.things[1].fields] == [("tier", 3, 4)]
    apply(app, small(), commit="2")
    with app.look_as_system() as look:
        assert drift(look).things == ()
        assert [one.commit_text for one in applies(look).items] == ["2", "1"]


def test_a_record_closed_to_a_circle_is_in_no_file_and_its_name_is_refused(
    app: App, cast: Cast
) -> None:
    apply(app, small())
    with app.begin_as_system() as work:
        procedure = work.session.exec(select(Procedure)).one()
        procedure.circle_id = closed_circle(work)
        work.session.add(procedure)
    with app.look_as_system() as look:
        assert ("procedure", "gateway-down") not in standing_things(look)
        told = [one.message for one in problems_of(look, read(small()))]
    assert told == ["“gateway-down” is taken by something closed to a few people"]


def test_a_procedure_needs_a_step_and_somebody_who_keeps_it(app: App) -> None:
    files = small()
    files["procedures/gateway-down.md"] = "---\ntitle: Gateway is down\n---\n\nOnly words.\n"
    with app.look_as_system() as look:
        told = [(one.line, one.message) for one in problems_of(look, read(files))]
    assert told == [
        (2, "Somebody, or at least a team, must own it"),
        (4, "There is no step yet: each item of a numbered or a task list is one"),
    ]


def test_a_changed_text_is_a_new_version_of_the_procedure(app: App) -> None:
    apply(app, small())
    files = small()
    path = "procedures/gateway-down.md"
    files[path] = files[path].replace("Restart the gateway.", "Restart the gateway, once.")
    apply(app, files)
    with app.look_as_system() as look:
        row = look.session.exec(select(Procedure)).one()
    assert (row.text_version, row.managed_by) == (2, path)


def closed_circle(work: Work) -> int:
    return work.add(Circle(visibility="private", created_at=work.now)).key


def test_two_who_apply_the_same_at_once_do_it_once(app: App) -> None:
    ask = ApplyConfiguration(read=read(small()))
    verb = partial(apply_configuration, ask=ask)
    assert at_once(app, (SYSTEM, verb), (SYSTEM, verb)) == ["done", "done"]
    with app.look_as_system() as look:
        assert len(look.session.exec(select(ConfigApply)).all()) == 1
        assert drift(look).things == ()


def test_plans_of_files_that_clash_are_told_to_their_owners(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        add_calendar_entry(
            work,
            EntryAsk(
                kind="maintenance",
                title="New disks",
                starts_at=datetime(2026, 11, 21, tzinfo=UTC),
                ends_at=datetime(2026, 11, 22, tzinfo=UTC),
                services=("checkout",),
            ),
        )
    files = small()
    files["calendar.yaml"] = files["calendar.yaml"].replace("[ledger, gateway]", "[checkout]")
    for _ in range(2):
        apply(app, files)
    with app.look_as_system() as look:
        told = look.session.exec(select(Notice).where(Notice.kind == "calendar_clash")).all()
    assert [one.person_id for one in told] == [cast.alice.person_id]


def test_what_was_taken_out_stands_in_the_record_of_the_apply(app: App) -> None:
    apply(app, small())
    apply(app, without(small(), "words.yaml"), prune=True)
    with app.look_as_system() as look:
        newest = applies(look).items[0]
    assert [(one["verb"], one["key"]) for one in newest.summary["changes"]] == [
        ("remove", "allow master node"),
        ("remove", "add operator mistake"),
    ]
