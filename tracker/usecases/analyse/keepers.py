"""Who looks after a review, so that a reminder reaches one who can do something about it."""

from __future__ import annotations

from sqlmodel import col, select

from tracker.db.access import person_and_actor
from tracker.db.work import Look
from tracker.models.catalogue import Person, Service, TeamMember
from tracker.models.incident import IncidentService, IncidentTeam
from tracker.models.review import Review, ReviewIncident

# Who leads in a team: they may publish, and they give work away.
LEADING = ("editor", "admin")


def keepers_of_review(look: Look, review: Review) -> list[int]:
    """The ids of the people to remind of this review, the first of these that there is:

    its owner; its facilitator; the leads of the teams in the incident, else of the teams that own
    its services; all members of those teams. Who left or may not read the review is passed over.
    """
    for person_id in (review.owner_id, review.facilitator_id):
        if person_id is not None and _can_act(look, review, person_id):
            return [person_id]
    for team_ids in (_teams_in_it(look, review), _owning_teams(look, review)):
        members = look.session.exec(
            select(Person)
            .join(TeamMember, col(TeamMember.person_id) == col(Person.id))
            .where(col(TeamMember.team_id).in_(team_ids), col(Person.active).is_(True))
            .distinct()
            .order_by(col(Person.id))
        ).all()
        able = [one for one in members if _can_act(look, review, one.key)]
        leads = [one.key for one in able if one.role in LEADING]
        if able:
            return leads or [one.key for one in able]
    return []


def _can_act(look: Look, review: Review, person_id: int) -> bool:
    found = person_and_actor(look.session, person_id)
    return found is not None and found[0].active and found[1].reads(review.circle_id)


def _teams_in_it(look: Look, review: Review) -> list[int]:
    query = (
        select(IncidentTeam.team_id)
        .join(ReviewIncident, col(ReviewIncident.incident_id) == col(IncidentTeam.incident_id))
        .where(ReviewIncident.review_id == review.key)
    )
    return list(look.session.exec(query))


def _owning_teams(look: Look, review: Review) -> list[int]:
    query = (
        select(Service.owner_team_id)
        .join(IncidentService, col(IncidentService.service_id) == col(Service.id))
        .join(ReviewIncident, col(ReviewIncident.incident_id) == col(IncidentService.incident_id))
        .where(ReviewIncident.review_id == review.key, col(Service.owner_team_id).is_not(None))
    )
    return [one for one in look.session.exec(query) if one is not None]
