"""The table of senders, and a page for each of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.intake.samples import told
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
from tracker.intake.mapping import read_mapping, ready_made

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


FENCE = re.DOTALL | re.MULTILINE


def examples() -> list[tuple[str, str, str]]:
    found = []
    for page in sorted(PAGES.glob("*.md")):
        for _, block in re.findall(
            r"^```(\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), FENCE
        ):
            sender = re.search(r"/hooks/([a-z0-9-]+)", block)
            body = re.search(r"(?:-d |BODY=)'(.*?)'(?:\n|$)", block)
            if sender and body and "curl" in block:
                found.append((page.stem, sender[1], body[1]))
    return found


@pytest.mark.parametrize(("page", "sender", "body"), examples())
def test_the_example_of_every_page_is_understood(page: str, sender: str, body: str) -> None:
    block = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    lines = [line for line in block.splitlines() if '-H "ce-' in line]
    headers = dict(re.findall(r'-H "(ce-[a-z]+): ([^"]+)"', "".join(lines)))
    event = re.search(r"X-GitHub-Event: (\w+)", block)
    structured = "specversion" in body
    received = told(
        sender,
        body.encode(),
        {**({} if structured else headers), **({"X-GitHub-Event": event[1]} if event else {})},
    )
    assert len(received.alerts) + len(received.changes) + len(received.notices) == 1
    assert not any(one.labels.get("intake.starts_at") for one in received.alerts)


def test_every_page_but_the_index_has_an_example() -> None:
    assert {page for page, _, _ in examples()} == {path.stem for path in PAGES.glob("*.md")} - {
        "README"
    }


def test_the_mapping_in_the_documentation_can_be_saved() -> None:
    page = (PAGES / "generic.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    mapping = read_mapping(yaml.safe_load(text))
    assert set(mapping.fields) == {
        "title",
        "alert_key",
        "key",
        "status",
        "starts_at",
        "service",
    }


@pytest.mark.parametrize("page", ["alertmanager", "argocd", "cloudevents", "grafana"])
def test_the_yaml_of_the_pages_is_yaml(page: str) -> None:
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        assert yaml.safe_load(block)
