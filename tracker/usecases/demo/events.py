"""The alerts of the demo, told by its monitoring, and the reports and notices of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from sqlmodel import select

from tracker.db.work import Work
from tracker.domain.event import Alert, Received
from tracker.models.event import AlertSource, OperationalEvent
from tracker.usecases.demo.notation import MINUTE, Step, Telling
from tracker.usecases.respond.alert_sources import AddSource, add_source
from tracker.usecases.respond.alerts import Message, take_in
from tracker.usecases.respond.events import MoveEvent, RecordEvent, move_event, record_event

# Who acts where no person does: see the Actor of this name.
MONITORING = "monitoring"
SOURCE = "fernhill"


def event_steps(telling: Telling) -> Iterator[Step]:
    """What was told around an incident: alerts that fire and resolve, and events by hand.

    An alert that fired before the incident was declared is linked by a person; what fires later
    joins by itself.
    """
    for number, one in enumerate(telling.story.get("alerts", ()), start=1):
        name = f"{telling.slug} alert {number}"
        yield _told(telling, one["after"], partial(_fire, telling, one, name))
        if "resolved" in one:
            yield _told(telling, one["resolved"], partial(_resolve, telling, one, name))
        yield from _moves(telling, one, name)
    for number, one in enumerate(telling.story.get("events", ()), start=1):
        name = f"{telling.slug} event {number}"
        at = telling.after(one["after"])
        yield Step(at, one["by"], telling.slug, "event", partial(_record, telling, one, name))
        yield from _moves(telling, one, name)


def _told(telling: Telling, after: str, do: Any) -> Step:  # noqa: ANN401 - a verb of a work
    at = min(telling.after(after), telling.present - MINUTE)
    return Step(at, MONITORING, telling.slug, "alert", do)


def _moves(telling: Telling, one: Mapping[str, Any], name: str) -> Iterator[Step]:
    for verb, key in (("link", "linked"), ("mark_noise", "noise")):
        said = one.get(key)
        if said:
            yield telling.step(
                telling.after(said["after"]),
                said["by"],
                key,
                partial(_move, telling, name, verb, said.get("why", "")),
            )


def _alert(work: Work, one: Mapping[str, Any], name: str, status: str) -> Alert:
    return Alert(
        instance_key=f"demo {name}",
        alert_key=one["key"],
        title=one["title"],
        text=one.get("text", ""),
        status=status,
        starts_at=None if status == "resolved" else work.now,
        ended_at=work.now if status == "resolved" else None,
        severity=one.get("severity", "warning"),
        service=one.get("service", ""),
        environment=one.get("environment", "production"),
        labels={"alertname": one["key"], **one.get("labels", {})},
        procedure_url=one.get("procedure_url", ""),
    )


def _fire(telling: Telling, one: Mapping[str, Any], name: str, work: Work) -> None:
    alert = _alert(work, one, name, "firing")
    message = Message(source_id=_source(work), received=Received(alerts=(alert,)))
    taken = take_in(work, [message] * int(one.get("told", 1)))
    telling.ids.keep("event", name, int(taken[0].refs[0].partition("-")[2]))


def _resolve(telling: Telling, one: Mapping[str, Any], name: str, work: Work) -> None:
    del telling
    alert = _alert(work, one, name, "resolved")
    take_in(work, [Message(source_id=_source(work), received=Received(alerts=(alert,)))])


def _record(telling: Telling, one: Mapping[str, Any], name: str, work: Work) -> None:
    row = record_event(
        work,
        RecordEvent(
            title=one["title"],
            kind=one["kind"],
            text=one.get("text", ""),
            service=one.get("service", ""),
        ),
    )
    telling.ids.keep("event", name, row.key)


def _move(telling: Telling, name: str, verb: str, why: str, work: Work) -> None:
    event = work.get(OperationalEvent, telling.ids.get("event", name))
    incident = telling.ids.ref("incident", telling.slug) if verb == "link" else ""
    move_event(work, event, MoveEvent(verb=verb, incident=incident, why=why))


def _source(work: Work) -> int:
    """The Alertmanager of the demo; nobody has its key."""
    query = select(AlertSource.id).where(AlertSource.name == SOURCE)
    found = work.session.exec(query).first()
    if found is None:
        raise LookupError("the demo's Alertmanager was not let in")
    return found


def let_monitoring_in(work: Work) -> None:
    """The demo has an Alertmanager; its key is thrown away, so that nobody sends in its name."""
    add_source(work, AddSource(sender="alertmanager", name=SOURCE, raw_days=0), secret_key="")
