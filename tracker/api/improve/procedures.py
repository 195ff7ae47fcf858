"""Procedures: write, read, edit, publish, validate, mend; their versions and what they go with."""

from typing import Annotated, Literal

from pydantic import Field

from tracker.api.feature import Feature
from tracker.api.given import expected_version
from tracker.api.moves import MovesOut, moves_out
from tracker.api.shapes import (
    LONGEST_LIST,
    Answer,
    Asked,
    Day,
    Email,
    Instant,
    Line,
    LongText,
    NamedOut,
    Note,
    Page,
    PersonOut,
    ProcedureRef,
    Reason,
    RowId,
    Word,
    Words,
    ask_from,
    person_out,
    ref_out,
    team_out,
)
from tracker.db.work import Look, Work
from tracker.domain.measures import Middle
from tracker.domain.procedure import (
    LONGEST_REVIEW_DAYS,
    MOST_STEPS,
    SHORTEST_REVIEW_DAYS,
    USUAL_REVIEW_DAYS,
    Step,
)
from tracker.models.procedure import Procedure
from tracker.reading.improve.procedure_figures import time_to_mitigate
from tracker.reading.improve.procedures import (
    FaultItem,
    ProcedureFilter,
    ProcedureItem,
    list_procedures,
    procedure_page,
    procedure_versions,
)
from tracker.reading.references import procedure_by_ref
from tracker.usecases.improve.procedure_faults import ReportFault, mend_fault, report_fault
from tracker.usecases.improve.procedures import (
    EditProcedure,
    MoveProcedure,
    WriteProcedure,
    edit_procedure,
    move_procedure,
    validate_procedure,
    write_procedure,
)

api = Feature("procedures", "Steps that somebody has tried, to run when something is wrong.")

Kind = Literal["runbook", "playbook"]
Days = Annotated[int, Field(ge=SHORTEST_REVIEW_DAYS, le=LONGEST_REVIEW_DAYS)]
StepNumber = Annotated[int, Field(ge=1, le=MOST_STEPS)]
FaultIds = Annotated[list[RowId], Field(max_length=LONGEST_LIST)]


class ProcedurePath(Asked):
    ref: ProcedureRef


class FaultPath(Asked):
    ref: ProcedureRef
    fault: RowId


class ProcedureQuery(Page):
    """Repeat a parameter to allow several values; different parameters narrow together."""

    state: Words = Field(default=[], description='States, or "living".')
    kind: Words = []
    team: Words = []
    service: Words = []
    title: Line = ""
    stale: bool = False
    never_validated: bool = False
    with_faults: bool = False
    without_owner: bool = False
    mine: bool = False
    sort: Literal["title", "newest", "changed"] = "title"


class MitigatedQuery(Asked):
    service: Word = ""


class ProcedureIn(Asked):
    """A draft. Each item of a numbered or task list of ``text`` is a step."""

    title: Line
    text: LongText = ""
    kind: Kind = "runbook"
    slug: Word = ""
    owner: Email = ""
    team: Word = ""
    escalation: Note = ""
    review_every_days: Days = USUAL_REVIEW_DAYS
    services: Words = []


class ProcedureEdit(Asked):
    """New values; a field that is left out or null stays as it is.

    Another title or text is another version; ``mends`` are the faults that it mends.
    """

    title: Line | None = None
    text: LongText | None = None
    kind: Kind | None = None
    owner: Email | None = None
    team: Word | None = None
    escalation: Note | None = None
    review_every_days: Days | None = None
    services: Words | None = None
    why: Reason = ""
    mends: FaultIds = []


class ProcedureMoveIn(Asked):
    verb: Literal["publish", "retire", "restore"]
    why: Reason = ""


class FaultIn(Asked):
    """A step that is wrong, seen without running the procedure."""

    number: StepNumber
    note: Reason


class ProcedureStepOut(Answer):
    number: int
    title: str
    markdown: str
    heading: str


class ProcedureFaultOut(Answer):
    """A step that was wrong; ``mended_version`` is 0 until a version mends it."""

    id: int
    number: int
    text_version: int
    note: str
    at: Instant
    by: PersonOut | None
    incident: str | None
    mended_version: int
    mended_at: Instant | None


