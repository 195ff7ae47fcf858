"""Procedures run from the channel: offered, begun, ticked step by step, ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    CheckboxesElement,
    InteractiveElement,
    Option,
    PlainTextObject,
)

from tracker.db.work import Look, Work
from tracker.domain.procedure import OUTCOME_WORDS
from tracker.models.incident import Incident
from tracker.reading.references import incident_by_ref, procedure_by_ref, ref
from tracker.reading.respond.procedure_runs import (
    RunPage,
    StepLine,
    procedures_offered,
    run_by_id,
    run_page,
    runs_of_incident,
)
from tracker.senders.slack_blocks import (
    FINISH_RUN,
    OPEN_PAGE,
    RUN_PROCEDURE,
    SHOW_RUN,
    TICK_STEPS,
    actions,
    button,
    context,
    message,
    section,
)
from tracker.senders.slack_text import OPTION_LIMIT, OPTIONS_LIMIT, escape, link, plain
from tracker.slack.respond.declaring import page_of
from tracker.slack.respond.responding import said
from tracker.slack.visits import Answer, Visit
from tracker.usecases.respond.procedure_runs import (
    FinishRun,
    MarkStep,
    StartRun,
    finish_run,
    mark_step,
    start_run,
)

OFFERED, RUNNING = 5, 3
# A checklist longer than this is ticked on its page.
MOST_GROUPS = 4
OUTCOME_LABELS = {"helped": "It helped", "did_not_help": "It did not help", "stopped": "Stop it"}


def procedure_blocks(look: Look, visit: Visit, incident: Incident) -> list[Block]:
    """What runs here and what could, for the services of the incident; empty when there is none."""
    reference = ref(incident)
    blocks: list[Block] = []
    running = [one for one in runs_of_incident(look, incident) if one.row.finished_at is None]
    for one in running[:RUNNING]:
        told = f":arrow_forward: *{escape(one.title[:200])}* runs here: {one.progress.words}"
        shown = button("Show the steps", SHOW_RUN, value=f"{reference} {one.row.key}")
        blocks += [section(told), actions([shown])]
    busy = {one.procedure.key for one in running}
    fitting = [one for one in procedures_offered(look, incident).fitting if one.row.key not in busy]
    for item in fitting[:OFFERED]:
        page = f"{visit.base_url}/procedures/{item.ref}"
        told = link(page, f"{item.ref} {item.row.title}")
        if item.concerns:
            told += f"\n_{escape('; '.join(item.concerns)[:300])}_"
        run = button("Run it", RUN_PROCEDURE, value=f"{reference} {item.ref}")
        blocks += [section(told), actions([run])]
    return blocks


def begin_run(work: Work, visit: Visit, reference: str, procedure: str) -> Answer:
    """The procedure runs in the incident, and its steps are shown."""
    incident = incident_by_ref(work, reference)
    run = start_run(work, incident, StartRun(procedure=procedure))
    work.session.flush()
    return checklist(visit, run_page(work, run), reference)


def typed_procedure(look: Look, words: str) -> str:
    """The reference of a procedure that was typed, as PRO-3; empty for anything else.

    Raises: NotFound for a reference of none that may be read.
    """
    first = words.strip().upper()
    if not first.startswith("PRO-") or not first.removeprefix("PRO-").isdigit():
        return ""
    return ref(procedure_by_ref(look, first))


def shown_run(look: Look, visit: Visit, reference: str, run_id: str) -> Answer:
    """The steps of the run as they stand."""
    incident = incident_by_ref(look, reference)
    return checklist(visit, run_page(look, run_by_id(look, incident, _number(run_id))), reference)


def tick_steps(
    work: Work, reference: str, run_id: str, *, group: int, ticked: Collection[int]
) -> int:
    """The steps of this group of boxes that were ticked are done, those unticked open again.

    How many changed. Steps that were skipped or wrong stay what they are.
    """
    incident = incident_by_ref(work, reference)
    run = run_by_id(work, incident, _number(run_id))
    changed = 0
    for line in _groups(run_page(work, run))[group:][:1]:
        for step in line:
            number, done = step.step.number, step.mark == "done"
            if (number in ticked) != done and (number in ticked or done):
                mark = "done" if number in ticked else "open"
                mark_step(work, incident, run.key, MarkStep(number=number, mark=mark))
                changed += 1
    return changed


def end_run(work: Work, reference: str, run_id: str, outcome: str) -> Answer:
    """The run is over, with what came of it."""
    incident = incident_by_ref(work, reference)
    finish_run(work, incident, _number(run_id), FinishRun(outcome=outcome))
    return Answer(
        text=f"Noted in the timeline: {OUTCOME_WORDS[outcome]}. If a step was wrong, say so on the "
        "page of the run; its owner will mend it."
    )


def checklist(visit: Visit, page: RunPage, reference: str) -> Answer:
    """The steps as boxes to tick, ten in a group, and how it ended as buttons."""
    there = f"{page_of(visit, reference)}/procedures/{page.row.key}"
    groups = _groups(page)
    blocks: list[Block] = [
        section(f"*{link(there, f'{page.ref} {page.title}')}*\n{page.progress.words}")
    ]
    for number, group in enumerate(groups[:MOST_GROUPS]):
        blocks.append(_boxes(reference, page, number, group))
    if len(groups) > MOST_GROUPS:
        blocks.append(section(f"The steps after these are on {link(there, 'its page')}."))
    if page.row.finished_at is None:
        ends: list[InteractiveElement] = [
            button(label, FINISH_RUN, value=f"{reference} {page.row.key} {outcome}")
            for outcome, label in OUTCOME_LABELS.items()
        ]
        blocks.append(actions([*ends, button("Commands and details", OPEN_PAGE, url=there)]))
    blocks.append(context("Each tick goes into the timeline, with its time and your name."))
    return said(message(f"{page.ref} {page.title}: {page.progress.words}", blocks))


def _boxes(reference: str, page: RunPage, number: int, group: Sequence[StepLine]) -> ActionsBlock:
    options = {
        line.step.number: Option(
            value=str(line.step.number),
            text=PlainTextObject(
                text=plain(f"{line.step.number}. {line.step.title}", OPTION_LIMIT), emoji=False
            ),
            description=_told(line),
        )
        for line in group
    }
    done = [options[line.step.number] for line in group if line.mark == "done"]
    # Slack keeps what a reader ticked for as long as the block has its id.
    state = "".join("x" if line.mark == "done" else "-" for line in group)
    return ActionsBlock(
        block_id=f"steps {reference} {page.row.key} {number} {state}",
        elements=[
            CheckboxesElement(
                action_id=f"{TICK_STEPS}:{number}",
                options=list(options.values()),
                initial_options=done or None,
            )
        ],
    )


def _told(line: StepLine) -> PlainTextObject | None:
    words = ""
    if line.mark in ("skipped", "wrong"):
        words = f"{line.mark}: {line.note}" if line.note else line.mark
    elif line.known_faults:
        words = f"known to be wrong: {line.known_faults[0]}"
    return PlainTextObject(text=plain(words, OPTION_LIMIT), emoji=False) if words else None


def _groups(page: RunPage) -> list[list[StepLine]]:
    lines = [part for part in page.parts if isinstance(part, StepLine)]
    return [lines[start : start + OPTIONS_LIMIT] for start in range(0, len(lines), OPTIONS_LIMIT)]


def _number(run_id: str) -> int:
    return int(run_id) if run_id.isdigit() else 0
