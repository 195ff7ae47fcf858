"""The table of senders, and a page for each of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tracker.intake.kinds import (
    ALSO_CALLED,
    KEY_OR_SIGNED,
    SENDERS,
    SIGNED,
    SNS,
    SenderKind,
    all_kinds,
    kind_of,
)
from tracker.intake.mapping import ready_made

PAGES = Path(__file__).parents[2] / "docs" / "operate" / "intake"


@pytest.mark.parametrize("kind", all_kinds().values(), ids=lambda kind: kind.name)
def test_each_sender_has_its_page_with_the_address_to_paste(kind: SenderKind) -> None:
    page = (PAGES / f"{kind.topic}.md").read_text(encoding="utf-8")
    assert f"/hooks/{kind.name}" in page
    assert "curl" in page
    if kind.check is not None and kind.delivery_header:
        assert kind.title in page


def test_the_index_names_every_sender_and_links_every_page() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    links = set(re.findall(r"\]\(([a-z]+)\.md\)", index))
    assert links == {path.stem for path in PAGES.glob("*.md")} - {"README"}
    assert [kind.title for kind in all_kinds().values() if kind.title not in index] == []


def test_a_sender_that_signs_has_a_check_and_the_others_have_none() -> None:
    for kind in all_kinds().values():
        assert (kind.check is not None) == (kind.scheme in (SIGNED, KEY_OR_SIGNED)), kind.name
    assert SENDERS["cloudwatch"].scheme == SNS


def test_names_are_plain_and_fit_an_address() -> None:
    for name in (*all_kinds(), *ALSO_CALLED):
        assert re.fullmatch(r"[a-z][a-z0-9-]{1,30}", name)


def test_a_ready_made_mapping_never_hides_a_parser() -> None:
    assert not set(ready_made()) & set(SENDERS)
    assert not set(ALSO_CALLED) & set(all_kinds())


def test_another_name_leads_to_the_same_sender() -> None:
    assert kind_of("prometheus") is SENDERS["alertmanager"]
    assert kind_of("pingdom") is all_kinds()["pingdom"]
    assert kind_of("fax") is None


def test_only_plain_json_and_events_take_a_mapping() -> None:
    taking = {name for name in SENDERS if SENDERS[name].takes_mapping}
    assert taking == {"generic", "cloudevents"}
    assert all(all_kinds()[name].takes_mapping for name in ready_made())
