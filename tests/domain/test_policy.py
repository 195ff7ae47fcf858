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
        # In the hour that comes twice, and in the one that never comes.
        ("2026-10-25T00:30", (), "Europe/Berlin", "2026-10-30"),
        ("2026-10-25T01:30", (), "Europe/Berlin", "2026-10-30"),
        ("2026-03-29T01:00", (), "Europe/Berlin", "2026-04-03"),
        # Half an hour before midnight at home is the same day; half an hour after is the next.
        ("2026-06-07T13:30", (), "Australia/Lord_Howe", "2026-06-15"),
        ("2026-06-07T13:29", (), "Australia/Lord_Howe", "2026-06-12"),
        # The leap day is a day of work, and the last of February without one is not missed.
        ("2028-02-24T10:00", (), "UTC", "2028-03-02"),
        ("2027-02-24T10:00", (), "UTC", "2027-03-03"),
        ("2028-02-24T10:00", ("2028-02-29",), "UTC", "2028-03-03"),
        # A holiday on a weekend takes nothing away; a row of them takes each.
        ("2026-06-05T10:00", ("2026-06-06",), "UTC", "2026-06-12"),
        ("2026-12-22T10:00", ("2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01"), "UTC",
         "2027-01-04"),
        # Resolved on a holiday: the count begins with the next day of work.
        ("2026-12-25T10:00", ("2026-12-25",), "UTC", "2027-01-01"),
        # West of the date line Friday lasts longer.
        ("2026-06-06T05:00", (), "America/Los_Angeles", "2026-06-12"),
        ("2026-06-06T08:00", (), "America/Los_Angeles", "2026-06-12"),
    ],
)  # fmt: skip
def test_a_review_is_due_in_business_days(
    resolved_at: str, holidays: tuple[str, ...], zone: str, due: str
) -> None:
    at = datetime.fromisoformat(resolved_at).replace(tzinfo=UTC)
    assert _policy(holidays, zone).review_due_on("SEV1", at) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("resolved_at", "holidays", "due"),
    [
        ("2026-06-05T10:00", (), "2026-06-05"),  # no days: the same day
        ("2026-06-06T10:00", (), "2026-06-08"),  # on a Saturday: Monday
        ("2026-06-06T10:00", ("2026-06-08",), "2026-06-09"),
        ("2026-06-08T10:00", ("2026-06-08",), "2026-06-09"),
    ],
)
def test_no_business_days_means_the_same_one_or_the_next_there_is(
    resolved_at: str, holidays: tuple[str, ...], due: str
) -> None:
    content = deepcopy(CONTENT)
    content["calendar"]["holidays"] = list(holidays)
    content["reviews"]["SEV1"]["due_business_days"] = 0
    policy = policy_from(content, zone="UTC")
    at = datetime.fromisoformat(resolved_at).replace(tzinfo=UTC)
    assert policy.review_due_on("SEV1", at) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("week", "resolved_at", "due"),
    [
        # Sunday to Thursday.
        ([7, 1, 2, 3, 4], "2026-06-04T10:00", "2026-06-11"),
        ([7, 1, 2, 3, 4], "2026-06-05T10:00", "2026-06-11"),
        # Four days; and every day.
        ([1, 2, 3, 4], "2026-06-04T10:00", "2026-06-15"),
        ([1, 2, 3, 4, 5, 6, 7], "2026-06-04T10:00", "2026-06-09"),
    ],
)
def test_the_week_of_work_is_the_organisations(week: list[int], resolved_at: str, due: str) -> None:
    content = deepcopy(CONTENT)
    content["calendar"]["business_days"] = week
    at = datetime.fromisoformat(resolved_at).replace(tzinfo=UTC)
    assert policy_from(content, zone="UTC").review_due_on("SEV1", at) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("due", "days", "reminded"),
    [
        ("2026-06-12", -2, "2026-06-10"),
        ("2026-06-12", 3, "2026-06-17"),
        ("2026-06-08", -2, "2026-06-04"),  # over a weekend
        ("2026-06-08", -1, "2026-06-05"),
        ("2026-12-28", -2, "2026-12-22"),  # over a weekend with holidays before it
        ("2028-03-01", -2, "2028-02-28"),  # over the leap day
        ("2026-06-13", 0, "2026-06-13"),  # somebody chose a Saturday: that day
    ],
)
def test_reminders_stand_business_days_from_the_due_day(due: str, days: int, reminded: str) -> None:
    policy = _policy(("2026-12-24", "2026-12-25"))
    assert policy.shift_business_days(date.fromisoformat(due), days) == date.fromisoformat(reminded)


def test_how_late_is_counted_in_business_days() -> None:
    policy = _policy(("2026-06-09",))
    friday = date(2026, 6, 5)
    late = [policy.business_days_between(friday, friday + timedelta(days=n)) for n in range(7)]
    assert late == [0, 0, 0, 1, 1, 2, 3]
    assert policy.business_days_between(friday, date(2026, 6, 1)) == 0


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