class ProcedureRow(Answer):
    """A procedure as a list shows it. ``concerns`` speak against relying on it as it is."""

    ref: str
    version: int
    slug: str
    title: str
    kind: str
    state: str
    services: list[NamedOut]
    owner: PersonOut | None
    team: NamedOut | None
    text_version: int
    validated_version: int
    validated_at: Instant | None
    review_every_days: int
    review_on: Day | None
    concerns: list[str]
    open_faults: int
    managed_by: str
    updated_at: Instant


class ProceduresOut(Answer):
    items: list[ProcedureRow]
    next_cursor: str
    count: int | None


class ProcedureOut(ProcedureRow):
    """A procedure with its text, the steps in it, and the faults the reader may see."""

    text: str
    steps: list[ProcedureStepOut]
    escalation: str
    written_by: PersonOut | None
    validated_by: PersonOut | None
    faults: list[ProcedureFaultOut]
    possible_moves: list[str]


class ProcedureVersionOut(Answer):
    number: int
    title: str
    text: str
    why: str
    at: Instant
    by: PersonOut | None


class ProcedureVersionsOut(Answer):
    """The newest versions, newest first."""

    items: list[ProcedureVersionOut]


class MitigatedOut(Answer):
    """A median in seconds with the incidents it stands on; null under five of them."""

    seconds: float | None
    incidents: int


class TimeToMitigateOut(Answer):
    """The last year's time to mitigate; a hint, no proof: incidents differ in more than this."""

    with_procedure: MitigatedOut
    without_procedure: MitigatedOut


@api.reads("/procedures", ProceduresOut)
def list_all(look: Look, query: ProcedureQuery) -> ProceduresOut:
    """Procedures, a page at a time."""
    narrowed = ProcedureFilter(
        state=tuple(query.state),
        kind=tuple(query.kind),
        team=tuple(query.team),
        service=tuple(query.service),
        title=query.title,
        stale=query.stale,
        never_validated=query.never_validated,
        with_faults=query.with_faults,
        without_owner=query.without_owner,
        mine=query.mine,
    )
    listed = list_procedures(
        look,
        narrowed,
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
        count=query.count,
    )
    return ProceduresOut(
        items=[_row(item) for item in listed.items],
        next_cursor=listed.next_cursor,
        count=listed.count,
    )


@api.creates("/procedures", ProcedureOut)
def write(work: Work, body: ProcedureIn) -> ProcedureOut:
    """Write a procedure, as a draft."""
    return procedure_out(work, write_procedure(work, ask_from(WriteProcedure, body)))


@api.reads("/procedures/time-to-mitigate", TimeToMitigateOut)
def figure(look: Look, query: MitigatedQuery) -> TimeToMitigateOut:
    """Time to mitigate with and without a procedure, of all incidents or those of one service."""
    found = time_to_mitigate(look, service=query.service)
    return TimeToMitigateOut(
        with_procedure=_middle(found.with_procedure), without_procedure=_middle(found.without)
    )


@api.reads("/procedures/<ref>", ProcedureOut)
def read(look: Look, path: ProcedurePath) -> ProcedureOut:
    """One procedure."""
    return procedure_out(look, procedure_by_ref(look, path.ref))


@api.changes("/procedures/<ref>", ProcedureOut)
def edit(work: Work, path: ProcedurePath, body: ProcedureEdit) -> ProcedureOut:
    """Change texts, owner, services or when it is looked at again."""
    row = procedure_by_ref(work, path.ref)
    ask = ask_from(EditProcedure, body, version=expected_version())
    return procedure_out(work, edit_procedure(work, row, ask))


@api.reads("/procedures/<ref>/versions", ProcedureVersionsOut)
def versions(look: Look, path: ProcedurePath) -> ProcedureVersionsOut:
    """What it said before."""
    row = procedure_by_ref(look, path.ref)
    return ProcedureVersionsOut(
        items=[
            ProcedureVersionOut(
                number=one.row.number,
                title=one.row.title,
                text=one.row.text,
                why=one.row.why,
                at=one.row.at,
                by=person_out(one.by),
            )
            for one in procedure_versions(look, row)
        ]
    )


