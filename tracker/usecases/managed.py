"""What comes from files under version control is changed there, not in the pages."""

from __future__ import annotations

from typing import Protocol

from tracker.domain.errors import Gap, NotAllowed


class Managed(Protocol):
    """A row that an applied configuration may have written."""

    managed_by: str


def refuse_managed(row: Managed | None) -> None:
    """Nothing happens for a row that is edited here, or for none.

    Every verb that changes such a row calls this before its first change; what applies the files
    writes the rows itself.
    Raises: NotAllowed naming the file that the row comes from.
    """
    if row is None or not row.managed_by:
        return
    said = f"This comes from {row.managed_by} of the organisation's configuration"
    raise NotAllowed(
        said,
        gaps=[Gap("managed_by", f"{said} and is changed there")],
        hint="Change the file and apply it: tracker config plan, then tracker config apply.",
    )
