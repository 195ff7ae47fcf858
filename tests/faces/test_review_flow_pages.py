"""The flow of a review on its pages: templates, scope, guide, deadlines, marks that follow."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.faces.queries import MOST_PER_PAGE, count_queries
from tests.faces.review_story import resolved
from tracker.app import App

People = Callable[[str], Browser]


def test_an_admin_previews_saves_and_is_told_the_line_of_a_mistake(
    app: App, cast: Cast, browser: People
) -> None:
    ada = browser("ada")
    assert "Correction of errors" in ada.get("/admin/templates").text
    page = ada.get("/admin/templates/light")
    assert "As it will be asked" in page.text
    text = page.form("/admin/templates/light")["text"]
    changed = text.replace("title: The page", "title: One page")
    page = ada.post("/admin/templates/light", {"text": changed, "do": "preview"})
    assert "1. One page" in page.text
    assert "1. One page" not in ada.get("/admin/templates/light").text
    page = ada.post("/admin/templates/light", {"text": changed, "do": "save"})
    assert "is in force for reviews that begin now" in page.text
    wrong = text.replace("kind: timeline", "kind: timelines")
    page = ada.post("/admin/templates/light", {"text": wrong, "do": "save"}, status=422)
    assert "Line " in page.text
    assert "timelines" in page.text
    page = ada.get("/admin/templates/new")
    new = page.form("/admin/templates/new")["text"]
    page = ada.post("/admin/templates/new", {"text": new, "do": "save"})
    assert "My way to review" in page.text
    ada.post("/admin/templates/new", {"text": new, "do": "save"}, status=422)
    browser("erin").get("/admin/templates", status=403)


def test_the_template_and_the_incidents_of_a_draft_change_without_loss(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    alice = browser("alice")
    alice.post("/reviews/REV-1/answers/detection", {"text": "An alert rang", "base_version": "0"})
    page = alice.post("/reviews/REV-1/scope/template", {"template": "light"})
    assert "Every answer is kept" in page.text
    assert "Answers from the earlier template" in page.text
    assert "An alert rang" in page.text
    assert "1 answers from an earlier template" in alice.get("/reviews/REV-1/progress").text
    page = alice.post("/reviews/REV-1/scope/add", {"incident": "INC-99"}, status=422)
    assert "Name an incident such as INC-12" in page.text
    page = alice.post("/reviews/REV-1/scope/remove", {"incident": "INC-1"}, status=422)
    assert "one incident at least" in page.text


def test_the_guide_the_day_and_the_progress_stand_on_every_step(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    alice = browser("alice")
    alice.get("/reviews/REV-1/edit/facts")
    with count_queries(app) as statements:
        alice.client.get("/reviews/REV-1/edit/facts")
    assert len(statements) <= MOST_PER_PAGE
    page = alice.get("/reviews/REV-1/edit/facts")
    assert "For the facilitator" in page.text
    assert "What did you notice first" in page.text
    assert "· by 3 Jun 2026" in " ".join(page.text.split())
    assert "step 1 of 5" in page.text


def test_the_marks_of_a_step_follow_what_was_saved(app: App, cast: Cast, browser: People) -> None:
    resolved(app, cast, template="coe")
    alice = browser("alice")

    def now() -> tuple[int, str, dict[str, str]]:
        body = alice.client.get("/reviews/REV-1/standing").json
        assert body is not None
        return body["done"], body["steps"]["questions"], body["questions"]["questions"]

    done, step, questions = now()
    assert questions["detection"] == "open"
    assert "change_path" not in questions
    alice.post("/reviews/REV-1/answers/detection", {"text": "An alert", "base_version": "0"})
    assert now()[0] == done + 1
    assert now()[1] != step
    assert now()[2]["detection"] == "answered"
    yes = {"choice": "yes", "because": "The roll-out at nine", "base_version": "0"}
    alice.post("/reviews/REV-1/answers/change_triggered", yes)
    assert now()[2]["change_path"] == "open"


def test_signs_suggest_a_depth_and_the_analysis_rests(
    app: App, cast: Cast, browser: People
) -> None:
    resolved(app, cast)
    alice = browser("alice")
    signs = ["several_teams", "nearly_worse", "curious"]
    page = alice.post("/reviews/REV-1/depth", {"signals": signs, "depth": ""})
    assert "a deep review looks worth its time" in page.text
    page = alice.post("/reviews/REV-1/depth/rest", {})
    assert "The analysis rests until 3 Jun 2026" in page.text
    assert "rests until 3 Jun 2026" in alice.get("/reviews/REV-1/edit/actions").text
    page = alice.post("/reviews/REV-1/depth/skip", {"why": ""}, status=422)
    assert "Not done" in page.text
    page = alice.post("/reviews/REV-1/depth/skip", {"why": "It may happen again tonight"})
    assert "It may happen again tonight" in page.text
    assert "Ten signs to tick" in alice.get("/reviews/new").text
