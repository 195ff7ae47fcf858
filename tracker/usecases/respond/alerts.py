"""What senders tell is taken in: one event for each instance, however often it is told.

Many messages are taken in one transaction, because each is answered only after the commit: the
price of a commit is shared by all who wait for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.alert import end_of, fires_again, notice_as_alert, series_of, tidied
from tracker.domain.errors import Conflict
from tracker.domain.event import FLAPPING_TIMES, FLAPPING_WINDOW, Alert, Received
from tracker.models.event import AlertSource, IntakePayload, OperationalEvent
from tracker.models.incident import Incident
from tracker.reading.references import ref
from tracker.usecases.respond.alert_statements import (
    CATALOGUED,
    HEARD_OF,
    KEEP,
    KNOWN,
    SEEN,
    SERIES,
    SERVICES,
    STAMP_COLUMNS,
    STAMPS,
)
from tracker.usecases.respond.auto_declaring import INTAKE, TURN, declare_by_rules
from tracker.usecases.respond.changes import record_change
from tracker.usecases.respond.event_links import (
    Happening,
    attach,
    linked_incidents,
    open_incident_of_service,
    tell_timelines,
)

CHUNK = 500
EVENTS = sa.inspect(OperationalEvent).class_manager


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a source, understood. ``body`` is kept for ``raw_days``.

    ``source_stamp`` is how the source stood when the message was trusted; see stamp_of.
    """

    source_id: int
    received: Received
    source_stamp: tuple[object, ...] | None = None
    raw_days: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


class SourceChangedError(Conflict):
    """The source is not what it was when the message was trusted: look again."""

    def __init__(self) -> None:
        super().__init__("The source was changed at this moment")


def stamp_of(source: AlertSource) -> tuple[object, ...]:
    """How the source stands, as far as it matters for taking a message."""
    return tuple(getattr(source, column.name) for column in STAMP_COLUMNS)


@dataclass(frozen=True)
class Taken:
    """What became of a message: references of events and of incidents that were declared."""

    refs: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    repeated: bool = False

    def as_data(self) -> dict[str, Any]:
        """The same for JSON."""
        return {"refs": list(self.refs), "incidents": list(self.incidents)}


@dataclass(frozen=True, kw_only=True)
class _Told:
    """An alert or a notice, in the form in which both become events."""

    message: int
    source_id: int
    kind: str
    alert: Alert

    @cached_property
    def series(self) -> str:
        return series_of(self.alert)


def take_in(work: Work, messages: Sequence[Message]) -> list[Taken]:
    """Everything the messages tell is on record; a delivery that came before changes nothing.

    Alerts of one instance are one event that counts how often it was told; a resolved one has its
    end and stands in the timelines of its incidents. The answers are in the order of the messages.
    Raises: SourceChangedError when a source was changed or removed since it was trusted.
    Emits: event.recorded, event.changed, event.moved; incident.declared by the rules.
    """
    work.permit("record_event")
    # Two processes that are told the same alert at once make one event and one incident.
    work.take_turns(TURN)
    _check_sources(work, messages)
    answers = _earlier_answers(work, messages)
    new = [place for place in range(len(messages)) if place not in answers]
    refs: dict[int, list[str]] = {place: [] for place in new}
    told = [one for place in new for one in _told_by(place, messages[place])]
    intake = _Intake(work)
    rows = intake.take(told)
    for one, row in zip(told, rows, strict=True):
        refs[one.message].append(ref(row))
    declared = intake.follow()
    for place in new:
        message = messages[place]
        for change in message.received.changes:
            refs[place].append(ref(record_change(work, change, source_id=message.source_id)))
    by_event: dict[str, list[str]] = {}
    for incident, events in declared:
        for event in events:
            by_event.setdefault(ref(event), []).append(ref(incident))
    for place in new:
        mine = tuple(dict.fromkeys(refs[place]))
        incidents = dict.fromkeys(one for name in mine for one in by_event.get(name, ()))
        answers[place] = Taken(mine, tuple(incidents))
    _keep_messages(work, messages, {place: answers[place] for place in new})
    return [answers[place] for place in range(len(messages))]


