"""How deep a review goes, and the rest between understanding and deciding."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectMultipleField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from tracker.db.work import Work
from tracker.domain.errors import NotAllowed, NotValid
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.signals import DEPTHS, SIGNALS, suggested_depth
from tracker.models.review import Review
from tracker.reading.analyse.depth import asked_rest, offered_rest
from tracker.reading.references import ref, review_by_ref
from tracker.usecases.analyse.depth import choose_depth, rest_analysis, skip_rest
from tracker.web.forms import show_gaps
from tracker.web.gate import actor, begin, look, signed_in

bp = Blueprint("review_depth", __name__)


class DepthForm(FlaskForm):  # type: ignore[misc]
    """Ten signals to tick, and the depth somebody chooses."""

    signals = SelectMultipleField(
        "Which of these are true?",
        choices=list(SIGNALS.items()),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    depth = RadioField(
        "How deep will you go?",
        choices=[("", "Not said yet"), *DEPTHS.items()],
        validate_choice=False,
    )


class SkipForm(FlaskForm):  # type: ignore[misc]
    """Why the decisions do not wait."""

    why = TextAreaField("Why do the decisions not wait?")


@bp.get("/reviews/<reference>/depth")
@signed_in
def page(reference: str) -> str:
    """The signals, what they suggest, and the rest."""
    return _page(reference)


@bp.post("/reviews/<reference>/depth")
@signed_in
def choose(reference: str) -> Response | tuple[str, int]:
    """The ticked signals and the chosen depth stand with the review."""
    form = DepthForm()

    def verb(work: Work, review: Review) -> None:
        ticked, depth = form.signals.data or (), form.depth.data or ""
        choose_depth(work, review, signals=ticked, depth=depth)

    return _do(reference, verb, form, "Kept.")


@bp.post("/reviews/<reference>/depth/rest")
@signed_in
def rest(reference: str) -> Response | tuple[str, int]:
    """The analysis rests."""

    def verb(work: Work, review: Review) -> None:
        rest_analysis(work, review)

    return _do(reference, verb, SkipForm(formdata=None), "The analysis rests. Sleep on it.")


@bp.post("/reviews/<reference>/depth/skip")
@signed_in
def skip(reference: str) -> Response | tuple[str, int]:
    """The decisions do not wait, for a reason."""
    form = SkipForm()

    def verb(work: Work, review: Review) -> None:
        skip_rest(work, review, why=form.why.data or "")

    return _do(reference, verb, form, "The decisions do not wait; the reason stands here.")


def _do(
    reference: str, verb: Callable[[Work, Review], None], form: FlaskForm, said: str
) -> Response | tuple[str, int]:
    try:
        with begin() as work:
            verb(work, review_by_ref(work, reference))
    except (NotValid, NotAllowed) as error:
        show_gaps(form, error)
        return _page(reference, form), 422
    flash(said, "success")
    return redirect(url_for("review_depth.page", reference=reference), 303)


def _page(reference: str, typed: FlaskForm | None = None) -> str:
    with look() as reader:
        review = review_by_ref(reader, reference)
        chosen = {"signals": review.signals, "depth": review.depth}
        is_depth = isinstance(typed, DepthForm)
        is_skip = isinstance(typed, SkipForm)
        return render_template(
            "reviews/depth.html",
            review=review,
            reference=ref(review),
            form=typed if is_depth else DepthForm(formdata=None, data=chosen),
            skip_form=typed if is_skip else SkipForm(formdata=None),
            signals=SIGNALS,
            depths=DEPTHS,
            suggested=suggested_depth(review.signals),
            days=offered_rest(reader, review),
            asked=asked_rest(reader, review),
            resting=review.is_resting_on(reader.today),
            may_change=actor().may("choose_depth") and review.state in OPEN_REVIEW_STATES,
        )
