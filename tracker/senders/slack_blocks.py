"""What is posted about an incident: the pinned card, lines, updates, catch-up, announcement. Pure.

Every builder takes plain facts and gives a Message that Slack accepts, however long the facts are.
Lists and cards of other records are built in slack_cards.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    CheckboxesElement,
    ContextBlock,
    HeaderBlock,
    InteractiveElement,
    MarkdownTextObject,
    Option,
    PlainTextObject,
    SectionBlock,
)

from tracker.senders import slack_text as text_of
from tracker.senders.slack_facts import IncidentFacts, Message, RoleFact, TaskFact, UpdateFact, Who
from tracker.senders.slack_text import escape, fit, link, one_line, plain, when

# What a button or check box is called when it comes back. Values name the record: "INC-12", and
# after a space what is asked of it: "INC-12 commander".
CLAIM_ROLE = "claim_role"
HAND_OVER_ROLE = "hand_over_role"
TICK_TASKS = "tick_tasks"
ADD_TASK = "add_task"
POST_UPDATE = "post_update"
SNOOZE_UPDATE = "snooze_update"
ASSESS_SEVERITY = "assess_severity"
MOVE_INCIDENT = "move_incident"
CATCH_UP = "catch_up"
OPEN_PAGE = "open_page"
SHARE_LESSON = "share_lesson"
FINISH_ACTION = "finish_action"
VERIFY_ACTION = "verify_action"
ABOUT_TRANSCRIPT = "about_transcript"
LINK_CHANGE = "link_change"
NOTE_CHANGE = "note_change"
RUN_PROCEDURE = "run_procedure"
SHOW_RUN = "show_run"
TICK_STEPS = "tick_steps"
FINISH_RUN = "finish_run"
WRITE_PERSPECTIVE = "write_perspective"
DECLINE_PERSPECTIVE = "decline_perspective"

TASKS_SHOWN = text_of.OPTIONS_LIMIT
STATE_WORDS = {
    "declared": "declared, nobody has said yet that they look at it",
    "investigating": "being investigated",
    "mitigated": "mitigated: the effect has stopped, the work goes on",
    "resolved": "resolved",
    "closed": "closed",
    "dismissed": "dismissed",
    "merged": "merged into another incident",
}


def incident_card(facts: IncidentFacts) -> Message:
    """The pinned card: what it is, how it stands, who has which role, what is to be done."""
    blocks: list[Block] = [_header(f"{facts.ref} {facts.title}")]
    lines = [_standing(facts)]
    if facts.impact_text:
        lines.append(f"*Felt as:* {fit(facts.impact_text, 600)}")
    if facts.summary:
        lines.append(fit(facts.summary, 1_200))
    blocks.append(section("\n".join(lines)))
    blocks.append(_facts_block(facts))
    if facts.update is not None:
        blocks.append(section(_update_words(facts, facts.update, limit=1_500)))
    blocks += task_blocks(facts)
    if facts.is_open:
        blocks += [_role_buttons(facts), _work_buttons(facts)]
    elif facts.review_url:
        blocks.append(actions([button("Open the review", OPEN_PAGE, url=facts.review_url)]))
    blocks.append(
        context(
            f"{link(facts.url, 'Everything in the tracker')} · "
            f"`{escape(facts.command)} help` shows what can be typed here"
        )
    )
    return _message(f"{facts.ref} {facts.title}: {facts.severity}, {facts.state}", blocks)


def catch_up(
    facts: IncidentFacts, happened: Sequence[str], *, heading: str = "", since: str = ""
) -> Message:
    """Where things stand, for somebody who joins; or what a channel missed, in one message.

    ``happened``: what happened, oldest first, as lines that are formatted and escaped already.
    """
    blocks: list[Block] = [section(f"*{one_line(heading or 'Where we are', 200)}*")]
    lines = [f"*{link(facts.url, f'{facts.ref} {facts.title}')}*", _standing(facts)]
    if facts.impact_text:
        lines.append(f"*Felt as:* {fit(facts.impact_text, 600)}")
    blocks.append(section("\n".join(lines)))
    blocks.append(_facts_block(facts))
    if happened:
        told = text_of.join_within(
            (f"• {line}" for line in happened), 2_800, more="… and {count} more, in the tracker"
        )
        blocks.append(section(f"*{one_line(since or 'What happened', 100)}*\n{told}"))
    if facts.update is not None:
        blocks.append(section(_update_words(facts, facts.update, limit=1_500)))
    open_tasks = [task for task in facts.tasks if not task.done]
    if open_tasks:
        listed = text_of.join_within((f"• {_task_words(task)}" for task in open_tasks), 2_500)
        blocks.append(section(f"*To be done*\n{listed}"))
    return _message(f"{heading or 'Where we are'}: {facts.ref} {facts.title}", blocks)


def update_message(facts: IncidentFacts, update: UpdateFact) -> Message:
    """A status update, as the channel reads it."""
    blocks: list[Block] = [
        section(_update_words(facts, update, limit=2_700)),
        context(f"{facts.mark} {escape(facts.severity)} · {escape(facts.state)}"),
    ]
    return _message(f"Update of {facts.ref}: {update.text}", blocks)


def line(text: str, *, at: datetime | None = None, who: Who | None = None) -> Message:
    """One thing that happened, in one line. ``text`` is what a person wrote, not formatted."""
    told = fit(text, 2_500)
    behind = " · ".join([*([str(who)] if who else []), *([when(at)] if at else [])])
    blocks: list[Block] = [section(told)]
    if behind:
        blocks.append(context(behind))
    return _message(text, blocks)


def state_line(facts: IncidentFacts, said: str, who: Who | None) -> Message:
    """A change of state, with what comes next as a button."""
    blocks: list[Block] = [section(f"{facts.mark} *{fit(said, 2_500)}*")]
    if who is not None:
        blocks.append(context(str(who)))
    if facts.state == "resolved":
        blocks.append(section(_after_words(facts)))
        after: list[InteractiveElement] = []
        if facts.review_url:
            after.append(button("Open the review", OPEN_PAGE, url=facts.review_url))
        after.append(button("Keep what was said here …", ABOUT_TRANSCRIPT, value=facts.ref))
        blocks.append(actions(after))
    return _message(f"{facts.ref}: {said}", blocks)


def announcement(facts: IncidentFacts) -> Message:
    """A new incident, for people outside its channel: one glance, one tap to go there."""
    where = f" · {text_of.channel(facts.channel_id)}" if facts.channel_id else ""
    lines = [
        f"{facts.mark} *{escape(facts.severity)}: {link(facts.url, f'{facts.ref} {facts.title}')}*",
        f"{_state_words(facts).capitalize()}{where}",
    ]
    if facts.impact_text:
        lines.append(f"*Felt as:* {fit(facts.impact_text, 500)}")
    blocks: list[Block] = [section("\n".join(lines))]
    if facts.services:
        blocks.append(context(f"Services: {one_line(', '.join(facts.services), 300)}"))
    return _message(f"{facts.severity}: {facts.ref} {facts.title}, {facts.state}", blocks)


def update_reminder(facts: IncidentFacts) -> Message:
    """The next update is late: asked for kindly, with a way to say later."""
    blocks: list[Block] = [
        section(
            ":hourglass: *The next update is due.* "
            "Two sentences are enough: what we know, what we do next."
        ),
        actions(
            [
                button("Write the update", POST_UPDATE, value=facts.ref, style="primary"),
                button("Ask again in 15 minutes", SNOOZE_UPDATE, value=f"{facts.ref} 15"),
            ]
        ),
    ]
    return _message(f"The next update of {facts.ref} is due", blocks)


def task_blocks(facts: IncidentFacts) -> list[Block]:
    """The tasks as check boxes: open ones first, ten at most, the rest by number."""
    ordered = sorted(facts.tasks, key=lambda task: task.done)
    shown, left = ordered[:TASKS_SHOWN], ordered[TASKS_SHOWN:]
    if not shown:
        return []
    options = {task.id: _task_option(task) for task in shown}
    done = [options[task.id] for task in shown if task.done]
    boxes = CheckboxesElement(
        action_id=TICK_TASKS, options=list(options.values()), initial_options=done or None
    )
    # Slack keeps what a reader ticked for as long as the block has its id.
    state = "-".join(f"{task.id}{'x' if task.done else ''}" for task in shown)
    mark = hashlib.sha256(state.encode()).hexdigest()[:12]
    blocks: list[Block] = [
        section("*Tasks*"),
        ActionsBlock(block_id=f"tasks {facts.ref} {mark}", elements=[boxes]),
    ]
    if left:
        blocks.append(context(f"{len(left)} more in {link(facts.url, 'the tracker')}"))
    return blocks


def topic(facts: IncidentFacts) -> str:
    """The channel's topic: severity, state, commander; plain text, 250 characters at most."""
    lead = next((role.who for role in facts.roles if role.who is not None), None)
    parts = [facts.severity, facts.state, facts.title]
    if lead is not None:
        parts.insert(2, f"{facts.roles[0].name}: {lead.name}")
    return plain(" · ".join(parts), text_of.TOPIC_LIMIT)


