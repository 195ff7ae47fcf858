"""What outer audiences read: people as roles, inner references gone, the rest untouched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.variant import people_as_roles, without_inner_references

ROLES = {
    "Dana Reyes": "the commander",
    "Dana": "the commander",
    "Bo": "the scribe",
    "Åsa Öberg": "a colleague",
}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Dana Reyes restarted it.", "The commander restarted it."),
        ("Then Dana's page came.", "Then the commander's page came."),
        ("It was seen. Dana looked.", "It was seen. The commander looked."),
        ("- Bo: noted it", "- The scribe: noted it"),
        ("Danae and Bob stay, so does BoJack.", "Danae and Bob stay, so does BoJack."),
        ("ask @Dana or dana@example.org", "ask the commander or a colleague"),
        ("with Åsa Öberg, at 14:02", "with a colleague, at 14:02"),
        ("<@U123> and @someone.else saw it", "A colleague and a colleague saw it"),
        ("version 2@main stays", "version 2@main stays"),
        ("", ""),
    ],
)
def test_people_become_what_they_were(text: str, told: str) -> None:
    assert people_as_roles(text, ROLES) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("see [the graph](https://g.inner/x) there", "see the graph there"),
        ("seen at https://g.inner/x, twice", "seen at, twice"),
        ("as in INC-12 (REV-3)", "as in"),
        ("ACT-7: alert on waits", "alert on waits"),
        ("told in #incident-12 first", "told in first"),
        ("![a picture](/attachments/1)", "a picture"),
        ("# Heading\n\n\n\nText", "# Heading\n\nText"),
        ("C# and issue # 5 stay", "C# and issue # 5 stay"),
        ("PRO-MAX stays", "PRO-MAX stays"),
    ],
)
def test_inner_references_go(text: str, told: str) -> None:
    assert without_inner_references(text) == told


@given(st.text(max_size=200))
def test_no_name_or_address_is_left(text: str) -> None:
    told = people_as_roles(f"{text} Dana Reyes ", ROLES)
    assert "Dana Reyes" not in told
    assert "https://" not in without_inner_references(f"{text} https://x.example/y ")
