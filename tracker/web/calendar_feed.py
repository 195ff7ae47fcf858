"""The calendar for other programs: an address of one's own, and iCalendar behind it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from icalendar import Calendar, Event
from itsdangerous import BadSignature, URLSafeSerializer
from sqlmodel import select

from tracker.db.access import actor_of
from tracker.db.work import Look
from tracker.domain.calendar import ENTRY_KINDS
from tracker.domain.people import Actor
from tracker.models.catalogue import Person
from tracker.reading.calendar import EntryItem

SALT = "calendar feed"


def feed_secret(secret_key: str, person: Person) -> str:
    """The last part of a person's feed address. Signing out everywhere ends it."""
    return str(URLSafeSerializer(secret_key, salt=SALT).dumps([person.key, person.session_epoch]))


def feed_actor(look: Look, secret_key: str, secret: str) -> Actor | None:
    """Whose feed address it is, as an actor; ``None`` for one that opens nothing."""
    try:
        person_id, epoch = URLSafeSerializer(secret_key, salt=SALT).loads(secret)
    except (BadSignature, ValueError, TypeError):
        return None
    person = look.session.exec(select(Person).where(Person.id == person_id)).first()
    if person is None or not person.active or person.session_epoch != epoch:
        return None
    return actor_of(look.session, person, scopes=frozenset({"read"}))


def feed_of(items: Iterable[EntryItem], *, base_url: str, now: datetime) -> bytes:
    """The entries as iCalendar. Cancelled ones say so, so that they go away elsewhere too."""
    calendar = Calendar()
    calendar.add("prodid", "-//tracker//calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Operations")
    for item in items:
        row = item.row
        event = Event()
        event.add("uid", row.uid)
        event.add("dtstamp", row.updated_at or now)
        event.add("sequence", row.version)
        event.add("dtstart", row.starts_at)
        event.add("dtend", row.ends_at)
        event.add("summary", f"{ENTRY_KINDS.get(row.kind, row.kind)}: {row.title}")
        services = ", ".join(one.name for one in item.services)
        event.add("description", "\n".join(filter(None, [services, row.text])))
        event.add("categories", [row.kind])
        event.add("url", f"{base_url.rstrip('/')}/calendar/{item.ref}")
        event.add("status", "CANCELLED" if row.cancelled_at else "CONFIRMED")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