@api.reads("/procedures/<ref>/moves", MovesOut)
def moves(look: Look, path: ProcedurePath) -> MovesOut:
    """Every change of state of a procedure, and what is possible now."""
    row = procedure_by_ref(look, path.ref)
    possible = [one.verb for one in procedure_page(look, row).moves]
    return MovesOut(items=moves_out(look, "procedure", row.key), possible=possible)


@api.changes("/procedures/<ref>/moves", ProcedureOut, method="post")
def move(work: Work, path: ProcedurePath, body: ProcedureMoveIn) -> ProcedureOut:
    """Publish, retire or restore a procedure."""
    row = procedure_by_ref(work, path.ref)
    ask = ask_from(MoveProcedure, body, version=expected_version())
    return procedure_out(work, move_procedure(work, row, ask))


@api.changes("/procedures/<ref>/validations", ProcedureOut, method="post")
def validate(work: Work, path: ProcedurePath) -> ProcedureOut:
    """Say, as a second person, that the version that stands holds."""
    row = procedure_by_ref(work, path.ref)
    return procedure_out(work, validate_procedure(work, row, version=expected_version()))


@api.creates("/procedures/<ref>/faults", ProcedureOut)
def report(work: Work, path: ProcedurePath, body: FaultIn) -> ProcedureOut:
    """Say that a step is wrong; its owner is told."""
    row = procedure_by_ref(work, path.ref)
    report_fault(work, row, ReportFault(number=body.number, note=body.note))
    return procedure_out(work, row)


@api.changes("/procedures/<ref>/faults/<fault>", ProcedureOut, method="put", guarded=False)
def mend(work: Work, path: FaultPath) -> ProcedureOut:
    """Mark a fault as mended in the version that stands."""
    row = procedure_by_ref(work, path.ref)
    mend_fault(work, row, path.fault)
    return procedure_out(work, row)


def procedure_out(look: Look, procedure: Procedure) -> ProcedureOut:
    """The procedure as an answer holds it; what the actor may not read is left out."""
    # The version counts the change when it is written, and an answer tells the one that stands.
    look.session.flush()
    page = procedure_page(look, procedure)
    return ProcedureOut(
        **_row(page.item).model_dump(),
        text=procedure.text,
        steps=[
            ProcedureStepOut(
                number=part.number, title=part.title, markdown=part.markdown, heading=part.heading
            )
            for part in page.parts
            if isinstance(part, Step)
        ],
        escalation=procedure.escalation,
        written_by=person_out(page.written_by),
        validated_by=person_out(page.validated_by),
        faults=[_fault(one) for one in page.faults],
        possible_moves=[one.verb for one in page.moves],
    )


def _fault(one: FaultItem) -> ProcedureFaultOut:
    row = one.row
    return ProcedureFaultOut(
        id=row.key,
        number=row.number,
        text_version=row.text_version,
        note=row.note,
        at=row.at,
        by=person_out(one.by),
        incident=ref_out(one.incident),
        mended_version=row.mended_version,
        mended_at=row.mended_at,
    )


def _middle(one: Middle) -> MitigatedOut:
    seconds = None if one.value is None else one.value.total_seconds()
    return MitigatedOut(seconds=seconds, incidents=one.count)


def _row(item: ProcedureItem) -> ProcedureRow:
    row = item.row
    return ProcedureRow(
        ref=item.ref,
        version=row.version,
        slug=row.slug,
        title=row.title,
        kind=row.kind,
        state=row.state,
        services=[NamedOut(slug=one.slug, name=one.name) for one in item.services],
        owner=person_out(item.owner),
        team=team_out(item.team),
        text_version=row.text_version,
        validated_version=row.validated_version,
        validated_at=row.validated_at,
        review_every_days=row.review_every_days,
        review_on=row.review_on,
        concerns=list(item.concerns),
        open_faults=item.open_faults,
        managed_by=row.managed_by,
        updated_at=row.updated_at,
    )
