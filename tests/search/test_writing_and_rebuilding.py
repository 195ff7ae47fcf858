"""What every search engine must do: hold what was written, and be built anew under its readers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.search.records import (
    DNS,
    PROBES,
    PUBLIC,
    SECRET,
    STRANGER,
    Opener,
    filler,
    found,
)
from tracker.search.index import FACETS, SearchDocument, SearchIndex, SearchQuery


def test_writing_replaces_deletes_and_may_be_repeated(filled: SearchIndex) -> None:
    changed = replace(DNS, body="Now about turbines", tags=("power",))
    for _ in range(2):
        filled.write([changed, filler(99, "turbines")], ["REV-2", "INC-404"])
        assert filled.count() == 5
        assert found(filled, "turbines") == ["INC-99", "REV-1"]
        assert found(filled, "vanished") == []
        assert found(filled, "midnight") == []
        assert found(filled, "tag:dns") == []


def test_the_last_of_two_records_with_one_reference_wins(index: SearchIndex) -> None:
    index.rebuild([filler(1, "older"), filler(2), filler(1, "newer")])
    assert index.count() == 2
    assert found(index, "newer") == ["INC-1"]
    index.write([filler(2, "older"), filler(2, "newest")], ["INC-2"])
    assert found(index, "newest") == ["INC-2"]
    assert found(index, "older") == []


def test_an_index_written_bit_by_bit_answers_like_one_rebuilt(open_index: Opener) -> None:
    bit_by_bit, rebuilt = open_index("bits"), open_index("rebuilt")
    for document in (replace(DNS, body="draft"), *PUBLIC, SECRET, filler(9), filler(10)):
        bit_by_bit.write([document], [])
    bit_by_bit.write([], ["INC-9", "INC-10"])
    rebuilt.rebuild([SECRET, *reversed(PUBLIC)])
    for text in (*PROBES, "kubernetes memory", "draft", "ordinary", "auth gateway"):
        for circles in (STRANGER, frozenset({7}), None):
            query = SearchQuery(text=text, readable_circles=circles)
            assert bit_by_bit.search(query) == rebuilt.search(query)


def test_another_reader_sees_a_write_at_its_next_search(open_index: Opener) -> None:
    writer, reader = open_index("index"), open_index("index")
    writer.rebuild(PUBLIC)
    assert reader.search(SearchQuery(text="turbines")).total == 0
    writer.write([filler(99, "turbines")], [])
    assert reader.search(SearchQuery(text="turbines")).total == 1


def test_readers_keep_the_old_index_until_a_rebuild_is_whole(open_index: Opener) -> None:
    writer, reader = open_index("index"), open_index("index")
    writer.rebuild(PUBLIC)
    seen: list[int] = []

    def documents() -> Iterator[SearchDocument]:
        for number in range(60):
            seen.append(reader.search(SearchQuery(text="")).total)
            yield filler(number)

    told: list[int] = []
    assert writer.rebuild(documents(), progress=told.append) == 60
    assert set(seen) == {4}
    assert reader.search(SearchQuery(text="")).total == 60
    assert told[-1] == 60
    assert told == sorted(told)


def test_a_rebuild_that_fails_leaves_the_old_index(open_index: Opener) -> None:
    index = open_index("index")
    index.rebuild(PUBLIC)

    def documents() -> Iterator[SearchDocument]:
        yield filler(1)
        raise LookupError("the database went away")

    with pytest.raises(LookupError):
        index.rebuild(documents())
    assert index.is_current()
    assert found(index, "dns") == ["REV-1"]
    index.write([filler(2, "turbines")], [])
    assert found(index, "turbines") == ["INC-2"]


def test_an_index_that_was_never_built_is_empty_and_not_current(index: SearchIndex) -> None:
    page = index.search(SearchQuery(text="certificate"))
    assert (page.total, page.hits) == (0, ())
    assert tuple(page.facets) == FACETS
    assert index.similar("certificate", readable_circles=None) == ()
    assert index.count() == 0
    assert not index.is_current()


def test_an_index_that_was_only_written_to_works_but_is_not_current(index: SearchIndex) -> None:
    index.write([DNS], [])
    assert found(index, "dns") == ["REV-1"]
    assert not index.is_current()
    index.rebuild([DNS])
    assert index.is_current()


def test_an_index_rebuilt_from_nothing_is_current_and_empty(index: SearchIndex) -> None:
    assert index.rebuild([]) == 0
    assert index.is_current()
    assert index.search(SearchQuery(text="")).total == 0


def test_what_no_file_can_hold_is_indexed_all_the_same(index: SearchIndex) -> None:
    odd = SearchDocument(
        ref="INC-1",
        kind="incident",
        title="lone \ud800 surrogate \x00 and \x1e break",
        body="turbines \udfff \x1e",
        tags=("two words", "ünï"),
    )
    index.rebuild([odd])
    assert found(index, "turbines") == ["INC-1"]
    assert found(index, "", filters={"tag": ("two words",)}) == ["INC-1"]
    assert found(index, 'tag:"two words"') == ["INC-1"]
    assert found(index, "tag:uni") == ["INC-1"]
