"""The seam every search engine fits: what is indexed, what is asked, what comes back.

An index is disposable. The database is the truth, and `rebuild` makes an equal index from it at any
time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

FACETS = ("kind", "service", "team", "tag", "year", "severity")

SORTS = ("relevance", "newest")


class IndexBusyError(RuntimeError):
    """Another writer held the index for too long; the same batch may be written again later."""


@dataclass(frozen=True, kw_only=True)
class SearchDocument:
    """One record as search sees it; writing it again under the same ref replaces it.

    `title` and `body` are plain text. `circle` is who may read it: None is the whole organisation,
    otherwise the id of the one circle of people that may. The year facet comes from `day`. `story`
    is what several documents tell of (an incident, told by its review, lessons and actions too): a
    page of answers does not repeat one story while others are as good. Empty: a story of its own.
    """

    ref: str
    kind: str
    title: str
    body: str
    tags: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    severity: str = ""
    state: str = ""
    day: date | None = None
    circle: int | None = None
    story: str = ""


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    """What a person asked, and what that person may read.

    `filters` maps a name of FACETS to values: any of the values within one facet, all facets
    together. An unknown facet name is ignored. `readable_circles` empty means documents of the
    whole organisation only; None means everything and is for the system itself. Empty text matches
    every readable document, newest first.
    """

    text: str
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    readable_circles: frozenset[int] | None = frozenset()
    limit: int = 10
    offset: int = 0
    sort: str = "relevance"


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """One document found. Scores order one page; they mean nothing across queries."""

    ref: str
    kind: str
    title: str
    score: float


@dataclass(frozen=True, kw_only=True)
class FacetValue:
    """How many readable documents one would get by choosing this value."""

    value: str
    count: int


@dataclass(frozen=True, kw_only=True)
class SearchPage:
    """One page of answers.

    `total` counts all answers, not this page. `facets` has every name of FACETS; the counts of a
    facet ignore the filter chosen in that same facet, so that a person can widen it, and keep all
    others. `hint` is a plain sentence when part of the query was not understood or was cut, else
    empty. `corrected` is the query with misspelt words replaced, else empty. `terms` are what
    `excerpt` marks.
    """

    hits: tuple[SearchHit, ...]
    total: int
    facets: Mapping[str, tuple[FacetValue, ...]]
    hint: str = ""
    corrected: str = ""
    terms: tuple[str, ...] = ()


def silent_progress(_done: int, /) -> None:
    """Take note of nothing; the progress of a rebuild that nobody watches."""


class SearchIndex(Protocol):
    """A search engine. Any number of processes read; one process writes.

    What a person may not read has no effect on what that person is shown: not on hits, totals,
    facets, corrections, marked terms or the order of hits.
    """

    def search(self, query: SearchQuery) -> SearchPage:
        """Answer a query; whatever was typed, this returns a page and never raises."""
        ...

    def similar(
        self,
        text: str,
        *,
        readable_circles: frozenset[int] | None,
        exclude: frozenset[str] = frozenset(),
        kinds: tuple[str, ...] = (),
        limit: int = 5,
    ) -> tuple[SearchHit, ...]:
        """Find readable documents about the same things as `text`, most alike first.

        `exclude` names refs to leave out; `kinds` empty means every kind.
        """
        ...

    def write(self, put: Iterable[SearchDocument], delete: Iterable[str]) -> None:
        """Delete and put one batch in one commit; doing it twice changes nothing more.

        A ref both deleted and put ends up put. Raises: IndexBusyError when another writer does not
        finish.
        """
        ...

    def rebuild(
        self,
        documents: Iterable[SearchDocument],
        *,
        progress: Callable[[int], None] = silent_progress,
    ) -> int:
        """Build a new index beside the old one, swap it in at once, and return how many documents
        it has.

        Readers see the old index until the swap. `documents` must read the database as it is
        iterated: writing is locked from before the first document until after the swap, so no
        change is lost. Raises: IndexBusyError when another writer does not finish.
        """
        ...

    def is_current(self) -> bool:
        """Say whether the index opens, is whole, and was built by this version of the code."""
        ...

    def count(self) -> int:
        """Count every document, readable or not; 0 when the index does not open."""
        ...
