"""The hints on sentences of every family, not only on those that a rule was written for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tracker.domain.wording.finding import Finding
from tracker.domain.wording.hints import Hints, nothing_masked
from tracker.domain.wording.lists import word_lists_from

HERE = Path(__file__).parent
SEED = HERE.parents[1] / "seed/wording.yaml"
LISTS = word_lists_from(yaml.safe_load(SEED.read_text(encoding="utf-8")))
HINTS = Hints(LISTS)
BREADTH = yaml.safe_load((HERE / "wording_breadth.yaml").read_text(encoding="utf-8"))["marked"]
HARMLESS = yaml.safe_load((HERE / "wording_harmless.yaml").read_text(encoding="utf-8"))
LEAST_FOUND = 0.9
MOST_WRONG = 0.04


def marked(text: str) -> list[Finding]:
    return HINTS.find(nothing_masked(text), text)


@pytest.mark.parametrize("category", sorted(BREADTH))
def test_each_category_is_found_in_many_ways_of_saying_it(category: str) -> None:
    missed = [text for text in BREADTH[category] if not marked(text)]
    assert len(missed) <= (1 - LEAST_FOUND) * len(BREADTH[category]), missed


def test_facts_machines_rules_and_credit_are_left_alone() -> None:
    wrong = [text for text in HARMLESS["left_alone"] if marked(text)]
    assert len(wrong) <= MOST_WRONG * len(HARMLESS["left_alone"]), wrong


def test_a_mail_that_readers_should_have_received_is_no_counterfactual() -> None:
    assert not marked("You should have received a mail with the new address.")
    assert marked("The vendor should have received a call from us.")


def test_a_phrase_is_found_by_any_of_its_words_wherever_it_stands() -> None:
    for text in ("We took our eye off the ball.", "Here, as everywhere, we took our eye off it."):
        assert marked(text), text
