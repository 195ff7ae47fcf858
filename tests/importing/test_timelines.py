"""Timelines in every form become entries, with the instants that the text tells."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tracker.importing.markdown_report import read_markdown
from tracker.importing.moments import read_instant, read_stamp, rest_after
from tracker.importing.report import Report


def read(body: str, start: str | None = "2031-03-04", heading: str = "## Timeline") -> Report:
    defaults = {"started_at": start} if start else {}
    return read_markdown(
        f"# Mill stopped\n\n{heading}\n\n{body}\n", source_id="x", defaults=defaults
    )


def told(report: Report) -> list[tuple[str, str]]:
    return [(f"{i.at:%m-%d %H:%M}" if i.at else "?", i.text) for i in report.timeline]


def test_a_list_of_times_takes_the_day_of_the_start() -> None:
    report = read("- 10:43 Stopped\n- **11:02** - Seen\n- [11:10] Called\n- 11:38: Fixed")
    assert told(report) == [
        ("03-04 10:43", "Stopped"),
        ("03-04 11:02", "Seen"),
        ("03-04 11:10", "Called"),
        ("03-04 11:38", "Fixed"),
    ]
    assert [item.at_text for item in report.timeline] == ["10:43", "11:02", "11:10", "11:38"]


def test_a_table_is_read_by_its_column_titles() -> None:
    table = (
        "| Who | Time (UTC+2) | What happened |\n|---|---|---|\n"
        "| Ann | 2031-03-04 10:43~ | Stopped |\n| | 11:02 | Seen |\n| Ben | soon | Left |"
    )
    report = read(table)
    assert told(report) == [
        ("03-04 08:43", "Stopped\n\nWho: Ann"),
        ("03-04 09:02", "Seen"),
        ("?", "Left\n\nWho: Ben"),
    ]
    assert report.timeline[2].at_text == "soon"


def test_day_date_and_time_in_columns_of_their_own_belong_together() -> None:
    table = "| Day | Date | Time | Event |\n|-|-|-|-|\n| Tue | Mar 4 | 21:33 | Stopped |"
    report = read(table)
    assert told(report) == [("03-04 21:33", "Stopped")]
    assert report.timeline[0].at_text == "Tue Mar 4 21:33"


def test_a_table_without_titles_is_read_by_what_it_holds() -> None:
    assert told(read("| | |\n|-|-|\n| 10:43 | Stopped |")) == [("03-04 10:43", "Stopped")]


def test_sub_headings_that_are_times_hold_what_follows_them() -> None:
    report = read(
        "### 2031-03-04 23:50\n\nStopped.\n\nLoudly:\n\n```\nbang\n```\n\n### 00:10\n\n- Seen"
    )
    assert told(report) == [
        ("03-04 23:50", "Stopped.\n\nLoudly:\n\n```\nbang\n```"),
        ("03-05 00:10", "- Seen"),
    ]


def test_a_date_heading_gives_its_day_to_the_lines_below() -> None:
    body = "### 2031-03-07\n\n**15:11** One<br>\n**16:27** Two\n\n2031-03-09\n\n**07:52** Three"
    assert told(read(body)) == [
        ("03-07 15:11", "One"),
        ("03-07 16:27", "Two"),
        ("03-09 07:52", "Three"),
    ]


def test_date_headings_of_the_same_level_go_on_with_the_timeline() -> None:
    body = "## May 12\n\n### 20:15\n\nOne\n\n## 13 May\n\n### 14:30\n\nTwo\n\n## Impact\n\nSmall."
    report = read(body, "2031-05-12")
    assert told(report) == [("05-12 20:15", "One"), ("05-13 14:30", "Two")]
    assert report.impact == "Small."


def test_lines_of_a_paragraph_that_begin_with_a_time_are_entries() -> None:
    body = (
        "Mar 4, 2031\nPage 1 of 2\n4:39 PM Reported by a guest\nwho was hungry.\n5:21 PM Seen\n"
        "Mar 5, 2031 at 8:21PM UTC is when the mail says so\nMar 5, 2031\n12:58 AM Fixed"
    )
    report = read(body)
    assert told(report) == [
        ("03-04 16:39", "Reported by a guest\nwho was hungry."),
        ("03-04 17:21", "Seen\nMar 5, 2031 at 8:21PM UTC is when the mail says so"),
        ("03-05 00:58", "Fixed"),
    ]
    assert ("Timeline", "Page 1 of 2") in report.other_sections


def test_a_nested_list_stands_under_its_date() -> None:
    body = "- 2031-03-04\n  - 10:00 One\n  - 11:00 Two\n- 2031-03-06\n  - 09:00 Three"
    assert [when for when, _ in told(read(body))] == ["03-04 10:00", "03-04 11:00", "03-06 09:00"]


def test_detail_below_an_entry_belongs_to_it() -> None:
    report = read("- 10:00 Restarted:\n\n  ```\n  make it so\n  ```\n\n- 10:05 Up")
    assert told(report)[0] == ("03-04 10:00", "Restarted:\n\n```\nmake it so\n```")


def test_a_clock_that_falls_by_hours_has_passed_midnight() -> None:
    report = read("- 22:00 a\n- 23:30 b\n- 01:10 c\n- 01:05 d\n- 09:00 e")
    assert [when for when, _ in told(report)] == [
        "03-04 22:00",
        "03-04 23:30",
        "03-05 01:10",
        "03-05 01:05",
        "03-05 09:00",
    ]


def test_a_list_with_the_newest_first_ends_on_the_day_of_the_start() -> None:
    report = read("- 01:10 d\n- 00:30 c\n- 23:30 b\n- 22:00 a")
    assert [when for when, _ in told(report)] == [
        "03-05 01:10",
        "03-05 00:30",
        "03-04 23:30",
        "03-04 22:00",
    ]


@pytest.mark.parametrize(
    ("heading", "body", "when"),
    [
        ("## Timeline (times in BST)", "- 10:00 a", "03-04 09:00"),
        ("## Timeline", "All times in Central European Time (CET)\n\n- 10:00 a", "03-04 09:00"),
        ("## Timeline", "_All times in IST_\n\n- 10:00 a", "03-04 04:30"),
        ("## Timeline (all times PST)", "- 10:00 a", "03-04 18:00"),
        ("## Timeline", "- 10:00 EST a", "03-04 15:00"),
        ("## Timeline", "- 10:00 AM Eastern: a", "03-04 15:00"),
        ("## Timeline", "- 10:00 (UTC) a", "03-04 10:00"),
        ("## Timeline", "- 2031-03-04T10:00:00-08:00 a", "03-04 18:00"),
        ("## Timeline", "| Time in UTC+9 | Event |\n|-|-|\n| 10:00 | a |", "03-04 01:00"),
        (
            "## Timeline",
            "- 10:00 a\n\nAll times listed are in\nPacific Time (US & Canada).",
            "03-04 18:00",
        ),
        ("## Timeline", "- 10:00 a", "03-04 10:00"),
    ],
)
def test_the_zone_comes_from_entry_heading_or_text(heading: str, body: str, when: str) -> None:
    assert told(read(body, heading=heading))[0] == (when, "a")


def test_the_offset_of_the_start_is_the_zone_where_the_text_names_none() -> None:
    assert told(read("- 10:00 a", "2031-03-04T09:00:00+05:00")) == [("03-04 05:00", "a")]


def test_a_zone_that_one_entry_names_counts_for_the_others() -> None:
    assert told(read("- 16:22 PST a\n- 16:30 b"))[1] == ("03-05 00:30", "b")


def test_zones_with_a_season_follow_the_clock_on_the_wall() -> None:
    assert told(read("- 10:00 a", "2031-07-04", "## Timeline (PST)")) == [("07-04 17:00", "a")]


def test_an_impossible_time_is_kept_as_it_is_written() -> None:
    report = read("| Time | Event |\n|-|-|\n| 20312-01-16 12:00 | a |\n| 2031-02-30 10:00 | b |")
    assert [(item.at, item.at_text) for item in report.timeline] == [
        (None, "20312-01-16 12:00"),
        (None, "2031-02-30 10:00"),
    ]


def test_times_without_any_known_day_are_unknown() -> None:
    assert told(read("- 10:00 a", None)) == [("?", "a")]


def test_a_day_alone_is_its_beginning() -> None:
    report = read("- 2031-03-04 - Released\n- 2031-03-06 - Withdrawn")
    assert told(report) == [("03-04 00:00", "Released"), ("03-06 00:00", "Withdrawn")]
    assert report.timeline[0].at_text == "2031-03-04"


@pytest.mark.parametrize(
    ("written", "month", "day"), [("03/05/2031", 3, 5), ("05/03/2031", 3, 5), ("25/02/31", 2, 25)]
)
def test_a_date_in_figures_is_the_reading_nearest_to_the_start(
    written: str, month: int, day: int
) -> None:
    at = read(f"{written} 10:00 - a").timeline[0].at
    assert at == datetime(2031, month, day, 10, tzinfo=UTC)


def test_a_timed_list_is_a_timeline_where_no_heading_says_so() -> None:
    text = "## Context\n\n- 2031-03-04 10:00: a\n- 2031-03-04 10:05: b\n- 2031-03-04 10:09: c\n"
    report = read_markdown(text, source_id="x")
    assert [when for when, _ in told(report)] == ["03-04 10:00", "03-04 10:05", "03-04 10:09"]
    assert "10:05: b" in report.background
    assert report.started_at == datetime(2031, 3, 4, tzinfo=UTC)


def test_a_phase_with_times_stays_and_one_with_prose_is_a_section() -> None:
    report = read("### Detection\n\n- 10:00 a\n\n### Resolution\n\nWe oiled it.")
    assert ("03-04 10:00", "a") in told(report)
    assert (report.detection, report.resolution) == ("", "We oiled it.")


def test_prose_around_the_entries_is_not_lost() -> None:
    report = read("Ann kept notes.\n\n- 10:00 a\n\nAfter this it was quiet.")
    assert report.other_sections == (("Timeline", "Ann kept notes.\n\nAfter this it was quiet."),)


@pytest.mark.parametrize(
    ("text", "written", "rest"),
    [
        ("10:43-11:00 off", "10:43-11:00", "off"),
        ("2017-02-09 00:25 - 00:29 AM", "2017-02-09 00:25 - 00:29 AM", ""),
        ("**01:38: alarms, everybody woke**", "01:38", "**alarms, everybody woke**"),
        ("08:44 `ann` wrote", "08:44", "`ann` wrote"),
        ("Tuesday, 5 March 2031 at 3pm ET: noon", "Tuesday, 5 March 2031 at 3pm ET", "noon"),
        ("{{ 06:10 }}", "06:10", ""),
        ("around 19:30 slow", "19:30", "slow"),
        ("[12-05 16:21] changed", "12-05 16:21", "changed"),
        ("2031-03-04 1600 done", "2031-03-04 1600", "done"),
    ],
)
def test_stamps_are_read_as_people_write_them(text: str, written: str, rest: str) -> None:
    stamp = read_stamp(text)
    assert stamp is not None
    assert (stamp.text, rest_after(stamp, text)) == (written, rest)


@pytest.mark.parametrize(
    "text", ["3.5.0 released", "5 users", "may we go", "12:345", "1:2", "10/20 nodes", ""]
)
def test_other_figures_are_no_times(text: str) -> None:
    assert read_stamp(text) is None


def test_a_written_moment_is_an_instant_or_a_day_or_an_error() -> None:
    assert read_instant("2031-03-04T10:00:00+01:00")[0] is not None
    assert read_instant("4 March 2031")[1] is not None
    with pytest.raises(ValueError, match="not a date"):
        read_instant("2031-13-45")


def test_a_list_without_times_is_the_timeline_only_where_nothing_else_is() -> None:
    alone = read("- Stopped\n- Fixed")
    above = read("- [Graph](https://g.example)\n\n### 10:00\n\nStopped")
    assert told(alone) == [("?", "Stopped"), ("?", "Fixed")]
    assert told(above) == [("03-04 10:00", "Stopped")]
    assert above.other_sections == (("Timeline", "[Graph](https://g.example)"),)
