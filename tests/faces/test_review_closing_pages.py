"""The pages that close a review: sign-offs, the clock, and what strangers see of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tests.faces.review_story import REVIEW, answer_everything, resolved
from tracker.app import App
from tracker.reading.analyse.sign_offs import sign_off_by
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.reviews import EditReview, edit_review

People = Callable[[str], Browser]
SIGN = "/reviews/REV-1/sign-offs"


def test_a_review_is_signed_disputed_answered_and_published(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    resolved(app, cast, severity="SEV1")
    clock.forward(hours=1)
    with app.begin(cast.alice) as work:
        people = EditReview(owner=cast.email("alice"), facilitator=cast.email("bob"))
        edit_review(work, review_by_ref(work, REVIEW), people)
    answer_everything(app, cast.erin)
    alice, bob, charlie, erin = (browser(name) for name in ("alice", "bob", "charlie", "erin"))
    page = erin.get("/reviews/REV-1/publish")
    assert "sign-off of a peer of another team is missing" in page.text
    assert SIGN in page.links()

    page = alice.post(SIGN, {"person": cast.email("bob"), "part": "peer"}, status=422)
    assert "Bob is of a team that owns the review" in page.text
    page = alice.post(SIGN, {"person": "", "part": "peer"}, status=422)
    assert "Choose who is to read it" in page.text
    page = alice.post(SIGN, {"person": cast.email("charlie"), "part": "peer"})
    assert "They are asked" in page.text
    alice.post(SIGN, {"person": cast.email("vera"), "part": "business_owner"})
    assert "asks you to read REV-1" in charlie.get("/").text

    page = charlie.post(f"{SIGN}/word", {"verdict": "dispute"}, status=422)
    assert "Text is needed" in page.text
    said = {"verdict": "dispute", "step": "factors", "text": "The second cache is not in it"}
    page = charlie.post(f"{SIGN}/word", said)
    assert "open again until you are answered" in page.text
    page = erin.get("/reviews/REV-1/edit/factors")
    assert "Charlie disputes this: The second cache" in page.text
    assert "Answer the objection" not in erin.get(SIGN).text
    with app.look(cast.bob) as look:
        asked = sign_off_by(look, review_by_ref(look, REVIEW), cast.charlie.person_id)
        settle = f"{SIGN}/{asked.key if asked else 0}/settle"
    page = bob.post(settle, {"text": ""}, status=422)
    assert "Text is needed" in page.text
    page = bob.post(settle, {"text": "It is in now"})
    assert "The objection is answered" in page.text
    assert "It is in now" in charlie.get(SIGN).text

    charlie.post(f"{SIGN}/word", {"verdict": "approve"})
    page = browser("vera").post(f"{SIGN}/word", {"verdict": "approve", "text": "Clear to me"})
    assert "Signed. Thank you" in page.text
    assert "Ask somebody to read it" not in page.text
    assert "Publish the review" in erin.get("/reviews/REV-1/publish").text


def test_an_admin_goes_without_a_sign_off_and_takes_it_back(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast, severity="SEV2")
    erin, ada = browser("erin"), browser("ada")
    assert "Go without a sign-off" not in erin.get(SIGN).text
    erin.post(f"{SIGN}/without", {"part": "peer", "why": "x"}, status=403)
    page = ada.post(f"{SIGN}/without", {"part": "peer", "why": " "}, status=422)
    assert "Why is needed" in page.text
    page = ada.post(f"{SIGN}/without", {"part": "peer", "why": "We are two"})
    assert "Without it" in page.text
    page = ada.post(f"{SIGN}/1/withdraw", {})
    assert "Without it" not in page.text


def test_the_page_of_sign_offs_asks_seldom(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast, severity="SEV1")
    alice = browser("alice")
    for name in ("charlie", "vera", "ada"):
        alice.post(SIGN, {"person": cast.email(name), "part": "other"})
    alice.get(SIGN)
    with count_queries(app) as queries:
        alice.client.get(SIGN)
    assert len(queries) <= MOST_PER_PAGE + 3, queries


def test_what_is_overdue_says_by_how_much(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    resolved(app, cast, severity="SEV1")
    clock.now += timedelta(days=19)
    page = browser("charlie").get("/reviews/overdue")
    assert "0 of 1. That is too few for a share" in page.text
    assert "nobody: its team is reminded" in page.text
    assert "1 late, 0 waived, 0 still have time" in page.text
