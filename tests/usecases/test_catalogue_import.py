"""A catalogue comes in: as planned, repeatedly, and without touching what is not its own."""

from __future__ import annotations

from sqlmodel import select

from tests.conftest import Cast
from tests.importing.test_backstage import entity, read
from tracker.app import App
from tracker.importing.backstage import Catalogue
from tracker.models.catalogue import Service, Team
from tracker.reading.catalogue import dependencies, service_by_slug, service_tags
from tracker.usecases.catalogue import ServiceAsk, put_service
from tracker.usecases.catalogue_import import ImportPlan, import_catalogue, plan_catalogue

FILES = read(
    entity("Group", "team-mill"),
    entity(
        "Component", "ledger", metadata="  description: Keeps books\n  tags: [go]\n",
        spec="{owner: team-mill, dependsOn: [wheel]}",
    ),
    entity("Component", "wheel", spec="{owner: team-gone}"),
)  # fmt: skip


def bring(app: App, found: Catalogue = FILES) -> ImportPlan:
    with app.begin_as_system() as work:
        return import_catalogue(work, found)


def test_the_plan_is_what_the_import_does_and_a_second_one_does_nothing(
    app: App, cast: Cast
) -> None:
    with app.look_as_system() as look:
        planned = plan_catalogue(look, FILES)
    assert [(one.kind, one.slug, one.new) for one in planned.differences] == [
        ("team", "team-mill", True),
        ("service", "ledger", False),
        ("service", "wheel", True),
    ]
    assert planned.differences[1].fields == {
        "name": ("Ledger", "ledger"),
        "about": ("", "Keeps books"),
        "owner": ("payments", "team-mill"),
        "tags": ("", "go"),
        "depends_on": ("", "wheel"),
    }
    assert bring(app) == planned
    again = bring(app)
    assert (again.differences, again.unchanged) == ([], 3)


def test_it_adds_and_never_takes_away(app: App, cast: Cast) -> None:
    with app.begin_as_system() as work:
        put_service(
            work,
            ServiceAsk(name="Ledger", tier=1, kind="managed", tags=("books",),
                       depends_on=("query",), escalation="Call Ann"),
        )  # fmt: skip
    bring(app)
    with app.look_as_system() as look:
        row = service_by_slug(look, "ledger")
        assert (row.tier, row.kind, row.escalation) == (1, "managed", "Call Ann")
        assert service_tags(look, row) == ["books", "go"]
        assert [one.slug for one in dependencies(look, row)] == ["query", "wheel"]


def test_an_owner_nobody_knows_is_told_with_its_line_and_changes_nothing(
    app: App, cast: Cast
) -> None:
    found = bring(app)
    assert [str(one.place) for one in found.unknown_owners] == ["catalog-info.yaml:15"]
    assert "No team is called “team-gone”" in found.unknown_owners[0].message
    with app.look_as_system() as look:
        assert service_by_slug(look, "wheel").owner_team_id is None


def test_what_comes_from_the_configuration_is_left_alone(app: App, cast: Cast) -> None:
    with app.begin_as_system() as work:
        row = work.session.exec(select(Service).where(Service.slug == "ledger")).one()
        row.managed_by = "services.yaml"
    found = bring(app)
    assert found.managed == ["service ledger: comes from services.yaml"]
    with app.look_as_system() as look:
        assert service_by_slug(look, "ledger").about == ""
        assert look.session.exec(select(Team).where(Team.slug == "team-mill")).one()
