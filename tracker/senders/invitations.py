"""Invitations as calendars understand them: iTIP requests and cancellations by iCalendar."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vText

REQUEST, CANCEL = "REQUEST", "CANCEL"


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """A meeting as a calendar holds it. ``sequence`` grows with each change, so that calendars
    know which invitation is the newest. Instants are UTC.
    """

    uid: str
    sequence: int
    starts_at: datetime
    minutes: int
    title: str
    description: str
    place: str
    url: str
    stamp: datetime
    organiser: str
    organiser_email: str
    guests: Collection[tuple[str, str]]  # name and address


def calendar_file(invitation: Invitation, *, method: str = REQUEST) -> bytes:
    """The invitation, or with CANCEL its taking back, as an iCalendar file.

    Source: RFC 5546 (iTIP), RFC 5545.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Tracker//Reviews//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = Event()
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", invitation.stamp.astimezone(UTC))
    event.add("dtstart", invitation.starts_at.astimezone(UTC))
    event.add(
        "dtend", (invitation.starts_at + timedelta(minutes=invitation.minutes)).astimezone(UTC)
    )
    event.add("summary", invitation.title)
    event.add("description", invitation.description)
    if invitation.place:
        event.add("location", invitation.place)
    event.add("url", invitation.url)
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    event["organizer"] = _address(invitation.organiser, invitation.organiser_email)
    for name, email in invitation.guests:
        guest = _address(name, email)
        guest.params["ROLE"] = vText("REQ-PARTICIPANT")
        # Answers would go to the tracker's own mailbox, which nobody reads.
        guest.params["RSVP"] = vText("FALSE")
        event.add("attendee", guest, encode=False)
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _address(name: str, email: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    if name:
        address.params["CN"] = vText(name)
    return address