class _Intake:
    """One round: what is known of the instances, what they did, and what follows from it."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._happened: list[Happening] = []
        self._fresh: list[OperationalEvent] = []
        self._seen: dict[int, OperationalEvent] = {}
        self._series: dict[str, int] = {}

    def take(self, told: Sequence[_Told]) -> list[OperationalEvent]:
        """The event of each, new or known; new ones are stored."""
        known = self._known(told)
        services = _services_called(self.work, told)
        self._count_series(told, known)
        rows: list[OperationalEvent] = []
        for one in told:
            key = (one.source_id, one.alert.instance_key)
            row = known.get(key)
            if row is None:
                row = self._begin(one, services)
                if one.alert.instance_key:
                    known[key] = row
            else:
                self._again(row, one.alert)
            rows.append(row)
        self.work.add_burst(self._fresh)
        for row in self._fresh:
            self.work.emit("event.recorded", row)
        self._write_seen()
        return rows

    def follow(self) -> list[tuple[Incident, list[OperationalEvent]]]:
        """Rules, incidents of the same service, timelines. The declared incidents with theirs."""
        work = self.work
        fired = _once(one.event for one in self._happened if one.what.startswith("fired"))
        fired = [event for event in fired if event.ended_at is None and event.state != "noise"]
        # What came only now has no incident yet.
        fresh = {row.key for row in self._fresh}
        keys = {one.event.key for one in self._happened}
        before = linked_incidents(work, keys - fresh)
        alone = [event for event in fired if event.key not in before]
        alerts = [event for event in fired if event.kind == "alert"]
        incidents = declare_by_rules(work, alerts)
        after = linked_incidents(work, [event.key for event in alone]) if incidents else {}
        # What a rule attached has told its timeline there already.
        told_by_rule = {event.key for event in alone if event.state == "linked"}
        free = [event for event in alone if event.state == "open" and event.service_id is not None]
        nearby = open_incident_of_service(
            work, {event.service_id for event in free if event.service_id is not None}
        )
        joining: dict[int, list[OperationalEvent]] = {}
        for event in free:
            incident = nearby.get(event.service_id or 0)
            if incident is not None:
                joining.setdefault(incident.key, []).append(event)
                before.setdefault(event.key, []).append(incident)
        by_id = {incident.key: incident for incident in nearby.values()}
        for incident_id, events in joining.items():
            attach(work, by_id[incident_id], events)
        telling: dict[int, tuple[Incident, list[Happening]]] = {}
        for happened in self._happened:
            if happened.event.flapping and happened.what != "began to flap":
                continue
            if happened.event.key in told_by_rule:
                continue
            for incident in before.get(happened.event.key, ()):
                telling.setdefault(incident.key, (incident, []))[1].append(happened)
        tell_timelines(work, telling.values())
        declared = {incident.key: incident for incident in incidents}
        events_of: dict[int, list[OperationalEvent]] = {key: [] for key in declared}
        for event in alone:
            for incident in after.get(event.key, ()):
                if incident.key in events_of:
                    events_of[incident.key].append(event)
        return [(declared[key], events) for key, events in events_of.items()]

    def _ask(self, statement: sa.Select[Any], values: Mapping[str, Any]) -> sa.CursorResult[Any]:
        return self.work.session.connection().execute(statement, values)

    def _known(self, told: Sequence[_Told]) -> dict[tuple[int, str], OperationalEvent]:
        wanted: dict[int, dict[str, None]] = {}
        for one in told:
            if one.alert.instance_key:
                wanted.setdefault(one.source_id, {})[one.alert.instance_key] = None
        found: dict[tuple[int, str], OperationalEvent] = {}
        for source_id, keys in wanted.items():
            for chunk in _chunks(list(keys)):
                ids = self._ask(KNOWN, {"source": source_id, "keys": chunk}).scalars().all()
                if ids:
                    rows = select(OperationalEvent).where(col(OperationalEvent.id).in_(ids))
                    for row in self.work.session.exec(rows):
                        found[source_id, row.instance_key] = row
        return found

    def _count_series(
        self, told: Sequence[_Told], known: Mapping[tuple[int, str], OperationalEvent]
    ) -> None:
        """How often each alert that is new here fired within the window, as other instances."""
        fresh = {one.series for one in told if (one.source_id, one.alert.instance_key) not in known}
        since = self.work.now - FLAPPING_WINDOW
        for chunk in _chunks(sorted(fresh)):
            counts: Iterable[Any] = self._ask(SERIES, {"series": chunk, "since": since})
            self._series.update({str(row[0]): int(row[1]) for row in counts})

    def _begin(self, one: _Told, services: Mapping[str, int]) -> OperationalEvent:
        alert, now = one.alert, self.work.now
        starts_at = alert.starts_at or now
        ended_at = end_of(alert, now)
        series = one.series
        times = self._series[series] = self._series.get(series, 0) + 1
        row = _new_event(
            version=1,
            circle_id=None,
            state="open",
            times_seen=1,
            reported_by_id=None,
            kind=one.kind,
            title=alert.title[:200] or alert.alert_key or "Without a title",
            text=alert.text,
            service_id=services.get(_called(alert.service)) or services.get(f"={alert.alert_key}"),
            service_name=alert.service[:200],
            environment=alert.environment[:60],
            source_id=one.source_id,
            instance_key=alert.instance_key,
            alert_key=alert.alert_key[:200],
            group_key=alert.group_key[:200],
            series_key=series,
            sender_severity=alert.severity[:60],
            starts_at=starts_at,
            ended_at=ended_at,
            first_seen_at=now,
            last_seen_at=now,
            recent_starts=[starts_at.isoformat()],
            flapping=one.kind == "alert" and times >= FLAPPING_TIMES,
            labels=dict(alert.labels),
            url=alert.url[:2_000],
            procedure_url=alert.procedure_url[:2_000],
            created_at=now,
            updated_at=now,
        )
        self._fresh.append(row)
        self._happened.append(Happening(row, "fired", starts_at))
        if row.flapping and times == FLAPPING_TIMES:
            self._happened.append(Happening(row, "began to flap", starts_at))
        if ended_at is not None:
            self._happened.append(Happening(row, "resolved", ended_at))
        return row

    def _again(self, row: OperationalEvent, alert: Alert) -> None:
        """The instance is told again: mostly only its count changes."""
        now = self.work.now
        set_committed_value(row, "times_seen", row.times_seen + 1)
        set_committed_value(row, "last_seen_at", now)
        self._seen[id(row)] = row
        if alert.status == "resolved":
            if row.ended_at is None:
                row.ended_at = end_of(alert, now) or now
                self._happened.append(Happening(row, "resolved", row.ended_at))
                self._changed(row)
            return
        if row.ended_at is None or not fires_again(
            alert, began_at=row.starts_at, ended_at=row.ended_at
        ):
            return
        row.starts_at = alert.starts_at or now
        row.ended_at = None
        kept = [datetime.fromisoformat(one) for one in row.recent_starts]
        recent = [one for one in [*kept, row.starts_at] if now - one <= FLAPPING_WINDOW]
        row.recent_starts = [one.isoformat() for one in recent]
        flaps = row.kind == "alert" and len(recent) >= FLAPPING_TIMES
        self._happened.append(Happening(row, "fired again", row.starts_at))
        if flaps and not row.flapping:
            self._happened.append(Happening(row, "began to flap", row.starts_at))
        row.flapping = flaps
        self._changed(row)

    def _changed(self, row: OperationalEvent) -> None:
        if row.id is not None:
            self.work.emit("event.changed", row)

    def _write_seen(self) -> None:
        # Told again is no change that anybody made: neither version nor audit know of it.
        values = [
            {"row_id": row.key, "times": row.times_seen, "last": row.last_seen_at}
            for row in self._seen.values()
        ]
        if values:
            self.work.session.connection().execute(SEEN, values)


def _new_event(**values: object) -> OperationalEvent:
    """An event with every value given, made as the database makes those it reads.

    In a burst, checking names and values one by one as for people costs more than storing them.
    """
    row: OperationalEvent = EVENTS.new_instance()
    row.__dict__.update(values)
    return row


def _check_sources(work: Work, messages: Sequence[Message]) -> None:
    stamped = {one.source_id: one.source_stamp for one in messages if one.source_stamp is not None}
    if not stamped:
        return
    rows = work.session.connection().execute(STAMPS, {"ids": sorted(stamped)})
    now = {row.id: tuple(row) for row in rows}
    if any(
        one.source_stamp is not None and now.get(one.source_id) != one.source_stamp
        for one in messages
    ):
        raise SourceChangedError


def _told_by(place: int, message: Message) -> Iterable[_Told]:
    for alert in message.received.alerts:
        yield _Told(message=place, source_id=message.source_id, kind="alert", alert=tidied(alert))
    for notice in message.received.notices:
        yield _Told(
            message=place,
            source_id=message.source_id,
            kind="provider_notice",
            alert=tidied(notice_as_alert(notice)),
        )


def _services_called(work: Work, told: Sequence[_Told]) -> dict[str, int]:
    """Ids of services by the names that senders use; ``=key`` for what the catalogue says."""
    found: dict[str, int] = {}
    ask = work.session.connection().execute
    names = {_called(one.alert.service) for one in told} - {""}
    for chunk in _chunks(sorted(names)):
        found.update((row.slug, int(row.id)) for row in ask(SERVICES, {"names": chunk}))
    keys = {one.alert.alert_key for one in told} - {""}
    for chunk in _chunks(sorted(keys)):
        found.update((f"={key}", row_id) for key, row_id in ask(CATALOGUED, {"names": chunk}))
    return found


def _called(service: str) -> str:
    return asks.slug_of(service) if service.strip() else ""


def _earlier_answers(work: Work, messages: Sequence[Message]) -> dict[int, Taken]:
    """By place, the answers to deliveries that came before, in this round or long ago."""
    asked: dict[tuple[int, str], list[int]] = {}
    for place, message in enumerate(messages):
        if message.received.delivery_id:
            key = (message.source_id, message.received.delivery_id[:120])
            asked.setdefault(key, []).append(place)
    if not asked:
        return {}
    query = select(IntakePayload.source_id, IntakePayload.delivery_id, IntakePayload.answer).where(
        col(IntakePayload.delivery_id).in_({delivery for _, delivery in asked})
    )
    answers: dict[int, Taken] = {}
    for source_id, delivery_id, answer in work.session.exec(query):
        for place in asked.pop((source_id, delivery_id), ()):
            answers[place] = Taken(
                tuple(answer.get("refs", ())), tuple(answer.get("incidents", ())), repeated=True
            )
    return answers


def _keep_messages(work: Work, messages: Sequence[Message], answers: Mapping[int, Taken]) -> None:
    """That they came is known, and for some days what they said."""
    if not answers:
        return
    ask = work.session.connection().execute
    ask(
        KEEP,
        [
            {
                "source_id": messages[place].source_id,
                # Without a number of the sender's own, no message is the repeat of another.
                "delivery_id": messages[place].received.delivery_id[:120]
                or f"ours {secrets.token_hex(12)}",
                "at": work.now,
                "headers": dict(messages[place].headers) if messages[place].raw_days else {},
                "body": messages[place].body if messages[place].raw_days else "",
                "answer": taken.as_data(),
            }
            for place, taken in answers.items()
        ],
    )
    ids = sorted({messages[place].source_id for place in answers})
    ask(HEARD_OF, {"ids": ids, "now": work.now})


def _chunks(values: list[str]) -> Iterable[list[str]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _once(events: Iterable[OperationalEvent]) -> list[OperationalEvent]:
    return list({event.key: event for event in events}.values())


__all__ = ["INTAKE", "Message", "Taken", "take_in"]
