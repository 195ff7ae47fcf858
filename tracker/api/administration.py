"""For admins: side effects that are parked, and the audit."""

from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from tracker.api.feature import Feature
from tracker.api.shapes import Answer, Asked, Cursor, Instant, Limit, Line, RowId
from tracker.db.work import Look, Work
from tracker.models.journal import Delivery
from tracker.reading.journal import AuditLine, DeliveryLine, audit_lines, deliveries
from tracker.usecases.deliveries import retry_delivery

api = Feature("administration", "For admins: parked side effects and the audit.")

RecordRef = Annotated[str, StringConstraints(pattern=r"^((INC|REV|ACT|LES)-[1-9][0-9]{0,8})?$")]


class DeliveryPath(Asked):
    delivery: RowId


class DeliveryQuery(Asked):
    status: Literal["parked", "pending"] = "parked"


class AuditQuery(Asked):
    record: RecordRef = ""
    person: Line = ""
    limit: Limit = 50
    cursor: Cursor = ""


class DeliveryState(Answer):
    id: int
    subscriber: str
    status: str
    tries: int
    run_at: Instant
    last_error: str


class DeliveryOut(DeliveryState):
    """A side effect and the event it follows."""

    event: str
    detail: str
    happened_at: Instant
    about: str


class DeliveriesOut(Answer):
    """The oldest hundred."""

    items: list[DeliveryOut]


class ChangeOut(Answer):
    field: str
    before: Any
    after: Any


class AuditOut(Answer):
    """One verb with what it changed; empty for records the asker may not read."""

    id: int
    at: Instant
    actor: str
    verb: str
    record_kind: str
    record: str
    change: list[ChangeOut]
    seal: str


class AuditsOut(Answer):
    items: list[AuditOut]
    next_cursor: str


@api.reads("/deliveries", DeliveriesOut)
def parked(look: Look, query: DeliveryQuery) -> DeliveriesOut:
    """Side effects that failed too often and wait for a person, or that are still to come."""
    return DeliveriesOut(items=[_delivery(line) for line in deliveries(look, query.status)])


@api.changes("/deliveries/<int:delivery>/retry", DeliveryState, method="post", guarded=False)
def retry(work: Work, path: DeliveryPath) -> DeliveryState:
    """Try a parked delivery again."""
    return _state(retry_delivery(work, path.delivery))


@api.reads("/audit", AuditsOut)
def audit(look: Look, query: AuditQuery) -> AuditsOut:
    """Who did what, newest first, a page at a time."""
    listed = audit_lines(
        look, record=query.record, person=query.person, cursor=query.cursor, limit=query.limit
    )
    return AuditsOut(items=[_audit(line) for line in listed.items], next_cursor=listed.next_cursor)


def _state(row: Delivery) -> DeliveryState:
    return DeliveryState(
        id=row.key,
        subscriber=row.subscriber,
        status=row.status,
        tries=row.tries,
        run_at=row.run_at,
        last_error=row.last_error,
    )


def _delivery(line: DeliveryLine) -> DeliveryOut:
    return DeliveryOut(
        **_state(line.row).model_dump(),
        event=line.event,
        detail=line.detail,
        happened_at=line.happened_at,
        about=line.about.ref,
    )


def _audit(line: AuditLine) -> AuditOut:
    row = line.row
    return AuditOut(
        id=row.key,
        at=row.at,
        actor=row.actor_name,
        verb=row.verb,
        record_kind=row.record_kind,
        record=line.about.ref or line.about.name,
        change=[
            ChangeOut(field=field, before=before, after=after)
            for field, before, after in line.change
        ],
        seal=row.seal,
    )
