"""Two people on one text: whatever they write, nothing of it is lost."""

from __future__ import annotations

from difflib import SequenceMatcher

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.merging import merge_texts

LINE = st.text(alphabet="abc ", min_size=1, max_size=6).map(lambda text: f"x{text.strip()}")
TEXT = st.lists(LINE, max_size=6).map("\n".join)


def _added(base: str, changed: str) -> list[str]:
    """The lines of ``changed`` that ``base`` does not have there."""
    before, after = base.split("\n"), changed.split("\n")
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        line
        for tag, _, _, start, end in matcher.get_opcodes()
        if tag in ("insert", "replace")
        for line in after[start:end]
    ]


@given(TEXT, TEXT, TEXT)
def test_every_word_that_either_person_added_is_in_the_result(
    base: str, mine: str, theirs: str
) -> None:
    merged = merge_texts(base, mine, theirs).text
    known = set(base.split())
    for line in (*_added(base, mine), *_added(base, theirs)):
        for word in set(line.split()) - known:
            assert word in merged.split() or word in merged


@given(TEXT, st.lists(LINE, min_size=1, max_size=4), st.lists(LINE, min_size=1, max_size=4))
def test_whole_lines_that_two_people_insert_are_all_there(
    base: str, mine: list[str], theirs: list[str]
) -> None:
    ours = [f"mine {number} {line}" for number, line in enumerate(mine)]
    others = [f"theirs {number} {line}" for number, line in enumerate(theirs)]
    lines = base.split("\n")
    merged = merge_texts(base, "\n".join([*ours, *lines]), "\n".join([*lines, *others])).text.split(
        "\n"
    )
    assert [line for line in merged if line.startswith("mine")] == ours
    assert [line for line in merged if line.startswith("theirs")] == others


@given(TEXT, TEXT)
def test_what_only_one_person_changed_is_taken_as_it_is(base: str, changed: str) -> None:
    assert merge_texts(base, changed, base).text == changed
    assert merge_texts(base, base, changed).text == changed
    assert merge_texts(base, changed, changed).text == changed


@given(TEXT, TEXT, TEXT)
def test_a_conflict_keeps_both_versions_and_names_both_people(
    base: str, mine: str, theirs: str
) -> None:
    merged = merge_texts(base, mine, theirs, my_name="Alice", their_name="Bob")
    for one, other in merged.conflicts:
        assert one.strip() in merged.text
        assert other.strip() in merged.text
        assert "As Alice wrote it" in merged.text
        assert "As Bob wrote it" in merged.text


def test_changes_in_different_lines_join_without_a_word_about_it() -> None:
    base = "one\ntwo\nthree\nfour\nfive"
    mine = "ONE\ntwo\nthree\nfour\nfive"
    theirs = "one\ntwo\nthree\nfour\nFIVE\nsix"
    merged = merge_texts(base, mine, theirs)
    assert merged.text == "ONE\ntwo\nthree\nfour\nFIVE\nsix"
    assert merged.conflicts == ()


def test_changes_of_different_words_in_one_line_join() -> None:
    merged = merge_texts(
        "The cache was cold at noon.",
        "The page cache was cold at noon.",
        "The cache was cold at half past noon.",
    )
    assert merged.text == "The page cache was cold at half past noon."


def test_a_deletion_and_a_change_elsewhere_join() -> None:
    merged = merge_texts("a\nb\nc\nd", "a\nc\nd", "a\nb\nc\nd\ne")
    assert merged.text == "a\nc\nd\ne"


def test_the_same_words_changed_twice_stand_side_by_side() -> None:
    merged = merge_texts("It was noon.", "It was ten.", "It was two.", my_name="Alice")
    assert merged.conflicts == (("It was ten.", "It was two."),)
    assert "Two people changed this passage" in merged.text


def test_writing_on_after_a_lost_answer_makes_no_second_copy() -> None:
    merged = merge_texts("", "It was noon, and quiet.", "It was noon")
    assert merged.text == "It was noon, and quiet."
    assert merged.conflicts == ()
