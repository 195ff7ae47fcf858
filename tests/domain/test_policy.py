"""Severity from the matrix, business days, clocks."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tracker.assets import folder
from tracker.domain.policy import Policy, policy_from

CONTENT: dict[str, Any] = yaml.safe_load((folder("seed") / "policy.yaml").read_text())


def _policy(holidays: tuple[str, ...] = (), zone: str = "") -> Policy:
    content = deepcopy(CONTENT)
    content["calendar"]["holidays"] = list(holidays)
    return policy_from(content, zone=zone)


def test_every_cell_of_the_matrix_names_a_severity() -> None:
    policy = _policy()
    cells = {
        (impact.key, urgency.key): policy.severity(impact.key, urgency.key)
        for impact in policy.impacts
        for urgency in policy.urgencies
    }
    assert set(cells.values()) == set(policy.severity_keys)
    assert cells["everyone", "now"] == "SEV1"
    assert cells["internal", "planned"] == "SEV4"


@pytest.mark.parametrize(
    ("resolved_at", "holidays", "zone", "due"),
    [
        # Resolved on a Friday, five business days: the next Friday.
        ("2026-06-05T10:00", (), "UTC", "2026-06-12"),
        # A holiday in between shifts it.
        ("2026-06-05T10:00", ("2026-06-09",), "UTC", "2026-06-15"),
        ("2026-06-05T10:00", ("2026-06-09", "2026-06-15"), "UTC", "2026-06-16"),
        # On a weekend the count begins on Monday.
        ("2026-06-06T10:00", (), "UTC", "2026-06-12"),
        # Friday evening in London is Saturday in Auckland.
        ("2026-06-05T20:00", (), "Pacific/Auckland", "2026-06-12"),
        ("2026-06-04T20:00", (), "Pacific/Auckland", "2026-06-12"),
        ("2026-06-04T20:00", (), "UTC", "2026-06-11"),
        # Around both changes of the clocks a day is a day.
        ("2026-03-27T23:30", (), "Europe/Berlin", "2026-04-03"),
        ("2026-10-23T22:30", (), "Europe/Berlin", "2026-10-30"),
    ],
)
def test_a_review_is_due_in_business_days(
    resolved_at: str, holidays: tuple[str, ...], zone: str, due: str
) -> None:
    at = datetime.fromisoformat(resolved_at).replace(tzinfo=UTC)
    assert _policy(holidays, zone).review_due_on("SEV1", at) == date.fromisoformat(due)


def test_a_low_severity_has_no_clock() -> None:
    assert _policy().review_due_on("SEV4", datetime(2026, 6, 5, tzinfo=UTC)) is None


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 60))
def test_business_days_there_and_back(start: date, days: int) -> None:
    policy = _policy(("2026-12-25",))
    there = policy.business_days_after(start, days)
    between = sum(
        policy.is_business_day(start + timedelta(days=n))
        for n in range(1, (there - start).days + 1)
    )
    assert between == days
    if policy.is_business_day(start):
        assert policy.shift_business_days(there, -days) == start


@pytest.mark.parametrize("key", ["severities", "matrix", "reviews", "actions", "lessons"])
def test_a_policy_that_lacks_a_part_says_which(key: str) -> None:
    content = {name: value for name, value in CONTENT.items() if name != key}
    with pytest.raises(ValueError, match=key):
        policy_from(content)


def test_a_matrix_with_a_hole_is_refused() -> None:
    content = deepcopy(CONTENT)
    del content["matrix"]["many"]["soon"]
    with pytest.raises(ValueError, match=r"many\.soon"):
        policy_from(content)
