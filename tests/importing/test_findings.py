"""Actions, lessons and factors, from lists, tables, check boxes, headings and prose."""

from __future__ import annotations

import pytest

from tracker.importing.markdown_report import read_markdown
from tracker.importing.report import ActionItem, Report


def read(heading: str, body: str) -> Report:
    return read_markdown(f"# Mill stopped\n\n{heading}\n\n{body}\n", source_id="x")


def actions(body: str) -> tuple[ActionItem, ...]:
    return read("## Action items", body).actions


def test_check_boxes_tell_what_is_done() -> None:
    found = actions("- [x] Oil the wheel\n- [ ] Buy oil\n- [X] Sweep")
    assert [(one.title, one.done) for one in found] == [
        ("Oil the wheel", True),
        ("Buy oil", False),
        ("Sweep", True),
    ]


def test_a_table_is_read_by_its_column_titles() -> None:
    table = (
        "| Action | Type | Owner | Ticket | Status |\n|---|---|---|---|---|\n"
        "| Oil the wheel. Daily. | Prevent | Ann | [MILL-1](https://t.example/1) | Done |\n"
        "| Watch it | detection | TBD | | open |\n| TBD | | | | |"
    )
    first, second = actions(table)
    assert first.title == "Oil the wheel."
    assert first.detail.startswith("Oil the wheel. Daily.")
    assert (first.owner_text, first.external_url) == ("Ann", "https://t.example/1")
    assert (first.done, first.kind) == (True, "prevent")
    assert (second.owner_text, second.done, second.kind) == ("", False, "detect")


def test_a_sub_heading_groups_its_actions_and_may_say_their_kind() -> None:
    found = actions(
        "### Prevention\n\n1. Oil it\n\n### Mitigation\n\nNone.\n\n### Grease\n\n- Get some"
    )
    assert [(one.title, one.kind) for one in found] == [("Oil it", "prevent"), ("Get some", None)]


def test_a_numbered_sub_heading_is_an_action_with_what_stands_below() -> None:
    body = (
        "### 1) Watch the wheel `@ann` [detect]\n\nWith a camera.\n\n### 2) Report written\n\nHere."
    )
    first, second = actions(body)
    assert (first.title, first.detail) == ("Watch the wheel @ann", "With a camera.")
    assert (first.owner_text, first.kind) == ("@ann", "detect")
    assert second.title == "Report written"


def test_a_short_sub_heading_with_prose_is_a_group() -> None:
    assert [one.title for one in actions("### Wheel\n\nOil it every day.")] == ["Oil it every day."]


def test_an_item_that_only_introduces_a_list_gives_way_to_it() -> None:
    found = actions("- Prevent:\n  - Oil it\n  - Lock it\n- Sweep\n  - also below the stairs")
    assert [(one.title, one.kind) for one in found] == [
        ("Oil it", "prevent"),
        ("Lock it", "prevent"),
        ("Sweep", None),
    ]
    assert found[2].detail == "Sweep\n- also below the stairs"


def test_a_long_item_keeps_its_list_and_a_bold_first_line_names_it() -> None:
    (one,) = actions(
        "- **Oil the wheel**\n  We looked for a whole week and found all of these dry, so do oil:\n"
        "  - the wheel\n  - the axle"
    )
    assert one.title == "Oil the wheel"
    assert one.detail.endswith("- the wheel\n- the axle")


def test_check_boxes_below_an_action_are_actions_of_their_own() -> None:
    found = actions("- [ ] Oil\n  - [x] buy it\n  - [ ] use it")
    assert [(one.title, one.done) for one in found] == [
        ("Oil", False),
        ("buy it", True),
        ("use it", False),
    ]


def test_an_item_that_is_only_a_link_is_named_by_its_address() -> None:
    (one,) = actions("- https://github.example/mill/issues/7")
    assert one.title == "github.example/mill/issues/7"
    assert one.external_url == "https://github.example/mill/issues/7"


def test_an_address_broken_over_two_lines_is_mended() -> None:
    (one,) = actions("- Oil it - https://t.example/mill\n/issues/7")
    assert (one.title, one.external_url) == ("Oil it", "https://t.example/mill/issues/7")


def test_a_bold_label_is_the_title() -> None:
    (one,) = actions("- **Oil the wheel**: every morning, before the miller comes.")
    assert one.title == "Oil the wheel"
    assert one.detail.endswith("before the miller comes.")


def test_a_long_title_is_cut_at_a_word() -> None:
    (one,) = actions("- " + "oil the wheel and " * 30)
    assert len(one.title) <= 200
    assert one.title.endswith("…")
    assert one.detail.count("oil") == 30


