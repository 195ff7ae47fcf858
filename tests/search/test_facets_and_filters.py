"""What every search engine must do: narrow, count, order, and turn pages."""

from __future__ import annotations

import pytest

from tests.search.records import (
    counts,
    filler,
    found,
    refs,
)
from tracker.search.index import FACETS, SearchDocument, SearchIndex, SearchQuery


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tag:dns", {"REV-1"}),
        ("service:auth", {"REV-1", "INC-4"}),
        ("service:auth kind:incident", {"INC-4"}),
        ("kind:LESSON", {"LES-3"}),
        ("team:edge certificate", {"REV-2"}),
        ("year:2024 -tag:dns", {"LES-3", "INC-4"}),
        ("severity:sev1", {"REV-1", "INC-4"}),
        ("state:published", {"REV-1"}),
        ("title:limits", {"LES-3"}),
        ('title:"every workload"', {"LES-3"}),
        ("title:starved", set()),
        ("tag:dns OR tag:tls", {"REV-1", "REV-2"}),
        ("tag:nosuchtag", set()),
    ],
)
def test_a_field_narrows_the_answer(filled: SearchIndex, text: str, expected: set[str]) -> None:
    assert set(found(filled, text)) == expected


def test_empty_text_is_every_readable_record_newest_first(filled: SearchIndex) -> None:
    page = filled.search(SearchQuery(text="  "))
    assert refs(page) == ["LES-3", "INC-4", "REV-1", "REV-2"]
    assert page.total == 4
    assert page.terms == ()


def test_newest_first_orders_answers_by_day(filled: SearchIndex) -> None:
    assert found(filled, "service:auth OR service:gateway", sort="newest") == [
        "INC-4",
        "REV-1",
        "REV-2",
    ]


def test_pages_follow_one_another_without_gap_or_repetition(index: SearchIndex) -> None:
    index.rebuild(filler(n, "same words") for n in range(25))
    pages = [index.search(SearchQuery(text="same", limit=10, offset=n)) for n in (0, 10, 20, 30)]
    assert [len(page.hits) for page in pages] == [10, 10, 5, 0]
    assert {page.total for page in pages} == {25}
    assert len({ref for page in pages for ref in refs(page)}) == 25


def test_values_of_one_filter_widen_and_filters_together_narrow(filled: SearchIndex) -> None:
    assert set(found(filled, "", filters={"kind": ("lesson", "incident")})) == {"LES-3", "INC-4"}
    assert found(filled, "", filters={"kind": ("lesson", "incident"), "team": ("edge",)}) == [
        "INC-4"
    ]
    assert found(filled, "", filters={"kind": ("nothing",)}) == []
    assert len(found(filled, "", filters={"kind": ()})) == 4


def test_every_facet_is_counted_over_the_answers(filled: SearchIndex) -> None:
    page = filled.search(SearchQuery(text="service:auth OR service:gateway"))
    assert tuple(page.facets) == FACETS
    assert counts(page, "kind") == {"review": 2, "incident": 1}
    assert counts(page, "service") == {"auth": 2, "gateway": 2}
    assert counts(page, "year") == {"2024": 2, "2023": 1}
    assert counts(page, "severity") == {"sev1": 2, "sev2": 1}


def test_a_facet_ignores_its_own_filter_and_keeps_the_others(filled: SearchIndex) -> None:
    page = filled.search(SearchQuery(text="", filters={"kind": ("lesson",), "year": ("2024",)}))
    assert page.total == 1
    assert counts(page, "kind") == {"incident": 1, "lesson": 1, "review": 1}
    assert counts(page, "year") == {"2024": 1}
    assert counts(page, "tag") == {"capacity": 1, "kubernetes": 1}


def test_a_page_tells_one_story_before_it_tells_it_again(index: SearchIndex) -> None:
    told = "A resolver restarted in a loop and names were lost."
    one = [
        SearchDocument(ref=ref, kind=kind, title="Resolver loop", body=told, story="INC-1")
        for ref, kind in (("INC-1", "incident"), ("REV-1", "review"), ("LES-1", "lesson"))
    ]
    other = SearchDocument(
        ref="INC-9", kind="incident", title="Names were lost", body=f"{told} It took an hour."
    )
    index.write([*one, other], [])
    page = index.search(SearchQuery(text="resolver restarted"))
    assert page.total == 4
    assert "INC-9" in [hit.ref for hit in page.hits[:2]]


def test_a_line_of_an_action_does_not_hide_the_report_it_is_about(index: SearchIndex) -> None:
    words = "The certificate of the gateway expired. " * 3
    report = SearchDocument(ref="INC-1", kind="incident", title="Gateway refused", body=words * 4)
    line = SearchDocument(ref="ACT-1", kind="action", title="Watch certificate", body="")
    index.write([report, line], [])
    assert index.search(SearchQuery(text="certificate")).hits[0].ref == "INC-1"
