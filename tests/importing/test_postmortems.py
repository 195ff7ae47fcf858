"""Collections as JSON Lines: every line is a report or a broken record, and none stops the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from tracker.importing.postmortems import read_postmortems
from tracker.importing.report import BrokenRecord, Report

RECORD: dict[str, object] = {
    "id": "mill-1",
    "title": "Mill stopped",
    "company": "Mill & Sons",
    "product": "Flour",
    "url": "https://mill.example/1",
    "started_at": "2031-03-04T10:00:00+01:00",
    "ended_at": "2031-03-04T12:00:00+01:00",
    "published_at": "2031-03-09",
    "categories": ["mill"],
    "keywords": [],
    "derived_tags": ["wheel", "mill"],
    "summary_markdown": "It stopped.",
    "body_markdown": "# Mill stopped\n\n## Impact\n\nNo flour.\n\n## Timeline\n\n- 10:05 Silence\n",
    "source": "https://github.com/mill/reports",
    "licence": "CC0-1.0",
    "attribution": "The miller",
}


def line(**changes: object) -> str:
    return json.dumps({**RECORD, **changes})


def test_a_record_becomes_a_report_with_its_source() -> None:
    (report,) = read_postmortems([line()])
    assert isinstance(report, Report)
    assert report.title == "Mill stopped"
    assert report.organisation == "Mill & Sons"
    assert report.services == ("Flour",)
    assert report.tags == ("mill", "wheel")
    assert report.started_at == datetime(2031, 3, 4, 9, tzinfo=UTC)
    assert report.ended_at == datetime(2031, 3, 4, 11, tzinfo=UTC)
    assert report.started_precision == "instant"
    assert report.published_on == date(2031, 3, 9)
    assert report.summary == "It stopped."
    assert report.timeline[0].at == datetime(2031, 3, 4, 9, 5, tzinfo=UTC)
    assert report.source.source_id == "mill-1"
    assert report.source.collection == "mill/reports"
    assert report.source.attribution == "The miller"
    assert report.source.original_markdown == RECORD["body_markdown"]


def test_a_date_alone_is_a_day() -> None:
    (report,) = read_postmortems([line(started_at="2031-03-04")])
    assert isinstance(report, Report)
    assert report.started_precision == "day"
    assert report.started_at == datetime(2031, 3, 4, tzinfo=UTC)


def test_a_told_summary_that_is_only_the_beginning_of_the_text_is_not_repeated() -> None:
    body = "# Mill\n\n## Impact\n\nNo flour.\n\n## Background\n\nOld.\n"
    (report,) = read_postmortems([line(body_markdown=body, summary_markdown=body[8:])])
    assert isinstance(report, Report)
    assert report.summary == "No flour."


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("{oh", "not JSON"),
        ("[1]", "not an object"),
        ("[" * 100_000, "cannot be read as JSON"),
        ('{"a": ' + "1" * 5000 + "}", "cannot be read as JSON"),
        (line(id=None), "no id"),
        (line(id=7), "no id"),
        (line(id="x" * 201), "longer than"),
        (line(body_markdown="", summary_markdown=""), "no text"),
        (line(body_markdown=["x"]), "body_markdown"),
        (line(keywords="x"), "keywords"),
        (line(started_at="2031-13-45"), "started_at"),
        (line(started_at=5), "started_at"),
        (line(title=["x"]), "title"),
    ],
)
def test_a_broken_record_is_told_with_its_line_and_does_not_stop_the_rest(
    broken: str, reason: str
) -> None:
    first, second, third = read_postmortems([line(id="mill-0"), broken, "", line(id="mill-2")])
    assert isinstance(first, Report)
    assert isinstance(second, BrokenRecord)
    assert second.line == 2
    assert reason in second.reason
    assert isinstance(third, Report)


def test_the_second_record_with_an_id_is_broken() -> None:
    _, second = read_postmortems([line(), line()])
    assert second == BrokenRecord(
        line=2, source_id="mill-1", reason="The id “mill-1” stands in line 1 already."
    )


def test_a_broken_record_does_not_take_the_id_from_a_good_one() -> None:
    _, second = read_postmortems([line(started_at=5), line()])
    assert isinstance(second, Report)


def test_lines_are_read_one_at_a_time() -> None:
    taken: list[int] = []

    def lines() -> Iterator[str]:
        for number in range(3):
            taken.append(number)
            yield line(id=f"mill-{number}")

    next(read_postmortems(lines()))
    assert taken == [0]
