"""Headings, bold lines and labels as people write them open the sections they name."""

from __future__ import annotations

import pytest

from tracker.importing.headings import action_kind, recognise
from tracker.importing.markdown_report import read_markdown

BAKERY = """\
# 2031-03-04, bread slicer API down

Written by the kitchen on call.

## Summary ##

Orders failed for 40 minutes. See [the graph][g].

## **Impact**

About 300 orders. <!-- recount this -->

<!-- remember to ask sales -->

## Background (for newcomers)

The slicer talks to the oven.

How was it noticed?
-------------------

A customer called.

## How did we fix it?

We restarted it.

```
## Timeline
not a heading
```

## Lessons learnt

### What went well

- The phone worked.

### What didn\u2019t go so well?

- The alarm was silent.

### Where we got lucky

It was a Sunday.

## Attendees

Ann, Ben

[g]: https://graphs.example/1
"""


def test_every_section_of_a_usual_report_finds_its_place() -> None:
    report = read_markdown(BAKERY, source_id="bakery")
    assert report.title == "2031-03-04, bread slicer API down"
    assert report.summary.startswith("Orders failed for 40 minutes.")
    assert report.impact.strip() == "About 300 orders."
    assert report.background == "The slicer talks to the oven."
    assert report.detection == "A customer called."
    assert report.resolution.startswith("We restarted it.")
    assert report.went_well == "- The phone worked."
    assert report.went_badly == "- The alarm was silent."
    assert report.lucky == "It was a Sunday."
    assert report.other_sections == (
        ("Opening", "Written by the kitchen on call."),
        ("Attendees", "Ann, Ben"),
    )


def test_a_heading_in_a_code_fence_is_not_a_heading() -> None:
    report = read_markdown(BAKERY, source_id="bakery")
    assert "## Timeline" in report.resolution
    assert report.timeline == ()


def test_a_section_keeps_the_link_definitions_it_uses() -> None:
    report = read_markdown(BAKERY, source_id="bakery")
    assert "[g]: https://graphs.example/1" in report.summary
    assert "[g]:" not in report.impact


def test_the_original_is_kept_whole() -> None:
    assert read_markdown(BAKERY, source_id="b").source.original_markdown == BAKERY


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Timeline (times in BST)", "timeline"),
        ("TIMELINE (all times PST) 01/16/2031 - 02/28/2031. All times approximate", "timeline"),
        ("Sequence of events", "timeline"),
        ("3. Root cause(s)", "factors"),
        ("Contributing factors", "factors"),
        ("Trigger", "factors"),
        ("Corrective and preventative measures", "actions"),
        ("Action items", "actions"),
        ("Follow-ups", "actions"),
        ("Future actions", "actions"),
        ("Process improvements", "actions"),
        ("Next steps", "actions"),
        ("Review actions", "actions"),
        ("How are we preventing it from happening again?", "actions"),
        ("Lessons learnt", "lessons"),
        ("Key takeaways", "lessons"),
        ("Lessons Learned and Future Improvements", "lessons"),
        ("What didn't go so well?", "went_badly"),
        ("What could have gone better?", "went_badly"),
        ("Things that went poorly", "went_badly"),
        ("What worked", "went_well"),
        ("Where we got lucky", "lucky"),
        ("TL;DR", "summary"),
        ("Executive Summary", "summary"),
        ("User-facing impact", "impact"),
        ("What is the impact?", "impact"),
        ("Resolution and recovery", "resolution"),
        ("What happened?", "narrative"),
        ("Appendix: chat log of the timeline", "other"),
        ("Stats", "other"),
        ("Ovens we like", None),
        ("We looked at the impact of the change on every single customer that called us", None),
        ("", None),
    ],
)
def test_headings_are_known_by_their_words(heading: str, kind: str | None) -> None:
    assert recognise(heading) == kind


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Prevention", "prevent"),
        ("[detect]", "detect"),
        ("Mitigate", "mitigate"),
        ("Process improvements", "process"),
        ("Diagnosis", "diagnose"),
        ("Monitoring", None),
        ("Detective stories", None),
    ],
)
def test_a_kind_of_action_is_taken_only_when_it_is_said(words: str, kind: str | None) -> None:
    assert action_kind(words) == kind


