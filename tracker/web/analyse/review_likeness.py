"""Have we met it before? Incidents alike with what was decided then, and lessons known."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.reading.analyse.likeness import likeness_of
from tracker.reading.references import ref, review_by_ref
from tracker.usecases.analyse.likeness import SayAlike, link_lesson, say_alike
from tracker.web.analyse.reviews import may_write
from tracker.web.gate import begin, look, signed_in, tracker

bp = Blueprint("review_likeness", __name__)


@bp.get("/reviews/<reference>/alike")
@signed_in
def page(reference: str) -> str:
    """Incidents that look alike; those that nobody has judged yet come first."""
    with look() as reader:
        review = review_by_ref(reader, reference)
        return render_template(
            "reviews/likeness.html",
            review=review,
            reference=ref(review),
            found=likeness_of(reader, tracker().index, review),
            may_write=may_write(review),
        )


@bp.post("/reviews/<reference>/alike")
@signed_in
def say(reference: str) -> Response:
    """Whether two incidents are of one kind, which is remembered for the pair."""
    given = request.form
    ask = SayAlike(
        incident=given.get("incident", ""),
        other=given.get("other", ""),
        same=given.get("same") == "yes",
        why=given.get("why", ""),
    )
    with begin() as work:
        say_alike(work, review_by_ref(work, reference), ask)
    told = "They are of one kind" if ask.same else "They are different"
    flash(f"{told}: it is remembered, and not asked again.", "success")
    return _back(reference, ask.other)


@bp.post("/reviews/<reference>/known-lessons")
@signed_in
def know(reference: str) -> Response:
    """A lesson that was known before this incident is linked with it."""
    lesson = request.form.get("lesson", "")
    with begin() as work:
        review = review_by_ref(work, reference)
        row = link_lesson(work, review, lesson=lesson, incident=request.form.get("incident", ""))
        told = f"{ref(row)} and this incident are linked: it was known before."
    flash(told, "success")
    return _back(reference, "lessons")


def _back(reference: str, anchor: str) -> Response:
    return redirect(url_for("review_likeness.page", reference=reference, _anchor=anchor), 303)
