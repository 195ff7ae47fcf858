"""Rules of procedures: steps, what is said about them, and whether they still hold.

The text itself is read in tracker/importing/procedures.py: front matter, and steps out of lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.domain.errors import Gap, Gaps

KINDS = ("runbook", "playbook")
MARKS = ("done", "skipped", "wrong", "open")
OUTCOMES = ("helped", "did_not_help", "stopped")
OUTCOME_WORDS = {
    "helped": "it helped",
    "did_not_help": "it did not help",
    "stopped": "stopped before its end",
}
MARK_WORDS = {"done": "done", "skipped": "skipped", "wrong": "was wrong", "open": "open again"}
# What may be said against relying on a procedure, in the order of its weight.
CONCERNS = ("never_validated", "changed", "stale")
MOST_STEPS = 200
SHORTEST_REVIEW_DAYS = 1
LONGEST_REVIEW_DAYS = 3_650
USUAL_REVIEW_DAYS = 180
STEP_TITLE_LIMIT = 120


@dataclass(frozen=True)
class Step:
    """One step of a text. Nested lists and blocks of commands belong to its Markdown."""

    number: int  # from 1, through the whole text
    title: str  # its first line, without marks
    markdown: str
    heading: str = ""  # the nearest heading above it


@dataclass(frozen=True)
class Passage:
    """What stands between steps: explanations, warnings, headings."""

    markdown: str


Part = Step | Passage


@dataclass(frozen=True)
class Progress:
    """How far a run is: how many steps there are, and how many have each mark."""

    steps: int
    done: int
    skipped: int
    wrong: int

    @property
    def open(self) -> int:
        return self.steps - self.done - self.skipped - self.wrong

    @property
    def words(self) -> str:
        """As ``6 of 7 steps done, 1 skipped``."""
        more = [(self.skipped, "skipped"), (self.wrong, "wrong")]
        told = [f"{count} {what}" for count, what in more if count]
        steps = "step" if self.steps == 1 else "steps"
        return ", ".join([f"{self.done} of {self.steps} {steps} done", *told])


def progress_of(steps: int, marks: Mapping[int, str]) -> Progress:
    """The progress, from the mark that stands for each step by its number."""
    standing = [mark for number, mark in marks.items() if 1 <= number <= steps]
    return Progress(
        steps, *(sum(mark == one for mark in standing) for one in ("done", "skipped", "wrong"))
    )


def concerns(
    *, validated_version: int, text_version: int, review_on: date | None, today: date
) -> tuple[str, ...]:
    """What speaks against relying on a procedure as it stands; empty when nothing does."""
    found = {
        "never_validated": validated_version == 0,
        "changed": 0 < validated_version < text_version,
        "stale": review_on is not None and review_on <= today,
    }
    return tuple(name for name in CONCERNS if found[name])


def publish_gaps(*, steps: int, owner: bool, team: bool) -> list[Gap]:
    """What a procedure still needs before people are sent to it at night."""
    gaps = Gaps()
    gaps.unless(
        steps, "text", "There is no step yet: each item of a numbered or a task list is one"
    )
    gaps.unless(owner or team, "owner", "Somebody, or at least a team, must own it")
    return gaps.found


def check_review_days(gaps: Gaps, field: str, days: object) -> None:
    """Adds a gap unless ``days`` is a whole number of days between one and ten years."""
    if (
        not isinstance(days, int)
        or isinstance(days, bool)
        or not SHORTEST_REVIEW_DAYS <= days <= LONGEST_REVIEW_DAYS
    ):
        gaps.add(field, f"Give a number of days from 1 to {LONGEST_REVIEW_DAYS:,}")


def numbers_in_words(numbers: Iterable[int]) -> str:
    """``1, 2, 3, 5`` as ``1 to 3 and 5``."""
    ordered = sorted(set(numbers))
    runs: list[list[int]] = []
    for one in ordered:
        if runs and one == runs[-1][-1] + 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    told: list[str] = []
    for run in runs:
        told += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else [str(one) for one in run]
    return told[0] if len(told) == 1 else ", ".join(told[:-1]) + " and " + told[-1] if told else ""


def steps_sentence(name: str, mark: str, steps: Sequence[Step], note: str = "") -> str:
    """What the timeline says about steps that got the same mark one after the other.

    ``name`` is the reference of the procedure: "PRO-3, steps 2 to 4 done: Drain; Restart; Check".
    """
    numbers = numbers_in_words(step.number for step in steps)
    plural = "step" if len(steps) == 1 else "steps"
    titles = "; ".join(step.title for step in sorted(steps, key=lambda one: one.number))
    sentence = f"{name}, {plural} {numbers} {MARK_WORDS[mark]}: {titles}"
    return f"{sentence}\n\n{note.strip()}" if note.strip() else sentence
