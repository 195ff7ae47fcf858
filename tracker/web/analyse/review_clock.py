"""Reviews whose day has passed, and how days were met."""

from __future__ import annotations

from flask import Blueprint, render_template

from tracker.reading.analyse.deadlines import overdue_reviews, time_figures, waived_reviews
from tracker.web.gate import look, signed_in

bp = Blueprint("review_clock", __name__)


@bp.get("/reviews/overdue")
@signed_in
def overdue() -> str:
    """What is late and by how much, what is waived, and the figure both belong to."""
    with look() as reader:
        return render_template(
            "reviews/overdue.html",
            late=overdue_reviews(reader),
            waived=waived_reviews(reader),
            told=time_figures(reader),
        )
