"""Whose word counts for which rule, and what the gate says about it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import yaml

from tracker.assets import folder
from tracker.domain.policy import policy_from
from tracker.domain.sign_off import (
    Signature,
    SignOffRule,
    sign_off_gaps,
    sign_off_rules,
    wanted_sign_offs,
)

# The demo organisation's: the policy that is shipped wants no readers.
CONTENT: dict[str, Any] = {
    "version": 1,
    **yaml.safe_load((folder("seed") / "demo" / "policy" / "policy.yaml").read_text()),
}
STRANGER_PEER = SignOffRule("peer", "another_team")
PEER, OWNER = SignOffRule("peer"), SignOffRule("business_owner")


def _said(number: int, verdict: str = "approve", **more: Any) -> Signature:
    given = {"part": "peer", "name": f"Person {number}", **more}
    return Signature(id=number, person_id=number, verdict=verdict, **given)


@pytest.mark.parametrize(
    ("rule", "signature", "counts"),
    [
        (PEER, _said(1), True),
        (PEER, _said(1, same_team=True), True),
        (PEER, _said(1, wrote=True), False),
        (PEER, _said(1, part="other"), False),
        (PEER, _said(1, ""), False),
        (PEER, _said(1, "dispute", text="x"), False),
        (PEER, _said(1, "dispute", text="x", settled=True), False),
        (PEER, _said(1, "waived", text="x"), True),
        (PEER, _said(1, "waived", text="x", wrote=True, same_team=True), True),
        (STRANGER_PEER, _said(1), True),
        (STRANGER_PEER, _said(1, same_team=True), False),
        (STRANGER_PEER, _said(1, wrote=True), False),
        (STRANGER_PEER, _said(1, "waived", part="business_owner"), False),
        (OWNER, _said(1, part="business_owner", same_team=True), True),
        (OWNER, _said(1, part="business_owner", wrote=True), False),
        (OWNER, _said(1), False),
    ],
)
def test_whose_word_counts_for_which_rule(
    rule: SignOffRule, signature: Signature, *, counts: bool
) -> None:
    (wanted,) = wanted_sign_offs([rule], [signature])
    assert wanted.fulfilled is counts
    gaps = [one for one in sign_off_gaps([rule], [signature], []) if "is missing" in one.message]
    assert bool(gaps) is not counts


def test_one_approval_counts_once_and_the_stricter_rule_chooses_first() -> None:
    home, away = _said(1, same_team=True), _said(2)
    rules = [PEER, STRANGER_PEER]
    assert [one.fulfilled for one in wanted_sign_offs(rules, [away])] == [False, True]
    found = wanted_sign_offs(rules, [away, home])
    assert [one.by for one in found] == [home, away]


def test_the_gate_lists_every_missing_word_and_every_objection_at_once() -> None:
    gaps = sign_off_gaps(
        [STRANGER_PEER, OWNER, PEER],
        [
            _said(1, ""),
            _said(2, wrote=True, name="Wanda"),
            _said(
                3, "dispute", part="other", step="factors", text="The second\ncache is not in it"
            ),
            _said(4, "dispute", part="other", step="gone", text="x"),
            _said(5, "dispute", part="other", step="facts", text="x", settled=True),
        ],
        ["facts", "factors"],
    )
    assert [(gap.field, gap.message) for gap in gaps] == [
        (
            "sign_offs",
            "The sign-off of a peer of another team is missing: waiting for the word of Person 1",
        ),
        ("sign_offs", "The sign-off of a business owner is missing: ask somebody"),
        ("sign_offs", "The sign-off of a peer is missing: waiting for the word of Person 1"),
        ("step:factors", "Person 3 disputes this: The second cache is not in it"),
        ("sign_offs", "Person 4 disputes this: x"),
    ]


def test_the_gate_says_whose_word_does_not_count() -> None:
    (gap,) = sign_off_gaps([PEER], [_said(2, wrote=True, name="Wanda")], [])
    assert gap.message == (
        "The sign-off of a peer is missing: Wanda wrote on the review or owns it, "
        "so that word does not count"
    )


def test_the_policy_asks_more_the_graver_the_incident() -> None:
    policy = policy_from(CONTENT)
    assert policy.sign_offs(["SEV1"]) == (STRANGER_PEER, OWNER)
    assert policy.sign_offs(["SEV3", "SEV2"]) == (PEER,)
    for severity in ("SEV3", "SEV4", "near_miss", ""):
        assert policy.sign_offs([severity]) == ()


def test_the_policy_that_is_shipped_asks_for_none() -> None:
    shipped = policy_from(yaml.safe_load((folder("seed") / "policy.yaml").read_text()))
    assert {shipped.sign_offs([severity]) for severity in shipped.severity_keys} == {()}


def test_a_policy_of_before_sign_offs_asks_for_none() -> None:
    older = deepcopy(CONTENT)
    for rule in older["reviews"].values():
        rule.pop("sign_offs", None)
    assert policy_from(older).sign_offs(["SEV1"]) == ()


@pytest.mark.parametrize(
    "rows", [[{"part": "boss"}], [{"part": "peer", "from": "mars"}], "peer", [{"from": "x"}]]
)
def test_a_rule_that_cannot_be_meant_is_refused(rows: object) -> None:
    wrong = deepcopy(CONTENT)
    wrong["reviews"]["SEV1"]["sign_offs"] = rows
    with pytest.raises(ValueError, match=r"sign_offs|part"):
        policy_from(wrong)
    assert sign_off_rules(["peer"]) == (PEER,), "the short form"
