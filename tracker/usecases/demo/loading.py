"""The demo organisation, told by its own people through the real verbs, each at its own instant.

Nothing is written around the verbs: what breaks a rule of the house does not load.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlmodel import col, select, update

from tracker.configuration.folder import FolderRead
from tracker.db.access import actor_of
from tracker.db.work import Look, Work
from tracker.domain.errors import DomainError, Gap, NotValid
from tracker.domain.people import SYSTEM, Actor
from tracker.importing.procedures import ProcedureText
from tracker.models.catalogue import Person
from tracker.models.journal import Clock, Delivery, Notice, OutboxEvent
from tracker.usecases.catalogue import ServiceAsk, TeamAsk, put_service, put_team
from tracker.usecases.configuration import ApplyConfiguration, apply_configuration
from tracker.usecases.demo.calendar import put_entry
from tracker.usecases.demo.changes import change_steps
from tracker.usecases.demo.events import MONITORING, event_steps, let_monitoring_in
from tracker.usecases.demo.incident import incident_steps
from tracker.usecases.demo.notation import Ids, Step, Story, Telling
from tracker.usecases.demo.procedures import (
    procedure_steps,
    published,
    validated,
    written,
)
from tracker.usecases.demo.review import review_steps
from tracker.usecases.people import PersonAsk, create_person
from tracker.usecases.policy import require_policy
from tracker.usecases.reminders import fire
from tracker.usecases.respond.auto_declaring import INTAKE

# The organisation was there for a while before its first incident.
BEFORE_THE_FIRST = timedelta(days=20)
# What is older than this has been read by everybody.
READ_AFTER = timedelta(days=7)


class Hands:
    """A clock whose hands the demo moves."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Tracker(Protocol):
    """What the demo needs of the App, whose clock is the given ``Hands``."""

    def begin(self, actor: Actor) -> AbstractContextManager[Work]: ...

    def look(self, actor: Actor) -> AbstractContextManager[Look]: ...


@dataclass
class DemoOutcome:
    """What was loaded: counts by kind; ``here_already`` when nothing was."""

    here_already: bool = False
    admin_email: str = ""
    loaded: Counter[str] = field(default_factory=Counter)


def load_demo(
    tracker: Tracker,
    hands: Hands,
    *,
    organisation: Mapping[str, Any],
    incidents: Sequence[Mapping[str, Any]],
    procedures: Sequence[ProcedureText] = (),
    configuration: FolderRead | None = None,
    progress: Callable[[float], object] = abs,
) -> DemoOutcome:
    """The organisation and its incidents are there, as if they had been written as they happened.

    ``configuration`` is what the organisation keeps in files, applied before the first incident.
    ``hands`` stands at the present when called, and again afterwards. A database that knows the
    demo's people is left as it is.
    Raises: NotValid naming the incident and step that broke a rule.
    """
    present = hands.now
    people = {one["key"]: str(one["email"]) for one in organisation["people"]}
    outcome = DemoOutcome(
        admin_email=next(o["email"] for o in organisation["people"] if o["role"] == "admin")
    )
    with tracker.look(SYSTEM) as look:
        known = select(Person.id).where(col(Person.email).in_(people.values()))
        if look.session.exec(known).first() is not None:
            outcome.here_already = True
            return outcome
        require_policy(look)
    ids = Ids(people)
    steps = sorted(
        (step for one in incidents for step in _steps_of(one, ids, present=present)),
        key=lambda step: step.at,
    )
    try:
        hands.now = min((step.at for step in steps), default=present) - BEFORE_THE_FIRST
        with tracker.begin(SYSTEM) as work:
            outcome.loaded.update(_put_organisation(work, organisation))
            let_monitoring_in(work)
        for told in procedures:
            _put_procedure(tracker, ids, told, admin=outcome.admin_email)
        if configuration is not None:
            with tracker.begin(_actor(tracker, outcome.admin_email)) as work:
                ask = ApplyConfiguration(read=configuration, commit="The demo's own files")
                apply_configuration(work, ask)
        actors: dict[str, Actor] = {}
        for number, step in enumerate(steps):
            _fire_clocks(tracker, hands, until=step.at)
            if step.by not in actors or not step.open_to_all:
                machine = step.by == MONITORING
                actors[step.by] = INTAKE if machine else _actor(tracker, ids.email(step.by))
            _take(tracker, hands, step, actors[step.by])
            progress((number + 1) / len(steps))
        _fire_clocks(tracker, hands, until=present)
        hands.now = present
        for entry in organisation.get("calendar", ()):
            with tracker.begin(_actor(tracker, ids.email(entry["by"]))) as work:
                put_entry(work, ids, entry)
        with tracker.begin(SYSTEM) as work:
            _mark_read(work, before=present - READ_AFTER)
    finally:
        hands.now = present
    outcome.loaded.update(ids.counts())
    return outcome


