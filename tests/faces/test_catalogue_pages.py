"""The pages of services and teams: reading, editing, and what stays closed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlmodel import select

from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.faces.queries import count_queries
from tracker.app import App
from tracker.models.catalogue import Person, Service, TeamMember
from tracker.reading.references import ref
from tracker.usecases.improve.actions import ProposeAction, propose_action
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.share.lessons import DraftLesson, MoveLesson, draft_lesson, move_lesson

Open = Callable[[str], Browser]


def _history(app: App, cast: Cast) -> None:
    """An open and a private incident of checkout, each with an action, and a tagged lesson."""
    with app.begin(cast.alice) as work:
        seen = declare_incident(
            work,
            DeclareIncident(
                title="Checkout slow", severity="SEV3", services=("checkout",), teams=("payments",)
            ),
        )
        hidden = declare_incident(
            work,
            DeclareIncident(
                title="Leaked key",
                severity="SEV2",
                services=("checkout",),
                teams=("payments",),
                visibility="private",
            ),
        )
    with app.begin(cast.alice) as work:
        for incident, title in ((seen, "Warm the cache"), (hidden, "Change the leaked key")):
            propose_action(
                work, ProposeAction(title=title, incident=ref(incident), team="payments")
            )
    with app.begin(cast.erin) as work:
        lesson = draft_lesson(
            work,
            DraftLesson(
                title="Warm caches before traffic",
                situation="s",
                insight="i",
                recommendation="r",
                tags=("cache",),
                team="payments",
            ),
        )
        move_lesson(work, lesson, MoveLesson(verb="publish"))


def test_an_editor_adds_a_service_and_sees_it_from_both_sides(browser: Open) -> None:
    erin = browser("erin")
    erin.get("/services/new")
    page = erin.post(
        "/services/new",
        {
            "name": "Mail relay",
            "owner": "search",
            "tier": "2",
            "kind": "vendor",
            "tags": "mail smtp",
            "depends_on": ["ledger", "query"],
        },
    )
    for words in ("Mail relay", "Search", "A product of somebody else", "smtp", "Ledger", "Query"):
        assert words in page.text
    assert "Mail relay" in erin.get("/services/ledger").text
    assert "Mail relay" in erin.get("/services").text


def test_a_new_name_never_writes_over_another_service_or_team(app: App, browser: Open) -> None:
    erin = browser("erin")
    page = erin.post(
        "/services/new",
        {"name": "LEDGER", "tier": "1", "kind": "self", "about": "Kept"},
        status=422,
    )
    assert "has this name" in page.text
    assert "Kept" in page.response.text
    erin.post("/teams/new", {"name": "payments"}, status=422)
    erin.post("/services/new", {"name": "New", "tier": "1", "kind": "self"}, status=422)
    with app.look_as_system() as look:
        row = look.session.exec(select(Service).where(Service.slug == "ledger")).one()
    assert (row.name, row.tier, row.about) == ("Ledger", 3, "")


def test_an_edit_keeps_everything_that_was_not_touched(browser: Open) -> None:
    erin = browser("erin")
    erin.post(
        "/services/new",
        {"name": "Relay", "owner": "search", "tier": "2", "kind": "managed", "tags": "mail",
         "about": "Sends **mail**"},
    )  # fmt: skip
    path = "/services/relay/edit"
    fields = erin.get(path).form(path)
    page = erin.post(path, {**fields, "name": "Relay of mails"})
    for words in ("Relay of mails", "Search", "Sends mail", "Somebody runs it for us"):
        assert words in page.text


def test_an_unchecked_dependency_is_gone(app: App, browser: Open) -> None:
    erin = browser("erin")
    erin.post(
        "/services/new",
        {"name": "Relay", "tier": "2", "kind": "self", "depends_on": ["ledger", "query"]},
    )
    path = "/services/relay/edit"
    fields = {k: v for k, v in erin.get(path).form(path).items() if k != "depends_on"}
    page = erin.post(path, {**fields, "depends_on": ["query"]})
    assert "Query" in page.text
    assert "Ledger" not in page.text


def test_a_service_shows_only_what_the_reader_may_read(app: App, cast: Cast, browser: Open) -> None:
    _history(app, cast)
    erin = browser("erin")
    path = "/services/checkout/edit"
    erin.post(path, {**erin.get(path).form(path), "tags": "cache"})
    for page in (browser("charlie").get("/services/checkout"),
                 browser("charlie").get("/teams/payments")):  # fmt: skip
        assert "Checkout slow" in page.text
        assert "Warm the cache" in page.text
        assert "Warm caches before traffic" in page.text
        assert "leaked" not in page.response.text.lower()
    assert "Leaked key" in browser("alice").get("/services/checkout").text
    assert "Change the leaked key" in browser("alice").get("/teams/payments").text


def test_an_editor_cannot_let_themselves_into_a_team(app: App, cast: Cast, browser: Open) -> None:
    def members() -> set[str]:
        with app.look_as_system() as look:
            query = (
                select(Person.email)
                .join(TeamMember, TeamMember.person_id == Person.id)  # type: ignore[arg-type]
                .where(TeamMember.team_id == 2)
            )
            return set(look.session.exec(query))

    erin = browser("erin")
    path = "/teams/search/edit"
    assert "members" not in erin.get(path).form(path)
    erin.post(path, {"name": "Search", "members": cast.email("erin")})
    assert members() == {cast.email("charlie")}
    ada = browser("ada")
    ada.post(path, {**ada.get(path).form(path), "members": f"{cast.email('bob')}"})
    assert members() == {cast.email("bob")}


def test_an_unknown_member_is_said_at_the_field(cast: Cast, browser: Open) -> None:
    page = browser("ada").post(
        "/teams/search/edit", {"name": "Search", "members": "nobody@example.org"}, status=422
    )
    assert "“nobody@example.org” is not known here" in page.text


def test_others_read_and_do_not_edit(browser: Open) -> None:
    alice = browser("alice")
    for path in ("/services/new", "/services/ledger/edit", "/teams/new", "/teams/search/edit"):
        alice.get(path, status=403)
        alice.post(path, {"name": "X"}, status=403)
    assert "/services/ledger/edit" not in alice.get("/services/ledger").links()


@pytest.mark.parametrize("path", ["/services/nothing", "/teams/nothing", "/services/a%00b",
                                  "/teams/%00"])  # fmt: skip
def test_what_is_not_there_is_said_to_be_not_there(browser: Open, path: str) -> None:
    browser("alice").get(path, status=404)


@pytest.mark.parametrize("path", ["/services", "/services/checkout", "/teams", "/teams/payments",
                                  "/services/new", "/teams/search/edit"])  # fmt: skip
def test_pages_ask_the_database_at_most_twelve_questions(
    app: App, cast: Cast, browser: Open, path: str
) -> None:
    _history(app, cast)
    erin = browser("erin")
    with count_queries(app) as queries:
        erin.get(path)
    assert len(queries) <= 12, queries
