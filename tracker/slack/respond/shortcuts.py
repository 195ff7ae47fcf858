"""Shortcuts: from anywhere, and on a message whose words and place are carried over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.db.work import Look, Work
from tracker.domain.errors import NotFound
from tracker.reading.references import ref
from tracker.reading.respond.incidents import IncidentFilter, list_incidents
from tracker.senders.slack_text import one_line, when
from tracker.senders.slack_words import Mentioned, first_line, plain_words
from tracker.slack.forms import Field, Form, Option
from tracker.slack.verbs import INSIDE, Verb, VerbTable, text_value
from tracker.slack.visits import Answer, Values, Visit, channel_of
from tracker.usecases.respond.slack_messages import mark_message

DECLARE_INCIDENT = "declare_incident"
REPORT_NEAR_MISS = "report_near_miss"
DECLARE_FROM_MESSAGE = "declare_from_message"
ADD_TO_TIMELINE = "add_to_timeline"
MAKE_ACTION = "make_action"
KEEP_LESSON = "keep_lesson"
CARRIED_TEXT = 1_800
OFFERED = 50


def permalink(payload: Mapping[str, Any]) -> str:
    """The address of the message; empty when Slack did not say where it stands."""
    domain = (payload.get("team") or {}).get("domain")
    channel_id = (payload.get("channel") or {}).get("id")
    ts = str((payload.get("message") or {}).get("ts") or payload.get("message_ts") or "")
    if not (domain and channel_id and ts):
        return ""
    return f"https://{domain}.slack.com/archives/{channel_id}/p{ts.replace('.', '')}"


def carried(payload: Mapping[str, Any], people: Mapping[str, Mentioned]) -> dict[str, str]:
    """What a form has to know of the message it was opened from."""
    message = payload.get("message") or {}
    text = plain_words(str(message.get("text") or ""), people)
    return {
        "message_text": text[:CARRIED_TEXT],
        "message_ts": str(message.get("ts") or payload.get("message_ts") or ""),
        "message_channel": str((payload.get("channel") or {}).get("id") or ""),
        "permalink": permalink(payload),
    }


def taken(table: VerbTable, visit: Visit, payload: Mapping[str, Any]) -> Answer:
    """What follows from the shortcut. Raises: the five domain errors."""
    name = str(payload.get("callback_id", ""))
    text = visit.about.get("message_text", "")
    title = first_line(text, 200)
    forms: dict[str, tuple[str, Values]] = {
        DECLARE_INCIDENT: ("declare", {}),
        REPORT_NEAR_MISS: ("near-miss", {}),
        DECLARE_FROM_MESSAGE: ("declare", {"title": title, "summary": text}),
        MAKE_ACTION: ("action", {"title": title, "detail": text}),
        KEEP_LESSON: ("lesson", {"title": title, "situation": text}),
    }
    with visit.look() as look:
        inside = channel_of(look, visit.team_id, visit.channel_id)
        if name in forms:
            verb, values = forms[name]
            if inside is not None and verb != "declare":
                visit = visit.at(f"INC-{inside.incident_id}")
            return table.ask(look, visit, table.named(verb), values)
        if name != ADD_TO_TIMELINE:
            raise NotFound("That shortcut")
        if inside is None:
            return table.ask(look, visit, table.named("mark message"), {})
    return table.act(visit, table.named("mark message"), {})


def _mark_form(look: Look, visit: Visit, _values: Values) -> Form:
    rows = list_incidents(look, IncidentFilter(state=("open",), kind=("incident",)), limit=OFFERED)
    if not rows.items:
        raise NotFound("An open incident")
    return Form(
        verb="mark message",
        title="Add to a timeline",
        submit="Add",
        about=visit.about,
        fields=(
            Field(
                name="incident",
                label="Of which incident?",
                kind="choice",
                options=tuple(
                    Option(item.ref, f"{item.ref} {item.row.title}") for item in rows.items
                ),
            ),
        ),
    )


def _mark(work: Work, visit: Visit, values: Values) -> Answer:
    chosen = text_value(values, "incident")
    incident = (visit.at(chosen) if chosen else visit).incident(work)
    entry = mark_message(
        work,
        incident,
        team_id=visit.team_id,
        channel_id=visit.about.get("message_channel", visit.channel_id),
        message_ts=visit.about.get("message_ts", ""),
        text=visit.about.get("message_text", ""),
        permalink=visit.about.get("permalink", ""),
    )
    return Answer(
        text=f"In the timeline of {ref(incident)}, {when(entry.at)}: {one_line(entry.text, 200)}"
    )


VERBS = (
    Verb(
        name="mark message", place=INSIDE, right="add_timeline_entry", form=_mark_form, effect=_mark
    ),
)