@pytest.mark.parametrize(
    "item", ["✅ Oil it", "Oil it (done)", "[DONE] Oil it", "Done: Oil it", "Oil it - completed"]
)
def test_done_is_read_where_it_is_said(item: str) -> None:
    assert actions(f"- {item}")[0].done


def test_what_is_kept_beside_a_title_is_not_in_it() -> None:
    found = actions("- DONE: Oil it\n- ~~Lock it~~ Owner: Ben\n- ✅ Sweep")
    assert [one.title for one in found] == ["Oil it", "Lock it", "Sweep"]


def test_done_in_capitals_behind_a_ticket_counts() -> None:
    (one,) = actions("| Action item | Bug |\n|---|---|\n| Oil it | MILL-1 DONE |")
    assert one.done


def test_a_heading_can_say_that_all_below_is_done() -> None:
    found = read("## Remediation\n\n### Immediate actions (completed)", "- Oil it").actions
    assert [one.done for one in found] == [True]


@pytest.mark.parametrize(
    ("item", "owner"),
    [
        ("Oil it (owner: Ann Lee)", "Ann Lee"),
        ("Oil it. Assigned to Ben.", "Ben"),
        ("Mail a@b.example", ""),
    ],
)
def test_an_owner_is_who_is_called_so(item: str, owner: str) -> None:
    assert actions(f"- {item}")[0].owner_text == owner


@pytest.mark.parametrize(
    "left", ["TBD", "N/A", "none", "{ list }", "", "[ ]", "{{ summary }} [link]()", "..."]
)
def test_a_placeholder_is_no_action_no_lesson_no_factor(left: str) -> None:
    for heading in ("## Action items", "## Lessons learned", "## Root causes"):
        report = read(heading, f"- {left}\n")
        assert (report.actions, report.lessons, report.factors) == ((), (), ())


def test_prose_alone_is_one_action_for_each_paragraph() -> None:
    assert [one.title for one in actions("We will oil it.\n\nWe will lock it. Soon.")] == [
        "We will oil it.",
        "We will lock it.",
    ]


def test_prose_around_a_list_of_actions_is_kept_beside() -> None:
    report = read("## Action items", "Decided on Monday.\n\n- Oil it")
    assert len(report.actions) == 1
    assert ("Action items", "Decided on Monday.") in report.other_sections


def test_lessons_are_the_items_that_are_not_about_how_it_went() -> None:
    body = (
        "- Wheels need oil. Always.\n- Bells help.\n\n### What went well\n\n- The bell.\n\n"
        "### What went wrong\n\n- The oil.\n\n### Key takeaways\n\n- Listen."
    )
    report = read("## Lessons learned", body)
    assert [one.title for one in report.lessons] == ["Wheels need oil.", "Bells help.", "Listen."]
    assert report.lessons[0].text == "Wheels need oil. Always."
    assert (report.went_well, report.went_badly) == ("- The bell.", "- The oil.")


def test_bold_lines_below_lessons_open_how_it_went() -> None:
    report = read(
        "## Lessons learned",
        "**What went well**\n\n- The bell.\n\n**Where we got lucky:**\n\n- Rain.",
    )
    assert (report.went_well, report.lucky, report.lessons) == ("- The bell.", "- Rain.", ())


def test_prose_alone_is_one_lesson_for_each_paragraph_and_ten_at_most() -> None:
    report = read("## Takeaways", "\n\n".join(f"Lesson number {n}." for n in range(14)))
    assert len(report.lessons) == 10
    assert "Lesson number 13." in report.lessons[-1].text


def test_a_sub_heading_with_prose_names_a_lesson() -> None:
    report = read("## What can we learn from this?", "### Oil is cheap\n\nVery.\n\nReally.")
    assert [(one.title, one.text) for one in report.lessons] == [
        ("Oil is cheap", "Very.\n\nReally.")
    ]


def test_factors_are_items_and_paragraphs() -> None:
    body = "The wheel was dry. For weeks.\n\nAlso:\n\n- The bell was off\n- **Dust**: a lot"
    report = read("## Contributing factors", body)
    assert [one.title for one in report.factors] == [
        "The wheel was dry.",
        "The bell was off",
        "Dust",
    ]
    assert ("Contributing factors", "Also:") in report.other_sections


def test_a_sub_heading_of_a_cause_names_a_factor() -> None:
    report = read("## Root cause analysis", "### Why the wheel was dry\n\n1. No oil\n2. No money")
    assert [(one.title, one.text) for one in report.factors] == [
        ("Why the wheel was dry", "1. No oil\n2. No money")
    ]


def test_code_and_pictures_belong_to_the_factor_above_them() -> None:
    report = read("## Root cause", "It was dry.\n\n```\nsqueak\n```\n\n![](dry.png)")
    assert [one.text for one in report.factors] == [
        "It was dry.\n\n```\nsqueak\n```\n\n![](dry.png)"
    ]
