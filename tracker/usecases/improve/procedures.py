"""Procedures: written in versions, published, validated by a second person, mended, retired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotValid
from tracker.domain.lifecycle import PROCEDURE
from tracker.domain.procedure import (
    KINDS,
    MOST_STEPS,
    USUAL_REVIEW_DAYS,
    check_review_days,
    publish_gaps,
)
from tracker.importing.procedures import steps_of
from tracker.models.catalogue import Person, Service, Team
from tracker.models.procedure import (
    Procedure,
    ProcedureService,
    ProcedureVersion,
)
from tracker.reading.references import person_named, services_named, team_named
from tracker.usecases.clocks import morning_of, set_clock, stop_clocks
from tracker.usecases.improve.procedure_faults import mark_mended
from tracker.usecases.managed import refuse_managed

# Of a short name, so much is kept before the number of a second one with the same title.
LONGEST_STEM = 50


@dataclass(frozen=True, kw_only=True)
class WriteProcedure:
    """A new procedure. Without a slug, the title gives one."""

    title: str
    text: str = ""
    kind: str = "runbook"
    slug: str = ""
    owner: str = ""
    team: str = ""
    escalation: str = ""
    review_every_days: int = USUAL_REVIEW_DAYS
    services: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EditProcedure:
    """New values; ``None`` leaves a field as it is.

    ``why`` is kept with the version, ``mends`` are the faults that this version mends.
    """

    title: str | None = None
    text: str | None = None
    kind: str | None = None
    owner: str | None = None
    team: str | None = None
    escalation: str | None = None
    review_every_days: int | None = None
    services: tuple[str, ...] | None = None
    why: str = ""
    mends: tuple[int, ...] = ()
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class MoveProcedure:
    """A verb of the life cycle."""

    verb: str
    why: str = ""
    version: int | None = None


def write_procedure(work: Work, ask: WriteProcedure) -> Procedure:
    """The procedure is a draft in its first version.

    Raises: NotValid. Emits: procedure.drafted.
    """
    work.permit("edit_procedure")
    return _write(work, ask)


def edit_procedure(work: Work, procedure: Procedure, ask: EditProcedure) -> Procedure:
    """The given fields have their new values; another title or text is another version.

    A validation stays with the version that was looked at.
    Raises: NotValid (one in use keeps its steps and an owner), NotAllowed when a file governs it,
    NotFound for a fault of another procedure, Conflict. Emits: procedure.changed.
    """
    work.permit("edit_procedure")
    refuse_managed(procedure)
    work.expect(procedure, ask.version)
    _edit(work, procedure, ask)
    for fault_id in dict.fromkeys(ask.mends):
        mark_mended(work, procedure, fault_id)
    return procedure


def move_procedure(work: Work, procedure: Procedure, ask: MoveProcedure) -> Procedure:
    """The procedure is in its new state. Publishing needs a step and an owner or team.

    Raises: NotAllowed listing every gap, or when a file governs it; NotValid, Conflict.
    Emits: procedure.moved.
    """
    work.permit("move_procedure")
    refuse_managed(procedure)
    work.expect(procedure, ask.version)
    gaps = Gaps()
    asks.check_choice(gaps, "verb", ask.verb, PROCEDURE.verbs)
    asks.check_text(gaps, "why", ask.why, limit=asks.REASON_LIMIT)
    gaps.raise_not_valid()
    missing = _publish_gaps(procedure) if ask.verb == "publish" else []
    work.move(procedure, PROCEDURE, ask.verb, why=ask.why, gaps=missing)
    _plan_review(work, procedure)
    return procedure


def validate_procedure(
    work: Work, procedure: Procedure, *, version: int | None = None
) -> Procedure:
    """Somebody else than who wrote this version says that it holds; its owner is asked again
    after the time it names. Also for one that a file governs: it is said of the text, not in it.

    Raises: NotAllowed, Conflict. Emits: procedure.changed.
    """
    work.permit("validate_procedure")
    work.expect(procedure, version)
    gaps = Gaps()
    person_id = work.actor.person_id
    gaps.unless(person_id is not None, "by", "Only a person can say that a procedure holds")
    gaps.unless(
        person_id is None or writer_of(work, procedure) != person_id,
        "by",
        "You wrote this version: ask somebody else to go through it",
    )
    gaps.unless(procedure.state != "retired", "state", "It is retired: restore it first")
    gaps.unless(steps_of(procedure.text), "text", "There is no step yet that could be checked")
    if gaps.found:
        raise NotAllowed(gaps.found[0].message, gaps=gaps.found)
    procedure.validated_by_id = person_id
    procedure.validated_at = work.now
    procedure.validated_version = procedure.text_version
    _plan_review(work, procedure)
    work.emit("procedure.changed", procedure)
    return procedure


def keep_from_file(
    work: Work, ask: WriteProcedure, *, managed_by: str, validated_by: str = ""
) -> Procedure:
    """The procedure with this slug is as the file says, in use, and governed by the file.

    ``validated_by`` is an e-mail address: whoever looked at the file before it was taken in.
    Raises: NotValid, NotAllowed for one that cannot be used. Emits: procedure.drafted or
    procedure.changed.
    """
    work.permit("apply_configuration")
    slug = asks.slug_of(ask.slug or ask.title)
    procedure = work.session.exec(select(Procedure).where(Procedure.slug == slug)).first()
    if procedure is None:
        procedure = _write(work, ask)
    else:
        _edit(work, procedure, _as_edit(ask))
    gaps = Gaps()
    validator = person_named(work, validated_by, gaps, "validated_by")
    gaps.raise_not_valid()
    procedure.managed_by = managed_by[:300]
    seen = (procedure.validated_by_id, procedure.validated_version)
    if validator is not None and seen != (validator.key, procedure.text_version):
        procedure.validated_by_id = validator.key
        procedure.validated_at = work.now
        procedure.validated_version = procedure.text_version
    if procedure.state == "retired":
        work.move(procedure, PROCEDURE, "restore", why=f"It stands in {managed_by}")
    if procedure.state == "draft":
        work.move(procedure, PROCEDURE, "publish", gaps=_publish_gaps(procedure))
    _plan_review(work, procedure)
    return procedure


def writer_of(work: Work, procedure: Procedure) -> int | None:
    """Who wrote the version that stands."""
    return work.session.exec(
        select(ProcedureVersion.by_id).where(
            ProcedureVersion.procedure_id == procedure.key,
            ProcedureVersion.number == procedure.text_version,
        )
    ).first()


def _write(work: Work, ask: WriteProcedure) -> Procedure:
    gaps = Gaps()
    asks.check_title(gaps, "title", ask.title)
    owner, team, services = _checked(work, gaps, ask)
    slug = asks.slug_of(ask.slug or ask.title)
    if ask.slug and asks.clean(ask.slug) != slug:
        gaps.add("slug", f"A short name has small letters, digits and dashes, like {slug}")
    alike = select(Procedure.slug).where(col(Procedure.slug).startswith(slug[:LONGEST_STEM]))
    taken = set(work.session.exec(alike))
    if ask.slug and slug in taken:
        gaps.add("slug", f"There is a procedure “{slug}” already")
    gaps.raise_not_valid()
    procedure = work.add(
        Procedure(
            slug=_free(slug, taken),
            title=asks.clean(ask.title),
            kind=ask.kind,
            text=asks.clean(ask.text),
            owner_id=owner.key if owner else None,
            team_id=team.key if team else None,
            escalation=asks.clean(ask.escalation),
            review_every_days=ask.review_every_days,
            created_at=work.now,
            updated_at=work.now,
        )
    )
    _keep_version(work, procedure, why="")
    work.add_all(
        [ProcedureService(procedure_id=procedure.key, service_id=one.key) for one in services]
    )
    work.emit("procedure.drafted", procedure)
    return procedure


def _edit(work: Work, procedure: Procedure, ask: EditProcedure) -> None:
    gaps = Gaps()
    if ask.title is not None:
        asks.check_title(gaps, "title", ask.title)
    asks.check_text(gaps, "why", ask.why, limit=asks.REASON_LIMIT)
    owner, team, services = _checked(work, gaps, ask)
    gaps.raise_not_valid()
    before = procedure.title, procedure.text
    for name in ("title", "text", "escalation"):
        value = getattr(ask, name)
        if value is not None:
            setattr(procedure, name, asks.clean(value))
    if ask.kind is not None:
        procedure.kind = ask.kind
    if ask.owner is not None:
        procedure.owner_id = owner.key if owner else None
    if ask.team is not None:
        procedure.team_id = team.key if team else None
    if procedure.state == "current" and (found := _publish_gaps(procedure)):
        raise NotValid(*found)
    if (procedure.title, procedure.text) != before:
        procedure.text_version += 1
        _keep_version(work, procedure, why=ask.why)
    if ask.review_every_days is not None:
        longer = ask.review_every_days - procedure.review_every_days
        procedure.review_every_days = ask.review_every_days
        if procedure.review_on is not None and longer:
            procedure.review_on += timedelta(days=longer)
            _set_clock(work, procedure)
    if ask.services is not None:
        mine = col(ProcedureService.procedure_id) == procedure.key
        work.session.execute(delete(ProcedureService).where(mine))
        work.add_all(
            [ProcedureService(procedure_id=procedure.key, service_id=one.key) for one in services]
        )
    procedure.updated_at = work.now
    work.emit("procedure.changed", procedure)


def _checked(
    work: Work, gaps: Gaps, ask: WriteProcedure | EditProcedure
) -> tuple[Person | None, Team | None, list[Service]]:
    """The rows that are named; every gap of the texts and names is noted."""
    if ask.text is not None:
        asks.check_text(gaps, "text", ask.text)
        if isinstance(ask.text, str) and len(steps_of(asks.clean(ask.text))) > MOST_STEPS:
            gaps.add("text", f"At most {MOST_STEPS} steps: make it two procedures")
    if ask.escalation is not None:
        asks.check_text(gaps, "escalation", ask.escalation, limit=asks.NOTE_LIMIT)
    if ask.kind is not None:
        asks.check_choice(gaps, "kind", ask.kind, KINDS)
    if ask.review_every_days is not None:
        check_review_days(gaps, "review_every_days", ask.review_every_days)
    if len(ask.services or ()) > asks.MANY_LIMIT:
        gaps.add("services", f"At most {asks.MANY_LIMIT} services")
    return (
        person_named(work, ask.owner or "", gaps, "owner"),
        team_named(work, ask.team or "", gaps, "team"),
        services_named(work, tuple(dict.fromkeys(ask.services or ())), gaps, "services"),
    )


def _as_edit(ask: WriteProcedure) -> EditProcedure:
    """What a file says of one that is there: all of it but its slug."""
    return EditProcedure(
        title=ask.title,
        text=ask.text,
        kind=ask.kind,
        owner=ask.owner,
        team=ask.team,
        escalation=ask.escalation,
        review_every_days=ask.review_every_days,
        services=ask.services,
    )


def _keep_version(work: Work, procedure: Procedure, *, why: str) -> None:
    work.add(
        ProcedureVersion(
            procedure_id=procedure.key,
            number=procedure.text_version,
            title=procedure.title,
            text=procedure.text,
            why=asks.clean(why),
            at=work.now,
            by_id=work.actor.person_id,
        )
    )


def _free(slug: str, taken: Iterable[str]) -> str:
    known = set(taken)
    if slug not in known:
        return slug
    return next(
        one
        for number in range(2, len(known) + 3)
        if (one := f"{slug[:LONGEST_STEM]}-{number}") not in known
    )


def _publish_gaps(procedure: Procedure) -> list[Gap]:
    return publish_gaps(
        steps=len(steps_of(procedure.text)),
        owner=procedure.owner_id is not None,
        team=procedure.team_id is not None,
    )


def _plan_review(work: Work, procedure: Procedure) -> None:
    """One in use is looked at again so many days after it was validated, or else published."""
    if procedure.state != "current":
        procedure.review_on = None
    else:
        seen = procedure.validated_at
        day = work.policy.local_day(seen) if seen else procedure.review_on or work.today
        if seen or procedure.review_on is None:
            procedure.review_on = day + timedelta(days=procedure.review_every_days)
    _set_clock(work, procedure)


def _set_clock(work: Work, procedure: Procedure) -> None:
    stop_clocks(work, "procedure_review", procedure)
    work.session.flush()
    if procedure.review_on is not None:
        set_clock(
            work,
            "procedure_review",
            procedure,
            due_at=morning_of(work, procedure.review_on),
            mark=procedure.review_on.isoformat(),
        )
