"""The text of a review for each audience."""

from typing import Annotated, Literal

from pydantic import Field

from tracker.api.feature import Feature
from tracker.api.shapes import (
    LARGEST_ID,
    Answer,
    Asked,
    Instant,
    LongText,
    PersonOut,
    ReviewRef,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.models.review import Review
from tracker.reading.analyse.variants import variant_of
from tracker.reading.links import people_by_id
from tracker.reading.references import ref, review_by_ref
from tracker.usecases.analyse.variants import regenerate_variant, write_variant

api = Feature("variants", "What engineers, leadership and customers read of a review.")


class VariantPath(Asked):
    ref: ReviewRef
    audience: Literal["engineers", "leadership", "customers"]


class VariantIn(Asked):
    """The text, and the version it was written on; 0 is the generated text."""

    text: LongText
    base_version: Annotated[int, Field(ge=0, le=LARGEST_ID)] | None = None


class VariantOut(Answer):
    """What the audience reads. ``written`` is false for the generated text."""

    review: str
    audience: str
    markdown: str
    written: bool
    from_draft: bool
    text_version: int
    updated_at: Instant | None
    updated_by: PersonOut | None


@api.reads("/reviews/<ref>/variants/<audience>", VariantOut)
def read(look: Look, path: VariantPath) -> VariantOut:
    """The text for one audience, generated from the review or as somebody wrote it."""
    return _out(look, review_by_ref(look, path.ref), path.audience)


@api.changes("/reviews/<ref>/variants/<audience>", VariantOut, method="put", guarded=False)
def write(work: Work, path: VariantPath, body: VariantIn) -> VariantOut:
    """Write the text over; the audience reads it from now on."""
    review = review_by_ref(work, path.ref)
    write_variant(work, review, path.audience, text=body.text, version=body.base_version)
    return _out(work, review, path.audience)


@api.changes("/reviews/<ref>/variants/<audience>", VariantOut, method="delete", guarded=False)
def regenerate(work: Work, path: VariantPath) -> VariantOut:
    """Let the generated text stand again."""
    review = review_by_ref(work, path.ref)
    regenerate_variant(work, review, path.audience)
    work.session.flush()
    return _out(work, review, path.audience)


def _out(look: Look, review: Review, audience: str) -> VariantOut:
    variant = variant_of(look, review, audience)
    row = variant.written
    people = people_by_id(look, [row.updated_by_id if row else None])
    return VariantOut(
        review=ref(review),
        audience=audience,
        markdown=variant.text,
        written=row is not None,
        from_draft=variant.from_draft,
        text_version=variant.version,
        updated_at=row.updated_at if row else None,
        updated_by=person_out(people.get(row.updated_by_id or 0)) if row else None,
    )