def test_bold_lines_serve_as_headings() -> None:
    text = (
        "Payroll was late\n\n**Summary**\n\nPayroll ran late.\n\n"
        "** Root cause: **\n\nA full disk.\n\n__Timeline__\n\n- 09:00 Late\n"
    )
    report = read_markdown(text, source_id="x", defaults={"started_at": "2031-01-01"})
    assert report.summary == "Payroll ran late."
    assert [factor.text for factor in report.factors] == ["A full disk."]
    assert [item.text for item in report.timeline] == ["Late"]


def test_labels_in_a_list_open_sections_with_all_below_them() -> None:
    text = """\
# Incident on 2031-05-06 - oven cold

- **Key events**
  - First detected 2031-05-06 10:43
  - Incident declared 2031-05-06 11:01
  - Repaired: 2031-05-06 1120
  - Resolved 2031-05-06 11.38

- **Identified**: A baker noticed.

- **Impact**:
  - No bread.
  - No cake.

- **Resolution**:
    The gas was turned
    on again.

- **Review actions**:
  - Buy a [thermometer](https://shop.example/9)
  - Read the dial

- **Mood**: calm
"""
    report = read_markdown(
        text, source_id="x", defaults={"started_at": "2031-05-06T10:43:00+01:00"}
    )
    assert report.detection == "A baker noticed."
    assert report.impact == "- No bread.\n- No cake."
    assert report.resolution == "The gas was turned\non again."
    assert [action.title for action in report.actions] == ["Buy a thermometer", "Read the dial"]
    assert ("Mood", "calm") in report.other_sections
    stated = (report.detected_at, report.declared_at, report.mitigated_at, report.resolved_at)
    assert [at and f"{at:%H:%M}" for at in stated] == ["09:43", "10:01", "10:20", "10:38"]


def test_what_follows_a_label_with_an_empty_item_belongs_to_it() -> None:
    text = (
        "# Keys lost\n\n- **Impact**:\n\nNobody got in.\n\n- **Resolution**:\n\nA locksmith came.\n"
    )
    report = read_markdown(text, source_id="x")
    assert (report.impact, report.resolution) == ("Nobody got in.", "A locksmith came.")


def test_labels_inside_a_recognised_section_stay_in_it() -> None:
    text = "## Impact\n\n**Detection:** slow\n\n- **Summary**: bad\n- **Impact**: worse\n"
    report = read_markdown(text, source_id="x")
    assert report.detection == ""
    assert "**Detection:** slow" in report.impact
    assert "- **Summary**: bad" in report.impact


def test_unknown_sub_headings_stay_in_their_section() -> None:
    report = read_markdown("## Impact\n\nBad.\n\n### In the south\n\nWorse.\n", source_id="x")
    assert report.impact == "Bad.\n\n### In the south\n\nWorse."
    assert report.other_sections == ()


def test_the_opening_is_the_summary_where_no_section_is() -> None:
    report = read_markdown(
        "# Mill stopped\n\nThe mill stopped.\n\n## Impact\n\nNo flour.\n", source_id="x"
    )
    assert report.summary == "The mill stopped."


def test_without_any_summary_the_impact_says_what_it_was_about() -> None:
    report = read_markdown("# Mill stopped\n\n## Impact\n\nNo flour.\n", source_id="x")
    assert report.summary == "No flour."


def test_what_happened_is_a_summary_only_where_none_is() -> None:
    alone = read_markdown("## What happened?\n\nA fuse blew.\n", source_id="x")
    beside = read_markdown(
        "## Overview\n\nDark.\n\n## What happened\n\nA fuse blew.\n", source_id="x"
    )
    assert (alone.summary, alone.background) == ("A fuse blew.", "")
    assert (beside.summary, beside.background) == ("Dark.", "A fuse blew.")


@pytest.mark.parametrize(
    "left", ["TBD", "N/A", "_What went well?_", "{ list }", "> What helped?", "None."]
)
def test_a_placeholder_of_a_template_is_no_text(left: str) -> None:
    text = f"## What went well\n\n{left}\n\n## Impact\n\nSome.\n"
    report = read_markdown(text, source_id="x")
    assert (report.went_well, report.impact) == ("", "Some.")


