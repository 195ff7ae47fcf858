"""Look and Work: one transaction, one instant, one actor. The only commit stands here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, SQLModel

from tracker.db.bursts import insert_rows, table_of
from tracker.db.engine import for_writing, is_postgres, turn_to_write
from tracker.db.shelf import Shelf
from tracker.domain.errors import Conflict, Gap, NotAllowed, NotFound
from tracker.domain.events import Event, subscribers_of
from tracker.domain.lifecycle import Lifecycle, Move
from tracker.domain.people import Actor
from tracker.domain.policy import Policy
from tracker.models.catalogue import ApiToken, Person, Service, Team
from tracker.models.event import AlertKey, AlertRule, AlertSource
from tracker.models.journal import AuditEntry, Delivery, OutboxEvent, StateMove
from tracker.models.table import Record, Row

Clock = Callable[[], datetime]
AnyRecord = TypeVar("AnyRecord", bound=Record)
AnyRow = TypeVar("AnyRow", bound=SQLModel)

AUDITED: tuple[type[Row], ...] = (
    *(Record, Person, Team, Service, ApiToken),
    *(AlertSource, AlertKey, AlertRule),
)
NOT_AUDITED_FIELDS = frozenset(
    {"version", "updated_at", "last_used_at", "last_received_at", "last_trouble", "last_trouble_at"}
)
SECRET_ENDINGS = ("_hash", "_hash_before", "_encrypted")
AUDIT_TEXT_LIMIT = 200
# What a seal covers, in its order.
SEALED = ("at", "actor_id", "actor_name", "verb", "record_kind", "record_id", "change")
# Any constant will do: it names the lock that puts sealing in order on PostgreSQL.
SEAL_LOCK = 7_261_902
# Made once: every work asks it.
NEWEST_SEAL = sa.text("select seal from audit_entry order by id desc limit 1")
# PostgreSQL ends one of two works that wait for each other: deadlock, serialization failure.
CROSSED = ("40P01", "40001")


def system_clock() -> datetime:
    """The one place that asks for the time."""
    return datetime.now(UTC)


class Look:
    """Reading as one actor, at one instant. Nothing it changes is kept."""

    def __init__(self, session: Session, *, actor: Actor, now: datetime, shelf: Shelf) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.shelf = shelf

    @property
    def policy(self) -> Policy:
        """The policy in force for what begins now."""
        return self.shelf.newest_policy(self.session)

    def policy_of(self, version: int) -> Policy:
        """The policy a record began under."""
        return self.shelf.policy(self.session, version)

    @property
    def today(self) -> date:
        """The organisation's calendar day."""
        return self.policy.local_day(self.now)

    def get(self, model: type[AnyRecord], row_id: int, *, what: str = "") -> AnyRecord:
        """The row.

        Raises: NotFound when there is none or the actor may not see it.
        """
        row = self.session.get(model, row_id, with_for_update=self._lock())
        if row is None or not self.actor.reads(row.circle_id):
            raise NotFound(what or f"That {model.__tablename__}")
        return row

    def find(self, model: type[AnyRow], row_id: int | None, *, what: str) -> AnyRow:
        """A row that everybody may see (team, service, person) or whose owner was checked.

        Raises: NotFound.
        """
        row = None if row_id is None else self.session.get(model, row_id)
        if row is None:
            raise NotFound(what)
        return row

    def _lock(self) -> bool:
        return False


