"""The names people use - INC-12, a slug, an e-mail address - and the rows they mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TypeVar

from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.errors import Gaps, NotFound
from tracker.models.action import Action
from tracker.models.calendar import CalendarEntry
from tracker.models.catalogue import Person, Service, Team
from tracker.models.event import OperationalEvent
from tracker.models.incident import Incident
from tracker.models.lesson import Lesson
from tracker.models.procedure import Procedure
from tracker.models.review import Review
from tracker.models.table import Record

PREFIXES: dict[str, type[Record]] = {
    "INC": Incident,
    "REV": Review,
    "ACT": Action,
    "LES": Lesson,
    "EVT": OperationalEvent,
    "PRO": Procedure,
    "CAL": CalendarEntry,
}
# Below the page of the record.
NOTICE_PLACES = {
    "perspective_asked": "/perspectives/mine",
    "perspective_withdrawn": "/perspectives/mine",
    "perspective_shared": "/perspectives",
}
_PREFIX_OF = {model: prefix for prefix, model in PREFIXES.items()}
Named = TypeVar("Named", Service, Team)
_REFERENCE = re.compile(r"^\s*([A-Za-z]{3})-(\d{1,9})\s*$")

_SPOKEN = re.compile(r"^\s*#?([A-Za-z]{3})[-_ #]{0,2}(\d{1,9})\s*$")


def ref(row: Record) -> str:
    """The reference people use for a record: ``INC-12``."""
    return f"{_PREFIX_OF[type(row)]}-{row.key}"


def ref_of(kind: str, row_id: int) -> str:
    """The reference of a record known by kind and id."""
    prefix = next(p for p, model in PREFIXES.items() if model.__tablename__ == kind)
    return f"{prefix}-{row_id}"


def page_path(reference: str) -> str:
    """Where the page of a record is: ``INC-12`` -> ``/incidents/INC-12``.

    Raises: NotFound when it is no reference.
    """
    model, row_id = parse_ref(reference)
    place = "calendar" if model is CalendarEntry else f"{model.__tablename__}s"
    return f"/{place}/{_PREFIX_OF[model]}-{row_id}"


def notice_path(kind: str, record_kind: str, record_id: int) -> str:
    """Where a notice leads: the page of its record, or the place on it that the notice is about."""
    return page_path(ref_of(record_kind, record_id)) + NOTICE_PLACES.get(kind, "")


def spoken_ref(text: str) -> tuple[type[Record], int] | None:
    """(table, id) of what may be a reference as people type it: ``inc 12``, ``EVT27``."""
    match = _SPOKEN.match(text)
    model = PREFIXES.get(match.group(1).upper()) if match else None
    return (model, int(match.group(2))) if match and model is not None else None


def parse_ref(text: str) -> tuple[type[Record], int]:
    """(table, id) of a reference.

    Raises: NotFound when it is not one.
    """
    match = _REFERENCE.match(text)
    model = PREFIXES.get(match.group(1).upper()) if match else None
    if match is None or model is None:
        raise NotFound(f"“{text[:40]}”")
    return model, int(match.group(2))


def incident_by_ref(look: Look, text: str) -> Incident:
    """Raises: NotFound."""
    return look.get(Incident, _id_of(text, Incident), what=text[:20])


def review_by_ref(look: Look, text: str) -> Review:
    """Raises: NotFound."""
    return look.get(Review, _id_of(text, Review), what=text[:20])


def action_by_ref(look: Look, text: str) -> Action:
    """Raises: NotFound."""
    return look.get(Action, _id_of(text, Action), what=text[:20])


def lesson_by_ref(look: Look, text: str) -> Lesson:
    """Raises: NotFound."""
    return look.get(Lesson, _id_of(text, Lesson), what=text[:20])


def event_by_ref(look: Look, text: str) -> OperationalEvent:
    """Raises: NotFound."""
    return look.get(OperationalEvent, _id_of(text, OperationalEvent), what=text[:20])


def procedure_by_ref(look: Look, text: str) -> Procedure:
    """Raises: NotFound."""
    return look.get(Procedure, _id_of(text, Procedure), what=text[:20])


def _id_of(text: str, model: type[Record]) -> int:
    found, row_id = parse_ref(text)
    if found is not model:
        raise NotFound(text[:20])
    return row_id


def services_named(look: Look, slugs: Collection[str], gaps: Gaps, field: str) -> list[Service]:
    """The services with these slugs; a gap for each that is unknown."""
    return _named(look, Service, slugs, gaps, field)


def teams_named(look: Look, slugs: Collection[str], gaps: Gaps, field: str) -> list[Team]:
    """The teams with these slugs; a gap for each that is unknown."""
    return _named(look, Team, slugs, gaps, field)


def team_named(look: Look, slug: str, gaps: Gaps, field: str) -> Team | None:
    """The team, or ``None`` for an empty slug; a gap when it is unknown."""
    found = teams_named(look, [slug], gaps, field) if slug else []
    return found[0] if found else None


def people_named(look: Look, emails: Collection[str], gaps: Gaps, field: str) -> list[Person]:
    """The active people with these e-mail addresses; a gap for each that is unknown."""
    wanted = [email.strip().lower() for email in emails if isinstance(email, str) and email.strip()]
    if not wanted:
        return []
    rows = look.session.exec(
        select(Person).where(col(Person.email).in_(wanted), col(Person.active).is_(True))
    ).all()
    _note_unknown(wanted, {row.email for row in rows}, gaps, field)
    return list(rows)


def person_named(look: Look, email: str, gaps: Gaps, field: str) -> Person | None:
    """The person, or ``None`` for an empty address; a gap when unknown or no longer active."""
    found = people_named(look, [email], gaps, field) if email else []
    return found[0] if found else None


def _named(
    look: Look, model: type[Named], slugs: Collection[str], gaps: Gaps, field: str
) -> list[Named]:
    wanted = [slug.strip().lower() for slug in slugs if isinstance(slug, str) and slug.strip()]
    if not wanted:
        return []
    rows = look.session.exec(select(model).where(col(model.slug).in_(wanted))).all()
    _note_unknown(wanted, {row.slug for row in rows}, gaps, field)
    return list(rows)


def _note_unknown(wanted: Iterable[str], known: set[str], gaps: Gaps, field: str) -> None:
    for name in wanted:
        if name not in known:
            gaps.add(field, f"“{name[:60]}” is not known here")
