"""The procedures of the demo: written and validated before the first incident, run in some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from tracker.db.work import Work
from tracker.domain.errors import Gap, NotValid
from tracker.domain.procedure import USUAL_REVIEW_DAYS
from tracker.importing.procedures import ProcedureText
from tracker.models.procedure import Procedure
from tracker.reading.improve.procedures import open_faults
from tracker.usecases.demo.notation import Ids, Step, Telling
from tracker.usecases.improve.procedures import (
    EditProcedure,
    MoveProcedure,
    WriteProcedure,
    edit_procedure,
    move_procedure,
    validate_procedure,
    write_procedure,
)
from tracker.usecases.respond.procedure_runs import (
    FinishRun,
    MarkStep,
    StartRun,
    finish_run,
    mark_step,
    start_run,
)


def written(work: Work, ids: Ids, told: ProcedureText) -> None:
    """The procedure is a draft."""
    procedure = write_procedure(
        work,
        WriteProcedure(
            title=told.title,
            text=told.text,
            slug=told.slug,
            kind=told.kind,
            owner=told.owner,
            team=told.team,
            escalation=told.escalation,
            review_every_days=told.review_every_days or USUAL_REVIEW_DAYS,
            services=told.services,
        ),
    )
    ids.keep("procedure", told.slug, procedure.key)


def validated(work: Work, ids: Ids, told: ProcedureText) -> None:
    """A second person has gone through it."""
    validate_procedure(work, _procedure(work, ids, told.slug))


def published(work: Work, ids: Ids, told: ProcedureText) -> None:
    """It is in use."""
    move_procedure(work, _procedure(work, ids, told.slug), MoveProcedure(verb="publish"))


def procedure_steps(telling: Telling) -> Iterator[Step]:
    """The runs of an incident, tick by tick."""
    for one in telling.story.get("procedures", ()):
        name = f"{telling.slug} {one['procedure']}"
        yield telling.step(
            telling.after(one["after"]), one["by"], "run", partial(_start, telling, one, name)
        )
        for tick in one["steps"]:
            ask = MarkStep(
                number=tick["number"], mark=tick.get("mark", "done"), note=tick.get("note", "")
            )
            yield telling.step(
                telling.after(tick["after"]), tick["by"], "tick", partial(_mark, telling, name, ask)
            )
        if one.get("outcome"):
            end = FinishRun(outcome=one["outcome"], note=one.get("note", ""))
            yield telling.step(
                telling.after(one["finished"]), one["by"], "end", partial(_end, telling, name, end)
            )
        if one.get("mended"):
            told = one["mended"]
            mend = partial(_mend, telling, one["procedure"], told)
            yield telling.step(telling.after(told["after"]), told["by"], "mend", mend)


def _procedure(work: Work, ids: Ids, slug: str) -> Procedure:
    return work.get(Procedure, ids.get("procedure", slug))


def _start(telling: Telling, one: Mapping[str, Any], name: str, work: Work) -> None:
    ask = StartRun(procedure=telling.ids.ref("procedure", one["procedure"]))
    telling.ids.keep("run", name, start_run(work, telling.incident(work), ask).key)


def _mark(telling: Telling, name: str, ask: MarkStep, work: Work) -> None:
    mark_step(work, telling.incident(work), telling.ids.get("run", name), ask)


def _end(telling: Telling, name: str, ask: FinishRun, work: Work) -> None:
    finish_run(work, telling.incident(work), telling.ids.get("run", name), ask)


def _mend(telling: Telling, slug: str, told: Mapping[str, Any], work: Work) -> None:
    procedure = _procedure(work, telling.ids, slug)
    text = procedure.text
    for one in told["replace"]:
        if one["from"] not in text:
            raise NotValid(Gap("replace", f"“{one['from'][:60]}” is not in the text"))
        text = text.replace(one["from"], one["to"])
    mends = tuple(fault.row.key for fault in open_faults(work, procedure))
    edit_procedure(work, procedure, EditProcedure(text=text, why=told["because"], mends=mends))
