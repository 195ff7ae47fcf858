"""How far a review is, for the marks of the editor: asked after a save."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from tracker.reading.analyse.review_steps import steps_of
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.references import review_by_ref
from tracker.web.gate import look, signed_in

bp = Blueprint("review_standing", __name__)


@bp.get("/reviews/<reference>/standing")
@signed_in
def standing(reference: str) -> dict[str, Any]:
    """What each step and each question says of itself now, and how much is answered."""
    with look() as reader:
        steps = steps_of(whole_review(reader, review_by_ref(reader, reference)))
    return {
        "done": sum(step.done for step in steps),
        "required": sum(step.required for step in steps),
        "steps": {step.key: step.standing for step in steps},
        "questions": {
            step.key: {one.key: one.standing for one in step.questions} for step in steps
        },
    }
