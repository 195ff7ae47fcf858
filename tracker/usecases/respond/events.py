"""Operational events in the hands of people: recorded, edited, linked, promoted, or set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotFound, NotValid
from tracker.domain.event import EVENT_KINDS, LARGEST_CLOCK_SKEW
from tracker.domain.lifecycle import EVENT, words
from tracker.models.catalogue import Service
from tracker.models.event import AlertKey, EventIncident, OperationalEvent
from tracker.models.incident import Incident
from tracker.reading.references import incident_by_ref, ref, services_named
from tracker.usecases.respond.declaring import (
    DeclareIncident,
    ReportNearMiss,
    declare_incident,
    report_near_miss,
)
from tracker.usecases.respond.event_links import (
    Happening,
    attach,
    known_links,
    tell_timelines,
)
from tracker.usecases.respond.timeline import add_system_entry
from tracker.usecases.respond.times import TimeAsk

MOST_LABELS = 50
LABEL_LIMIT = 200
# A change has its own verb, because it has a status and may take another one back.
RECORDED_KINDS = tuple(kind for kind in EVENT_KINDS if kind != "change")
# Who noticed, when an event of this kind becomes an incident.
NOTICED_BY = {"alert": "alert", "customer_report": "customer", "provider_notice": "vendor"}
MOVES = ("link", "unlink", "mark_noise", "reopen")
# What everybody reads when a closed incident is unlinked; the true reason stands in the incident.
CLOSED_REASON = "It does not belong there"


@dataclass(frozen=True, kw_only=True)
class RecordEvent:
    """Something that happened, as a person or a program tells it, now unless it says when."""

    title: str
    kind: str = "observation"
    text: str = ""
    service: str = ""
    environment: str = ""
    starts_at: datetime | None = None
    ended_at: datetime | None = None
    url: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EditEvent:
    """New values; ``None`` leaves a field as it is."""

    title: str | None = None
    text: str | None = None
    service: str | None = None
    environment: str | None = None
    starts_at: datetime | None = None
    ended_at: datetime | None = None
    url: str | None = None
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class MoveEvent:
    """A verb of the life cycle; link and unlink name the incident."""

    verb: str
    incident: str = ""
    why: str = ""
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class PromoteEvent:
    """What the incident needs beyond the event. Title, time and service come from the event.

    A near miss has no severity, and its three questions instead.
    """

    title: str = ""
    summary: str = ""
    severity: str = ""
    impact: str = ""
    urgency: str = ""
    severity_reason: str = ""
    almost_happened: str = ""
    what_saved_us: str = ""
    would_help: str = ""
    version: int | None = None


def record_event(work: Work, ask: RecordEvent) -> OperationalEvent:
    """The event is on record.

    Raises: NotValid naming every field at once. Emits: event.recorded.
    """
    work.permit("record_event")
    gaps = Gaps()
    asks.check_choice(gaps, "kind", ask.kind, RECORDED_KINDS)
    asks.check_title(gaps, "title", ask.title)
    asks.check_text(gaps, "text", ask.text, limit=asks.NOTE_LIMIT)
    asks.check_text(gaps, "environment", ask.environment, limit=60)
    asks.check_link(gaps, "url", ask.url)
    _check_labels(gaps, ask.labels)
    services = services_named(work, [ask.service], gaps, "service")
    # What is planned lies ahead by its nature.
    _check_span(work, gaps, ask.starts_at, ask.ended_at, ahead=ask.kind == "planned_work")
    gaps.raise_not_valid()
    starts_at = ask.starts_at or work.now
    row = work.add(
        OperationalEvent(
            kind=ask.kind,
            title=asks.clean(ask.title),
            text=asks.clean(ask.text),
            service_id=services[0].key if services else None,
            service_name=services[0].name if services else "",
            environment=asks.clean(ask.environment),
            starts_at=starts_at,
            ended_at=ask.ended_at,
            first_seen_at=work.now,
            last_seen_at=work.now,
            labels={asks.clean(name): asks.clean(text) for name, text in ask.labels.items()},
            url=ask.url.strip(),
            reported_by_id=work.actor.person_id,
        )
    )
    work.emit("event.recorded", row)
    return row


def edit_event(work: Work, event: OperationalEvent, ask: EditEvent) -> OperationalEvent:
    """The given fields have their new values.

    Raises: NotValid, Conflict for a stale version. Emits: event.changed.
    """
    work.permit("edit_event")
    work.expect(event, ask.version)
    gaps = Gaps()
    if ask.title is not None:
        asks.check_title(gaps, "title", ask.title)
    if ask.text is not None:
        asks.check_text(gaps, "text", ask.text, limit=asks.NOTE_LIMIT)
    if ask.environment is not None:
        asks.check_text(gaps, "environment", ask.environment, limit=60)
    if ask.url is not None:
        asks.check_link(gaps, "url", ask.url)
    services = services_named(work, [ask.service or ""], gaps, "service")
    _check_span(
        work,
        gaps,
        ask.starts_at or event.starts_at,
        ask.ended_at or event.ended_at,
        ahead=event.kind in ("planned_work", "provider_notice"),
    )
    gaps.raise_not_valid()
    for name in ("title", "text", "environment", "url"):
        given = getattr(ask, name)
        if given is not None:
            setattr(event, name, asks.clean(given))
    if ask.service is not None:
        event.service_id = services[0].key if services else None
        event.service_name = services[0].name if services else ""
    event.starts_at = ask.starts_at or event.starts_at
    event.ended_at = ask.ended_at or event.ended_at
    work.emit("event.changed", event)
    return event


def move_event(work: Work, event: OperationalEvent, ask: MoveEvent) -> OperationalEvent:
    """The event is linked to an incident or no longer, is noise or open again.

    Raises: NotAllowed, NotValid, NotFound for an incident that is hidden, Conflict.
    Emits: event.moved; incident.timeline for link and unlink.
    """
    work.permit("move_event")
    work.expect(event, ask.version)
    gaps = Gaps()
    asks.check_choice(gaps, "verb", ask.verb, MOVES)
    asks.check_text(gaps, "why", ask.why, limit=asks.REASON_LIMIT)
    if ask.verb in ("link", "unlink"):
        asks.check_text(gaps, "incident", ask.incident, limit=20, required=True)
    gaps.raise_not_valid()
    if ask.verb == "link":
        _link(work, event, _incident(work, ask.incident))
    elif ask.verb == "unlink":
        _unlink(work, event, _incident(work, ask.incident), ask.why)
    else:
        work.move(event, EVENT, ask.verb, why=ask.why)
    return event


def promote_event(work: Work, event: OperationalEvent, ask: PromoteEvent) -> Incident:
    """The incident that was made of the event, with its time and service; both name each other.

    Promoted again it is the same incident. A near miss becomes one, with its three answers.
    Raises: NotValid, NotAllowed for noise or when the incident of it is closed to the actor,
    Conflict.
    Emits: incident.declared, event.moved.
    """
    work.permit("promote_event")
    before = _promoted(work, event)
    if before is not None:
        return before
    work.expect(event, ask.version)
    EVENT.check(event.state, "promote")
    service = work.session.get(Service, event.service_id) if event.service_id else None
    services = (service.slug,) if service else ()
    title = ask.title.strip() or event.title
    at = min(event.starts_at, work.now)
    if event.kind == "near_miss":
        incident = report_near_miss(
            work,
            ReportNearMiss(
                title=title,
                almost_happened=ask.almost_happened.strip() or event.text,
                what_saved_us=ask.what_saved_us,
                would_help=ask.would_help,
                happened_at=at,
                services=services,
            ),
        )
    else:
        stated = bool(ask.severity or ask.impact or ask.urgency)
        incident = declare_incident(
            work,
            DeclareIncident(
                title=title,
                summary=ask.summary.strip() or event.text[: asks.NOTE_LIMIT],
                severity=ask.severity if stated else _usual_severity(work, event),
                impact=ask.impact,
                urgency=ask.urgency,
                severity_reason=ask.severity_reason,
                services=services,
                times={"detected": TimeAsk(at=at, source=NOTICED_BY.get(event.kind, "staff"))},
            ),
        )
    attach(work, incident, [event], promoted=True, by_person=True)
    add_system_entry(work, incident, f"Made of {ref(event)} “{event.title}”", at=at)
    return incident


def _promoted(work: Work, event: OperationalEvent) -> Incident | None:
    query = (
        select(Incident)
        .join(EventIncident, col(EventIncident.incident_id) == col(Incident.id))
        .where(EventIncident.event_id == event.key, col(EventIncident.promoted).is_(True))
        .order_by(col(Incident.id))
    )
    found = work.session.exec(query).first()
    if found is not None and not work.actor.reads(found.circle_id):
        raise NotAllowed(
            "Others are at work on this event already",
            hint="Ask its team; a second incident about it would only divide the story.",
            gaps=[Gap("event", "It was made into an incident that is closed to you")],
        )
    return found


def _usual_severity(work: Work, event: OperationalEvent) -> str:
    """What the alert catalogue says; empty where it says nothing, which the ask then has to."""
    if not event.alert_key:
        return ""
    query = select(AlertKey.severity).where(AlertKey.alert_key == event.alert_key)
    found = work.session.exec(query).first() or ""
    return found if found in work.policy.severity_keys else ""


def _incident(work: Work, reference: str) -> Incident:
    try:
        return incident_by_ref(work, reference)
    except NotFound as error:
        raise NotValid(Gap("incident", error.message)) from error


def _link(work: Work, event: OperationalEvent, incident: Incident) -> None:
    if incident.state in ("merged", "dismissed"):
        raise NotAllowed(
            f"{ref(incident)} is {words(incident.state)}",
            gaps=[Gap("incident", f"{ref(incident)} is {words(incident.state)}; choose another")],
        )
    EVENT.check(event.state, "link")
    known = select(EventIncident).where(
        EventIncident.event_id == event.key, EventIncident.incident_id == incident.key
    )
    if work.session.exec(known).first() is not None:
        return
    attach(work, incident, [event], by_person=True)
    what = "resolved" if event.ended_at is not None and event.kind == "alert" else "linked"
    told = [Happening(event, what, event.ended_at or work.now)]
    if event.kind == "alert":
        told.insert(0, Happening(event, "fired", event.starts_at))
        told = told if what == "resolved" else told[:1]
    tell_timelines(work, [(incident, told)])


def _unlink(work: Work, event: OperationalEvent, incident: Incident, why: str) -> None:
    query = select(EventIncident).where(EventIncident.event_id == event.key).with_for_update()
    links = {link.incident_id: link for link in work.session.exec(query)}
    link = links.get(incident.key)
    if link is None:
        raise NotAllowed(
            f"{ref(event)} is not linked to {ref(incident)}",
            gaps=[Gap("incident", f"It is not linked to {ref(incident)}")],
        )
    if link.promoted:
        raise NotAllowed(
            f"{ref(incident)} was made of this event",
            hint="Dismiss the incident, with the reason, when it was none.",
            gaps=[Gap("incident", f"{ref(incident)} was made of this event and keeps it")],
        )
    # The link is what is undone; the state follows only when it was the last one, and an event
    # that only closed incidents have is not known as linked.
    EVENT.check("linked", "unlink", why=why)
    work.session.execute(
        delete(EventIncident).where(
            col(EventIncident.event_id) == event.key,
            col(EventIncident.incident_id) == incident.key,
        )
    )
    if event.state == "linked" and not known_links(work, event):
        closed = incident.circle_id not in (None, event.circle_id)
        work.move(event, EVENT, "unlink", why=CLOSED_REASON if closed else why)
    else:
        work.emit("event.changed", event)
    add_system_entry(work, incident, f"{ref(event)} “{event.title}” does not belong here: {why}")


def _check_labels(gaps: Gaps, labels: Mapping[str, str]) -> None:
    if len(labels) > MOST_LABELS:
        gaps.add("labels", f"At most {MOST_LABELS} labels")
    for name, text in labels.items():
        asks.check_text(gaps, "labels", name, limit=LABEL_LIMIT, required=True)
        asks.check_text(gaps, "labels", text, limit=asks.REASON_LIMIT)


def _check_span(
    work: Work, gaps: Gaps, starts_at: datetime | None, ended_at: datetime | None, *, ahead: bool
) -> None:
    asks.check_instant(gaps, "starts_at", starts_at)
    asks.check_instant(gaps, "ended_at", ended_at)
    if any(gap.field in ("starts_at", "ended_at") for gap in gaps.found):
        return
    if not ahead and starts_at is not None and starts_at > work.now + LARGEST_CLOCK_SKEW:
        gaps.add("starts_at", "That lies in the future; record it as planned work")
    if ended_at is not None and ended_at < (starts_at or work.now):
        gaps.add("ended_at", "It cannot end before it begins")
