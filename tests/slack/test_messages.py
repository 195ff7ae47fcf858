"""Messages hold whatever people write: Slack takes each, and nobody's words become marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.slack.gate import problem_with_blocks
from tracker.senders import slack_cards as cards
from tracker.senders.slack_blocks import (
    IncidentFacts,
    Message,
    RoleFact,
    TaskFact,
    UpdateFact,
    Who,
    announcement,
    catch_up,
    incident_card,
    line,
    state_line,
    topic,
    update_message,
    update_reminder,
)
from tracker.senders.slack_text import channel_name, fit, join_within, link

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
ADDRESS = "https://tracker.example.org/x"
LONG = "<!channel> & 停止 🔥 " * 600


def facts(text: str) -> IncidentFacts:
    """An incident in which everything says this."""
    who = Who(text)
    return IncidentFacts(
        number=12,
        ref="INC-12",
        title=text,
        url=ADDRESS,
        state="investigating",
        severity="SEV1",
        severity_name=text,
        severity_rank=0,
        declared_at=NOW,
        declared_by=who,
        summary=text,
        impact_text=text,
        private=True,
        next_update_at=NOW,
        services=(text,) * 30,
        teams=(text,) * 30,
        roles=tuple(RoleFact(f"role{number}", text, who) for number in range(8)),
        tasks=tuple(
            TaskFact(number, text, done=number % 2 == 0, owner=who) for number in range(40)
        ),
        update=UpdateFact(NOW, text, who, "customers", NOW),
        moves=("mitigate", "resolve"),
        review_ref="REV-3",
        review_url=ADDRESS,
        channel_id="C012",
    )


HITS = [cards.HitFact("lesson", f"LES-{n}", LONG, ADDRESS, LONG) for n in range(60)]
NOTICES = [cards.NoticeFact("action_check", f"ACT-{n}", LONG, ADDRESS) for n in range(60)]
LESSON = cards.LessonFact("LES-7", LONG, ADDRESS, LONG, LONG, LONG, (LONG,) * 30)

LONGEST: dict[str, Callable[[], Message]] = {
    "card": lambda: incident_card(facts(LONG)),
    "card of a closed one": lambda: incident_card(replace(facts(LONG), state="closed")),
    "catch-up": lambda: catch_up(facts(LONG), [fit(LONG, 300)] * 300, heading=LONG, since=LONG),
    "update": lambda: update_message(
        facts(LONG), UpdateFact(NOW, LONG, Who(LONG), "customers", NOW)
    ),
    "line": lambda: line(LONG, at=NOW, who=Who(LONG)),
    "state": lambda: state_line(replace(facts(LONG), state="resolved"), LONG, Who(LONG)),
    "announcement": lambda: announcement(facts(LONG)),
    "reminder": lambda: update_reminder(facts(LONG)),
    "lesson": lambda: cards.lesson_card(LESSON, shareable=True),
    "search": lambda: cards.search_results(
        LONG, HITS, total=9_999, more_url=ADDRESS, shareable=True
    ),
    "nothing found": lambda: cards.search_results(LONG, [], total=0, more_url=ADDRESS),
    "similar": lambda: cards.similar(HITS),
    "notice": lambda: cards.notice(NOTICES[0]),
    "perspective": lambda: cards.notice(
        cards.NoticeFact("perspective_asked", "REV-1", LONG, ADDRESS)
    ),
    "notices": lambda: cards.notices(NOTICES, heading=LONG),
    "digest": lambda: cards.digest([LESSON] * 40, NOTICES, home_url=ADDRESS),
    "quiet digest": lambda: cards.digest([], [], home_url=ADDRESS),
    "help": lambda: cards.commands_help(LONG, [(LONG[:400], LONG[:400])] * 80),
    "polite": lambda: cards.polite(LONG, hint=LONG),
}


@pytest.mark.parametrize("name", LONGEST)
def test_slack_takes_the_longest_message(name: str) -> None:
    told = LONGEST[name]()
    assert problem_with_blocks(told.blocks, most=50) == ""
    assert 1 <= len(told.text) <= 3_000
    # What a person wrote calls nobody: only plain text, which Slack does not read, may say so.
    assert all("<!channel>" not in one for one in formatted(told.blocks))


def formatted(part: object) -> list[str]:
    """Every text in the blocks that Slack reads marks in."""
    if isinstance(part, list):
        return [text for one in part for text in formatted(one)]
    if not isinstance(part, dict):
        return []
    if part.get("type") == "mrkdwn":
        return [part["text"]]
    return [text for one in part.values() for text in formatted(one)]


@given(text=st.text(max_size=300), limit=st.integers(min_value=10, max_value=200))
def test_a_cut_text_fits_and_no_entity_is_cut_in_two(text: str, limit: int) -> None:
    told = fit(text, limit)
    assert len(told) <= limit
    left = told.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set("<>&") & set(left)


@given(lines=st.lists(st.text(min_size=1, max_size=80), max_size=40))
def test_lines_are_kept_whole_or_counted(lines: list[str]) -> None:
    told = join_within(lines, 400)
    assert len(told) <= 400
    assert told == "\n".join(lines) or "more" in told


@given(title=st.text(max_size=200), attempt=st.integers(min_value=0, max_value=30))
def test_a_channel_gets_a_name_that_slack_takes(title: str, attempt: int) -> None:
    name = channel_name(12, title, attempt=attempt)
    assert name.startswith("inc-12")
    assert len(name) <= 80
    assert name == name.lower()
    assert all(letter.isalnum() or letter in "-_" for letter in name)


def test_two_tries_give_two_names() -> None:
    names = {channel_name(12, "Database down", attempt=number) for number in range(5)}
    assert len(names) == 5


@given(text=st.text(max_size=100))
def test_a_title_never_ends_its_link(text: str) -> None:
    assert link(ADDRESS, text).count("|") == 1
    assert link(ADDRESS, text).count(">") == 1


def test_times_are_in_the_readers_own_zone_with_a_fallback() -> None:
    told = str(update_message(facts("x"), UpdateFact(NOW, "We look", Who("Bob"))).blocks)
    assert "<!date^1780304400^{date_short_pretty} {time}|2026-06-01 09:00 UTC>" in told


def test_the_topic_is_short_and_names_who_leads() -> None:
    told = topic(facts("Checkout"))
    assert told.startswith("SEV1 · investigating · ")
    assert len(topic(facts(LONG))) <= 250


def test_ticked_tasks_are_ticked_and_the_block_changes_its_id_with_them() -> None:
    one = incident_card(replace(facts("x"), tasks=(TaskFact(1, "Roll back"),)))
    other = incident_card(replace(facts("x"), tasks=(TaskFact(1, "Roll back", done=True),)))
    boxes = [
        next(block for block in told.blocks if block.get("block_id", "").startswith("tasks"))
        for told in (one, other)
    ]
    assert "initial_options" not in boxes[0]["elements"][0]
    assert boxes[1]["elements"][0]["initial_options"][0]["value"] == "1"
    assert boxes[0]["block_id"] != boxes[1]["block_id"]
