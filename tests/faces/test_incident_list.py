"""The list of incidents: filters in the address bar, order, pages, and nothing betrayed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser, Page
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tracker.app import App
from tracker.usecases.respond.declaring import (
    DeclareIncident,
    ReportNearMiss,
    declare_incident,
    report_near_miss,
)

People = Callable[[str], Browser]


@pytest.fixture
def some(app: App, cast: Cast, clock: HandClock) -> None:
    """Three incidents and a near miss, one of them closed to Alice and Bob."""
    asks = (
        DeclareIncident(
            title="Checkout answers 502", severity="SEV1", services=("checkout",), tags=("dns",)
        ),
        DeclareIncident(title="Search is empty", severity="SEV3", teams=("search",)),
        DeclareIncident(
            title="Leaked signing key",
            severity="SEV2",
            visibility="private",
            members=(cast.email("bob"),),
            tags=("hush",),
        ),
    )
    for ask in asks:
        with app.begin(cast.alice) as work:
            declare_incident(work, ask)
        clock.forward(days=1)
    with app.begin(cast.alice) as work:
        report_near_miss(
            work, ReportNearMiss(title="Nearly dropped it", almost_happened="A", what_saved_us="B")
        )


def _titles(page: Page) -> list[str]:
    """The titles in the order of the rows."""
    rows = [one for one in page.document.iter() if one.get("class") == "main-cell"]
    return ["".join(row.itertext()).strip().split("\n")[0].strip() for row in rows]


@pytest.mark.usefixtures("some")
def test_the_newest_stand_first_and_open_ones_can_be_asked_for(browser: People) -> None:
    alice = browser("alice")
    page = alice.get("/incidents")
    assert [title[:6] for title in _titles(page)] == ["Nearly", "Leaked", "Search", "Checko"]
    assert "4 incidents" in page.text
    assert len(_titles(alice.get("/incidents?state=open"))) == 3
    assert len(_titles(alice.get("/incidents?kind=near_miss"))) == 1


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("severity=SEV1", ["Checkout answers 502"]),
        ("service=checkout", ["Checkout answers 502"]),
        ("team=search", ["Search is empty"]),
        ("tag=dns", ["Checkout answers 502"]),
        ("title=EMPTY", ["Search is empty"]),
        ("since=2026-06-02&until=2026-06-02", ["Search is empty"]),
        ("severity=SEV1&severity=SEV3&sort=oldest", ["Checkout answers 502", "Search is empty"]),
        ("service=checkout&team=search", []),
    ],
)
def test_filters_narrow_the_list(browser: People, query: str, expected: list[str]) -> None:
    assert _titles(browser("charlie").get(f"/incidents?{query}")) == expected


@pytest.mark.usefixtures("some")
def test_a_chip_leads_to_the_list_without_its_filter(browser: People) -> None:
    page = browser("alice").get("/incidents?state=open&severity=SEV1&sort=oldest")
    assert "Severity: SEV1" in page.text
    without = next(
        link
        for link in page.links()
        if "sort=oldest" in link
        and "state=open" in link
        and "severity" not in link
        and "cursor" not in link
    )
    assert len(_titles(browser("alice").get(without))) == 3


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    "query",
    [
        "sort=backwards",
        "cursor=nonsense",
        "since=yesterday",
        "until=2026-13-45",
        "severity=SEV9",
        "service=%00",
        "title=%F0%9F",
        "tag=" + "x" * 500,
    ],
)
def test_an_address_that_makes_no_sense_brings_a_page(browser: People, query: str) -> None:
    browser("alice").get(f"/incidents?{query}")


@pytest.mark.usefixtures("some")
def test_a_stranger_finds_no_trace_of_a_private_incident(browser: People) -> None:
    charlie = browser("charlie")
    for path in ("/incidents", "/incidents?title=Leaked", "/incidents?tag=hush", "/"):
        page = charlie.get(path)
        assert "Leaked signing key" not in page.text
    assert "3 incidents" in charlie.get("/incidents").text
    assert "No incidents match" in charlie.get("/incidents?tag=hush").text
    assert "Leaked signing key" in browser("bob").get("/incidents").text


def test_pages_follow_each_other_without_a_gap(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    with app.begin(cast.alice) as work:
        for number in range(120):
            declare_incident(work, DeclareIncident(title=f"Number {number}", severity="SEV4"))
    clock.forward(minutes=1)
    alice = browser("alice")
    seen: list[str] = []
    path = "/incidents?sort=oldest"
    while path:
        page = alice.get(path)
        seen += _titles(page)
        path = next((link for link in page.links() if "cursor=" in link), "")
    assert seen == [f"Number {number}" for number in range(120)]


def test_the_list_asks_few_questions_whatever_its_size(
    app: App, cast: Cast, browser: People
) -> None:
    alice = browser("alice")
    alice.get("/incidents")
    counts = []
    for _ in range(2):
        with app.begin(cast.alice) as work:
            for number in range(30):
                declare_incident(
                    work,
                    DeclareIncident(
                        title=f"{number}", severity="SEV4", services=("checkout",), tags=("a", "b")
                    ),
                )
        with count_queries(app) as queries:
            alice.get("/incidents")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= MOST_PER_PAGE


def test_an_empty_list_says_what_to_do_next(browser: People) -> None:
    assert "Declare an incident" in browser("alice").get("/incidents").text
    assert "Report a near miss" not in browser("vera").get("/incidents").text


def test_times_read_relative_to_the_day(some: None, browser: People, clock: HandClock) -> None:
    del some
    clock.now += timedelta(days=2)
    assert "1 Jun 2026" in browser("alice").get("/incidents").text
