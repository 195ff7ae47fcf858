"""What helps while somebody writes, over HTTP: pictures, preview, names, the others, likeness."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tests.faces.review_story import INCIDENT, resolved
from tests.pictures import png
from tests.usecases.test_review_work import earlier_incident
from tracker.app import App

People = Callable[[str], Browser]
PICTURES = "/reviews/REV-1/pictures"
TOGETHER = "/reviews/REV-1/together"


def test_a_picture_is_served_as_what_it_is_to_those_who_may_read(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast, visibility="private")
    bob, charlie = browser("bob"), browser("charlie")
    sent = bob.post_json(PICTURES, {"picture": (BytesIO(png(8, 6)), "a (b).png")})
    assert sent.json == {
        "markdown": "![a b](/reviews/REV-1/pictures/1)", "name": "a b.png", "width": 8, "height": 6,
    }  # fmt: skip
    answer = bob.client.get(f"{PICTURES}/1")
    assert answer.data == png(8, 6)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "private" in answer.headers["Cache-Control"]
    assert charlie.client.get(f"{PICTURES}/1").status_code == 404
    assert charlie.post_json(PICTURES, {"picture": (BytesIO(png(1, 1)), "x")}).status_code == 404
    assert bob.client.get(f"{PICTURES}/2").status_code == 404
    refused = bob.post_json(PICTURES, {"picture": (BytesIO(b"<script>"), "x.png")})
    assert refused.status_code == 422
    assert "no picture we can show" in refused.json["errors"][0]["message"]
    assert bob.post_json(PICTURES, {}).status_code == 422


def test_windows_hear_of_each_other_and_of_newer_answers_with_few_questions(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    alice, bob = browser("alice"), browser("bob")
    here = {"question": "lucky", "writing": "yes", "known": '{"lucky": 0}'}
    first = alice.post_json(TOGETHER, {**here, "window": "window-of-alice"})
    assert first.json == {"people": [], "answers": {}}
    bob.post_json("/reviews/REV-1/answers/lucky", {"text": "By day", "base_version": "0"})
    told = bob.post_json(TOGETHER, {**here, "window": "window-of-bob"})
    assert told.json["people"] == [{"name": "Alice", "question": "lucky", "writing": True}]
    told = alice.post_json(TOGETHER, {**here, "window": "window-of-alice"})
    assert told.json["answers"]["lucky"]["text"] == "By day"
    token = {"X-CSRFToken": alice.token("/"), "Accept": "application/json"}
    with count_queries(app) as queries:
        alice.client.post(TOGETHER, data={**here, "window": "window-of-alice"}, headers=token)
    assert len(queries) <= MOST_PER_PAGE / 2, queries
    for wrong in (
        {"window": "x"},
        {"window": "window-of-alice", "known": "[1]"},
        {"window": "window-of-alice", "known": "{"},
        {"window": "window-of-alice", "known": "[" * 15_000},
        {"window": "window-of-alice", "question": "DROP TABLE"},
    ):
        assert alice.post_json(TOGETHER, {**here, **wrong}).status_code == 422, wrong
    odd = '{"lucky": 1.5, "impact": -1, "summary": true, "x": 99999999999}'
    odd_answer = alice.post_json(TOGETHER, {**here, "window": "window-of-alice", "known": odd})
    assert odd_answer.json["answers"] == {}


def test_a_preview_is_what_readers_see_and_nothing_runs(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    bob = browser("bob")
    sent = {"text": "**Bold** <script>alert(1)</script> [x](javascript:alert(1))"}
    shown = bob.post_json("/reviews/REV-1/preview", sent).text
    assert "<strong>Bold</strong>" in shown
    assert "<script" not in shown
    assert 'href="javascript' not in shown
    assert "Nothing is written yet" in bob.post_json("/reviews/REV-1/preview", {"text": " "}).text


def test_an_incident_alike_is_judged_on_its_page_with_what_was_decided_then(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    earlier = earlier_incident(app, cast)
    bob = browser("bob")
    page = bob.get("/reviews/REV-1/alike")
    assert "Run three resolvers" in page.text
    assert "Not finished." in page.text
    said = {"incident": INCIDENT, "other": earlier, "same": "yes", "why": "The same pool"}
    page = bob.post("/reviews/REV-1/alike", said)
    assert "it is remembered" in page.text
    assert "The same pool" in page.text
    with count_queries(app) as queries:
        bob.client.get("/reviews/REV-1/alike")
    assert len(queries) <= MOST_PER_PAGE, queries
    browser("vera").post("/reviews/REV-1/alike", said, status=403)
