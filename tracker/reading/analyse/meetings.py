"""The meeting about a review: when, who, what for, and what was said."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.meeting import draft_is_late
from tracker.models.catalogue import Person
from tracker.models.incident import RoleAssignment, TimelineEntry
from tracker.models.review import Review, ReviewIncident
from tracker.models.review_work import MeetingGuest, ReviewMeeting, ReviewParticipant
from tracker.reading.references import page_path, ref
from tracker.senders.invitations import Invitation


@dataclass(frozen=True)
class Guest:
    """Somebody invited, and whether they came; ``None`` while nobody has said."""

    row: MeetingGuest
    person: Person


@dataclass(frozen=True)
class Meeting:
    """A meeting with its people."""

    row: ReviewMeeting
    guests: list[Guest]
    facilitator: Person | None
    note_taker: Person | None
    draft_is_late: bool

    @property
    def came(self) -> list[str]:
        return [one.person.name for one in self.guests if one.row.attended]


def meeting_of(look: Look, review: Review) -> ReviewMeeting | None:
    """The meeting that is planned or was held last; a cancelled one is none."""
    return look.session.exec(
        select(ReviewMeeting)
        .where(ReviewMeeting.review_id == review.key, col(ReviewMeeting.cancelled_at).is_(None))
        .order_by(col(ReviewMeeting.id).desc())
        .limit(1)
    ).first()


def whole_meeting(look: Look, review: Review, row: ReviewMeeting) -> Meeting:
    """The meeting with its guests, facilitator and note-taker. Three queries."""
    guests = look.session.exec(
        select(MeetingGuest, Person)
        .join(Person, col(Person.id) == col(MeetingGuest.person_id))
        .where(MeetingGuest.meeting_id == row.key)
        .order_by(col(Person.name))
    )
    facilitator = look.session.get(Person, review.facilitator_id) if review.facilitator_id else None
    return Meeting(
        row=row,
        guests=[Guest(guest, person) for guest, person in guests],
        facilitator=facilitator,
        note_taker=note_taker_of(look, review),
        draft_is_late=draft_is_late(row.starts_at, review.shared_at, look.now),
    )


def note_taker_of(look: Look, review: Review) -> Person | None:
    """Who writes down what is said."""
    return look.session.exec(
        select(Person)
        .join(ReviewParticipant, col(ReviewParticipant.person_id) == col(Person.id))
        .where(ReviewParticipant.review_id == review.key, ReviewParticipant.part == "note_taker")
    ).first()


def proposed_guests(look: Look, review: Review) -> set[int]:
    """Ids of the people who should be there: those of the review, those with a role in its
    incidents, those who wrote in the timeline. Three queries.
    """
    incidents = select(ReviewIncident.incident_id).where(ReviewIncident.review_id == review.key)
    found: set[int | None] = {review.owner_id, review.facilitator_id}
    for query in (
        select(ReviewParticipant.person_id).where(ReviewParticipant.review_id == review.key),
        select(RoleAssignment.person_id).where(col(RoleAssignment.incident_id).in_(incidents)),
        select(TimelineEntry.author_id).where(
            col(TimelineEntry.incident_id).in_(incidents),
            TimelineEntry.kind != "system",
            col(TimelineEntry.retracted_at).is_(None),
        ),
    ):
        found |= set(look.session.exec(query))
    return {one for one in found if one is not None}


def invitation_of(
    look: Look, review: Review, meeting: Meeting, *, base_url: str, organiser_email: str
) -> Invitation:
    """The meeting as calendars hold it."""
    url = f"{base_url.rstrip('/')}{page_path(ref(review))}"
    row = meeting.row
    return Invitation(
        uid=row.uid,
        sequence=row.sequence,
        starts_at=row.starts_at,
        minutes=row.minutes,
        title=f"{ref(review)}: {review.title}",
        description=f"{row.agenda}\n\n{url}".strip(),
        place=row.place,
        url=url,
        stamp=look.now,
        organiser=meeting.facilitator.name if meeting.facilitator else "Tracker",
        organiser_email=organiser_email,
        guests=[(one.person.name, one.person.email) for one in meeting.guests],
    )
