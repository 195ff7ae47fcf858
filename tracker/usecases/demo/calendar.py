"""The calendar of the demo: what is planned around the present."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.db.work import Work
from tracker.usecases.calendar import EntryAsk, add_calendar_entry
from tracker.usecases.demo.notation import HOUR, Ids, instant_of


def put_entry(work: Work, ids: Ids, told: Mapping[str, Any]) -> None:
    """The entry is planned by the person of the work; its hour is a full one."""
    starts_at = instant_of(told["at"], present=work.now).replace(minute=0)
    add_calendar_entry(
        work,
        EntryAsk(
            kind=told["kind"],
            title=told["title"],
            text=told.get("text", ""),
            starts_at=starts_at,
            ends_at=starts_at + told["hours"] * HOUR,
            services=tuple(told.get("services", ())),
            team=told.get("team", ""),
            owner=ids.email(told["by"]),
        ),
    )
