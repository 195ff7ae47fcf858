"""Who has to read a review before it is published, and what their word means for the gate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.domain.errors import Gap

PEER, BUSINESS_OWNER, OTHER = "peer", "business_owner", "other"
PARTS = (PEER, BUSINESS_OWNER, OTHER)
PART_NAMES = {
    PEER: "Peer",
    BUSINESS_OWNER: "Business owner",
    OTHER: "Another reader",
}
ANOTHER_TEAM = "another_team"
APPROVE, DISPUTE, WAIVED = "approve", "dispute", "waived"
VERDICTS = (APPROVE, DISPUTE)
# A gap of the gate that belongs to a step as a whole stands at this field: ``step:factors``.
STEP_FIELD = "step:"
SIGN_OFF_FIELD = "sign_offs"


@dataclass(frozen=True)
class SignOffRule:
    """One sign-off that the policy asks for. ``from_`` is ``another_team`` or empty: anybody."""

    part: str
    from_: str = ""

    @property
    def in_words(self) -> str:
        """``a peer of another team``."""
        who = {PEER: "a peer", BUSINESS_OWNER: "a business owner"}.get(self.part, "another reader")
        return f"{who} of another team" if self.from_ == ANOTHER_TEAM else who


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What one asked person said, and what stands between them and the review.

    ``wrote``: they own the review or wrote on it. ``same_team``: they share a team with its owner
    or with an incident under review.
    """

    id: int
    person_id: int
    name: str
    part: str
    verdict: str = ""
    text: str = ""
    step: str = ""
    settled: bool = False
    wrote: bool = False
    same_team: bool = False

    @property
    def disputes(self) -> bool:
        """True while an objection waits for an answer."""
        return self.verdict == DISPUTE and not self.settled

    def fits(self, rule: SignOffRule) -> bool:
        """True when this person's approval would count for the rule."""
        return self.part == rule.part and not self.stands_against(rule)

    def stands_against(self, rule: SignOffRule) -> str:
        """Why this person's word cannot count for the rule; empty when it can."""
        if self.verdict == WAIVED:
            return ""
        if self.wrote:
            return "wrote on the review or owns it"
        if self.same_team and rule.from_ == ANOTHER_TEAM:
            return "is of a team that owns the review or was in the incident"
        return ""


@dataclass(frozen=True)
class Wanted:
    """A rule with the signature that fulfils it, or those who could still do so."""

    rule: SignOffRule
    by: Signature | None
    asked: tuple[Signature, ...]

    @property
    def fulfilled(self) -> bool:
        return self.by is not None


def sign_off_rules(rows: object) -> tuple[SignOffRule, ...]:
    """The rules in the key ``sign_offs`` of a policy; none where an older policy has no such key.

    Raises: ValueError, TypeError, KeyError for a part or an origin that is not known.
    """
    if not rows:
        return ()
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise TypeError("sign_offs (a list)")
    found = []
    for row in rows:
        one: Mapping[str, Any] = row if isinstance(row, Mapping) else {"part": row}
        rule = SignOffRule(str(one["part"]), str(one.get("from") or ""))
        if rule.part not in PARTS:
            raise ValueError(f"sign_offs: the part {rule.part!r} is none of {', '.join(PARTS)}")
        if rule.from_ not in ("", ANOTHER_TEAM):
            raise ValueError(f"sign_offs: from {rule.from_!r} can only be {ANOTHER_TEAM}")
        found.append(rule)
    return tuple(found)


def wanted_sign_offs(
    rules: Sequence[SignOffRule], signatures: Sequence[Signature]
) -> tuple[Wanted, ...]:
    """Each rule with the approval that counts for it. One approval counts once, and a stricter
    rule chooses first, so that it is not left with those who cannot fulfil it.
    """
    free = [one for one in signatures if one.verdict in (APPROVE, WAIVED)]
    chosen: dict[int, Signature] = {}
    for position in sorted(range(len(rules)), key=lambda index: not rules[index].from_):
        found = next((one for one in free if one.fits(rules[position])), None)
        if found is not None:
            free.remove(found)
            chosen[position] = found
    taken = {one.id for one in chosen.values()}
    waiting = [one for one in signatures if one.id not in taken and one.verdict != APPROVE]
    return tuple(
        Wanted(rule, chosen.get(position), tuple(one for one in waiting if one.part == rule.part))
        for position, rule in enumerate(rules)
    )


def sign_off_gaps(
    rules: Sequence[SignOffRule], signatures: Sequence[Signature], steps: Collection[str]
) -> list[Gap]:
    """What the gate lists: sign-offs that are missing, and every objection without an answer."""
    gaps = []
    for wanted in wanted_sign_offs(rules, signatures):
        if wanted.fulfilled:
            continue
        waiting = [one.name for one in wanted.asked if not one.verdict and one.fits(wanted.rule)]
        unfit = [
            f"{one.name} {why}"
            for one in signatures
            if one.part == wanted.rule.part and (why := one.stands_against(wanted.rule))
        ]
        message = f"The sign-off of {wanted.rule.in_words} is missing"
        if waiting:
            message += f": waiting for the word of {', '.join(waiting)}"
        elif unfit:
            message += f": {'; '.join(unfit)}, so that word does not count"
        else:
            message += ": ask somebody"
        gaps.append(Gap(SIGN_OFF_FIELD, message))
    gaps += [
        Gap(
            f"{STEP_FIELD}{one.step}" if one.step in steps else SIGN_OFF_FIELD,
            f"{one.name} disputes this: {_short(one.text)}",
        )
        for one in signatures
        if one.disputes
    ]
    return gaps


def _short(text: str, limit: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
