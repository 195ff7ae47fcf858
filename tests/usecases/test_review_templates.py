"""Templates: conditions, days, the editor, changing the template and the incidents of a review."""

from __future__ import annotations

from datetime import date

import pytest

from tests.conftest import Cast
from tests.faces.review_story import REVIEW, resolved
from tracker.app import App
from tracker.assets import folder
from tracker.domain.errors import NotAllowed, NotFound, NotPermitted, NotValid
from tracker.domain.review import template_from
from tracker.reading.analyse.review_steps import StepState, steps_of
from tracker.reading.analyse.reviews import WholeReview, whole_review
from tracker.reading.policies import template
from tracker.reading.references import incident_by_ref, review_by_ref
from tracker.reading.template_texts import newest_templates, template_text
from tracker.usecases.analyse.answers import SaveAnswer, answer_question
from tracker.usecases.analyse.reviews import StartReview, start_review
from tracker.usecases.analyse.templates import (
    WriteTemplate,
    add_incident,
    change_template,
    read_template,
    remove_incident,
    write_review_template,
)
from tracker.usecases.policy import put_template
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.incidents import MoveIncident, move_incident

SEEDED = ("coe", "exercise", "learning", "light", "near-miss", "sre")


def _whole(app: App, cast: Cast) -> WholeReview:
    with app.look(cast.erin) as look:
        return whole_review(look, review_by_ref(look, REVIEW))


def _step(app: App, cast: Cast, key: str) -> StepState:
    return next(step for step in steps_of(_whole(app, cast)) if step.key == key)


def _change(app: App, cast: Cast, key: str) -> None:
    with app.begin(cast.alice) as work:
        change_template(work, review_by_ref(work, REVIEW), key)


def _answer(app: App, cast: Cast, question: str, choice: str = "", text: str = "") -> None:
    with app.begin(cast.alice) as work:
        ask = SaveAnswer(question=question, choice=choice, text=text)
        answer_question(work, review_by_ref(work, REVIEW), ask)


@pytest.mark.parametrize("key", SEEDED)
def test_each_seeded_template_helps_the_facilitator_and_comes_back_from_its_text(
    sqlite_app: App, key: str
) -> None:
    with sqlite_app.look_as_system() as look:
        kept = template(look, key)
        again, _ = read_template(template_text(look, key), key)
    assert all(step.guide for step in kept.steps)
    assert (again.steps, again.name, again.purpose) == (kept.steps, kept.name, kept.purpose)
    for step in kept.steps:
        for said in (*step.guide.ask, *step.guide.avoid):
            assert said == said.strip()
            assert said.endswith((".", "?"))


def test_the_templates_that_are_brought_are_these(sqlite_app: App) -> None:
    with sqlite_app.look_as_system() as look:
        assert sorted(row.key for row in newest_templates(look)) == list(SEEDED)
    files = (folder("seed") / "review_templates").glob("*.yaml")
    assert sorted(path.stem for path in files) == list(SEEDED)


def test_a_question_waits_for_the_answer_of_another(app: App, cast: Cast) -> None:
    resolved(app, cast, template="coe")

    def asked() -> list[str]:
        return [one.key for one in _step(app, cast, "questions").questions]

    assert "change_path" not in asked()
    _answer(app, cast, "change_triggered", "no")
    assert "change_path" not in asked()
    _answer(app, cast, "change_triggered", "yes")
    assert "change_path" in asked()


def test_a_condition_on_a_question_that_is_not_there_is_refused() -> None:
    question = {"key": "a", "kind": "markdown", "prompt": "A?", "condition": {"answer.b": True}}
    data = {"key": "t", "version": 1, "name": "T",
            "steps": [{"key": "s", "title": "S", "questions": [question]}]}  # fmt: skip
    with pytest.raises(ValueError, match="waits for the answer of b"):
        template_from(data)
    other = {"key": "b", "kind": "yes_no_because", "prompt": "B?"}
    data["steps"][0]["questions"].append(other)  # type: ignore[index]
    assert template_from(data).questions[0].condition == {"answer.b": ("yes",)}


def test_each_question_has_its_business_day_until_it_is_answered(app: App, cast: Cast) -> None:
    # Resolved on Monday the 1st of June.
    resolved(app, cast)
    step = _step(app, cast, "facts")
    days = {one.key: one.wanted_on for one in step.questions}
    assert days["times"] == date(2026, 6, 3)
    assert days["detection"] == date(2026, 6, 4)
    assert days["background"] is None
    assert step.wanted_on == date(2026, 6, 3)
    assert _step(app, cast, "actions").wanted_on == date(2026, 6, 10)


