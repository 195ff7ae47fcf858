"""Lessons: draft, read, edit, publish, ask again, replace."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tracker.api.feature import Feature
from tracker.api.given import expected_version
from tracker.api.moves import MovesOut, moves_out
from tracker.api.shapes import (
    LONGEST_LIST,
    NO_NUL,
    Answer,
    Asked,
    Day,
    Email,
    Emails,
    IncidentRef,
    Instant,
    LessonRef,
    Line,
    NamedOut,
    Note,
    Page,
    PersonOut,
    Reason,
    ReviewRef,
    Tags,
    Visibility,
    Word,
    Words,
    ask_from,
    person_out,
    ref_out,
    team_out,
)
from tracker.db.work import Look, Work
from tracker.models.lesson import Lesson
from tracker.reading.links import visibilities
from tracker.reading.references import lesson_by_ref, ref
from tracker.reading.share.lessons import LessonFilter, LessonItem, lesson_page, list_lessons
from tracker.usecases.share.lessons import (
    DraftLesson,
    EditLesson,
    MoveLesson,
    draft_lesson,
    edit_lesson,
    move_lesson,
)

api = Feature("lessons", "What others can use.")

Place = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]


class LessonPath(Asked):
    ref: LessonRef


class LessonQuery(Page):
    """Repeat a parameter to allow several values; different parameters narrow together."""

    state: Words = Field(default=[], description='States, or "living".')
    tag: Tags = []
    team: Words = []
    applies_to: Annotated[list[Place], Field(max_length=LONGEST_LIST)] = []
    mine: bool = False
    others_exposed: bool = False
    sort: Literal["newest", "oldest", "title", "changed"] = "newest"


class AppliesTo(Asked):
    """Where a lesson applies: a technology, a library, a pattern or a kind of service."""

    kind: Literal["tech", "library", "pattern", "service_kind"]
    value: Place


class LessonIn(Asked):
    """A draft; from a review or a closed incident it takes over who may read it."""

    title: Line
    situation: Note = ""
    insight: Note = ""
    recommendation: Note = ""
    tags: Tags = []
    applies_to: Annotated[list[AppliesTo], Field(max_length=LONGEST_LIST)] = []
    owner: Email = ""
    team: Word = ""
    review: ReviewRef | None = None
    incidents: Annotated[list[IncidentRef], Field(max_length=LONGEST_LIST)] = []
    review_by: Day | None = None
    others_exposed: bool = False
    visibility: Visibility = "org"
    members: Emails = []


class LessonEdit(Asked):
    """New values; a field that is left out or null stays as it is."""

    title: Line | None = None
    situation: Note | None = None
    insight: Note | None = None
    recommendation: Note | None = None
    tags: Tags | None = None
    applies_to: Annotated[list[AppliesTo], Field(max_length=LONGEST_LIST)] | None = None
    owner: Email | None = None
    team: Word | None = None
    incidents: Annotated[list[IncidentRef], Field(max_length=LONGEST_LIST)] | None = None
    review_by: Day | None = None
    others_exposed: bool | None = None


class LessonMoveIn(Asked):
    """A verb of the life cycle; ``by`` names the lesson that replaces this one."""

    verb: Literal["publish", "ask_again", "confirm", "archive", "supersede", "restore"]
    why: Reason = ""
    by: LessonRef | None = None


class PlaceOut(Answer):
    kind: str
    value: str


class LessonRow(Answer):
    """A lesson as a list shows it."""

    ref: str
    version: int
    state: str
    title: str
    insight: str
    tags: list[str]
    applies_to: list[PlaceOut]
    owner: PersonOut | None
    team: NamedOut | None
    review_by: Day | None
    others_exposed: bool
    published_at: Instant | None
    updated_at: Instant


class LessonsOut(Answer):
    items: list[LessonRow]
    next_cursor: str
    count: int | None


class LessonOut(LessonRow):
    """A lesson with its texts and sources."""

    situation: str
    recommendation: str
    visibility: str
    review: str | None
    incidents: list[str]
    superseded_by: str | None
    possible_moves: list[str]


@api.reads("/lessons", LessonsOut)
def list_all(look: Look, query: LessonQuery) -> LessonsOut:
    """Lessons, a page at a time."""
    narrowed = LessonFilter(
        state=tuple(query.state),
        tag=tuple(query.tag),
        team=tuple(query.team),
        applies_to=tuple(query.applies_to),
        mine=query.mine,
        others_exposed=query.others_exposed,
    )
    listed = list_lessons(
        look,
        narrowed,
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
        count=query.count,
    )
    return LessonsOut(
        items=[_row(item) for item in listed.items],
        next_cursor=listed.next_cursor,
        count=listed.count,
    )


@api.creates("/lessons", LessonOut)
def draft(work: Work, body: LessonIn) -> LessonOut:
    """Draft a lesson."""
    ask = ask_from(DraftLesson, body, applies_to=_places(body.applies_to))
    return lesson_out(work, draft_lesson(work, ask))


@api.reads("/lessons/<ref>", LessonOut)
def read(look: Look, path: LessonPath) -> LessonOut:
    """One lesson."""
    return lesson_out(look, lesson_by_ref(look, path.ref))


@api.changes("/lessons/<ref>", LessonOut)
def edit(work: Work, path: LessonPath, body: LessonEdit) -> LessonOut:
    """Change texts, tags, places, owner or sources."""
    row = lesson_by_ref(work, path.ref)
    places = None if body.applies_to is None else _places(body.applies_to)
    ask = ask_from(EditLesson, body, applies_to=places, version=expected_version())
    return lesson_out(work, edit_lesson(work, row, ask))


@api.reads("/lessons/<ref>/moves", MovesOut)
def moves(look: Look, path: LessonPath) -> MovesOut:
    """Every change of state of a lesson, and what is possible now."""
    row = lesson_by_ref(look, path.ref)
    possible = [one.verb for one in lesson_page(look, row).moves]
    return MovesOut(items=moves_out(look, "lesson", row.key), possible=possible)


@api.changes("/lessons/<ref>/moves", LessonOut, method="post")
def move(work: Work, path: LessonPath, body: LessonMoveIn) -> LessonOut:
    """Move a lesson on: publish, confirm, archive, supersede, restore."""
    row = lesson_by_ref(work, path.ref)
    ask = ask_from(MoveLesson, body, version=expected_version())
    return lesson_out(work, move_lesson(work, row, ask))


def lesson_out(look: Look, lesson: Lesson) -> LessonOut:
    """The lesson as an answer holds it; sources that the actor may not read are left out."""
    # The version counts the change when it is written, and an answer tells the one that stands.
    look.session.flush()
    page = lesson_page(look, lesson)
    return LessonOut(
        **_row(page.item).model_dump(),
        situation=lesson.situation,
        recommendation=lesson.recommendation,
        visibility=visibilities(look, [lesson.circle_id])[lesson.circle_id],
        review=ref_out(page.review),
        incidents=[ref(one) for one in page.incidents],
        superseded_by=ref_out(page.superseded_by),
        possible_moves=[one.verb for one in page.moves],
    )


def _places(given: list[AppliesTo]) -> tuple[tuple[str, str], ...]:
    return tuple((one.kind, one.value) for one in given)


def _row(item: LessonItem) -> LessonRow:
    row = item.row
    return LessonRow(
        ref=item.ref,
        version=row.version,
        state=row.state,
        title=row.title,
        insight=row.insight,
        tags=item.links.tags,
        applies_to=[PlaceOut(kind=kind, value=value) for kind, value in item.links.applies_to],
        owner=person_out(item.owner),
        team=team_out(item.team),
        review_by=row.review_by,
        others_exposed=row.others_exposed,
        published_at=row.published_at,
        updated_at=row.updated_at,
    )
