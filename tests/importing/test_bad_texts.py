"""Whatever the text is: a report, or a ValueError with a sentence; and nothing is made up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.importing.blocks import without_comments
from tracker.importing.markdown_report import LONGEST_TEXT, MOST_LINES, read_markdown
from tracker.importing.report import Report

SECTIONS = (
    "summary",
    "impact",
    "background",
    "detection",
    "resolution",
    "went_well",
    "went_badly",
    "lucky",
)
PARTS = st.sampled_from(
    [
        *(
            "# Title of it",
            "## Summary",
            "## Impact",
            "## Timeline",
            "## Timeline (PST)",
            "## Root causes",
        ),
        *(
            "## Lessons learned",
            "### What went well",
            "## Action items",
            "### 10:00",
            "## May 12",
            "---",
        ),
        *(
            "**Impact**: low",
            "**Summary**",
            "- **Impact**: x",
            "- **Resolution**:",
            "- 10:00 a",
            "- [x] b",
        ),
        *(
            "| Time | Event |\n|---|---|\n| 10:00 | a |",
            "| Action | Owner |\n|-|-|\n| a | b |",
            "```",
            "> q?",
        ),
        *(
            "<!-- c -->",
            "<!--",
            "  - c",
            "10:00 a",
            "2031-03-04",
            "03/04/2031 - b",
            "TBD",
            "[a]: http://b",
        ),
        *(
            "1. One\n   - Two",
            "",
            "    code",
            "[a][a] text",
            "- https://x.example/y",
            "All times in UTC",
            "\t- d",
        ),
    ]
)
ANY_TEXT = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="#*_-[]()`<>|:!~0123456789 \n\tapmZ./", max_size=300),
    st.lists(st.one_of(PARTS, st.text(max_size=20)), max_size=25).map("\n".join),
    st.lists(PARTS, max_size=25).map("\n\n".join),
)


def sections_of(report: Report) -> list[str]:
    return [getattr(report, name) for name in SECTIONS] + [
        text for _, text in report.other_sections
    ]


def squeezed(text: str) -> str:
    return "".join(without_comments(text).split())


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT)
def test_no_text_raises_and_no_section_holds_a_line_that_was_not_written(text: str) -> None:
    try:
        report = read_markdown(text, source_id="x")
    except ValueError as error:
        assert str(error).endswith(".")  # noqa: PT017 - a sentence for a person, on the way of refusal
        return
    original = report.source.original_markdown
    written, as_given = squeezed(original), "".join(original.split())
    for section in sections_of(report):
        for line in section.split("\n"):
            # In code a comment is text and stays; elsewhere it is dropped.
            assert squeezed(line) in written or "".join(line.split()) in as_given
    for item in (*report.timeline, *report.actions, *report.lessons, *report.factors):
        assert len(getattr(item, "title", "")) <= 200
    assert all(item.at is None or item.at.utcoffset() is not None for item in report.timeline)
    assert len(report.title) <= 200


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200).map(lambda text: f"---\na: 1\n{text}\n---\nBody"))
def test_no_front_matter_raises_anything_but_a_value_error(text: str) -> None:
    try:
        read_markdown(text, source_id="x")
    except ValueError as error:
        assert "\n" not in str(error)  # noqa: PT017 - one plain sentence


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeff",
        "\0" * 10,
        "- " * 10_000 + "a",
        "".join("  " * depth + "- a\n" for depth in range(1_000)),
        "> " * 10_000,
        "[" * 100_000,
        "<!--" * 50_000,
        "*" * 100_000,
        "## Timeline\n- " + "1:" * 50_000,
        "---\n",
        "---\n---\n",
        "a" * 1_000_000,
    ],
)
def test_strange_texts_are_read(text: str) -> None:
    assert read_markdown(text, source_id="strange").title


def test_nul_and_lone_surrogates_are_replaced_everywhere() -> None:
    report = read_markdown("# A\0B\n\n## Impact\n\nx\ud800y\n", source_id="x")
    assert (report.title, report.impact) == ("A\ufffdB", "x\ufffdy")
    assert report.source.original_markdown.encode("utf-8")


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("a: [1", "line"),
        ("date: 2031-13-45", "cannot be"),
        ("a: !!timestamp x", "cannot be"),
        ("a: " + "[" * 5_000, "cannot be"),
        ("title: [a]", "title"),
        ("started_at: soon", "started_at"),
        ("tags: {a: b}", "tags"),
        ("a: " + "x" * 70_000, "longer"),
    ],
)
def test_front_matter_that_cannot_be_read_is_a_plain_refusal(front: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_markdown(f"---\n{front}\n---\nBody\n", source_id="x")


def test_a_line_of_dashes_at_the_top_is_not_front_matter() -> None:
    assert read_markdown("---\n\nJust text.\n\n---\n\nMore.\n", source_id="x").summary.startswith(
        "---"
    )


def test_a_text_that_is_a_book_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        read_markdown("a" * (LONGEST_TEXT + 1), source_id="x")


def test_lines_past_the_limit_are_kept_as_they_are() -> None:
    report = read_markdown("## Impact\n\nBad.\n" + "more\n" * MOST_LINES, source_id="x")
    assert report.impact.startswith("Bad.")
    assert report.other_sections[-1] == ("The rest of the text", "more\n" * 3)
