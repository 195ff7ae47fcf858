"""Wording hints on pages and for programs: asked for, put aside, brought back, own words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.faces.program import program_of
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tests.faces.review_story import REVIEW, resolved
from tracker.app import App
from tracker.domain.review import Question
from tracker.models.catalogue import Service, Team
from tracker.reading.analyse.wording import hints_for_review
from tracker.reading.references import incident_by_ref, review_by_ref
from tracker.usecases.analyse.answers import SaveAnswer, answer_question
from tracker.usecases.respond.incidents import set_visibility

People = Callable[[str], Browser]
LIST = "/reviews/REV-1/wording"
ASK = "/reviews/REV-1/answers/summary/wording"
DISMISS = f"{ASK}/dismiss"
WORDS = "/admin/words"
SUMMARY = Question("summary", "markdown", "What happened?")
TEXT = "Payments failed. Dana should have noticed it. We forgot the queue."
OWN = {"phrase": "Payments failed", "verdict": "add", "category": "minimising", "why": "Whose?"}


@pytest.fixture
def written(app: App, cast: Cast) -> None:
    """REV-1 has an answer with two hints."""
    resolved(app, cast)
    with app.begin(cast.alice) as work:
        answer_question(
            work, review_by_ref(work, REVIEW), SaveAnswer(question="summary", text=TEXT)
        )


@pytest.mark.usefixtures("written")
def test_the_editor_is_told_what_to_underline_and_nothing_is_kept(browser: People) -> None:
    alice = browser("alice")
    told = alice.post_json(ASK, {"text": "They ignored it.\r\n\r\nA fine day."})
    (one,) = told.get_json()["findings"]
    assert (one["start"], one["end"], one["text"]) == (5, 12, "ignored")
    assert one["name"] == "Blame in a verb"
    assert one["question"].endswith("?")
    assert (
        alice.get("/reviews/REV-1/edit/facts").form("/reviews/REV-1/answers/summary")["text"]
        == TEXT
    )


@pytest.mark.usefixtures("written")
def test_a_note_has_hints_while_it_is_typed_for_whoever_may_read_the_incident(
    app: App, cast: Cast, browser: People
) -> None:
    ask = "/incidents/INC-1/timeline/wording"
    alice = browser("alice")
    assert f'data-hints="{ask}"' in alice.get("/incidents/INC-1").response.text
    (one,) = alice.post_json(ask, {"text": "They ignored it."}).get_json()["findings"]
    assert (one["text"], one["name"]) == ("ignored", "Blame in a verb")
    assert alice.post_json(ask, {"text": "x" * 200_001}).status_code == 422
    with app.begin(cast.alice) as work:
        set_visibility(work, incident_by_ref(work, "INC-1"), visibility="private")
    assert browser("charlie").post_json(ask, {"text": "They ignored it."}).status_code == 404


@pytest.mark.usefixtures("written")
def test_the_page_offers_the_script_its_addresses_and_people_a_link(browser: People) -> None:
    page = browser("alice").get("/reviews/REV-1/edit/facts")
    assert LIST in page.links()
    assert f'data-hints="{ASK}"' in page.response.text
    assert f'data-hints-dismiss="{DISMISS}"' in page.response.text


@pytest.mark.usefixtures("written")
def test_without_scripts_a_page_lists_every_hint(app: App, browser: People) -> None:
    vera = browser("vera")
    page = vera.get(LIST)
    assert "2 hints" in page.text
    assert "should have noticed" in page.text
    assert "It does not fit here" not in page.text
    with count_queries(app) as queries:
        vera.client.get(LIST)
    assert len(queries) <= MOST_PER_PAGE, queries


@pytest.mark.usefixtures("written")
def test_a_hint_is_put_aside_with_a_reason_and_brought_back(browser: People) -> None:
    bob = browser("bob")
    refused = bob.post(DISMISS, {"phrase": "forgot", "category": "blame", "why": " "}, status=422)
    assert "why the hint does not fit" in refused.text
    page = bob.post(
        DISMISS, {"phrase": "Forgot", "category": "blame", "why": "It is the name of a queue"}
    )
    assert "1 hint" in page.text
    assert "It is the name of a queue" in page.text
    assert bob.post_json(ASK, {"text": "We forgot it."}).get_json()["findings"] == []
    elsewhere = bob.post_json(ASK.replace("summary", "impact"), {"text": "We forgot it."})
    assert len(elsewhere.get_json()["findings"]) == 1
    back = next(link for link in _actions(page) if link.endswith("/bring-back"))
    assert "2 hints" in bob.post(back).text


@pytest.mark.usefixtures("written")
def test_the_script_may_put_a_hint_aside_too(browser: People) -> None:
    alice = browser("alice")
    sent = {"phrase": "forgot", "category": "blame", "why": ""}
    refused = alice.post_json(DISMISS, sent)
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["field"] == "why"
    assert alice.post_json(DISMISS, {**sent, "why": "A name"}).get_json() == {"ok": True}


@pytest.mark.usefixtures("written")
def test_reading_does_not_allow_to_put_aside(browser: People) -> None:
    vera = browser("vera")
    vera.post(DISMISS, {"phrase": "forgot", "category": "blame", "why": "x"}, status=403)


def test_hints_of_a_private_review_are_not_there_for_strangers(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast, visibility="private")
    charlie = browser("charlie")
    charlie.get(LIST, status=404)
    assert charlie.post_json(ASK, {"text": "We forgot."}).status_code == 404
    program = program_of(app, cast, "charlie")
    program.get("/reviews/REV-1/wording", status=404)
    program.post(
        "/reviews/REV-1/wording/dismissals",
        {"question": "summary", "phrase": "forgot", "category": "blame", "why": "x"},
        status=404,
    )


def test_admins_keep_the_organisations_own_words(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast)
    ada = browser("ada")
    assert "No words of your own yet" in ada.get(WORDS).text
    refused = ada.post(WORDS, {**OWN, "category": "", "why": ""}, status=422)
    assert "Category must be one of" in refused.text
    assert "Why is needed" in refused.text
    page = ada.post(WORDS, OWN)
    assert "payments failed" in page.text
    found = browser("alice").post_json(ASK, {"text": TEXT}).get_json()["findings"]
    assert [one["category"] for one in found] == ["minimising", "counterfactual", "blame"]
    # The same word again with another reason replaces the first.
    assert "Whose exactly?" in ada.post(WORDS, {**OWN, "why": "Whose exactly?"}).text
    drop = [link for link in _actions(ada.get(WORDS)) if link.endswith("/drop")]
    assert len(drop) == 1
    assert "No words of your own yet" in ada.post(drop[0]).text


def test_the_words_are_for_admins(browser: People) -> None:
    erin = browser("erin")
    erin.get(WORDS, status=403)
    erin.post(WORDS, OWN, status=403)


@pytest.mark.usefixtures("written")
def test_names_of_services_and_teams_are_names_wherever_hints_are_asked(
    app: App, cast: Cast, browser: People
) -> None:
    with app.begin(cast.ada) as work:
        work.add(Service(slug="oscar", name="Oscar", kind="vendor"))
        work.add(Team(slug="no-big-deal", name="No Big Deal"))
    text = "Oscar forgot its offsets. No Big Deal helped. It was no big deal."
    alice, program = browser("alice"), program_of(app, cast, "alice")
    typed = alice.post_json(ASK, {"text": text}).get_json()["findings"]
    asked = program.post("/wording", {"text": text}, status=200)["findings"]
    with app.look(cast.alice) as look, count_queries(app) as queries:
        listed = hints_for_review(look, review_by_ref(look, REVIEW), [(SUMMARY, text)] * 2)
        assert len(queries) == 2, "the review and all that was decided about words"
    assert (
        [one["text"] for one in typed]
        == [one["text"] for one in asked]
        == [one.text for one in listed[0].findings]
        == ["no big deal"]
    )


@pytest.mark.usefixtures("written")
def test_programs_ask_put_aside_and_bring_back(app: App, cast: Cast) -> None:
    alice = program_of(app, cast, "alice")
    asked = alice.post("/wording", {"text": "Investigate it.", "context": "actions"}, status=200)
    assert [one["category"] for one in asked["findings"]] == ["weak_action"]
    assert alice.post("/wording", {"text": "x", "context": "poem"}, status=422)
    assert len(alice.get("/wording/categories")["items"]) == 9
    told = alice.get("/reviews/REV-1/wording")
    assert [one["text"] for one in told["items"][0]["findings"]] == [
        "should have noticed",
        "forgot",
    ]
    aside = alice.post(
        "/reviews/REV-1/wording/dismissals",
        {"question": "summary", "phrase": "forgot", "category": "blame", "why": "A name"},
    )
    told = alice.get("/reviews/REV-1/wording")
    assert [one["phrase"] for one in told["dismissed"]] == ["forgot"]
    assert len(told["items"][0]["findings"]) == 1
    alice.delete(f"/reviews/REV-1/wording/dismissals/{aside['id']}")
    alice.delete(f"/reviews/REV-1/wording/dismissals/{aside['id']}", status=404)
    alice.post("/wording/words", OWN, status=403)
    ada = program_of(app, cast, "ada")
    kept = ada.post("/wording/words", OWN)
    assert [one["phrase"] for one in alice.get("/wording/words")["items"]] == ["payments failed"]
    ada.delete(f"/wording/words/{kept['id']}")


def test_a_token_that_may_only_read_may_ask(app: App, cast: Cast) -> None:
    reader = program_of(app, cast, "alice", scopes=("read",))
    assert reader.post("/wording", {"text": "We forgot."}, status=200)["findings"]


def _actions(page: object) -> list[str]:
    document = page.document  # type: ignore[attr-defined]
    return [form.get("action", "") for form in document.iter("{http://www.w3.org/1999/xhtml}form")]
