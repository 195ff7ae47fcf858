"""What one person is told in Slack: notices by direct message, late updates in the channel."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import col, select

from tracker.db.access import person_and_actor, readable
from tracker.db.work import Look
from tracker.domain.lifecycle import LIVING_LESSON_STATES, OPEN_INCIDENT_STATES
from tracker.models.catalogue import Person
from tracker.models.incident import Incident
from tracker.models.journal import Notice
from tracker.models.lesson import Lesson, LessonTag
from tracker.models.slack import SlackMessage, SlackUser
from tracker.outbox.deliveries import Item
from tracker.outbox.slack_workspace import Workspace
from tracker.reading.references import PREFIXES, ref
from tracker.reading.slack import incident_facts, notice_fact, slack_channel
from tracker.senders.slack_blocks import Message, update_reminder
from tracker.senders.slack_cards import LessonFact, digest, notice, notices

# Notices that waited longer than this are told together.
TOGETHER_AFTER = timedelta(minutes=30)
TOLD_TOGETHER = 15
DIGEST_DAYS = timedelta(days=7)


def tell_notice(slack: Workspace, item: Item) -> None:
    """The person has the notice as a direct message, unless they have read it or want none.

    That an update is late is said once in the incident's channel, where it can be written.
    Raises: SendError.
    """
    with slack.app.look_as_system() as look:
        row = look.session.get(Notice, item.record_id)
        if row is None or row.read_at is not None or not _may_read(look, row):
            return
        channel_id, told = _late_update(slack, look, row)
    if told is not None:
        slack.post(
            channel_id,
            told,
            once=f"INC-{row.record_id} {row.once}",
            kind="update_late",
            about=("incident", row.record_id),
        )
        return
    if _hears_elsewhere(slack, row.person_id):
        return
    user = _reached(slack, row.person_id)
    if user is None or slack.posted(_once(row)) is not None:
        return
    base_url = slack.app.settings.base_url
    with slack.app.look_as_system() as look:
        waiting = [row]
        if look.now - row.at > TOGETHER_AFTER:
            waiting = _untold(look, row.person_id)
        facts = [notice_fact(one, base_url=base_url) for one in waiting]
    message = notice(facts[0]) if len(facts) == 1 else notices(facts, heading="Meanwhile, for you")
    channel_id = _direct(slack, user)
    ts = slack.post(channel_id, message, once=_once(row), kind="notice", about=("notice", row.key))
    for one in waiting:
        if one.key != row.key:
            slack.remember(
                _once(one), kind="notice", channel_id=channel_id, ts=ts, about=("notice", one.key)
            )


def tell_digest(slack: Workspace, item: Item) -> None:
    """The person has this week's digest, if they still want it. Raises: SendError."""
    user = _reached(slack, item.record_id, digest_only=True)
    if user is None:
        return
    base_url = slack.app.settings.base_url.rstrip("/")
    with slack.app.look_as_system() as look:
        found = person_and_actor(look.session, item.record_id)
        if found is None or not found[0].active:
            return
        query = (
            select(Lesson)
            .where(
                readable(Lesson, found[1]),
                col(Lesson.state).in_(LIVING_LESSON_STATES),
                col(Lesson.published_at) > item.at - DIGEST_DAYS,
            )
            .order_by(col(Lesson.published_at).desc(), col(Lesson.id).desc())
            .limit(10)
        )
        lessons = [lesson_fact(look, row, base_url=base_url) for row in look.session.exec(query)]
        waiting = look.session.exec(
            select(Notice)
            .where(Notice.person_id == item.record_id, col(Notice.read_at).is_(None))
            .order_by(col(Notice.id).desc())
            .limit(10)
        ).all()
        facts = [notice_fact(one, base_url=base_url) for one in waiting if _may_read(look, one)]
    slack.post(
        _direct(slack, user),
        digest(lessons, facts, home_url=base_url or "/"),
        once=f"digest {item.record_id} {item.at:%Y-%m-%d}",
        kind="digest",
        about=("person", item.record_id),
    )


