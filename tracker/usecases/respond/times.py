"""The nine times of an incident: stated, corrected, or unknown because."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from tracker.db.work import Look, Work
from tracker.domain import asks
from tracker.domain.errors import Gaps, NotValid
from tracker.domain.incident import TIME_SOURCES, TIMES, time_gaps
from tracker.models.incident import Incident, IncidentTime
from tracker.usecases.respond.timeline import add_system_entry


@dataclass(frozen=True, kw_only=True)
class TimeAsk:
    """One time: an instant with its source, or the reason why it is unknown."""

    at: datetime | None = None
    source: str = "staff"
    unknown_because: str = ""


def record_time(work: Work, incident: Incident, name: str, ask: TimeAsk) -> IncidentTime:
    """The time stands as given; what was said before is kept in its history.

    Raises: NotValid: neither instant nor reason, wrong order, in the future.
    Emits: incident.changed.
    """
    work.permit("record_time")
    gaps = Gaps()
    asks.check_choice(gaps, "name", name, TIMES)
    asks.check_instant(gaps, "at", ask.at)
    asks.check_choice(gaps, "source", ask.source, TIME_SOURCES, required=ask.at is not None)
    asks.check_text(gaps, "unknown_because", ask.unknown_because, limit=asks.REASON_LIMIT)
    if ask.at is None:
        gaps.unless(ask.unknown_because.strip(), "at", "Give the time, or say why it is unknown")
        if name == "declared":
            gaps.add("at", "When it was declared is always known: correct it instead")
    gaps.raise_not_valid()
    before = known_times(current_times(work, incident.key))
    found = [
        gap
        for gap in time_gaps({**before, name: ask.at}, now=work.now)
        # Contradictions that were there before this correction are not this person's to mend.
        if gap not in time_gaps(before, now=work.now)
    ]
    if found:
        raise NotValid(*found)
    row = put_time(work, incident, name, ask)
    if name == "declared" and ask.at is not None:
        incident.declared_at = ask.at
    incident.updated_at = work.now
    said = f"{ask.at:%Y-%m-%d %H:%M} UTC" if ask.at else f"unknown: {ask.unknown_because.strip()}"
    add_system_entry(work, incident, f"{name.replace('_', ' ').capitalize()}: {said}")
    work.emit("incident.changed", incident)
    return row


def put_time(work: Work, incident: Incident, name: str, ask: TimeAsk) -> IncidentTime:
    """The statement is stored as the current one of its name, unchecked."""
    earlier = work.session.exec(
        select(IncidentTime).where(
            IncidentTime.incident_id == incident.key,
            IncidentTime.name == name,
            col(IncidentTime.current).is_(True),
        )
    ).all()
    for row in earlier:
        row.current = False
    return work.add(
        IncidentTime(
            incident_id=incident.key,
            name=name,
            at=ask.at,
            source=ask.source if ask.at is not None else "",
            unknown_because="" if ask.at is not None else asks.clean(ask.unknown_because),
            recorded_at=work.now,
            recorded_by_id=work.actor.person_id,
        )
    )


def forget_time(work: Work, incident: Incident, name: str, *, because: str) -> None:
    """A time that no longer holds is unknown again, for that reason."""
    times = current_times(work, incident.key)
    if name in times and times[name].at is not None:
        put_time(work, incident, name, TimeAsk(unknown_because=because))


def current_times(look: Look, incident_id: int) -> dict[str, IncidentTime]:
    """What is said now about each time, by name."""
    rows = look.session.exec(
        select(IncidentTime).where(
            IncidentTime.incident_id == incident_id, col(IncidentTime.current).is_(True)
        )
    )
    return {row.name: row for row in rows}


def known_times(times: Mapping[str, IncidentTime]) -> dict[str, datetime | None]:
    """Just the instants."""
    return {name: row.at for name, row in times.items()}
