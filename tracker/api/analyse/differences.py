"""What differs between two versions of a review, word by word."""

from typing import Annotated, Literal

from pydantic import Field

from tracker.api.feature import Feature
from tracker.api.shapes import LARGEST_ID, Answer, Asked, ReviewRef
from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.models.review import Review, ReviewVersion
from tracker.reading.analyse.review_document import Document, differences, document
from tracker.reading.analyse.reviews import version, whole_review, working_version
from tracker.reading.policies import template
from tracker.reading.references import ref, review_by_ref

api = Feature("review differences", "Two versions of a review side by side.")

Number = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class ReviewPath(Asked):
    ref: ReviewRef


class DiffQuery(Asked):
    """Published versions by their number; 0 is the review as it stands now. Left out: the newest
    published version against what stands now.
    """

    old: Number | None = None
    new: Number = 0


class PieceOut(Answer):
    """Some words: in both, taken out, put in, or unchanged lines that were left out here."""

    kind: Literal["same", "out", "new", "left_out"]
    text: str


class DifferenceOut(Answer):
    heading: str
    lines: list[list[PieceOut]]


class DiffOut(Answer):
    """The passages that differ; 0 is the working copy."""

    ref: str
    old: int
    new: int
    items: list[DifferenceOut]


@api.reads("/reviews/<ref>/diff", DiffOut)
def compare(look: Look, path: ReviewPath, query: DiffQuery) -> DiffOut:
    """What one version says differently from another."""
    review = review_by_ref(look, path.ref)
    old = review.published_version if query.old is None else query.old
    if query.old is None and not old:
        raise NotFound(f"A published version of {ref(review)}")
    found = differences(_document(look, review, old), _document(look, review, query.new))
    return DiffOut(
        ref=ref(review),
        old=old,
        new=query.new,
        items=[
            DifferenceOut(
                heading=one.heading,
                lines=[
                    [PieceOut(kind=piece.kind, text=piece.text) for piece in line]
                    for line in one.lines
                ],
            )
            for one in found
        ],
    )


def _document(look: Look, review: Review, number: int) -> Document:
    row: ReviewVersion = (
        version(look, review, number)
        if number
        else working_version(look, whole_review(look, review))
    )
    key, template_version = row.content.get(
        "template", [review.template_key, review.template_version]
    )
    return document(row, template(look, key, template_version))
