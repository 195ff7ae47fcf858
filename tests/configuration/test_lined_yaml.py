"""YAML with lines: what is read, and what is refused in plain words."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.configuration.lined_yaml import DEEPEST, NotReadError, read_yaml

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)
REFUSED = {
    "tab": ("a:\n\tb: 1", 2, "tab"),
    "open bracket": ("a: [1,\n", 2, "bracket"),
    "open quotation": ("a: 'x", 1, "quotation"),
    "second colon": ("a: b: c", 1, "colon"),
    "wrong indent": ("a:\n  - 1\n b: 2", 3, "indented"),
    "object": ("a: 1\nb: !!python/object/apply:os.system ['true']", 2, "python/object"),
    "merge": ("a: &x {b: 1}\nc:\n  <<: *x", 3, "write the values out"),
    "two documents": ("a: 1\n---\nb: 1", 2, "One document"),
    "control character": ("a: 1\nb: \x01", 2, "no text may contain"),
    "complex name": ("? [a]\n: b", 1, "plain word"),
    "alias of itself": ("a: &a [*a]", 1, "itself"),
    "alias of nothing": ("a: *b", 1, "nothing"),
    "deep": ("[" * 100_000, 1, str(DEEPEST)),
    "bomb": (BOMB, 6, "300,000"),
}


def test_values_have_the_line_they_stand_on() -> None:
    read = read_yaml("# first\na: 1\nb:\n  - c: x\n    d: [1, 2]\n  - c: y\n")
    assert read.value == {"a": 1, "b": [{"c": "x", "d": [1, 2]}, {"c": "y"}]}
    assert read.line_of(("a",)) == 2
    assert read.line_of(("b", 0, "d")) == 5
    assert read.line_of(("b", 1, "c")) == 6
    assert read.line_of(("b", 1, "not there")) == 6


def test_words_stay_words() -> None:
    read = read_yaml("a: no\nb: 2027-01-01\nc: 012\nd: '5'\ne: 5\nf: true\ng: ~\nh: 1.5\ni: 0x1f\n")
    assert list(read.value.values()) == ["no", "2027-01-01", "012", "5", 5, True, None, 1.5, "0x1f"]


def test_an_alias_means_what_it_stands_for() -> None:
    assert read_yaml("a: &x [1, 2]\nb: *x\n").value == {"a": [1, 2], "b": [1, 2]}


def test_a_name_that_stands_twice_is_told_with_both_lines() -> None:
    read = read_yaml("a: 1\nb: 2\na: 3\n")
    assert read.value["a"] == 1
    assert read.problems == [(3, "“a” stands on line 1 already")]


@pytest.mark.parametrize("written", ['"<<": 1', "'<<': 1"])
def test_a_name_in_quotation_marks_is_only_a_name(written: str) -> None:
    assert read_yaml(written).value == {"<<": 1}


def test_an_empty_text_is_nothing() -> None:
    assert read_yaml("").value is None
    assert read_yaml("# only a comment\n").value is None


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_line(name: str) -> None:
    text, line, words = REFUSED[name]
    with pytest.raises(NotReadError) as caught:
        read_yaml(text)
    assert caught.value.line == line
    assert words in caught.value.message


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(NotReadError):
        read_yaml(text)


@given(st.text(alphabet="ab:-[]{}&*!'\"|>#?,%@ \n\t~<=", max_size=60))
def test_any_marks_of_yaml_are_read_or_refused(text: str) -> None:
    with suppress(NotReadError):
        read_yaml(text)