def _steps_of(story: Story, ids: Ids, *, present: datetime) -> list[Step]:
    telling = Telling(story, ids, present)
    return [
        *incident_steps(telling),
        *procedure_steps(telling),
        *change_steps(telling),
        *event_steps(telling),
        *(review_steps(telling) if story.get("review") else ()),
    ]


def _put_organisation(work: Work, organisation: Mapping[str, Any]) -> dict[str, int]:
    for team in organisation["teams"]:
        put_team(
            work,
            TeamAsk(
                name=team["name"],
                slug=team["key"],
                contact=team["contact"],
                channel=team["channel"],
                about=team["purpose"],
            ),
        )
    for person in organisation["people"]:
        create_person(
            work,
            PersonAsk(
                email=person["email"],
                name=person["name"],
                role=person["role"],
                teams=(person["team"],),
            ),
        )
    # Twice: a service may depend on one that stands further down in the file.
    for linked in (False, True):
        for service in organisation["services"]:
            put_service(
                work,
                ServiceAsk(
                    name=service["name"],
                    slug=service["key"],
                    about=service["about"],
                    owner=service["team"],
                    tier=service["tier"],
                    kind=service["kind"],
                    tags=tuple(service.get("tags", ())),
                    escalation=service.get("escalation", ""),
                    status_url=service.get("status_url", ""),
                    depends_on=tuple(service.get("depends_on", ())) if linked else (),
                ),
            )
    return {name: len(organisation[name]) for name in ("teams", "people", "services")}


def _put_procedure(tracker: Tracker, ids: Ids, told: ProcedureText, *, admin: str) -> None:
    """Written by its owner, validated by whom the file names; one without an owner is a draft."""
    verbs: list[tuple[str, Callable[[Work, Ids, ProcedureText], None]]] = [
        (told.owner or admin, written)
    ]
    verbs += [(told.validated_by, validated)] if told.validated_by else []
    verbs += [(admin, published)] if told.owner else []
    for email, verb in verbs:
        with tracker.begin(_actor(tracker, email)) as work:
            verb(work, ids, told)


def _take(tracker: Tracker, hands: Hands, step: Step, actor: Actor) -> None:
    hands.now = step.at
    try:
        with tracker.begin(actor) as work:
            step.do(work)
    except DomainError as error:
        said = "; ".join(f"{gap.field}: {gap.message}" for gap in error.gaps) or error.message
        raise NotValid(Gap(step.of, f"{step.what} by {step.by}: {said}")) from error


def _actor(tracker: Tracker, email: str) -> Actor:
    with tracker.look(SYSTEM) as look:
        person = look.session.exec(select(Person).where(Person.email == email)).one()
        return actor_of(look.session, person)


def _fire_clocks(tracker: Tracker, hands: Hands, *, until: datetime) -> None:
    """Reminders go out when they were due, as they would have with a worker running."""
    waiting = (
        select(Clock.id, Clock.due_at)
        .where(col(Clock.done_at).is_(None), col(Clock.due_at) <= until)
        .order_by(col(Clock.due_at), col(Clock.id))
    )
    while True:
        with tracker.look(SYSTEM) as look:
            due = look.session.exec(waiting.limit(1)).first()
        if due is None:
            return
        # A clock that was set for a moment already gone fires at once.
        hands.now = max(hands.now, due[1])
        with tracker.begin(SYSTEM) as work:
            clock = work.session.get(Clock, due[0])
            if clock is not None:
                fire(work, clock)


def _mark_read(work: Work, *, before: datetime) -> None:
    """Nobody is told today what happened months ago."""
    work.session.execute(
        update(Notice).where(col(Notice.at) < before).values(read_at=col(Notice.at))
    )
    old = select(OutboxEvent.id).where(col(OutboxEvent.at) < before)
    work.session.execute(
        update(Delivery)
        .where(col(Delivery.subscriber) == "notices", col(Delivery.event_id).in_(old))
        .values(status="done", done_at=work.now)
    )
