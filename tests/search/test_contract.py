"""What every search engine must do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from tracker.search.index import FACETS, SearchDocument, SearchIndex, SearchPage, SearchQuery

Opener = Callable[[str], SearchIndex]

DNS = SearchDocument(
    ref="REV-1",
    kind="review",
    title="Name server lost its zone",
    body="The kube-proxy pods could not resolve names. DNS records vanished for user_id lookups "
    "after v1.27.3 was rolled out, and /var/log/resolver filled with ETIMEDOUT and HTTP 502.",
    tags=("dns", "network"),
    teams=("platform",),
    services=("auth",),
    severity="sev1",
    state="published",
    day=date(2024, 3, 1),
)
CERTIFICATE = SearchDocument(
    ref="REV-2",
    kind="review",
    title="Expired certificate on the gateway",
    body="A certificate expired at midnight. Nobody owned its renewal, so browsers gave up.",
    tags=("tls",),
    teams=("edge",),
    services=("gateway",),
    severity="sev2",
    day=date(2023, 7, 9),
)
MEMORY = SearchDocument(
    ref="LES-3",
    kind="lesson",
    title="Give every workload limits",
    body="One workload without memory limits starved the whole node; Kubernetes evicted its "
    "neighbours when the node ran out of memory.",
    tags=("capacity", "kubernetes"),
    teams=("platform",),
    services=("batch",),
    day=date(2024, 11, 20),
)
CHARTS = SearchDocument(
    ref="INC-4",
    kind="incident",
    title="Helm upgrade broke sign-in",
    body="The chart removed a setting, so authentication answered with errors until the rollback. "
    "Naïve checks passed.",
    tags=("deployment",),
    teams=("edge",),
    services=("auth", "gateway"),
    severity="sev1",
    day=date(2024, 5, 5),
)
SECRET = SearchDocument(
    ref="INC-5",
    kind="incident",
    title="Project Zanzibar credentials leaked",
    body="The zanzibarium password and a certificate were in a public paste. Payroll kerfuffle.",
    tags=("secret-tag",),
    teams=("security",),
    services=("payroll",),
    severity="sev0",
    day=date(2022, 1, 2),
    circle=7,
)
PUBLIC = (DNS, CERTIFICATE, MEMORY, CHARTS)


@pytest.fixture
def filled(index: SearchIndex) -> SearchIndex:
    index.rebuild([*PUBLIC, SECRET])
    return index


def refs(page: SearchPage) -> list[str]:
    return [hit.ref for hit in page.hits]


def found(index: SearchIndex, text: str, **asked: object) -> list[str]:
    return refs(index.search(SearchQuery(text=text, **asked)))  # type: ignore[arg-type]


def counts(page: SearchPage, facet: str) -> dict[str, int]:
    return {one.value: one.count for one in page.facets[facet]}


def filler(number: int, body: str = "ordinary words about nothing at all") -> SearchDocument:
    return SearchDocument(ref=f"INC-{number}", kind="incident", title=f"Filler {number}", body=body)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("expired certificate", "REV-2"),
        ("EXPIRED Certificates", "REV-2"),
        ("expiring certificate", "REV-2"),
        ("dns", "REV-1"),
        ("helm upgrade broke", "INC-4"),
        ("kube-proxy", "REV-1"),
        ("kubeproxy", "REV-1"),
        ("kube proxy", "REV-1"),
        ("proxy", "REV-1"),
        ("v1.27.3", "REV-1"),
        ("1.27.3", "REV-1"),
        ("user_id", "REV-1"),
        ("etimedout", "REV-1"),
        ("/var/log/resolver", "REV-1"),
        ('"HTTP 502"', "REV-1"),
        ("naive checks", "INC-4"),
        ("NAÏVE", "INC-4"),
        ("k8s", "LES-3"),
        ("oom", "LES-3"),
        ("auth chart", "INC-4"),
        ('"ran out of memory"', "LES-3"),
        ("no memory limits set so one workload starved the node", "LES-3"),
        ("INC-4", "INC-4"),
    ],
)
def test_the_right_record_comes_first(filled: SearchIndex, text: str, first: str) -> None:
    assert found(filled, text)[0] == first


def test_all_words_must_match_when_enough_records_have_them(index: SearchIndex) -> None:
    index.rebuild(
        [*(filler(n, "alpha beta") for n in range(3)), *(filler(n, "alpha") for n in range(3, 9))]
    )
    assert index.search(SearchQuery(text="alpha beta")).total == 3


def test_most_words_are_enough_when_too_few_records_have_all_and_those_with_all_come_first(
    index: SearchIndex,
) -> None:
    index.rebuild(
        [
            filler(1, "alpha and some beta in a very long text about many other things " * 20),
            filler(2, "alpha alpha alpha alpha"),
            filler(3, "gamma"),
        ]
    )
    assert found(index, "alpha beta") == ["INC-1", "INC-2"]


def test_a_word_in_the_title_counts_more_than_one_in_the_body(index: SearchIndex) -> None:
    index.rebuild(
        [
            SearchDocument(ref="INC-1", kind="incident", title="Other", body="throttling seen"),
            SearchDocument(ref="INC-2", kind="incident", title="Throttling", body="other seen"),
        ]
    )
    assert found(index, "throttling") == ["INC-2", "INC-1"]


def test_a_phrase_must_stand_together_and_in_order(filled: SearchIndex) -> None:
    assert found(filled, '"memory limits"') == ["LES-3"]
    assert found(filled, '"limits memory"') == []
    assert found(filled, '"memory starved"') == []


def test_a_phrase_keeps_its_small_words(index: SearchIndex) -> None:
    index.rebuild([filler(1, "the node is out of order"), filler(2, "the node, an order")])
    assert found(index, '"out of order"') == ["INC-1"]


def test_a_phrase_does_not_reach_from_the_title_into_the_body(index: SearchIndex) -> None:
    index.rebuild([SearchDocument(ref="INC-1", kind="incident", title="first end", body="begin")])
    assert found(index, '"end begin"') == []
    assert found(index, '"end first"') == []


def test_minus_leaves_records_out(filled: SearchIndex) -> None:
    assert found(filled, "certificate -gateway") == []
    assert set(found(filled, "-certificate")) == {"REV-1", "LES-3", "INC-4"}
    assert set(found(filled, "-kind:review")) == {"LES-3", "INC-4"}


def test_or_finds_either_side(filled: SearchIndex) -> None:
    assert set(found(filled, "helm OR midnight")) == {"INC-4", "REV-2"}
    assert set(found(filled, 'helm OR "memory limits" OR vanished')) == {"INC-4", "LES-3", "REV-1"}


def test_a_star_finds_words_that_begin_so(filled: SearchIndex) -> None:
    page = filled.search(SearchQuery(text="certif*"))
    assert refs(page) == ["REV-2"]
    assert "certificate" in page.terms


def test_a_star_after_one_letter_is_explained(filled: SearchIndex) -> None:
    page = filled.search(SearchQuery(text="c* helm"))
    assert refs(page) == ["INC-4"]
    assert "2 letters" in page.hint


def test_a_star_that_stands_for_too_many_words_says_so(index: SearchIndex) -> None:
    index.rebuild(
        [filler(1, " ".join(f"zz{a}{b}" for a in "abcdefghijklmnop" for b in "abcdefghijklmnop"))]
    )
    page = index.search(SearchQuery(text="zz*"))
    assert refs(page) == ["INC-1"]
    assert "200" in page.hint


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('certificate "expired', "quotation mark"),
        ("OR certificate", "OR"),
        ("certificate OR", "OR"),
        ("colour:expired certificate", "colour"),
    ],
)
def test_a_malformed_query_gets_a_hint_and_is_still_searched(
    filled: SearchIndex, text: str, words: str
) -> None:
    page = filled.search(SearchQuery(text=text))
    assert "REV-2" in refs(page)
    assert words in page.hint


def test_a_sound_query_gets_no_hint(filled: SearchIndex) -> None:
    assert filled.search(SearchQuery(text='gateway "expired at" -helm kind:review')).hint == ""


def test_words_beyond_thirty_are_left_out_with_a_hint(filled: SearchIndex) -> None:
    text = " ".join(["certificate", *(f"word{n}" for n in range(40))])
    page = filled.search(SearchQuery(text=text))
    assert "30" in page.hint


@pytest.mark.parametrize(
    ("typed", "right", "first"),
    [
        ("certficate", "certificate", "REV-2"),
        ("certifciate expired", "certificate expired", "REV-2"),
        ("wrkload limits", "workload limits", "LES-3"),
        ("helm upgarde, broke", "helm upgrade, broke", "INC-4"),
    ],
)
def test_a_mistyped_word_is_forgiven_and_said(
    filled: SearchIndex, typed: str, right: str, first: str
) -> None:
    page = filled.search(SearchQuery(text=typed))
    assert refs(page)[0] == first
    assert page.corrected == right


def test_a_word_that_exists_is_not_corrected(filled: SearchIndex) -> None:
    assert filled.search(SearchQuery(text="certificate expired")).corrected == ""


def test_a_much_more_common_word_is_suggested_for_a_rare_one_but_not_searched(
    index: SearchIndex,
) -> None:
    index.rebuild([filler(0, "the serber"), *(filler(n, "the server") for n in range(1, 60))])
    page = index.search(SearchQuery(text="serber"))
    assert refs(page) == ["INC-0"]
    assert page.corrected == "server"


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


STRANGER: frozenset[int] = frozenset()
PROBES = (
    "",
    "certificate",
    "zanzibarium",
    "zanzibarum",
    "Zanzibar",
    "zanz*",
    "kerfufle",
    "project credentials",
    "tag:secret-tag",
    "service:payroll",
    "severity:sev0",
    "year:2022",
    "-certificate",
    "password OR helm",
    '"public paste"',
    "expired certificate leaked password in a public place",
)


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


def test_similar_finds_the_like_and_leaves_out_what_is_named(filled: SearchIndex) -> None:
    text = "The TLS certificate of the gateway had expired and its renewal had no owner"
    first = filled.similar(text, readable_circles=STRANGER)
    assert first[0].ref == "REV-2"
    assert first[0].title == CERTIFICATE.title
    without = filled.similar(text, readable_circles=STRANGER, exclude=frozenset({"REV-2"}))
    assert "REV-2" not in [hit.ref for hit in without]
    lessons = filled.similar(
        "memory limits of a workload on the node", readable_circles=STRANGER, kinds=("lesson",)
    )
    assert [hit.ref for hit in lessons] == ["LES-3"]
    assert len(filled.similar(text, readable_circles=STRANGER, limit=1)) == 1
    assert filled.similar("the of and", readable_circles=STRANGER) == ()


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
