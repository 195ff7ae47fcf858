"""Writing a review: answers that save themselves, two people at once, history, parts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tests.faces.review_story import REVIEW, answer_everything, published, resolved
from tracker.app import App
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.references import review_by_ref

People = Callable[[str], Browser]
STEPS = ("facts", "perspectives", "factors", "actions", "lessons")
SUMMARY = "/reviews/REV-1/answers/summary"
LUCKY = "/reviews/REV-1/answers/lucky"


def _text(app: App, cast: Cast, question: str) -> str:
    with app.look(cast.alice) as look:
        return whole_review(look, review_by_ref(look, REVIEW)).answers[question].text


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_a_page_for_writers_and_a_reading_page_for_others(
    step: str, app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    page = browser("alice").get(f"/reviews/REV-1/edit/{step}")
    assert any(
        "/answers/" in (form.get("action") or "")
        for form in page.document.iter("{http://www.w3.org/1999/xhtml}form")
    )
    page = browser("vera").get(f"/reviews/REV-1/edit/{step}")
    assert "Writing needs the role responder" in page.text
    actions = {
        form.get("action") for form in page.document.iter("{http://www.w3.org/1999/xhtml}form")
    }
    assert not any("/reviews/" in (action or "") for action in actions)


def test_the_incident_has_filled_in_what_it_knows(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast)
    page = browser("bob").get("/reviews/REV-1/edit")
    assert page.form(SUMMARY)["text"] == "Payments failed for twenty minutes."
    assert "Entry 0" in page.text
    assert "not said yet" in page.text


def test_an_answer_is_saved_without_scripts_and_kept_when_refused(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    bob = browser("bob")
    form = bob.get("/reviews/REV-1/edit/factors").form(LUCKY)
    page = bob.post(LUCKY, {**form, "text": "The office was **still** full."})
    assert "Saved." in page.text
    assert "by Bob" in page.text
    assert page.form(LUCKY)["base_version"] == "1"
    page = bob.post(LUCKY, {**form, "text": "NUL \x00 here"}, status=422)
    assert "NUL character" in page.text
    assert "here" in page.form(LUCKY)["text"]
    page = bob.post(LUCKY, {**form, "text": "x", "choice": "perhaps"}, status=422)
    assert "must be one of" in page.text
    bob.post("/reviews/REV-1/answers/nonsense", {"text": "x"}, status=404)
    bob.get("/reviews/REV-1/edit/nonsense", status=404)


def test_two_browsers_writing_one_question_lose_nothing(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    alice, bob = browser("alice"), browser("bob")
    base = alice.post_json(LUCKY, {"text": "One.\n\nTwo.\n\nThree.", "base_version": "0"}).json
    assert base == {"version": 1}
    hers = {"text": "One and more.\n\nTwo.\n\nThree.", "base_version": "1"}
    his = {"text": "One.\n\nTwo.\n\nThree.\n\nFour.", "base_version": "1"}
    assert alice.post_json(LUCKY, hers).json == {"version": 2}
    answer = bob.post_json(LUCKY, his).json
    assert answer["version"] == 3
    assert answer["merged_text"] == "One and more.\n\nTwo.\n\nThree.\n\nFour."
    assert "conflicts" not in answer


def test_words_typed_while_the_server_merged_do_not_take_out_the_others_words(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    alice, bob = browser("alice"), browser("bob")
    alice.post_json(LUCKY, {"text": "One.\n\nTwo.", "base_version": "0"})
    bob.post_json(LUCKY, {"text": "Zero.\n\nOne.\n\nTwo.", "base_version": "1"})
    sent = "One.\n\nTwo.\n\nThr"
    answer = alice.post_json(LUCKY, {"text": sent, "base_version": "1"}).json
    assert answer["merged_text"] == "Zero.\n\nOne.\n\nTwo.\n\nThr"
    # She typed on before the answer came, so her text lacks Bob's line; the base says so.
    answer = alice.post_json(
        LUCKY,
        {
            "text": "One.\n\nTwo.\n\nThree.",
            "base_version": str(answer["version"]),
            "base_given": "1",
            "base_text": sent,
        },
    ).json
    assert answer["merged_text"] == "Zero.\n\nOne.\n\nTwo.\n\nThree."


def test_a_true_conflict_keeps_both_texts_and_says_so(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    alice, bob = browser("alice"), browser("bob")
    alice.post_json(LUCKY, {"text": "It was noon.", "base_version": "0"})
    alice.post_json(LUCKY, {"text": "It was one.", "base_version": "1"})
    answer = bob.post_json(LUCKY, {"text": "It was ten.", "base_version": "1"}).json
    assert answer["conflicts"] == [{"mine": "It was ten.", "theirs": "It was one."}]
    assert "As Bob wrote it" in answer["merged_text"]
    assert "As Alice wrote it" in answer["merged_text"]
    assert "both texts are kept" in answer["note"]
    form = {"text": "It was two.", "base_version": "1"}
    page = browser("erin").post(LUCKY, form)
    assert "both texts are kept" in page.text
    for words in ("one", "ten", "two"):
        assert f"It was {words}." in _text(app, cast, "lucky")


def test_the_other_ones_choice_and_reason_survive_a_text_saved_meanwhile(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    path = "/reviews/REV-1/answers/similar"
    alice, bob = browser("alice"), browser("bob")
    alice.post_json(path, {"text": "Searched.", "base_version": "0"})
    bob.post_json(path, {"text": "Searched.", "choice": "no", "base_version": "1"})
    answer = alice.post_json(path, {"text": "Searched, none.", "base_version": "1"}).json
    assert answer["merged_fields"]["choice"] == "no"
    assert answer["merged_text"] == "Searched, none."


def test_an_unknown_version_and_a_retry_are_answered_in_words(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    alice = browser("alice")
    alice.post_json(LUCKY, {"text": "One", "base_version": "0"})
    answer = alice.post_json(LUCKY, {"text": "Two", "base_version": "7"})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "base_version"
    for odd in ("x", "-1", "9" * 40, "\u0663"):
        assert alice.post_json(LUCKY, {"text": "One", "base_version": odd}).status_code == 200
    # The answer to a save was lost: sent again, and once more with a word added.
    assert alice.post_json(LUCKY, {"text": "One", "base_version": "0"}).json["version"] == 1
    answer = alice.post_json(LUCKY, {"text": "One two", "base_version": "0"}).json
    assert answer["merged_text"] == "One two"


def test_history_shows_who_changed_which_words_and_restores(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    resolved(app, cast)
    browser("alice").post_json(LUCKY, {"text": "It was a quiet day.", "base_version": "0"})
    clock.forward(minutes=3)
    browser("bob").post_json(LUCKY, {"text": "It was a busy day.", "base_version": "1"})
    page = browser("bob").get("/reviews/REV-1/history/lucky")
    changed = {
        one.tag.rpartition("}")[2]: "".join(one.itertext())
        for one in page.document.iter()
        if one.tag.endswith(("}ins", "}del")) and "t" not in "".join(one.itertext())[-1:]
    }
    assert changed["ins"] in ("busy", "It was a quiet day.")
    assert "Alice" in page.text
    assert "1 Jun 2026, 09:03" in page.text
    page = browser("bob").post("/reviews/REV-1/history/lucky", {"version": "1"})
    assert "Version 1 stands again" in page.text
    assert _text(app, cast, "lucky") == "It was a quiet day."
    browser("bob").post("/reviews/REV-1/history/lucky", {"version": "99"}, status=404)
    browser("bob").post("/reviews/REV-1/history/lucky", {"version": "9" * 30}, status=404)
    browser("vera").post("/reviews/REV-1/history/lucky", {"version": "2"}, status=403)
    assert "stand again" not in browser("vera").get("/reviews/REV-1/history/lucky").text
    page = browser("vera").get("/reviews/REV-1/history/dead_ends")
    assert "Nothing was written yet" in page.text
    browser("vera").get("/reviews/REV-1/history/nonsense", status=404)


def test_factors_are_added_changed_and_removed(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast)
    alice = browser("alice")
    page = alice.post(
        "/reviews/REV-1/factors", {"term": "nonsense", "role": "x", "note": "Kept"}, status=422
    )
    assert "not in the taxonomy" in page.text
    assert page.form("/reviews/REV-1/factors")["note"] == "Kept"
    page = alice.post(
        "/reviews/REV-1/factors",
        {"term": "hard-rollback", "role": "amplifier", "note": "It took long"},
    )
    assert "It took long" in page.text
    form = alice.get("/reviews/REV-1/factors/1").form("/reviews/REV-1/factors/1")
    assert form["role"] == "amplifier"
    page = alice.post("/reviews/REV-1/factors/1", {**form, "role": ""}, status=422)
    page = alice.post("/reviews/REV-1/factors/1", {**form, "made_sense": "It had worked so far"})
    assert "It had worked so far" in page.text
    browser("vera").get("/reviews/REV-1/factors/1", status=403)
    alice.get("/reviews/REV-1/factors/2", status=404)
    alice.get("/reviews/REV-1/factors/99999999999999", status=404)
    page = alice.post("/reviews/REV-1/factors/1/remove")
    assert "No factors yet" in page.text


def test_actions_and_lessons_are_written_where_they_are_asked_for(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    alice = browser("alice")
    page = alice.post("/reviews/REV-1/actions", {"action_title": "", "kind": "detect"}, status=422)
    assert "Title is needed" in page.text
    page = alice.post(
        "/reviews/REV-1/actions",
        {
            "action_title": "Run three resolvers",
            "kind": "prevent",
            "priority": "P1",
            "owner": cast.email("bob"),
        },
    )
    assert "ACT-1 is proposed" in page.text
    assert "Run three resolvers" in page.text
    page = alice.post("/reviews/REV-1/lessons", {"lesson_title": ""}, status=422)
    assert "Title is needed" in page.text
    page = alice.post("/reviews/REV-1/lessons", {"lesson_title": "Headroom", "tags": "dns, Net"})
    assert "LES-1 is drafted" in page.text
    # The gate names what the draft lesson lacks, at the question for lessons.
    assert "LES-1 “Headroom”" in page.text


def test_after_publication_only_editors_change_the_working_copy(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    published(app, cast, clock)
    alice, erin = browser("alice"), browser("erin")
    for path, data in (
        (LUCKY, {"text": "Mine", "base_version": "1"}),
        ("/reviews/REV-1/factors", {"term": "hard-rollback", "role": "trigger"}),
        ("/reviews/REV-1/factors/1/remove", {}),
        ("/reviews/REV-1/actions", {"action_title": "Mine"}),
        ("/reviews/REV-1/lessons", {"lesson_title": "Mine"}),
        ("/reviews/REV-1/history/lucky", {"version": "1"}),
    ):
        alice.post(path, data, status=403)
    erin.post(LUCKY, {"text": "Ours", "base_version": "1"})
    assert "working copy" in erin.get("/reviews/REV-1/edit/factors").text
    assert _text(app, cast, "lucky") == "Ours"


@pytest.mark.parametrize("template", ["learning", "light"])
def test_the_editor_asks_at_most_12_questions_with_200_entries(
    template: str, app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast, entries=200, template=template)
    alice = browser("alice")
    steps = STEPS if template == "learning" else ("page",)
    for step in steps:
        alice.get(f"/reviews/REV-1/edit/{step}")
        with count_queries(app) as queries:
            alice.client.get(f"/reviews/REV-1/edit/{step}")
        assert len(queries) <= MOST_PER_PAGE, (step, queries)


def test_reading_pages_and_autosave_ask_at_most_12_questions(
    app: App, cast: Cast, browser: People, clock: HandClock
) -> None:
    resolved(app, cast)
    answer_everything(app, cast.erin)
    erin = browser("erin")
    token = erin.token("/reviews")
    headers = {"X-CSRFToken": token, "Accept": "application/json"}
    for version in (1, 2):
        data = {"text": f"Text {version}", "base_version": str(version)}
        with count_queries(app) as queries:
            answer = erin.client.post(LUCKY, data=data, headers=headers)
        assert answer.json == {"version": version + 1}
        assert len(queries) <= MOST_PER_PAGE, queries
    clock.forward(hours=1)
    erin.post("/reviews/REV-1/publish", {})
    for path in ("/reviews", "/reviews/REV-1", "/reviews/REV-1/progress", "/reviews/REV-1/diff"):
        erin.get(path)
        with count_queries(app) as queries:
            erin.client.get(path)
        assert len(queries) <= MOST_PER_PAGE, (path, queries)
