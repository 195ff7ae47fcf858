"""What happened to records: moves, the audit, deliveries and clocks, as pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.models.catalogue import ApiToken, Person, Service, Team
from tracker.models.journal import AuditEntry, Clock, Delivery, Heartbeat, OutboxEvent, StateMove
from tracker.models.review import PolicyVersion, ReviewTemplate
from tracker.models.table import Row
from tracker.reading.listing import Listed, check_limit, keyset_page
from tracker.reading.references import PREFIXES, parse_ref, ref_of

MODELS = {str(model.__tablename__): model for model in PREFIXES.values()}
NAMED: dict[str, type[Person | Team | Service | ApiToken]] = {
    "person": Person,
    "team": Team,
    "service": Service,
    "api_token": ApiToken,
}
SHOWN_AT_MOST = 100


@dataclass(frozen=True)
class About:
    """What a line of a journal is about. ``ref`` is empty for what the actor may not read."""

    kind: str
    row_id: int
    ref: str = ""
    name: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class AuditLine:
    """One sealed entry. ``change`` is (field, before, after), empty when the record is hidden."""

    row: AuditEntry
    about: About
    change: tuple[tuple[str, object, object], ...]


@dataclass(frozen=True)
class DeliveryLine:
    """A side effect that is pending or parked."""

    row: Delivery
    event: str
    detail: str
    happened_at: datetime
    about: About


@dataclass(frozen=True)
class ClockLine:
    """Something that will be due."""

    row: Clock
    about: About


def moves_of(look: Look, kind: str, row_id: int) -> list[StateMove]:
    """The changes of state of a record that was read already, oldest first."""
    query = (
        select(StateMove)
        .where(StateMove.record_kind == kind, StateMove.record_id == row_id)
        .order_by(col(StateMove.id))
    )
    return list(look.session.exec(query))


def audit_lines(
    look: Look, *, record: str = "", person: str = "", cursor: str = "", limit: int = 50
) -> Listed[AuditLine]:
    """The audit, newest first, all of it or about one record, by one person or token.

    What a record the actor may not read was changed to is left out.
    Raises: NotPermitted; NotFound for a record that is not there or hidden; NotValid.
    """
    look.actor.needs("read_admin")
    query = select(AuditEntry)
    if record:
        model, row_id = parse_ref(record)
        look.get(model, row_id, what=record[:20])
        query = query.where(
            AuditEntry.record_kind == str(model.__tablename__), AuditEntry.record_id == row_id
        )
    if person:
        query = query.where(AuditEntry.actor_name == person)
    rows, following = keyset_page(
        look,
        query,
        sort=col(AuditEntry.at),
        tie=col(AuditEntry.id),
        descending=True,
        cursor=cursor,
        limit=check_limit(limit),
    )
    about = _about(look, [(row.record_kind, row.record_id) for row in rows])
    return Listed([_audit_line(row, about[row.record_kind, row.record_id]) for row in rows],
                  following)  # fmt: skip


def deliveries(look: Look, status: str) -> list[DeliveryLine]:
    """The oldest hundred deliveries with this status. Raises: NotPermitted."""
    look.actor.needs("read_admin")
    rows = look.session.exec(
        select(Delivery, OutboxEvent)
        .join(OutboxEvent, col(OutboxEvent.id) == col(Delivery.event_id))
        .where(Delivery.status == status)
        .order_by(col(Delivery.id))
        .limit(SHOWN_AT_MOST)
    ).all()
    about = _about(look, [(event.record_kind, event.record_id) for _, event in rows])
    return [
        DeliveryLine(
            row, event.name, event.detail, event.at, about[event.record_kind, event.record_id]
        )
        for row, event in rows
    ]


def delivery_counts(look: Look) -> dict[str, int]:
    """How many deliveries are pending and parked. Raises: NotPermitted."""
    look.actor.needs("read_admin")
    rows = look.session.exec(
        select(Delivery.status, func.count())
        .where(col(Delivery.status).in_(("pending", "parked")))
        .group_by(col(Delivery.status))
    )
    return {"pending": 0, "parked": 0} | dict(rows.all())


def waiting_clocks(look: Look) -> list[ClockLine]:
    """The next hundred clocks, the soonest first. Raises: NotPermitted."""
    look.actor.needs("read_admin")
    rows = look.session.exec(
        select(Clock)
        .where(col(Clock.done_at).is_(None))
        .order_by(col(Clock.due_at), col(Clock.id))
        .limit(SHOWN_AT_MOST)
    ).all()
    about = _about(look, [(row.record_kind, row.record_id) for row in rows])
    return [ClockLine(row, about[row.record_kind, row.record_id]) for row in rows]


def heartbeats(look: Look) -> list[Heartbeat]:
    """The workers, the one heard of last first."""
    return list(look.session.exec(select(Heartbeat).order_by(col(Heartbeat.at).desc()).limit(20)))


def api_tokens(look: Look) -> list[ApiToken]:
    """Every token, newest first; its secret is not kept. Raises: NotPermitted."""
    look.actor.needs("read_admin")
    return list(look.session.exec(select(ApiToken).order_by(col(ApiToken.id).desc()).limit(500)))


def newest_policy_version(look: Look) -> PolicyVersion:
    """Raises: NotFound."""
    query = select(PolicyVersion).order_by(col(PolicyVersion.version).desc()).limit(1)
    row = look.session.exec(query).first()
    if row is None:
        raise NotFound("A policy")
    return row


def template_versions(look: Look) -> list[ReviewTemplate]:
    """Every version of every template, the newest of each first."""
    query = select(ReviewTemplate).order_by(
        col(ReviewTemplate.template_key), col(ReviewTemplate.version).desc()
    )
    return list(look.session.exec(query))


def _audit_line(row: AuditEntry, about: About) -> AuditLine:
    if about.hidden:
        return AuditLine(row, about, ())
    change = tuple(
        (field, values[0], values[1])
        for field, values in row.change.items()
        if isinstance(values, list) and len(values) == 2
    )
    return AuditLine(row, about, change)


def _about(look: Look, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], About]:
    """What each (kind, id) is, as far as the actor may know. One query for each kind."""
    asked = set(wanted)
    found: dict[tuple[str, int], About] = {}
    for kind in {one for one, _ in asked}:
        ids = [row_id for other, row_id in asked if other == kind]
        if kind in MODELS:
            model = MODELS[kind]
            seen = set(
                look.session.exec(
                    select(model.id).where(col(model.id).in_(ids), readable(model, look.actor))
                )
            )
            for row_id in ids:
                found[kind, row_id] = (
                    About(kind, row_id, ref_of(kind, row_id))
                    if row_id in seen
                    else About(kind, row_id, hidden=True)
                )
        else:
            names = _names(look, NAMED[kind], ids) if kind in NAMED else {}
            for row_id in ids:
                found[kind, row_id] = About(kind, row_id, name=names.get(row_id, ""))
    return found


def _names(look: Look, model: type[Row], ids: list[int]) -> dict[int, str]:
    rows = look.session.exec(select(model).where(col(model.id).in_(ids)))
    return {row.key: str(getattr(row, "name", "")) for row in rows}
