"""Reviews: start, read, edit, the publish gate, moves, published versions, export."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from tracker.api.feature import Feature
from tracker.api.gate import tracker
from tracker.api.given import expected_version
from tracker.api.moves import MovesOut, moves_out
from tracker.api.shapes import (
    LARGEST_ID,
    LONGEST_LIST,
    Answer,
    Asked,
    Day,
    Email,
    FieldProblem,
    IncidentRef,
    Instant,
    Line,
    Page,
    PersonOut,
    Reason,
    ReviewRef,
    Word,
    Words,
    ask_from,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.domain.lifecycle import REVIEW
from tracker.models.incident import Incident
from tracker.models.review import Review, ReviewVersion
from tracker.reading.analyse.deadlines import time_figures
from tracker.reading.analyse.review_cover import markdown_file, told_with_cover
from tracker.reading.analyse.reviews import (
    ReviewFilter,
    ReviewItem,
    list_reviews,
    review_items,
    version,
    versions,
    whole_review,
    working_version,
)
from tracker.reading.links import people_by_id, visibilities
from tracker.reading.policies import template
from tracker.reading.references import ref, review_by_ref
from tracker.usecases.analyse.reviews import (
    EditReview,
    StartReview,
    amend_review,
    edit_review,
    move_review,
    publish_review,
    start_review,
    waive_review,
)

api = Feature("reviews", "What was learned from what happened, without blame.")


class ReviewPath(Asked):
    ref: ReviewRef


class VersionPath(Asked):
    ref: ReviewRef
    number: Annotated[int, Field(ge=1, le=LARGEST_ID)]


class ReviewQuery(Page):
    """Repeat a parameter to allow several values; different parameters narrow together."""

    state: Words = Field(default=[], description='States, or "open".')
    template: Words = []
    overdue: bool = False
    mine: bool = False
    sort: Literal["newest", "oldest", "changed", "title"] = "newest"


class ExportQuery(Asked):
    """The newest published version, another one by its number, or the words as they stand now."""

    format: Literal["markdown", "json"] = "markdown"
    number: Annotated[int, Field(ge=0, le=LARGEST_ID)] = Field(
        default=0, description="A published version; 0 is the review as it stands now."
    )


class ReviewIn(Asked):
    """A review of one or more incidents; without a template the policy's is taken."""

    incidents: Annotated[list[IncidentRef], Field(min_length=1, max_length=LONGEST_LIST)]
    template: Word = ""
    title: Line = ""
    owner: Email = ""
    facilitator: Email = ""
    due_on: Day | None = None


class ReviewEdit(Asked):
    """New values; a field that is left out or null stays as it is, an empty text clears it."""

    title: Line | None = None
    owner: Email | None = None
    facilitator: Email | None = None
    due_on: Day | None = None


class ReviewMoveIn(Asked):
    """A verb of the life cycle; ``until`` belongs to waive."""

    verb: Literal["start_review", "back_to_draft", "publish", "amend", "waive", "resume"]
    why: Reason = ""
    until: Day | None = None


class ReviewRow(Answer):
    """A review as a list shows it."""

    ref: str
    version: int
    state: str
    title: str
    template: str
    incidents: list[str]
    owner: PersonOut | None
    due_on: Day | None
    published_at: Instant | None
    published_version: int
    updated_at: Instant


class ReviewsOut(Answer):
    items: list[ReviewRow]
    next_cursor: str
    count: int | None


class ReviewOut(ReviewRow):
    """A review with its people and what came out of it; its answers are its sections."""

    template_version: int
    policy_version: int
    visibility: str
    facilitator: PersonOut | None
    approver: PersonOut | None
    waived_until: Day | None
    actions: list[str]
    lessons: list[str]
    possible_moves: list[str]


class GateOut(Answer):
    """Everything between the review and its publication, at once."""

    ready: bool
    gaps: list[FieldProblem]


class VersionRow(Answer):
    number: int
    published_at: Instant
    published_by: PersonOut | None
    why: str


class VersionsOut(Answer):
    items: list[VersionRow]


class VersionOut(VersionRow):
    """A published version, as it was frozen."""

    content: dict[str, Any]


class FiguresQuery(Asked):
    """Reviews due from ``since`` until ``until``; the last 90 days when left out."""

    since: Day | None = None
    until: Day | None = None


class TimeFiguresOut(Answer):
    """``share`` is null on fewer than five; ``low`` and ``high`` bound the true share."""

    since: Day
    until: Day
    in_time: int
    n: int
    share: float | None
    low: float
    high: float
    late: int
    waived: int
    open: int


class ExportOut(Answer):
    """The review as one document: Markdown text, or the same as data."""

    ref: str
    format: str
    number: int
    markdown: str | None
    content: dict[str, Any] | None


@api.reads("/reviews", ReviewsOut)
def list_all(look: Look, query: ReviewQuery) -> ReviewsOut:
    """Reviews, a page at a time."""
    narrowed = ReviewFilter(
        state=tuple(query.state),
        template=tuple(query.template),
        overdue=query.overdue,
        mine=query.mine,
    )
    listed = list_reviews(
        look,
        narrowed,
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
        count=query.count,
    )
    return ReviewsOut(
        items=[_row(item) for item in listed.items],
        next_cursor=listed.next_cursor,
        count=listed.count,
    )


@api.reads("/reviews/figures", TimeFiguresOut)
def figures(look: Look, query: FiguresQuery) -> TimeFiguresOut:
    """How reviews met their day: in time, late, waived, with what the figure stands on."""
    told = time_figures(look, since=query.since, until=query.until)
    share = told.figures.in_time
    return TimeFiguresOut(
        since=told.since,
        until=told.until,
        in_time=share.part,
        n=share.whole,
        share=share.value,
        low=share.low,
        high=share.high,
        late=told.figures.late,
        waived=told.figures.waived,
        open=told.figures.open,
    )


