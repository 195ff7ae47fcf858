"""The audit read through, entry over entry."""

from __future__ import annotations

from sqlmodel import col, select

from tracker.db.work import Look, seal_of
from tracker.models.journal import AuditEntry

BATCH = 1_000


def verify_audit(look: Look) -> tuple[int, int | None]:
    """(entries that were checked, id of the first whose seal does not fit or ``None``).

    Entries taken away at the very end cannot be told from entries never written; compare the
    newest seal with one kept elsewhere to notice that.
    """
    checked, last, seal = 0, 0, ""
    while True:
        rows = look.session.exec(
            select(AuditEntry)
            .where(col(AuditEntry.id) > last)
            .order_by(col(AuditEntry.id))
            .limit(BATCH)
        ).all()
        if not rows:
            return checked, None
        for row in rows:
            if seal_of(row, seal) != row.seal:
                return checked, row.key
            seal, last, checked = row.seal, row.key, checked + 1
        look.session.expunge_all()
