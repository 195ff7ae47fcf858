"""Procedures as people write them: front matter, steps in lists, and back to a file."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.procedure import Passage, Step
from tracker.importing.procedures import (
    ProcedureText,
    parts_of,
    read_procedure,
    steps_of,
    written_procedure,
)

WHOLE = """\
---
title: Restart the resolver
slug: restart-resolver
kind: playbook
owner: alice@example.org
team: payments
escalation: Call the network people after ten minutes.
review_every: 6 months
services: [checkout, query]
validated_by: bob@example.org
---

1. Drain it
2. Restart it
"""


def _titles(text: str) -> list[str]:
    return [step.title for step in steps_of(dedent(text).strip())]


def test_the_front_matter_says_who_and_how_often() -> None:
    read = read_procedure(WHOLE)
    assert (read.title, read.slug, read.kind) == (
        "Restart the resolver", "restart-resolver", "playbook",
    )  # fmt: skip
    assert (read.owner, read.team, read.validated_by) == (
        "alice@example.org", "payments", "bob@example.org",
    )  # fmt: skip
    assert read.review_every_days == 180
    assert read.services == ("checkout", "query")
    assert read.text == "1. Drain it\n2. Restart it"
    assert read.unknown == ()


def test_a_written_file_is_read_back_as_the_same() -> None:
    read = read_procedure(WHOLE)
    assert read_procedure(written_procedure(read)) == read


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("90", 90), ("90 days", 90), ("2w", 14), ("6 months", 180), ("1 year", 365),
        ("12 Months", 360),
    ],
)  # fmt: skip
def test_a_span_is_read_as_people_write_it(written: str, days: int) -> None:
    assert read_procedure(f"---\nreview_every: {written}\n---\n1. x").review_every_days == days


@pytest.mark.parametrize("written", ["soon", "-5", "[1]", "true", "1.5 years", "٣ days and more"])
def test_a_span_nobody_can_read_is_refused_in_words(written: str) -> None:
    with pytest.raises(ValueError, match="review_every"):
        read_procedure(f"---\nreview_every: {written}\n---\n1. x")


def test_without_front_matter_the_first_heading_is_the_title() -> None:
    read = read_procedure("# Fail over\r\n\r\n1. One\r\n2. Two\r\n")
    assert (read.title, read.text) == ("Fail over", "1. One\n2. Two")
    kept = read_procedure("---\ntitle: Mine\n---\n# Another\n1. One")
    assert (kept.title, kept.text) == ("Mine", "# Another\n1. One")


def test_fields_that_mean_nothing_here_are_named() -> None:
    assert read_procedure("---\nlayout: page\nOwner: a@b\n---\n1. x").unknown == ("layout",)


@pytest.mark.parametrize(
    "front", ["title: [a, b]", "owner: {a: 1}", "services: 5", "services: [[a]]", "title: [\n"]
)
def test_front_matter_of_the_wrong_kind_is_refused(front: str) -> None:
    with pytest.raises(ValueError, match="front matter"):
        read_procedure(f"---\n{front}\n---\n1. x")


def test_numbered_items_and_task_items_are_steps_and_other_lists_explain() -> None:
    text = """
        Intro

        1. One
        2) other list
        - hint
        - [ ] Two
        - [x] Three

        * star
        * [ ] Four
    """
    assert _titles(text) == ["One", "other list", "Two", "Three", "Four"]


def test_what_is_nested_belongs_to_its_step() -> None:
    text = dedent(
        """
        1. Drain it:

           ```
           1. no step
           ```

           - [ ] nested
           1. nested too
        10. Restart
            it
        """
    ).strip()
    first, second = steps_of(text)
    assert first.title == "Drain it"
    assert first.markdown == "Drain it:\n\n```\n1. no step\n```\n\n- [ ] nested\n1. nested too"
    assert (second.title, second.markdown) == ("Restart", "Restart\nit")


def test_lists_in_quotes_and_code_are_no_steps() -> None:
    assert _titles("> 1. quoted\n\n```\n1. code\n```\n\n    1. indented") == []


def test_a_step_knows_its_heading_and_its_plain_title() -> None:
    (step,) = steps_of("## Then *drain*\n\n1. Run `make` and [look](https://x)\n   closely")
    assert (step.heading, step.title) == ("Then drain", "Run make and look")


def test_nothing_is_lost_between_steps() -> None:
    text = "Before\n\n1. One\n\nBetween\n\n- [ ] Two\n- hint\n\nAfter"
    told = [part.markdown for part in parts_of(text)]
    assert told == ["Before", "One", "Between", "Two", "- hint\n\nAfter"]


def test_an_empty_item_is_a_step_with_a_number_for_a_name() -> None:
    assert [step.title for step in steps_of("1.\n2. x")] == ["Step 1", "x"]


@given(st.text(alphabet="1.-[] x\n\t>`#*\\|", max_size=200))
def test_any_text_gives_steps_in_order_and_loses_no_letter(text: str) -> None:
    parts = parts_of(text)
    steps = [part for part in parts if isinstance(part, Step)]
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    # Outside of markers of items, every x is still there.
    assert sum(part.markdown.count("x") for part in parts) in (
        text.count("x"), text.count("x") - sum("[x]" in line for line in text.split("\n")),
    ) or text.count("[x]")  # fmt: skip
    assert all(isinstance(part, Step | Passage) for part in parts)


@given(st.text(max_size=200), st.text(max_size=400))
def test_any_text_is_written_and_read_back(title: str, text: str) -> None:
    try:
        read = read_procedure(text)
    except ValueError:
        return
    again = read_procedure(
        written_procedure(ProcedureText(title=title.strip() or "T", text=read.text))
    )
    assert steps_of(again.text) == steps_of(read.text)


def test_deep_and_long_texts_are_read() -> None:
    assert len(steps_of("1. " + "> - " * 20_000 + "x")) == 1
    assert len(steps_of("1. x\n" * 20_000)) == 20_000
