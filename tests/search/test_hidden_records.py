"""What every search engine must do: a closed record leaves no trace for whoever may not read it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.search.records import (
    DNS,
    PROBES,
    PUBLIC,
    SECRET,
    STRANGER,
    Opener,
    counts,
    found,
    refs,
)
from tracker.search.index import SearchIndex, SearchQuery


@pytest.mark.parametrize("text", PROBES)
@pytest.mark.parametrize("circles", [STRANGER, frozenset({6, 8})])
def test_a_private_record_changes_nothing_for_a_stranger(
    open_index: Opener, text: str, circles: frozenset[int]
) -> None:
    with_it, without = open_index("with"), open_index("without")
    with_it.rebuild([*PUBLIC, SECRET])
    without.rebuild(PUBLIC)
    query = SearchQuery(text=text, readable_circles=circles)
    # Equal to the last figure: hits, scores, totals, facets, corrections, marked terms.
    assert with_it.search(query) == without.search(query)
    assert with_it.similar(text, readable_circles=circles) == without.similar(
        text, readable_circles=circles
    )


@pytest.mark.parametrize("circles", [frozenset({7}), frozenset({1, 7}), None])
def test_a_private_record_is_found_by_its_circle_and_by_the_system(
    filled: SearchIndex, circles: frozenset[int] | None
) -> None:
    page = filled.search(SearchQuery(text="zanzibarum", readable_circles=circles))
    assert refs(page) == ["INC-5"]
    assert page.corrected == "zanzibarium"
    assert counts(page, "service") == {"payroll": 1}
    similar = filled.similar("zanzibarium password", readable_circles=circles)
    assert [hit.ref for hit in similar] == ["INC-5"]


def test_a_record_that_becomes_private_disappears_at_once_for_strangers(
    filled: SearchIndex,
) -> None:
    filled.write([replace(DNS, circle=9)], [])
    assert found(filled, "dns") == []
    assert found(filled, "dns", readable_circles=frozenset({9})) == ["REV-1"]