@api.creates("/reviews", ReviewOut)
def start(work: Work, body: ReviewIn) -> ReviewOut:
    """Start a review; it is prefilled from its incidents."""
    return review_out(work, start_review(work, ask_from(StartReview, body)))


@api.reads("/reviews/<ref>", ReviewOut)
def read(look: Look, path: ReviewPath) -> ReviewOut:
    """One review."""
    return review_out(look, review_by_ref(look, path.ref))


@api.changes("/reviews/<ref>", ReviewOut)
def edit(work: Work, path: ReviewPath, body: ReviewEdit) -> ReviewOut:
    """Change title, owner, facilitator or due day."""
    row = review_by_ref(work, path.ref)
    ask = ask_from(EditReview, body, version=expected_version())
    return review_out(work, edit_review(work, row, ask))


@api.reads("/reviews/<ref>/moves", MovesOut)
def moves(look: Look, path: ReviewPath) -> MovesOut:
    """Every change of state of a review, and what is possible now."""
    row = review_by_ref(look, path.ref)
    return MovesOut(
        items=moves_out(look, "review", row.key),
        possible=[one.verb for one in REVIEW.possible(row.state)],
    )


@api.changes("/reviews/<ref>/moves", ReviewOut, method="post")
def move(work: Work, path: ReviewPath, body: ReviewMoveIn) -> ReviewOut:
    """Move a review on. Publishing tells everything that is missing at once."""
    row = review_by_ref(work, path.ref)
    expected = expected_version()
    work.expect(row, expected)
    if body.verb == "publish":
        publish_review(work, row, version=expected)
    elif body.verb == "amend":
        amend_review(work, row, why=body.why, version=expected)
    elif body.verb == "waive":
        waive_review(work, row, why=body.why, until=body.until)
    else:
        move_review(work, row, body.verb, why=body.why)
    return review_out(work, row)


@api.reads("/reviews/<ref>/gate", GateOut)
def gate(look: Look, path: ReviewPath) -> GateOut:
    """What keeps the review from being published."""
    gaps = whole_review(look, review_by_ref(look, path.ref)).gaps
    return GateOut(
        ready=not gaps,
        gaps=[FieldProblem(field=gap.field, message=gap.message) for gap in gaps],
    )


@api.reads("/reviews/<ref>/versions", VersionsOut)
def published(look: Look, path: ReviewPath) -> VersionsOut:
    """Every published version, newest first."""
    rows = versions(look, review_by_ref(look, path.ref))
    return VersionsOut(items=_versions(look, rows))


@api.reads("/reviews/<ref>/versions/<int:number>", VersionOut)
def read_version(look: Look, path: VersionPath) -> VersionOut:
    """A published version with its texts."""
    row = version(look, review_by_ref(look, path.ref), path.number)
    return VersionOut(**_versions(look, [row])[0].model_dump(), content=row.content)


@api.reads("/reviews/<ref>/export", ExportOut)
def export(look: Look, path: ReviewPath, query: ExportQuery) -> ExportOut:
    """The review as one document, to keep or to read elsewhere."""
    row = review_by_ref(look, path.ref)
    kept = (
        version(look, row, query.number)
        if query.number
        else working_version(look, whole_review(look, row))
    )
    as_text = query.format == "markdown"
    key, number = kept.content.get("template", [row.template_key, row.template_version])
    base_url = tracker().settings.base_url
    told = told_with_cover(look, row, kept, template(look, key, number), base_url=base_url)
    return ExportOut(
        ref=ref(row),
        format=query.format,
        number=query.number,
        markdown=markdown_file(*told) if as_text else None,
        content=None if as_text else kept.content,
    )


def review_out(look: Look, review: Review) -> ReviewOut:
    """The review as an answer holds it; what the actor may not read is left out."""
    # The version counts the change when it is written, and an answer tells the one that stands.
    look.session.flush()
    whole = whole_review(look, review)
    people = people_by_id(look, [review.facilitator_id, review.approver_id])
    return ReviewOut(
        **_row(review_items(look, [review])[0]).model_dump(),
        template_version=review.template_version,
        policy_version=review.policy_version,
        visibility=visibilities(look, [review.circle_id])[review.circle_id],
        facilitator=person_out(people.get(review.facilitator_id or 0)),
        approver=person_out(people.get(review.approver_id or 0)),
        waived_until=review.waived_until,
        actions=[ref(one) for one in whole.actions],
        lessons=[ref(one) for one in whole.lessons],
        possible_moves=[one.verb for one in REVIEW.possible(review.state)],
    )


def _versions(look: Look, rows: Sequence[ReviewVersion]) -> list[VersionRow]:
    people = people_by_id(look, [row.published_by_id for row in rows])
    return [
        VersionRow(
            number=row.number,
            published_at=row.published_at,
            published_by=person_out(people.get(row.published_by_id or 0)),
            why=row.why,
        )
        for row in rows
    ]


def _refs(incidents: list[Incident]) -> list[str]:
    return [ref(one) for one in incidents]


def _row(item: ReviewItem) -> ReviewRow:
    row = item.row
    return ReviewRow(
        ref=item.ref,
        version=row.version,
        state=row.state,
        title=row.title,
        template=row.template_key,
        incidents=_refs(item.incidents),
        owner=person_out(item.owner),
        due_on=row.due_on,
        published_at=row.published_at,
        published_version=row.published_version,
        updated_at=row.updated_at,
    )
