"""How text becomes terms, and which words are near a mistyped one."""

from __future__ import annotations

import pytest

from tracker.search.analysis import (
    SECTION_BREAK,
    fold,
    indexed_terms,
    spellings,
    surface_words,
    term,
)
from tracker.search.spelling import Vocabulary, edit_distance
from tracker.search.synonyms import DEFAULT_SYNONYMS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kube-proxy failed", [("kubeproxi", 0), ("kube", 0), ("proxi", 1), ("fail", 2)]),
        ("v1.27.3", [("v1.27.3", 0), ("1", 0), ("v1", 0), ("27", 1), ("3", 2)]),
        ("user_id", [("user_id", 0), ("user", 0), ("id", 1)]),
        ("ETIMEDOUT", [("etimedout", 0)]),
        ("/var/log/x", [("var/log/x", 0), ("var", 0), ("log", 1), ("x", 2)]),
        ("HTTP 502", [("http", 0), ("502", 1)]),
        (
            "NullPointerException",
            [("null", 0), ("pointer", 0), ("except", 0), ("nullpointerexcept", 0)],
        ),
        ("the node's", [("the", 0), ("node", 1)]),
        ("the node\u2019s don't", [("the", 0), ("node", 1), ("dont", 2)]),
        (f"a{SECTION_BREAK}b", [("a", 0), ("b", 51)]),
        ("x" * 65, []),
        ("-- ... __ ''", []),
    ],
)
def test_text_is_read_whole_and_in_parts(text: str, expected: list[tuple[str, int]]) -> None:
    assert list(indexed_terms(text)) == expected


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Crème", "creme"),
        ("STRASSE", "straße"),
        ("ﬁle", "file"),
        ("e\u0301", "\u00e9"),
        ("ÅNGSTRÖM", "angstrom"),
    ],
)
def test_texts_that_look_alike_fold_alike(left: str, right: str) -> None:
    assert fold(left) == fold(right)


def test_names_with_digits_are_not_stemmed() -> None:
    assert term("k8s") == "k8s"
    assert term("nodes") == term("node")
    assert term("expired") == term("expires") == term("expiring")


def test_a_compound_may_be_found_whole_or_in_parts() -> None:
    assert spellings("health-checks") == ((("healthcheck",)), ("health", "check"))
    assert spellings("two words") == (("two", "word"),)
    assert spellings("?!") == ()


def test_surface_words_are_not_stemmed() -> None:
    assert surface_words("Failing nodes") == {"failing", "nodes"}


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [
        ("kernal", "kernel", 1),
        ("upgarde", "upgrade", 1),
        ("relese", "release", 1),
        ("formater", "formatter", 1),
        ("postgers", "postgres", 1),
        ("same", "same", 0),
        ("certificat", "certificates", 2),
        ("kitten", "sitting", 3),
        ("", "four", 3),
    ],
)
def test_edit_distance_counts_swapped_neighbours_as_one_and_stops_early(
    left: str, right: str, distance: int
) -> None:
    assert edit_distance(left, right, 2) == distance
    assert edit_distance(right, left, 2) == distance


def test_short_words_and_names_with_digits_are_never_corrected() -> None:
    vocabulary = Vocabulary(["node", "nodes", "pm2020", "lode", "kernel", "kernels"])
    assert vocabulary.near("nod") == {}
    assert vocabulary.near("pm2021") == {}
    assert vocabulary.near("node") == {"nodes": 1, "lode": 1}
    assert vocabulary.near("kernell") == {"kernel": 1, "kernels": 1}


def test_each_synonym_stands_in_one_spelling_and_reads_as_words() -> None:
    members = [member for group in DEFAULT_SYNONYMS for member in group]
    assert all(list(indexed_terms(member)) for member in members)
    assert all(len(set(group)) == len(group) > 1 for group in DEFAULT_SYNONYMS)