def lesson_fact(look: Look, lesson: Lesson, *, base_url: str) -> LessonFact:
    """The lesson as its card tells it. The caller has asked whether it may be read."""
    tags = look.session.exec(
        select(LessonTag.tag).where(LessonTag.lesson_id == lesson.key).order_by(LessonTag.tag)
    ).all()
    return LessonFact(
        ref=ref(lesson),
        title=lesson.title,
        url=f"{base_url.rstrip('/')}/lessons/{ref(lesson)}",
        situation=lesson.situation,
        insight=lesson.insight,
        recommendation=lesson.recommendation,
        tags=tuple(tags),
    )


def _late_update(slack: Workspace, look: Look, row: Notice) -> tuple[str, Message | None]:
    """(channel, reminder) when the notice is about a late update and the incident has a channel."""
    if row.kind != "update_late":
        return "", None
    incident = look.session.get(Incident, row.record_id)
    channel = slack_channel(look, row.record_id)
    if (
        incident is None
        or incident.state not in OPEN_INCIDENT_STATES
        or channel is None
        or not channel.channel_id
        or channel.archived_at is not None
    ):
        return "", None
    settings = slack.app.settings
    facts = incident_facts(
        look, incident, base_url=settings.base_url, command=settings.slack_command
    )
    return channel.channel_id, update_reminder(facts)


def _may_read(look: Look, row: Notice) -> bool:
    """The record may have been closed to others since the notice was written."""
    found = person_and_actor(look.session, row.person_id)
    if found is None or not found[0].active:
        return False
    models = {str(one.__tablename__): one for one in PREFIXES.values()}
    record = look.session.get(models[row.record_kind], row.record_id)
    return record is not None and found[1].reads(record.circle_id)


def _untold(look: Look, person_id: int) -> list[Notice]:
    """The person's unread notices that no message has told yet, oldest first."""
    told = select(SlackMessage.record_id).where(SlackMessage.record_kind == "notice")
    rows = look.session.exec(
        select(Notice)
        .where(
            Notice.person_id == person_id,
            col(Notice.read_at).is_(None),
            col(Notice.id).not_in(told),
        )
        .order_by(col(Notice.id))
        .limit(TOLD_TOGETHER)
    )
    return [row for row in rows if _may_read(look, row)]


def _reached(slack: Workspace, person_id: int, *, digest_only: bool = False) -> SlackUser | None:
    """The person in Slack, unless Slack does not know them or they want no such messages."""
    if not digest_only:
        slack.slack_ids([person_id])
    with slack.app.look_as_system() as look:
        row = look.session.exec(
            select(SlackUser)
            .where(SlackUser.team_id == slack.team_id, SlackUser.person_id == person_id)
            .order_by(col(SlackUser.id))
        ).first()
    if row is None:
        return None
    return row if (row.wants_digest if digest_only else row.wants_reminders) else None


def _hears_elsewhere(slack: Workspace, person_id: int) -> bool:
    """True when the person chose mail, where there is mail, or their home page alone."""
    with slack.app.look_as_system() as look:
        person = look.session.get(Person, person_id)
    chosen = person.reminders_by if person else ""
    return chosen == "none" or (chosen == "mail" and slack.app.settings.mail_is_on)


def _direct(slack: Workspace, user: SlackUser) -> str:
    """The conversation between the person and the app."""
    if user.dm_channel_id:
        return user.dm_channel_id
    answer = slack.call("conversations.open", users=(user.slack_user_id,))
    channel_id = str((answer.get("channel") or {}).get("id", ""))
    with slack.app.begin_as_system() as work:
        work.find(SlackUser, user.id, what="That person").dm_channel_id = channel_id
    return channel_id


def _once(row: Notice) -> str:
    return f"notice {row.key}"
