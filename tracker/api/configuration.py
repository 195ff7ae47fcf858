"""Operations as code, for pipelines: plan and apply files, what was applied, what has drifted."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from tracker.api.feature import Feature
from tracker.api.shapes import Answer, Asked, Cursor, Instant, Limit, Line
from tracker.configuration.folder import LARGEST_FILE, MOST_FILES, FolderRead, read_texts
from tracker.configuration.planning import Plan, change_data
from tracker.db.work import Look, Work
from tracker.models.configuration import ConfigApply
from tracker.reading.configuration import Drift, applies, drift, managed_files
from tracker.usecases.configuration import (
    ApplyConfiguration,
    apply_configuration,
    plan_configuration,
)

api = Feature("configuration", "Operations as code: the organisation's policy as files.")

FileName = Annotated[str, StringConstraints(min_length=1, max_length=250)]
FileText = Annotated[str, StringConstraints(max_length=LARGEST_FILE)]


class PlanIn(Asked):
    """The files of the folder by their names in it, with forward slashes."""

    files: Annotated[dict[FileName, FileText], Field(max_length=MOST_FILES)] = Field(
        examples=[{"teams.yaml": "teams:\n  - key: doors\n    name: Doors\n"}]
    )
    prune: bool = Field(False, description="What comes from files and is in none any more goes.")


class ApplyIn(PlanIn):
    commit: Line = Field("", description="Which state of the files this is.")


class AppliesQuery(Asked):
    limit: Limit = 50
    cursor: Cursor = ""


class FieldOut(Answer):
    field: str
    before: Any
    after: Any


class PlannedChangeOut(Answer):
    """What happens to one thing: add, change, adopt, move, remove, release or leave."""

    verb: str
    kind: str
    key: str
    name: str
    place: str
    fields: list[FieldOut]


class PlanOut(Answer):
    """What an apply does; ``changes`` also lists what is left alone."""

    differs: bool
    things: int
    counts: dict[str, int]
    changes: list[PlannedChangeOut]


class AppliedOut(PlanOut):
    """``number`` is that of the apply; 0 when nothing differed and nothing was recorded."""

    number: int


class ApplyOut(Answer):
    number: int
    at: Instant
    actor: str
    commit: str
    changes: int
    counts: dict[str, dict[str, int]]


class AppliesOut(Answer):
    items: list[ApplyOut]
    next_cursor: str


class DriftedOut(Answer):
    """``how``: changed, gone or released; ``before`` is what was applied."""

    kind: str
    key: str
    how: str
    file: str
    fields: list[FieldOut]


class DriftOut(Answer):
    applied: ApplyOut | None
    items: list[DriftedOut]


class ManagedOut(Answer):
    file: str
    kind: str
    count: int


class ManagedListOut(Answer):
    items: list[ManagedOut]


@api.reads("/configuration/applies", AppliesOut)
def list_applies(look: Look, query: AppliesQuery) -> AppliesOut:
    """Every apply, newest first: who, which commit, what changed."""
    listed = applies(look, cursor=query.cursor, limit=query.limit)
    return AppliesOut(items=[_apply(row) for row in listed.items], next_cursor=listed.next_cursor)


@api.reads("/configuration/drift", DriftOut)
def read_drift(look: Look) -> DriftOut:
    """What differs between the last apply and now."""
    return _drift(drift(look))


@api.reads("/configuration/managed", ManagedListOut)
def list_managed(look: Look) -> ManagedListOut:
    """Which file governs how many things here."""
    return ManagedListOut(
        items=[
            ManagedOut(file=one.file, kind=one.kind, count=one.count) for one in managed_files(look)
        ]
    )


@api.changes("/configuration/plan", PlanOut, method="post", guarded=False)
def plan(work: Work, body: PlanIn) -> PlanOut:
    """What applying these files would do. Nothing is changed. Problems are listed all at once,
    each with its file and line as the field.
    """
    return PlanOut(**_plan(plan_configuration(work, _read(body), prune=body.prune)))


@api.changes("/configuration/apply", AppliedOut, method="post", guarded=False)
def apply(work: Work, body: ApplyIn) -> AppliedOut:
    """Make everything as these files say: all of it, or nothing."""
    ask = ApplyConfiguration(read=_read(body), prune=body.prune, commit=body.commit)
    applied = apply_configuration(work, ask)
    return AppliedOut(**_plan(applied.plan), number=applied.row.key if applied.row else 0)


def _read(body: PlanIn) -> FolderRead:
    return read_texts(body.files)


def _plan(made: Plan) -> dict[str, Any]:
    return {
        "differs": bool(made.writing),
        "things": made.items,
        "counts": made.counts(),
        "changes": [PlannedChangeOut.model_validate(change_data(one)) for one in made.changes],
    }


def _apply(row: ConfigApply) -> ApplyOut:
    return ApplyOut(
        number=row.key,
        at=row.at,
        actor=row.actor_name,
        commit=row.commit_text,
        changes=row.changes,
        counts=row.summary.get("counts", {}),
    )


def _drift(found: Drift) -> DriftOut:
    return DriftOut(
        applied=_apply(found.applied) if found.applied else None,
        items=[
            DriftedOut(
                kind=one.kind,
                key=one.key,
                how=one.how,
                file=one.file,
                fields=[
                    FieldOut(field=field.name, before=field.before, after=field.after)
                    for field in one.fields
                ],
            )
            for one in found.things
        ],
    )
