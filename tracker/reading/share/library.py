"""The library: what search keeps of each record, and the answers as people read them.

In the library: every incident and action, reviews once published (in the words of their newest
version), lessons while they are published or asked about again, procedures in use,
and events but for the noise. Drafts are not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import col, select

from tracker.db.work import Look
from tracker.models.action import Action
from tracker.models.event import OperationalEvent
from tracker.models.incident import Incident
from tracker.models.lesson import Lesson
from tracker.models.procedure import Procedure
from tracker.models.review import Review
from tracker.models.table import Record
from tracker.reading.references import parse_ref, ref_of, spoken_ref
from tracker.reading.share.library_text import LibraryText
from tracker.reading.share.library_texts import texts_of
from tracker.search.excerpt import excerpt, plain_text
from tracker.search.index import FacetValue, SearchDocument, SearchHit, SearchIndex, SearchQuery

MODELS: dict[str, type[Record]] = {
    str(model.__tablename__): model
    for model in (Incident, Review, Action, Lesson, Procedure, OperationalEvent)
}
BATCH = 200
# An excerpt is looked for around the first places where a term stands: reading a whole long
# report for ten hits would take longer than the search itself.
WINDOW_BEFORE = 300
WINDOW = 1_800


@dataclass(frozen=True, kw_only=True)
class LibraryHit:
    """One answer. ``excerpt`` is runs of (text, whether it is a match); the caller escapes.

    ``source_id`` is the id the record had where it was imported from, or empty.
    """

    ref: str
    kind: str
    title: str
    state: str
    severity: str
    day: date | None
    tags: tuple[str, ...]
    services: tuple[str, ...]
    teams: tuple[str, ...]
    score: float
    excerpt: tuple[tuple[str, bool], ...]
    source_id: str

    @property
    def number(self) -> int:
        """The id in the reference: 12 of INC-12."""
        return int(self.ref.split("-")[1])

    @property
    def excerpt_text(self) -> str:
        """The excerpt without its marks."""
        return "".join(text for text, _ in self.excerpt)


@dataclass(frozen=True, kw_only=True)
class LibraryPage:
    """One page of answers; see SearchPage for the rest."""

    hits: tuple[LibraryHit, ...]
    total: int
    facets: Mapping[str, tuple[FacetValue, ...]] = field(default_factory=dict)
    hint: str = ""
    corrected: str = ""
    terms: tuple[str, ...] = ()


def documents(look: Look, kind: str, ids: Collection[int]) -> list[SearchDocument]:
    """What search keeps of these records; those that are not in the library are left out.

    The number of queries does not depend on how many records are asked for.
    """
    found = texts_of(look, {kind: list(ids)}).values()
    return [_document(text) for text in found]


def gone(kind: str, ids: Collection[int], found: Iterable[SearchDocument]) -> list[str]:
    """References that search must forget: records without a document among those found.

    It is the difference, not a second question to the database, so that a record is never both
    written and deleted when it changes in between.
    """
    known = {document.ref for document in found}
    return [one for one in (ref_of(kind, row_id) for row_id in ids) if one not in known]


def all_documents(look: Look, batch: int = BATCH) -> Iterator[SearchDocument]:
    """Every document of the library, in batches, each read as the database stands then."""
    for kind, model in MODELS.items():
        last = 0
        while True:
            query = select(model.id).where(col(model.id) > last).order_by(col(model.id))
            ids = [row_id for row_id in look.session.exec(query.limit(batch)) if row_id]
            if not ids:
                break
            yield from documents(look, kind, ids)
            last = ids[-1]
            # A read transaction over the whole rebuild would keep the database from tidying up.
            look.session.rollback()
            look.session.expunge_all()


def library_page(look: Look, index: SearchIndex, query: SearchQuery) -> LibraryPage:
    """The answers that the actor may read, with what a person wants to see of each.

    What vanished or was hidden since it was indexed is left out. Where a reference is looked for,
    the record of that name comes first.
    """
    named = () if query.offset or query.filters else _named(look, query.text)
    page = index.search(query)
    if named and page.corrected:
        # Nothing but the record of that name was meant.
        return LibraryPage(hits=named, total=len(named))
    hits = _hits(look, page.hits, page.terms)
    others = [hit for hit in hits if hit.ref not in {one.ref for one in named}]
    added = len(named) + len(others) - len(hits)
    return LibraryPage(
        hits=(*named, *others)[: query.limit],
        total=page.total + added,
        facets=page.facets,
        hint=page.hint,
        corrected=page.corrected,
        terms=page.terms,
    )


def _named(look: Look, text: str) -> tuple[LibraryHit, ...]:
    meant = spoken_ref(text)
    if meant is None:
        return ()
    model, row_id = meant
    kind = str(model.__tablename__)
    if kind not in MODELS:
        return ()
    hit = SearchHit(ref=ref_of(kind, row_id), kind=kind, title="", score=1.0)
    return _hits(look, [hit], ())


def similar(
    look: Look,
    index: SearchIndex,
    text: str,
    *,
    exclude: Collection[str] = (),
    kinds: tuple[str, ...] = (),
    limit: int = 5,
) -> tuple[LibraryHit, ...]:
    """Records about the same things as the text, most alike first."""
    hits = index.similar(
        text,
        readable_circles=look.actor.circles,
        exclude=frozenset(exclude),
        kinds=kinds,
        limit=limit,
    )
    return _hits(look, hits, ())


def _hits(
    look: Look, hits: Collection[SearchHit], terms: tuple[str, ...]
) -> tuple[LibraryHit, ...]:
    wanted: dict[str, list[int]] = {}
    for hit in hits:
        model, row_id = parse_ref(hit.ref)
        wanted.setdefault(str(model.__tablename__), []).append(row_id)
    texts = texts_of(look, wanted)
    return tuple(
        _hit(hit, text, terms)
        for hit in hits
        if (text := texts.get(hit.ref)) is not None and look.actor.reads(text.circle)
    )


def _hit(hit: SearchHit, text: LibraryText, terms: tuple[str, ...]) -> LibraryHit:
    return LibraryHit(
        ref=text.ref,
        kind=text.kind,
        title=text.title,
        state=text.state,
        severity=text.severity,
        day=text.day,
        tags=text.tags,
        services=text.services,
        teams=text.teams,
        score=hit.score,
        excerpt=excerpt(plain_text(_window(text.markdown, terms)), terms),
        source_id=text.source_id,
    )


def _window(parts: tuple[str, ...], terms: tuple[str, ...]) -> str:
    """The stretch with the most of the terms, cut at line ends so that its Markdown stays whole.

    Terms are stems: they are looked for as beginnings, without regard to case. One that is not
    found that way only makes the choice worse, never the marking.
    """
    text = "\n\n".join(parts)
    if len(text) <= WINDOW:
        return text
    folded = text.casefold()
    places = [place for term in terms if (place := folded.find(term.casefold())) >= 0]
    best = max(
        places or [0],
        key=lambda place: (
            sum(folded.find(t.casefold(), place, place + WINDOW) >= 0 for t in terms),
            -place,
        ),
    )
    start = max(best - WINDOW_BEFORE, 0)
    line = text.rfind("\n", 0, start) + 1
    if best - line < WINDOW:
        start = line
    return text[start : start + WINDOW + WINDOW_BEFORE]


def _document(text: LibraryText) -> SearchDocument:
    return SearchDocument(
        ref=text.ref,
        kind=text.kind,
        title=text.title,
        body="\n".join(plain_text(part) for part in text.markdown),
        tags=text.tags,
        teams=text.teams,
        services=text.services,
        severity=text.severity,
        state=text.state,
        day=text.day,
        circle=text.circle,
        story=text.story,
    )
