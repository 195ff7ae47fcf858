"""The pages of perspectives: asking, one's own page, and what others find of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from tests.conftest import Cast, HandClock
from tests.exchange.conftest import shell_of
from tests.faces.browser import Browser
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tests.faces.review_story import REVIEW, answer_everything, resolved
from tests.stories.hidden import work_off
from tracker.app import App
from tracker.models.journal import Notice
from tracker.reading.home import home_page
from tracker.reading.references import notice_path, review_by_ref
from tracker.search.index import SearchQuery
from tracker.usecases.analyse.reviews import amend_review, publish_review
from tracker.usecases.people import create_token

People = Callable[[str], Browser]
PAGE = "/reviews/REV-1/perspectives"
OWN = "/perspectives/1"
SECRET = "zwergfrumpel"


@pytest.fixture
def asked(app: App, cast: Cast, browser: People) -> Browser:
    """Alice has asked Charlie."""
    resolved(app, cast)
    page = browser("alice").post(PAGE, {"people": [], "other": cast.email("charlie")})
    assert "1 person is asked" in page.text
    return browser("charlie")


def test_an_asked_person_writes_shares_and_is_read_beside_the_timeline(
    asked: Browser, browser: People
) -> None:
    home = asked.get("/")
    assert "asks how it looked to you" in home.text
    assert f"{PAGE}/mine" in home.links()
    page = asked.get(f"{PAGE}/mine")
    assert page.text.startswith("How it looked to you") or "How it looked to you" in page.text
    page = asked.post(f"{OWN}/answers/thought", {"text": SECRET, "base_version": "0"})
    assert "Only you can read it" in page.text
    page = asked.post(f"{OWN}/moments", {"at": "2026-06-01T08:50", "text": "The graph was flat"})
    assert "The graph was flat" in page.text
    for name in ("alice", "erin", "ada"):
        other = browser(name)
        other.get(OWN, status=404)
        assert SECRET not in other.get(PAGE).text
    page = asked.post(f"{OWN}/share", {})
    assert "Shared. Thank you" in page.text
    page = browser("vera").get(PAGE)
    assert SECRET in page.text
    assert page.text.index("The graph was flat") < page.text.index("Entry 0")
    assert "1 of 1 shared" in page.text
    asked.post(f"{OWN}/take-back", {})
    assert SECRET not in browser("vera").get(PAGE).text


def test_a_question_to_the_wrong_person_is_withdrawn(asked: Browser, browser: People) -> None:
    asked.post(f"{OWN}/answers/thought", {"text": SECRET, "base_version": "0"})
    page = browser("alice").post(f"{PAGE}/1/withdraw", {})
    assert "No longer asked" in page.text
    assert "0 of 0 shared" in page.text
    assert SECRET not in page.text
    home = asked.get("/")
    assert "asks how it looked to you" not in home.text
    assert "You are no longer asked how it looked" in home.text
    page = asked.get(f"{PAGE}/mine")
    assert "The question to you was withdrawn" in page.text
    assert SECRET in page.text
    asked.post(f"{OWN}/share", {}, status=422)
    page = asked.post(f"{OWN}/clear", {})
    assert "All you wrote here is deleted" in page.text
    assert SECRET not in page.text


def test_what_is_shared_is_not_withdrawn(asked: Browser, browser: People) -> None:
    asked.post(f"{OWN}/answers/thought", {"text": SECRET, "base_version": "0"})
    asked.post(f"{OWN}/share", {})
    assert "Withdraw the question" not in browser("alice").get(PAGE).text
    page = browser("alice").post(f"{PAGE}/1/withdraw", {}, status=422)
    assert "only its author can take it back" in page.text


def test_autosave_is_answered_with_the_version_and_with_what_was_merged(asked: Browser) -> None:
    first = asked.post_json(f"{OWN}/answers/thought", {"text": "One", "base_version": "0"})
    assert (first.status_code, first.json) == (200, {"version": 1})
    other = asked.post_json(f"{OWN}/answers/thought", {"text": "Else", "base_version": "0"})
    assert other.json is not None
    assert other.json["version"] == 2
    assert {"One", "Else"} <= set(other.json["merged_text"].split())
    assert "both texts are kept" in other.json["note"]
    long = asked.post_json(f"{OWN}/answers/thought", {"text": "x" * 20_001, "base_version": "2"})
    assert long.status_code == 422


def test_what_cannot_be_kept_is_said_and_stays_in_its_field(asked: Browser) -> None:
    page = asked.post(f"{OWN}/answers/thought", {"text": "x" * 20_001}, status=422)
    assert "20,001" in page.text
    page = asked.post(f"{OWN}/moments", {"at": "then", "text": "Hm"}, status=422)
    assert "Write the time as" in page.text
    page = asked.post(f"{OWN}/share", {}, status=422)
    assert "Write a sentence first" in page.text


def test_no_thanks_is_seen_as_that_and_nothing_more(asked: Browser, browser: People) -> None:
    asked.post(f"{OWN}/answers/thought", {"text": SECRET, "base_version": "0"})
    page = asked.post(f"{OWN}/decline", {})
    assert "nobody will remind you" in page.text
    page = browser("alice").get(PAGE)
    assert "Would rather not" in page.text
    assert SECRET not in page.text


def test_nothing_unshared_leaves_by_api_export_search_or_any_page(
    app: App, cast: Cast, asked: Browser, browser: People, tmp_path: Path
) -> None:
    asked.post(f"{OWN}/answers/thought", {"text": SECRET, "base_version": "0"})
    asked.post(f"{OWN}/moments", {"at": "2026-06-01T08:50", "text": SECRET})
    answer_everything(app, cast.erin)
    with app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))
    work_off(app)
    with app.begin(cast.ada) as work:
        _, secret = create_token(work, name="All", role="admin", scopes=("read", "write", "admin"))
    client = browser("ada").client
    said = client.get(
        "/api/v1/reviews/REV-1/perspectives", headers={"Authorization": f"Bearer {secret}"}
    )
    assert said.json is not None
    assert said.json["asked"][0]["standing"] == "asked"
    assert said.json["shared"] == []
    exported = shell_of(app).run("export", tmp_path / "out")
    assert exported.exit_code == 0, exported.output
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert "perspective.jsonl" in {path.name for path in written}
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]
    assert app.index.search(SearchQuery(text=SECRET, readable_circles=None)).hits == ()
    ada = browser("ada")
    for path in (
        "/", "/reviews/REV-1", "/reviews/REV-1/progress", "/reviews/REV-1/timeline", PAGE,
        "/reviews/REV-1/edit/facts", "/library", "/admin/audit",
        "/reviews/REV-1/export.json", "/reviews/REV-1/export.md",
    ):  # fmt: skip
        answer = ada.client.get(path)
        assert answer.status_code == 200, path
        assert SECRET not in answer.text, path


def test_a_notice_leads_to_the_page_it_is_about(app: App, cast: Cast, asked: Browser) -> None:
    with app.look(cast.charlie) as look:
        (notice,) = home_page(look).notices
        path = notice_path(notice.kind, notice.record_kind, notice.record_id)
        assert path == f"{PAGE}/mine"
        other = look.session.exec(select(Notice).where(col(Notice.kind) != notice.kind)).first()
        assert other is None or notice_path(other.kind, "review", 1) == "/reviews/REV-1"


def test_the_pages_ask_the_database_seldom(
    app: App, cast: Cast, asked: Browser, browser: People, clock: HandClock
) -> None:
    names = ("bob", "erin", "vera", "ada")
    alice = browser("alice")
    alice.post(PAGE, {"people": [cast.email(name) for name in names]})
    clock.forward(hours=1)
    for number, name in enumerate(names, start=2):
        at = f"{clock.now - timedelta(minutes=number):%Y-%m-%dT%H:%M}"
        one = browser(name)
        one.post(f"/perspectives/{number}/moments", {"at": at, "text": "Hm"})
        one.post(f"/perspectives/{number}/share", {})
    for who, path in ((alice, PAGE), (asked, OWN)):
        who.get(path)
        with count_queries(app) as statements:
            who.client.get(path)
        assert len(statements) <= MOST_PER_PAGE, path


def test_what_was_shared_is_frozen_into_the_version_that_was_published(
    app: App, cast: Cast, asked: Browser, browser: People
) -> None:
    alice = browser("alice")
    alice.post(PAGE, {"people": [], "other": cast.email("bob")})
    asked.post(f"{OWN}/answers/thought", {"text": SECRET, "base_version": "0"})
    asked.post(f"{OWN}/moments", {"at": "2026-06-01T08:50", "text": "The graph was flat"})
    asked.post(f"{OWN}/share", {})
    bob = browser("bob")
    bob.post("/perspectives/2/answers/thought", {"text": "knotterbeck", "base_version": "0"})
    answer_everything(app, cast.erin)
    with app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))
    # Shared later: the next version has it, the first stands as it was read.
    bob.post("/perspectives/2/share", {})
    with app.begin(cast.erin) as work:
        amend_review(work, review_by_ref(work, REVIEW), why="Bob told his side")
    vera = browser("vera")
    for number, later in ((1, False), (2, True)):
        papers = (
            f"/reviews/REV-1/versions/{number}",
            f"/reviews/REV-1/print?version={number}",
            f"/reviews/REV-1/export.md?version={number}",
            f"/reviews/REV-1/export.json?version={number}",
        )
        for paper in papers:
            text = vera.client.get(paper).text
            assert SECRET in text, paper
            assert "The graph was flat" in text, paper
            assert ("knotterbeck" in text) is later, paper
    text = vera.client.get("/reviews/REV-1/export.md?version=1").text
    assert "- 2026-06-01 08:50 UTC: The graph was flat" in text
    assert "### Charlie" in text
    page = vera.get("/reviews/REV-1/diff?from=1&to=2")
    assert "knotterbeck" in page.text
    for audience in ("leadership", "customers"):
        assert SECRET not in vera.get(f"/reviews/REV-1/variants/{audience}").text
