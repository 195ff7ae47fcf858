"""How good our alerts are: which of them fire, who knows what to do then, and what it led to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import col, func, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.models.catalogue import Service, Team
from tracker.models.event import (
    AlertKey,
    AlertRule,
    AlertSource,
    IntakePayload,
    OperationalEvent,
)
from tracker.models.procedure import Procedure
from tracker.models.table import Row

AnyRow = TypeVar("AnyRow", bound=Row)
WINDOW = timedelta(days=30)
# A share of fewer than this says more about chance than about the alert.
FEWEST_FOR_A_SHARE = 5
MOST_KEYS = 500
PAYLOADS_SHOWN = 20


@dataclass(frozen=True)
class AlertLine:
    """One alert over the window: what it did, and what is known of it."""

    alert_key: str
    events: int = 0
    told: int = 0
    linked: int = 0
    noise: int = 0
    flapping: int = 0
    last_seen_at: datetime | None = None
    procedure_url: str = ""
    row: AlertKey | None = None
    service: Service | None = None
    owner: Team | None = None
    procedure: Procedure | None = None

    @property
    def has_process(self) -> bool:
        """Somebody wrote down what to do: a procedure here, or a link of the sender's."""
        return self.procedure is not None or bool(self.procedure_url)

    @property
    def led_to_action(self) -> float | None:
        """The share of its events that belong to an incident; ``None`` when too few fired."""
        return self.linked / self.events if self.events >= FEWEST_FOR_A_SHARE else None


@dataclass(frozen=True)
class AlertQuality:
    """All alerts that fired in the window or are in the catalogue, the noisiest first."""

    since: datetime
    lines: list[AlertLine]

    @property
    def without_process(self) -> list[AlertLine]:
        return [line for line in self.lines if line.events and not line.has_process]

    @property
    def without_owner(self) -> list[AlertLine]:
        return [line for line in self.lines if line.owner is None]

    @property
    def events(self) -> int:
        return sum(line.events for line in self.lines)

    @property
    def led_to_action(self) -> float | None:
        """Of all events together; ``None`` when too few fired."""
        linked = sum(line.linked for line in self.lines)
        return linked / self.events if self.events >= FEWEST_FOR_A_SHARE else None


def alert_quality(look: Look) -> AlertQuality:
    """Of the last thirty days. The owner is who the catalogue names, else the service's team.

    No figure here is about a person.
    """
    since = look.now - WINDOW
    fired = {row.alert_key: row for row in look.session.execute(_fired(look, since))}
    catalogued = {
        row.alert_key: row
        for row in look.session.exec(
            select(AlertKey).order_by(col(AlertKey.alert_key)).limit(4 * MOST_KEYS)
        )
    }
    keys = [*fired, *(key for key in catalogued if key not in fired)]
    service_ids = {row.service_id for row in fired.values()} | {
        row.service_id for row in catalogued.values()
    }
    services = _by_id(look, Service, service_ids)
    teams = _by_id(
        look,
        Team,
        {row.owner_team_id for row in catalogued.values()}
        | {service.owner_team_id for service in services.values()},
    )
    procedures = {
        key: row
        for key, row in _by_id(
            look, Procedure, {row.procedure_id for row in catalogued.values()}
        ).items()
        if look.actor.reads(row.circle_id)
    }
    lines = []
    for key in keys:
        seen, row = fired.get(key), catalogued.get(key)
        service_id = (row.service_id if row else None) or (seen.service_id if seen else None)
        service = services.get(service_id or 0)
        owner_id = (row.owner_team_id if row else None) or (
            service.owner_team_id if service else None
        )
        lines.append(
            AlertLine(
                key,
                events=int(seen.events) if seen else 0,
                told=int(seen.told) if seen else 0,
                linked=int(seen.linked) if seen else 0,
                noise=int(seen.noise) if seen else 0,
                flapping=int(seen.flapping) if seen else 0,
                last_seen_at=seen.last_seen_at if seen else None,
                procedure_url=(seen.procedure_url or "") if seen else "",
                row=row,
                service=service,
                owner=teams.get(owner_id or 0),
                procedure=procedures.get((row.procedure_id if row else None) or 0),
            )
        )  # fmt: skip
    return AlertQuality(since, lines)


