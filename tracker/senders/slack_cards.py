"""What is posted about everything else: lessons, search, similar incidents, reminders. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block, DividerBlock, InteractiveElement

from tracker.senders.slack_blocks import (
    DECLINE_PERSPECTIVE,
    FINISH_ACTION,
    OPEN_PAGE,
    SHARE_LESSON,
    VERIFY_ACTION,
    WRITE_PERSPECTIVE,
    Message,
    actions,
    button,
    context,
    message,
    section,
)
from tracker.senders.slack_text import escape, fit, join_within, link, one_line

HITS_SHOWN = 8
NOTICES_SHOWN = 15


@dataclass(frozen=True)
class LessonFact:
    """A lesson as it is shared."""

    ref: str
    title: str
    url: str
    situation: str = ""
    insight: str = ""
    recommendation: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class HitFact:
    """A record that was found: ``kind`` is lesson, review, incident or action."""

    kind: str
    ref: str
    title: str
    url: str
    excerpt: str = ""


@dataclass(frozen=True)
class NoticeFact:
    """Something one person is told. ``kind`` as on the home page."""

    kind: str
    ref: str
    text: str
    url: str


def lesson_card(lesson: LessonFact, *, shareable: bool = False) -> Message:
    """A lesson that can be read where it stands; ``shareable`` adds the button that posts it."""
    lines = [f":bulb: *{link(lesson.url, f'{lesson.ref} {lesson.title}')}*"]
    for name, told in (
        ("What happened", lesson.situation),
        ("What we learned", lesson.insight),
        ("What to do", lesson.recommendation),
    ):
        if told.strip():
            lines.append(f"*{name}:* {fit(told.strip(), 700)}")
    blocks: list[Block] = [section("\n".join(lines))]
    if lesson.tags:
        blocks.append(context(one_line(" · ".join(lesson.tags), 300)))
    if shareable:
        share = button("Share in this channel", SHARE_LESSON, value=lesson.ref)
        blocks.append(actions([share]))
    return message(f"Lesson: {lesson.title}", blocks)


def search_results(
    words: str, hits: Sequence[HitFact], *, total: int, more_url: str, shareable: bool = False
) -> Message:
    """What was found, the best first, each with a way to open it and, for lessons, to share it."""
    shown = hits[:HITS_SHOWN]
    if not shown:
        return message(
            f"Nothing found for {one_line(words, 200)}",
            [
                section(f"Nothing found for “{one_line(words, 200)}”."),
                context(
                    f"Fewer or other words may help. {link(more_url, 'Search in the tracker')}"
                ),
            ],
        )
    blocks: list[Block] = [section(f"*{total} found for “{one_line(words, 200)}”*")]
    for number, hit in enumerate(shown):
        told = f"*{link(hit.url, f'{hit.ref} {hit.title}')}*"
        if hit.excerpt.strip():
            told += f"\n{one_line(hit.excerpt, 300)}"
        blocks.append(section(told))
        if shareable and hit.kind == "lesson":
            # The number keeps the ids of several such buttons apart.
            share = button("Share", SHARE_LESSON, value=f"{hit.ref} {number}")
            blocks.append(actions([share]))
    if total > len(shown):
        blocks.append(context(link(more_url, f"All {total} in the tracker")))
    return message(f"{total} found for {one_line(words, 200)}", blocks)


def similar(hits: Sequence[HitFact]) -> Message:
    """Incidents and lessons that resemble this one, for somebody in the middle of it."""
    if not hits:
        return message(
            "Nothing like this is known yet",
            [section("Nothing like this is known yet. What you find out will be the first.")],
        )
    lines = [
        f"• {link(hit.url, f'{hit.ref} {hit.title}')}"
        + (f"\n   {one_line(hit.excerpt, 200)}" if hit.excerpt.strip() else "")
        for hit in hits[:HITS_SHOWN]
    ]
    return message(
        "This happened before, or nearly",
        [section("*This happened before, or nearly*\n" + join_within(lines, 2_800))],
    )


def notice(told: NoticeFact) -> Message:
    """A reminder or news for one person, with what can be done about it."""
    blocks: list[Block] = [section(f"{one_line(told.text, 500)}")]
    elements: list[InteractiveElement] = []
    if told.kind in ("action_due", "action_accept"):
        elements.append(button("Done …", FINISH_ACTION, value=told.ref))
    if told.kind == "action_check":
        elements.append(button("Yes, it worked …", VERIFY_ACTION, value=told.ref, style="primary"))
    if told.kind == "perspective_asked":
        elements.extend(perspective_buttons(told.ref, url=told.url))
    else:
        elements.append(button("Open", OPEN_PAGE, url=told.url))
    blocks.append(actions(elements))
    return message(told.text, blocks)


def perspective_buttons(value: str, *, url: str) -> list[InteractiveElement]:
    """How somebody answers that they are asked how it looked to them."""
    _, _, unique = value.partition(" ")
    return [
        button("Write it here …", WRITE_PERSPECTIVE, value=value, style="primary"),
        button("No, thanks", DECLINE_PERSPECTIVE, value=value),
        button("Open the page", f"{OPEN_PAGE}:{unique}" if unique else OPEN_PAGE, url=url),
    ]


def notices(told: Sequence[NoticeFact], *, heading: str) -> Message:
    """Several at once, as one message."""
    lines = [f"• {link(one.url, one.ref)}: {one_line(one.text, 300)}" for one in told]
    listed = join_within(lines[:NOTICES_SHOWN], 2_800)
    if len(lines) > NOTICES_SHOWN:
        listed += f"\n… and {len(lines) - NOTICES_SHOWN} more on your home page"
    return message(heading, [section(f"*{one_line(heading, 150)}*\n{listed}")])


def digest(
    lessons: Sequence[LessonFact], waiting: Sequence[NoticeFact], *, home_url: str
) -> Message:
    """The week's digest for one person: what was learned, what waits."""
    blocks: list[Block] = []
    if lessons:
        listed = (f"• {link(one.url, one.title)}: {one_line(one.insight, 200)}" for one in lessons)
        blocks.append(section("*Learned lately*\n" + join_within(listed, 2_800)))
    if waiting:
        if blocks:
            blocks.append(DividerBlock())
        listed = (f"• {link(one.url, one.ref)}: {one_line(one.text, 200)}" for one in waiting)
        blocks.append(section("*Waiting for you*\n" + join_within(listed, 2_800)))
    if not blocks:
        blocks.append(section("A quiet week: nothing new was learned, and nothing waits for you."))
    blocks.append(context(f"{link(home_url, 'Your home page')} · this digest can be ended there"))
    return message("Your week in lessons", blocks)


