"""The sign-offs of a review: who was asked, what they said, whose word counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.sign_off import DISPUTE, Signature
from tracker.models.catalogue import Person, TeamMember
from tracker.models.incident import IncidentTeam
from tracker.models.review import AnswerRevision, Review, ReviewAnswer, ReviewIncident
from tracker.models.review_work import SignOff
from tracker.reading.links import people_by_id


@dataclass(frozen=True)
class AskedReader:
    """A sign-off as its page shows it. ``changed_since``: somebody wrote after the approval."""

    row: SignOff
    signature: Signature
    person: Person
    changed_since: bool


def against_columns(review: Review) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """(wrote on the review, shares a team with it) of the person of a sign-off, as columns."""
    me = col(SignOff.person_id)
    wrote = (
        sa.select(col(AnswerRevision.id))
        .join(ReviewAnswer, col(ReviewAnswer.id) == col(AnswerRevision.answer_id))
        .where(
            col(ReviewAnswer.review_id) == review.key,
            col(AnswerRevision.by_id) == me,
            # What was filled in from the incident when the review began is nobody's writing.
            col(AnswerRevision.at) > review.created_at,
        )
        .exists()
    )
    in_it = sa.union(
        sa.select(col(TeamMember.team_id)).where(col(TeamMember.person_id) == review.owner_id),
        sa.select(col(IncidentTeam.team_id))
        .join(ReviewIncident, col(ReviewIncident.incident_id) == col(IncidentTeam.incident_id))
        .where(col(ReviewIncident.review_id) == review.key),
    )
    same_team = (
        sa.select(col(TeamMember.team_id))
        .where(col(TeamMember.person_id) == me, col(TeamMember.team_id).in_(in_it))
        .exists()
    )
    return wrote, same_team


def signature_of(
    review: Review, row: SignOff, name: str, *, wrote: bool, same_team: bool
) -> Signature:
    """The sign-off as the gate sees it."""
    return Signature(
        id=row.key,
        person_id=row.person_id,
        name=name,
        part=row.part,
        verdict=row.verdict,
        text=row.text,
        step=row.step,
        settled=row.settled_at is not None,
        wrote=wrote or row.person_id == review.owner_id,
        same_team=same_team,
    )


def signatures_of(look: Look, review: Review) -> list[Signature]:
    """Every sign-off of the review with what the gate asks about its person. One query."""
    rows = look.session.execute(
        sa.select(SignOff, col(Person.name), *against_columns(review))
        .join(Person, col(Person.id) == col(SignOff.person_id))
        .where(col(SignOff.review_id) == review.key)
        .order_by(col(SignOff.id))
    )
    return [
        signature_of(review, row, name, wrote=bool(wrote), same_team=bool(same_team))
        for row, name, wrote, same_team in rows
    ]


def readers_asked(look: Look, review: Review, signatures: list[Signature]) -> list[AskedReader]:
    """The signatures with their rows and people. Three queries."""
    rows = look.session.exec(select(SignOff).where(SignOff.review_id == review.key))
    by_id = {row.key: row for row in rows}
    people = people_by_id(look, [row.person_id for row in by_id.values()])
    written_at = _last_written_at(look, review)
    return [
        AskedReader(
            row=by_id[one.id],
            signature=one,
            person=people[one.person_id],
            changed_since=bool(
                (said_at := by_id[one.id].said_at) and written_at and written_at > said_at
            ),
        )
        for one in signatures
    ]


def sign_off_of(look: Look, review: Review, sign_off_id: int) -> SignOff:
    """A sign-off of this review. Raises: NotFound."""
    row = look.session.get(SignOff, sign_off_id)
    if row is None or row.review_id != review.key:
        raise NotFound("That sign-off")
    return row


def sign_off_by(look: Look, review: Review, person_id: int | None) -> SignOff | None:
    """What this person was asked for, waivers apart."""
    return look.session.exec(
        select(SignOff).where(
            SignOff.review_id == review.key,
            SignOff.person_id == person_id,
            col(SignOff.verdict) != "waived",
        )
    ).first()


def waiting_for(look: Look, person_id: int) -> list[Review]:
    """The open reviews that wait for this person's word, the longest waiting first."""
    return list(
        look.session.exec(
            select(Review)
            .join(SignOff, col(SignOff.review_id) == col(Review.id))
            .where(
                SignOff.person_id == person_id,
                SignOff.verdict == "",
                col(Review.state).in_(OPEN_REVIEW_STATES),
                readable(Review, look.actor),
            )
            .order_by(col(SignOff.asked_at))
        )
    )


def open_disputes(signatures: list[Signature]) -> list[Signature]:
    """The objections that wait for an answer."""
    return [one for one in signatures if one.verdict == DISPUTE and one.disputes]


def _last_written_at(look: Look, review: Review) -> datetime | None:
    return look.session.exec(
        select(AnswerRevision.at)
        .join(ReviewAnswer, col(ReviewAnswer.id) == col(AnswerRevision.answer_id))
        .where(ReviewAnswer.review_id == review.key)
        .order_by(col(AnswerRevision.at).desc())
        .limit(1)
    ).first()
