"""Markdown for the hints: what is the writer's own prose, and where it stands in the source."""

from __future__ import annotations

import pytest

from tracker.domain.wording.hints import House
from tracker.domain.wording.tokens import BREAK, THING
from tracker.reading.analyse.prose import prose_of
from tracker.reading.analyse.wording import findings_in

EXEMPT = """
> I forgot the queue
> > They ignored it
`we forgot the queue`
``we `forgot` the queue``
# We forgot the queue
We read “somebody forgot the queue” in the channel.
We read "somebody forgot the queue" in the channel.
He wrote 'we forgot the queue' there.
See [how we forgot the queue](https://example.org/we-forgot) there.
<https://example.org/we/forgot/it>
2026-06-01 09:00:00 ERROR somebody forgot the queue
[ERROR] the worker says: we forgot the queue
Jun  1 09:00:00 host app[12]: we forgot the queue
$ git commit -m "we forgot the queue"
    we forgot the queue
"""
FENCED = "```\nwe forgot the queue\n```\n\n~~~ text\nthey ignored it\n~~~"
PROSE = """
We forgot the queue.
- We forgot the queue.
- [ ] We forgot the queue.
1. We forgot the queue.
**We** *forgot* the queue.
We forgot the `payments` queue.
| 09:00 | We forgot the queue |
09:00 We forgot the queue.
2026-06-01 09:00 UTC: We forgot the queue.
The customer's mail came; we forgot the customers' queue.
"""


def found(text: str, context: str = "narrative") -> list[str]:
    return [one.text for one in findings_in(House(), text, context, "hint")]


@pytest.mark.parametrize("text", [*(one for one in EXEMPT.splitlines() if one), FENCED])
def test_what_is_not_the_writers_own_prose_is_not_judged(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", [one for one in PROSE.splitlines() if one])
def test_prose_is_judged_whatever_stands_around_it(text: str) -> None:
    assert found(text) == ["forgot"]


@pytest.mark.parametrize("text", [EXEMPT, PROSE, FENCED, "", "\r\n\r\n", "a\r\nb `c", "| a | b |"])
def test_the_prose_has_the_length_of_the_source_and_its_lines(text: str) -> None:
    prose = prose_of(text)
    assert len(prose) == len(text)
    assert [at for at, one in enumerate(prose) if one == "\n"] == [
        at for at, one in enumerate(text) if one == "\n"
    ]


def test_a_place_is_found_after_code_quotes_and_pictures_of_faces() -> None:
    text = "Line one `we forgot` 🎉\n\n> they ignored it\n\n* “No” … then **we** forgot it."
    (one,) = findings_in(House(), text, "narrative", "hint")
    assert text[one.start : one.end] == "forgot"
    line = text.splitlines()[one.line - 1]
    assert line[one.column - 1 :].startswith("forgot it.")


def test_the_border_of_a_list_item_ends_a_sentence() -> None:
    assert found("- The engineer\n- ignored files are listed below") == []


def test_prose_right_below_a_quotation_or_above_a_rule_is_prose() -> None:
    assert found("> they ignored it\nWe forgot the queue.") == ["forgot"]
    assert found("> they ignored it  \nWe forgot the queue.") == []
    assert found("The night was calm.\nWe forgot the queue.\n---\nMore.") == ["forgot"]
    assert found("We forgot the queue\n===") == []
    assert found("- > they ignored it\n- We forgot it.") == ["forgot"]


def test_lines_without_a_full_stop_are_sentences_of_their_own() -> None:
    assert found("The team\nIgnored files are listed below") == []


def test_a_quotation_may_be_wrapped_but_leaves_its_paragraph_never() -> None:
    assert found("They wrote “somebody\nforgot the queue” at noon.") == []
    assert found('- He said "hello\n- We forgot the "big" queue.') == ["forgot"]


def test_a_quotation_that_is_never_closed_hides_nothing() -> None:
    assert found('He said "hello and left.\n\nWe forgot the queue.') == ["forgot"]


def test_masks_are_signs_that_no_report_uses() -> None:
    assert found(f"{THING} ignored {BREAK} it") == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "`" * 20_000,
        '"' * 20_000,
        "> " * 5_000 + "x",
        "- " * 5_000 + "x",
        "a=b " * 10_000,
        "(" * 20_000 + "](" * 2_000,
        "<a " * 10_000,
        "word_" * 20_000,
        "a.b/" * 20_000,
        "1.2-" * 20_000,
        "not at all " * 18_000,
        "the job ignored " + "and ignored " * 15_000,
    ],
)
def test_no_markdown_makes_a_pattern_try_everything(text: str) -> None:
    """Such a pattern would take minutes or hours here; this ends at once or not at all."""
    assert isinstance(found(text), list)
