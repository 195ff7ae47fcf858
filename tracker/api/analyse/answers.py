"""What a review says: its sections with their history, and its contributing factors."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tracker.api.feature import Feature
from tracker.api.shapes import (
    LARGEST_ID,
    Answer,
    Asked,
    Done,
    Instant,
    LongText,
    Note,
    PersonOut,
    ReviewRef,
    RowId,
    Word,
    ask_from,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.domain.errors import NotFound
from tracker.domain.review import Question
from tracker.models.review import Review, ReviewAnswer
from tracker.reading.analyse.factors import Factor, factors_of
from tracker.reading.analyse.reviews import WholeReview, answer_history, whole_review
from tracker.reading.links import people_by_id
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.answers import (
    FactorAsk,
    SaveAnswer,
    SavedAnswer,
    add_factor,
    answer_question,
    edit_factor,
    remove_factor,
    restore_answer,
)

api = Feature("review sections", "The questions of a review, their answers, and the factors.")

QuestionKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Version = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class ReviewPath(Asked):
    ref: ReviewRef


class SectionPath(Asked):
    ref: ReviewRef
    question: QuestionKey


class FactorPath(Asked):
    ref: ReviewRef
    factor: RowId


class SectionIn(Asked):
    """An answer and the version it was written on (0: there was none yet).

    When somebody else saved meanwhile, both texts are merged; without ``base_version`` the text
    replaces what stands, which stays in the history.
    """

    text: LongText = ""
    choice: Word = ""
    because: Note = ""
    base_version: Version | None = None


class RestoreIn(Asked):
    version: Annotated[int, Field(ge=1, le=LARGEST_ID)]


class FactorIn(Asked):
    """A term of the taxonomy, its role, and what is known about it."""

    term: Word
    role: Literal["trigger", "condition", "amplifier", "mitigator"] = "condition"
    note: Note = ""
    made_sense: Note = ""
    evidence: Note = ""


class SectionOut(Answer):
    """A question with its answer; version 0 means that there is none yet."""

    question: str
    step: str
    kind: str
    prompt: str
    help: str
    required: bool
    applies: bool
    choices: list[str]
    version: int
    text: str
    choice: str
    because: str
    updated_at: Instant | None
    updated_by: PersonOut | None


class SectionsOut(Answer):
    items: list[SectionOut]


class ClashOut(Answer):
    """A passage that two people changed in different ways."""

    mine: str
    theirs: str


class SavedOut(SectionOut):
    """The answer as it stands now, and how it came about."""

    merged: bool
    conflicts: list[ClashOut]


class RevisionOut(Answer):
    version: int
    text: str
    choice: str
    because: str
    merged: bool
    at: Instant
    by: PersonOut | None


class RevisionsOut(Answer):
    items: list[RevisionOut]


class FactorOut(Answer):
    id: int
    term: str
    name: str
    group: str
    role: str
    note: str
    made_sense: str
    evidence: str


class FactorsOut(Answer):
    items: list[FactorOut]


@api.reads("/reviews/<ref>/sections", SectionsOut)
def sections(look: Look, path: ReviewPath) -> SectionsOut:
    """Every question of a review with its answer, in order."""
    whole = whole_review(look, review_by_ref(look, path.ref))
    return SectionsOut(
        items=[_section(look, whole, question) for question in whole.template.questions]
    )


@api.reads("/reviews/<ref>/sections/<question>", SectionOut)
def read(look: Look, path: SectionPath) -> SectionOut:
    """One question with its answer."""
    whole = whole_review(look, review_by_ref(look, path.ref))
    return _section(look, whole, _question(whole, path.question))


@api.changes("/reviews/<ref>/sections/<question>", SavedOut, method="put", guarded=False)
def save(work: Work, path: SectionPath, body: SectionIn) -> SavedOut:
    """Save an answer; nothing that somebody else wrote is lost."""
    review = review_by_ref(work, path.ref)
    ask = ask_from(SaveAnswer, body, question=path.question)
    return _saved(work, review, path.question, answer_question(work, review, ask))


@api.reads("/reviews/<ref>/sections/<question>/history", RevisionsOut)
def history(look: Look, path: SectionPath) -> RevisionsOut:
    """Every kept version of an answer, newest first."""
    review = review_by_ref(look, path.ref)
    _question(whole_review(look, review), path.question)
    rows = answer_history(look, review, path.question)
    people = people_by_id(look, [row.by_id for row in rows])
    return RevisionsOut(
        items=[
            RevisionOut(
                version=row.version,
                text=row.text,
                choice=row.choice,
                because=row.because,
                merged=row.merged,
                at=row.at,
                by=person_out(people.get(row.by_id or 0)),
            )
            for row in rows
        ]
    )


@api.changes("/reviews/<ref>/sections/<question>/restore", SavedOut, method="post", guarded=False)
def restore(work: Work, path: SectionPath, body: RestoreIn) -> SavedOut:
    """Let an answer read as it did in an earlier version."""
    review = review_by_ref(work, path.ref)
    saved = restore_answer(work, review, path.question, version=body.version)
    return _saved(work, review, path.question, saved)


@api.reads("/reviews/<ref>/factors", FactorsOut)
def factors(look: Look, path: ReviewPath) -> FactorsOut:
    """The contributing factors, in order."""
    rows = factors_of(look, review_by_ref(look, path.ref))
    return FactorsOut(items=[_factor(one) for one in rows])


@api.creates("/reviews/<ref>/factors", FactorOut)
def name_factor(work: Work, path: ReviewPath, body: FactorIn) -> FactorOut:
    """Name a contributing factor; there is always more than one."""
    review = review_by_ref(work, path.ref)
    row = add_factor(work, review, ask_from(FactorAsk, body))
    return _named(work, review, row.key)


@api.changes("/reviews/<ref>/factors/<int:factor>", FactorOut, method="put", guarded=False)
def change_factor(work: Work, path: FactorPath, body: FactorIn) -> FactorOut:
    """Say something else about a factor."""
    review = review_by_ref(work, path.ref)
    row = edit_factor(work, review, path.factor, ask_from(FactorAsk, body))
    return _named(work, review, row.key)


@api.changes("/reviews/<ref>/factors/<int:factor>", Done, method="delete", guarded=False)
def drop_factor(work: Work, path: FactorPath) -> Done:
    """The review no longer names this factor."""
    remove_factor(work, review_by_ref(work, path.ref), path.factor)
    return Done()


def _question(whole: WholeReview, key: str) -> Question:
    question = whole.template.question(key)
    if question is None:
        raise NotFound(f"The question “{key}”")
    return question


def _section(look: Look, whole: WholeReview, question: Question) -> SectionOut:
    row: ReviewAnswer | None = whole.answers.get(question.key)
    step = next(one for one in whole.template.steps if question in one.questions)
    people = people_by_id(look, [row.updated_by_id]) if row else {}
    return SectionOut(
        question=question.key,
        step=step.key,
        kind=question.kind,
        prompt=question.prompt,
        help=question.help,
        required=question.required,
        applies=question.applies(whole.facts.conditions),
        choices=list(question.choices),
        version=row.version if row else 0,
        text=row.text if row else "",
        choice=row.choice if row else "",
        because=row.because if row else "",
        updated_at=row.updated_at if row else None,
        updated_by=person_out(people.get(row.updated_by_id or 0)) if row else None,
    )


def _saved(work: Work, review: Review, key: str, saved: SavedAnswer) -> SavedOut:
    work.session.flush()
    whole = whole_review(work, review)
    section = _section(work, whole, _question(whole, key))
    return SavedOut(
        **section.model_dump(),
        merged=saved.merged,
        conflicts=[ClashOut(mine=mine, theirs=theirs) for mine, theirs in saved.conflicts],
    )


def _named(work: Work, review: Review, factor_id: int) -> FactorOut:
    work.session.flush()
    return next(_factor(one) for one in factors_of(work, review) if one.row.key == factor_id)


def _factor(one: Factor) -> FactorOut:
    row = one.row
    return FactorOut(
        id=row.key,
        term=row.term,
        name=one.name,
        group=one.group,
        role=row.role,
        note=row.note,
        made_sense=row.made_sense,
        evidence=row.evidence,
    )
