"""What Slack is told about records: facts for its messages, who is who, which channel is whose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.lifecycle import INCIDENT
from tracker.models.catalogue import CircleMember, CircleTeam, TeamMember
from tracker.models.incident import (
    Incident,
    IncidentTeam,
    RoleAssignment,
    StatusUpdate,
    Task,
    TimelineEntry,
)
from tracker.models.journal import Notice
from tracker.models.review import Review, ReviewIncident
from tracker.models.slack import SlackChannel, SlackUser
from tracker.reading.links import links_of_incidents, people_by_id
from tracker.reading.references import notice_path, ref, ref_of
from tracker.reading.respond.incidents import role_holders
from tracker.senders.slack_blocks import IncidentFacts, RoleFact, TaskFact, UpdateFact, Who
from tracker.senders.slack_cards import NoticeFact
from tracker.senders.slack_text import one_line, when

HAPPENED_SHOWN = 60


def slack_channel(look: Look, incident_id: int) -> SlackChannel | None:
    """The row of the incident's channel; its ``channel_id`` is empty until Slack has made it."""
    return look.session.exec(
        select(SlackChannel).where(SlackChannel.incident_id == incident_id)
    ).first()


def slack_users(look: Look, person_ids: Iterable[int | None]) -> dict[int, str]:
    """The Slack ids of those of the people that Slack is known to know."""
    ids = {one for one in person_ids if one is not None}
    if not ids:
        return {}
    rows = look.session.exec(
        select(SlackUser).where(col(SlackUser.person_id).in_(ids)).order_by(col(SlackUser.id))
    )
    return {row.person_id: row.slack_user_id for row in rows}


def incident_facts(look: Look, incident: Incident, *, base_url: str, command: str) -> IncidentFacts:
    """The incident as its messages tell it. The caller has asked whether it may be read."""
    links = links_of_incidents(look, [incident.key])[incident.key]
    tasks = look.session.exec(
        select(Task).where(Task.incident_id == incident.key).order_by(col(Task.id))
    ).all()
    update = latest_update(look, incident)
    review = look.session.exec(
        select(Review)
        .join(ReviewIncident, col(ReviewIncident.review_id) == col(Review.id))
        .where(ReviewIncident.incident_id == incident.key)
        .order_by(col(Review.id))
    ).first()
    if review is not None and review.circle_id not in (None, incident.circle_id):
        review = None
    held = {holder.role: holder.person for holder in role_holders(look, incident)}
    who = people_as_slack_shows(
        look,
        [
            incident.declared_by_id,
            *(task.owner_id for task in tasks),
            *(person.key for person in held.values()),
            update.author_id if update else None,
        ],
    )
    policy = look.policy_of(incident.policy_version)
    named = {role.key: role.name for role in policy.roles}
    named.update({key: key for key in held if key not in named})
    severities = {level.key: level.name for level in policy.severities}
    channel = slack_channel(look, incident.key)
    url = base_url.rstrip("/")
    return IncidentFacts(
        number=incident.key,
        ref=ref(incident),
        title=incident.title,
        url=f"{url}/incidents/{ref(incident)}",
        state=incident.state,
        severity=incident.severity or "no severity yet",
        severity_name=severities.get(incident.severity, ""),
        severity_rank=list(severities).index(incident.severity)
        if incident.severity in severities
        else len(severities),
        declared_at=incident.declared_at,
        declared_by=who.get(incident.declared_by_id or 0, Who("Tracker")),
        summary=incident.summary,
        impact_text=incident.impact_text,
        private=incident.circle_id is not None,
        next_update_at=incident.next_update_at,
        services=tuple(one.name for one in links.services),
        teams=tuple(one.name for one in links.teams),
        roles=tuple(
            RoleFact(key, name, who[held[key].key] if key in held else None)
            for key, name in named.items()
        ),
        tasks=tuple(
            TaskFact(
                task.key,
                task.title,
                done=task.done_at is not None,
                owner=who.get(task.owner_id or 0),
            )
            for task in tasks
        ),
        update=update_fact(update, who) if update else None,
        moves=tuple(move.verb for move in INCIDENT.possible(incident.state)),
        review_ref=ref(review) if review else "",
        review_url=f"{url}/reviews/{ref(review)}" if review else "",
        channel_id=channel.channel_id if channel else "",
        command=f"/{command}",
    )