def section(mrkdwn: str) -> SectionBlock:
    """A section of formatted text, cut at Slack's limit as the last resort."""
    return SectionBlock(text=MarkdownTextObject(text=mrkdwn[: text_of.SECTION_LIMIT] or "-"))


def context(mrkdwn: str) -> ContextBlock:
    """A line of small print."""
    return ContextBlock(elements=[MarkdownTextObject(text=mrkdwn[: text_of.CONTEXT_LIMIT] or "-")])


def actions(elements: Sequence[InteractiveElement]) -> ActionsBlock:
    """A row of buttons."""
    return ActionsBlock(elements=list(elements))


def button(
    label: str, action_id: str, *, value: str = "", url: str = "", style: str | None = None
) -> ButtonElement:
    """A button. Two buttons of one message need different ids: a value that is more than a
    reference becomes part of it, after a colon.
    """
    words = value.split(" ", 1)
    unique = f"{action_id}:{words[1]}" if len(words) > 1 else action_id
    return ButtonElement(
        text=PlainTextObject(text=plain(label, text_of.BUTTON_LIMIT), emoji=False),
        action_id=unique[:255],
        value=value[: text_of.VALUE_LIMIT] or None,
        url=url or None,
        style=style,
    )


def message(text: str, blocks: Iterable[Block]) -> Message:
    """The blocks with their fallback text; at most 50 of them."""
    return _message(text, blocks)


