"""The home tab: my incidents, what waits for me, reviews due, lessons for me."""

from __future__ import annotations

from typing import Any

from slack_sdk.models.blocks import Block, DividerBlock
from sqlmodel import select

from tracker.db.work import Look
from tracker.models.slack import SlackUser
from tracker.reading.home import home_page
from tracker.reading.references import ref
from tracker.reading.slack import slack_channel
from tracker.senders.slack_blocks import OPEN_PAGE, actions, button, context, section
from tracker.senders.slack_text import channel, escape, join_within, link, one_line, when
from tracker.slack.analyse.perspectives import asked_blocks
from tracker.slack.respond.declaring import page_of
from tracker.slack.share.finding import waiting
from tracker.slack.visits import Visit

DECLARE = "home_declare"
NEAR_MISS = "home_near_miss"
CHOOSE_REMINDERS = "choose_reminders"
CHOOSE_DIGEST = "choose_digest"
BLOCKS_LIMIT = 100
LESSONS_SHOWN = 5


def home_view(look: Look, visit: Visit) -> dict[str, Any]:
    """What this person's home tab shows now, as Slack wants it."""
    page = home_page(look)
    blocks: list[Block] = [
        actions(
            [
                button("Declare an incident", DECLARE, style="danger"),
                button("Report a near miss", NEAR_MISS),
                button("Open the tracker", OPEN_PAGE, url=f"{visit.base_url}/"),
            ]
        ),
        section("*Open now*"),
    ]
    lines = []
    for item in page.open_incidents:
        known = slack_channel(look, item.row.key)
        where = f" · {channel(known.channel_id)}" if known and known.channel_id else ""
        lines.append(
            f"• *{escape(item.row.severity or '-')}* "
            f"{link(page_of(visit, item.ref), f'{item.ref} {item.row.title}')}"
            f" · since {when(item.row.declared_at)}{where}"
        )
    blocks.append(
        section(join_within(lines, 2_800) if lines else "No incident is open. :seedling:")
    )
    blocks.append(DividerBlock())
    blocks.extend(waiting(page, visit, asked=asked_blocks(look, visit)))
    due = [
        f"• {link(page_of(visit, ref(row)), f'{ref(row)} {row.title}')}"
        + (f" · due {row.due_on:%Y-%m-%d}" if row.due_on else "")
        for row in page.reviews_due
    ]
    if due:
        blocks += [DividerBlock(), section("*Reviews due*\n" + join_within(due, 2_800))]
    learned = [
        f"• {link(page_of(visit, ref(row)), f'{ref(row)} {row.title}')}"
        f"\n   {one_line(row.insight, 200)}"
        for row in page.newest_lessons[:LESSONS_SHOWN]
    ]
    if learned:
        blocks += [DividerBlock(), section("*Lessons for you*\n" + join_within(learned, 2_800))]
    blocks += [DividerBlock(), *_choices(look, visit)]
    built = [one.to_dict() for one in blocks]
    return {"type": "home", "blocks": built[:BLOCKS_LIMIT]}


def _choices(look: Look, visit: Visit) -> list[Block]:
    """What is sent by direct message: said here, changed here."""
    row = look.session.exec(
        select(SlackUser).where(
            SlackUser.team_id == visit.team_id, SlackUser.slack_user_id == visit.user_id
        )
    ).first()
    if row is None:
        return []
    reminders = "Stop reminders" if row.wants_reminders else "Remind me by message"
    digest = "Stop the digest" if row.wants_digest else "Send me the weekly digest"
    return [
        actions(
            [
                button(reminders, CHOOSE_REMINDERS, value="no" if row.wants_reminders else "yes"),
                button(digest, CHOOSE_DIGEST, value="no" if row.wants_digest else "yes"),
            ]
        ),
        context("Reminders are about your reviews, actions and updates; the digest is weekly."),
    ]
