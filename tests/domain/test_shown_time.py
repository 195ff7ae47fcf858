"""Times as people see and type them, in zones that make it hard."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.errors import NotValid
from tracker.domain.shown_time import (
    clock_words,
    in_zone,
    instant_words,
    offered_zones,
    typed_time,
)

ZONES = ("UTC", "Asia/Kolkata", "America/St_Johns", "Europe/London", "Pacific/Chatham")


@pytest.mark.parametrize(
    ("zone", "instant", "shown", "clock"),
    [
        ("UTC", "2026-11-23T14:02", "23 Nov 2026, 14:02 UTC", "14:02"),
        ("Asia/Kolkata", "2026-11-23T20:00", "24 Nov 2026, 01:30 IST", "01:30"),
        ("America/St_Johns", "2026-07-01T01:00", "30 Jun 2026, 22:30 NDT", "22:30"),
        ("America/St_Johns", "2026-12-01T01:00", "30 Nov 2026, 21:30 NST", "21:30"),
        ("Pacific/Chatham", "2026-06-01T12:00", "2 Jun 2026, 00:45 UTC+12:45", "00:45"),
        ("Pacific/Chatham", "2026-12-31T11:00", "1 Jan 2027, 00:45 UTC+13:45", "00:45"),
        # The clocks go forward on 29 March and back on 25 October, both at 01:00 UTC.
        ("Europe/London", "2026-03-28T23:59", "28 Mar 2026, 23:59 GMT", "23:59"),
        ("Europe/London", "2026-03-29T00:59", "29 Mar 2026, 00:59 GMT", "00:59 GMT"),
        ("Europe/London", "2026-03-29T01:00", "29 Mar 2026, 02:00 BST", "02:00 BST"),
        ("Europe/London", "2026-10-25T00:30", "25 Oct 2026, 01:30 BST", "01:30 BST"),
        ("Europe/London", "2026-10-25T01:30", "25 Oct 2026, 01:30 GMT", "01:30 GMT"),
        ("Europe/London", "2026-10-26T00:00", "26 Oct 2026, 00:00 GMT", "00:00"),
    ],
)
def test_an_instant_is_shown_by_the_clocks_of_the_zone(
    zone: str, instant: str, shown: str, clock: str
) -> None:
    local = in_zone(datetime.fromisoformat(instant), zone)
    assert (instant_words(local), clock_words(local)) == (shown, clock)


def test_a_time_that_came_twice_is_read_as_the_earlier_and_the_person_is_told() -> None:
    typed = typed_time(datetime.fromisoformat("2026-10-25T01:30"), "Europe/London")
    assert typed.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert "came twice" in typed.doubt
    assert "01:30 BST" in typed.doubt


def test_a_time_that_the_clocks_left_out_is_refused_in_clear_words() -> None:
    with pytest.raises(NotValid) as refused:
        typed_time(datetime.fromisoformat("2026-03-29T01:30"), "Europe/London", field="ends_at")
    assert refused.value.gaps[0].field == "ends_at"
    assert "There was no 01:30 on 2026-03-29 in Europe/London" in refused.value.gaps[0].message


@given(
    at=st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the zone is added below
        max_value=datetime(2037, 1, 1),  # noqa: DTZ001
    ),
    zone=st.sampled_from(ZONES),
)
def test_what_is_shown_and_typed_again_is_the_same_instant(at: datetime, zone: str) -> None:
    instant = at.replace(tzinfo=UTC)
    local = in_zone(instant, zone)
    typed = typed_time(local.replace(tzinfo=None, fold=0), zone)
    # Only the later of two equal times cannot be typed, and then the page says so.
    assert typed.at == instant or (local.fold == 1 and typed.doubt and typed.at < instant)


def test_the_zones_offered_are_places_and_utc() -> None:
    zones = offered_zones()
    assert zones[0] == "UTC"
    assert {*ZONES} <= {*zones}
    assert not {"EST5EDT", "Etc/GMT+5", "GB"} & {*zones}
