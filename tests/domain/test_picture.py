"""The picture of an incident: everything has its place, and long stories stay readable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from tracker.domain.picture import (
    LABELS,
    WIDTH,
    Moment,
    Picture,
    Scale,
    Span,
    Story,
    draw,
)

NINE = datetime(2026, 6, 1, 9, tzinfo=UTC)


def minute(number: float) -> datetime:
    return NINE + timedelta(minutes=number)


def drawn(story: Story) -> Picture:
    found = draw(story)
    assert found is not None
    return found


SHORT = Story(
    impact=(Span("Impact", minute(0), minute(50), "impact"),),
    severities=(
        Span("SEV2", minute(8), minute(20), "sev2"),
        Span("SEV1", minute(20), minute(60), "sev1"),
    ),
    moments=(Moment(minute(6), "detection", "An alert"), Moment(minute(31), "repair", "Rollback")),
    changes=(Moment(minute(-4), "change", "Release 81"),),
    joined=(Span("Commander", minute(10), None),),
    written=tuple(minute(number) for number in range(60)),
)


def test_nothing_to_tell_is_no_picture() -> None:
    assert draw(Story()) is None
    assert drawn(Story(moments=(Moment(NINE, "repair", "x"),))).marks[0].number == 1


def test_everything_stands_inside_and_in_the_order_of_time() -> None:
    picture = drawn(SHORT)
    assert [lane.name for lane in picture.lanes] == [
        "Impact", "Severity", "Key moments", "Changes", "Who joined", "Timeline",
    ]  # fmt: skip
    for bar in picture.bars:
        assert LABELS <= bar.x < bar.x + bar.width <= WIDTH
        assert 0 <= bar.y < picture.axis_y
    for mark in picture.marks:
        assert LABELS <= mark.x <= WIDTH
    impact, sev2, sev1, commander = picture.bars
    assert sev2.x + sev2.width == sev1.x
    assert commander.open and not impact.open
    assert picture.marks[0].x < picture.marks[1].x
    places = [tick.x for tick in picture.ticks]
    assert places == sorted(places)
    assert all(b - a >= 60 for a, b in pairwise(places))
    assert picture.ticks[0].day == "1 Jun"
    assert all(tick.day == "" for tick in picture.ticks[1:])


def test_the_table_tells_all_that_is_drawn_and_the_numbers_agree() -> None:
    picture = drawn(SHORT)
    told = {row.number: row.words for row in picture.rows if row.number}
    assert told == {1: "An alert", 2: "Rollback", 3: "Release 81"}
    assert sorted(told) == sorted(mark.number for mark in picture.marks)
    assert [row.since for row in picture.rows] == sorted(row.since for row in picture.rows)
    assert "2 key moments" in picture.words
    assert "60 timeline entries" in picture.words


def test_two_hundred_entries_and_moments_at_one_time_stay_inside_a_few_rows() -> None:
    many = Story(
        moments=tuple(Moment(minute(5), "decision", f"No. {n}") for n in range(30)),
        written=tuple(minute(n / 10) for n in range(200)),
    )
    picture = drawn(many)
    assert picture.height < 240
    assert len(picture.writing) <= 96
    assert len({mark.number for mark in picture.marks}) == 30


def test_a_quiet_night_is_drawn_short_and_with_a_break() -> None:
    story = Story(
        impact=(Span("Impact", minute(0), minute(900), "impact"),),
        written=tuple(minute(n) for n in (*range(0, 30, 5), *range(870, 900, 5))),
    )
    picture = drawn(story)
    assert len(picture.breaks) == 1
    scale = Scale(story.instants)
    assert scale.at(minute(870)) - scale.at(minute(25)) < 60
    assert scale.at(minute(25)) - scale.at(minute(0)) > 200
    # The evening and the morning have times of their own on the axis.
    assert {tick.clock[:2] for tick in picture.ticks} >= {"09", "23"}


def test_three_times_that_lie_far_apart_are_no_quiet_night() -> None:
    story = Story(
        moments=tuple(Moment(minute(n), "time", "x") for n in (0, 600, 1200)),
    )
    assert drawn(story).breaks == []


def test_weeks_and_seconds_have_round_times_too() -> None:
    weeks = Story(moments=tuple(Moment(minute(n * 1440), "time", "x") for n in range(0, 60, 2)))
    assert 2 <= len(drawn(weeks).ticks) <= 14
    seconds = Story(moments=tuple(Moment(minute(n / 60), "time", "x") for n in range(10)))
    assert len(drawn(seconds).ticks) >= 1


def test_the_same_story_is_drawn_the_same() -> None:
    assert draw(SHORT) == draw(SHORT)
