"""Rules of lessons: what another team needs to be able to use one."""

from __future__ import annotations

from tracker.domain.errors import Gap, Gaps

APPLIES_TO_KINDS = ("tech", "library", "pattern", "service_kind")


def publish_gaps(*, situation: str, insight: str, recommendation: str) -> list[Gap]:
    """What keeps a lesson from being published, all at once."""
    gaps = Gaps()
    gaps.unless(insight.strip(), "insight", "The insight is missing: what did you learn?")
    gaps.unless(situation.strip(), "situation", "The situation is missing: where does this happen?")
    gaps.unless(
        recommendation.strip(),
        "recommendation",
        "The recommendation is missing: what should others do?",
    )
    return gaps.found
