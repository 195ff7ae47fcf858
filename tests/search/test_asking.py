"""What every search engine must do with what people type: words, phrases, signs and slips."""

from __future__ import annotations

import pytest

from tests.search.records import (
    CERTIFICATE,
    STRANGER,
    filler,
    found,
    refs,
)
from tracker.search.index import SearchDocument, SearchIndex, SearchQuery


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
