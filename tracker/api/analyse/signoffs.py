"""The sign-offs of a review: asked, given, disputed, answered, gone without."""

from typing import Literal

from tracker.api.feature import Feature
from tracker.api.shapes import (
    Answer,
    Asked,
    Done,
    Email,
    Instant,
    Note,
    PersonOut,
    Reason,
    ReviewRef,
    RowId,
    Word,
    ask_from,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.domain.sign_off import wanted_sign_offs
from tracker.models.review import Review
from tracker.models.review_work import SignOff
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.analyse.sign_offs import readers_asked
from tracker.reading.links import people_by_id
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.sign_offs import (
    AskSignOff,
    SignOffWord,
    ask_sign_off,
    settle_dispute,
    sign_off,
    waive_sign_off,
    withdraw_sign_off,
)

api = Feature("sign-offs", "Who reads a review before it is published, and what they say.")

Part = Literal["peer", "business_owner", "other"]


class ReviewPath(Asked):
    ref: ReviewRef


class SignOffPath(Asked):
    ref: ReviewRef
    sign_off_id: RowId


class SignOffIn(Asked):
    """Who is to read the review, and as what."""

    person: Email
    part: Part = "peer"


class WordIn(Asked):
    """The word of the token's person. A dispute names the step it is about and says why."""

    verdict: Literal["approve", "dispute"]
    text: Note = ""
    step: Word = ""


class SettleIn(Asked):
    text: Reason


class WithoutIn(Asked):
    """The part that nobody signs this time, and the reason."""

    part: Part
    why: Reason


class SignOffOut(Answer):
    """An asked reader. ``verdict`` is empty until they answer."""

    id: int
    person: PersonOut | None
    part: str
    verdict: str
    text: str
    step: str
    asked_at: Instant
    said_at: Instant | None
    settled_at: Instant | None
    settled_text: str


class ReaderOut(SignOffOut):
    """A reader, with what may keep their word from counting, and whether the text moved on."""

    wrote_on_it: bool
    same_team: bool
    changed_since: bool


class WantedOut(Answer):
    """A sign-off that the policy asks for; ``from_team`` is ``another_team`` or empty."""

    part: str
    from_team: str
    in_words: str
    fulfilled: bool
    by: str


class SignOffsOut(Answer):
    wanted: list[WantedOut]
    items: list[ReaderOut]


@api.reads("/reviews/<ref>/signoffs", SignOffsOut)
def list_all(look: Look, path: ReviewPath) -> SignOffsOut:
    """What the policy asks for, who was asked, and what they said."""
    review = review_by_ref(look, path.ref)
    whole = whole_review(look, review)
    return SignOffsOut(
        wanted=[
            WantedOut(
                part=one.rule.part,
                from_team=one.rule.from_,
                in_words=one.rule.in_words,
                fulfilled=one.fulfilled,
                by=one.by.name if one.by else "",
            )
            for one in wanted_sign_offs(whole.sign_off_rules, whole.signatures)
        ],
        items=[
            ReaderOut(
                **_out(look, one.row).model_dump(),
                wrote_on_it=one.signature.wrote,
                same_team=one.signature.same_team,
                changed_since=one.changed_since,
            )
            for one in readers_asked(look, review, whole.signatures)
        ],
    )


@api.creates("/reviews/<ref>/signoffs", SignOffOut)
def ask(work: Work, path: ReviewPath, body: SignOffIn) -> SignOffOut:
    """Ask somebody to read the review; asking again changes nothing."""
    return _out(work, ask_sign_off(work, _review(work, path), ask_from(AskSignOff, body)))


@api.changes("/reviews/<ref>/signoffs/mine", SignOffOut, method="put", guarded=False)
def say(work: Work, path: ReviewPath, body: WordIn) -> SignOffOut:
    """Approve, or dispute a step with what is wrong there. It replaces an earlier word."""
    return _out(work, sign_off(work, _review(work, path), ask_from(SignOffWord, body)))


@api.changes(
    "/reviews/<ref>/signoffs/<int:sign_off_id>/settle", SignOffOut, method="post", guarded=False
)
def settle(work: Work, path: SignOffPath, body: SettleIn) -> SignOffOut:
    """Answer an objection, as the facilitator."""
    review = review_by_ref(work, path.ref)
    return _out(work, settle_dispute(work, review, path.sign_off_id, text=body.text))


@api.changes("/reviews/<ref>/signoffs/without", SignOffOut, method="post", guarded=False)
def go_without(work: Work, path: ReviewPath, body: WithoutIn) -> SignOffOut:
    """Let the review go without a sign-off, for a reason and in your name."""
    return _out(work, waive_sign_off(work, _review(work, path), part=body.part, why=body.why))


@api.changes("/reviews/<ref>/signoffs/<int:sign_off_id>", Done, method="delete", guarded=False)
def withdraw(work: Work, path: SignOffPath) -> Done:
    """Ask somebody no longer; a word that was given stays."""
    withdraw_sign_off(work, review_by_ref(work, path.ref), path.sign_off_id)
    return Done()


def _review(work: Work, path: ReviewPath) -> Review:
    return review_by_ref(work, path.ref)


def _out(look: Look, row: SignOff) -> SignOffOut:
    people = people_by_id(look, [row.person_id])
    return SignOffOut(
        id=row.key,
        person=person_out(people.get(row.person_id)),
        part=row.part,
        verdict=row.verdict,
        text=row.text,
        step=row.step,
        asked_at=row.asked_at,
        said_at=row.said_at,
        settled_at=row.settled_at,
        settled_text=row.settled_text,
    )
