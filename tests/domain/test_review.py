"""Rules of reviews: every move x state, and the gate that lists all gaps at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tracker.domain.errors import NotAllowed
from tracker.domain.lifecycle import REVIEW
from tracker.domain.review import (
    Answer,
    Rest,
    ReviewFacts,
    publish_gaps,
    template_from,
)

# From a state, what a verb leads to. What is not here is refused.
MOVES = {
    ("draft", "start_review"): "in_review",
    ("draft", "publish"): "published",
    ("draft", "waive"): "waived",
    ("in_review", "back_to_draft"): "draft",
    ("in_review", "publish"): "published",
    ("in_review", "waive"): "waived",
    ("published", "amend"): "amended",
    ("amended", "amend"): "amended",
    ("waived", "resume"): "draft",
}
REASONS = {"back_to_draft", "amend", "waive", "resume"}
TEMPLATE = template_from(
    {
        "key": "t",
        "version": 1,
        "name": "T",
        "steps": [
            {
                "key": "s",
                "title": "S",
                "questions": [
                    {
                        "key": kind,
                        "kind": kind,
                        "prompt": f"{kind}?",
                        "required": True,
                        "choices": ["a", "b"],
                    }
                    for kind in (
                        "markdown",
                        "choice",
                        "yes_no_because",
                        "times",
                        "timeline",
                        "factors",
                        "actions",
                        "lessons",
                    )
                ]
                + [
                    {"key": "free", "kind": "markdown", "prompt": "Free?"},
                    {
                        "key": "big",
                        "kind": "markdown",
                        "prompt": "Big?",
                        "required": True,
                        "condition": {"severity": ["SEV1"]},
                    },
                ],
            }
        ],
    }
)
NOTHING = ReviewFacts(
    template=TEMPLATE,
    conditions={"severity": {"SEV3"}},
    answers={},
    factors=0,
    actions=0,
    lessons=0,
    timeline_entries=0,
    times_without_word=("detected",),
)


@pytest.mark.parametrize("verb", REVIEW.verbs)
@pytest.mark.parametrize("state", REVIEW.states)
def test_every_verb_in_every_state_does_what_the_table_says(state: str, verb: str) -> None:
    wanted = MOVES.get((state, verb))
    if wanted is None:
        with pytest.raises(NotAllowed) as refused:
            REVIEW.check(state, verb, why="A reason")
        assert refused.value.hint.startswith("Possible now")
    else:
        assert REVIEW.check(state, verb, why="A reason").target == wanted


@pytest.mark.parametrize(("state", "verb"), MOVES)
def test_only_some_moves_need_a_reason(state: str, verb: str) -> None:
    if verb in REASONS:
        with pytest.raises(NotAllowed) as refused:
            REVIEW.check(state, verb, why="  ")
        assert [gap.field for gap in refused.value.gaps] == ["why"]
    else:
        REVIEW.check(state, verb)


def test_an_empty_review_is_told_all_its_gaps_at_once() -> None:
    assert [gap.field for gap in publish_gaps(NOTHING)] == [
        "markdown",
        "choice",
        "yes_no_because",
        "times",
        "timeline",
        "factors",
        "actions",
        "lessons",
    ]


def test_a_condition_adds_its_question() -> None:
    severe = replace(NOTHING, conditions={"severity": {"SEV1"}})
    assert "big" in {gap.field for gap in publish_gaps(severe)}


@pytest.mark.parametrize("key", ["markdown", "choice", "times", "timeline", "factors", "actions",
                                 "lessons"])  # fmt: skip
def test_every_question_takes_a_no_because(key: str) -> None:
    told = replace(NOTHING, answers={key: Answer(because="No, because we searched")})
    assert key not in {gap.field for gap in publish_gaps(told)}


@pytest.mark.parametrize(
    ("answer", "open_"),
    [
        (Answer(), True),
        (Answer(text="Words without a choice"), True),
        (Answer(choice="no"), True),
        (Answer(choice="no", because="Searched, none"), False),
        (Answer(choice="yes", text="INC-3"), False),
        (Answer(choice="yes", text="   "), True),
    ],
)
def test_yes_or_no_needs_a_sentence_too(answer: Answer, open_: bool) -> None:  # noqa: FBT001
    told = replace(NOTHING, answers={"yes_no_because": answer})
    assert ("yes_no_because" in {gap.field for gap in publish_gaps(told)}) is open_


def test_what_is_there_closes_its_gap() -> None:
    full = replace(
        NOTHING,
        factors=1,
        actions=1,
        lessons=1,
        timeline_entries=1,
        times_without_word=(),
        answers={
            "markdown": Answer(text="x"),
            "choice": Answer(choice="a"),
            "yes_no_because": Answer(choice="no", because="x"),
        },
    )
    assert publish_gaps(full) == []


THURSDAY, MONDAY = date(2026, 6, 4), date(2026, 6, 8)
MISSING = "has not rested before its actions were decided; let it rest until 2026-06-08, or say why"


@pytest.mark.parametrize(
    ("today", "asked_until", "until", "skipped", "decided", "said"),
    [
        (THURSDAY, MONDAY, None, False, True, MISSING),
        (THURSDAY, MONDAY, None, False, False, ""),
        (THURSDAY, MONDAY, None, True, True, ""),
        (THURSDAY, None, None, False, True, ""),
        (THURSDAY, MONDAY, MONDAY, False, True, "rests until 2026-06-08; wait, or say why"),
        (THURSDAY, MONDAY, MONDAY, False, False, "rests until 2026-06-08; wait, or say why"),
        (THURSDAY, None, MONDAY, False, True, "rests until 2026-06-08; wait, or say why"),
        (THURSDAY, MONDAY, MONDAY, True, True, ""),
        (MONDAY, MONDAY, MONDAY, False, True, ""),
    ],
)
def test_actions_are_decided_after_a_rest_or_with_a_reason(
    today: date,
    asked_until: date | None,
    until: date | None,
    skipped: bool,  # noqa: FBT001
    decided: bool,  # noqa: FBT001
    said: str,
) -> None:
    rest = Rest(today=today, asked_until=asked_until, until=until, skipped=skipped, decided=decided)
    messages = [gap.message for gap in rest.gaps]
    assert len(messages) == bool(said)
    assert said in "".join(messages)


@pytest.mark.parametrize(("said", "days"), [({}, 2), ({"soak_business_days": 0}, 0),
                                            ({"soak_business_days": 5}, 5)])  # fmt: skip
def test_a_template_may_ask_for_another_rest_than_the_policy(
    said: dict[str, int], days: int
) -> None:
    plain = {"key": "t", "version": 1, "name": "T", "steps": []}
    assert template_from({**plain, **said}).rest_days(2) == days
