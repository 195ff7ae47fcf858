"""Three questions after a review, answered without a name and shown for three answers or more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

QUESTIONS = {
    "learned": "It taught me something",
    "safe": "It felt safe to speak openly",
    "will_change": "It will change how I work",
}
GRADES = (1, 2, 3, 4, 5)
# Under so many answers somebody could guess who gave which.
FEWEST_SHOWN = 3


@dataclass(frozen=True)
class Grades:
    """The answers to one question: how many gave each grade, and their mean."""

    question: str
    counts: tuple[int, ...]

    @property
    def mean(self) -> float:
        total = sum(self.counts)
        return sum(grade * n for grade, n in zip(GRADES, self.counts, strict=True)) / total


@dataclass(frozen=True)
class SurveyResult:
    """How many were asked and answered; what they said once enough did, else nothing."""

    asked: int
    answered: int
    grades: tuple[Grades, ...]
    remarks: tuple[str, ...]

    @property
    def shown(self) -> bool:
        return bool(self.grades)


def survey_result(
    asked: int, answers: Collection[tuple[int, int, int]], remarks: Collection[str]
) -> SurveyResult:
    """The result of these answers (learned, safe, will change). Remarks come in the order of the
    alphabet, so that the order in which they came tells nothing.
    """
    if len(answers) < FEWEST_SHOWN:
        return SurveyResult(asked, len(answers), (), ())
    grades = tuple(
        Grades(text, tuple(sum(one[place] == grade for one in answers) for grade in GRADES))
        for place, text in enumerate(QUESTIONS.values())
    )
    kept = tuple(sorted(remark for remark in remarks if remark.strip()))
    return SurveyResult(asked, len(answers), grades, kept)
