"""The words of events, as search keeps them: those that people wrote, and those of an incident.

An alert or a change that belongs to no incident is not in the library: thousands of them would
stand before the lessons that somebody looks for. They are found in the list of events.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from tracker.db.work import Look
from tracker.models.catalogue import Service, Team
from tracker.models.event import OperationalEvent
from tracker.reading.references import ref
from tracker.reading.share.library_text import LibraryText

TOLD_BY_MACHINES = ("alert", "change")


def in_the_library() -> ColumnElement[bool]:
    """The condition under which an event is found there."""
    event = OperationalEvent
    written = col(event.kind).not_in(TOLD_BY_MACHINES) & (col(event.state) != "noise")
    return written | (col(event.state) == "linked")


def event_texts(look: Look, ids: Collection[int]) -> list[LibraryText]:
    """The events that are in the library. One query."""
    if not ids:
        return []
    rows = look.session.exec(
        select(OperationalEvent, Service.slug, Team.slug)
        .join(Service, col(Service.id) == col(OperationalEvent.service_id), isouter=True)
        .join(Team, col(Team.id) == col(Service.owner_team_id), isouter=True)
        .where(col(OperationalEvent.id).in_(ids), in_the_library())
        .order_by(col(OperationalEvent.id))
    ).all()
    return [
        LibraryText(
            ref=ref(row),
            kind="event",
            title=row.title,
            markdown=tuple(text for text in (row.text, row.alert_key) if text.strip()),
            teams=(team,) if team else (),
            services=(service,) if service else (),
            state=row.state,
            day=row.starts_at.date(),
            circle=row.circle_id,
        )
        for row, service, team in rows
    ]
