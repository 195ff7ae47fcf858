"""Changes around the incident: proposed with a button each, for somebody to say what they did."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, InteractiveElement

from tracker.db.work import Look, Work
from tracker.domain.event import LINK_ROLES
from tracker.domain.spans import span_words
from tracker.reading.references import ref
from tracker.reading.respond.changes import (
    ChangeItem,
    IncidentChanges,
    LinkedChange,
    Suggestion,
    change_by_ref,
    incident_changes,
)
from tracker.senders.slack_blocks import (
    LINK_CHANGE,
    NOTE_CHANGE,
    actions,
    button,
    context,
    message,
    section,
)
from tracker.senders.slack_text import escape, link, one_line, when
from tracker.slack.respond.declaring import page_of
from tracker.slack.respond.responding import said
from tracker.slack.visits import Answer, Visit
from tracker.usecases.respond.changes import LinkChange, link_change

SHOWN_BEFORE, SHOWN_AFTER, SHOWN_LINKED = 5, 3, 5
NOT_THIS = "no"


def shown_changes(look: Look, visit: Visit, words: str) -> Answer | None:
    """What was changed around the incident; ``None`` when something was typed, or nothing was."""
    if words.strip():
        return None
    incident = visit.incident(look)
    found = incident_changes(look, incident)
    if not (found.linked or found.before or found.after):
        return None
    reference = ref(incident)
    blocks: list[Block] = []
    if found.linked:
        lines = [f"• {_linked_words(one)}" for one in found.linked[:SHOWN_LINKED]]
        blocks.append(section("*Known already*\n" + "\n".join(lines)))
    if found.before:
        blocks.append(section("*Changed shortly before: did one of these set it off?*"))
        blocks += _offers(reference, found, found.before[:SHOWN_BEFORE], "triggered_by")
    if found.after:
        blocks.append(section("*Changed towards the end: did one of these help?*"))
        blocks += _offers(reference, found, found.after[:SHOWN_AFTER], "remediated_by")
    blocks.append(actions([button("Note another change …", NOTE_CHANGE, value=reference)]))
    page = link(f"{page_of(visit, reference)}/changes", "All changes around it")
    blocks.append(context(f"{page}. Being near in time proves nothing; you know more."))
    return said(message(f"Changes around {reference}", blocks))


def say_about_change(work: Work, visit: Visit, reference: str, said_about: str) -> Answer:
    """What the button says about the change and the incident is kept: ``EVT-4 triggered_by no``."""
    change, _, rest = said_about.partition(" ")
    role, _, no = rest.partition(" ")
    incident = visit.at(reference).incident(work)
    confirmed = no != NOT_THIS
    link_change(
        work, incident, change_by_ref(work, change), LinkChange(role=role, confirmed=confirmed)
    )
    if confirmed:
        return Answer(text=f"Noted in the timeline: {change} {LINK_ROLES[role]}.")
    return Answer(text=f"Noted: {change} had nothing to do with it. It is not proposed again.")


def _offers(
    reference: str, found: IncidentChanges, offered: Sequence[Suggestion], role: str
) -> list[Block]:
    blocks: list[Block] = []
    label = "It set it off" if role == "triggered_by" else "It helped"
    for one in offered:
        blocks.append(section(_change_words(one.item) + f" · {_how_long(found, one)}"))
        value = f"{reference} {one.item.ref} {role}"
        buttons: list[InteractiveElement] = [
            button(label, LINK_CHANGE, value=value),
            button("It did not", LINK_CHANGE, value=f"{value} {NOT_THIS}"),
        ]
        blocks.append(actions(buttons))
    return blocks


def _how_long(found: IncidentChanges, one: Suggestion) -> str:
    seconds = abs((one.item.row.starts_at - found.impact_at).total_seconds())
    side = "before" if one.item.row.starts_at <= found.impact_at else "after"
    return f"{span_words(seconds)} {side} it began"


def _change_words(item: ChangeItem) -> str:
    title = link(item.row.url, f"{item.ref} {item.row.title}") if item.row.url else ""
    told = title or escape(f"{item.ref} {item.row.title}"[:300])
    service = f" · {one_line(item.service_name, 100)}" if item.service_name else ""
    return f"{told}{service} · {when(item.row.starts_at)}"


def _linked_words(one: LinkedChange) -> str:
    return f"{_change_words(one.item)}: {LINK_ROLES[one.role]}"
