"""Rules of the blameless review: templates as data, conditions, the publish gate."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tracker.domain.errors import Gap, Gaps

QUESTION_KINDS = (
    "markdown",
    "choice",
    "yes_no_because",
    "times",
    "timeline",
    "factors",
    "actions",
    "lessons",
)
TEXT_KINDS = ("markdown", "choice", "yes_no_because")
# How a condition names the answer of another question: answer.similar
ANSWER = "answer."
# The field of a gap that stands for the rest of the analysis.
REST_FIELD = "soak"
FACTOR_ROLES = ("trigger", "condition", "amplifier", "mitigator")


@dataclass(frozen=True)
class Question:
    """One question of a step. ``condition`` limits it to some severities, kinds, tags or answers
    to other questions (``answer.<key>``).
    """

    key: str
    kind: str
    prompt: str
    help: str = ""
    required: bool = False
    owner: str = "owner"
    due_business_days: int | None = None
    prefill: str | None = None
    choices: tuple[str, ...] = ()
    condition: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def applies(self, facts: Mapping[str, Collection[str]]) -> bool:
        """True when every condition shares a value with the facts (severity, kind, tag, answer)."""
        return all(
            set(wanted) & set(facts.get(name, ())) for name, wanted in self.condition.items()
        )


@dataclass(frozen=True)
class Guide:
    """What helps the facilitator of a step: what to ask, what to avoid."""

    ask: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.ask or self.avoid)


@dataclass(frozen=True)
class Step:
    key: str
    title: str
    intro: str
    questions: tuple[Question, ...]
    guide: Guide = Guide()


@dataclass(frozen=True)
class Template:
    """A way to review. A running review keeps the version it began with."""

    key: str
    version: int
    name: str
    purpose: str
    steps: tuple[Step, ...]
    # Another rest than the policy's between understanding and deciding; 0 asks for none.
    soak_business_days: int | None = None

    def rest_days(self, policy_days: int) -> int:
        """So many business days an analysis has to rest before actions are decided."""
        return policy_days if self.soak_business_days is None else self.soak_business_days

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for step in self.steps for question in step.questions)

    def question(self, key: str) -> Question | None:
        return next((question for question in self.questions if question.key == key), None)


@dataclass(frozen=True)
class Answer:
    """An answer as the gate sees it. ``because`` stands for "no, because" and "not known"."""

    text: str = ""
    choice: str = ""
    because: str = ""

    @property
    def given(self) -> bool:
        return bool(self.text.strip() or self.choice.strip() or self.because.strip())


def template_from(data: Mapping[str, Any]) -> Template:
    """The template in a parsed YAML file.

    Raises: ValueError naming the template and what is wrong with it.
    """
    soak = data.get("soak_business_days")
    try:
        steps = tuple(
            Step(
                key=step["key"],
                title=step["title"],
                intro=str(step.get("intro") or "").strip(),
                questions=tuple(_question(question) for question in step["questions"]),
                guide=_guide(step.get("guide") or {}),
            )
            for step in data["steps"]
        )
        template = Template(
            key=data["key"],
            version=int(data["version"]),
            name=data["name"],
            purpose=str(data.get("purpose") or "").strip(),
            steps=steps,
            soak_business_days=None if soak is None else int(soak),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"review template {data.get('key', '?')}: {error} is missing") from error
    keys = [question.key for question in template.questions]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"review template {template.key}: question {key} stands twice")
    for question in template.questions:
        for name in question.condition:
            if name.startswith(ANSWER) and name.removeprefix(ANSWER) not in keys:
                raise ValueError(
                    f"review template {template.key}: question {question.key} waits for the "
                    f"answer of {name.removeprefix(ANSWER)}, which is not there"
                )
    return template


def _question(data: Mapping[str, Any]) -> Question:
    kind = str(data["kind"])
    if kind not in QUESTION_KINDS:
        raise ValueError(f"question {data['key']}: kind {kind} is not known")
    condition = data.get("condition") or {}
    return Question(
        key=str(data["key"]),
        kind=kind,
        prompt=str(data["prompt"]).strip(),
        help=str(data.get("help") or "").strip(),
        required=bool(data.get("required")),
        owner=str(data.get("owner") or "owner"),
        due_business_days=data.get("due_business_days"),
        prefill=data.get("prefill"),
        choices=tuple(str(choice) for choice in data.get("choices") or ()),
        condition={name: tuple(_several(wanted)) for name, wanted in condition.items()},
    )


def _guide(data: Mapping[str, Any]) -> Guide:
    return Guide(
        ask=tuple(str(one).strip() for one in data.get("ask") or ()),
        avoid=tuple(str(one).strip() for one in data.get("avoid") or ()),
    )


def _several(value: object) -> list[str]:
    several = value if isinstance(value, list | tuple) else [value]
    # YAML takes a bare yes for a truth value.
    return [{True: "yes", False: "no"}.get(one, str(one)) if isinstance(one, bool) else str(one)
            for one in several]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ReviewFacts:
    """What the publish gate looks at."""

    template: Template
    conditions: Mapping[str, Collection[str]]
    answers: Mapping[str, Answer]
    factors: int
    actions: int
    lessons: int
    timeline_entries: int
    times_without_word: tuple[str, ...]  # neither known nor "unknown because"


def publish_gaps(facts: ReviewFacts) -> list[Gap]:
    """Everything that keeps a review from being published, all at once.

    Each required question accepts an answer or a "no, because": the gate asks for thought,
    never for filler.
    """
    gaps = Gaps()
    counted = {
        "factors": (facts.factors, "Name the contributing factors, or say why none stand out"),
        "actions": (facts.actions, "Decide on actions, or say why none is needed"),
        "lessons": (facts.lessons, "Keep a lesson, or say why there is none for others"),
        "timeline": (facts.timeline_entries, "The timeline is empty: add entries, or say why"),
    }
    for question in facts.template.questions:
        if not question.required or not question.applies(facts.conditions):
            continue
        answer = facts.answers.get(question.key, Answer())
        if question.kind == "times":
            if facts.times_without_word and not answer.given:
                named = ", ".join(name.replace("_", " ") for name in facts.times_without_word)
                gaps.add(question.key, f"Give each time or say why it is unknown: {named}")
        elif question.kind in counted:
            count, message = counted[question.kind]
            gaps.unless(count or answer.given, question.key, message)
        elif question.kind == "yes_no_because":
            gaps.unless(answer.choice, question.key, f"Choose yes or no: {question.prompt}")
            gaps.unless(
                not answer.choice or answer.text.strip() or answer.because.strip(),
                question.key,
                f"Add a sentence to your answer: {question.prompt}",
            )
        else:
            gaps.unless(answer.given, question.key, f"Not answered yet: {question.prompt}")
    return gaps.found


@dataclass(frozen=True, kw_only=True)
class Rest:
    """The time between understanding and deciding, as the publish gate sees it.

    ``asked_until`` is the day until which the analysis would rest from today on; ``None`` where
    neither template nor policy asks for a rest.
    """

    today: date
    asked_until: date | None
    until: date | None = None
    skipped: bool = False
    decided: bool = False  # there are actions

    @property
    def gaps(self) -> list[Gap]:
        """A rest that is not over yet, or was never taken though actions are decided."""
        if self.skipped:
            return []
        if self.until is not None:
            if self.today >= self.until:
                return []
            message = f"The analysis rests until {self.until}; wait, or say why it need not"
        elif self.decided and self.asked_until is not None:
            message = (
                "The analysis has not rested before its actions were decided; "
                f"let it rest until {self.asked_until}, or say why it need not"
            )
        else:
            return []
        return [Gap(REST_FIELD, message)]
