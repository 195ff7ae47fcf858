"""Notices by mail: to whom Slack does not reach, once, and never what they may not read."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from tests.conftest import Cast, HandClock
from tests.faces.review_story import REVIEW, resolved
from tests.mail.post_office import PostOffice, deliver, plain, with_mail
from tests.outbox.conftest import deliveries_of
from tracker.app import App
from tracker.models.catalogue import CircleMember, Person
from tracker.models.journal import Delivery, Notice
from tracker.outbox.subscribers import SLACK
from tracker.reading.references import review_by_ref
from tracker.senders.sender import RecordingSender
from tracker.usecases.analyse.sign_offs import AskSignOff, ask_sign_off
from tracker.usecases.deliveries import retry_delivery
from tracker.usecases.notices import dismiss_notice
from tracker.usecases.people import edit_own_profile


def _asked(app: App, cast: Cast, name: str = "charlie", *, visibility: str = "org") -> None:
    """Somebody has a notice: Alice asked them to sign REV-1."""
    resolved(app, cast, visibility=visibility)
    with app.begin(cast.alice) as work:
        ask = AskSignOff(person=cast.email(name), part="other")
        ask_sign_off(work, review_by_ref(work, REVIEW), ask)


def test_a_notice_is_mailed_once(posting: App, posting_cast: Cast, office: PostOffice) -> None:
    _asked(posting, posting_cast)
    deliver(posting)
    (mail,) = office.to(posting_cast.email("charlie"))
    assert mail["Subject"].startswith("Alice asks you to read REV-1")
    assert "/reviews/REV-1" in plain(mail)
    assert "somebody asked you to read this review" in plain(mail)
    deliver(posting)
    assert len(office.mails) == 1


def test_a_repeated_delivery_carries_the_same_name(
    posting: App, posting_cast: Cast, office: PostOffice
) -> None:
    _asked(posting, posting_cast)
    deliver(posting)
    with posting.begin_as_system() as work:
        for row in work.session.exec(select(Delivery).where(Delivery.subscriber == "mail")):
            row.status, row.run_at = "pending", work.now
    deliver(posting)
    first, second = office.to(posting_cast.email("charlie"))
    assert first["Message-ID"] == second["Message-ID"]


def test_nobody_is_mailed_who_wants_none_or_has_read_it(
    posting: App, posting_cast: Cast, office: PostOffice
) -> None:
    with posting.begin(posting_cast.charlie) as work:
        edit_own_profile(work, name="Charlie", time_zone="UTC", reminders_by="none")
    _asked(posting, posting_cast)
    with posting.begin(posting_cast.alice) as work:
        ask_sign_off(
            work, review_by_ref(work, REVIEW), AskSignOff(person=posting_cast.email("vera"))
        )
    with posting.begin(posting_cast.vera) as work:
        notices = select(Notice).where(Notice.person_id == work.actor.person_id)
        dismiss_notice(work, work.session.exec(notices).one().key)
    deliver(posting)
    assert office.mails == []


def test_what_was_closed_to_a_person_meanwhile_is_not_mailed(
    posting: App, posting_cast: Cast, office: PostOffice
) -> None:
    _asked(posting, posting_cast, visibility="private")
    with posting.begin_as_system() as work:
        member = select(CircleMember).where(
            CircleMember.person_id == posting_cast.charlie.person_id
        )
        for row in work.session.exec(member):
            work.session.delete(row)
    deliver(posting)
    assert office.mails == []


def test_somebody_who_left_gets_no_mail(
    posting: App, posting_cast: Cast, office: PostOffice
) -> None:
    _asked(posting, posting_cast)
    with posting.begin_as_system() as work:
        person = work.find(Person, posting_cast.charlie.person_id, what="Charlie")
        person.active = False
    deliver(posting)
    assert office.mails == []


@pytest.mark.parametrize("answer", ["451 4.7.1 greylisted", "421 4.3.2 shutting down"])
def test_a_server_in_trouble_is_tried_again_until_it_takes_the_mail(
    answer: str, posting: App, posting_cast: Cast, office: PostOffice, clock: HandClock
) -> None:
    _asked(posting, posting_cast)
    office.down_with = answer
    for _ in range(10):
        outcome = deliver(posting)
        assert outcome.parked == 0
        clock.forward(minutes=11)
    office.down_with = ""
    assert deliver(posting).delivered == 1
    assert len(office.mails) == 1


def test_a_refused_address_is_parked_with_what_to_do_and_tried_again_by_hand(
    posting: App, posting_cast: Cast, office: PostOffice
) -> None:
    office.refuse[posting_cast.email("charlie")] = "550 5.1.1 no such user"
    _asked(posting, posting_cast)
    assert deliver(posting).parked == 1
    (row,) = deliveries_of(posting, "mail")
    assert row.status == "parked"
    assert "550" in row.last_error
    assert "Correct the address on the person's page" in row.last_error
    office.refuse.clear()
    with posting.begin(posting_cast.ada) as work:
        retry_delivery(work, row.key)
    assert deliver(posting).delivered == 1
    assert len(office.to(posting_cast.email("charlie"))) == 1


@pytest.mark.parametrize(
    ("known", "choice", "mailed"),
    [
        (True, "", 0),
        (True, "mail", 1),
        (True, "none", 0),
        (False, "", 1),
        (False, "none", 0),
    ],
)
def test_one_of_slack_and_mail_tells_a_person(
    choice: str,
    posting: App,
    posting_cast: Cast,
    office: PostOffice,
    *,
    known: bool,
    mailed: int,
) -> None:
    team = f"T{choice}{known}"
    answers: dict[str, dict[str, Any]] = {"auth.test": {"team_id": team, "user_id": "U0"}}
    if known:
        answers["users.lookupByEmail"] = {"user": {"id": f"U1{choice}"}}
    slack = RecordingSender({**answers, "conversations.open": {"channel": {"id": "D1"}}})
    both = with_mail(posting, office.url, slack_bot_token="xoxb-1")
    both.__dict__["_slack_senders"] = {"xoxb-1": slack}
    with both.begin(posting_cast.charlie) as work:
        edit_own_profile(work, name="Charlie", time_zone="UTC", reminders_by=choice)
    _asked(both, posting_cast)
    deliver(both)
    deliver(both, SLACK)
    assert len(office.to(posting_cast.email("charlie"))) == mailed
    direct = [call for call in slack.of("chat.postMessage") if call.arguments["channel"] == "D1"]
    assert len(direct) == int(known and not choice)


def test_without_a_mail_server_nothing_is_kept_for_one(app: App, cast: Cast) -> None:
    _asked(app, cast)
    assert deliveries_of(app, "mail") == []
