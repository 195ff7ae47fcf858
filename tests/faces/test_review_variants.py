"""The texts for engineers, leadership and customers, on pages and by the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.program import program_of
from tests.faces.review_story import REVIEW, published, resolved
from tracker.app import App
from tracker.domain.errors import Conflict, NotFound, NotPermitted
from tracker.reading.analyse.variants import variant_of
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.answers import SaveAnswer, answer_question
from tracker.usecases.analyse.variants import regenerate_variant, write_variant

People = Callable[[str], Browser]
PLACE = "/reviews/REV-1/variants"
NAMED = (
    "Charlie saw it first, Alice fixed it as in INC-1: "
    "[the graph](https://grafana.inner/d/1), told by bob@example.org in #inc-1"
)


def _named(app: App, cast: Cast) -> None:
    with app.begin(cast.erin) as work:
        review = review_by_ref(work, REVIEW)
        answer_question(work, review, SaveAnswer(question="summary", text=NAMED))


def _text(app: App, cast: Cast, audience: str) -> str:
    with app.look(cast.vera) as look:
        return variant_of(look, review_by_ref(look, REVIEW), audience).text


def test_one_record_gives_a_text_for_each_audience(app: App, cast: Cast) -> None:
    resolved(app, cast)
    _named(app, cast)
    engineers, leadership, customers = (
        _text(app, cast, one) for one in ("engineers", "leadership", "customers")
    )
    assert NAMED in engineers
    assert "A colleague saw it first" in leadership
    for name in ("Charlie", "Alice", "bob@example.org"):
        assert name not in leadership + customers
    assert "INC-1" in leadership
    for inner in ("INC-1", "grafana.inner", "https://", "#inc-1"):
        assert inner not in customers
    assert "the graph" in customers
    assert "Contributing" not in customers


def test_a_written_text_stands_until_it_is_generated_again(app: App, cast: Cast) -> None:
    resolved(app, cast)
    with app.begin(cast.alice) as work:
        review = review_by_ref(work, REVIEW)
        write_variant(work, review, "customers", text="We are sorry.", version=0)
    assert _text(app, cast, "customers") == "We are sorry.\n"
    with pytest.raises(Conflict), app.begin(cast.bob) as work:
        review = review_by_ref(work, REVIEW)
        write_variant(work, review, "customers", text="Mine", version=0)
    with app.begin(cast.bob) as work:
        regenerate_variant(work, review_by_ref(work, REVIEW), "customers")
    assert "We are sorry" not in _text(app, cast, "customers")
    with pytest.raises(NotFound), app.begin(cast.bob) as work:
        write_variant(work, review_by_ref(work, REVIEW), "press", text="x")


def test_after_publication_editors_alone_change_what_is_said(
    app: App, cast: Cast, clock: HandClock
) -> None:
    published(app, cast, clock)
    with pytest.raises(NotPermitted), app.begin(cast.alice) as work:
        write_variant(work, review_by_ref(work, REVIEW), "customers", text="x")
    with app.begin(cast.erin) as work:
        write_variant(work, review_by_ref(work, REVIEW), "customers", text="x")


def test_the_page_shows_writes_and_compares(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast)
    alice = browser("alice")
    page = alice.get(f"{PLACE}/leadership")
    assert "made from its draft" in page.text
    assert "generated from the review" in page.text
    page = alice.post(f"{PLACE}/leadership", {"text": "", "version": "0"}, status=422)
    page = alice.post(f"{PLACE}/leadership", {"text": "In short: sorry.", "version": "0"})
    assert "How it differs" in page.text
    alice.post(f"{PLACE}/leadership", {"text": "Older", "version": "0"}, status=409)
    told = alice.client.get(f"{PLACE}/leadership.md")
    assert told.text == "In short: sorry.\n"
    assert "REV-1-leadership.md" in told.headers["Content-Disposition"]
    page = alice.post(f"{PLACE}/leadership/regenerate", {})
    assert "Generated again" in page.text
    for one in ("engineers", "customers"):
        alice.get(f"{PLACE}/{one}")
    alice.get(f"{PLACE}/press", status=404)
    assert "Save this text" not in browser("vera").get(f"{PLACE}/leadership").text


def test_a_program_reads_writes_and_generates(app: App, cast: Cast) -> None:
    resolved(app, cast)
    alice = program_of(app, cast, "alice")
    told = alice.get(f"{PLACE}/customers")
    assert (told["written"], told["from_draft"], told["text_version"]) == (False, True, 0)
    told = alice.put(f"{PLACE}/customers", {"text": "Sorry.", "base_version": 0})
    assert (told["markdown"], told["updated_by"]["name"]) == ("Sorry.\n", "Alice")
    alice.put(f"{PLACE}/customers", {"text": "Mine", "base_version": 0}, status=409)
    assert alice.delete(f"{PLACE}/customers")["written"] is False


def test_strangers_read_no_variant_of_a_private_review(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast, visibility="private")
    browser("charlie").get(f"{PLACE}/customers", status=404)
    program_of(app, cast, "charlie").get(f"{PLACE}/customers", status=404)
