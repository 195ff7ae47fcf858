"""Word differences between two texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.text_diff import LEFT_OUT, Piece, lines_of, near_changes, word_diff

TEXT = st.text(alphabet="ab \n.é", max_size=40)


@given(TEXT, TEXT)
def test_the_pieces_give_back_both_texts(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert "".join(one.text for one in pieces if one.kind != "new") == old
    assert "".join(one.text for one in pieces if one.kind != "out") == new
    assert all(one.text for one in pieces)


def test_one_changed_word_is_one_change() -> None:
    assert word_diff("It was a quiet day.", "It was a busy day.") == [
        Piece("same", "It was a "),
        Piece("out", "quiet"),
        Piece("new", "busy"),
        Piece("same", " day."),
    ]


def test_words_changed_side_by_side_are_told_as_one_change() -> None:
    kinds = [one.kind for one in word_diff("sent in a mail to us", "sent three times to us")]
    assert kinds == ["same", "out", "new", "same"]


def test_a_very_long_passage_is_compared_as_a_whole() -> None:
    old, new = "a " * 5_000, "b " * 5_000
    assert word_diff(old, new) == [Piece("out", old), Piece("new", new)]
    assert len(word_diff("a\n" * 6_000, "b\n" * 6_000)) == 2


def test_unchanged_lines_far_from_a_change_are_left_out() -> None:
    old = "\n".join(f"line {number}" for number in range(9))
    lines = near_changes(lines_of(word_diff(old, old.replace("line 4", "row 4"))))
    assert lines[0] == lines[-1] == LEFT_OUT
    assert len(lines) == 5
