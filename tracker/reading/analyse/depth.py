"""The rest of an analysis between understanding and deciding: asked by the template or policy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tracker.db.work import Look
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.policy import Policy
from tracker.domain.review import Rest, Template
from tracker.models.action import Action
from tracker.models.review import Review
from tracker.reading.policies import template


def asked_rest(look: Look, review: Review) -> int:
    """So many business days this analysis rests before its actions are decided; 0: it need not."""
    used = template(look, review.template_key, review.template_version)
    return used.rest_days(look.policy_of(review.policy_version).soak_business_days)


def offered_rest(look: Look, review: Review) -> int:
    """So many business days it rests when somebody lets it: the policy's where none is asked."""
    policy = look.policy_of(review.policy_version)
    return asked_rest(look, review) or policy.soak_business_days


def rest_of(
    review: Review, used: Template, policy: Policy, today: date, actions: Iterable[Action]
) -> Rest | None:
    """The rest of the analysis; none for what was published before: its decisions are made."""
    if review.state not in OPEN_REVIEW_STATES:
        return None
    days = used.rest_days(policy.soak_business_days)
    return Rest(
        today=today,
        asked_until=policy.business_days_after(today, days) if days else None,
        until=review.soak_until,
        skipped=bool(review.soak_skipped_because),
        decided=any(one.state != "declined" for one in actions),
    )
