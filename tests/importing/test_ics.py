"""Calendars of other programs: their times, their zones, and what is not read."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.importing.ics import EntryDraft, ReadCalendar, read_calendar

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def calendar(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n{body}END:VCALENDAR\n".replace(
        "\n", "\r\n"
    )


def read(*events: str) -> ReadCalendar:
    return read_calendar(calendar(*events), zone=PARIS, now=NOW)


def one(event: str) -> EntryDraft:
    found = read(event)
    assert found.troubles == ()
    (entry,) = found.entries
    return entry


@pytest.mark.parametrize(
    ("times", "starts_at", "ends_at"),
    [
        ("DTSTART:20260601T080000Z\nDTEND:20260601T090000Z", (1, 8, 0), (1, 9, 0)),
        ("DTSTART:20260601T080000\nDTEND:20260601T090000", (1, 6, 0), (1, 7, 0)),
        ("DTSTART;TZID=America/New_York:20260601T080000\nDURATION:PT90M", (1, 12, 0), (1, 13, 30)),
        ("DTSTART;VALUE=DATE:20260602\nDTEND;VALUE=DATE:20260603", (1, 22, 0), (2, 22, 0)),
        ("DTSTART;VALUE=DATE:20260602", (1, 22, 0), (2, 22, 0)),
        ("DTSTART:20260601T080000Z", (1, 8, 0), (1, 8, 1)),
    ],
)
def test_times_are_instants_in_the_zone_they_mean(
    times: str, starts_at: tuple[int, int, int], ends_at: tuple[int, int, int]
) -> None:
    entry = one(f"UID:a\nSUMMARY:x\n{times}")
    assert entry.starts_at == datetime(2026, 6, *starts_at, tzinfo=UTC)
    assert entry.ends_at == datetime(2026, 6, *ends_at, tzinfo=UTC)


def test_words_are_unfolded_and_unescaped() -> None:
    entry = one(
        "UID:a-1\nDTSTART:20260601T080000Z\nSUMMARY:Move the\\, big\n  disk\n"
        "DESCRIPTION:One\\nTwo\nCATEGORIES:Game day,x\nSTATUS:CANCELLED"
    )
    assert (entry.uid, entry.title, entry.text) == ("a-1", "Move the, big disk", "One\nTwo")
    assert (entry.categories, entry.cancelled) == (("game day", "x"), True)


def test_what_is_no_event_is_told_and_the_others_are_read() -> None:
    found = read(
        "UID:a\nSUMMARY:Once\nDTSTART:20260601T080000Z",
        "UID:a\nSUMMARY:Twice\nDTSTART:20260609T080000Z",
        "UID:b\nSUMMARY:No start",
        "UID:c\nSUMMARY:Backwards\nDTSTART:20260601T080000Z\nDTEND:20260601T070000Z",
    )
    assert [(entry.uid, entry.title) for entry in found.entries] == [("a", "Once")]
    assert found.troubles == (
        "“Twice” stands there twice; the first is read",
        "“No start” does not say when it begins",
        "“Backwards” has a time that cannot be",
    )


@pytest.mark.parametrize("text", ["", "hello", "BEGIN:VCALENDAR", "BEGIN:VEVENT\r\nEND:VCALENDAR"])
def test_what_is_no_calendar_is_told_or_empty(text: str) -> None:
    assert read_calendar(text, zone=PARIS, now=NOW).entries == ()


lines = st.lists(
    st.sampled_from(
        ["BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "UID:1", "SUMMARY:x",
         "DTSTART:20260601T080000Z", "DTSTART:x", "DTEND;TZID=Nowhere:20260601T080000",
         "DURATION:P1D", "DTSTART;VALUE=DATE:00010101", "CATEGORIES:a,b", "RRULE:x", "STATUS", ":",
         "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=WEEKLY;UNTIL=x", "EXDATE:x", "RDATE:20260602",
         "EXDATE;VALUE=DATE:20260602", "RECURRENCE-ID:20260602T080000Z", "RECURRENCE-ID:x"]
    ) | st.text(max_size=12),
    max_size=14,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(lines=lines)
def test_no_text_breaks_the_reader(lines: list[str]) -> None:
    read_calendar("\r\n".join(lines), zone=PARIS, now=NOW)
    read_calendar(calendar("\r\n".join(lines)), zone=PARIS, now=NOW)
