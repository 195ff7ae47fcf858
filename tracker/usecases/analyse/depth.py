"""How deep a review goes, and the days of rest between understanding and deciding."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.signals import DEPTHS, SIGNALS
from tracker.models.review import Review
from tracker.reading.analyse.depth import offered_rest


def choose_depth(work: Work, review: Review, *, signals: Iterable[str], depth: str = "") -> Review:
    """The ticked signals and the depth somebody chose because of them stand with the review.

    The signals only suggest; no depth at all is a choice too.
    Raises: NotValid, NotAllowed. Emits: review.changed.
    """
    work.permit("choose_depth")
    _refuse_closed(review)
    ticked = list(dict.fromkeys(signals))
    gaps = Gaps()
    for one in ticked:
        asks.check_choice(gaps, "signals", one, tuple(SIGNALS))
    asks.check_choice(gaps, "depth", depth, tuple(DEPTHS), required=False)
    gaps.raise_not_valid()
    review.signals, review.depth = ticked, depth
    work.emit("review.changed", review)
    return review


def rest_analysis(work: Work, review: Review) -> Review:
    """The analysis rests for the business days of its template or policy, unpublished until then.

    Resting again keeps the day that was set. Raises: NotAllowed. Emits: review.changed.
    """
    work.permit("rest_analysis")
    _refuse_closed(review)
    if review.soak_until is None or review.soak_skipped_because:
        days = offered_rest(work, review)
        review.soak_until = work.policy.business_days_after(work.today, days)
        review.soak_skipped_because = ""
        work.emit("review.changed", review)
    return review


def skip_rest(work: Work, review: Review, *, why: str) -> Review:
    """The decisions do not wait, for a reason that stands with the review.

    Raises: NotValid without a reason, NotAllowed. Emits: review.changed.
    """
    work.permit("skip_rest")
    _refuse_closed(review)
    gaps = Gaps()
    asks.check_text(gaps, "why", why, limit=asks.REASON_LIMIT, required=True)
    gaps.raise_not_valid()
    review.soak_skipped_because = asks.clean(why)
    work.emit("review.changed", review)
    return review


def _refuse_closed(review: Review) -> None:
    if review.state not in OPEN_REVIEW_STATES:
        message = "Only a review that is still being written can be changed in this way"
        raise NotAllowed(message, gaps=[Gap("state", message)])
