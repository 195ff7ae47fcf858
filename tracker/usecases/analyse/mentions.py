"""Whoever is named in an answer hears of it once."""

from __future__ import annotations

from collections import Counter

from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain.mention import candidates_in, named_in
from tracker.models.catalogue import Person
from tracker.models.review import Review
from tracker.reading.references import ref
from tracker.usecases.notices import notify

NAMED = "named"


def tell_named(work: Work, review: Review, *, question: str, before: str, after: str) -> None:
    """Those who are named now and were not before have a notice, once for each answer.

    Nobody is told of their own words, nor who may not read the review. Where two people have the
    name, neither is: it would be told to the wrong one.
    Emits: notice.told for each.
    """
    candidates = {name for names in candidates_in(after) for name in names}
    if not candidates:
        return
    people = work.session.exec(
        select(Person.id, Person.name).where(
            col(Person.active).is_(True), col(Person.name).in_(sorted(candidates))
        )
    ).all()
    counted = Counter(name for _, name in people)
    ids = {name: row_id for row_id, name in people if counted[name] == 1}
    fresh = named_in(after, ids) - named_in(before, ids)
    for name in sorted(fresh):
        if ids[name] != work.actor.person_id:
            notify(
                work,
                [ids[name]],
                review,
                kind=NAMED,
                text=f"{work.actor.name} named you in {ref(review)} “{review.title}”",
                once=f"named {review.key} {question}",
            )
