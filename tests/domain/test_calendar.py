"""Which plans get in each other's way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.calendar import ENTRY_KINDS, Plan, clash

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
plans = st.builds(
    lambda kind, start, length, services: Plan(
        kind, NOON + start, NOON + start + length, frozenset(services)
    ),
    kind=st.sampled_from(sorted(ENTRY_KINDS)),
    start=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3)),
    length=st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=2)),
    services=st.sets(st.integers(min_value=1, max_value=3)),
)


def plan(kind: str, *services: int, hours: tuple[float, float] = (0, 2)) -> Plan:
    start, end = (NOON + timedelta(hours=one) for one in hours)
    return Plan(kind, start, end, frozenset(services))


@given(one=plans, other=plans)
def test_a_clash_is_one_from_both_sides(one: Plan, other: Plan) -> None:
    assert clash(one, other) == clash(other, one)


@given(one=plans, other=plans)
def test_plans_that_do_not_meet_in_time_never_clash(one: Plan, other: Plan) -> None:
    if one.ends_at <= other.starts_at or other.ends_at <= one.starts_at:
        assert not clash(one, other)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (plan("freeze"), plan("maintenance", 1), True),
        (plan("freeze", 1), plan("maintenance", 2), False),
        (plan("freeze", 1), plan("maintenance", 1, 2), True),
        (plan("freeze"), plan("maintenance"), True),
        (plan("maintenance", 1), plan("maintenance", 1), True),
        (plan("maintenance"), plan("maintenance", 1), False),
        (plan("business_event"), plan("game_day", 1), True),
        (plan("holiday"), plan("maintenance", 1), False),
        (plan("freeze"), plan("business_event"), False),
        (plan("freeze"), plan("maintenance", 1, hours=(2, 3)), False),
        (plan("freeze"), plan("maintenance", 1, hours=(1.9, 3)), True),
    ],
)
def test_kinds_quarrel_where_they_concern_the_same(
    one: Plan, other: Plan, *, expected: bool
) -> None:
    assert clash(one, other) is expected
