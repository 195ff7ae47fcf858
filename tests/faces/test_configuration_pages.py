"""Configuration from files, on the pages and by programs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlmodel import select

from tests.configuration.folders import SERVICES, TEAMS, read, small
from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.faces.program import Program, secret_for
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tracker.app import App
from tracker.configuration.kinds import KINDS
from tracker.models.catalogue import Service
from tracker.models.configuration import ConfigApply
from tracker.models.wording import WordingTerm
from tracker.usecases.configuration import ApplyConfiguration, apply_configuration

Open = Callable[[str], Browser]
PAGES = ("/admin/configuration", "/admin/configuration/1", "/admin/configuration/drift")


@pytest.fixture
def applied(app: App) -> None:
    with app.begin_as_system() as work:
        commit = "4f2a91c0" * 5
        apply_configuration(work, ApplyConfiguration(read=read(small()), commit=commit))


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize("path", PAGES)
def test_only_admins_see_what_was_applied(browser: Open, path: str) -> None:
    assert "for admins" in browser("erin").get(path, status=403).text
    browser("ada").get(path)


@pytest.mark.usefixtures("applied")
def test_the_page_tells_who_applied_what_and_which_file_governs_it(browser: Open) -> None:
    page = browser("ada").get("/admin/configuration").text
    assert "Tracker" in page
    assert "4f2a91c04f2a" in page
    assert "services.yaml" in page
    assert "2 teams added" in page
    assert "GatewayDown" in browser("ada").get("/admin/configuration/1").text
    browser("ada").get("/admin/configuration/77", status=404)


def test_before_the_first_apply_the_pages_say_what_to_do(browser: Open) -> None:
    assert "tracker config export" in browser("ada").get("/admin/configuration").text
    assert "Nothing was applied yet" in browser("ada").get("/admin/configuration/drift").text


@pytest.mark.usefixtures("applied")
def test_drift_is_shown_field_by_field(app: App, browser: Open) -> None:
    assert "Nothing has drifted" in browser("ada").get("/admin/configuration/drift").text
    with app.begin_as_system() as work:
        row = work.session.exec(select(Service).where(Service.slug == "ledger")).one()
        row.tier = 4
        work.session.add(row)
    page = browser("ada").get("/admin/configuration/drift").text
    assert "ledger" in page
    assert "tier" in page


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize("path", PAGES)
def test_the_pages_ask_the_database_seldom(app: App, browser: Open, path: str) -> None:
    ada = browser("ada")
    ada.get(path)
    with count_queries(app) as asked:
        ada.get(path)
    assert len(asked) <= MOST_PER_PAGE


@pytest.mark.usefixtures("applied")
def test_what_comes_from_a_file_says_so_and_cannot_be_changed_here(browser: Open) -> None:
    ada = browser("ada")
    page = ada.get("/services/gateway").text
    assert "services.yaml" in page
    assert "/services/gateway/edit" not in page
    refused = ada.post(
        "/services/gateway/edit", {"name": "Mine", "tier": "1", "kind": "self"}, status=422
    )
    assert "services.yaml" in refused.text


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_are_open_to_every_editor(browser: Open, flask_app: Flask, kind: str) -> None:
    answer = flask_app.test_client().get(f"/schemas/{kind}.json")
    assert answer.status_code == 200
    assert answer.mimetype == "application/schema+json"
    assert json.loads(answer.data)["$id"].endswith(f"/schemas/{kind}.json")


def test_a_schema_that_is_not_there_is_not_found(flask_app: Flask) -> None:
    assert flask_app.test_client().get("/schemas/nothing.json").status_code == 404


def test_a_program_plans_and_applies(flask_app: Flask, app: App, cast: Cast) -> None:
    program = Program(flask_app, secret_for(app, cast, "ada"))
    body = {"files": small(), "commit": "release 7"}
    planned = program.post("/configuration/plan", {"files": small()}, status=200)
    assert planned["differs"] is True
    assert planned["counts"]["add"] > 5
    with app.look_as_system() as look:
        assert look.session.exec(select(ConfigApply)).all() == []
    done = program.post("/configuration/apply", body, status=200)
    assert done["number"] == 1
    again = program.post("/configuration/apply", body, status=200)
    assert (again["differs"], again["number"]) == (False, 0)
    assert program.get("/configuration/applies")["items"][0]["commit"] == "release 7"
    assert program.get("/configuration/drift")["items"] == []
    assert {"file": "teams.yaml", "kind": "team", "count": 2} in program.get(
        "/configuration/managed"
    )["items"]


def test_a_program_is_told_every_problem_with_its_place(
    flask_app: Flask, app: App, cast: Cast
) -> None:
    program = Program(flask_app, secret_for(app, cast, "ada"))
    files = {"services.yaml": SERVICES, "../teams.yaml": TEAMS, "alerts.yaml": "alerts: 3"}
    told = program.post("/configuration/apply", {"files": files}, status=422)
    assert [one["field"] for one in told["errors"]] == [
        "alerts.yaml:1",
        "services.yaml:4",
        "services.yaml:10",
        "“../teams.yaml”",
    ]


def test_only_an_admin_s_token_applies(flask_app: Flask, app: App, cast: Cast) -> None:
    program = Program(flask_app, secret_for(app, cast, "erin"))
    for path in ("/configuration/plan", "/configuration/apply"):
        program.post(path, {"files": small()}, status=403)
    for path in ("/configuration/applies", "/configuration/drift", "/configuration/managed"):
        program.get(path, status=403)


def test_the_policy_page_names_its_file_and_who_hears_of_an_incident(
    app: App, browser: Open
) -> None:
    assert "tracker config export" in browser("ada").get("/admin/policy").text
    files = small()
    files["policy.yaml"] += (
        "\nnotifications:\n  - {severities: [SEV1], teams: [doors], channels: ['#incidents']}\n"
    )
    with app.begin_as_system() as work:
        apply_configuration(work, ApplyConfiguration(read=read(files)))
    page = browser("ada").get("/admin/policy").text
    assert "policy.yaml" in page
    assert "#incidents" in page


@pytest.mark.usefixtures("applied")
def test_a_word_of_a_file_cannot_be_taken_off_here(app: App, browser: Open) -> None:
    ada = browser("ada")
    assert "from words.yaml" in ada.get("/admin/words").text
    ada.post("/admin/words/1/drop", {}, status=422)
    with app.look_as_system() as look:
        assert len(look.session.exec(select(WordingTerm)).all()) == 2
