"""Tasks: added, ticked, shown as check boxes."""

from __future__ import annotations

import re

from slack_sdk.models.blocks import Block
from sqlmodel import col, select

from tracker.db.work import Look, Work
from tracker.domain.errors import Gap, NotAllowed
from tracker.models.incident import Incident, Task
from tracker.reading.slack import incident_facts
from tracker.senders.slack_blocks import (
    ADD_TASK,
    TASKS_SHOWN,
    actions,
    button,
    context,
    message,
    section,
    task_blocks,
)
from tracker.senders.slack_text import escape, one_line
from tracker.senders.slack_words import plain_words
from tracker.slack.forms import Field, Form
from tracker.slack.respond.responding import said
from tracker.slack.said import people_and_rest, person_value, user_id_of
from tracker.slack.verbs import Verb, text_value
from tracker.slack.visits import Answer, Values, Visit
from tracker.usecases.respond.response import add_task, finish_task, reopen_task

MOVES = {"done": "finish", "finish": "finish", "finished": "finish", "reopen": "reopen"}
ADDING = ("add", "new")
_NUMBER = re.compile(r"^#?(\d{1,9})$")


def _tasks_shown(look: Look, visit: Visit, words: str) -> Answer | None:
    """The list with its check boxes, unless a task was named or is to be added."""
    said_alone = words.strip().lower()
    if said_alone in MOVES:
        asked = f"Which one? Tick its box, or type its number: {visit.command} task {said_alone} 3"
        return task_list(look, visit, visit.incident(look), opening=asked)
    if said_alone not in ("", "list"):
        return None
    return task_list(look, visit, visit.incident(look))


def task_list(look: Look, visit: Visit, incident: Incident, *, opening: str = "") -> Answer:
    """The tasks as check boxes, with two ways to add one: a button, and what to type."""
    facts = incident_facts(
        look,
        incident,
        base_url=visit.base_url,
        command=visit.app.settings.slack_command,
    )
    listed = task_blocks(facts)
    blocks: list[Block] = [section(escape(opening))] if opening and listed else []
    blocks += listed or [
        section(
            f"*{facts.ref} has no task yet.* One that you add stands on the pinned card, "
            "where everybody can tick it."
        )
    ]
    blocks.append(actions([button("Add a task …", ADD_TASK, value=facts.ref)]))
    blocks.append(context(f"Or type it: `{escape(visit.command)} task what is to be done @who`"))
    return said(message(f"Tasks of {facts.ref}" if listed else "There is no task yet", blocks))


def _read_task(_look: Look, visit: Visit, words: str) -> Values:
    first, _, rest = words.strip().partition(" ")
    verb = MOVES.get(first.lower(), "")
    if verb and rest.strip():
        return {"title": rest.strip(), "which": rest.strip(), "verb": verb}
    if words.strip().lower() in ADDING:
        return {"verb": "add"}
    emails, title = people_and_rest(visit, words, field="owner")
    return {
        "title": plain_words(title, visit.people),
        "owner": emails[0] if emails else "",
        "verb": "add",
    }


def _task_form(_look: Look, visit: Visit, values: Values) -> Form:
    return Form(
        verb="task",
        title="Add a task",
        submit="Add",
        fields=(
            Field(name="title", label="What is to be done now?", value=text_value(values, "title")),
            Field(
                name="owner",
                label="Who does it?",
                kind="person",
                optional=True,
                value=user_id_of(visit, text_value(values, "owner")),
            ),
        ),
    )


def _task(work: Work, visit: Visit, values: Values) -> Answer:
    incident = visit.incident(work)
    verb = text_value(values, "verb") or "add"
    if verb == "add":
        task = add_task(
            work,
            incident,
            title=text_value(values, "title"),
            owner=person_value(visit, values, "owner"),
        )
        return Answer(text=f"Task {task.key} is on the card: {one_line(task.title, 200)}")
    task = _task_meant(work, incident, text_value(values, "which"), done=verb == "reopen")
    (finish_task if verb == "finish" else reopen_task)(work, incident, task.key)
    how = "Done" if verb == "finish" else "Open again"
    return Answer(text=f"{how}: {one_line(task.title, 200)}")


def tick_tasks(
    work: Work, incident: Incident, *, shown: tuple[int, ...], ticked: tuple[int, ...]
) -> int:
    """The tasks shown are done where they are ticked and open where they are not.

    How many changed. Raises: NotFound for a task of another incident.
    """
    rows = work.session.exec(select(Task).where(Task.incident_id == incident.key)).all()
    changed = 0
    for row in rows:
        if row.key not in shown or (row.done_at is not None) == (row.key in ticked):
            continue
        (finish_task if row.key in ticked else reopen_task)(work, incident, row.key)
        changed += 1
    return changed


def shown_tasks(look: Look, incident: Incident) -> tuple[int, ...]:
    """The tasks that a list of check boxes shows now."""
    rows = look.session.exec(
        select(Task).where(Task.incident_id == incident.key).order_by(col(Task.id))
    ).all()
    ordered = sorted(rows, key=lambda row: row.done_at is not None)
    return tuple(row.key for row in ordered[:TASKS_SHOWN])


def _task_meant(work: Work, incident: Incident, words: str, *, done: bool) -> Task:
    rows = work.session.exec(
        select(Task).where(Task.incident_id == incident.key).order_by(col(Task.id))
    ).all()
    number = _NUMBER.match(words)
    if number is not None:
        found = [row for row in rows if row.key == int(number[1])]
    else:
        state = [row for row in rows if (row.done_at is not None) == done]
        found = [row for row in state if words.casefold() in row.title.casefold()]
    if len(found) != 1:
        listed = ", ".join(f"{row.key} {row.title[:40]}" for row in rows[:8]) or "none yet"
        raise NotAllowed(
            "Which task is meant?" if found else "There is no such task",
            hint=f"Say its number: {listed}.",
            gaps=[Gap("title", "Say the task's number")],
        )
    return found[0]


VERBS = (
    Verb(
        name="task",
        usage="task fail over the replica @who",
        does="adds a task; alone it shows them, `task done 3` ticks one",
        needs=("title",),
        right="add_task",
        other_names=("tasks", "todos"),
        show=_tasks_shown,
        read=_read_task,
        form=_task_form,
        effect=_task,
    ),
)
