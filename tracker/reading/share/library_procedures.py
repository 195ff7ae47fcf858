"""The words of procedures, as search keeps them: those in use, not drafts and retired ones."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import col, select

from tracker.db.work import Look
from tracker.models.catalogue import Team
from tracker.models.procedure import Procedure
from tracker.reading.improve.procedures import services_of
from tracker.reading.references import ref
from tracker.reading.share.library_text import LibraryText

IN_THE_LIBRARY = ("current",)


def procedure_texts(look: Look, ids: Collection[int]) -> list[LibraryText]:
    """The procedures that are in the library. At most two queries."""
    if not ids:
        return []
    rows = look.session.exec(
        select(Procedure, Team.slug)
        .join(Team, col(Team.id) == Procedure.team_id, isouter=True)
        .where(col(Procedure.id).in_(ids), col(Procedure.state).in_(IN_THE_LIBRARY))
        .order_by(col(Procedure.id))
    ).all()
    services = services_of(look, [row.key for row, _ in rows])
    return [
        LibraryText(
            ref=ref(row),
            kind="procedure",
            title=row.title,
            markdown=tuple(text for text in (row.text, row.escalation) if text.strip()),
            teams=(team,) if team else (),
            services=tuple(one.slug for one in services.get(row.key, ())),
            state=row.state,
            day=row.created_at.date(),
            circle=row.circle_id,
        )
        for row, team in rows
    ]
