"""Whatever a person types or a report contains, search answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.search.analysis import indexed_terms, surface_words, tokens
from tracker.search.excerpt import excerpt, plain_text
from tracker.search.index import FACETS, SearchDocument, SearchQuery
from tracker.search.query import MOST_TERMS, parse, positive_words
from tracker.search.whoosh_index import WhooshIndex

BITS = (
    '"',
    "OR",
    "AND",
    "NOT",
    "-",
    "*",
    ":",
    "tag:",
    "kind:lesson",
    "-tag:dns",
    "title:",
    "foo:bar",
    "(",
    ")",
    "node",
    "nod*",
    "kube-proxy",
    "of",
    "\x00",
    "\x1e",
    "\ud800",
    "İ",
    "e\u0301",
    "日本",
    "''",
    "“",
    "ﬁ",
)
anything = st.one_of(
    st.text(alphabet=st.characters(), max_size=60),
    st.lists(st.sampled_from(BITS), max_size=14).map(" ".join),
    st.lists(st.sampled_from(BITS), max_size=14).map("".join),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> WhooshIndex:
    folder: Path = tmp_path_factory.mktemp("index")
    opened = WhooshIndex(folder)
    opened.rebuild(
        SearchDocument(
            ref=f"INC-{number}",
            kind="incident",
            title="The node was out of memory",
            body=f"kube-proxy node {number} and e\u0301t\u00e9 日本",
            tags=("dns",),
        )
        for number in range(5)
    )
    return opened


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=anything,
    name=st.sampled_from([*FACETS, "nothing", ""]),
    value=st.text(max_size=5),
    limit=st.integers(-1, 20),
    offset=st.integers(-1, 20),
)
def test_any_query_is_answered(
    index: WhooshIndex, text: str, name: str, value: str, limit: int, offset: int
) -> None:
    page = index.search(
        SearchQuery(text=text, filters={name: (value,)}, limit=limit, offset=offset, sort=value)
    )
    assert len(page.hits) <= max(limit, 0)
    assert page.total <= 5
    assert tuple(page.facets) == FACETS
    assert all(one.count <= 5 for values in page.facets.values() for one in values)
    excerpt(text, page.terms)
    index.similar(text, readable_circles=frozenset())


@settings(max_examples=200, deadline=None)
@given(text=anything)
def test_any_query_is_parsed_the_same_way_twice_and_within_its_limits(text: str) -> None:
    parsed = parse(text)
    assert parse(text) == parsed
    assert len(list(positive_words(parsed.nodes))) <= MOST_TERMS


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=80))
def test_any_text_is_read_with_true_offsets_and_rising_positions(text: str) -> None:
    placed = [place for _, place in indexed_terms(text)]
    assert placed == sorted(placed)
    ends = [0]
    for token in tokens(text):
        assert ends[-1] <= token.start < token.end <= len(text)
        ends.append(token.end)
    assert all(word for word in surface_words(text))


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=400), width=st.integers(1, 300))
def test_an_excerpt_is_made_of_the_text_and_keeps_near_its_width(text: str, width: int) -> None:
    terms = tuple(word for word, _ in list(indexed_terms(text))[3:5])
    pieces = excerpt(text, terms, width=width)
    whole = "".join(piece for piece, _ in pieces)
    words = whole.replace("…", " ").split()
    rest = text.split()
    assert all(any(word in other for other in [*rest, "…"]) for word in words)
    longest = max((token.end - token.start for token in tokens(text)), default=0)
    assert len(whole) <= width + longest + 4


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200))
def test_any_markdown_becomes_plain_text(text: str) -> None:
    assert isinstance(plain_text(text), str)
