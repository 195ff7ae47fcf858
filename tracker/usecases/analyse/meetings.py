"""The meeting about a review: planned, moved, called off, its draft shared, its notes kept."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import select

from tracker.db.access import person_and_actor
from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed
from tracker.domain.meeting import (
    LONGEST_MINUTES,
    SHORTEST_MINUTES,
    USUAL_MINUTES,
    WARNED_BEFORE,
    proposed_agenda,
)
from tracker.models.catalogue import Person
from tracker.models.review import Review
from tracker.models.review_work import MeetingGuest, ReviewMeeting, ReviewParticipant
from tracker.reading.analyse.meetings import meeting_of, note_taker_of
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.references import people_named, person_named, ref
from tracker.usecases.analyse.surveys import open_survey
from tracker.usecases.circles import join_circle
from tracker.usecases.clocks import set_clock, stop_clocks
from tracker.usecases.notices import notify


@dataclass(frozen=True, kw_only=True)
class PlanMeeting:
    """When, where and with whom; an empty agenda is proposed from the review."""

    starts_at: datetime | None
    minutes: int = USUAL_MINUTES
    place: str = ""
    agenda: str = ""
    note_taker: str = ""
    guests: tuple[str, ...] = ()


def plan_meeting(work: Work, review: Review, ask: PlanMeeting) -> ReviewMeeting:
    """The meeting stands and its guests are invited; a planned one is changed, and they hear of
    it. Who is invited can read the review; who no longer is gets a cancellation.

    Raises: NotValid, NotAllowed for a waived review. Emits: meeting.invited, meeting.cancelled,
    notice.told.
    """
    work.permit("plan_meeting")
    gaps = Gaps()
    asks.check_instant(gaps, "starts_at", ask.starts_at, required=True)
    if ask.starts_at is not None and not gaps.found and ask.starts_at <= work.now:
        gaps.add("starts_at", "The meeting must begin in the future")
    if not SHORTEST_MINUTES <= ask.minutes <= LONGEST_MINUTES:
        gaps.add("minutes", f"Between {SHORTEST_MINUTES} and {LONGEST_MINUTES} minutes")
    asks.check_text(gaps, "place", ask.place, limit=2_000)
    asks.check_text(gaps, "agenda", ask.agenda, limit=asks.NOTE_LIMIT)
    note_taker = person_named(work, ask.note_taker, gaps, "note_taker")
    guests = people_named(work, ask.guests, gaps, "guests")
    if not guests and not gaps.found:
        gaps.add("guests", "Invite somebody")
    gaps.raise_not_valid()
    if review.state == "waived":
        raise NotAllowed("This review is waived", hint="Resume it to go on.")
    guests = _with(guests, note_taker)
    _let_read(work, review, guests)
    row = meeting_of(work, review)
    if row is None or row.held_at is not None:
        row = ReviewMeeting(
            review_id=review.key,
            uid=f"{ref(review)}-{secrets.token_hex(8)}@tracker",
            sequence=-1,
            starts_at=work.now,
        )
    assert ask.starts_at is not None  # noqa: S101 - for the type checker: a missing one is a gap
    row.starts_at, row.minutes, row.place = ask.starts_at, ask.minutes, asks.clean(ask.place)
    row.agenda = asks.clean(ask.agenda) or _agenda(work, review, ask.minutes)
    row.sequence += 1
    work.add(row)
    _seat(work, row, guests)
    _set_note_taker(work, review, note_taker)
    warn_at = max(ask.starts_at - WARNED_BEFORE, work.now)
    set_clock(work, "meeting_draft", review, due_at=warn_at, mark=f"meeting {row.key}")
    notify(
        work,
        [one.key for one in guests if one.key != work.actor.person_id],
        review,
        kind="meeting_invited",
        text=f"Meeting about {ref(review)} “{review.title}”: {ask.starts_at:%Y-%m-%d %H:%M} UTC",
        once=f"meeting {row.key} {row.sequence}",
    )
    work.emit("meeting.invited", row)
    return row


def cancel_meeting(work: Work, review: Review) -> None:
    """The meeting is off and its guests hear of it.

    Raises: NotAllowed when none is planned. Emits: meeting.cancelled, notice.told.
    """
    work.permit("plan_meeting")
    row = _planned(work, review)
    row.cancelled_at = work.now
    row.sequence += 1
    stop_clocks(work, "meeting_draft", review)
    guests = select(MeetingGuest.person_id).where(MeetingGuest.meeting_id == row.key)
    notify(
        work,
        [one for one in work.session.exec(guests) if one != work.actor.person_id],
        review,
        kind="meeting_invited",
        text=f"The meeting about {ref(review)} “{review.title}” is off",
        once=f"meeting {row.key} {row.sequence}",
    )
    work.session.flush()
    work.emit("meeting.cancelled", row)


def share_draft(work: Work, review: Review) -> None:
    """The people of the meeting hear that the draft is there to read; the first time counts.

    Raises: NotAllowed when no meeting is planned. Emits: review.changed, notice.told.
    """
    work.permit("run_meeting")
    row = _planned(work, review)
    review.shared_at = review.shared_at or work.now
    row.draft_shared_at = row.draft_shared_at or work.now
    stop_clocks(work, "meeting_draft", review)
    guests = select(MeetingGuest.person_id).where(MeetingGuest.meeting_id == row.key)
    notify(
        work,
        [one for one in work.session.exec(guests) if one != work.actor.person_id],
        review,
        kind="draft_shared",
        text=f"The draft of {ref(review)} “{review.title}” is there to read before the meeting",
        once=f"draft {row.key}",
    )
    work.session.flush()
    work.emit("review.changed", review)


def keep_minutes(
    work: Work, review: Review, *, notes: str, attended: Collection[str] = ()
) -> ReviewMeeting:
    """The notes are kept, who was there is known, and those get the three questions.

    Raises: NotValid; NotAllowed when there is no meeting. Emits: review.changed, notice.told.
    """
    work.permit("run_meeting")
    gaps = Gaps()
    asks.check_text(gaps, "notes", notes)
    people = people_named(work, attended, gaps, "attended")
    gaps.raise_not_valid()
    row = meeting_of(work, review)
    if row is None:
        raise NotAllowed("There is no meeting", gaps=[Gap("meeting", "Plan a meeting first")])
    there = {one.key for one in people}
    guests = work.session.exec(select(MeetingGuest).where(MeetingGuest.meeting_id == row.key)).all()
    for guest in guests:
        guest.attended = guest.person_id in there
    _let_read(work, review, people)
    known = {guest.person_id for guest in guests}
    work.add_all(
        # Somebody came without an invitation.
        MeetingGuest(
            meeting_id=row.key, person_id=one, invited_sequence=row.sequence, attended=True
        )
        for one in sorted(there - known)
    )
    row.notes = asks.clean(notes)
    row.held_at = row.held_at or work.now
    stop_clocks(work, "meeting_draft", review)
    if there:
        open_survey(work, review, there)
    work.session.flush()
    work.emit("review.changed", review)
    return row


def _planned(work: Work, review: Review) -> ReviewMeeting:
    row = meeting_of(work, review)
    if row is None or row.held_at is not None:
        raise NotAllowed("No meeting is planned", gaps=[Gap("meeting", "Plan a meeting first")])
    return row


def _agenda(work: Work, review: Review, minutes: int) -> str:
    whole = whole_review(work, review)
    missing = {gap.field for gap in whole.gaps}
    prompts = [one.prompt for one in whole.template.questions if one.key in missing]
    return proposed_agenda(minutes, prompts)


def _with(guests: list[Person], note_taker: Person | None) -> list[Person]:
    if note_taker is None or any(one.key == note_taker.key for one in guests):
        return guests
    return [*guests, note_taker]


def _let_read(work: Work, review: Review, people: list[Person]) -> None:
    join_circle(work, review.circle_id, [one.key for one in people])
    gaps = Gaps()
    for person in people:
        found = person_and_actor(work.session, person.key)
        if found is None or not found[1].reads(review.circle_id):
            gaps.add("guests", f"{person.name} may not read this review; open it to them first")
    gaps.raise_not_valid()


def _seat(work: Work, row: ReviewMeeting, guests: list[Person]) -> None:
    wanted = {one.key for one in guests}
    there = work.session.exec(select(MeetingGuest).where(MeetingGuest.meeting_id == row.key)).all()
    for guest in there:
        if guest.person_id not in wanted:
            if guest.invited_sequence >= 0:
                work.emit("meeting.cancelled", row, detail=f"person {guest.person_id}")
            work.session.delete(guest)
    known = {guest.person_id for guest in there}
    work.add_all(MeetingGuest(meeting_id=row.key, person_id=one) for one in sorted(wanted - known))


def _set_note_taker(work: Work, review: Review, person: Person | None) -> None:
    before = note_taker_of(work, review)
    if (before.key if before else None) == (person.key if person else None):
        return
    for one, part in ((before, "participant"), (person, "note_taker")):
        if one is None:
            continue
        row = work.session.get(ReviewParticipant, (review.key, one.key))
        if row is None:
            row = ReviewParticipant(review_id=review.key, person_id=one.key)
        row.part = part
        work.session.add(row)
    work.session.flush()
