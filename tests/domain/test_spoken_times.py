"""Times as people say them, in the speaker's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.spoken_times import (
    LONGEST,
    WATCH_AHEAD,
    leading_moment,
    moment_said,
    trailing_promise,
)

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)  # a Monday, 11:00 in Berlin
ZONES = st.sampled_from(
    ["UTC", BERLIN, "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati", "America/New_York"]
)
INSTANTS = st.integers(946_684_800, 4_070_908_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, tz=UTC)
)


def berlin(day: int, hour: int, minute: int, *, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("at 10:02", berlin(1, 10, 2)),
        ("10:02", berlin(1, 10, 2)),
        ("14:02", berlin(31, 14, 2, month=5)),
        ("at 10:02 am", berlin(1, 10, 2)),
        ("2pm", berlin(31, 14, 0, month=5)),
        ("12:10am", berlin(1, 0, 10)),
        ("10 min ago", NOW - timedelta(minutes=10)),
        ("about 10 minutes ago", NOW - timedelta(minutes=10)),
        ("an hour ago", NOW - timedelta(hours=1)),
        ("half an hour ago", NOW - timedelta(minutes=30)),
        ("2 h ago", NOW - timedelta(hours=2)),
        ("1h30 ago", NOW - timedelta(minutes=90)),
        ("1.5 hours ago", NOW - timedelta(minutes=90)),
        ("two days ago", NOW - timedelta(days=2)),
        ("yesterday 23:50", berlin(31, 23, 50, month=5)),
        ("yesterday at 23:50", berlin(31, 23, 50, month=5)),
        ("23:50 yesterday", berlin(31, 23, 50, month=5)),
        ("friday 14:02", berlin(29, 14, 2, month=5)),
        ("last monday 14:02", berlin(25, 14, 2, month=5)),
        ("2026-05-17 14:02", berlin(17, 14, 2, month=5)),
        ("2026-05-17T14:02Z", datetime(2026, 5, 17, 14, 2, tzinfo=UTC)),
        ("08:30 UTC", datetime(2026, 6, 1, 8, 30, tzinfo=UTC)),
        ("08:30+02:00", datetime(2026, 6, 1, 6, 30, tzinfo=UTC)),
        ("now", NOW),
        ("in 30 min", NOW + timedelta(minutes=30)),
        ("tomorrow 09:00", berlin(2, 9, 0)),
    ],
)
def test_what_people_say_is_understood(said: str, meant: datetime) -> None:
    assert moment_said(said, now=NOW, zone=BERLIN) == meant


@pytest.mark.parametrize(
    "said",
    [
        "",
        "at",
        "9 apples fell",
        "1.20 was rolled back",
        "2h30 of waiting",
        "25:00",
        "2026-02-31 10:00",
        "99999 days ago",
        "10 minutes later",
        "yesterdayish",
        "now we wait",
    ],
)
def test_what_is_no_time_is_left_alone(said: str) -> None:
    assert leading_moment(said, now=NOW, zone=BERLIN) is None


@pytest.mark.parametrize(
    ("note", "rest"),
    [
        ("at 10:02 restarted the pool", "restarted the pool"),
        ("10:02: restarted the pool", "restarted the pool"),
        ("10:02 - restarted", "restarted"),
        ("10 min ago, restarted", "restarted"),
        ("yesterday 23:50 the first alert", "the first alert"),
        ("at 10:02   ", ""),
    ],
)
def test_the_words_after_the_time_are_kept(note: str, rest: str) -> None:
    said = leading_moment(note, now=NOW, zone=BERLIN)
    assert said is not None
    assert said.rest == rest


def test_just_after_midnight_the_evening_is_the_one_that_was() -> None:
    now = berlin(2, 0, 10)
    assert moment_said("23:50", now=now, zone=BERLIN) == berlin(1, 23, 50)


def test_a_watch_that_runs_ahead_is_believed() -> None:
    assert moment_said("11:03", now=NOW, zone=BERLIN) == berlin(1, 11, 3)


def test_what_lies_ahead_is_the_next_such_time() -> None:
    assert moment_said("at 09:00", now=NOW, zone=BERLIN, ahead=True) == berlin(2, 9, 0)
    assert moment_said("at 15:00", now=NOW, zone=BERLIN, ahead=True) == berlin(1, 15, 0)


def test_the_hour_that_is_repeated_in_autumn_is_the_latest_that_has_been() -> None:
    # 02:30 comes twice on 25 October 2026 in Berlin: at 00:30 and at 01:30 UTC.
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    soon_after = timedelta(minutes=10)
    assert moment_said("02:30", now=first + soon_after, zone=BERLIN) == first
    assert moment_said("02:30", now=second + soon_after, zone=BERLIN) == second


@given(
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    now=INSTANTS,
    zone=ZONES,
    word=st.sampled_from(["", "at "]),
)
def test_a_clock_time_is_never_in_the_future_nor_older_than_a_day(
    hour: int, minute: int, now: datetime, zone: str, word: str
) -> None:
    at = moment_said(f"{word}{hour:02}:{minute:02}", now=now, zone=zone)
    assert at is not None
    assert now - timedelta(hours=26) < at <= now + WATCH_AHEAD
    ahead = moment_said(f"{word}{hour:02}:{minute:02}", now=now, zone=zone, ahead=True)
    assert ahead is None or now < ahead < now + timedelta(hours=50)


@given(
    count=st.integers(1, 300),
    unit=st.sampled_from(["min", "m", "minutes", " min", " h", "hours", "h", " d"]),
    now=INSTANTS,
)
def test_so_long_ago_is_exactly_that_long_ago(count: int, unit: str, now: datetime) -> None:
    seconds = {"m": 60, "h": 3600, "d": 86400}[unit.strip()[0]] * count
    assert moment_said(f"{count}{unit} ago", now=now, zone=BERLIN) == now - timedelta(
        seconds=seconds
    )


@given(at=INSTANTS, now=INSTANTS, zone=ZONES)
def test_a_full_date_is_read_in_the_zone_of_the_speaker(
    at: datetime, now: datetime, zone: str
) -> None:
    local = at.replace(second=0, microsecond=0).astimezone(ZoneInfo(zone))
    read = moment_said(f"{local:%Y-%m-%d %H:%M}", now=now, zone=zone)
    assert read is not None
    assert f"{read.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == f"{local:%Y-%m-%d %H:%M}"


@given(text=st.text(max_size=200), now=INSTANTS, zone=ZONES)
def test_any_text_is_read_without_a_fault_and_never_far_ahead(
    text: str, now: datetime, zone: str
) -> None:
    said = leading_moment(text, now=now, zone=zone)
    assert said is None or said.at.year < 10_000
    told, promised = trailing_promise(text, now=now, zone=zone)
    assert len(told) <= len(text)
    assert promised is None or promised <= now + LONGEST + timedelta(days=8_000_000 // 1_000)


@pytest.mark.parametrize(
    ("text", "told", "minutes"),
    [
        ("The pool is restarted. Next in 30 min", "The pool is restarted", 30),
        ("Restarted, next update in 1 h", "Restarted", 60),
        ("Restarted (next update at 11:45)", "Restarted", 45),
        ("Restarted; next by 12:00", "Restarted", 60),
        ("Restarted. Next 20 min", "Restarted", 20),
    ],
)
def test_an_update_may_end_with_a_promise(text: str, told: str, minutes: int) -> None:
    assert trailing_promise(text, now=NOW, zone=BERLIN) == (told, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "text", ["We are next to nothing", "The next steps are in the plan", "What comes next"]
)
def test_the_word_next_alone_promises_nothing(text: str) -> None:
    assert trailing_promise(text, now=NOW, zone=BERLIN) == (text, None)
