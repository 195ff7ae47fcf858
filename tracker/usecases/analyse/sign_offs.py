"""Sign-offs: somebody is asked to read a review, says yes or objects, and is answered."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import select

from tracker.db.access import person_and_actor
from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotFound, NotPermitted
from tracker.domain.sign_off import (
    APPROVE,
    DISPUTE,
    PART_NAMES,
    PARTS,
    PEER,
    VERDICTS,
    WAIVED,
    Signature,
    SignOffRule,
)
from tracker.models.review import Review
from tracker.models.review_work import SignOff
from tracker.reading.analyse.reviews import incidents_of
from tracker.reading.analyse.sign_offs import sign_off_by, sign_off_of, signatures_of
from tracker.reading.policies import template
from tracker.reading.references import person_named, ref
from tracker.usecases.circles import join_circle
from tracker.usecases.notices import notify


@dataclass(frozen=True, kw_only=True)
class AskSignOff:
    """Who is to read the review, and as what."""

    person: str
    part: str = PEER


@dataclass(frozen=True, kw_only=True)
class SignOffWord:
    """Yes, or an objection to one step of the review with what is wrong there."""

    verdict: str
    text: str = ""
    step: str = ""


def ask_sign_off(work: Work, review: Review, ask: AskSignOff) -> SignOff:
    """The person is asked, can read the review and hears of it; asking again changes nothing.

    Raises: NotValid, also when their word could not count; NotAllowed for a waived review.
    Emits: review.changed, notice.told.
    """
    work.permit("ask_sign_off")
    gaps = Gaps()
    asks.check_choice(gaps, "part", ask.part, PARTS)
    person = person_named(work, ask.person, gaps, "person")
    if not ask.person.strip():
        gaps.add("person", "Choose who is to read it")
    gaps.raise_not_valid()
    _refuse_waived(review)
    assert person is not None  # noqa: S101 - for the type checker: an unknown one is a gap
    known = sign_off_by(work, review, person.key)
    if known is not None:
        return known
    join_circle(work, review.circle_id, [person.key])
    found = person_and_actor(work.session, person.key)
    if found is None or not found[1].reads(review.circle_id):
        gaps.add("person", f"{person.name} may not read this review; open it to them first")
    gaps.raise_not_valid()
    row = work.add(
        SignOff(
            review_id=review.key,
            person_id=person.key,
            part=ask.part,
            asked_at=work.now,
            asked_by_id=work.actor.person_id,
        )
    )
    against = _what_stands_against(work, review, row)
    if against:
        gaps.add("person", f"{person.name} {against}: ask somebody else")
    gaps.raise_not_valid()
    notify(
        work,
        [person.key] if person.key != work.actor.person_id else [],
        review,
        kind="sign_off_asked",
        text=f"{work.actor.name} asks you to read {ref(review)} “{review.title}” and to sign it",
        once=f"sign_off {row.key} {work.now:%Y-%m-%dT%H:%M:%S}",
    )
    work.emit("review.changed", review)
    return row


def withdraw_sign_off(work: Work, review: Review, sign_off_id: int) -> None:
    """The person is no longer asked. What somebody has said stays.

    Raises: NotFound; NotAllowed once they answered. Emits: review.changed.
    """
    work.permit("withdraw_sign_off")
    row = sign_off_of(work, review, sign_off_id)
    if row.verdict and row.verdict != WAIVED:
        raise NotAllowed(
            "Their word is given and stays with the review",
            gaps=[Gap("sign_off", "It was answered already")],
            hint="An objection is settled by an answer, or by a new word of who raised it.",
        )
    work.session.delete(row)
    work.emit("review.changed", review)


def sign_off(work: Work, review: Review, word: SignOffWord) -> SignOff:
    """The actor's word stands and replaces an earlier one. A dispute opens its step again.

    Raises: NotValid; NotAllowed for somebody who was not asked or whose word cannot count.
    Emits: review.changed, notice.told for owner and facilitator.
    """
    work.permit("sign_off")
    gaps = Gaps()
    asks.check_choice(gaps, "verdict", word.verdict, VERDICTS)
    asks.check_text(
        gaps, "text", word.text, limit=asks.NOTE_LIMIT, required=word.verdict == DISPUTE
    )
    steps = template(work, review.template_key, review.template_version).steps
    if word.verdict == DISPUTE:
        asks.check_choice(gaps, "step", word.step, [step.key for step in steps])
    gaps.raise_not_valid()
    _refuse_waived(review)
    row = sign_off_by(work, review, work.actor.person_id) if work.actor.person_id else None
    if row is None:
        raise NotAllowed(
            "You were not asked to sign this review",
            gaps=[Gap("person", "You were not asked to sign this review")],
            hint="Its owner or facilitator can ask you on the page of the sign-offs.",
        )
    against = _what_stands_against(work, review, row)
    if against and word.verdict == APPROVE:
        message = f"You cannot sign it: the tracker sees that somebody who signs {against}"
        raise NotAllowed(message, gaps=[Gap("person", message)])
    row.verdict, row.text = word.verdict, asks.clean(word.text)
    row.step = word.step if word.verdict == DISPUTE else ""
    row.said_at, row.settled_at, row.settled_text = work.now, None, ""
    title = next((step.title for step in steps if step.key == row.step), "")
    said = f"disputes “{title}” in" if row.verdict == DISPUTE else "signs"
    notify(
        work,
        [one for one in _hosts(review) if one != work.actor.person_id],
        review,
        kind="sign_off_said",
        text=f"{work.actor.name} {said} {ref(review)} “{review.title}”",
        once=f"sign_off {row.key} said {work.now:%Y-%m-%dT%H:%M:%S}",
    )
    work.session.flush()
    work.emit("review.changed", review)
    return row


def settle_dispute(work: Work, review: Review, sign_off_id: int, *, text: str) -> SignOff:
    """The objection is answered and no longer keeps the review open; it is no approval either.

    Raises: NotValid without an answer; NotPermitted for others than the facilitator (an editor
    where there is none); NotAllowed when nothing is disputed. Emits: review.changed, notice.told.
    """
    work.permit("settle_dispute")
    row = sign_off_of(work, review, sign_off_id)
    if work.actor.person_id != review.facilitator_id and (
        review.facilitator_id is not None or not work.actor.may("move_review")
    ):
        raise NotPermitted(
            "The facilitator of the review answers objections",
            hint="Who raised it may also take it back with a new word.",
        )
    gaps = Gaps()
    asks.check_text(gaps, "text", text, limit=asks.REASON_LIMIT, required=True)
    gaps.raise_not_valid()
    if row.verdict != DISPUTE or row.settled_at is not None:
        raise NotAllowed("This is not disputed", gaps=[Gap("sign_off", "Nothing waits here")])
    row.settled_at, row.settled_text = work.now, asks.clean(text)
    notify(
        work,
        [row.person_id],
        review,
        kind="sign_off_settled",
        text=f"Your objection in {ref(review)} “{review.title}” is answered",
        once=f"sign_off {row.key} settled {work.now:%Y-%m-%dT%H:%M:%S}",
    )
    work.session.flush()
    work.emit("review.changed", review)
    return row


def waive_sign_off(work: Work, review: Review, *, part: str, why: str) -> SignOff:
    """The gate goes without this part, for a reason and in the name of who decided it.

    Raises: NotValid; NotAllowed for the review's own owner. Emits: review.changed.
    """
    work.permit("waive_sign_off")
    gaps = Gaps()
    asks.check_choice(gaps, "part", part, PARTS)
    asks.check_text(gaps, "why", why, limit=asks.REASON_LIMIT, required=True)
    gaps.raise_not_valid()
    _refuse_waived(review)
    actor = work.actor.person_id
    if actor is None or actor == review.owner_id:
        message = "Somebody other than the review's owner must decide that"
        raise NotAllowed(message, gaps=[Gap("approver", message)])
    row = work.session.exec(
        select(SignOff).where(
            SignOff.review_id == review.key, SignOff.person_id == actor, SignOff.part == part
        )
    ).first()
    if row is not None and row.verdict != WAIVED:
        message = f"You are asked to sign as {PART_NAMES[part].lower()} yourself"
        raise NotAllowed(message, gaps=[Gap("approver", message)])
    if row is None:
        row = work.add(
            SignOff(
                review_id=review.key,
                person_id=actor,
                part=part,
                asked_at=work.now,
                asked_by_id=actor,
                verdict=WAIVED,
            )
        )
    row.text, row.said_at = asks.clean(why), work.now
    work.session.flush()
    work.emit("review.changed", review)
    return row


def _hosts(review: Review) -> list[int | None]:
    return [review.owner_id, review.facilitator_id]


def _refuse_waived(review: Review) -> None:
    if review.state == "waived":
        raise NotAllowed("This review is waived", hint="Resume it to go on.")


def _what_stands_against(work: Work, review: Review, row: SignOff) -> str:
    """Why this person's approval would count for no rule of the policy; empty when it would."""
    work.session.flush()
    found = next((one for one in signatures_of(work, review) if one.id == row.key), None)
    if found is None:
        raise NotFound("That sign-off")
    rules = [one for one in _rules(work, review) if one.part == row.part]
    return _least_against(found, rules or [SignOffRule(row.part)])


def _least_against(signature: Signature, rules: list[SignOffRule]) -> str:
    reasons = [signature.stands_against(rule) for rule in rules]
    return "" if "" in reasons else reasons[0]


def _rules(work: Work, review: Review) -> tuple[SignOffRule, ...]:
    incidents = incidents_of(work, review)
    return work.policy_of(review.policy_version).sign_offs(
        "near_miss" if one.kind == "near_miss" else one.severity for one in incidents
    )
