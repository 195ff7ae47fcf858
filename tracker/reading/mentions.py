"""What can be named while somebody writes: people, services and incidents, a few at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.models.catalogue import Person, Service
from tracker.models.incident import Incident
from tracker.reading.references import ref

SHOWN = 8
LONGEST = 60


@dataclass(frozen=True)
class Mention:
    """A suggestion; ``name`` is what the text will say, ``link`` where it leads, if anywhere."""

    kind: str  # person | service | incident
    name: str
    about: str
    link: str = ""


def people_and_services(look: Look, words: str) -> list[Mention]:
    """Active people, then services, with a word that begins so. Two queries."""
    people = look.session.exec(
        select(Person)
        .where(col(Person.active).is_(True), _begins(col(Person.name), words))
        .order_by(col(Person.name), col(Person.id))
        .limit(SHOWN)
    )
    services = look.session.exec(
        select(Service)
        .where(or_(_begins(col(Service.name), words), _begins(col(Service.slug), words)))
        .order_by(col(Service.name))
        .limit(SHOWN)
    )
    found = [Mention("person", one.name, "Person") for one in people]
    found += [Mention("service", one.name, "Service", f"/services/{one.slug}") for one in services]
    return found[: SHOWN + SHOWN // 2]


def incidents_like(look: Look, words: str) -> list[Mention]:
    """Incidents that the actor may read, by number or by a word of the title, newest first."""
    number = words.upper().removeprefix("INC-")
    by_number = number.isascii() and number.isdecimal() and len(number) < 10
    condition = _begins(col(Incident.title), words)
    if by_number:
        condition = or_(col(Incident.id) == int(number), condition)
    rows = look.session.exec(
        select(Incident)
        .where(readable(Incident, look.actor), condition)
        .order_by(col(Incident.declared_at).desc(), col(Incident.id).desc())
        .limit(SHOWN)
    )
    return [Mention("incident", ref(one), one.title, f"/incidents/{ref(one)}") for one in rows]


def _begins(column: Any, words: str) -> ColumnElement[bool]:  # noqa: ANN401 - any column of texts
    """True where the text, or one of its words, begins so; case does not matter."""
    asked = words[:LONGEST].strip()
    for mark in ("\\", "%", "_"):
        asked = asked.replace(mark, f"\\{mark}")
    return or_(
        column.ilike(f"{asked}%", escape="\\"),
        column.ilike(f"% {asked}%", escape="\\"),
    )
