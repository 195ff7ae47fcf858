"""How far a review is: its steps, what each still needs, and how it came to its state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.review import Question, Step
from tracker.domain.sign_off import STEP_FIELD
from tracker.models.journal import StateMove
from tracker.models.review import Review, ReviewAnswer
from tracker.reading.analyse.reviews import WholeReview


@dataclass(frozen=True)
class QuestionState:
    """A question with the answer it has, and what the publish gate still asks of it."""

    question: Question
    answer: ReviewAnswer | None
    gaps: tuple[str, ...]
    wanted_on: date | None = None

    @property
    def key(self) -> str:
        return self.question.key

    @property
    def standing(self) -> str:
        """What the question says of itself: optional, open or answered."""
        if not self.question.required:
            return "optional"
        return "open" if self.gaps else "answered"

    @property
    def version(self) -> int:
        """The version of the answer; 0 while there is none."""
        return self.answer.version if self.answer else 0


@dataclass(frozen=True)
class StepState:
    """A step with those of its questions that apply to this review."""

    step: Step
    questions: tuple[QuestionState, ...]

    @property
    def key(self) -> str:
        return self.step.key

    @property
    def open(self) -> int:
        """How many required questions still need something."""
        return sum(bool(one.gaps) for one in self.questions)

    @property
    def required(self) -> int:
        return sum(one.question.required or bool(one.gaps) for one in self.questions)

    @property
    def wanted_on(self) -> date | None:
        """The day by which the first question that still needs something is wanted."""
        days = [one.wanted_on for one in self.questions if one.gaps and one.wanted_on]
        return min(days, default=None)

    @property
    def done(self) -> int:
        return self.required - self.open

    @property
    def standing(self) -> str:
        """What the step says of itself: optional, complete, or how far it is."""
        if not self.required:
            return "optional"
        return f"{self.done} of {self.required} answered" if self.open else "complete"


@dataclass(frozen=True)
class OpenPoint:
    """A gap of the publish gate, and where it is closed."""

    step: StepState | None
    question: Question | None
    message: str
    field: str = ""


def steps_of(whole: WholeReview) -> list[StepState]:
    """The steps in their order, questions whose condition does not hold left out."""
    gaps: dict[str, list[str]] = {}
    for gap in whole.gaps:
        gaps.setdefault(gap.field, []).append(gap.message)
    conditions = whole.facts.conditions
    days = whole.wanted_on if whole.row.state in OPEN_REVIEW_STATES else {}
    return [
        StepState(
            step,
            tuple(
                QuestionState(
                    question,
                    whole.answers.get(question.key),
                    # What is said against a step as a whole opens each of its questions again.
                    (*gaps.get(question.key, ()), *gaps.get(f"{STEP_FIELD}{step.key}", ())),
                    days.get(question.key),
                )
                for question in step.questions
                if question.applies(conditions)
            ),
        )
        for step in whole.template.steps
    ]


def open_points(whole: WholeReview, steps: list[StepState]) -> list[OpenPoint]:
    """Everything the gate asks for, in the order of the steps, each with its place."""
    places: dict[str, tuple[StepState | None, Question | None]] = {
        one.key: (step, one.question) for step in steps for one in step.questions
    }
    for step in steps:
        if step.questions:
            places[f"{STEP_FIELD}{step.key}"] = (step, step.questions[0].question)
    order = {key: position for position, key in enumerate(places)}
    in_order = sorted(whole.gaps, key=lambda gap: order.get(gap.field, len(order)))
    nowhere = (None, None)
    return [OpenPoint(*places.get(gap.field, nowhere), gap.message, gap.field) for gap in in_order]


def step_named(steps: list[StepState], key: str) -> StepState:
    """Raises: NotFound."""
    found = next((step for step in steps if step.key == key), None)
    if found is None:
        raise NotFound(f"The step “{key[:40]}”")
    return found


def step_of_question(steps: list[StepState], key: str) -> StepState:
    """The step in which this question stands.

    Raises: NotFound for a question that the template lacks or that does not apply.
    """
    for step in steps:
        if any(one.key == key for one in step.questions):
            return step
    raise NotFound(f"The question “{key[:40]}”")


def step_of_kind(steps: list[StepState], kind: str) -> StepState:
    """The first step with a question of this kind, else the first step of all."""
    for step in steps:
        if any(one.question.kind == kind for one in step.questions):
            return step
    return steps[0]


def moves_of(look: Look, review: Review) -> list[StateMove]:
    """Every change of its state, newest first."""
    query = (
        select(StateMove)
        .where(StateMove.record_kind == "review", StateMove.record_id == review.key)
        .order_by(col(StateMove.id).desc())
    )
    return list(look.session.exec(query))
