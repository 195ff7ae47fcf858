"""The pages of administration: people, links, tokens, deliveries, clocks, audit, policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.queries import count_queries
from tracker.app import App
from tracker.models.catalogue import ApiToken, Person
from tracker.models.incident import Incident
from tracker.models.journal import Delivery
from tracker.usecases.calendar import EntryAsk, add_calendar_entry
from tracker.usecases.improve.actions import ProposeAction, propose_action
from tracker.usecases.people import actor_of_token
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.events import RecordEvent, record_event
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry

Open = Callable[[str], Browser]
PAGES = (
    "/admin",
    "/admin/people",
    "/admin/people/new",
    "/admin/people/1",
    "/admin/tokens",
    "/admin/deliveries",
    "/admin/clocks",
    "/admin/audit",
    "/admin/policy",
)


def _private_incident(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        declare_incident(
            work, DeclareIncident(title="Leaked key", severity="SEV2", visibility="private")
        )
    with app.begin(cast.alice) as work:
        propose_action(work, ProposeAction(title="Change the leaked key", incident="INC-1"))


@pytest.mark.parametrize("path", PAGES)
def test_only_admins_come_in_and_the_others_are_told_why(browser: Open, path: str) -> None:
    page = browser("erin").get(path, status=403)
    assert "for admins" in page.text
    browser("ada").get(path)


def test_nobody_who_is_not_an_admin_posts_here(app: App, browser: Open) -> None:
    erin = browser("erin")
    for path in ("/admin/people/new", "/admin/people/1", "/admin/people/1/link", "/admin/tokens",
                 "/admin/tokens/1/revoke", "/admin/deliveries/1/retry"):  # fmt: skip
        erin.post(path, {"name": "X", "email": "x@example.org", "role": "admin"}, status=403)
    with app.look_as_system() as look:
        assert len(look.session.exec(select(Person)).all()) == 6


def test_somebody_joins_gets_a_link_that_is_shown_once_and_signs_in(
    app: App, browser: Open, stranger: Browser
) -> None:
    ada = browser("ada")
    page = ada.post(
        "/admin/people/new",
        {
            "name": "Dana",
            "email": "Dana@Example.org",
            "role": "editor",
            "teams": ["search"],
            "time_zone": "Europe/Berlin",
            "active": "y",
        },
    )
    assert "Dana is here" in page.text
    page = ada.post("/admin/people/7/link")
    found = re.search(r'value="[^"]*(/sign-in/link/[^"]+)"', page.response.text)
    assert found is not None
    assert "/sign-in/link/" not in ada.get("/admin/people/7").response.text
    page = stranger.post(found.group(1), page="/sign-in")
    assert "Dana" in page.response.text


def test_a_person_changes_role_and_teams_and_leaves(app: App, cast: Cast, browser: Open) -> None:
    ada, bob = browser("ada"), browser("bob")
    path = "/admin/people/2"
    fields = ada.get(path).form(path)
    assert fields["teams"] == "payments"
    ada.post(path, {**fields, "role": "viewer", "teams": ["search"]})
    assert cast.bob.role == "viewer"
    assert "Sign in" in bob.get("/actions").text
    without = {k: v for k, v in ada.get(path).form(path).items() if k != "active"}
    page = ada.post(path, without)
    assert "Former" in page.text


def test_the_last_admin_stays_one(browser: Open) -> None:
    ada = browser("ada")
    path = "/admin/people/5"
    page = ada.post(path, {**ada.get(path).form(path), "role": "viewer"}, status=422)
    assert "last admin" in page.text


def test_a_taken_address_is_said_at_its_field(browser: Open) -> None:
    page = browser("ada").post(
        "/admin/people/new",
        {"name": "Other", "email": "alice@example.org", "role": "viewer", "time_zone": "UTC"},
        status=422,
    )
    assert "Somebody with this address is here already" in page.text


def test_a_token_is_shown_once_works_and_is_revoked(app: App, cast: Cast, browser: Open) -> None:
    ada = browser("ada")
    page = ada.post(
        "/admin/tokens",
        {"name": "Deployments", "role": "responder", "scopes": ["read"],
         "person": cast.email("alice"), "expires_at": "2026-12-24 18:00"},
    )  # fmt: skip
    found = re.search(r'value="(trk_[^"]+)"', page.response.text)
    assert found is not None
    with app.look_as_system() as look:
        known = actor_of_token(look, found.group(1))
        assert known is not None
        assert known[0].person_id == cast.alice.person_id
    page = ada.get("/admin/tokens")
    assert "trk_" not in page.response.text
    assert "Deployments" in page.text and "Alice" in page.text
    ada.post("/admin/tokens/1/revoke")
    with app.look_as_system() as look:
        assert actor_of_token(look, found.group(1)) is None


def test_a_token_without_a_name_a_scope_or_a_future_is_explained(
    app: App, browser: Open, clock: HandClock
) -> None:
    ada = browser("ada")
    page = ada.post("/admin/tokens", {"name": "", "role": "viewer"}, status=422)
    assert "Name is needed" in page.text
    assert "Choose at least one scope" in page.text
    past = (clock.now - timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
    page = ada.post(
        "/admin/tokens",
        {"name": "Old", "role": "viewer", "scopes": ["read"], "expires_at": past},
        status=422,
    )
    assert "must lie in the future" in page.text
    with app.look_as_system() as look:
        assert look.session.exec(select(ApiToken)).all() == []


def test_a_parked_delivery_is_explained_and_tried_again(
    app: App, cast: Cast, browser: Open
) -> None:
    with app.begin(cast.alice) as work:
        declare_incident(work, DeclareIncident(title="Slow", severity="SEV3"))
    with app.begin_as_system() as work:
        row = work.session.exec(select(Delivery)).first()
        assert row is not None
        row.status, row.tries, row.last_error = "parked", 8, "The disk is full"
        number = row.key
    ada = browser("ada")
    page = ada.get("/admin/deliveries")
    assert "The disk is full" in page.text
    assert "Parked 1" in page.text
    page = ada.post(f"/admin/deliveries/{number}/retry")
    assert "tried again now" in page.text
    assert "Parked 0" in page.text
    page = ada.post(f"/admin/deliveries/{number}/retry")
    assert "Only a parked delivery can be tried again" in page.text
    ada.post("/admin/deliveries/999999/retry", status=404)


def test_the_audit_says_who_changed_what_from_what_to_what(
    app: App, cast: Cast, browser: Open
) -> None:
    with app.begin(cast.alice) as work:
        declare_incident(work, DeclareIncident(title="Slow checkout", severity="SEV3"))
    ada = browser("ada")
    path = "/admin/people/2"
    ada.post(path, {**ada.get(path).form(path), "role": "editor"})
    text = ada.get("/admin/audit").text
    for words in ("Slow checkout", "declare incident", "edit person", "responder to editor"):
        assert words in text
    text = ada.get("/admin/audit", record="INC-1").text
    assert "Slow checkout" in text and "edit person" not in text
    text = ada.get("/admin/audit", by="Ada").text
    assert "edit person" in text and "Slow checkout" not in text
    for odd in ("INC-999", "rubbish", "\x00INC-0"):
        assert "Nothing here" in ada.get("/admin/audit", record=odd).text


def test_the_audit_of_an_incident_has_what_was_done_around_it(
    app: App, cast: Cast, browser: Open
) -> None:
    with app.begin(cast.alice) as work:
        declare_incident(work, DeclareIncident(title="Slow checkout", severity="SEV3"))
    with app.begin(cast.bob) as work:
        add_timeline_entry(work, work.get(Incident, 1), AddEntry(text="It is the pool"))
    assert "add timeline entry" in browser("ada").get("/admin/audit", record="INC-1").text


def test_an_admin_outside_learns_nothing_about_a_private_incident(
    app: App, cast: Cast, browser: Open
) -> None:
    _private_incident(app, cast)
    ada = browser("ada")
    for path in ("/admin/audit", "/admin/deliveries", "/admin/clocks", "/admin"):
        page = ada.get(path)
        assert "eaked" not in page.response.text, path
        assert "INC-1" not in page.text, path
        assert "ACT-1" not in page.text, path
    assert "closed to you" in ada.get("/admin/audit").text
    assert "Nothing here" in ada.get("/admin/audit", record="INC-1").text


def test_the_audit_turns_its_pages_without_losing_an_entry(
    app: App, cast: Cast, browser: Open, clock: HandClock
) -> None:
    for number in range(60):
        clock.forward(seconds=1)
        with app.begin(cast.alice) as work:
            propose_action(work, ProposeAction(title=f"Action number {number}"))
    ada = browser("ada")
    seen: set[str] = set()
    page = ada.get("/admin/audit")
    while True:
        seen |= set(re.findall(r"Action number \d+", page.text))
        following = [link for link in page.links() if "cursor=" in link]
        if not following:
            break
        page = ada.get(following[-1])
    assert len(seen) == 60


def test_waiting_clocks_say_what_for(app: App, cast: Cast, browser: Open) -> None:
    with app.begin(cast.alice) as work:
        propose_action(work, ProposeAction(title="Renew", owner=cast.email("alice")))
    page = browser("ada").get("/admin/clocks")
    assert "an action should be accepted" in page.text
    assert "ACT-1" in page.text


def test_health_says_that_no_worker_runs(browser: Open) -> None:
    page = browser("ada").get("/admin")
    assert "needs a look" in page.text or "need a look" in page.text
    assert "tracker serve" in page.text


def test_the_policy_is_shown_as_loaded(browser: Open) -> None:
    page = browser("ada").get("/admin/policy")
    for words in ("Version 1", "Everyone", "SEV1", "P1"):
        assert words in page.text


@pytest.mark.parametrize("path", [one for one in PAGES if one != "/admin"])
def test_pages_ask_the_database_at_most_twelve_questions(
    app: App, cast: Cast, browser: Open, path: str
) -> None:
    _private_incident(app, cast)
    ada = browser("ada")
    with count_queries(app) as queries:
        ada.get(path)
    assert len(queries) <= 12, queries


def test_the_audit_names_each_kind_of_record_with_a_way_to_it(
    app: App, cast: Cast, browser: Callable[[str], Browser]
) -> None:
    with app.begin(cast.alice) as work:
        starts = work.now + timedelta(days=1)
        ends = starts + timedelta(hours=1)
        add_calendar_entry(
            work, EntryAsk(kind="maintenance", title="Moving house", starts_at=starts, ends_at=ends)
        )
        record_event(work, RecordEvent(title="Seen by chance", kind="observation"))
    links = browser("ada").get("/admin/audit").links()
    assert {"/calendar/CAL-1", "/events/EVT-1"} <= set(links)
