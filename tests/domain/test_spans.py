"""Lengths of time as people say them."""

from __future__ import annotations

import pytest

from tracker.domain.spans import span_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1.9, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7_199, "119 minutes"),
        (7_200, "2 hours"),
        (200_000, "2 days"),
        (1_300_000, "2 weeks"),
        (23_125_991, "8 months"),
        (70_000_000, "2 years"),
        (-5, "0 seconds"),
    ],
)
def test_a_length_of_time_is_said_in_one_fitting_unit(seconds: float, words: str) -> None:
    assert span_words(seconds) == words
