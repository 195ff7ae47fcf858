"""The pages that close a review: sign-offs, the clock, and what strangers see of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.program import program_of
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tests.faces.review_story import REVIEW, answer_everything, readers_wanted, resolved
from tracker.app import App
from tracker.reading.analyse.sign_offs import sign_off_by
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.reviews import EditReview, edit_review

People = Callable[[str], Browser]
SIGN = "/reviews/REV-1/sign-offs"


def test_a_review_is_signed_disputed_answered_and_published(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    readers_wanted(app)
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
    readers_wanted(app)
    resolved(app, cast, severity="SEV1")
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
    readers_wanted(app)
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
    readers_wanted(app)
    resolved(app, cast, severity="SEV1")
    clock.now += timedelta(days=19)
    page = browser("charlie").get("/reviews/overdue")
    assert "0 of 1. That is too few for a share" in page.text
    assert "nobody: its team is reminded" in page.text
    assert "1 late, 0 waived, 0 still have time" in page.text


MEET = "/reviews/REV-1/meeting"


def test_a_meeting_is_planned_shown_held_and_asked_about(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    resolved(app, cast, entries=9)
    alice, bob = browser("alice"), browser("bob")
    page = alice.get(MEET)
    assert "Plan the meeting" in page.text
    assert "Through the timeline together" in page.response.text
    page = alice.post(MEET, {"starts_at": "", "minutes": "60"}, status=422)
    assert "Starts at is needed" in page.text
    form = {
        "starts_at": "2026-06-02T08:00",
        "minutes": "45",
        "place": "Room 4",
        "note_taker": cast.email("bob"),
        "guests": [cast.email("bob"), cast.email("charlie")],
        "agenda": "",
    }
    page = alice.post(MEET, form)
    assert "The meeting is planned" in page.text
    assert "a day to read the draft" in page.text
    assert "It is not shared yet" in page.text
    page = alice.post(f"{MEET}/share", {})
    assert "The guests know" in page.text
    assert "Meeting about REV-1" in browser("charlie").get("/").text
    told = bob.client.get("/reviews/REV-1/meeting.ics")
    assert told.headers["Content-Type"].startswith("text/calendar")
    assert "METHOD:PUBLISH" in told.text
    assert "LOCATION:Room 4" in told.text

    page = bob.get("/reviews/REV-1/present")
    seen = [page.text]
    while following := [link for link in page.links() if f"slide={len(seen) + 1}" in link]:
        page = bob.get(following[0])
        seen.append(page.text)
    assert "Timeline, 1 of 2" in seen[1]
    assert "What surprised you most?" in seen[-1]
    for slide in ("0", "x", "99999", "٣"):
        bob.get(f"/reviews/REV-1/present?slide={slide}")

    clock.forward(days=2)
    page = alice.post(
        f"{MEET}/minutes", {"notes": "We learned a lot", "attended": [cast.email("bob")]}
    )
    assert "Was there Bob" in page.text
    assert "Three short questions about REV-1" in bob.get("/").text
    survey = "/reviews/REV-1/survey"
    bob.post(survey, {"learned": "5"}, status=422)
    page = bob.post(survey, {"learned": "5", "safe": "4", "will_change": "3", "remark": "Good"})
    assert "You have answered" in page.text
    assert "Answers are shown from three on" in page.text
    assert "Good" not in page.text
    assert "Three questions" not in browser("charlie").get(survey).text


def test_a_meeting_is_called_off(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast)
    alice = browser("alice")
    alice.get("/reviews/REV-1/meeting.ics", status=404)
    alice.post(MEET, {"starts_at": "2026-06-09T08:00", "minutes": "60",
                      "guests": [cast.email("bob")]})  # fmt: skip
    page = alice.post(f"{MEET}/cancel", {})
    assert "The meeting is off" in page.text
    assert "Plan the meeting" in page.text
    assert "Plan the meeting" not in browser("vera").get(MEET).text


def test_a_program_plans_and_closes_the_meeting(app: App, cast: Cast, clock: HandClock) -> None:
    resolved(app, cast)
    alice, bob = program_of(app, cast, "alice"), program_of(app, cast, "bob")
    place = "/reviews/REV-1/meeting"
    alice.get(place, status=404)
    plan = {"starts_at": "2026-06-04T14:00:00Z", "guests": [cast.email("bob")]}
    told = alice.put(place, plan)
    assert (told["sequence"], told["minutes"], told["draft_is_late"]) == (0, 60, False)
    assert alice.put(place, {**plan, "minutes": 30})["sequence"] == 1
    assert alice.move(f"{place}/share", {})["draft_shared_at"]
    clock.forward(days=4)
    told = alice.put(f"{place}/minutes", {"notes": "x", "attended": [cast.email("bob")]})
    assert told["guests"][0]["attended"] is True
    word = {"learned": 5, "safe": 5, "will_change": 5}
    told = bob.move("/reviews/REV-1/survey", word)
    assert (told["answered"], told["shown"], told["grades"]) == (1, False, [])
    bob.move("/reviews/REV-1/survey", word, status=422)
    alice.delete(place, status=422)


def test_strangers_find_no_meeting_and_no_survey(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast, visibility="private")
    charlie = browser("charlie")
    for path in ("meeting", "meeting.ics", "present", "survey", "sign-offs"):
        charlie.get(f"/reviews/REV-1/{path}", status=404)
    for path in ("meeting", "survey", "signoffs"):
        program_of(app, cast, "charlie").get(f"/reviews/REV-1/{path}", status=404)
