"""The organisation's own word on wording hints: terms it allows or adds, findings put aside."""

from datetime import datetime

import sqlalchemy as sa

from tracker.models.table import Row, instant, reference, short


class WordingTerm(Row, table=True):
    """A phrase that is never hinted at here, or one that is hinted at besides the shipped ones."""

    __tablename__ = "wording_term"
    __table_args__ = (sa.UniqueConstraint("phrase", "verdict"),)
    phrase: str = short(200)
    verdict: str = short(10)  # allow | add
    category: str = short(30)
    why: str = short(2_000)
    at: datetime = instant()
    by_id: int | None = reference("person.id", index=False)
    managed_by: str = short(300)


class WordingDismissal(Row, table=True):
    """A finding somebody looked at and put aside, for this place."""

    __tablename__ = "wording_dismissal"
    __table_args__ = (sa.UniqueConstraint("record_kind", "record_id", "place", "phrase"),)
    record_kind: str = short(20)
    record_id: int
    # The question of a review, or the field of another record.
    place: str = short(60)
    phrase: str = short(200)
    category: str = short(30)
    why: str = short(2_000)
    at: datetime = instant()
    # Who, so that they can take it back; counted nowhere.
    by_id: int | None = reference("person.id", index=False)