def latest_update(look: Look, incident: Incident) -> StatusUpdate | None:
    """The newest status update."""
    return look.session.exec(
        select(StatusUpdate)
        .where(StatusUpdate.incident_id == incident.key)
        .order_by(col(StatusUpdate.id).desc())
        .limit(1)
    ).first()


def update_fact(update: StatusUpdate, who: dict[int, Who]) -> UpdateFact:
    """The update as its message tells it."""
    return UpdateFact(
        at=update.at,
        text=update.text,
        author=who.get(update.author_id or 0, Who("Tracker")),
        audience=update.audience,
        next_update_at=update.next_update_at,
    )


def people_as_slack_shows(look: Look, person_ids: Iterable[int | None]) -> dict[int, Who]:
    """The people by id, with their Slack ids where they are known."""
    people = people_by_id(look, person_ids)
    known = slack_users(look, people)
    return {key: Who(row.name, known.get(key, "")) for key, row in people.items()}


def said_at(look: Look, incident: Incident, at: datetime) -> list[TimelineEntry]:
    """What the tracker itself noted about the incident in the work of that instant."""
    return list(
        look.session.exec(
            select(TimelineEntry)
            .where(
                TimelineEntry.incident_id == incident.key,
                TimelineEntry.kind == "system",
                TimelineEntry.recorded_at == at,
            )
            .order_by(col(TimelineEntry.id))
        )
    )


def happened_since(look: Look, incident: Incident, since: datetime | None) -> list[str]:
    """What was recorded after ``since``, oldest first, as lines for a catch-up.

    Of very many, the newest: whoever wants all of it opens the timeline.
    """
    query = select(TimelineEntry).where(
        TimelineEntry.incident_id == incident.key, col(TimelineEntry.retracted_at).is_(None)
    )
    if since is not None:
        query = query.where(col(TimelineEntry.recorded_at) > since)
    newest = query.order_by(col(TimelineEntry.at).desc(), col(TimelineEntry.id).desc())
    rows = list(look.session.exec(newest.limit(HAPPENED_SHOWN)))[::-1]
    return [f"{when(row.at)} {one_line(row.text, 220)}" for row in rows]


def invited_people(look: Look, incident: Incident) -> list[int]:
    """Who belongs in the channel: roles, tasks, declarer, teams; of a closed one its circle only.

    People whose account is switched off are not among them.
    """
    wanted = [
        incident.declared_by_id,
        *look.session.exec(
            select(RoleAssignment.person_id)
            .where(RoleAssignment.incident_id == incident.key)
            .where(col(RoleAssignment.until_at).is_(None))
            .order_by(col(RoleAssignment.id))
        ),
        *look.session.exec(select(Task.owner_id).where(Task.incident_id == incident.key)),
        *look.session.exec(
            select(TeamMember.person_id)
            .join(IncidentTeam, col(IncidentTeam.team_id) == col(TeamMember.team_id))
            .where(IncidentTeam.incident_id == incident.key)
            .order_by(col(TeamMember.person_id))
        ),
    ]
    if incident.circle_id is not None:
        inside = circle_people(look, incident.circle_id)
        wanted = [*(one for one in wanted if one in inside), *sorted(inside)]
    people = people_by_id(look, wanted)
    return [one for one in dict.fromkeys(wanted) if one in people and people[one].active]


def circle_people(look: Look, circle_id: int) -> set[int]:
    """Everybody in the circle, by name or through a team."""
    members = select(CircleMember.person_id).where(CircleMember.circle_id == circle_id)
    through = (
        select(TeamMember.person_id)
        .join(CircleTeam, col(CircleTeam.team_id) == col(TeamMember.team_id))
        .where(CircleTeam.circle_id == circle_id)
    )
    return {*look.session.exec(members), *look.session.exec(through)}


def notice_fact(notice: Notice, *, base_url: str) -> NoticeFact:
    """The notice as its message tells it."""
    named = ref_of(notice.record_kind, notice.record_id)
    path = notice_path(notice.kind, notice.record_kind, notice.record_id)
    url = f"{base_url.rstrip('/')}{path}"
    return NoticeFact(notice.kind, named, notice.text, url)


def emails_of(look: Look, person_ids: Iterable[int]) -> dict[int, str]:
    """The addresses of the people, to find them in Slack."""
    return {key: row.email for key, row in people_by_id(look, person_ids).items()}
