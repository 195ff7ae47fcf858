"""Hints on wording: what is marked, what is not, and what decides between the two."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from tracker.domain.wording.finding import CONTEXTS, LEVELS, Finding
from tracker.domain.wording.hints import Hints, House, nothing_masked
from tracker.domain.wording.lists import WordLists, word_lists_from
from tracker.domain.wording.names import Names

ROOT = Path(__file__).parents[2]
LISTS: WordLists = word_lists_from(yaml.safe_load((ROOT / "seed/wording.yaml").read_text()))
HINTS = Hints(LISTS)

MARKED = """
counterfactual | Dana should have noticed the replica lag before promoting.
counterfactual | If only we had tested the rollback, this would have been avoided.
counterfactual | Why didn't you escalate?
counterfactual | What could we have done differently?
counterfactual | Had the engineer read the page, the failover would have been quicker.
counterfactual | They didn't check the second dashboard.
counterfactual | She ought to have asked.
counterfactual | A canary would have caught this.
counterfactual | The outage could have been much shorter.
counterfactual | All she had to do was look.
blame          | The on-call ignored three alerts.
blame          | I forgot to disable the cron job.
blame          | The platform team failed to announce the change.
blame          | They skipped code review.
blame          | The engineer on call overlooked the second page.
blame          | The engineer restarted the node and forgot the replica.
blame          | The alert was overlooked.
blame          | The warning was missed by the administrator.
blame          | The change procedure was not followed.
blame          | Somebody unplugged the wrong cable.
person         | The outage was caused by @lee.
person         | A careless deploy by a junior engineer.
person         | The engineer lost situational awareness.
person         | Operator error led to the shutdown.
person         | Dana's change took down the site.
person         | It was my fault.
person         | It happened because of the administrator.
hindsight      | It was obvious that the disk would fill up.
hindsight      | The response was inadequate and took too long.
hindsight      | In retrospect the graph was a warning.
hindsight      | It was a poor decision.
hindsight      | The outage was avoidable.
hindsight      | Everybody agrees there is no excuse for this.
single_cause   | The root cause of the outage was a missing index.
single_cause   | It all boiled down to one flag.
single_cause   | The culprit was a stale cache.
single_cause   | The only reason was the flag.
minimising     | It was just a typo.
minimising     | This was a freak event.
minimising     | Fixing it was rather trivial.
minimising     | It was out of our hands.
absolute       | Nobody noticed until Monday.
absolute       | This team always breaks the build.
absolute       | Everyone knows you don't touch that box.
absolute       | The restore was never tested.
emotive        | The response was ridiculous.
emotive        | What a nightmare.
emotive        | We survived it!!!
emotive        | WHY DID NOBODY LOOK at the graph?
"""

LEFT_ALONE = """
The response should have a trace id.
Clients should have at least one fallback host.
Teams should have dedicated runbooks.
Deploys should require a second approval.
Some users could have seen an old price between 14:02 and 14:09.
Data could have been read by others.
The doors would have stopped accepting codes two days later.
The circuit breaker would have opened at 50 % errors; it stood at 41 %.
If only one replica is healthy, reads stall.
The engineer had already restarted the node at 14:02.
We did not expect the cache to be cold.
The team did not know that the limit had changed.
The pod failed to start.
We failed over to the second region.
The writer missed two heartbeats.
Pods were restarted because they missed their probes.
Events from region X are ignored by the filter.
The scheduler skipped the run because the lock was held.
Users forgot their passwords and customers missed the mail.
We broke the work into three parts.
We missed our error budget target by 0.2 %.
We ran git blame to find the change.
Lazy loading delayed the first byte.
Sloppy quorum let both sides write.
Human review is required above 10 k EUR.
User error pages returned 500.
It was caused by a null region id.
The incident commander role passed to Dana at 14:10.
Dana spotted the pattern and saved an hour.
The migration was reverted by the on-call at 14:20.
The package manager ignored the lock file.
The cluster leader missed three heartbeats.
Any operator error is a symptom of a missing mechanism.
Clearly labelled buttons help.
The second engineer saw nothing obviously wrong.
Nothing obvious stood in the log.
The query took too long to load.
There was inadequate disk space.
We are investigating the root cause.
The root cause is still unknown.
See the root cause analysis.
One contributing factor was the shared pool.
We rotated the root certificate.
Just after 14:00 traffic doubled.
Only 3 of 40 shards (7.5 %) were affected.
The minor version bump changed a default.
A minor issue with 12 of 40 shards went on until noon.
We ran the one-off job at noon.
The sidecar is always on.
We always deploy on Mondays.
The fix was never deployed to the second region.
Nobody was harmed.
No one has access from outside.
The process runs as nobody.
Catastrophic backtracking in the regex.
The disaster recovery drill is on Monday.
Chaos engineering found it.
Kernel panic; the process was killed.
"""


def marked(text: str, context: str = "narrative", level: str = "hint") -> list[Finding]:
    return HINTS.find(nothing_masked(text), text, context=context, level=level)


@pytest.mark.parametrize("line", [one for one in MARKED.splitlines() if one])
def test_words_that_close_a_question_are_marked(line: str) -> None:
    category, _, text = (part.strip() for part in line.partition("|"))
    found = marked(text)
    assert category in {one.category for one in found}, found


@pytest.mark.parametrize("text", [one for one in LEFT_ALONE.splitlines() if one])
def test_the_same_words_used_harmlessly_are_left_alone(text: str) -> None:
    assert marked(text) == []


def test_a_careful_reader_agrees_with_most_of_it() -> None:
    sentences = yaml.safe_load((Path(__file__).parent / "wording_sentences.yaml").read_text())
    right = [text for text in sentences["marked"] if marked(text)]
    wrong = [text for text in sentences["left_alone"] if marked(text)]
    assert len(wrong) <= 0.02 * len(sentences["left_alone"]), wrong
    assert len(right) >= 0.9 * len(sentences["marked"]), set(sentences["marked"]) - set(right)


def test_a_finding_says_where_it_stands_in_the_source() -> None:
    text = "The night was quiet.\nThen the on-call  ignored\nthree alerts."
    (one,) = marked(text)
    assert text[one.start : one.end] == one.text == "ignored"
    assert (one.line, one.column) == (2, 19)


def test_words_about_oneself_get_the_gentler_question() -> None:
    (mine,) = marked("I forgot the cron job.")
    (theirs,) = marked("Dana forgot the cron job.")
    assert mine.question == LISTS.categories["blame"].gentle
    assert theirs.question == LISTS.categories["blame"].question


def test_the_subject_decides_even_at_a_distance() -> None:
    assert marked("The engineer who was on call, and had two pages open, ignored the third.")
    assert marked("We restarted the pods, which took a while, but forgot the queue.")
    assert not marked("The change that the engineer made at 14:02 failed to apply.")
    assert not marked("The dashboard of the engineer failed to load.")


def test_they_are_people_unless_things_were_named_before() -> None:
    assert marked("They ignored the second alert.")
    assert not marked("The workers restarted because they missed two leases.")


def test_an_operator_is_a_program_where_the_text_is_about_such_a_platform() -> None:
    assert marked("The operator ignored the alarm.")
    assert not marked("On Kubernetes the operator ignored the annotation.")


def test_looking_back_is_welcome_where_it_is_asked_for() -> None:
    text = "In hindsight the 13:50 spike was the first sign."
    assert marked(text)
    assert not marked(text, "known_later")


def test_weak_wording_is_asked_about_in_actions_only() -> None:
    text = "Investigate the lag and be more vigilant."
    assert {one.category for one in marked(text, "actions")} == {"weak_action"}
    assert not marked(text, "timeline")


def test_doubtful_wording_is_given_on_request_only() -> None:
    text = "Root cause: a full disk."
    assert marked(text) == []
    assert [one.level for one in marked(text, level="info")] == ["info"]


def test_a_word_is_marked_once_even_when_two_rules_see_it() -> None:
    found = marked("This was totally unacceptable, and it was just a typo, no big deal.")
    places = [(one.start, one.end) for one in found]
    assert len(places) >= 3
    assert all(end <= start for (_, end), (start, _) in pairwise(places))


def test_an_organisation_allows_words_and_adds_its_own() -> None:
    house = House(
        allowed=(("human error", "person"), ("nightmare", "")),
        added=(("snowflake server", "emotive"),),
    )
    own = Hints(LISTS, house)

    def found(text: str) -> list[str]:
        return [one.category for one in own.find(nothing_masked(text), text)]

    assert found("Human error, and a nightmare.") == []
    assert found("The Snowflake server went away.") == ["emotive"]
    assert found("It was operator error.") == ["person"]


HOUSE = House(
    systems=("Human Error Log", "Reviewer", "Oscar", "ledger", "admin"),
    teams=("Platform team", "No Big Deal", "Payments"),
)


@pytest.mark.parametrize(
    ("text", "marked_words"),
    [
        # A system is nobody, and the words of its name are no wording.
        ("The Human Error Log was full.", []),
        ("Reviewer ignored every event of that hour.", []),
        ("Oscar's queue was full after Oscar forgot its offsets.", []),
        ("Ledger forgot its offsets.", []),
        # The same words where they are no names.
        ("It was human error.", ["human error"]),
        ("The reviewer ignored it.", ["ignored"]),
        ("Oscars ignored it, and the admin forgot to rotate the key.", ["forgot to"]),
        # A team is people; only the words of its name are left alone.
        ("No Big Deal looks after the pool.", []),
        ("The Platform team failed to announce the change.", ["failed to"]),
        ("Payments forgot to announce the change.", ["forgot to"]),
        ("It was no big deal.", ["no big deal"]),
    ],
)
def test_names_of_the_catalogue_are_names(text: str, marked_words: list[str]) -> None:
    own = Hints(LISTS, HOUSE)
    assert [one.text for one in own.find(nothing_masked(text), text)] == marked_words


def test_a_name_ends_where_its_words_end_and_the_longer_one_counts() -> None:
    names = Names(("Search", "Search Front", "pay/out"), people=frozenset())
    text = "Search, Search Front, Search-ish, Searching; pay/out and Pay/out. search"
    assert [text[start:end] for start, end in names.spans(text)] == [
        *("Search", "Search Front", "pay/out", "Pay/out")
    ]


def test_every_category_has_a_question_and_a_number_of_its_own() -> None:
    numbers = [one.number for one in LISTS.categories.values()]
    assert sorted(numbers) == list(range(1, 10))
    for one in LISTS.categories.values():
        assert one.question.endswith(("?", "this."))
        assert one.gentle


def test_every_phrase_of_the_list_has_a_known_level_and_context() -> None:
    assert {one.level for one in LISTS.phrases} <= set(LEVELS)
    assert {one.context for one in LISTS.phrases} <= {"", *CONTEXTS}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"people": None}, "people|NoneType|None"),
        ({"phrases": {"nowhere": ["a word"]}}, "nowhere"),
        ({"phrases": {"blame": ["<nobody> left"]}}, "no class"),
        ({"phrases": {"blame": ["[maybe] left"]}}, "begin with a word"),
        ({"phrases": {"blame": [{"match": "left", "sometimes": 1}]}}, "sometimes"),
    ],
)
def test_a_damaged_list_is_refused_with_what_is_wrong(
    change: dict[str, object], named: str
) -> None:
    data = yaml.safe_load((ROOT / "seed/wording.yaml").read_text())
    with pytest.raises(ValueError, match=named):
        word_lists_from({**data, **change})


@pytest.mark.parametrize(
    "text",
    ["", "\x00", "a" * 100_000, "!" * 10_000, "not " * 5_000, "the of the of " * 3_000, "\ud800 x"],
)
def test_no_text_is_too_strange(text: str) -> None:
    assert isinstance(marked(text), list)
