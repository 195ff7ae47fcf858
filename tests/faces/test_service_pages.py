"""What a service page shows: the picture of dependencies, changes and figures, how to reach it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from xml.etree.ElementTree import Element

from sqlmodel import select

from tests.conftest import MONDAY, Cast, HandClock
from tests.faces.browser import Browser, Page
from tests.faces.program import program_of
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tests.faces.test_change_pages import changed
from tracker.app import App
from tracker.models.catalogue import Service, Team
from tracker.usecases.catalogue import ServiceAsk, put_service

Open = Callable[[str], Browser]
SVG = "{http://www.w3.org/2000/svg}"


def put(app: App, *asks: ServiceAsk) -> None:
    with app.begin_as_system() as work:
        for ask in asks:
            put_service(work, ask)


def picture(page: Page) -> Element:
    found = next(page.document.iter(f"{SVG}svg"), None)
    assert found is not None
    return found


def words_in(element: Element) -> list[str]:
    return ["".join(one.itertext()) for one in element.iter(f"{SVG}text")]


def test_the_picture_shows_two_levels_both_ways_and_says_so_in_words(
    app: App, cast: Cast, browser: Open
) -> None:
    put(
        app,
        ServiceAsk(name="Power", kind="vendor"),
        ServiceAsk(name="Disk", depends_on=("power",)),
        ServiceAsk(name="Ledger", owner="payments", depends_on=("disk",)),
        ServiceAsk(name="Checkout", owner="payments", depends_on=("ledger",)),
        ServiceAsk(name="Shop", depends_on=("checkout",)),
    )
    page = browser("vera").get("/services/ledger")
    drawn = picture(page)
    assert words_in(drawn) == ["Ledger", "Shop", "Checkout", "Disk", "Power"]
    assert len([one for one in drawn.iter(f"{SVG}path") if one.get("marker-end")]) == 4
    described = "".join("".join(one.itertext()) for one in drawn.iter(f"{SVG}desc"))
    assert described == (
        "Ledger depends on 1, and through it on 1 more; 1 needs it. "
        "The table below names all of them."
    )
    for name in ("Shop", "Checkout", "Disk", "Power"):
        assert f"/services/{name.lower()}" in page.links()


def test_services_that_need_each_other_in_a_circle_are_drawn_all_the_same(
    app: App, cast: Cast, browser: Open
) -> None:
    put(
        app,
        ServiceAsk(name="Ledger", owner="payments", depends_on=("checkout",)),
        ServiceAsk(name="Checkout", owner="payments", depends_on=("ledger",)),
    )
    drawn = picture(browser("vera").get("/services/ledger"))
    assert words_in(drawn) == ["Ledger", "Checkout", "Checkout"]


def test_two_hundred_dependencies_stay_readable(app: App, cast: Cast, browser: Open) -> None:
    many = [ServiceAsk(name=f"Part {number:03}", tier=1 + number % 4) for number in range(200)]
    put(app, *many)
    with app.begin_as_system() as work:
        slugs = [f"part-{number:03}" for number in range(200)]
        put_service(work, ServiceAsk(name="Ledger", depends_on=tuple(slugs)))
    alice = browser("alice")
    page = alice.get("/services/ledger")
    drawn = picture(page)
    assert "and 188 more" in words_in(drawn)
    # The most important are drawn.
    assert "Part 000" in words_in(drawn)
    assert int(drawn.get("height", "0")) < 700
    assert {f"/services/{slug}" for slug in slugs} <= set(page.links())
    with count_queries(app) as statements:
        alice.client.get("/services/ledger")
    assert len(statements) <= MOST_PER_PAGE


def test_the_page_tells_of_changes_and_how_to_reach_those_who_run_it(
    app: App, cast: Cast, browser: Open
) -> None:
    put(
        app,
        ServiceAsk(
            name="Checkout",
            kind="vendor",
            escalation="Call **+44 20 7946 0000**, contract 7",
            status_url="https://status.example.org",
        ),
    )
    changed(app, cast, revision="v42")
    page = browser("vera").get("/services/checkout")
    assert "Call +44 20 7946 0000, contract 7" in page.text
    assert "https://status.example.org" in page.links()
    assert "Deployment: Checkout, v42" in page.text
    vendors = browser("vera").get("/catalogue/vendors").text
    assert "Call +44 20 7946 0000" in vendors


def test_figures_say_too_few_until_there_are_five(
    app: App, cast: Cast, browser: Open, clock: HandClock
) -> None:
    clock.forward(hours=1)
    alice = browser("alice")
    for number in range(4):
        at = MONDAY + timedelta(minutes=number)
        changed(app, cast, revision=str(number), started_at=at, finished_at=at)
    assert "too few: 0 of 4 changes" in alice.get("/services/checkout/changes").text
    changed(app, cast, revision="5")
    page = alice.get("/services/checkout/changes").text
    assert "0 % 0 of 5 changes; probably between 0 % and 43 %" in page


def test_gaps_are_listed_the_most_important_first(app: App, cast: Cast, browser: Open) -> None:
    put(
        app,
        ServiceAsk(name="Orphan", tier=2),
        ServiceAsk(name="Relay", tier=1, kind="vendor", owner="payments"),
    )
    with app.begin_as_system() as work:
        work.add(Team(slug="ghost", name="Ghost"))
    put(app, ServiceAsk(name="Haunted", tier=4, owner="ghost"))
    page = browser("vera").get("/catalogue/gaps").text
    told = ["Relay tier 1", "Orphan tier 2", "Haunted tier 4", "Ghost team"]
    for message in (
        "It does not say how to reach those who run it.",
        "No team owns it.",
        "Its team, Ghost, has nobody in it.",
        "It owns services and does not say how to reach it.",
    ):
        assert message in page
    places = [page.index(words) for words in told]
    assert places == sorted(places)
    gaps = program_of(app, cast, "vera").get("/catalogue/gaps")["items"]
    assert [(one["kind"], one["service"]) for one in gaps][:2] == [
        ("no_escalation", "relay"),
        ("no_owner", "orphan"),
    ]


def test_what_comes_from_files_is_read_only_in_pages_and_api(
    app: App, cast: Cast, browser: Open
) -> None:
    with app.begin_as_system() as work:
        service = work.session.exec(select(Service).where(Service.slug == "ledger")).one()
        team = work.session.exec(select(Team).where(Team.slug == "payments")).one()
        service.managed_by = "services.yaml"
        team.managed_by = "teams.yaml"
    erin, program = browser("erin"), program_of(app, cast, "erin")
    page = erin.get("/services/ledger")
    assert "This comes from services.yaml" in page.text
    assert "/services/ledger/edit" not in page.links()
    path = "/services/ledger/edit"
    refused = erin.post(path, erin.get(path).form(path), status=422)
    assert "This comes from services.yaml" in refused.text
    assert "teams.yaml" in erin.get("/teams/payments").text
    for address in ("/services/ledger", "/teams/payments"):
        answer = program.patch(address, {"name": "Other"}, status=422)
        assert "comes from" in answer["message"]
        assert program.get(address)["managed_by"]
    program.patch("/services/query", {"escalation": "Ask Ann", "status_url": "https://s.example"})
    found = program.get("/services/query")
    assert (found["escalation"], found["status_url"]) == ("Ask Ann", "https://s.example")
    program.patch("/services/query", {"status_url": "javascript:alert(1)"}, status=422)


def test_dependencies_are_told_to_programs_two_levels_both_ways(app: App, cast: Cast) -> None:
    put(
        app,
        ServiceAsk(name="Disk"),
        ServiceAsk(name="Ledger", owner="payments", depends_on=("disk",)),
        ServiceAsk(name="Checkout", owner="payments", depends_on=("ledger",)),
    )
    found = program_of(app, cast, "vera").get("/services/checkout/dependencies")
    assert [(one["slug"], one["steps"], one["through"]) for one in found["depends_on"]] == [
        ("ledger", 1, ["checkout"]),
        ("disk", 2, ["ledger"]),
    ]
    assert found["needed_by"] == []
