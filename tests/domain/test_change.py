"""Which changes are suggested for an incident, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.change import (
    HALF_LIFE_HOURS,
    Candidate,
    before_impact,
    status_after,
    towards_the_end,
    weight,
)

IMPACT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(hours=24)

spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30))
distances = st.integers(min_value=0, max_value=6)
offsets = st.timedeltas(min_value=timedelta(days=-3), max_value=timedelta(days=3))
candidates = st.lists(
    st.builds(
        lambda key, start, length, distance: Candidate(
            key, IMPACT + start, None if length is None else IMPACT + start + length, distance
        ),
        key=st.integers(min_value=1, max_value=50),
        start=offsets,
        length=st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1)),
        distance=distances,
    ),
    max_size=30,
    unique_by=lambda one: one.key,
)


@given(before=spans, more=spans, distance=distances)
def test_of_two_changes_the_nearer_is_never_the_less_likely(
    before: timedelta, more: timedelta, distance: int
) -> None:
    assert weight(before, distance) >= weight(before + more, distance)
    assert weight(before, distance) >= weight(before, distance + 1)
    assert 0 <= weight(before, distance) <= 1


@given(before=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=5)))
def test_a_step_away_counts_like_a_half_life_longer_ago(before: timedelta) -> None:
    later = before + timedelta(hours=HALF_LIFE_HOURS)
    assert weight(before, 1) == pytest.approx(weight(later, 0))


@given(given=candidates)
def test_only_what_took_effect_within_the_window_is_suggested_likeliest_first(
    given: list[Candidate],
) -> None:
    by_key = {one.key: one for one in given}
    ranked = before_impact(given, impact_at=IMPACT, window=DAY)
    for one in ranked:
        change = by_key[one.key]
        assert change.started_at <= IMPACT
        assert (change.ended_at or change.started_at) >= IMPACT - DAY
    assert [one.weight for one in ranked] == sorted((one.weight for one in ranked), reverse=True)
    left_out = {one.key for one in given} - {one.key for one in ranked}
    for key in left_out:
        change = by_key[key]
        effect = change.ended_at or change.started_at
        assert change.started_at > IMPACT or effect < IMPACT - DAY


@given(given=candidates)
def test_the_order_does_not_hang_on_the_order_it_was_asked_in(given: list[Candidate]) -> None:
    one_way = before_impact(given, impact_at=IMPACT, window=DAY)
    assert one_way == before_impact(reversed(given), impact_at=IMPACT, window=DAY)


@given(given=candidates)
def test_nothing_is_suggested_as_cause_and_as_remedy(given: list[Candidate]) -> None:
    causes = {one.key for one in before_impact(given, impact_at=IMPACT, window=DAY)}
    remedies = {one.key for one in towards_the_end(given, impact_at=IMPACT, end_at=IMPACT + DAY)}
    assert not causes & remedies


def test_a_change_still_under_way_has_taken_effect_just_now() -> None:
    running = Candidate(1, IMPACT - timedelta(hours=20), None, 0)
    outlasting = Candidate(2, IMPACT - timedelta(hours=40), IMPACT + timedelta(hours=1), 0)
    forgotten = Candidate(3, IMPACT - timedelta(hours=40), None, 0)
    found = before_impact([running, outlasting, forgotten], impact_at=IMPACT, window=DAY)
    assert [(one.key, one.weight) for one in found] == [(2, 1.0), (1, 1.0)]


def test_a_dependency_changed_just_now_comes_before_the_service_changed_yesterday() -> None:
    yesterday = Candidate(1, IMPACT - timedelta(hours=20), IMPACT - timedelta(hours=20), 0)
    just_now = Candidate(2, IMPACT - timedelta(minutes=5), IMPACT - timedelta(minutes=5), 1)
    found = before_impact([yesterday, just_now], impact_at=IMPACT, window=DAY)
    assert [one.key for one in found] == [2, 1]


@pytest.mark.parametrize(("before", "distance"), [(timedelta(seconds=-1), 0), (timedelta(0), -1)])
def test_what_lies_after_the_moment_is_not_weighed(before: timedelta, distance: int) -> None:
    with pytest.raises(ValueError, match="weighed"):
        weight(before, distance)


@pytest.mark.parametrize(
    ("stands", "told", "after"),
    [
        ("started", "started", "started"),
        ("started", "succeeded", "succeeded"),
        ("started", "failed", "failed"),
        ("succeeded", "started", "succeeded"),
        ("failed", "started", "failed"),
        ("cancelled", "started", "cancelled"),
        ("failed", "succeeded", "succeeded"),
        ("succeeded", "failed", "failed"),
    ],
)
def test_messages_that_overtake_each_other_do_not_begin_a_change_again(
    stands: str, told: str, after: str
) -> None:
    assert status_after(stands, told) == after