def alert_key_named(look: Look, alert_key: str) -> AlertKey | None:
    """What the catalogue says of the alert, or nothing."""
    return look.session.exec(select(AlertKey).where(AlertKey.alert_key == alert_key)).first()


def alert_rules(look: Look) -> list[AlertRule]:
    """Every rule, in the order of their names."""
    return list(look.session.exec(select(AlertRule).order_by(col(AlertRule.slug))))


def alert_rule(look: Look, slug: str) -> AlertRule:
    """Raises: NotFound."""
    row = look.session.exec(select(AlertRule).where(AlertRule.slug == slug)).first()
    if row is None:
        raise NotFound("That rule")
    return row


def alert_sources(look: Look) -> list[AlertSource]:
    """Every source, those in use first. Raises: NotPermitted."""
    look.actor.needs("read_admin")
    query = select(AlertSource).order_by(
        col(AlertSource.active).desc(), col(AlertSource.sender), col(AlertSource.name)
    )
    return list(look.session.exec(query))


@dataclass(frozen=True)
class MessageLine:
    """That a message came, and what was made of it."""

    number: int
    at: datetime
    refs: tuple[str, ...]


@dataclass(frozen=True)
class RawMessage:
    """A message as it came: its text, or the beginning of it, and how long it is."""

    line: MessageLine
    text: str
    length: int


def newest_messages(look: Look, source: AlertSource) -> list[MessageLine]:
    """The newest messages of the source; none of their texts is read. Raises: NotPermitted."""
    look.actor.needs("read_admin")
    query = _messages(source).order_by(col(IntakePayload.id).desc()).limit(PAYLOADS_SHOWN)
    return [_message_line(row) for row in look.session.execute(query)]


def raw_message(look: Look, source: AlertSource, number: int, *, longest: int) -> RawMessage:
    """One message of the source, at most so many characters of it.

    Raises: NotFound, NotPermitted.
    """
    look.actor.needs("read_admin")
    body = col(IntakePayload.body)
    query = _messages(source, func.substr(body, 1, longest), func.length(body))
    row = look.session.execute(query.where(col(IntakePayload.id) == number)).first()
    if row is None:
        raise NotFound("That message")
    return RawMessage(_message_line(row), row[3], row[4])


def _messages(source: AlertSource, *more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    wanted = (col(IntakePayload.id), col(IntakePayload.at), col(IntakePayload.answer))
    return sa.select(*wanted, *more).where(col(IntakePayload.source_id) == source.key)


def _message_line(row: Sequence[Any]) -> MessageLine:
    return MessageLine(row[0], row[1], tuple(row[2].get("refs", ())))


def _fired(look: Look, since: datetime) -> sa.Executable:
    event = OperationalEvent
    one = sa.literal(1)
    return (
        sa.select(
            col(event.alert_key).label("alert_key"),
            func.count().label("events"),
            func.sum(event.times_seen).label("told"),
            func.sum(sa.case((col(event.state) == "linked", one), else_=0)).label("linked"),
            func.sum(sa.case((col(event.state) == "noise", one), else_=0)).label("noise"),
            func.sum(sa.case((col(event.flapping).is_(True), one), else_=0)).label("flapping"),
            func.max(event.last_seen_at).label("last_seen_at"),
            func.max(event.service_id).label("service_id"),
            func.max(event.procedure_url).label("procedure_url"),
        )
        .where(
            col(event.kind) == "alert",
            col(event.alert_key) != "",
            col(event.starts_at) > since,
            readable(event, look.actor),
        )
        .group_by(col(event.alert_key))
        .order_by(func.count().desc(), col(event.alert_key))
        .limit(MOST_KEYS)
    )


def _by_id(look: Look, model: type[AnyRow], ids: Iterable[int | None]) -> dict[int, AnyRow]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    query = select(model).where(col(model.id).in_(wanted))
    return {row.key: row for row in look.session.exec(query)}
