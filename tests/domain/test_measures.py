"""Figures say how much they stand on, and are silent on too little."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.measures import FEWEST, middle, share


@given(whole=st.integers(min_value=0, max_value=100_000), data=st.data())
def test_the_interval_holds_the_share_and_stays_within_nothing_and_everything(
    whole: int, data: st.DataObject
) -> None:
    part = data.draw(st.integers(min_value=0, max_value=whole))
    found = share(part, whole)
    assert 0 <= found.low <= found.high <= 1
    if whole:
        assert found.low <= part / whole <= found.high


@given(
    part=st.integers(min_value=0, max_value=50),
    more=st.integers(min_value=0, max_value=50),
    times=st.integers(min_value=2, max_value=20),
)
def test_more_cases_make_a_narrower_interval(part: int, more: int, times: int) -> None:
    whole = part + more + 1
    few, many = share(part, whole), share(part * times, whole * times)
    assert many.high - many.low < few.high - few.low


def test_the_interval_is_the_one_of_the_textbook() -> None:
    # Source: Newcombe (1998), table I, method 3: 81 of 263 gives 0.2553 to 0.3662.
    found = share(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)


def test_under_five_cases_there_is_no_value_and_a_count_all_the_same() -> None:
    few = share(1, FEWEST - 1)
    assert (few.value, few.too_few, few.part, few.whole) == (None, True, 1, 4)
    assert share(1, FEWEST).value == 0.2


@pytest.mark.parametrize(("part", "whole"), [(2, 1), (-1, 3)])
def test_more_than_everything_is_no_share(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        share(part, whole)


def test_an_unknown_duration_is_counted_as_missing_and_never_guessed() -> None:
    minutes = [timedelta(minutes=n) for n in (10, 20, 30, 40, 1_000)]
    found = middle([*minutes, None, None])
    assert (found.value, found.count, found.missing) == (timedelta(minutes=30), 5, 2)
    assert middle([*minutes[:4], None]).value is None
