"""What people do in an incident: status updates, roles and tasks, for programs that ask for it."""

from __future__ import annotations

from sqlmodel import col, select

from tracker.db.work import Look
from tracker.models.incident import Incident, RoleAssignment, StatusUpdate, Task
from tracker.reading.listing import Listed, check_limit, keyset_page


def updates_page(
    look: Look, incident: Incident, *, cursor: str = "", limit: int = 50
) -> Listed[StatusUpdate]:
    """Status updates, newest first. Raises: NotValid."""
    rows, following = keyset_page(
        look,
        select(StatusUpdate).where(StatusUpdate.incident_id == incident.key),
        sort=col(StatusUpdate.at),
        tie=col(StatusUpdate.id),
        descending=True,
        cursor=cursor,
        limit=check_limit(limit),
    )
    return Listed(rows, following)


def role_history(look: Look, incident: Incident) -> list[RoleAssignment]:
    """Who had which role from when until when, oldest first."""
    query = select(RoleAssignment).where(RoleAssignment.incident_id == incident.key)
    return list(look.session.exec(query.order_by(col(RoleAssignment.id))))


def tasks_of(look: Look, incident: Incident) -> list[Task]:
    """The tasks in the order in which they were added."""
    query = select(Task).where(Task.incident_id == incident.key)
    return list(look.session.exec(query.order_by(col(Task.id))))
