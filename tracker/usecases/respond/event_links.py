"""Events and incidents belong together: links both ways, and what the timelines say of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from tracker.db.work import Look, Work
from tracker.domain.event import FLAPPING_TIMES, kind_name
from tracker.domain.lifecycle import EVENT, OPEN_INCIDENT_STATES
from tracker.models.event import EventIncident, OperationalEvent
from tracker.models.incident import Incident, IncidentService
from tracker.reading.references import ref
from tracker.usecases.respond.timeline import add_system_entry

# More events than these at once are one entry of the timeline that counts them.
NAMED_AT_MOST = 3
# An incident in one of these states still hears of its events.
HEARING_STATES = (*OPEN_INCIDENT_STATES, "resolved")


@dataclass(frozen=True)
class Happening:
    """Something an event did that the timelines of its incidents should tell."""

    event: OperationalEvent
    what: str  # fired | fired again | resolved | changed | began to flap
    at: datetime


def attach(
    work: Work,
    incident: Incident,
    events: Sequence[OperationalEvent],
    *,
    promoted: bool = False,
    by_person: bool = False,
) -> None:
    """The events belong to the incident; those that did already stay as they are.

    Without ``by_person`` it was the tracker that linked them. An event that everybody may read
    keeps its state beside a closed incident: "linked" would tell of it.
    Emits: event.moved for each that was open.
    """
    known = {
        link.event_id
        for link in links_of_events(work, [event.key for event in events]).get(incident.key, ())
    }
    new = [event for event in events if event.key not in known]
    work.add_all(
        EventIncident(
            event_id=event.key,
            incident_id=incident.key,
            promoted=promoted,
            linked_at=work.now,
            linked_by_id=work.actor.person_id if by_person else None,
        )
        for event in new
    )
    for event in new:
        if event.state != "linked" and (promoted or _is_known_with(incident, event)):
            work.move(event, EVENT, "promote" if promoted else "link")


def known_links(work: Look, event: OperationalEvent) -> list[int]:
    """The incidents of the event that its readers may know of: its state follows from these."""
    query = (
        select(Incident)
        .join(EventIncident, col(EventIncident.incident_id) == col(Incident.id))
        .where(EventIncident.event_id == event.key)
    )
    return [one.key for one in work.session.exec(query) if _is_known_with(one, event)]


def show_links(work: Work, incident: Incident) -> None:
    """An incident was opened to everybody: its events are linked for everybody now.

    Emits: event.moved for each that was open.
    """
    query = (
        select(OperationalEvent)
        .join(EventIncident, col(EventIncident.event_id) == col(OperationalEvent.id))
        .where(EventIncident.incident_id == incident.key, OperationalEvent.state == "open")
        .order_by(col(OperationalEvent.id))
    )
    for event in work.session.exec(query).all():
        if _is_known_with(incident, event):
            work.move(event, EVENT, "link")


def _is_known_with(incident: Incident, event: OperationalEvent) -> bool:
    return incident.circle_id in (None, event.circle_id)


def tell_timelines(work: Work, happenings: Iterable[tuple[Incident, Sequence[Happening]]]) -> None:
    """Each incident's timeline has what its events did: a few by name, many as a number.

    Emits: incident.timeline.
    """
    for incident, found in happenings:
        for what in dict.fromkeys(one.what for one in found):
            same = [one for one in found if one.what == what]
            if len(same) <= NAMED_AT_MOST:
                for one in same:
                    add_system_entry(work, incident, _sentence(one), at=min(one.at, work.now))
            else:
                at = min(*(one.at for one in same), work.now)
                add_system_entry(work, incident, _many(same), at=at)


def links_of_events(look: Look, event_ids: Collection[int]) -> dict[int, list[EventIncident]]:
    """By incident, the links of these events."""
    found: dict[int, list[EventIncident]] = {}
    wanted = sorted(event_ids)
    for start in range(0, len(wanted), 500):
        query = select(EventIncident).where(
            col(EventIncident.event_id).in_(wanted[start : start + 500])
        )
        for link in look.session.exec(query):
            found.setdefault(link.incident_id, []).append(link)
    return found


def open_incident_of_service(look: Look, service_ids: Collection[int]) -> Mapping[int, Incident]:
    """By service, its newest open incident that the whole organisation may read.

    A closed circle is not joined by itself: an event everybody sees would tell of the incident.
    """
    if not service_ids:
        return {}
    query = (
        select(IncidentService.service_id, Incident)
        .join(Incident, col(Incident.id) == col(IncidentService.incident_id))
        .where(
            col(IncidentService.service_id).in_(service_ids),
            col(Incident.state).in_(OPEN_INCIDENT_STATES),
            Incident.kind == "incident",
            col(Incident.circle_id).is_(None),
        )
        .order_by(col(Incident.declared_at), col(Incident.id))
    )
    return dict(look.session.exec(query).all())


def linked_incidents(look: Look, event_ids: Collection[int]) -> dict[int, list[Incident]]:
    """By event, the incidents that still hear of it."""
    links = links_of_events(look, event_ids) if event_ids else {}
    if not links:
        return {}
    query = select(Incident).where(
        col(Incident.id).in_(sorted(links)), col(Incident.state).in_(HEARING_STATES)
    )
    found: dict[int, list[Incident]] = {}
    for incident in look.session.exec(query):
        for link in links[incident.key]:
            found.setdefault(link.event_id, []).append(incident)
    return found


def _sentence(one: Happening) -> str:
    event = one.event
    name = kind_name(event.kind).capitalize()
    if one.what == "began to flap":
        return (
            f"{name} {ref(event)} “{event.title}” flaps: it fired {FLAPPING_TIMES} times"
            " or more within the hour, and its coming and going is not noted here any more"
        )
    return f"{name} {ref(event)} “{event.title}” {one.what}"


def _many(same: Sequence[Happening]) -> str:
    counted: dict[str, int] = {}
    for one in same:
        called = one.event.alert_key or one.event.title
        counted[called] = counted.get(called, 0) + 1
    most = sorted(counted.items(), key=lambda pair: -pair[1])
    named = ", ".join(f"{called} ({count})" for called, count in most[:NAMED_AT_MOST])
    more = f" and {len(most) - NAMED_AT_MOST} others" if len(most) > NAMED_AT_MOST else ""
    return f"{len(same)} events {same[0].what}: {named}{more}"
