"""Wording hints: for any text, for the answers of a review, and the organisation's own words."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tracker.api.feature import Feature
from tracker.api.shapes import (
    NO_NUL,
    Answer,
    Asked,
    Done,
    Instant,
    LongText,
    Reason,
    ReviewRef,
    RowId,
    Word,
    ask_from,
)
from tracker.db.work import Look, Work
from tracker.domain.wording.finding import Finding
from tracker.models.wording import WordingDismissal, WordingTerm
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.analyse.wording import (
    PHRASE_LIMIT,
    categories,
    dismissals_of,
    hints_for_review,
    hints_for_text,
    terms,
)
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.wording import (
    DismissAsk,
    TermAsk,
    bring_hint_back,
    dismiss_hint,
    drop_term,
    keep_term,
)

api = Feature("wording", "Words that close a question, and the question that opens it again.")

Context = Literal["narrative", "timeline", "factors", "actions", "impact", "known_later", "chat"]
CategoryKey = Literal[
    "counterfactual",
    "blame",
    "person",
    "hindsight",
    "single_cause",
    "minimising",
    "absolute",
    "emotive",
    "weak_action",
]
Phrase = Annotated[str, StringConstraints(min_length=1, max_length=PHRASE_LIMIT, pattern=NO_NUL)]
QuestionKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


class TextIn(Asked):
    """A Markdown text, and what it is about. ``info`` gives doubtful findings too."""

    text: LongText
    context: Context = "narrative"
    level: Literal["info", "hint", "suggest"] = "hint"


class FindingOut(Answer):
    """Some words: characters ``start`` to ``end`` of the text, line and column from 1."""

    category: str
    level: str
    start: int
    end: int
    line: int
    column: int
    text: str
    hint: str


class FindingsOut(Answer):
    findings: list[FindingOut]


class CategoryOut(Answer):
    category: str
    number: int
    name: str
    about: str
    hint: str


class CategoriesOut(Answer):
    items: list[CategoryOut]


class TermOut(Answer):
    """A word of this organisation: allowed (never marked), or added (marked too)."""

    id: int
    phrase: str
    verdict: str
    category: str
    why: str
    at: Instant


class TermsOut(Answer):
    items: list[TermOut]


class TermIn(Asked):
    phrase: Phrase
    verdict: Literal["allow", "add"]
    category: CategoryKey | Literal[""] = ""
    why: Reason


class TermPath(Asked):
    term: RowId


class ReviewPath(Asked):
    ref: ReviewRef


class DismissalPath(Asked):
    ref: ReviewRef
    dismissal: RowId


class DismissIn(Asked):
    question: QuestionKey
    phrase: Reason
    category: CategoryKey
    why: Annotated[str, Field(min_length=1), StringConstraints(max_length=2_000, pattern=NO_NUL)]


class DismissalOut(Answer):
    """Words that are marked no more in one answer, and why."""

    id: int
    question: str
    phrase: str
    category: str
    why: str


class SectionHints(Answer):
    question: Word
    findings: list[FindingOut]


class ReviewHintsOut(Answer):
    """Answers with findings, in the order of the review, and what was put aside."""

    items: list[SectionHints]
    dismissed: list[DismissalOut]


@api.asks("/wording", FindingsOut)
def read_text(look: Look, body: TextIn) -> FindingsOut:
    """Wording hints for a text. Code, quotations, links and logs in it are not looked at."""
    found = hints_for_text(look, body.text, context=body.context, level=body.level)
    return FindingsOut(findings=[_finding(one) for one in found])


@api.reads("/wording/categories", CategoriesOut)
def list_categories(look: Look) -> CategoriesOut:
    """The kinds of wording that are marked, each with its question."""
    del look
    return CategoriesOut(
        items=[
            CategoryOut(
                category=one.key,
                number=one.number,
                name=one.name,
                about=one.about,
                hint=one.question,
            )
            for one in categories().values()
        ]
    )


@api.reads("/wording/words", TermsOut)
def list_words(look: Look) -> TermsOut:
    """The organisation's own words, by phrase."""
    return TermsOut(items=[_term(one) for one in terms(look)])


@api.creates("/wording/words", TermOut)
def keep_word(work: Work, body: TermIn) -> TermOut:
    """Allow or add a phrase; one that is there with this verdict is replaced. For admins."""
    return _term(keep_term(work, ask_from(TermAsk, body)))


@api.changes("/wording/words/<int:term>", Done, method="delete", guarded=False)
def drop_word(work: Work, path: TermPath) -> Done:
    """Take a phrase off the list. For admins."""
    drop_term(work, path.term)
    return Done()


@api.reads("/reviews/<ref>/wording", ReviewHintsOut)
def read_review(look: Look, path: ReviewPath) -> ReviewHintsOut:
    """Wording hints for the answers of a review, as they stand now."""
    review = review_by_ref(look, path.ref)
    whole = whole_review(look, review)
    answers = [
        (question, whole.answers[question.key].text)
        for question in whole.template.questions
        if question.key in whole.answers
    ]
    return ReviewHintsOut(
        items=[
            SectionHints(
                question=one.question.key, findings=[_finding(found) for found in one.findings]
            )
            for one in hints_for_review(look, review, answers)
            if one.findings
        ],
        dismissed=[_dismissal(one) for one in dismissals_of(look, review)],
    )


@api.creates("/reviews/<ref>/wording/dismissals", DismissalOut)
def dismiss(work: Work, path: ReviewPath, body: DismissIn) -> DismissalOut:
    """Put a hint aside in one answer, with the reason."""
    review = review_by_ref(work, path.ref)
    return _dismissal(dismiss_hint(work, review, ask_from(DismissAsk, body)))


@api.changes(
    "/reviews/<ref>/wording/dismissals/<int:dismissal>", Done, method="delete", guarded=False
)
def bring_back(work: Work, path: DismissalPath) -> Done:
    """Mark words again that were put aside."""
    bring_hint_back(work, review_by_ref(work, path.ref), path.dismissal)
    return Done()


def _finding(one: Finding) -> FindingOut:
    return FindingOut(
        category=one.category,
        level=one.level,
        start=one.start,
        end=one.end,
        line=one.line,
        column=one.column,
        text=one.text,
        hint=one.question,
    )


def _term(row: WordingTerm) -> TermOut:
    return TermOut(
        id=row.key,
        phrase=row.phrase,
        verdict=row.verdict,
        category=row.category,
        why=row.why,
        at=row.at,
    )


def _dismissal(row: WordingDismissal) -> DismissalOut:
    return DismissalOut(
        id=row.key,
        question=row.place,
        phrase=row.phrase,
        category=row.category,
        why=row.why,
    )
