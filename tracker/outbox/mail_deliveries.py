"""What people hear by mail: notices where Slack does not reach them, and invitations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import select

from tracker.app import App
from tracker.db.access import person_and_actor
from tracker.db.work import Look
from tracker.models.catalogue import Person
from tracker.models.journal import Notice
from tracker.models.slack import SlackUser
from tracker.outbox.analyse.mail_meetings import hand_over, send_invitations
from tracker.outbox.deliveries import Item
from tracker.outbox.slack_workspace import workspace
from tracker.reading.references import PREFIXES, notice_path, ref_of
from tracker.senders.mail import MailSender
from tracker.senders.mail_letters import Letter

WHY = {
    "review_due": "You get this because you look after this review.",
    "sign_off_asked": "You get this because somebody asked you to read this review.",
    "perspective_asked": "You get this because you were there. “No, thanks” on the page ends it.",
    "perspective_withdrawn": "You get this because you were asked before. Nothing is left to do.",
    "survey": "You get this because you took part in this review.",
}
# The invitation itself says it, with a file for the calendar.
TOLD_OTHERWISE = ("meeting_invited",)


def send_mail(app: App, items: Sequence[Item]) -> None:
    """Who is concerned by each item has the mail, unless Slack has told them or they want none.

    Raises: SendError.
    """
    server = app.mail()
    if server is None:
        return
    for item in items:
        if item.record_kind == "notice":
            _send_notice(app, server, item)
        elif item.record_kind == "review_meeting":
            send_invitations(app, server, item)


def _send_notice(app: App, server: MailSender, item: Item) -> None:
    with app.look_as_system() as look:
        notice = look.session.get(Notice, item.record_id)
        if notice is None or notice.read_at is not None or notice.kind in TOLD_OTHERWISE:
            return
        person = _addressee(look, notice)
    if person is None or not by_mail(app, person):
        return
    reference = ref_of(notice.record_kind, notice.record_id)
    base_url = app.settings.base_url.rstrip("/")
    letter = Letter(
        to_name=person.name,
        to_email=person.email,
        subject=notice.text,
        once=f"notice-{notice.key}",
        at=notice.at,
        paragraphs=(notice.text,),
        link=f"{base_url}{notice_path(notice.kind, notice.record_kind, notice.record_id)}",
        link_text=f"Open {reference}",
        thread=reference,
        why=WHY.get(notice.kind, ""),
    )
    hand_over(app, server, letter)


def by_mail(app: App, person: Person) -> bool:
    """True when this person hears by mail: they chose it, or Slack does not know them.

    Who stopped reminders in Slack has chosen too, and is not followed by mail.
    Raises: SendError while Slack cannot be asked whether it knows them.
    """
    if person.reminders_by:
        return person.reminders_by == "mail"
    slack = workspace(app)
    if slack is None:
        return True
    slack.slack_ids([person.key])
    with app.look_as_system() as look:
        known = select(SlackUser.id).where(
            SlackUser.team_id == slack.team_id, SlackUser.person_id == person.key
        )
        return look.session.exec(known).first() is None


def _addressee(look: Look, notice: Notice) -> Person | None:
    """The person of the notice, while they may still read what it is about."""
    found = person_and_actor(look.session, notice.person_id)
    if found is None or not found[0].active:
        return None
    models = {str(one.__tablename__): one for one in PREFIXES.values()}
    model = models.get(notice.record_kind)
    record = look.session.get(model, notice.record_id) if model else None
    readable = record is not None and found[1].reads(record.circle_id)
    return found[0] if readable else None