def test_facts_in_lines_of_their_own_are_read() -> None:
    text = (
        "# Lift stuck\n\nSeverity: SEV-2<br>\nDate: 2031-02-03\nTags: lift, door\n\n"
        "| Affected services | Lift, Stairs |\n|---|---|\n| Owner | Ann |\n"
    )
    report = read_markdown(text, source_id="x")
    assert report.severity_text == "SEV-2"
    assert report.tags == ("lift", "door")
    assert report.services == ("Lift", "Stairs")
    assert report.started_at is not None
    assert (f"{report.started_at:%F %T %Z}", report.started_precision) == (
        "2031-02-03 00:00:00 UTC",
        "day",
    )


def test_a_long_underlined_sentence_is_not_a_heading() -> None:
    sentence = "impact " * 30
    report = read_markdown(
        f"# Title here\n\n{sentence}\n---\n\n## Impact\n\nSmall.\n", source_id="x"
    )
    assert report.impact == "Small."


def test_front_matter_wins_over_defaults_and_both_over_the_text() -> None:
    text = (
        "---\ntitle: From the front\nseverity: high\ndate: 2031-04-05\nTags: [a, b]\n"
        "licence: CC-BY-4.0\n---\n# From the text\n\n## Summary\n\nShort.\n"
    )
    told: dict[str, object] = {"title": "From outside", "url": "https://x.example", "tags": ["z"]}
    report = read_markdown(text, source_id="x", defaults=told)
    assert report.title == "From the front"
    assert report.severity_text == "high"
    assert report.tags == ("a", "b")
    assert report.source.url == "https://x.example"
    assert report.source.licence == "CC-BY-4.0"
    assert report.summary == "Short."
    assert read_markdown(text.split("---\n")[2], source_id="x").title == "From the text"


def test_an_end_before_the_start_is_dropped() -> None:
    told = {"started_at": "2031-01-02T10:00:00Z", "ended_at": "2031-01-02T09:00:00Z"}
    assert read_markdown("x", source_id="x", defaults=told).ended_at is None


def test_line_ends_and_byte_order_marks_do_not_matter() -> None:
    text = "\ufeff# Title of it\r\n\r\n## Impact\r\n\r\n- one\r\n- two\r\n"
    report = read_markdown(text, source_id="x")
    assert (report.title, report.impact) == ("Title of it", "- one\n- two")


def test_two_sections_of_one_kind_are_joined_under_their_headings() -> None:
    report = read_markdown("## Impact\n\nA.\n\n## Impact on staff\n\nB.\n", source_id="x")
    assert report.impact == "A.\n\n## Impact on staff\n\nB."


def test_plain_labels_before_any_heading_open_sections() -> None:
    text = (
        "# Mill stopped\n\nDate: 2031-03-04\n\nAuthors: Ann\n\nSummary: It stopped.\n"
        "Impact: No flour.\n\nRoot causes: Dry wheel.\n\nTimeline:\n\n"
        "2031-03-04 (all times EST)\n\n"
        "* 14:51 Silence\n"
    )
    report = read_markdown(text, source_id="x")
    assert (report.summary, report.impact) == ("It stopped.", "No flour.")
    assert [factor.title for factor in report.factors] == ["Dry wheel."]
    assert [f"{item.at:%F %H:%M}" for item in report.timeline] == ["2031-03-04 19:51"]
    assert report.other_sections == (("Opening", "Date: 2031-03-04\n\nAuthors: Ann"),)


def test_an_empty_template_gives_an_empty_report() -> None:
    text = (
        "# Incident title\n\n## Summary\n\nTBD\n\n"
        "## Timeline\n\n### {{ hh:mm }}\n\nMore details.\n\n"
        "| Time | Event |\n|---|---|\n| 20xx-MM-DD HH:mm | Event |\n\n"
        "## Contributing factors\n\n-\n\n"
        "## Action items\n\n- [ ]\n\n## Lessons learned\n\n-\n"
    )
    report = read_markdown(text, source_id="x")
    assert report.summary == ""
    assert (report.timeline, report.factors, report.actions, report.lessons) == ((), (), (), ())