class Work(Look):
    """A Look that may write. Everything it did is committed together, or nothing is."""

    def __init__(self, session: Session, *, actor: Actor, now: datetime, shelf: Shelf) -> None:
        super().__init__(session, actor=actor, now=now, shelf=shelf)
        self._verb = ""
        self._events: dict[Event, None] = {}
        self._told: Event | None = None
        self._changes: dict[tuple[str, int], tuple[Row, dict[str, Any]]] = {}
        self._bumped: set[int] = set()
        sa.event.listen(session, "before_flush", self._before_flush)

    def permit(self, verb: str) -> None:
        """Says what this work is about to do, for the audit.

        Raises: NotPermitted when the actor's role does not include the verb.
        """
        self.actor.needs(verb)
        self._verb = self._verb or verb

    def add(self, row: AnyRow) -> AnyRow:
        """The row, stored, with its id."""
        if isinstance(row, Record):
            row.created_at = getattr(row, "created_at", None) or self.now
            row.updated_at = self.now
        self.session.add(row)
        self.session.flush()
        return row

    def add_all(self, rows: Iterable[SQLModel]) -> None:
        """Stores the rows together, in their order."""
        self.session.add_all(list(rows))
        self.session.flush()

    def add_burst(self, rows: Sequence[AnyRecord]) -> None:
        """Stores new rows of one kind by the hundred, in their order, in one statement.

        Straight from what is in them: every column must have its value, the ids come here. The
        audit knows each of them, and what is changed in them later is written as ever.
        """
        if not rows:
            return
        names = [one.name for one in table_of(type(rows[0])).columns if one.name != "id"]
        values = [{name: row.__dict__[name] for name in names} for row in rows]
        for row, row_id, content in zip(
            rows, insert_rows(self.session.connection(), type(rows[0]), values), values, strict=True
        ):
            set_committed_value(row, "id", row_id)
            make_transient_to_detached(row)
            self.session.add(row)
            self._note_new(row, content)

    def expect(self, row: Record, version: int | None) -> None:
        """Guards against a lost update; ``None`` skips the check.

        Raises: Conflict when the row has moved on from ``version``.
        """
        if version is not None and row.version != version:
            raise Conflict(
                f"Somebody changed this {row.__tablename__} while you were writing",
                current=row.version,
            )

    def move(
        self,
        row: Record,
        lifecycle: Lifecycle,
        verb: str,
        *,
        why: str = "",
        gaps: Iterable[Gap] = (),
    ) -> Move:
        """The one door for states: the row is in its new state, the move in its journal, the
        event in the outbox.

        Raises: NotAllowed listing every gap; nothing is written then.
        """
        before = str(getattr(row, "state"))  # noqa: B009 - each Record kind has its own state column
        move = lifecycle.check(before, verb, why=why, gaps=gaps)
        setattr(row, "state", move.target)  # noqa: B010 - the one assignment the house allows
        self.session.add(
            StateMove(
                record_kind=lifecycle.name,
                record_id=row.key,
                verb=verb,
                from_state=before,
                to_state=move.target,
                why=why.strip(),
                at=self.now,
                actor_id=self.actor.person_id,
                actor_name=self.actor.name,
            )
        )
        self.emit(f"{lifecycle.name}.moved", row, detail=verb)
        return move

    def emit(self, name: str, row: Row, *, detail: str = "", incident_id: int = 0) -> None:
        """Puts the event in the outbox, once per work, with a delivery for each subscriber."""
        kind = str(row.__tablename__)
        lane = incident_id or (row.key if kind == "incident" else 0)
        self._events[Event(name, kind, row.key, detail, lane)] = None

    def commit(self) -> None:
        """Writes outbox and audit and commits.

        Raises: Conflict when two works met on the same unique value.
        """
        try:
            self.session.flush()
            self._write_outbox()
            self._write_audit()
            self.session.commit()
        except IntegrityError as error:
            self.session.rollback()
            raise Conflict(
                "Somebody did the same at this moment", hint="Reload and look before trying again."
            ) from error

    def checkpoint(self) -> None:
        """Commits what is there and goes on in a new transaction: for long imports only."""
        self.commit()
        self._events.clear()
        self._changes.clear()
        self._bumped.clear()
        self.session.expunge_all()

    def take_turns(self, name: str) -> None:
        """From here to the commit nobody else is at this place, on any machine.

        For counting before writing. SQLite's write transactions are alone anyway.
        """
        if is_postgres(self.session.get_bind()):  # type: ignore[arg-type]
            lock = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
            self.session.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What the block did is kept, or after an exception undone alone, events and audit too."""
        kept = dict(self._events), dict(self._changes), set(self._bumped)
        try:
            with self.session.begin_nested():
                yield
        except BaseException:
            self._events, self._changes, self._bumped = kept
            raise

    def _lock(self) -> bool:
        # SQLite ignores it: its write transactions are already alone.
        return True

    def _before_flush(self, session: Session, _context: object, _instances: object) -> None:
        for row in [*session.new, *session.dirty]:
            if isinstance(row, AUDITED) and (row in session.new or session.is_modified(row)):
                self._note_change(row, new=row in session.new)
            if (
                isinstance(row, Record)
                and row not in session.new
                and id(row) not in self._bumped
                and session.is_modified(row)
            ):
                self._bumped.add(id(row))
                row.version += 1
                row.updated_at = self.now

    def _note_change(self, row: Row, *, new: bool) -> None:
        if new:
            self._note_new(row, row.model_dump())
            return
        change: dict[str, Any] = {}
        for attribute in sa.inspect(row).attrs:
            if attribute.key in NOT_AUDITED_FIELDS or not attribute.history.has_changes():
                continue
            before = _audited(attribute.key, next(iter(attribute.history.deleted or ()), None))
            change[attribute.key] = [before, _audited(attribute.key, attribute.value)]
        self._note(row, change)

    def _note_new(self, row: Row, values: Mapping[str, Any]) -> None:
        change: dict[str, Any] = {}
        for name, value in values.items():
            if value is None or name in NOT_AUDITED_FIELDS:
                continue
            after = _audited(name, value)
            if after not in ("", False, {}):
                change[name] = [None, after]
        self._note(row, change)

    def _note(self, row: Row, change: Mapping[str, Any]) -> None:
        if change:
            self._changes.setdefault((str(row.__tablename__), id(row)), (row, {}))[1].update(change)

    def _write_outbox(self) -> None:
        # Rows as plain values: a burst of alerts writes thousands, and nobody reads them here.
        events = list(self._events)
        ids = insert_rows(
            self.session.connection(),
            OutboxEvent,
            [
                {
                    "name": event.name,
                    "record_kind": event.record_kind,
                    "record_id": event.record_id,
                    "incident_id": event.incident_id,
                    "detail": event.detail,
                    "at": self.now,
                }
                for event in events
            ],
        )
        deliveries = [
            {
                "event_id": event_id,
                "subscriber": subscriber,
                "status": "pending",
                "lane": event.incident_id,
                "tries": 0,
                "run_at": self.now,
                "last_error": "",
            }
            for event, event_id in zip(events, ids, strict=True)
            for subscriber in subscribers_of(event.name)
            if subscriber not in self.shelf.without
        ]
        if deliveries:
            self.session.connection().execute(sa.insert(table_of(Delivery)), deliveries)
        self._told = next(iter(self._events), None)
        self._events.clear()

    def _write_audit(self) -> None:
        if not self._changes and not self._verb:
            return
        if is_postgres(self.session.get_bind()):  # type: ignore[arg-type]
            self.session.execute(sa.text(f"select pg_advisory_xact_lock({SEAL_LOCK})"))
        seal = self.session.connection().execute(NEWEST_SEAL).scalar() or ""
        changes = [
            (str(row.__tablename__), row.key, change) for row, change in self._changes.values()
        ]
        if not changes:
            # A timeline entry or a role has no audit of its own: its record is in the event.
            told = self._told
            changes = [(told.record_kind, told.record_id, {}) if told else ("", 0, {})]
        entries = []
        for kind, row_id, change in changes:
            entry = {
                "at": self.now,
                "actor_id": self.actor.person_id,
                "actor_name": self.actor.name,
                "verb": self._verb or "system",
                "record_kind": kind,
                "record_id": row_id,
                "change": change,
            }
            seal = entry["seal"] = _sealed(entry, seal)
            entries.append(entry)
        self.session.connection().execute(sa.insert(table_of(AuditEntry)), entries)
        self._changes.clear()


def seal_of(entry: AuditEntry, previous: str) -> str:
    """The seal of an entry over its content and the seal before it."""
    return _sealed({name: getattr(entry, name) for name in SEALED}, previous)


def _sealed(entry: Mapping[str, Any], previous: str) -> str:
    content = [previous, entry["at"].isoformat(), *(entry[name] for name in SEALED[1:])]
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, ensure_ascii=True).encode()
    ).hexdigest()


def _audited(field: str, value: object) -> Any:  # noqa: ANN401 - JSON
    if field.endswith(SECRET_ENDINGS):
        return "(secret)" if value else ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str) and len(value) > AUDIT_TEXT_LIMIT:
        return value[:AUDIT_TEXT_LIMIT] + "…"
    return value


@contextmanager
def looking(engine: Engine, actor: Actor, clock: Clock, shelf: Shelf) -> Iterator[Look]:
    """A Look; the session is closed afterwards and nothing is kept."""
    with Session(engine, expire_on_commit=False, autoflush=False) as session:
        yield Look(session, actor=actor, now=clock(), shelf=shelf)


@contextmanager
def working(engine: Engine, actor: Actor, clock: Clock, shelf: Shelf) -> Iterator[Work]:
    """A Work that commits at the end of the block; any exception rolls everything back.

    The clock is read once, after the write lock is held: instants follow the order of commits.
    """
    with turn_to_write(engine), Session(for_writing(engine), expire_on_commit=False) as session:
        session.connection()
        work = Work(session, actor=actor, now=clock(), shelf=shelf)
        try:
            yield work
            work.commit()
        except IntegrityError as error:
            session.rollback()
            raise Conflict("Somebody did the same at this moment") from error
        except OperationalError as error:
            session.rollback()
            if getattr(error.orig, "sqlstate", "") in CROSSED:
                raise Conflict("Somebody changed the same records at this moment") from error
            raise
        except BaseException:
            session.rollback()
            raise


__all__ = ["Clock", "Look", "NotAllowed", "Shelf", "Work", "looking", "system_clock", "working"]
