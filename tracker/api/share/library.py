"""The library: search over everything the actor may read, and what is like something."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tracker.api.feature import Feature
from tracker.api.gate import tracker
from tracker.api.shapes import Answer, Asked, Day, Note, Tags, Words
from tracker.db.work import Look
from tracker.domain.errors import Gap, NotValid
from tracker.reading.references import parse_ref
from tracker.reading.share.library import LibraryHit, library_page, similar
from tracker.reading.share.library_texts import texts_of
from tracker.search.index import FACETS, SearchQuery

api = Feature("library", "Lessons, reviews, incidents and actions, found by their words.")

AnyRef = Annotated[str, StringConstraints(pattern=r"^(INC|REV|ACT|LES|PRO|EVT)-[1-9][0-9]{0,8}$")]
Kinds = Annotated[list[Literal["incident", "review", "action", "lesson"]], Field(max_length=4)]


class SearchAsk(Asked):
    """Repeat a filter to allow several of its values."""

    q: Note = ""
    kind: Words = []
    service: Words = []
    team: Words = []
    tag: Tags = []
    year: Words = []
    severity: Words = []
    sort: Literal["relevance", "newest"] = "relevance"
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    offset: Annotated[int, Field(ge=0, le=10_000)] = 0


class SimilarAsk(Asked):
    """Either a text, or the reference of a record that is left out of the answer itself."""

    text: Note = ""
    ref: AnyRef | None = None
    kind: Kinds = []
    limit: Annotated[int, Field(ge=1, le=50)] = 5


class RunOut(Answer):
    """A stretch of an excerpt, and whether it is what was looked for."""

    text: str
    match: bool


class HitOut(Answer):
    ref: str
    kind: str
    title: str
    state: str
    severity: str
    day: Day | None
    tags: list[str]
    services: list[str]
    teams: list[str]
    score: float
    excerpt: list[RunOut]
    source_id: str


class FacetOut(Answer):
    value: str
    count: int


class SearchOut(Answer):
    """A page of answers; ``hint`` says what was not understood, ``corrected`` is a spelling."""

    items: list[HitOut]
    total: int
    facets: dict[str, list[FacetOut]]
    hint: str
    corrected: str


class SimilarOut(Answer):
    items: list[HitOut]


@api.reads("/search", SearchOut)
def search(look: Look, query: SearchAsk) -> SearchOut:
    """Search in words; a query that cannot be read gets a hint, never an error."""
    page = library_page(
        look,
        tracker().index,
        SearchQuery(
            text=query.q,
            filters={name: tuple(getattr(query, name)) for name in FACETS if getattr(query, name)},
            readable_circles=look.actor.circles,
            limit=query.limit,
            offset=query.offset,
            sort=query.sort,
        ),
    )
    return SearchOut(
        items=[_hit(one) for one in page.hits],
        total=page.total,
        facets={
            name: [FacetOut(value=one.value, count=one.count) for one in values]
            for name, values in page.facets.items()
        },
        hint=page.hint,
        corrected=page.corrected,
    )


@api.reads("/similar", SimilarOut)
def like(look: Look, query: SimilarAsk) -> SimilarOut:
    """Records about the same things as a text or another record."""
    text = query.text
    if query.ref is not None:
        text = f"{_text_of(look, query.ref)}\n{text}"
    if not text.strip():
        raise NotValid(Gap("text", "Give a text, or the reference of a record"))
    hits = similar(
        look,
        tracker().index,
        text,
        exclude=[query.ref] if query.ref else [],
        kinds=tuple(query.kind),
        limit=query.limit,
    )
    return SimilarOut(items=[_hit(one) for one in hits])


def _text_of(look: Look, reference: str) -> str:
    model, row_id = parse_ref(reference)
    row = look.get(model, row_id, what=reference)
    kind = str(model.__tablename__)
    text = texts_of(look, {kind: [row.key]}).get(reference)
    # Drafts are not in the library; their title still says what they are about.
    title = getattr(row, "title", "")
    return "\n".join([title, *(text.markdown if text else ())])


def _hit(one: LibraryHit) -> HitOut:
    return HitOut(
        ref=one.ref,
        kind=one.kind,
        title=one.title,
        state=one.state,
        severity=one.severity,
        day=one.day,
        tags=list(one.tags),
        services=list(one.services),
        teams=list(one.teams),
        score=one.score,
        excerpt=[RunOut(text=text, match=match) for text, match in one.excerpt],
        source_id=one.source_id,
    )
