"""Perspectives: somebody who was there is asked, writes for themselves, and shares it or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from tracker.db.access import person_and_actor
from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotFound, NotValid
from tracker.domain.merging import merge_texts
from tracker.domain.perspective import (
    ASKED,
    MOST_MOMENTS,
    QUESTION_KEYS,
    REMINDER_BUSINESS_DAYS,
    SHARED,
    WITHDRAWN,
    is_told,
)
from tracker.models.catalogue import Person
from tracker.models.journal import Clock, Notice
from tracker.models.perspective import Perspective, PerspectiveMoment
from tracker.models.review import Review
from tracker.models.review_work import ReviewParticipant
from tracker.reading.analyse.perspectives import (
    moments_of,
    my_perspective,
    standing_of,
    texts_of,
)
from tracker.reading.references import people_named, ref
from tracker.usecases.circles import join_circle
from tracker.usecases.clocks import morning_of, set_clock
from tracker.usecases.notices import notify

REMINDER = "perspective"


@dataclass(frozen=True, kw_only=True)
class AskPerspectives:
    """The people, by e-mail address, who are asked how it looked to them."""

    people: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WritePerspective:
    """The text of one question, and the version it was written on; 0: there was none."""

    question: str
    text: str
    base_version: int | None = None


@dataclass(frozen=True)
class WrittenPerspective:
    """The text as it stands now. ``merged``: it holds what another window had saved, too."""

    text: str
    version: int
    merged: bool = False
    conflicts: int = 0


def ask_perspectives(work: Work, review: Review, ask: AskPerspectives) -> list[Perspective]:
    """Each of the people is a participant, can read the review, has the question, and is reminded
    twice at most. Who was asked already is not asked again, unless that was withdrawn.

    Raises: NotValid for unknown people or those who may not read the review, NotAllowed when
    waived. Emits: review.changed, notice.told.
    """
    work.permit("ask_perspectives")
    _refuse_waived(review)
    gaps = Gaps()
    people = people_named(work, ask.people, gaps, "people")
    gaps.unless(people or gaps.found, "people", "Choose who is to be asked")
    gaps.raise_not_valid()
    known = set(
        work.session.exec(
            select(Perspective.person_id).where(
                Perspective.review_id == review.key, col(Perspective.withdrawn_at).is_(None)
            )
        )
    )
    given = [email.strip().lower() for email in ask.people]
    new = sorted(
        (one for one in people if one.key not in known), key=lambda one: given.index(one.email)
    )
    join_circle(work, review.circle_id, [one.key for one in new])
    for one in new:
        found = person_and_actor(work.session, one.key)
        if found is None or not found[1].reads(review.circle_id):
            gaps.add("people", f"{one.name} may not read this review; open it to them first")
    gaps.raise_not_valid()
    return [_ask(work, review, one) for one in new]


def withdraw_perspective(work: Work, review: Review, perspective_id: int) -> Perspective:
    """The person is no longer asked, hears so once and is not reminded. What they may have written
    stays theirs, to keep or to delete. Withdrawing twice changes nothing.

    Raises: NotFound, NotAllowed once they shared it or said no. Emits: review.changed, notice.told.
    """
    work.permit("withdraw_perspective")
    row = work.session.get(Perspective, perspective_id)
    if row is None or row.review_id != review.key:
        raise NotFound("That question")
    work.session.refresh(row, with_for_update=True)
    stands = standing_of(row)
    if stands == WITHDRAWN:
        return row
    if stands != ASKED:
        raise NotAllowed(
            "They answered already",
            gaps=[
                Gap(
                    "state",
                    "It is shared; only its author can take it back"
                    if stands == SHARED
                    else "They said “no, thanks”: nobody reminds them, and nothing is left to do",
                )
            ],
        )
    row.withdrawn_at = work.now
    part = work.session.get(ReviewParticipant, (review.key, row.person_id))
    if part is not None and part.part == "participant":
        work.session.delete(part)
    _forget_asking(work, review, row)
    notify(
        work,
        [row.person_id] if row.person_id != work.actor.person_id else [],
        review,
        kind="perspective_withdrawn",
        text=f"You are no longer asked how it looked to you in {ref(review)} “{review.title}”, so "
        "there is nothing to do. Should you have written something, it is yours alone, to keep or "
        "to delete",
        once=f"perspective {row.key} withdrawn {work.now:%Y-%m-%dT%H:%M:%S}",
    )
    work.session.flush()
    work.emit("review.changed", review)
    return row


def clear_perspective(work: Work, perspective_id: int) -> Perspective:
    """All that the author wrote is gone; nobody hears of it.

    Raises: NotFound for everybody but the author, NotAllowed while it is shared.
    """
    work.actor.needs("clear_perspective")
    row, _ = _mine(work, perspective_id)
    _refuse_shared(row, "Take it back first; then it can be deleted")
    for moment in moments_of(work, [row.key]):
        work.session.delete(moment)
    row.answers = {}
    row.version += 1
    row.updated_at = work.now
    work.session.flush()
    return row


def write_perspective(work: Work, perspective_id: int, ask: WritePerspective) -> WrittenPerspective:
    """The author's text is kept; what another window of theirs saved meanwhile is merged in.

    Nothing is told to anybody, and the audit does not hear of it, before the author shares it.
    Raises: NotFound for everybody but the author, NotValid, NotAllowed once it was published.
    """
    work.actor.needs("write_perspective")
    row, review = _mine(work, perspective_id)
    _refuse_settled(row, review)
    if ask.question not in QUESTION_KEYS:
        raise NotFound(f"The question “{ask.question[:40]}”")
    gaps = Gaps()
    asks.check_text(gaps, "text", ask.text, limit=asks.NOTE_LIMIT)
    gaps.raise_not_valid()
    kept: Mapping[str, Any] = row.answers.get(ask.question) or {}
    stands, version = str(kept.get("text", "")), int(kept.get("version", 0))
    text, merged, conflicts = asks.clean(ask.text), False, 0
    if text == stands:
        return WrittenPerspective(stands, version)
    if ask.base_version is not None and ask.base_version != version:
        base = str(kept.get("before", "")) if ask.base_version == version - 1 else ""
        joined = merge_texts(base, text, stands, my_name="here", their_name="your other window")
        text, merged, conflicts = joined.text, True, len(joined.conflicts)
    answer = {"text": text, "version": version + 1, "before": stands}
    row.answers = {**row.answers, ask.question: answer}
    _touch(work, row, review)
    return WrittenPerspective(text, version + 1, merged, conflicts)


def add_perspective_moment(
    work: Work, perspective_id: int, *, at: datetime | None, text: str
) -> PerspectiveMoment:
    """What the author saw or thought at an instant. Raises: NotFound, NotValid, NotAllowed."""
    work.actor.needs("write_perspective")
    row, review = _mine(work, perspective_id)
    _refuse_settled(row, review)
    gaps = Gaps()
    asks.check_instant(gaps, "at", at, required=True)
    asks.check_text(gaps, "text", text, limit=asks.REASON_LIMIT, required=True)
    if not gaps.found and at is not None and at > work.now:
        gaps.add("at", "That moment lies in the future; give the time at which it was")
    if len(moments_of(work, [row.key])) >= MOST_MOMENTS:
        gaps.add("text", f"At most {MOST_MOMENTS} moments; tell the rest in your own words below")
    gaps.raise_not_valid()
    moment = work.add(
        PerspectiveMoment(perspective_id=row.key, at=at or work.now, text=asks.clean(text))
    )
    _touch(work, row, review)
    return moment


def remove_perspective_moment(work: Work, perspective_id: int, moment_id: int) -> None:
    """The moment is gone. Raises: NotFound, NotAllowed once it was published."""
    work.actor.needs("write_perspective")
    row, review = _mine(work, perspective_id)
    _refuse_settled(row, review)
    moment = work.session.get(PerspectiveMoment, moment_id)
    if moment is None or moment.perspective_id != row.key:
        raise NotFound("That moment")
    work.session.delete(moment)
    _touch(work, row, review)


def share_perspective(work: Work, perspective_id: int) -> Perspective:
    """Readers of the review can read it, and owner and facilitator hear that they can.

    Raises: NotFound for everybody but the author, NotValid when nothing is written yet.
    Emits: review.changed, notice.told.
    """
    work.permit("share_perspective")
    row, review = _mine(work, perspective_id)
    _refuse_waived(review)
    if row.shared_at is not None:
        return row
    if row.withdrawn_at is not None:
        raise NotAllowed(
            "You are no longer asked about this one",
            gaps=[Gap("state", "The question was withdrawn, so it cannot be shared")],
            hint="What you wrote is kept for you. If it should be read, ask the facilitator to "
            "ask you again.",
        )
    if not is_told(texts_of(row), len(moments_of(work, [row.key]))):
        raise NotValid(Gap("text", "Write a sentence first; one is enough"))
    row.shared_at = work.now
    hosts = [review.owner_id, review.facilitator_id]
    notify(
        work,
        [one for one in hosts if one != row.person_id],
        review,
        kind="perspective_shared",
        text=f"{work.actor.name} shared how it looked to them in {ref(review)} “{review.title}”",
        once=f"perspective {row.key} shared {work.now:%Y-%m-%dT%H:%M:%S}",
    )
    work.session.flush()
    work.emit("review.changed", review)
    return row


def take_back_perspective(work: Work, perspective_id: int) -> Perspective:
    """Nobody but the author reads it any more.

    Raises: NotFound for everybody but the author, NotAllowed once the review was published.
    Emits: review.changed.
    """
    work.permit("take_back_perspective")
    row, review = _mine(work, perspective_id)
    _refuse_settled(row, review)
    if row.shared_at is not None:
        row.shared_at = None
        work.emit("review.changed", review)
    return row


def decline_perspective(work: Work, perspective_id: int) -> Perspective:
    """The author would rather not, and is not reminded. They may still change their mind.

    Raises: NotFound for everybody but the author, NotAllowed while it is shared.
    """
    work.permit("decline_perspective")
    row, review = _mine(work, perspective_id)
    _refuse_shared(row, "Take it back first, if you would rather not share it")
    row.declined_at = row.declined_at or work.now
    work.session.flush()
    work.emit("review.changed", review)
    return row


def remind_of_perspective(work: Work, clock: Clock) -> str:
    """The rule of the clock: who has neither shared nor declined hears of it once more."""
    review = work.session.get(Review, clock.record_id)
    perspective_id = clock.mark.partition("-")[0]
    row = work.session.get(Perspective, int(perspective_id)) if perspective_id.isdecimal() else None
    if review is None or row is None or row.review_id != review.key or _needs_nothing(row, review):
        return "nothing to do any more"
    told = notify(
        work,
        [row.person_id],
        review,
        kind="perspective_asked",
        text=f"How did it look to you? {ref(review)} “{review.title}”. A few sentences help, "
        "and so does “no, thanks”",
        once=f"clock {clock.key} {clock.due_at:%Y-%m-%dT%H:%M}",
    )
    return f"told {told}" if told else "nobody to tell"


def _ask(work: Work, review: Review, person: Person) -> Perspective:
    row = work.session.exec(
        select(Perspective).where(
            Perspective.review_id == review.key, Perspective.person_id == person.key
        )
    ).first() or Perspective(review_id=review.key, person_id=person.key, asked_at=work.now)
    row.asked_at, row.asked_by_id = work.now, work.actor.person_id
    # What somebody wrote before the question was withdrawn is still there for them.
    row.declined_at = row.withdrawn_at = None
    row = work.add(row)
    if work.session.get(ReviewParticipant, (review.key, person.key)) is None:
        work.session.add(ReviewParticipant(review_id=review.key, person_id=person.key))
    policy = work.policy_of(review.policy_version)
    for number, days in enumerate(REMINDER_BUSINESS_DAYS, start=1):
        day = policy.business_days_after(work.today, days)
        mark = f"{row.key}-{number}"
        set_clock(work, REMINDER, review, due_at=morning_of(work, day), mark=mark)
    notify(
        work,
        [person.key] if person.key != work.actor.person_id else [],
        review,
        kind="perspective_asked",
        text=f"{work.actor.name} asks how it looked to you: {ref(review)} “{review.title}”. "
        "What you write is yours alone until you share it",
        once=f"perspective {row.key} {work.now:%Y-%m-%dT%H:%M:%S}",
    )
    work.emit("review.changed", review)
    return row


def _mine(work: Work, perspective_id: int) -> tuple[Perspective, Review]:
    found = my_perspective(work, perspective_id)
    work.session.refresh(found[0], with_for_update=True)
    return found


def _touch(work: Work, row: Perspective, review: Review) -> None:
    row.version += 1
    row.updated_at = work.now
    # Whoever writes after all has changed their mind about saying nothing.
    row.declined_at = None
    work.session.flush()
    if row.shared_at is not None:
        work.emit("review.changed", review)


def _needs_nothing(row: Perspective, review: Review) -> bool:
    return standing_of(row) != ASKED or bool(review.published_version) or review.state == "waived"


def _forget_asking(work: Work, review: Review, row: Perspective) -> None:
    """Notices that ask, unread so far, are read: nobody is asked by a message that comes late."""
    waiting = select(Notice).where(
        Notice.person_id == row.person_id,
        Notice.kind == "perspective_asked",
        Notice.record_kind == "review",
        Notice.record_id == review.key,
        col(Notice.read_at).is_(None),
    )
    for notice in work.session.exec(waiting):
        notice.read_at = work.now


def _refuse_shared(row: Perspective, what: str) -> None:
    if row.shared_at is not None:
        raise NotAllowed("It is shared already", gaps=[Gap("state", what)])


def _refuse_waived(review: Review) -> None:
    if review.state == "waived":
        raise NotAllowed("This review is waived", hint="Resume it to go on.")


def _refuse_settled(row: Perspective, review: Review) -> None:
    if row.shared_at is not None and review.published_version:
        raise NotAllowed(
            "The review is published with what you shared",
            gaps=[Gap("state", "What was published with the review stays as it was read")],
            hint="Ask its owner for an amendment if something should be put right.",
        )
