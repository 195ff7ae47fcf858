"""Events of other calendars that repeat: each of their times within a window, and no other."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.importing.ics import LONGEST_UID, MOST_EVENTS, ReadCalendar, read_calendar
from tracker.importing.ics_series import MOST_TIMES

PARIS = ZoneInfo("Europe/Paris")
MANY = ",".join(map(str, range(24)))
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def read(*events: str, now: datetime = NOW) -> ReadCalendar:
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n{body}END:VCALENDAR\n"
    return read_calendar(text.replace("\n", "\r\n"), zone=PARIS, now=now)


def starts(*events: str, now: datetime = NOW) -> list[str]:
    found = read(*events, now=now)
    assert found.troubles == ()
    return [f"{entry.starts_at:%m-%d %H:%M}" for entry in found.entries]


def weekly(more: str, start: str = "DTSTART:20260601T080000Z") -> str:
    return f"UID:a\nSUMMARY:Weekly\n{start}\n{more}"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;COUNT=3", ["06-01 08:00", "06-08 08:00", "06-15 08:00"]),
        ("FREQ=WEEKLY;UNTIL=20260608T080000Z", ["06-01 08:00", "06-08 08:00"]),
        ("FREQ=WEEKLY;UNTIL=20260608T075959Z", ["06-01 08:00"]),
        ("FREQ=WEEKLY;UNTIL=20260608", ["06-01 08:00", "06-08 08:00"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=2", ["06-01 08:00", "06-15 08:00"]),
        ("FREQ=WEEKLY;BYDAY=MO,TH;COUNT=3", ["06-01 08:00", "06-04 08:00", "06-08 08:00"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", ["06-01 08:00", "06-26 08:00", "07-31 08:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", ["06-01 08:00", "07-31 08:00", "08-31 08:00"]),
        ("FREQ=DAILY;BYDAY=MO,TU;BYMONTH=6;COUNT=3", ["06-01 08:00", "06-02 08:00", "06-08 08:00"]),
    ],
)
def test_a_rule_gives_the_times_it_says(rule: str, expected: list[str]) -> None:
    assert starts(weekly(f"RRULE:{rule}")) == expected


def test_the_hour_on_the_clock_stays_when_the_clocks_change() -> None:
    start = "DTSTART;TZID=Europe/Paris:20261019T090000\nDTEND;TZID=Europe/Paris:20261019T110000"
    found = read(weekly("RRULE:FREQ=WEEKLY;COUNT=2", start))
    assert [f"{one.starts_at:%m-%d %H:%M} {one.ends_at:%H:%M}" for one in found.entries] == [
        "10-19 07:00 09:00",
        "10-26 08:00 10:00",
    ]
    # Without a zone it is the organisation's, and so is a whole day, which then has 25 hours.
    assert starts(weekly("RRULE:FREQ=WEEKLY;COUNT=2", "DTSTART:20261019T090000")) == [
        "10-19 07:00",
        "10-26 08:00",
    ]
    (_, day) = read(weekly("RRULE:FREQ=DAILY;COUNT=2", "DTSTART;VALUE=DATE:20261024")).entries
    assert day.starts_at == datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    assert day.ends_at == datetime(2026, 10, 25, 23, 0, tzinfo=UTC)


def test_a_time_that_the_clocks_leave_out_or_bring_twice_is_there_once() -> None:
    spring = "DTSTART;TZID=Europe/Paris:20270327T023000"
    now = datetime(2027, 3, 1, tzinfo=UTC)
    assert starts(weekly("RRULE:FREQ=DAILY;COUNT=3", spring), now=now) == [
        "03-27 01:30",
        "03-28 01:30",
        "03-29 00:30",
    ]
    autumn = "DTSTART;TZID=Europe/Paris:20261024T023000"
    out = "EXDATE;TZID=Europe/Paris:20261025T023000"
    assert starts(weekly(f"RRULE:FREQ=DAILY;COUNT=3\n{out}", autumn)) == [
        "10-24 00:30",
        "10-26 01:30",
    ]


@pytest.mark.parametrize(
    "out",
    [
        "EXDATE:20260608T080000Z",
        "EXDATE;TZID=Europe/Paris:20260608T100000",
        "EXDATE;TZID=America/New_York:20260608T040000",
        "EXDATE;VALUE=DATE:20260608",
        "EXDATE:20260101T080000Z,20260608T080000Z\nEXDATE:20270101T080000Z",
    ],
)
def test_what_was_taken_out_is_not_there(out: str) -> None:
    assert starts(weekly(f"RRULE:FREQ=WEEKLY;COUNT=3\n{out}")) == ["06-01 08:00", "06-15 08:00"]


def test_times_that_were_added_one_by_one_are_there() -> None:
    added = "RDATE:20260603T080000Z\nRDATE;VALUE=PERIOD:20260605T100000Z/PT1H"
    assert starts(weekly(added)) == ["06-01 08:00", "06-03 08:00", "06-05 10:00"]


def test_one_time_that_was_moved_stands_in_its_place_and_one_called_off_is_gone() -> None:
    found = read(
        weekly("RRULE:FREQ=WEEKLY;COUNT=4\nDURATION:PT1H"),
        "UID:a\nSUMMARY:Later\nDTSTART:20260609T080000Z\nRECURRENCE-ID:20260608T080000Z",
        "UID:a\nSUMMARY:Off\nSTATUS:CANCELLED\nDTSTART:20260615T080000Z\n"
        "RECURRENCE-ID;TZID=Europe/Paris:20260615T100000",
    )
    assert found.troubles == ()
    told = [(one.uid, one.title, f"{one.starts_at:%m-%d}") for one in found.entries]
    assert sorted(told, key=lambda one: one[2]) == [
        ("a", "Weekly", "06-01"),
        ("a#20260608T080000Z", "Later", "06-09"),
        ("a#20260622T080000Z", "Weekly", "06-22"),
    ]
    assert found.series == {"a"}


def test_one_time_whose_series_is_not_in_the_file_is_read_alone() -> None:
    alone = "UID:a\nSUMMARY:Later\nDTSTART:20260609T080000Z\nRECURRENCE-ID:20260608T080000Z"
    found = read(alone)
    assert [one.uid for one in found.entries] == ["a#20260608T080000Z"]
    assert found.series == frozenset()


def test_a_rule_without_end_is_read_within_the_window_only() -> None:
    found = read(weekly("RRULE:FREQ=WEEKLY", "DTSTART:20200106T080000Z"))
    assert found.entries[0].starts_at == datetime(2026, 4, 6, 8, 0, tzinfo=UTC)
    assert found.entries[-1].starts_at == datetime(2027, 7, 5, 8, 0, tzinfo=UTC)
    assert len({one.uid for one in found.entries}) == len(found.entries) == 66
    over = read(weekly("RRULE:FREQ=WEEKLY;COUNT=2", "DTSTART:20200106T080000Z"))
    assert over.entries == ()
    assert over.troubles == ("“Weekly” repeats, and not between 2026-04-02 and 2027-07-06",)


def test_a_long_uid_stays_within_its_limit() -> None:
    event = weekly("RRULE:FREQ=WEEKLY;COUNT=3").replace("UID:a", "UID:" + "u" * 400)
    uids = [one.uid for one in read(event).entries]
    assert len(set(uids)) == 3
    assert max(map(len, uids)) == LONGEST_UID


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=SECONDLY",
        "RRULE:FREQ=HOURLY;INTERVAL=4",
        "RRULE:FREQ=DAILY;INTERVAL=0",
        "RRULE:FREQ=DAILY;INTERVAL=99999999999999999999",
        "RRULE:FREQ=NEVER",
        "RRULE:FREQ=YEARLY;BYEASTER=1",
        "RRULE:x",
        "RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY",
        f"RRULE:FREQ=DAILY;BYHOUR={MANY};BYMINUTE={MANY};BYSECOND={MANY}",
        "RRULE:FREQ=DAILY\nEXDATE:x",
    ],
)
def test_of_a_rule_that_is_not_followed_the_first_is_read_and_that_is_told(rule: str) -> None:
    found = read(weekly(rule, "DTSTART:20200106T080000Z"))
    assert [one.uid for one in found.entries] == ["a"]
    assert found.troubles == (
        "“Weekly” repeats in a way that is not read here; only the first is read",
    )
    assert found.series == frozenset()


def test_more_times_than_are_wanted_are_cut_and_that_is_told() -> None:
    found = read(weekly("RRULE:FREQ=DAILY;BYHOUR=8,20"))
    assert len(found.entries) == MOST_TIMES
    assert found.troubles == (f"Of “Weekly” only {MOST_TIMES} times were read",)
    daily = (f"UID:{n}\nSUMMARY:x\nDTSTART:20260601T080000Z\nRRULE:FREQ=DAILY" for n in range(9))
    many = read(*daily)
    assert len(many.entries) == MOST_EVENTS
    assert many.troubles == (f"Only the first {MOST_EVENTS:,} events were read",)
    assert many.series == {"0", "1", "2", "3"}, "of the others some times are missing"


def test_rules_that_never_come_true_do_not_hold_up_the_reader() -> None:
    never = "RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"
    events = [f"UID:{n}\nSUMMARY:Never\nDTSTART:20260601T080000Z\n{never}" for n in range(500)]
    began = time.process_time()
    found = read(*events)
    assert time.process_time() - began < 10
    assert len(found.entries) == 500, "each begins, and never comes again"
    assert sum("not read here" in one for one in found.troubles) > 400


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(["FREQ=DAILY", "FREQ=MONTHLY", "FREQ=YEARLY", "INTERVAL=3", "COUNT=5",
                         "UNTIL=20260701", "BYDAY=2MO", "BYDAY=XX", "BYMONTHDAY=-1", "BYSETPOS=9",
                         "BYWEEKNO=53", "BYYEARDAY=366", "WKST=SU", "COUNT=x", "UNTIL=", "="]),
        max_size=5,
    ),
    st.sampled_from(["DTSTART:20260601T080000Z", "DTSTART;VALUE=DATE:20240229",
                     "DTSTART;TZID=Nowhere:19910331T023000", "DTSTART:21991231T235959"]),
)  # fmt: skip
def test_no_rule_breaks_the_reader(parts: list[str], start: str) -> None:
    found = read(weekly(f"RRULE:{';'.join(parts)}", start))
    assert all(one.starts_at <= one.ends_at for one in found.entries)
