"""Bad texts are told apart, each with a sentence that names the field."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain import asks
from tracker.domain.errors import Gaps


def _gaps(check: object, *args: object, **options: object) -> list[str]:
    gaps = Gaps()
    check(gaps, "next_step", *args, **options)  # type: ignore[operator]
    return [gap.message for gap in gaps.found]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\x00b", "NUL"),
        ("half \ud800", "half a character"),
        ("x" * 300, "may have 200"),
        ("two\nlines", "one line"),
        ("   ", "needed"),
        (17, "must be a text"),
        (None, "must be a text"),
        (["a"], "must be a text"),
    ],
)
def test_a_bad_title_is_explained(text: object, words: str) -> None:
    found = _gaps(asks.check_title, text)
    assert any(words in message for message in found), found
    assert all(message.startswith("Next step") for message in found)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil", "ftp://x"])
def test_a_link_that_a_browser_would_run_is_refused(url: str) -> None:
    assert _gaps(asks.check_link, url)


def test_a_naive_time_and_a_far_one_are_refused() -> None:
    assert _gaps(asks.check_instant, datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test
    assert _gaps(asks.check_instant, datetime(1066, 1, 1, tzinfo=UTC))
    assert not _gaps(asks.check_instant, datetime(2026, 1, 1, tzinfo=UTC))


@given(st.text())
def test_whatever_passes_can_be_stored_as_utf8(text: str) -> None:
    if not _gaps(asks.check_text, text):
        assert "\x00" not in text
        text.encode("utf-8")


@given(st.lists(st.text(max_size=60)))
def test_tags_are_kept_once_in_their_usual_form(raw: list[str]) -> None:
    tags = asks.tags_of(raw)
    assert len(set(tags)) == len(tags)
    assert asks.tags_of(tags) == tags
    assert all(tag == tag.strip("-") and " " not in tag for tag in tags)
