"""What a review is about and which template it follows; templates as admins write them."""

from typing import Annotated

from pydantic import Field

from tracker.api.feature import Feature
from tracker.api.shapes import LONGEST_LIST, Answer, Asked, IncidentRef, LongText, ReviewRef, Word
from tracker.db.work import Work
from tracker.reading.analyse.reviews import incidents_of
from tracker.reading.references import incident_by_ref, ref, review_by_ref
from tracker.usecases.analyse.templates import (
    WriteTemplate,
    add_incident,
    change_template,
    remove_incident,
    write_review_template,
)

api = Feature("review templates", "What a review is about, and the questions it asks.")


class ReviewPath(Asked):
    ref: ReviewRef


class KeyPath(Asked):
    key: Word


class ScopeIn(Asked):
    """What is left out stays as it is. ``incidents`` is the whole list."""

    template: Word | None = None
    incidents: Annotated[list[IncidentRef], Field(max_length=LONGEST_LIST)] | None = None


class ScopeOut(Answer):
    template: str
    template_version: int
    incidents: list[str]


class TemplateIn(Asked):
    """A template as YAML; see the page on configuration files."""

    text: LongText


class WrittenOut(Answer):
    key: str
    number: int


@api.changes("/reviews/<ref>/scope", ScopeOut, method="put", guarded=False)
def set_scope(work: Work, path: ReviewPath, body: ScopeIn) -> ScopeOut:
    """Give a draft another template or other incidents; no answer is lost."""
    review = review_by_ref(work, path.ref)
    if body.incidents is not None:
        wanted = [incident_by_ref(work, one) for one in dict.fromkeys(body.incidents)]
        for one in wanted:
            add_incident(work, review, one)
        for one in incidents_of(work, review):
            if one.key not in {row.key for row in wanted}:
                remove_incident(work, review, one)
    if body.template is not None:
        change_template(work, review, body.template)
    return ScopeOut(
        template=review.template_key,
        template_version=review.template_version,
        incidents=[ref(one) for one in incidents_of(work, review)],
    )


@api.creates("/templates", WrittenOut)
def create(work: Work, body: TemplateIn) -> WrittenOut:
    """Write a new review template."""
    row = write_review_template(work, WriteTemplate(text=body.text))
    return WrittenOut(key=row.template_key, number=row.version)


@api.changes("/templates/<key>", WrittenOut, method="put", guarded=False)
def write(work: Work, path: KeyPath, body: TemplateIn) -> WrittenOut:
    """Write the next version of a review template; running reviews keep theirs."""
    row = write_review_template(work, WriteTemplate(text=body.text, key=path.key))
    return WrittenOut(key=row.template_key, number=row.version)
