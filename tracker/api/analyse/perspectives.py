"""Perspectives: who was asked how it looked to them, and what they shared; never the rest."""

from typing import Literal

from tracker.api.feature import Feature
from tracker.api.shapes import Answer, Asked, Emails, Instant, PersonOut, ReviewRef, ask_from
from tracker.db.work import Look, Work
from tracker.models.catalogue import Person
from tracker.models.review import Review
from tracker.reading.analyse.perspectives import perspectives_of
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.perspectives import (
    AskPerspectives,
    ask_perspectives,
    withdraw_perspective,
)

api = Feature("perspectives", "How it looked to those who were there, as far as they shared it.")

Standing = Literal["asked", "shared", "declined", "withdrawn"]


class ReviewPath(Asked):
    ref: ReviewRef


class AskedPath(ReviewPath):
    perspective_id: int


class PeopleIn(Asked):
    """E-mail addresses of those who were there."""

    people: Emails


class AskedOut(Answer):
    """Somebody who was asked. Who declined needs no reason and is not asked again."""

    id: int
    person: PersonOut
    standing: Standing
    asked_at: Instant


class SaidOut(Answer):
    question: str
    prompt: str
    text: str


class MomentOut(Answer):
    at: Instant
    text: str


class SharedOut(Answer):
    """What somebody shared with the readers of the review."""

    id: int
    person: PersonOut
    shared_at: Instant
    answers: list[SaidOut]
    moments: list[MomentOut]


class PerspectivesOut(Answer):
    asked: list[AskedOut]
    shared: list[SharedOut]


@api.reads("/reviews/<ref>/perspectives", PerspectivesOut)
def list_all(look: Look, path: ReviewPath) -> PerspectivesOut:
    """Who was asked, and what is shared. No token reads what is not, its author's neither."""
    return _out(look, review_by_ref(look, path.ref))


@api.creates("/reviews/<ref>/perspectives", PerspectivesOut)
def ask(work: Work, path: ReviewPath, body: PeopleIn) -> PerspectivesOut:
    """Ask people how it looked to them; who was asked already is not asked again."""
    review = review_by_ref(work, path.ref)
    ask_perspectives(work, review, ask_from(AskPerspectives, body))
    return _out(work, review)


@api.changes(
    "/reviews/<ref>/perspectives/<int:perspective_id>/withdraw",
    PerspectivesOut,
    method="post",
    guarded=False,
)
def withdraw(work: Work, path: AskedPath) -> PerspectivesOut:
    """Ask somebody no longer: they are told once, and keep what they wrote."""
    review = review_by_ref(work, path.ref)
    withdraw_perspective(work, review, path.perspective_id)
    return _out(work, review)


def _out(look: Look, review: Review) -> PerspectivesOut:
    found = perspectives_of(look, review)
    return PerspectivesOut(
        asked=[
            AskedOut(
                id=one.id,
                person=_person(one.person),
                standing=one.standing,
                asked_at=one.asked_at,
            )
            for one in found.asked
        ],
        shared=[
            SharedOut(
                id=one.id,
                person=_person(one.person),
                shared_at=one.shared_at,
                answers=[
                    SaidOut(question=question.key, prompt=question.prompt, text=text)
                    for question, text in one.answers
                ],
                moments=[MomentOut(at=moment.at, text=moment.text) for moment in one.moments],
            )
            for one in found.shared
        ],
    )


def _person(person: Person) -> PersonOut:
    return PersonOut(email=person.email, name=person.name)
