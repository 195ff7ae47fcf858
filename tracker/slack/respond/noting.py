"""What goes into the timeline: notes, changes, runbooks followed; and the timeline itself."""

from __future__ import annotations

import re

from slack_sdk.models.blocks import Block
from sqlmodel import col, select

from tracker.db.work import Look, Work
from tracker.models.incident import TimelineEntry
from tracker.reading.analyse.wording import hints_for_text
from tracker.reading.references import ref
from tracker.reading.slack import happened_since
from tracker.senders.slack_blocks import message, section
from tracker.senders.slack_text import SECTION_LIMIT, escape, join_within, link, one_line, when
from tracker.senders.slack_words import first_link, plain_words
from tracker.slack.forms import Field, Form, Option
from tracker.slack.respond.changes import shown_changes
from tracker.slack.respond.declaring import page_of, similar_hits
from tracker.slack.respond.procedures import begin_run, procedure_blocks, typed_procedure
from tracker.slack.respond.responding import said
from tracker.slack.said import instant_value, moment_and_rest
from tracker.slack.verbs import Verb, text_value
from tracker.slack.visits import Answer, Values, Visit
from tracker.usecases.respond.timeline import WRITTEN_KINDS, AddEntry, add_timeline_entry

TIMELINE_SHOWN = 20
HINTS_SHOWN = 2
_KIND = re.compile(rf"^({'|'.join(WRITTEN_KINDS)})\s*:\s*", re.IGNORECASE)


def _read_note(look: Look, visit: Visit, words: str) -> Values:
    at, rest = moment_and_rest(look, visit, words)
    kind = _KIND.match(rest)
    if kind is not None:
        rest = rest[kind.end() :]
        if at is None:
            at, rest = moment_and_rest(look, visit, rest)
    return {
        "text": plain_words(rest, visit.people),
        "at": at,
        "kind": kind[1].lower() if kind else "note",
    }


def _note_form(_look: Look, _visit: Visit, values: Values) -> Form:
    at = values.get("at")
    shown = f"{at:%Y-%m-%d %H:%M} UTC" if at is not None else ""
    return Form(
        verb="note",
        title="Note in the timeline",
        submit="Note",
        fields=(
            Field(name="text", label="What was it?", kind="text", value=text_value(values, "text")),
            Field(
                name="at",
                label="When was it?",
                optional=True,
                value=shown,
                placeholder="14:02, 10 min ago, yesterday 23:50",
                hint="Empty means now.",
            ),
            Field(
                name="kind",
                label="What kind of entry?",
                kind="choice",
                value=text_value(values, "kind") or "note",
                options=tuple(Option(kind, kind.capitalize()) for kind in WRITTEN_KINDS),
            ),
        ),
    )


def _note(work: Work, visit: Visit, values: Values) -> Answer:
    incident = visit.incident(work)
    entry = add_timeline_entry(
        work,
        incident,
        AddEntry(
            text=text_value(values, "text"),
            at=instant_value(work, visit, values, "at"),
            kind=text_value(values, "kind") or "note",
            source_url=first_link(text_value(values, "link")),
        ),
    )
    noted = f"Noted for {when(entry.at)}: {one_line(entry.text, 300)}"
    return Answer(text=join_within([noted, *_hint_lines(work, entry.text)], SECTION_LIMIT))


def _hint_lines(look: Look, text: str) -> list[str]:
    """At most two questions about the wording, for the writer alone; the note stands as it is."""
    found = hints_for_text(look, text, context="timeline")
    lines = [
        f"_{escape(one_line(hint.text, 80))}_: {escape(hint.question)}"
        for hint in found[:HINTS_SHOWN]
    ]
    return ["Only you see this. A thought on the wording:", *lines] if lines else []


def _entry_form(verb: str, title: str, label: str, placeholder: str) -> Form:
    return Form(
        verb=verb,
        title=title,
        submit="Note",
        fields=(
            Field(name="text", label=label, kind="text", placeholder=placeholder),
            Field(
                name="at",
                label="When was it?",
                optional=True,
                placeholder="14:02, 10 min ago",
                hint="Empty means now.",
            ),
        ),
    )


