"""What came of actions: told to the people of the review, and marked when it is met again."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from tracker.db.work import Work
from tracker.models.action import Action
from tracker.models.incident import IncidentService, RoleAssignment, TimelineEntry
from tracker.models.review import Review, ReviewFactor, ReviewIncident
from tracker.reading.references import ref
from tracker.usecases.notices import notify

RESULTS = {
    "verified": "worked: its effect was seen",
    "ineffective": "did not have the effect that was hoped for",
}


def tell_of_result(work: Work, action: Action) -> int:
    """The people of the action's review know whether it worked, once. How many were told.

    Emits: notice.told.
    """
    said = RESULTS.get(action.state)
    if said is None or action.review_id is None:
        return 0
    people = _people_of(work, action.review_id)
    text = f"{ref(action)} “{action.title}” {said}"
    once = f"result {ref(action)} {action.state}"
    return notify(work, people, action, kind="action_result", text=text, once=once)


def mark_recurred(work: Work, review: Review) -> list[Action]:
    """Verified actions that answered a factor of this published review, for a service it hit
    again, bear the mark; their owners know. Marking twice changes nothing.

    Emits: action.changed, notice.told.
    """
    if review.state not in ("published", "amended"):
        return []
    marked = list(work.session.exec(_met_again(review)))
    for action in marked:
        action.recurred_at = work.now
        work.emit("action.changed", action)
        # Not by which incident: the owner may be outside the circle of that one.
        text = f"What {ref(action)} “{action.title}” was meant to prevent was met again"
        owner: Iterable[int | None] = [action.owner_id]
        notify(work, owner, action, kind="action_recurred", text=text, once=f"met {ref(action)}")
    return marked


def _met_again(review: Review) -> SelectOfScalar[Action]:
    """Verified, unmarked actions of earlier reviews that share a factor and a service."""
    terms = select(ReviewFactor.term).where(
        ReviewFactor.review_id == review.key, col(ReviewFactor.role) != "mitigator"
    )
    services = (
        select(IncidentService.service_id)
        .join(ReviewIncident, col(ReviewIncident.incident_id) == col(IncidentService.incident_id))
        .where(ReviewIncident.review_id == review.key)
    )
    with_factor = select(ReviewFactor.review_id).where(
        col(ReviewFactor.term).in_(terms), col(ReviewFactor.role) != "mitigator"
    )
    with_service = (
        select(ReviewIncident.review_id)
        .join(IncidentService, col(IncidentService.incident_id) == col(ReviewIncident.incident_id))
        .where(col(IncidentService.service_id).in_(services))
    )
    return select(Action).where(
        Action.state == "verified",
        col(Action.recurred_at).is_(None),
        Action.review_id != review.key,
        col(Action.verified_at) < review.published_at,
        col(Action.review_id).in_(with_factor),
        col(Action.review_id).in_(with_service),
    )


def _people_of(work: Work, review_id: int) -> list[int | None]:
    """Owner, facilitator, who had a role and who wrote the timeline, as far as they are here."""
    review = work.session.get(Review, review_id)
    incidents = select(ReviewIncident.incident_id).where(ReviewIncident.review_id == review_id)
    found: list[int | None] = [review.owner_id, review.facilitator_id] if review else []
    with_role = select(RoleAssignment.person_id).where(
        col(RoleAssignment.incident_id).in_(incidents)
    )
    writers = (
        select(TimelineEntry.author_id)
        .where(col(TimelineEntry.incident_id).in_(incidents))
        .distinct()
    )
    return [*found, *work.session.exec(with_role), *work.session.exec(writers)]
