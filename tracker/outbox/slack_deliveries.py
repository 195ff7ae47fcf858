"""What Slack hears of events: each delivery brings a channel up to date and tells what is new.

What is told comes from the record, not from the event: everything recorded since the channel was
last told. So a repeated delivery tells nothing twice, and after a time without Slack one message
tells all that was missed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import col, select

from tracker.app import App
from tracker.db.work import Look
from tracker.domain.incident import TIMES
from tracker.models.incident import Incident, StatusUpdate, TimelineEntry
from tracker.models.journal import StateMove
from tracker.models.lesson import Lesson
from tracker.models.review import Review, ReviewIncident
from tracker.outbox.deliveries import Item, mark_covered, waiting_behind
from tracker.outbox.respond.slack_channels import GONE_CODES, IncidentChannel
from tracker.outbox.respond.slack_marked import fill_in
from tracker.outbox.respond.slack_transcripts import tend_transcript
from tracker.outbox.slack_notices import lesson_fact, tell_digest, tell_notice
from tracker.outbox.slack_workspace import Workspace, workspace
from tracker.reading.references import ref
from tracker.reading.slack import happened_since, people_as_slack_shows, slack_channel, update_fact
from tracker.senders.sender import SendError
from tracker.senders.slack_blocks import (
    OPEN_PAGE,
    Message,
    Who,
    actions,
    button,
    catch_up,
    line,
    message,
    section,
    state_line,
    update_message,
)
from tracker.senders.slack_cards import lesson_card
from tracker.senders.slack_text import link
from tracker.usecases.respond.slack_messages import FETCH

# Older news than this, or more pieces of it, are told in one message.
CATCH_UP_AFTER = timedelta(minutes=5)
MOST_SINGLE_LINES = 6
# What is told elsewhere, or would be told too often: the message of a review says with its button
# that it is published, and who runs a procedure ticks every few minutes.
_NOT_TOLD = re.compile(
    r"Review REV-[0-9]+ published|PRO-[0-9]+, steps? [^:]* (?:done|skipped|open again):"
)


def tell_slack(app: App, items: Sequence[Item]) -> None:
    """Slack shows what the record says about each item. Nothing is done where Slack is not set up.

    Raises: SendError.
    """
    for item in items:
        slack = workspace(app, again=item.tries > 1)
        if slack is None:
            continue
        if item.record_kind == "incident":
            _tell_of_incident(slack, item)
        elif item.record_kind == "lesson":
            _tell_of_lesson(slack, item)
        elif item.record_kind == "review":
            _tell_of_review(slack, item)
        elif item.record_kind == "notice":
            tell_notice(slack, item)
        elif item.record_kind == "person":
            tell_digest(slack, item)


def _tell_of_incident(slack: Workspace, item: Item) -> None:
    # Asked before the record is read: what they are for is then read with it.
    covered = waiting_behind(slack.app, item, "slack")
    channel = IncidentChannel(slack, item.record_id)
    if not channel.wanted(declared_now=item.name == "incident.declared"):
        return
    if item.detail.startswith(f"{FETCH} "):
        fill_in(slack, channel.incident_id, int(item.detail.removeprefix(f"{FETCH} ")))
        channel.read()
    try:
        if not channel.open_up():
            return
        channel.bring_up_to_date()
        _tell_news(slack, channel, item)
        if not tend_transcript(slack, channel):
            channel.close_down()
    except SendError as error:
        if error.permanent:
            if channel.channel_id and error.code in GONE_CODES:
                channel.gone(error)
            else:
                channel.note(trouble=error.explanation)
        raise
    _note_refusals(channel)
    mark_covered(slack.app, covered)


def _note_refusals(channel: IncidentChannel) -> None:
    """What Slack refused for good is shown to the people who can change it: parked once, however
    much happens in the incident meanwhile, and named by ``tracker doctor`` until it is over.
    """
    told = channel.refused[0].explanation if channel.refused else ""
    if channel.row is None or channel.row.trouble == told:
        return
    channel.note(trouble=told)
    if channel.refused:
        raise channel.refused[0]


def _tell_news(slack: Workspace, channel: IncidentChannel, item: Item) -> None:
    """The channel has been told everything that is recorded by now."""
    incident = channel.incident
    since = channel.row.told_until if channel.row else None
    if incident is None:
        return
    with slack.app.look_as_system() as look:
        late = look.now - item.at > CATCH_UP_AFTER
        groups = _news(look, incident, since)
        if not groups:
            return
        until = max(groups)
        if late or len(groups) > MOST_SINGLE_LINES:
            messages = [_caught_up(look, channel, incident, since, until)]
        else:
            messages = [
                (f"{ref(incident)} said {at.isoformat()}", _said(look, channel, incident, at, some))
                for at, some in groups.items()
            ]
    for once, told in messages:
        slack.post(channel.channel_id, told, once=once, kind="line", about=channel.about)
    channel.note(told_until=until)


def _news(
    look: Look, incident: Incident, since: datetime | None
) -> dict[datetime, list[TimelineEntry]]:
    """What the tracker itself noted meanwhile, by the instant of the work. People's own notes and
    statements about times are in the timeline; a channel that repeated them would not be read.
    """
    query = select(TimelineEntry).where(
        TimelineEntry.incident_id == incident.key,
        TimelineEntry.kind == "system",
    )
    if since is not None:
        query = query.where(TimelineEntry.recorded_at > since)
    groups: dict[datetime, list[TimelineEntry]] = {}
    for entry in look.session.exec(query.order_by(col(TimelineEntry.id))):
        if not (_states_a_time(entry.text) or _NOT_TOLD.match(entry.text)):
            groups.setdefault(entry.recorded_at, []).append(entry)
    return groups


def _states_a_time(text: str) -> bool:
    name, colon, _ = text.partition(":")
    return bool(colon) and name.lower().replace(" ", "_") in TIMES


def _caught_up(
    look: Look,
    channel: IncidentChannel,
    incident: Incident,
    since: datetime | None,
    until: datetime,
) -> tuple[str, Message]:
    told = catch_up(
        channel.facts,
        happened_since(look, incident, since),
        heading="What this channel missed",
        since="Meanwhile",
    )
    return f"{ref(incident)} caught up {until.isoformat()}", told


def _said(
    look: Look,
    channel: IncidentChannel,
    incident: Incident,
    at: datetime,
    entries: Sequence[TimelineEntry],
) -> Message:
    """The one message for everything that one work noted."""
    who = people_as_slack_shows(look, [entry.author_id for entry in entries])
    author = next((who[one.author_id] for one in entries if one.author_id in who), None)
    update = look.session.exec(
        select(StatusUpdate).where(StatusUpdate.incident_id == incident.key, StatusUpdate.at == at)
    ).first()
    if update is not None:
        return update_message(channel.facts, update_fact(update, who))
    moved = look.session.exec(
        select(StateMove).where(
            StateMove.record_kind == "incident",
            StateMove.record_id == incident.key,
            StateMove.at == at,
        )
    ).first()
    if moved is not None:
        # The review that begins with it has its button there, so it needs no words of its own.
        return state_line(replace(channel.facts, state=moved.to_state), entries[0].text, author)
    return _line(entries, author)


def _line(entries: Sequence[TimelineEntry], author: Who | None) -> Message:
    return line("\n".join(entry.text for entry in entries), who=author)


def _tell_of_lesson(slack: Workspace, item: Item) -> None:
    """The lesson stands in the channel it was shared in, as it reads now. Raises: SendError."""
    channel_id = item.detail.partition(" ")[2]
    with slack.app.look_as_system() as look:
        lesson = look.session.get(Lesson, item.record_id)
        if lesson is None or lesson.circle_id is not None or not channel_id:
            return
        told = lesson_card(lesson_fact(look, lesson, base_url=slack.app.settings.base_url))
    once = f"LES-{item.record_id} shared {channel_id} {item.at.isoformat()}"
    slack.post(channel_id, told, once=once, kind="lesson", about=("lesson", item.record_id))


def _tell_of_review(slack: Workspace, item: Item) -> None:
    """A review that was started or published is told in the channels of its incidents.

    One that began with the resolving of its incident was told of there.
    """
    with slack.app.look_as_system() as look:
        review = look.session.get(Review, item.record_id)
        if review is None:
            return
        url = f"{slack.app.settings.base_url.rstrip('/')}/reviews/{ref(review)}"
        incidents = look.session.exec(
            select(Incident)
            .join(ReviewIncident, col(ReviewIncident.incident_id) == col(Incident.id))
            .where(ReviewIncident.review_id == review.key)
        ).all()
        shown = [one for one in incidents if review.circle_id in (None, one.circle_id)]
        open_channels = {
            one.key: row
            for one in shown
            if (row := slack_channel(look, one.key)) is not None
            and row.channel_id
            and row.archived_at is None
        }
        resolved_now = set(
            look.session.exec(
                select(StateMove.record_id).where(
                    StateMove.record_kind == "incident", StateMove.at == item.at
                )
            )
        )
    if item.name == "review.started":
        said = f"A review has begun: {link(url, f'{ref(review)} {review.title}')}."
        label = "Open it"
        targets = [key for key in open_channels if key not in resolved_now]
    elif item.detail == "publish":
        said = f":bulb: *The review is published:* {link(url, f'{ref(review)} {review.title}')}"
        label, targets = "Read it", list(open_channels)
    else:
        return
    told = message(
        f"{ref(review)} {review.title}",
        [section(said), actions([button(label, OPEN_PAGE, url=url)])],
    )
    for incident_id in targets:
        once = f"{ref(review)} {item.name} {item.detail} {item.at.isoformat()} INC-{incident_id}"
        slack.post(
            open_channels[incident_id].channel_id,
            told,
            once=once,
            kind="review",
            about=("review", review.key),
        )
