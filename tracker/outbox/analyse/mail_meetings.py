"""Invitations to the meeting about a review, its changes and its cancellation, by mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from tracker.app import App
from tracker.db.access import person_and_actor
from tracker.models.catalogue import Person
from tracker.models.review import Review
from tracker.models.review_work import MeetingGuest, ReviewMeeting
from tracker.outbox.deliveries import Item
from tracker.reading.analyse.meetings import invitation_of, whole_meeting
from tracker.reading.references import ref
from tracker.senders.invitations import CANCEL, REQUEST, Invitation, calendar_file
from tracker.senders.mail import MailSender
from tracker.senders.mail_letters import Letter, message_of, sender_address, with_calendar
from tracker.senders.sender import SendError

WHY = "You get this because somebody invited you."


def send_invitations(app: App, server: MailSender, item: Item) -> None:
    """Every guest has the meeting as it stands in their calendar, and each change once.

    A refused address does not keep the others from theirs. Raises: SendError.
    """
    settings = app.settings
    with app.look_as_system() as look:
        row = look.session.get(ReviewMeeting, item.record_id)
        review = look.session.get(Review, row.review_id) if row else None
        if row is None or review is None:
            return
        meeting = whole_meeting(look, review, row)
        invitation = invitation_of(
            look,
            review,
            meeting,
            base_url=settings.base_url,
            organiser_email=sender_address(settings.mail_from),
        )
        off = row.cancelled_at is not None
        alone = item.detail.removeprefix("person ") if item.detail else ""
        if alone:
            # Somebody is no longer invited: they alone hear that it is off for them.
            found = person_and_actor(look.session, int(alone))
            seated = any(one.person.key == int(alone) for one in meeting.guests)
            people = [found] if found and not seated else []
        elif item.name == "meeting.cancelled" and not off:
            people = []
        else:
            wanted = [
                one.person.key
                for one in meeting.guests
                # Who was never told of it need not hear that it is off.
                if (0 if off else -1) <= one.row.invited_sequence < row.sequence
            ]
            asked = (person_and_actor(look.session, one) for one in wanted)
            people = [one for one in asked if one is not None]
        # Who left, or was shut out meanwhile, hears only that it is off.
        reached = [
            (person, actor)
            for person, actor in people
            if person.active and (off or alone or actor.reads(review.circle_id))
        ]
        title, named, sequence = review.title, ref(review), row.sequence
    refused: list[SendError] = []
    for person, _ in reached:
        if alone:
            invitation = replace(invitation, guests=[(person.name, person.email)])
        try:
            letter = _letter(person, invitation, named=named, title=title, off=bool(off or alone))
            _send(app, server, letter, invitation, off=bool(off or alone))
        except SendError as error:
            if not error.permanent:
                raise
            refused.append(error)
        if not alone:
            _note(app, item.record_id, person.key, sequence)
    if refused:
        raise refused[0]


def hand_over(app: App, server: MailSender, letter: Letter) -> None:
    """The server has the letter. Raises: SendError, also for an address no mail can go to."""
    _send(app, server, letter, None, off=False)


def _send(
    app: App, server: MailSender, letter: Letter, invitation: Invitation | None, *, off: bool
) -> None:
    settings = app.settings
    try:
        message = message_of(letter, sender=settings.mail_from, base_url=settings.base_url)
    except ValueError as error:
        raise SendError(
            f"No mail can be written to the address {letter.to_email}: {error}. Correct it on the "
            "person's page, then try again.",
            permanent=True,
            code="address",
        ) from error
    if invitation is not None:
        method = CANCEL if off else REQUEST
        with_calendar(message, calendar_file(invitation, method=method), method=method)
    server.send(message)


def _letter(person: Person, invitation: Invitation, *, named: str, title: str, off: bool) -> Letter:
    at = _in_zone(invitation.starts_at, person.time_zone)
    if off:
        subject = f"Off: meeting about {named} “{title}”"
        paragraphs = [f"The meeting about {named} “{title}” on {at} does not take place for you."]
    elif invitation.sequence:
        subject = f"Changed: meeting about {named} “{title}”"
        paragraphs = [f"The meeting about {named} “{title}” was changed. It is on {at} now."]
    else:
        subject = f"Invitation: meeting about {named} “{title}”"
        told = "We want to understand together what happened; nobody is on trial."
        paragraphs = [f"You are invited to the meeting about {named} “{title}”. {told}"]
    facts = [("When", f"{at}, {invitation.minutes} minutes")]
    if invitation.place:
        facts.append(("Where", invitation.place))
    agenda = invitation.description.removesuffix(invitation.url).strip().replace("**", "")
    if agenda and not off:
        paragraphs.append(f"What we go through:\n{agenda}")
    return Letter(
        to_name=person.name,
        to_email=person.email,
        subject=subject,
        once=f"meeting-{invitation.uid}-{invitation.sequence}-{person.key}{'-off' if off else ''}",
        at=invitation.stamp,
        paragraphs=tuple(paragraphs),
        facts=() if off else tuple(facts),
        link="" if off else invitation.url,
        link_text=f"Read {named} before",
        thread=named,
        why=WHY,
    )


def _in_zone(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%A, %d %B %Y, %H:%M} ({zone})"


def _note(app: App, meeting_id: int, person_id: int, sequence: int) -> None:
    with app.begin_as_system() as work:
        guest = work.session.get(MeetingGuest, (meeting_id, person_id))
        if guest is not None:
            guest.invited_sequence = max(guest.invited_sequence, sequence)
