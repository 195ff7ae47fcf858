"""Times that contradict each other, durations that are never guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.incident import ORDERED_TIMES, TIMES, durations, time_gaps

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MOMENTS = st.one_of(
    st.none(), st.integers(-30 * 24, 30 * 24).map(lambda hours: NOW + timedelta(hours=hours))
)


def test_resolved_before_mitigated_is_a_gap_at_resolved() -> None:
    gaps = time_gaps(
        {"mitigated": NOW - timedelta(hours=1), "resolved": NOW - timedelta(hours=2)}, now=NOW
    )
    assert [gap.field for gap in gaps] == ["resolved"]
    assert "before mitigated" in gaps[0].message


def test_detection_may_come_before_the_impact() -> None:
    assert (
        time_gaps(
            {"detected": NOW - timedelta(hours=2), "impact_started": NOW - timedelta(hours=1)},
            now=NOW,
        )
        == []
    )


def test_a_time_in_the_future_is_a_gap() -> None:
    assert time_gaps({"detected": NOW + timedelta(hours=1)}, now=NOW)
    assert not time_gaps({"detected": NOW + timedelta(minutes=1)}, now=NOW)


@given(st.dictionaries(st.sampled_from(TIMES), MOMENTS))
def test_gaps_are_exactly_the_contradictions(times: dict[str, datetime | None]) -> None:
    expected = sum(1 for at in times.values() if at and at > NOW + timedelta(minutes=5))
    for earlier, later in ORDERED_TIMES:
        first, second = times.get(earlier), times.get(later)
        expected += bool(first and second and second < first)
    assert len(time_gaps(times, now=NOW)) == expected


@given(st.dictionaries(st.sampled_from(TIMES), MOMENTS))
def test_a_duration_is_unknown_unless_both_ends_are_known(
    times: dict[str, datetime | None],
) -> None:
    found = durations(times)
    known = {name for name, at in times.items() if at is not None}
    assert (found["time_to_detect"] is not None) == ({"impact_started", "detected"} <= known)
    assert (found["time_to_resolve"] is not None) == ({"impact_started", "resolved"} <= known)
