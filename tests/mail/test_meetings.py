"""Invitations by mail: what arrives in a calendar, changes, cancellations, refused addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from icalendar import Calendar
from icalendar.cal import Component

from tests.conftest import Cast, HandClock
from tests.faces.review_story import REVIEW, resolved
from tests.mail.post_office import PostOffice, deliver, plain
from tests.outbox.conftest import deliveries_of
from tracker.app import App
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.meetings import PlanMeeting, cancel_meeting, plan_meeting
from tracker.usecases.analyse.reviews import EditReview, edit_review
from tracker.usecases.people import edit_own_profile

AT = datetime(2026, 10, 26, 14, 30, tzinfo=UTC)


def _plan(app: App, cast: Cast, *names: str, at: datetime = AT, place: str = "Room 4, 1st") -> None:
    with app.begin(cast.alice) as work:
        ask = PlanMeeting(starts_at=at, place=place, guests=tuple(cast.email(one) for one in names))
        plan_meeting(work, review_by_ref(work, REVIEW), ask)


def _event(mail: EmailMessage) -> tuple[str, Component]:
    """(method, event) of the invitation in a mail; part and file say the same."""
    part = next(one for one in mail.walk() if one.get_content_type() == "text/calendar")
    file = next(one for one in mail.walk() if one.get_content_type() == "application/ics")
    content = part.get_payload(decode=True)
    assert content == file.get_payload(decode=True)
    assert file.get_filename() == "invitation.ics"
    calendar = Calendar.from_ical(content)
    method = str(calendar["method"])
    assert part.get_param("method") == method
    return method, calendar.walk("VEVENT")[0]


def test_an_invitation_a_change_and_a_cancellation_arrive_in_the_calendar(
    posting: App, posting_cast: Cast, office: PostOffice, clock: HandClock
) -> None:
    resolved(posting, posting_cast)
    with posting.begin(posting_cast.bob) as work:
        edit_own_profile(work, name="Bob", time_zone="Europe/Berlin")
        people = EditReview(facilitator=posting_cast.email("erin"))
        edit_review(work, review_by_ref(work, REVIEW), people)
    deliver(posting)
    office.mails.clear()
    _plan(posting, posting_cast, "bob", "charlie")
    deliver(posting)
    (mail,) = office.to(posting_cast.email("bob"))
    assert mail["Subject"].startswith("Invitation: meeting about REV-1")
    text = plain(mail)
    assert "Monday, 26 October 2026, 15:30 (Europe/Berlin), 60 minutes" in text
    assert "Room 4, 1st" in text
    assert "Through the timeline together" in text
    assert "nobody is on trial" in text
    method, event = _event(mail)
    assert (method, event["sequence"]) == ("REQUEST", 0)
    assert event.decoded("dtstart") == AT
    assert event.decoded("dtend") == AT + timedelta(minutes=60)
    assert str(event["organizer"]) == "mailto:tracker@example.org"
    assert event["organizer"].params["CN"] == "Erin"
    assert {str(one) for one in event["attendee"]} == {
        "mailto:bob@example.org",
        "mailto:charlie@example.org",
    }
    assert str(event["location"]) == "Room 4, 1st"
    uid = str(event["uid"])

    deliver(posting)
    assert len(office.mails) == 2, "each guest once"
    _plan(posting, posting_cast, "bob", at=AT + timedelta(days=1))
    deliver(posting)
    method, event = _event(office.to(posting_cast.email("bob"))[1])
    assert (method, event["sequence"], str(event["uid"])) == ("REQUEST", 1, uid)
    assert event.decoded("dtstart") == AT + timedelta(days=1)
    method, event = _event(office.to(posting_cast.email("charlie"))[1])
    assert (method, str(event["uid"]), str(event["status"])) == ("CANCEL", uid, "CANCELLED")

    with posting.begin(posting_cast.alice) as work:
        cancel_meeting(work, review_by_ref(work, REVIEW))
    deliver(posting)
    method, event = _event(office.to(posting_cast.email("bob"))[2])
    assert (method, event["sequence"], str(event["uid"])) == ("CANCEL", 2, uid)
    assert len(office.to(posting_cast.email("charlie"))) == 2


def test_a_refused_address_keeps_nobody_else_from_their_invitation(
    posting: App, posting_cast: Cast, office: PostOffice
) -> None:
    resolved(posting, posting_cast)
    office.refuse[posting_cast.email("bob")] = "550 5.1.1 no such user"
    _plan(posting, posting_cast, "bob", "charlie", "erin")
    assert deliver(posting).parked == 1
    assert len(office.to(posting_cast.email("charlie"))) == 1
    assert len(office.to(posting_cast.email("erin"))) == 1
    assert any("bob@example.org" in row.last_error for row in deliveries_of(posting, "mail"))


def test_a_meeting_called_off_before_anybody_heard_of_it_is_not_mailed(
    posting: App, posting_cast: Cast, office: PostOffice
) -> None:
    resolved(posting, posting_cast)
    _plan(posting, posting_cast, "bob")
    with posting.begin(posting_cast.alice) as work:
        cancel_meeting(work, review_by_ref(work, REVIEW))
    deliver(posting)
    assert office.mails == []