def _change(work: Work, visit: Visit, values: Values) -> Answer:
    text = text_value(values, "text")
    return _note(work, visit, {**values, "kind": "change", "link": text})


def _runbook(work: Work, visit: Visit, values: Values) -> Answer:
    text = text_value(values, "text")
    procedure = typed_procedure(work, text)
    if procedure:
        return begin_run(work, visit, ref(visit.incident(work)), procedure)
    told = plain_words(text, visit.people)
    return _note(
        work,
        visit,
        {**values, "text": f"Following the runbook: {told}", "kind": "note", "link": text},
    )


def _runbook_shown(look: Look, visit: Visit, words: str) -> Answer | None:
    """What runs here, could be run or was followed; and what the library knows about such."""
    if words.strip():
        return None
    incident = visit.incident(look)
    offered = procedure_blocks(look, visit, incident)
    used = look.session.exec(
        select(TimelineEntry)
        .where(
            TimelineEntry.incident_id == incident.key,
            col(TimelineEntry.text).startswith("Following the runbook: "),
            col(TimelineEntry.retracted_at).is_(None),
        )
        .order_by(col(TimelineEntry.at))
    ).all()
    lines = [f"• {when(row.at)} {one_line(row.text, 300)}" for row in used]
    opening = "*Followed here*\n" + join_within(lines, 2_000)
    if not lines:
        opening = "" if offered else "No runbook is known for this, and none was noted here yet."
    hits = similar_hits(
        look, visit, f"{incident.title} {incident.summary}", limit=4, exclude=(ref(incident),)
    )
    lessons = [hit for hit in hits if hit.kind == "lesson"]
    blocks: list[Block] = [*offered, *([section(opening)] if opening else [])]
    if lessons:
        listed = "\n".join(f"• {link(hit.url, f'{hit.ref} {hit.title}')}" for hit in lessons)
        blocks.append(section(f"*Lessons that may help*\n{listed}"))
    blocks.append(
        section(f"`{escape(visit.command)} runbook https://…` notes which one you follow.")
    )
    return said(message(f"Runbooks of {ref(incident)}", blocks))


def _timeline(look: Look, visit: Visit, _words: str) -> Answer:
    incident = visit.incident(look)
    lines = [f"• {line}" for line in happened_since(look, incident, None)[-TIMELINE_SHOWN:]]
    reference = ref(incident)
    opening = f"*{link(page_of(visit, reference), f'Timeline of {reference}')}*"
    told = join_within(lines, 2_700) if lines else "Nothing stands there yet."
    return said(message(f"Timeline of {reference}", [section(f"{opening}\n{told}")]))


def _text_and_time(look: Look, visit: Visit, words: str) -> Values:
    at, rest = moment_and_rest(look, visit, words)
    return {"text": plain_words(rest, visit.people), "at": at}


VERBS = (
    Verb(
        name="note",
        usage="note at 14:02 restarted the pool",
        does="notes something in the timeline",
        needs=("text",),
        right="add_timeline_entry",
        other_names=("log", "add", "notes"),
        read=_read_note,
        form=_note_form,
        effect=_note,
    ),
    Verb(
        name="change",
        usage="change 13:40 deployed checkout 5.2 https://…",
        does="notes a change that may have to do with it; alone it proposes some that are known",
        needs=("text",),
        right="add_timeline_entry",
        other_names=("changes", "deploy", "deployed"),
        show=shown_changes,
        read=_text_and_time,
        form=lambda _look, _visit, _values: _entry_form(
            "change", "Note a change", "What was changed?", "Deployed checkout 5.2, https://…"
        ),
        effect=_change,
    ),
    Verb(
        name="runbook",
        usage="runbook PRO-3",
        does="runs a procedure, or notes which runbook you follow; alone it shows what may help",
        needs=("text",),
        right="add_timeline_entry",
        other_names=("procedure", "playbook"),
        show=_runbook_shown,
        read=_text_and_time,
        form=lambda _look, _visit, _values: _entry_form(
            "runbook", "Follow a runbook", "Which runbook?", "https://…"
        ),
        effect=_runbook,
    ),
    Verb(
        name="timeline",
        does="what happened so far, for you alone",
        other_names=("history",),
        show=_timeline,
    ),
)
