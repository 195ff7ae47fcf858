"""What speaks against a procedure, how far a run is, and how the timeline says it."""

from __future__ import annotations

from datetime import date

import pytest

from tracker.domain.procedure import (
    Step,
    concerns,
    numbers_in_words,
    progress_of,
    publish_gaps,
    steps_sentence,
)

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("validated", "version", "review_on", "expected"),
    [
        (0, 1, None, ("never_validated",)),
        (1, 1, date(2026, 6, 2), ()),
        (1, 1, TODAY, ("stale",)),
        (1, 3, date(2026, 6, 2), ("changed",)),
        (1, 3, date(2025, 1, 1), ("changed", "stale")),
        (0, 3, date(2025, 1, 1), ("never_validated", "stale")),
    ],
)
def test_what_speaks_against_relying_on_it_is_said_all_at_once(
    validated: int, version: int, review_on: date | None, expected: tuple[str, ...]
) -> None:
    found = concerns(
        validated_version=validated, text_version=version, review_on=review_on, today=TODAY
    )
    assert found == expected


def test_progress_counts_the_marks_that_stand_and_forgets_steps_that_are_not_there() -> None:
    progress = progress_of(4, {1: "done", 2: "wrong", 3: "open", 9: "done"})
    assert progress.words == "1 of 4 steps done, 1 wrong"
    assert progress.open == 2
    assert progress_of(1, {1: "skipped"}).words == "0 of 1 step done, 1 skipped"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((3,), "3"),
        ((1, 2), "1 and 2"),
        ((2, 3, 4), "2 to 4"),
        ((1, 2, 3, 5), "1 to 3 and 5"),
        ((7, 1, 3, 3), "1, 3 and 7"),
        ((), ""),
    ],
)
def test_numbers_are_said_in_runs(numbers: tuple[int, ...], words: str) -> None:
    assert numbers_in_words(numbers) == words


def test_the_timeline_names_the_steps_with_their_first_words() -> None:
    steps = [Step(2, "Drain", ""), Step(1, "Look", "")]
    assert steps_sentence("PRO-3", "done", steps) == "PRO-3, steps 1 and 2 done: Look; Drain"
    said = steps_sentence("PRO-3", "wrong", [steps[0]], "It is gone ")
    assert said == "PRO-3, step 2 was wrong: Drain\n\nIt is gone"


def test_publishing_asks_for_a_step_and_for_somebody() -> None:
    assert [gap.field for gap in publish_gaps(steps=0, owner=False, team=False)] == [
        "text", "owner",
    ]  # fmt: skip
    assert publish_gaps(steps=1, owner=False, team=True) == []