def test_changing_the_template_keeps_every_answer(app: App, cast: Cast) -> None:
    resolved(app, cast)
    _answer(app, cast, "detection", text="An alert")
    _answer(app, cast, "dead_ends", text="The cache")
    _change(app, cast, "light")
    whole = _whole(app, cast)
    assert whole.template.key == "light"
    assert {"detection", "dead_ends"} <= set(whole.earlier_answers)
    assert "summary" not in whole.earlier_answers
    _change(app, cast, "learning")
    whole = _whole(app, cast)
    assert whole.answers["dead_ends"].text == "The cache"
    assert whole.earlier_answers == {}
    with pytest.raises(NotFound):
        _change(app, cast, "none-such")


def test_a_review_of_two_incidents_tells_both(app: App, cast: Cast) -> None:
    resolved(app, cast)
    with app.begin(cast.alice) as work:
        ask = DeclareIncident(title="Second", severity="SEV3", summary="The second summary")
        second = declare_incident(work, ask)
        with pytest.raises(NotAllowed, match="not over yet"):
            add_incident(work, review_by_ref(work, REVIEW), second)
        move_incident(work, second, MoveIncident(verb="resolve"))
    with app.begin(cast.alice) as work:
        review = review_by_ref(work, REVIEW)
        second = incident_by_ref(work, "INC-2")
        add_incident(work, review, second)
        add_incident(work, review, second)
    whole = _whole(app, cast)
    assert [one.title for one in whole.incidents] == ["Checkout answers 502", "Second"]
    assert {time.incident_id for time in whole.times} == {1, 2}
    with app.begin(cast.alice) as work:
        remove_incident(work, review_by_ref(work, REVIEW), incident_by_ref(work, "INC-1"))
    assert [one.title for one in _whole(app, cast).incidents] == ["Second"]
    with pytest.raises(NotAllowed, match="one incident at least"), app.begin(cast.alice) as work:
        remove_incident(work, review_by_ref(work, REVIEW), incident_by_ref(work, "INC-2"))
    with app.begin(cast.alice) as work:
        both = start_review(work, StartReview(incidents=("INC-1",)))
        with pytest.raises(NotAllowed, match="has a review already: REV-1"):
            add_incident(work, both, incident_by_ref(work, "INC-2"))


def test_texts_of_several_incidents_stand_under_their_references(app: App, cast: Cast) -> None:
    with app.begin(cast.alice) as work:
        for number in (1, 2):
            ask = DeclareIncident(title=f"{number}", severity="SEV3", summary=f"Summary {number}")
            move_incident(work, declare_incident(work, ask), MoveIncident(verb="resolve"))
        start_review(work, StartReview(incidents=("INC-1", "INC-2"), template="light"))
    text = _whole(app, cast).answers["summary"].text
    assert text == "**INC-1:** Summary 1\n\n**INC-2:** Summary 2"


def test_a_saved_template_is_a_new_version_and_running_reviews_keep_theirs(
    app: App, cast: Cast
) -> None:
    resolved(app, cast, template="light")
    with app.look(cast.ada) as look:
        text = template_text(look, "light").replace("The page", "One page")
    with pytest.raises(NotPermitted), app.begin(cast.erin) as work:
        write_review_template(work, WriteTemplate(text=text, key="light"))
    with app.begin(cast.ada) as work:
        before = _whole(app, cast).template.version
        row = write_review_template(work, WriteTemplate(text=text, key="light"))
        assert row.version == before + 1
        same = write_review_template(work, WriteTemplate(text=text, key="light"))
        assert same.version == row.version
    assert _whole(app, cast).template.steps[0].title == "The page"
    _change(app, cast, "light")
    assert _whole(app, cast).template.steps[0].title == "One page"


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("kind: markdown", "kind: mrkdown", "Line "),
        ("key: light", "key: other", "The key stays light"),
        ("steps:", "stepz:", "stepz"),
        ("key: impact", "key: summary", "stands on line"),
        ("name: Light review", "name: [", "Line "),
    ],
)
def test_what_is_wrong_with_a_template_is_said_with_its_line(
    sqlite_app: App, sqlite_cast: Cast, wrong: str, right: str, said: str
) -> None:
    with sqlite_app.look_as_system() as look:
        text = template_text(look, "light").replace(wrong, right, 1)
    with pytest.raises(NotValid) as refused, sqlite_app.begin(sqlite_cast.ada) as work:
        write_review_template(work, WriteTemplate(text=text, key="light"))
    assert any(said in gap.message for gap in refused.value.gaps), refused.value.gaps


def test_a_template_that_comes_from_files_is_changed_there(app: App, cast: Cast) -> None:
    with app.begin(cast.ada) as work:
        _, content = read_template(template_text(work, "light").replace("The page", "Page"))
        put_template(work, content, managed_by="review_templates/light.yaml")
        text = template_text(work, "light").replace("Page", "Own page")
        with pytest.raises(NotAllowed, match="review_templates"):
            write_review_template(work, WriteTemplate(text=text, key="light"))
