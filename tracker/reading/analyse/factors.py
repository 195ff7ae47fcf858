"""The contributing factors of a review, in the words of the taxonomy."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.sign_off import Signature
from tracker.models.catalogue import Person
from tracker.models.review import FactorTerm, Review, ReviewFactor
from tracker.models.review_work import SignOff
from tracker.reading.analyse.sign_offs import against_columns, signature_of


@dataclass(frozen=True)
class Factor:
    """A factor with the words of the taxonomy."""

    row: ReviewFactor
    name: str
    group: str
    meaning: str


def factors_of(look: Look, review: Review) -> list[Factor]:
    """The factors in their order, with the taxonomy's words."""
    rows = look.session.exec(
        select(ReviewFactor, FactorTerm)
        .join(FactorTerm, col(FactorTerm.term) == col(ReviewFactor.term), isouter=True)
        .where(ReviewFactor.review_id == review.key)
        .order_by(col(ReviewFactor.position), col(ReviewFactor.id))
    )
    return [_factor(row, term) for row, term in rows]


def _factor(row: ReviewFactor, term: FactorTerm | None) -> Factor:
    return Factor(
        row,
        term.name if term else row.term,
        term.group_name if term else "",
        term.meaning if term else "",
    )


def factors_and_signatures(look: Look, review: Review) -> tuple[list[Factor], list[Signature]]:
    """Both in one query, because the editor asks it for every page: few of each, so that pairing
    them costs less than asking twice.
    """
    rows = look.session.execute(
        sa.select(ReviewFactor, FactorTerm, SignOff, col(Person.name), *against_columns(review))
        .select_from(Review)
        .join(ReviewFactor, col(ReviewFactor.review_id) == col(Review.id), isouter=True)
        .join(FactorTerm, col(FactorTerm.term) == col(ReviewFactor.term), isouter=True)
        .join(SignOff, col(SignOff.review_id) == col(Review.id), isouter=True)
        .join(Person, col(Person.id) == col(SignOff.person_id), isouter=True)
        .where(col(Review.id) == review.key)
        .order_by(col(ReviewFactor.position), col(ReviewFactor.id), col(SignOff.id))
    )
    factors: dict[int, Factor] = {}
    signatures: dict[int, Signature] = {}
    for factor, term, sign_off, name, wrote, same_team in rows:
        if factor is not None:
            factors.setdefault(factor.key, _factor(factor, term))
        if sign_off is not None and sign_off.key not in signatures:
            signatures[sign_off.key] = signature_of(
                review, sign_off, name, wrote=bool(wrote), same_team=bool(same_team)
            )
    return list(factors.values()), list(signatures.values())
