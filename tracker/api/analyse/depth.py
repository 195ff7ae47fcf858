"""How deep a review goes, and the rest between understanding and deciding."""

from typing import Annotated, Literal

from pydantic import Field

from tracker.api.feature import Feature
from tracker.api.shapes import Answer, Asked, Day, Reason, ReviewRef, Word
from tracker.db.work import Look, Work
from tracker.domain.signals import SIGNALS, suggested_depth
from tracker.models.review import Review
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.depth import choose_depth, rest_analysis, skip_rest

api = Feature("depth", "How much there is to learn, and the time to think before deciding.")


class ReviewPath(Asked):
    ref: ReviewRef


class DepthIn(Asked):
    """The ticked signals and the chosen depth; signals suggest, people choose."""

    signals: Annotated[list[Word], Field(max_length=len(SIGNALS))] = []
    depth: Literal["", "light", "deep"] = ""


class RestIn(Asked):
    """A reason lets the decisions not wait; without one the analysis rests."""

    skip_because: Reason = ""


class DepthOut(Answer):
    signals: list[str]
    suggested: str
    depth: str
    rests_until: Day | None
    rests_now: bool
    skipped_because: str


@api.reads("/reviews/<ref>/depth", DepthOut)
def read(look: Look, path: ReviewPath) -> DepthOut:
    """What was ticked, what it suggests, what was chosen, and the rest."""
    return _out(look, review_by_ref(look, path.ref))


@api.changes("/reviews/<ref>/depth", DepthOut, method="put", guarded=False)
def choose(work: Work, path: ReviewPath, body: DepthIn) -> DepthOut:
    """Tick signals of learning potential and choose a depth."""
    review = review_by_ref(work, path.ref)
    return _out(work, choose_depth(work, review, signals=body.signals, depth=body.depth))


@api.changes("/reviews/<ref>/rest", DepthOut, method="put", guarded=False)
def rest(work: Work, path: ReviewPath, body: RestIn) -> DepthOut:
    """Let the analysis rest, or decide without waiting for a reason."""
    review = review_by_ref(work, path.ref)
    if body.skip_because:
        return _out(work, skip_rest(work, review, why=body.skip_because))
    return _out(work, rest_analysis(work, review))


def _out(look: Look, review: Review) -> DepthOut:
    return DepthOut(
        signals=review.signals,
        suggested=suggested_depth(review.signals),
        depth=review.depth,
        rests_until=review.soak_until,
        rests_now=review.is_resting_on(look.today),
        skipped_because=review.soak_skipped_because,
    )