def commands_help(
    title: str,
    rows: Sequence[tuple[str, str]],
    *,
    others: Sequence[tuple[str, Sequence[str]]] = (),
    more: str = "",
) -> Message:
    """What can be typed here: (what to type, what it does), then only the names of ``others``."""
    lines = [f"`{escape(typed)}` {escape(does)}" for typed, does in rows]
    blocks: list[Block] = [section(f"*{one_line(title, 200)}*")]
    blocks += [section(part) for part in _parts(lines)]
    for label, names in others:
        listed = " · ".join(f"`{escape(name)}`" for name in names)
        blocks.append(section(f"*{one_line(label, 200)}*\n{listed}"))
    if more:
        blocks.append(context(more))
    return message(title, blocks)


def polite(text: str, *, hint: str = "") -> Message:
    """Why something was not done, and what to do about it; seen by one person."""
    blocks: list[Block] = [section(fit(text, 2_800))]
    if hint.strip():
        blocks.append(context(fit(hint, 1_000)))
    return message(text, blocks)


def _parts(lines: Sequence[str]) -> list[str]:
    """The lines in pieces that fit a section each."""
    parts: list[str] = []
    for one in lines:
        if parts and len(parts[-1]) + 1 + len(one) <= 2_900:
            parts[-1] += f"\n{one}"
        else:
            parts.append(one[:2_900])
    return parts