def _message(text: str, blocks: Iterable[Block]) -> Message:
    built = [block.to_dict() for block in blocks][: text_of.BLOCKS_LIMIT]
    return Message(fit(text, text_of.FALLBACK_LIMIT), built)


def _header(text: str) -> HeaderBlock:
    return HeaderBlock(text=PlainTextObject(text=plain(text, text_of.HEADER_LIMIT), emoji=False))


def _standing(facts: IncidentFacts) -> str:
    kind = ":lock: " if facts.private else ""
    named = escape(facts.severity)
    if facts.severity_name and facts.severity_name != facts.severity:
        named += f" ({one_line(facts.severity_name, 60)})"
    return f"{kind}{facts.mark} *{named}*, {_state_words(facts)}"


def _state_words(facts: IncidentFacts) -> str:
    return STATE_WORDS.get(facts.state, escape(facts.state))


def _facts_block(facts: IncidentFacts) -> SectionBlock:
    told = [("Declared", f"{when(facts.declared_at)} by {facts.declared_by}")]
    if facts.is_open and facts.next_update_at is not None:
        told.append(("Next update", when(facts.next_update_at)))
    told += [(role.name, str(role.who) if role.who else "_nobody yet_") for role in facts.roles[:4]]
    if facts.services:
        told.append(("Services", one_line(", ".join(facts.services), 500)))
    if facts.teams:
        told.append(("Teams", one_line(", ".join(facts.teams), 500)))
    if facts.review_ref:
        told.append(("Review", link(facts.review_url, facts.review_ref)))
    fields = [f"*{one_line(name, 60)}*\n{value}" for name, value in told[: text_of.FIELDS_LIMIT]]
    return SectionBlock(fields=[MarkdownTextObject(text=one) for one in fields])


