"""One record of the library, in the words that people wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class LibraryText:
    """One record with its words as people wrote them (Markdown), and what it is filed under."""

    ref: str
    kind: str
    title: str
    markdown: tuple[str, ...]
    tags: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    severity: str = ""
    state: str = ""
    day: date | None = None
    circle: int | None = None
    source_id: str = ""
    story: str = ""  # the incident it belongs to, as a reference
