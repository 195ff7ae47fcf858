"""What hangs on a review: its factors, and the actions and lessons that come out of it."""

from __future__ import annotations

from flask import Blueprint, flash, render_template
from werkzeug.wrappers import Response

from tracker.domain.errors import NotAllowed, NotFound, NotPermitted, NotValid
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.models.review import Review
from tracker.reading.analyse.factors import factors_of
from tracker.reading.analyse.review_steps import step_of_kind, steps_of
from tracker.reading.analyse.reviews import incidents_of, whole_review
from tracker.reading.policies import factor_terms
from tracker.reading.references import ref, review_by_ref
from tracker.usecases.analyse.answers import add_factor, edit_factor, remove_factor
from tracker.usecases.improve.actions import ProposeAction, propose_action
from tracker.usecases.share.lessons import DraftLesson, draft_lesson
from tracker.web.analyse.review_editor import Typed, back_to, gaps_at, step_page
from tracker.web.analyse.review_forms import ActionForm, FactorForm, LessonForm, offer_terms
from tracker.web.analyse.reviews import may_write
from tracker.web.forms import show_gaps, words_of
from tracker.web.gate import actor, begin, look, signed_in

bp = Blueprint("review_parts", __name__)


@bp.post("/reviews/<reference>/factors")
@signed_in
def new_factor(reference: str) -> Response | tuple[str, int]:
    """The review names this factor too."""
    form = FactorForm()
    try:
        with begin() as work:
            add_factor(work, review_by_ref(work, reference), form.ask())
    except NotValid as error:
        show_gaps(form, error)
        return _again(reference, "factors", Typed(factor=form)), 422
    flash("The factor is added. There is nearly always another one.", "success")
    return _back(reference, "factors")


@bp.route("/reviews/<reference>/factors/<int(max=2147483647):factor_id>", methods=["GET", "POST"])
@signed_in
def factor(reference: str, factor_id: int) -> str | Response | tuple[str, int]:
    """One factor, to be changed."""
    with look() as reader:
        review = review_by_ref(reader, reference)
        if not may_write(review):
            raise NotPermitted("You may read this review, not change it")
        found = next((one for one in factors_of(reader, review) if one.row.id == factor_id), None)
        if found is None:
            raise NotFound("That factor")
        terms = factor_terms(reader)
        place = step_of_kind(steps_of(whole_review(reader, review)), "factors")
    form = FactorForm(obj=found.row)
    offer_terms(form, terms)
    status = 200
    if form.is_submitted():
        try:
            with begin() as work:
                edit_factor(work, review_by_ref(work, reference), factor_id, form.ask())
            flash("Saved.", "success")
            return _back(reference, "factors")
        except NotValid as error:
            show_gaps(form, error)
            status = 422
    page = render_template(
        "reviews/factor.html",
        form=form,
        review=review,
        reference=ref(review),
        found=found,
        step=place,
    )
    return page, status


@bp.post("/reviews/<reference>/factors/<int(max=2147483647):factor_id>/remove")
@signed_in
def drop_factor(reference: str, factor_id: int) -> Response:
    """The review no longer names this factor."""
    with begin() as work:
        remove_factor(work, review_by_ref(work, reference), factor_id)
    flash("The factor is removed.", "success")
    return _back(reference, "factors")


@bp.post("/reviews/<reference>/actions")
@signed_in
def new_action(reference: str) -> Response | tuple[str, int]:
    """An action is proposed from this review."""
    form = ActionForm()
    try:
        with begin() as work:
            review = review_by_ref(work, reference)
            _refuse_finished(review)
            row = propose_action(
                work,
                ProposeAction(
                    title=form.action_title.data or "",
                    kind=form.kind.data or "",
                    priority=form.priority.data or "",
                    owner=form.owner.data or "",
                    team=form.team.data or "",
                    expected_effect=form.expected_effect.data or "",
                    review=ref(review),
                ),
            )
            reference_of_action = ref(row)
    except NotValid as error:
        gaps_at(form, error, {"title": "action_title"})
        return _again(reference, "actions", Typed(action=form)), 422
    flash(f"{reference_of_action} is proposed.", "success")
    return _back(reference, "actions")


@bp.post("/reviews/<reference>/lessons")
@signed_in
def new_lesson(reference: str) -> Response | tuple[str, int]:
    """A lesson is drafted; it is published together with the review."""
    form = LessonForm()
    try:
        with begin() as work:
            review = review_by_ref(work, reference)
            _refuse_finished(review)
            row = draft_lesson(
                work,
                DraftLesson(
                    title=form.lesson_title.data or "",
                    situation=form.situation.data or "",
                    insight=form.insight.data or "",
                    recommendation=form.recommendation.data or "",
                    tags=words_of(form.tags.data),
                    others_exposed=bool(form.others_exposed.data),
                    review=ref(review),
                    incidents=tuple(ref(one) for one in incidents_of(work, review)),
                ),
            )
            reference_of_lesson = ref(row)
    except NotValid as error:
        gaps_at(form, error, {"title": "lesson_title"})
        return _again(reference, "lessons", Typed(lesson=form)), 422
    flash(f"{reference_of_lesson} is drafted. It is published with the review.", "success")
    return _back(reference, "lessons")


def _refuse_finished(review: Review) -> None:
    """What comes out of a published review is added by those who may amend it.

    Raises: NotAllowed, NotPermitted.
    """
    if review.state == "waived":
        raise NotAllowed("This review is waived", hint="Resume it to go on writing.")
    if review.state not in OPEN_REVIEW_STATES:
        actor().needs("amend_review")


def _again(reference: str, kind: str, typed: Typed) -> str:
    with look() as reader:
        review = review_by_ref(reader, reference)
        place = step_of_kind(steps_of(whole_review(reader, review)), kind)
        return step_page(reader, review, place.key, typed)


def _back(reference: str, kind: str) -> Response:
    with look() as reader:
        review = review_by_ref(reader, reference)
        place = step_of_kind(steps_of(whole_review(reader, review)), kind)
        question = next((one.key for one in place.questions if one.question.kind == kind), kind)
    return back_to(reference, place.key, f"q-{question}")
