"""Perspectives as their authors, the facilitator and readers see them.

What is not shared leaves this file through ``my_perspective`` alone, and only to its author.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.domain.perspective import (
    QUESTIONS,
    STANDINGS,
    PerspectiveQuestion,
    standing,
)
from tracker.models.catalogue import Person
from tracker.models.incident import Incident, RoleAssignment, StatusUpdate, TimelineEntry
from tracker.models.perspective import Perspective, PerspectiveMoment
from tracker.models.review import Review
from tracker.models.review_work import ReviewParticipant

LARGEST_ID = 2**31


@dataclass(frozen=True)
class AskedPerson:
    """Somebody who was asked, and what became of it; never what they wrote."""

    id: int
    person: Person
    standing: str
    asked_at: datetime
    shared_at: datetime | None

    @property
    def in_words(self) -> str:
        return STANDINGS[self.standing]


@dataclass(frozen=True)
class SharedPerspective:
    """What somebody shared: their answers in the order of the questions, and their moments."""

    id: int
    person: Person
    shared_at: datetime
    answers: list[tuple[PerspectiveQuestion, str]]
    moments: list[PerspectiveMoment]


@dataclass(frozen=True)
class WovenRow:
    """An instant of the common time axis: what the timeline says then, and what each one saw."""

    at: datetime
    entries: list[TimelineEntry] = field(default_factory=list)
    # By the person's id.
    moments: dict[int, list[PerspectiveMoment]] = field(default_factory=dict)


@dataclass(frozen=True)
class Perspectives:
    """All that readers of a review may know of its perspectives."""

    asked: list[AskedPerson]
    shared: list[SharedPerspective]


def standing_of(row: Perspective) -> str:
    """Asked, shared, declined or withdrawn."""
    return standing(
        shared_at=row.shared_at, declined_at=row.declined_at, withdrawn_at=row.withdrawn_at
    )


def my_perspective(look: Look, perspective_id: int) -> tuple[Perspective, Review]:
    """The actor's own perspective and its review.

    Only a person who signed in reads it: no token, whoever's it is, and no admin.
    Raises: NotFound, for everybody else too.
    """
    row = look.session.get(Perspective, perspective_id) if perspective_id < LARGEST_ID else None
    if row is None or look.actor.kind != "person" or row.person_id != look.actor.person_id:
        raise NotFound("That page")
    return row, look.get(Review, row.review_id, what="That page")


def my_perspective_of(look: Look, review: Review) -> int | None:
    """The id of what the actor was asked about this review, if they were."""
    if look.actor.kind != "person":
        return None
    return look.session.exec(
        select(Perspective.id).where(
            Perspective.review_id == review.key, Perspective.person_id == look.actor.person_id
        )
    ).first()


def open_asks(look: Look) -> list[tuple[Perspective, Review]]:
    """What the actor is asked and has neither answered nor turned down, oldest first. One query."""
    if look.actor.kind != "person":
        return []
    query = (
        select(Perspective, Review)
        .join(Review, col(Review.id) == col(Perspective.review_id))
        .where(
            Perspective.person_id == look.actor.person_id,
            col(Perspective.shared_at).is_(None),
            col(Perspective.declined_at).is_(None),
            col(Perspective.withdrawn_at).is_(None),
            Review.published_version == 0,
            Review.state != "waived",
            readable(Review, look.actor),
        )
        .order_by(col(Perspective.id))
    )
    return [(row, review) for row, review in look.session.exec(query)]


def perspectives_of(look: Look, review: Review) -> Perspectives:
    """Who was asked, in the order of asking, and what is shared. Two queries."""
    rows = look.session.exec(
        select(Perspective, Person)
        .join(Person, col(Person.id) == col(Perspective.person_id))
        .where(Perspective.review_id == review.key)
        .order_by(col(Perspective.id))
    ).all()
    open_to_all = [row.key for row, _ in rows if row.shared_at is not None]
    moments = moments_of(look, open_to_all)
    return Perspectives(
        asked=[
            AskedPerson(
                row.key,
                person,
                standing_of(row),
                row.asked_at,
                row.shared_at,
            )
            for row, person in rows
        ],
        shared=[
            SharedPerspective(
                row.key,
                person,
                row.shared_at,
                [(one, text) for one in QUESTIONS if (text := texts_of(row).get(one.key, ""))],
                [one for one in moments if one.perspective_id == row.key],
            )
            for row, person in rows
            if row.shared_at is not None
        ],
    )


def frozen_perspectives(look: Look, review: Review) -> list[dict[str, Any]]:
    """What is shared now, as a published version keeps it. Two queries."""
    return [
        {
            "person": one.person.name,
            "moments": [{"at": row.at.isoformat(), "text": row.text} for row in one.moments],
            "answers": [
                {"question": question.key, "prompt": question.prompt, "text": text}
                for question, text in one.answers
            ],
        }
        for one in perspectives_of(look, review).shared
    ]


def moments_of(look: Look, perspective_ids: Collection[int]) -> list[PerspectiveMoment]:
    """The moments of these perspectives in the order of time.

    The caller has made sure that the actor may read them.
    """
    if not perspective_ids:
        return []
    query = (
        select(PerspectiveMoment)
        .where(col(PerspectiveMoment.perspective_id).in_(perspective_ids))
        .order_by(col(PerspectiveMoment.at), col(PerspectiveMoment.id))
    )
    return list(look.session.exec(query))


def texts_of(row: Perspective) -> dict[str, str]:
    """Question -> what the author wrote; questions without a word are left out."""
    return {key: str(kept.get("text", "")) for key, kept in row.answers.items() if kept.get("text")}


def entries_of(look: Look, incidents: list[Incident]) -> list[TimelineEntry]:
    """What people and senders told in the timelines, in the order of time."""
    query = (
        select(TimelineEntry)
        .where(
            col(TimelineEntry.incident_id).in_([one.key for one in incidents]),
            col(TimelineEntry.retracted_at).is_(None),
            TimelineEntry.kind != "system",
        )
        .order_by(col(TimelineEntry.at), col(TimelineEntry.id))
    )
    return list(look.session.exec(query))


def woven(entries: list[TimelineEntry], shared: list[SharedPerspective]) -> list[WovenRow]:
    """The timeline and everybody's shared moments on one time axis, to the minute."""
    rows: dict[datetime, WovenRow] = {}

    def row_at(at: datetime) -> WovenRow:
        minute = at.replace(second=0, microsecond=0)
        return rows.setdefault(minute, WovenRow(minute))

    for entry in entries:
        row_at(entry.at).entries.append(entry)
    for one in shared:
        for moment in one.moments:
            row_at(moment.at).moments.setdefault(one.person.key, []).append(moment)
    return [rows[at] for at in sorted(rows)]


def who_was_there(
    look: Look, review: Review, incidents: list[Incident], people: list[Person]
) -> list[Person]:
    """Of these people, those to ask: who declared, wrote in the timeline, had a role, posted an
    update or is a participant of the review, and was not asked yet. One query.
    """
    ids = [one.key for one in incidents]
    query = sa.union(
        select(col(TimelineEntry.author_id)).where(
            col(TimelineEntry.incident_id).in_(ids), col(TimelineEntry.retracted_at).is_(None)
        ),
        select(col(RoleAssignment.person_id)).where(col(RoleAssignment.incident_id).in_(ids)),
        select(col(StatusUpdate.author_id)).where(col(StatusUpdate.incident_id).in_(ids)),
        select(col(ReviewParticipant.person_id)).where(
            col(ReviewParticipant.review_id) == review.key
        ),
        select(col(Incident.declared_by_id)).where(col(Incident.id).in_(ids)),
    ).subquery()
    # Whoever was asked by mistake is not proposed again; “somebody else” has them.
    asked = select(Perspective.person_id).where(Perspective.review_id == review.key)
    there = set(
        look.session.execute(sa.select(query.c[0]).where(query.c[0].not_in(asked))).scalars()
    )
    return [one for one in people if one.key in there]
