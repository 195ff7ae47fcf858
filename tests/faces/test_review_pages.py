"""The pages of reviews: listing, starting, progress, the published document, decisions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.review_story import INCIDENT, answer_everything, published, resolved
from tracker.app import App
from tracker.reading.analyse import reviews
from tracker.usecases.analyse.reviews import StartReview, start_review
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident

People = Callable[[str], Browser]
PAGES = (
    "/reviews/REV-1",
    "/reviews/REV-1/progress",
    "/reviews/REV-1/edit/facts",
    "/reviews/REV-1/history/summary",
    "/reviews/REV-1/versions/1",
    "/reviews/REV-1/diff",
    "/reviews/REV-1/export.md",
    "/reviews/REV-1/export.json",
)


def test_the_list_shows_open_reviews_and_keeps_its_filters(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    alice = browser("alice")
    page = alice.get("/reviews")
    assert "Review: Checkout answers 502" in page.text
    page = alice.get("/reviews", view="all", template="light")
    assert "No reviews match" in page.text
    assert "Template: Light review" in page.text
    page = alice.get("/reviews", view="mine")
    assert "No reviews are yours" in page.text
    for sort in ("due", "newest", "oldest", "changed", "title"):
        assert "REV-1" in alice.get("/reviews", view="all", sort=sort).text
    alice.get("/reviews", sort="nonsense", status=422)
    alice.get("/reviews", cursor="nonsense", status=422)
    alice.get("/reviews", view="nonsense", status=404)


def test_the_list_goes_on_from_page_to_page_by_due_day(
    app: App, cast: Cast, browser: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = []
    with app.begin(cast.ada) as work:
        for number in range(5):
            # Those without a due day (SEV4) come last.
            severity = "SEV2" if number % 2 else "SEV4"
            row = declare_incident(
                work, DeclareIncident(title=f"Story {number}", severity=severity)
            )
            move_incident(work, row, MoveIncident(verb="resolve"))
            if reviews.review_of(work, row) is None:
                start_review(work, StartReview(incidents=(f"INC-{row.id}",)))
            titles.append((0 if number % 2 else 1, number, f"Review: Story {number}"))
    monkeypatch.setattr(
        reviews.list_reviews,
        "__kwdefaults__",
        {
            **(reviews.list_reviews.__kwdefaults__ or {}),
            "limit": 2,
        },
    )
    seen: list[str] = []
    path = "/reviews"
    for _ in range(3):
        page = browser("bob").get(path)
        seen += [link for link in page.links() if link.startswith("/reviews/REV-")]
        following = [link for link in page.links() if "cursor=" in link]
        if not following:
            break
        path = following[-1]
    assert len(seen) == len(set(seen)) == 5
    first_two = {"/reviews/REV-2", "/reviews/REV-4"}
    assert set(seen[:2]) == first_two


def test_a_review_is_started_from_an_incident_with_its_template(
    app: App, cast: Cast, browser: People
) -> None:
    with app.begin(cast.alice) as work:
        incident = declare_incident(work, DeclareIncident(title="Slow", severity="SEV4"))
    alice = browser("alice")
    page = alice.get("/reviews/new", incident=INCIDENT)
    form = page.form("/reviews/new")
    assert form["incidents"] == INCIDENT
    page = alice.post("/reviews/new", {**form, "template": "learning"}, status=422)
    assert "not over yet" in page.text
    with app.begin(cast.alice) as work:
        move_incident(work, work.get(type(incident), 1), MoveIncident(verb="resolve"))
    page = alice.post("/reviews/new", {"incidents": "INC-99", "template": "learning"}, status=422)
    assert "INC-99 was not found" in page.text
    page = alice.post(
        "/reviews/new",
        {"incidents": INCIDENT, "template": "light", "due_on": "soon"},
        status=422,
    )
    assert "2026-05-17" in page.text
    page = alice.post(
        "/reviews/new",
        {"incidents": INCIDENT, "template": "light", "owner": cast.email("bob")},
    )
    assert "Review: Slow" in page.text
    assert "Bob" in page.text
    assert "Light review" in page.text
    # An incident that has one leads to it.
    assert "Review: Slow" in alice.get("/reviews/new", incident=INCIDENT).text


def test_a_draft_shows_its_steps_and_every_gap_with_its_place(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    page = browser("vera").get("/reviews/REV-1")
    assert "Before it can be published" in page.text
    assert "/reviews/REV-1/edit/factors#q-lucky" in page.links()
    assert "/reviews/REV-1/edit/facts#q-times" in page.links()
    assert "Go on writing" not in page.text
    assert "Publish" not in "".join(page.links())
    page = browser("alice").get("/reviews/REV-1")
    assert "Go on writing" in page.text
    assert "/reviews/REV-1/publish" not in page.links()


def test_an_editor_sees_what_is_missing_then_publishes(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    erin = browser("erin")
    page = erin.get("/reviews/REV-1/publish")
    assert "Still open" in page.text
    page = erin.post("/reviews/REV-1/publish", {}, status=422)
    assert "things are still missing" in page.text
    answer_everything(app, cast.erin)
    page = erin.get("/reviews/REV-1/publish")
    assert "1 lesson goes into the library" in page.text
    form = page.form("/reviews/REV-1/publish")
    # Somebody writes between looking and publishing: the editor looks again.
    erin.post("/reviews/REV-1/people", {"title": "Another title"})
    page = erin.post("/reviews/REV-1/publish", form, status=409)
    assert "while you were writing" in page.text
    page = erin.post("/reviews/REV-1/publish", page.form("/reviews/REV-1/publish"))
    assert "version 1" in page.text
    assert "Resolvers need headroom" in page.text
    assert "How we noticed" in page.text
    # Alice may read, and neither publish nor change what is published.
    alice = browser("alice")
    assert "Working copy" not in alice.get("/reviews/REV-1").text
    alice.get("/reviews/REV-1/publish", status=403)
    alice.get("/reviews/REV-1/amend", status=403)
    alice.post("/reviews/REV-1/answers/summary", {"text": "Mine"}, status=403)
    assert "published; an editor can amend it" in alice.get("/reviews/REV-1/edit/facts").text


def test_an_amendment_makes_version_2_and_version_1_stays_readable(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    published(app, cast, clock)
    erin = browser("erin")
    assert "says the same as version 1" in erin.get("/reviews/REV-1/amend").text
    erin.post(
        "/reviews/REV-1/answers/lucky", {"text": "Because of this and more.", "base_version": "1"}
    )
    # Readers see version 1 until the amendment is published.
    assert "this and more" not in browser("vera").get("/reviews/REV-1").text
    page = erin.get("/reviews/REV-1/amend")
    assert "Where we were lucky" in page.text
    page = erin.post("/reviews/REV-1/amend", {**page.form("/reviews/REV-1/amend")}, status=422)
    assert "needs a reason" in page.text
    page = erin.post(
        "/reviews/REV-1/amend",
        {**page.form("/reviews/REV-1/amend"), "why": "The vendor told us more"},
    )
    assert "Amended: The vendor told us more" in page.text
    assert "this and more" in page.text
    old = browser("vera").get("/reviews/REV-1/versions/1")
    assert "this and that" in old.text
    assert "version 1 as it was published" in old.text
    changed = browser("vera").get("/reviews/REV-1/diff", **{"from": 1, "to": 2})
    assert "more" in changed.text
    texts = [
        ("".join(one.itertext())) for one in changed.document.iter() if one.tag.endswith("ins")
    ]
    assert "more" in texts
    browser("vera").get("/reviews/REV-1/versions/3", status=404)
    browser("vera").get("/reviews/REV-1/diff", **{"from": "x"}, status=404)


def test_a_published_review_can_be_taken_along(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    published(app, cast, clock)
    vera = browser("vera").client
    text = vera.get("/reviews/REV-1/export.md").text
    assert text.startswith("---\ntitle: 'Review: Checkout answers 502'")
    assert "### How we noticed\n\nBecause of this and that." in text
    answer = vera.get("/reviews/REV-1/export.json?version=1")
    assert answer.json["answers"]["detection"]["text"] == "Because of this and that."
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_draft_has_no_versions_to_compare(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast)
    browser("vera").get("/reviews/REV-1/diff", status=404)


def test_a_review_is_waived_with_a_reason_and_resumed(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    resolved(app, cast)
    browser("erin").get("/reviews/REV-1/waive", status=403)
    ada = browser("ada")
    page = ada.post("/reviews/REV-1/waive", {"why": "", "until": "2020-01-01"}, status=422)
    assert "needs a reason" in page.text
    assert "future" in page.text
    page = ada.post("/reviews/REV-1/waive", {"why": "Told in REV-9", "until": "2026-09-01"})
    assert "This review is waived until 1 Sep 2026" in page.text
    assert "Told in REV-9" in page.text
    page = browser("alice").get("/reviews/REV-1/edit/facts")
    assert "resume it" in page.text
    browser("alice").post("/reviews/REV-1/answers/summary", {"text": "x"}, status=422)
    page = ada.post("/reviews/REV-1/move/resume", {"why": ""}, status=422)
    assert "needs a reason" in page.text
    page = ada.post("/reviews/REV-1/move/resume", {"why": "Wanted after all"})
    assert "is a draft again" in page.text


def test_a_draft_goes_to_its_readers_and_back(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast)
    erin = browser("erin")
    page = erin.post("/reviews/REV-1/move/start_review", {})
    assert "In review" in page.text
    page = erin.post("/reviews/REV-1/move/start_review", {}, status=422)
    assert "start review is not possible from in review" in page.text
    erin.get("/reviews/REV-1/move/back_to_draft")
    page = erin.post("/reviews/REV-1/move/back_to_draft", {"why": "The impact is unclear"})
    assert "The impact is unclear" in page.text
    erin.get("/reviews/REV-1/move/publish", status=404)
    browser("alice").get("/reviews/REV-1/move/start_review", status=403)


def test_people_and_due_day_are_changed_and_bad_days_are_explained(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    alice = browser("alice")
    page = alice.post(
        "/reviews/REV-1/people",
        {"title": "Ours", "facilitator": cast.email("erin"), "due_on": "2026-06-31"},
        status=422,
    )
    assert page.form("/reviews/REV-1/people")["title"] == "Ours"
    page = alice.post(
        "/reviews/REV-1/people",
        {"title": "Ours", "facilitator": cast.email("erin"), "due_on": "2026-06-30"},
    )
    assert "Erin" in page.text
    assert "30 Jun 2026" in page.text
    form = alice.get("/reviews/REV-1/people").form("/reviews/REV-1/people")
    assert form["facilitator"] == cast.email("erin")
    browser("vera").get("/reviews/REV-1/people", status=403)


@pytest.mark.parametrize("path", PAGES)
def test_a_strangers_page_of_a_private_review_is_not_found(
    path: str, app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    published(app, cast, clock, visibility="private")
    assert browser("bob").client.get(path).status_code == 200
    answer = browser("charlie").client.get(path)
    assert answer.status_code == 404
    assert "Checkout" not in answer.text


def test_no_list_count_or_form_betrays_a_private_review(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast, visibility="private")
    charlie = browser("charlie")
    page = charlie.get("/reviews", view="all")
    assert "No reviews yet" in page.text
    assert "Checkout" not in page.text
    charlie.get("/reviews/new", incident=INCIDENT, status=404)
    page = charlie.post("/reviews/new", {"incidents": INCIDENT, "template": "light"}, status=422)
    assert "INC-1 was not found" in page.text
    for path in (
        "answers/summary",
        "factors",
        "actions",
        "lessons",
        "history/summary",
        "factors/1/remove",
    ):
        charlie.post(f"/reviews/REV-1/{path}", {"text": "x", "version": "1"}, status=404)


def test_a_title_of_200_characters_in_another_direction_is_shown(
    app: App, cast: Cast, browser: People
) -> None:
    title = "مراجعة " * 25
    resolved(app, cast, title=title.strip())
    page = browser("alice").get("/reviews")
    assert "مراجعة" in page.text
    browser("alice").get("/reviews/REV-1")