def _update_words(facts: IncidentFacts, update: UpdateFact, *, limit: int) -> str:
    audience = "" if update.audience == "internal" else f" (for {escape(update.audience)})"
    following = ""
    # What was promised for an incident that is over by now will not come.
    if update.next_update_at is not None and facts.is_open:
        following = f"\nNext update: {when(update.next_update_at)}"
    opening = f":mega: *Update*{audience} · {when(update.at)} · {update.author}\n"
    return opening + fit(update.text, limit - len(opening) - len(following)) + following


def _task_words(task: TaskFact) -> str:
    return one_line(task.title, 200) + (f" · {task.owner}" if task.owner else "")


def _task_option(task: TaskFact) -> Option:
    return Option(
        value=str(task.id),
        text=PlainTextObject(text=plain(task.title, text_of.OPTION_LIMIT), emoji=False),
        description=PlainTextObject(text=plain(task.owner.name, text_of.OPTION_LIMIT), emoji=False)
        if task.owner
        else None,
    )


def _role_buttons(facts: IncidentFacts) -> ActionsBlock:
    buttons: list[InteractiveElement] = []
    for role in facts.roles[:3]:
        value = f"{facts.ref} {role.key}"
        if role.who is None:
            buttons.append(button(f"I am {role.name.lower()}", CLAIM_ROLE, value=value))
        else:
            buttons.append(button(f"Hand over {role.name.lower()}", HAND_OVER_ROLE, value=value))
    buttons.append(button("Where are we?", CATCH_UP, value=facts.ref))
    return actions(buttons)


def _work_buttons(facts: IncidentFacts) -> ActionsBlock:
    buttons: list[InteractiveElement] = [
        button("Post an update", POST_UPDATE, value=facts.ref, style="primary"),
        button("Change severity", ASSESS_SEVERITY, value=facts.ref),
    ]
    for verb, label in (("mitigate", "Mitigated"), ("resolve", "Resolved")):
        if verb in facts.moves:
            buttons.append(button(label, MOVE_INCIDENT, value=f"{facts.ref} {verb}"))
    return actions(buttons)


def _after_words(facts: IncidentFacts) -> str:
    if facts.review_url:
        return (
            "Thank you all. What we can learn from this goes into "
            f"{link(facts.review_url, facts.review_ref)}; what you remember now is worth the most."
        )
    return (
        "Thank you all. No review is required; one can be started any time with "
        f"`{escape(facts.command)} review`."
    )


__all__ = [
    "ABOUT_TRANSCRIPT",
    "ASSESS_SEVERITY",
    "CATCH_UP",
    "CLAIM_ROLE",
    "FINISH_ACTION",
    "FINISH_RUN",
    "HAND_OVER_ROLE",
    "LINK_CHANGE",
    "MOVE_INCIDENT",
    "NOTE_CHANGE",
    "OPEN_PAGE",
    "POST_UPDATE",
    "RUN_PROCEDURE",
    "SHARE_LESSON",
    "SHOW_RUN",
    "SNOOZE_UPDATE",
    "TICK_STEPS",
    "TICK_TASKS",
    "VERIFY_ACTION",
    "IncidentFacts",
    "Message",
    "RoleFact",
    "TaskFact",
    "UpdateFact",
    "Who",
    "actions",
    "announcement",
    "button",
    "catch_up",
    "context",
    "incident_card",
    "line",
    "message",
    "section",
    "state_line",
    "task_blocks",
    "topic",
    "update_message",
    "update_reminder",
]
