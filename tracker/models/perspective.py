"""How an incident looked to each participant: private until they share it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from tracker.models.table import Row, instant, json_column, long_text, reference


class Perspective(Row, table=True):
    """One participant's view. Only its author reads answers and moments before ``shared_at``.

    Its state follows from its instants: asked, shared, declined or withdrawn.
    """

    __tablename__ = "perspective"
    __table_args__ = (sa.UniqueConstraint("review_id", "person_id"),)
    review_id: int = reference("review.id", nullable=False, index=False, cascade=True)
    person_id: int = reference("person.id", nullable=False)
    # Question -> {text, version, before}: as the author wrote it, and what stood there before.
    answers: dict[str, Any] = json_column()
    version: int = Field(default=1, nullable=False)
    asked_at: datetime = instant()
    asked_by_id: int | None = reference("person.id", index=False)
    updated_at: datetime | None = instant(nullable=True)
    shared_at: datetime | None = instant(nullable=True)
    declined_at: datetime | None = instant(nullable=True)
    withdrawn_at: datetime | None = instant(nullable=True)


class PerspectiveMoment(Row, table=True):
    """What the author saw or thought at an instant, beside the timeline once it is shared."""

    __tablename__ = "perspective_moment"
    perspective_id: int = reference("perspective.id", nullable=False, cascade=True)
    at: datetime = instant()
    text: str = long_text()
