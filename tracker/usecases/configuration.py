"""Operations as code: files are checked, planned, applied as one, and written back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass

from tracker.configuration.checking import check_things
from tracker.configuration.folder import FolderRead
from tracker.configuration.kinds import Item
from tracker.configuration.lined_yaml import Problem
from tracker.configuration.planning import Plan, State, ThingKey, make_plan
from tracker.db.work import Look, Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotValid
from tracker.domain.procedure import publish_gaps
from tracker.importing.procedures import steps_of
from tracker.models.configuration import ConfigApply
from tracker.reading.configuration import closed_names, known_names, standing_things
from tracker.usecases.configuration_removals import still_needed, take_out
from tracker.usecases.configuration_rows import write_changes

COMMIT_LIMIT = 200
# Of each apply so much is kept by name; the audit has all of it.
CHANGES_KEPT = 500
FIELDS_KEPT = 20


@dataclass(frozen=True, kw_only=True)
class ApplyConfiguration:
    """The files as they were read; ``commit`` says which state of them it is.

    ``prune``: what comes from files and is in none any more goes, or, where it is in use, is kept
    by the pages from now on.
    """

    read: FolderRead
    prune: bool = False
    commit: str = ""


@dataclass(frozen=True)
class Applied:
    """What an apply did; ``row`` is its record, ``None`` when nothing differed."""

    plan: Plan
    row: ConfigApply | None


def problems_of(look: Look, read: FolderRead) -> list[Problem]:
    """Everything in the files that cannot be used here, in the order of files and lines."""
    return _problems(look, read, standing_things(look))


def plan_configuration(look: Look, read: FolderRead, *, prune: bool) -> Plan:
    """What an apply would do. Nothing is stored.

    Raises: NotValid with a gap for each problem, its field the file and line; NotPermitted.
    """
    look.actor.needs("apply_configuration")
    standing = standing_things(look)
    problems = _problems(look, read, standing)
    if problems:
        raise NotValid(*(_gap(one) for one in problems))
    wanted = {(item.kind, item.key) for item in read.items}

    def in_use(things: Collection[ThingKey]) -> Collection[ThingKey]:
        rows = {thing: standing[thing].row_id for thing in things}
        return still_needed(look, rows, read.items, wanted=wanted, standing=standing)

    return make_plan(read.items, standing, prune=prune, in_use=in_use)


def apply_configuration(work: Work, ask: ApplyConfiguration) -> Applied:
    """Everything here is as the files say, all of it or nothing, and the apply is on record.

    Work that is under way keeps the version of the policy or template that it began with.
    Raises: NotValid, NotPermitted.
    """
    work.permit("apply_configuration")
    gaps = Gaps()
    asks.check_title(gaps, "commit", ask.commit, required=False)
    gaps.raise_not_valid()
    work.take_turns("configuration")
    plan = plan_configuration(work, ask.read, prune=ask.prune)
    if not plan.writing:
        return Applied(plan, None)
    write_changes(work, [change for change in plan.writing if change.item is not None])
    take_out(work, [change for change in plan.writing if change.item is None])
    work.session.flush()
    # The policy that this work would be asked for is another one now.
    work.session.info.pop("policy", None)
    content = _content(ask.read.items)
    row = work.add(
        ConfigApply(
            at=work.now,
            actor_id=work.actor.person_id,
            actor_name=work.actor.name,
            commit_text=asks.clean(ask.commit)[:COMMIT_LIMIT],
            digest=hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
            changes=len(plan.writing),
            summary={"counts": plan.summary(), "changes": _told(plan)},
            content=content,
        )
    )
    return Applied(plan, row)


def _problems(look: Look, read: FolderRead, standing: State) -> list[Problem]:
    closed = closed_names(look)
    taken = [
        Problem(item.file, item.line, f"“{item.key}” is taken by something closed to a few people")
        for item in read.items
        if (item.kind, item.key) in closed
    ]
    unfit = [
        Problem(item.file, item.line_of(gap.field), gap.message)
        for item in read.items
        if item.kind == "procedure"
        for gap in publish_gaps(
            steps=len(steps_of(item.fields["text"])),
            owner=bool(item.fields["owner"]),
            team=bool(item.fields["team"]),
        )
    ]
    found = [*read.problems, *check_things(read, known_names(look, standing)), *taken, *unfit]
    return sorted(set(found))


def _gap(problem: Problem) -> Gap:
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return Gap(place, problem.message)


def _told(plan: Plan) -> list[dict[str, object]]:
    return [
        {
            "verb": one.verb,
            "kind": one.kind,
            "key": one.key,
            "fields": [field.name for field in one.fields][:FIELDS_KEPT],
        }
        for one in plan.writing[:CHANGES_KEPT]
    ]


def _content(items: list[Item]) -> dict[str, dict[str, dict[str, object]]]:
    content: dict[str, dict[str, dict[str, object]]] = {}
    for item in items:
        content.setdefault(item.kind, {})[item.key] = {"file": item.file, "fields": item.fields}
    return content
