"""Names behind an @, as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.mention import named_in

KNOWN = {"Ann", "Ann Lee", "Zoë O'Neil", "J. R. van Dam"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Ann Lee saw it", {"Ann Lee"}),
        ("@Ann saw it", {"Ann"}),
        ("ask @Ann Lee.", {"Ann Lee"}),
        ("(@Ann Lee's graph) and **@Zoë O'Neil**", {"Ann Lee", "Zoë O'Neil"}),
        ("@J. R. van Dam", {"J. R. van Dam"}),
        ("first\n@Ann", {"Ann"}),
        ("ann@Ann.example", set()),
        ("`@Ann` and\n```\n@Ann\n```", set()),
        ("@annabel, @ Ann, Ann", set()),
        ("", set()),
    ],
)
def test_a_name_is_read_behind_its_mark(text: str, named: set[str]) -> None:
    assert named_in(text, KNOWN) == named


@given(st.text(alphabet="@An Le\n`.'-(", max_size=300))
def test_only_known_names_are_found_in_any_text(text: str) -> None:
    assert named_in(text, KNOWN) <= KNOWN
