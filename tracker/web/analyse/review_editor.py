"""Writing a review: one page per step, every question a form that saves itself, its history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from tracker.db.work import Look
from tracker.domain.errors import DomainError, Gap, NotAllowed, NotFound, NotValid, problem_of
from tracker.domain.incident import TIMES
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.review import Question
from tracker.domain.text_diff import lines_of, word_diff
from tracker.models.catalogue import Person
from tracker.models.review import AnswerRevision, Review
from tracker.reading.analyse.review_document import heading_of
from tracker.reading.analyse.review_steps import step_named, step_of_question, steps_of
from tracker.reading.analyse.reviews import WholeReview, answer_history, whole_review
from tracker.reading.analyse.timeline_work import TimelineWork, evidence_of, timeline_work
from tracker.reading.catalogue import active_people, teams
from tracker.reading.links import people_by_id
from tracker.reading.policies import factor_terms, template
from tracker.reading.references import ref, review_by_ref
from tracker.usecases.analyse.answers import SavedAnswer, answer_question, restore_answer
from tracker.web.analyse.review_forms import (
    ActionForm,
    AnswerForm,
    FactorForm,
    LessonForm,
    MoveForm,
    answer_form,
    offer_choices,
    offer_people,
    offer_teams,
    offer_terms,
)
from tracker.web.analyse.reviews import may_write
from tracker.web.forms import show_gaps
from tracker.web.gate import begin, look, signed_in
from tracker.web.site import wants_json

bp = Blueprint("review_editor", __name__)


@dataclass
class Typed:
    """Forms that were refused: what was typed stays, with the gaps at its fields."""

    answers: dict[str, AnswerForm] = field(default_factory=dict)
    factor: FactorForm | None = None
    action: ActionForm | None = None
    lesson: LessonForm | None = None


@bp.get("/reviews/<reference>/edit")
@signed_in
def edit(reference: str) -> Response:
    """To the first step that still needs something."""
    with look() as reader:
        steps = steps_of(whole_review(reader, review_by_ref(reader, reference)))
        wanted = next((step for step in steps if step.open), steps[0])
    return redirect(url_for("review_editor.step", reference=reference, step=wanted.key))


@bp.get("/reviews/<reference>/edit/<step>")
@signed_in
def step(reference: str, step: str) -> str:
    """The questions of one step; read-only for whoever may not write."""
    with look() as reader:
        return step_page(reader, review_by_ref(reader, reference), step, Typed())


@bp.post("/reviews/<reference>/answers/<question>")
@signed_in
def save(reference: str, question: str) -> Any:  # noqa: ANN401 - a page, JSON or a redirect
    """Saves an answer: JSON for autosave, otherwise back to the question."""
    form = AnswerForm()
    try:
        with begin() as work:
            saved = answer_question(work, review_by_ref(work, reference), form.ask(question))
    except (NotValid, NotAllowed) as error:
        if wants_json():
            return problem_of(error), 422
        return _refused(reference, question, form, error), 422
    if wants_json():
        return _saved_json(saved)
    if saved.conflicts:
        flash(_note(saved), "warning")
    elif saved.merged:
        flash("Saved, together with what somebody else wrote meanwhile.", "success")
    else:
        flash("Saved.", "success")
    with look() as reader:
        review = review_by_ref(reader, reference)
        steps = steps_of(whole_review(reader, review))
        place = step_of_question(steps, question).key
    return redirect(
        url_for("review_editor.step", reference=reference, step=place, _anchor=f"q-{question}"), 303
    )


@bp.get("/reviews/<reference>/history/<question>")
@signed_in
def history(reference: str, question: str) -> str:
    """Every saved version of an answer, each with what it changed."""
    with look() as reader:
        review = review_by_ref(reader, reference)
        asked = _question(reader, review, question)
        revisions = answer_history(reader, review, question)
        people = people_by_id(reader, [one.by_id for one in revisions])
        steps = steps_of(whole_review(reader, review))
        return render_template(
            "reviews/history.html",
            review=review,
            reference=ref(review),
            question=asked,
            heading=heading_of(asked),
            step=step_of_question(steps, question),
            changes=_changes(revisions, people),
            form=MoveForm(formdata=None),
            may_write=may_write(review),
        )


@bp.post("/reviews/<reference>/history/<question>")
@signed_in
def restore(reference: str, question: str) -> Response:
    """An earlier version stands again; what stood until now stays in the history."""
    wanted = MoveForm().version.data or 0
    if not 0 < wanted < 2**31:
        raise NotFound("That version of the answer")
    with begin() as work:
        restore_answer(work, review_by_ref(work, reference), question, version=wanted)
    flash(f"Version {wanted} stands again.", "success")
    return redirect(url_for("review_editor.history", reference=reference, question=question), 303)


def step_page(reader: Look, review: Review, key: str, typed: Typed) -> str:
    """The page of one step. At most 12 queries with the two that every page asks."""
    whole = whole_review(reader, review)
    steps = steps_of(whole)
    here = step_named(steps, key)
    writes = may_write(review)
    kinds = {one.question.kind for one in here.questions}
    needs_people = writes and "actions" in kinds
    active = active_people(reader) if needs_people else []
    people = _names(reader, whole, active)
    forms = {
        one.key: typed.answers.get(one.key) or answer_form(one.question, one.answer)
        for one in here.questions
    }
    position = [one.key for one in steps].index(key)
    return render_template(
        "reviews/step.html",
        review=review,
        reference=whole.ref,
        whole=whole,
        steps=steps,
        here=here,
        before=steps[position - 1] if position else None,
        after=steps[position + 1] if position + 1 < len(steps) else None,
        forms=forms,
        people=people,
        times=_times(whole) if "times" in kinds else [],
        factor_form=_factor_form(reader, typed) if writes and "factors" in kinds else None,
        action_form=_action_form(reader, active, typed) if needs_people else None,
        lesson_form=(typed.lesson or LessonForm(formdata=None)) if writes else None,
        at_hand=_at_hand(reader, whole, kinds),
        may_write=writes,
        working_copy=review.state not in (*OPEN_REVIEW_STATES, "waived"),
    )


def _at_hand(reader: Look, whole: WholeReview, kinds: set[str]) -> TimelineWork | None:
    """Key moments and evidence, where the timeline does not stand itself. One query."""
    if "timeline" in kinds:
        return None
    return timeline_work(whole, evidence_of(reader, whole.row))


def _names(reader: Look, whole: WholeReview, active: list[Person]) -> dict[int, Person]:
    """The people whose names stand on the page; those at hand are not asked for again."""
    at_hand = {one.key: one for one in active}
    wanted: set[int | None] = {one.updated_by_id for one in whole.answers.values()}
    wanted |= {one.owner_id for one in whole.actions} | {one.owner_id for one in whole.lessons}
    wanted |= {one.author_id for one in whole.entries}
    missing = wanted - set(at_hand) - {None}
    return {**at_hand, **people_by_id(reader, missing)}


def _times(whole: WholeReview) -> list[dict[str, Any]]:
    """The nine times of each incident, those without a word too."""
    said = {(one.incident_id, one.name): one for one in whole.times}
    return [
        {
            "incident": incident,
            "rows": [(name, said.get((incident.key, name))) for name in TIMES],
        }
        for incident in whole.incidents
    ]


def _factor_form(reader: Look, typed: Typed) -> FactorForm:
    form = typed.factor or FactorForm(formdata=None)
    offer_terms(form, factor_terms(reader))
    return form


def _action_form(reader: Look, active: list[Person], typed: Typed) -> ActionForm:
    form = typed.action or ActionForm(formdata=None)
    offer_people(form.owner, active, none="Nobody yet")
    offer_teams(form.team, teams(reader))
    return form


def _refused(reference: str, question: str, form: AnswerForm, error: DomainError) -> str:
    with look() as reader:
        review = review_by_ref(reader, reference)
        offer_choices(form, _question(reader, review, question))
        show_gaps(form, error)
        # No HTML can hold a NUL; the rest of what was typed stays.
        for one in (form.text, form.because, form.choice):
            one.data = (one.data or "").replace("\x00", "")
        place = step_of_question(steps_of(whole_review(reader, review)), question)
        return step_page(reader, review, place.key, Typed(answers={question: form}))


def _saved_json(saved: SavedAnswer) -> dict[str, Any]:
    body: dict[str, Any] = {"version": saved.row.version}
    if saved.merged:
        body["merged_text"] = saved.row.text
        body["merged_fields"] = {
            "text": saved.row.text,
            "choice": saved.row.choice,
            "because": saved.row.because,
        }
    if saved.conflicts:
        body["conflicts"] = [{"mine": mine, "theirs": theirs} for mine, theirs in saved.conflicts]
        body["note"] = _note(saved)
    return body


def _note(saved: SavedAnswer) -> str:
    passages = "a passage" if len(saved.conflicts) == 1 else f"{len(saved.conflicts)} passages"
    return f"Somebody else wrote on {passages} too: both texts are kept, please make one of them."


def _question(reader: Look, review: Review, key: str) -> Question:
    asked = template(reader, review.template_key, review.template_version).question(key)
    if asked is None:
        raise NotFound(f"The question “{key[:40]}”")
    return asked


def _changes(revisions: list[AnswerRevision], people: dict[int, Person]) -> list[dict[str, Any]]:
    """The revisions, newest first, each with the words it changed."""
    told = []
    for position, revision in enumerate(revisions):
        older = revisions[position + 1] if position + 1 < len(revisions) else None
        told.append(
            {
                "revision": revision,
                "by": people.get(revision.by_id or 0),
                "pieces": lines_of(word_diff(older.text if older else "", revision.text)),
                "because": lines_of(word_diff(older.because if older else "", revision.because)),
                "choice_before": older.choice if older else "",
                "stands": position == 0,
            }
        )
    return told


def back_to(reference: str, place: str, anchor: str) -> Response:
    """To a step, at one of its questions."""
    return redirect(
        url_for("review_editor.step", reference=reference, step=place, _anchor=anchor), 303
    )


def gaps_at(form: FlaskForm, error: DomainError, renamed: dict[str, str]) -> None:
    """As show_gaps, for forms whose fields are called otherwise than in the domain."""
    gaps = [Gap(renamed.get(gap.field, gap.field), gap.message) for gap in error.gaps]
    show_gaps(form, NotValid(*gaps) if gaps else error)
