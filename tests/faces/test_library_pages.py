"""The library page: words, facets, hints; and no trace of what the reader may not read."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.faces.queries import count_queries
from tracker.app import App
from tracker.reading.share.library import all_documents
from tracker.usecases.improve.actions import ProposeAction, propose_action
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.share.lessons import DraftLesson, MoveLesson, draft_lesson, move_lesson

Open = Callable[[str], Browser]


@pytest.fixture
def filled(app: App, cast: Cast) -> App:
    """Two open incidents, a private one, a lesson and an action, all of them indexed."""
    with app.begin(cast.alice) as work:
        declare_incident(
            work,
            DeclareIncident(
                title="The gateway certificate had expired",
                summary="Nobody was paged, because the check looked at public names only.",
                severity="SEV2",
                services=("checkout",),
                tags=("certificates",),
            ),
        )
        declare_incident(
            work,
            DeclareIncident(
                title="Search answered slowly", severity="SEV3", services=("query",), tags=("disk",)
            ),
        )
        declare_incident(
            work,
            DeclareIncident(
                title="A zebraprint certificate leaked",
                severity="SEV1",
                visibility="private",
                tags=("leaks",),
                services=("ledger",),
            ),
        )
        propose_action(work, ProposeAction(title="Renew every certificate by machine"))
    with app.begin(cast.erin) as work:
        lesson = draft_lesson(
            work,
            DraftLesson(
                title="Count the days a certificate has left",
                situation="Certificates renewed by hand",
                insight="An alert at the end comes too late",
                recommendation="Alert thirty days before",
                tags=("certificates",),
            ),
        )
        move_lesson(work, lesson, MoveLesson(verb="publish"))
    with app.look_as_system() as look:
        app.index.rebuild(all_documents(look))
    return app


def test_words_find_every_kind_and_are_marked(filled: App, browser: Open) -> None:
    page = browser("charlie").get("/library", q="certificate")
    assert "3 answers" in page.text
    for words in ("gateway certificate", "Renew every certificate", "Count the days"):
        assert words in page.text
    assert "<mark>" in page.response.text


def test_nobody_else_gets_a_hit_a_count_a_facet_or_a_correction_of_a_private_incident(
    filled: App, browser: Open
) -> None:
    charlie = browser("charlie")
    for query in ({}, {"q": "certificate"}, {"q": "leaked"}, {"q": "zebraprint"},
                  {"q": "zebraprnt"}, {"service": "ledger"}, {"tag": "leaks"}):  # fmt: skip
        page = charlie.get("/library?" + urlencode(query))
        typed = " ".join(query.values())
        body = page.response.text
        assert "A zebraprint" not in body, query
        assert ("zebraprint" in body) == ("zebraprint" in typed), query
        assert ("SEV1" in body) is False, query
        assert ("leaks" in body) == ("leaks" in typed), query
    assert "A zebraprint certificate leaked" in browser("alice").get("/library", q="leaked").text


def test_facets_narrow_widen_and_stand_in_the_address(filled: App, browser: Open) -> None:
    bob = browser("bob")
    page = bob.get("/library", q="certificate")
    narrow = next(link for link in page.links() if "kind=lesson" in link)
    page = bob.get(narrow)
    assert "1 answer" in page.text
    assert "Kind: Lesson" in page.text
    assert "Remove Kind: Lesson" in page.text
    wider = next(link for link in page.links() if "kind=lesson" in link and "kind=action" in link)
    assert "2 answers" in bob.get(wider).text


def test_no_words_browse_the_newest(filled: App, browser: Open) -> None:
    page = browser("vera").get("/library")
    assert "Newest first" in page.text
    assert "4 in the library" in page.text


@pytest.mark.parametrize("query", ['"half a phrase', "OR", "((", "-", "nosuchfield:x", "a*", "\x00",
                                   "tag:", "* * *", "x" * 5_000])  # fmt: skip
def test_a_query_nobody_understands_is_answered_with_a_page(
    filled: App, browser: Open, query: str
) -> None:
    browser("vera").get("/library", q=query)


def test_an_unbalanced_quote_is_explained(filled: App, browser: Open) -> None:
    page = browser("vera").get("/library", q='"gateway certificate')
    assert "gateway certificate had expired" in page.text
    assert "A quotation mark has no partner" in page.text


def test_a_typing_mistake_is_found_and_said(filled: App, browser: Open) -> None:
    page = browser("vera").get("/library", q="certifcate")
    assert "Did you mean certificate" in page.text


def test_nothing_found_says_what_to_do_next(filled: App, browser: Open) -> None:
    page = browser("alice").get("/library", q="xylophone", kind="lesson")
    assert "Nothing found" in page.text
    assert "Search without filters" in page.text
    assert "/lessons/new?title=xylophone" in page.links()


def test_pages_are_turned_and_odd_numbers_are_survived(app: App, cast: Cast, browser: Open) -> None:
    with app.begin(cast.alice) as work:
        for number in range(23):
            propose_action(work, ProposeAction(title=f"Certificate number {number}"))
    with app.look_as_system() as look:
        app.index.rebuild(all_documents(look))
    alice = browser("alice")
    page = alice.get("/library", q="certificate")
    following = next(link for link in page.links() if "page=2" in link)
    assert "21 to 23 of 23" in alice.get(following).text
    assert "Nothing on this page" in alice.get("/library", q="certificate", page=40).text
    for odd in ("0", "-1", "x", "9" * 30, "²"):
        alice.get("/library", q="certificate", page=odd)


def test_an_index_that_is_not_there_yet_is_an_empty_library(app: App, browser: Open) -> None:
    page = browser("alice").get("/library")
    assert "The library is empty so far" in page.text


def test_the_page_asks_the_database_at_most_twelve_questions(filled: App, browser: Open) -> None:
    alice = browser("alice")
    with count_queries(filled) as queries:
        alice.get("/library", q="certificate")
    assert len(queries) <= 12, queries
