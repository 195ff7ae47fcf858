"""Review templates as admins write them, and the template and the incidents of a running review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import select

from tracker.configuration.checking import check_things
from tracker.configuration.folder import read_texts
from tracker.db.work import Work
from tracker.domain.errors import Gap, Gaps, NotAllowed, NotValid
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.review import Template, template_from
from tracker.models.incident import Incident
from tracker.models.review import Review, ReviewAnswer, ReviewIncident, ReviewTemplate
from tracker.reading.analyse.reviews import incidents_of, review_of
from tracker.reading.policies import template
from tracker.reading.references import ref
from tracker.usecases.analyse.reviews import REVIEWABLE, put_answer_row, texts_from
from tracker.usecases.managed import refuse_managed
from tracker.usecases.policy import newest_template, put_template

LONGEST_TEMPLATE = 200_000


@dataclass(frozen=True, kw_only=True)
class WriteTemplate:
    """A template as YAML text. The key of an existing one cannot be changed."""

    text: str
    key: str = ""


def read_template(text: str, key: str = "") -> tuple[Template, Mapping[str, Any]]:
    """The template a text describes, and its content as it would be kept.

    Raises: NotValid naming each line with what to do about it.
    """
    gaps = Gaps()
    if len(text) > LONGEST_TEMPLATE:
        raise NotValid(Gap("text", f"At most {LONGEST_TEMPLATE:,} characters"))
    read = read_texts({"review_templates/template.yaml": text})
    for problem in read.problems or check_things(read, None):
        place = f"Line {problem.line}: " if problem.line else ""
        gaps.add("text", f"{place}{problem.message}")
    gaps.raise_not_valid()
    (item,) = read.items
    if key and item.key != key:
        gaps.add("text", f"Line {item.line}: The key stays {key}; a new key is a new template")
    gaps.raise_not_valid()
    content = {"key": item.key, **item.fields}
    return template_from({"version": 1, **content}), content


def write_review_template(work: Work, ask: WriteTemplate) -> ReviewTemplate:
    """The next version of the template is in force for reviews that begin from now on; running
    ones keep theirs. The same content again changes nothing.

    Raises: NotValid with the lines, NotAllowed for one that comes from files.
    """
    work.permit("write_review_template")
    used, content = read_template(ask.text, ask.key)
    newest = newest_template(work, used.key)
    refuse_managed(newest)
    if newest is not None and not ask.key:
        raise NotValid(Gap("text", f"There is a template “{used.key}” already; change that one"))
    put_template(work, content)
    row = newest_template(work, used.key)
    assert row is not None  # noqa: S101 - for the type checker: it was written just now
    return row


def change_template(work: Work, review: Review, key: str) -> Review:
    """The review follows the newest version of this template. No answer is lost: what the new one
    does not ask stays with the review, and comes back with a template that asks it.

    Raises: NotFound, NotAllowed once it was published or while waived. Emits: review.changed.
    """
    work.permit("change_template")
    _refuse_settled(review)
    used = template(work, key)
    if (review.template_key, review.template_version) == (used.key, used.version):
        return review
    review.template_key, review.template_version = used.key, used.version
    _prefill(work, review, used, incidents_of(work, review))
    work.emit("review.changed", review)
    return review


def add_incident(work: Work, review: Review, incident: Incident) -> Review:
    """The review is about this incident too: its times, its timeline and its texts are in it.

    Raises: NotAllowed when it goes on still, has a review, or is read by other people.
    Emits: review.changed.
    """
    work.permit("edit_review_incidents")
    _refuse_settled(review)
    gaps = Gaps()
    there = incidents_of(work, review)
    if incident.key in {one.key for one in there}:
        return review
    if incident.state not in REVIEWABLE:
        gaps.add("incident", f"{ref(incident)} is {incident.state}: it is not over yet")
    if incident.circle_id != review.circle_id:
        gaps.add("incident", "They differ in who may read them; review them apart")
    earlier = review_of(work, incident)
    if earlier is not None:
        named = f": {ref(earlier)}" if work.actor.reads(earlier.circle_id) else ""
        gaps.add("incident", f"{ref(incident)} has a review already{named}")
    if gaps.found:
        raise NotAllowed(gaps.found[0].message, gaps=gaps.found)
    work.add_all([ReviewIncident(review_id=review.key, incident_id=incident.key)])
    used = template(work, review.template_key, review.template_version)
    _prefill(work, review, used, [*there, incident])
    work.emit("review.changed", review)
    work.emit("incident.changed", incident)
    return review


def remove_incident(work: Work, review: Review, incident: Incident) -> Review:
    """The review is about the others alone. What people wrote stays.

    Raises: NotAllowed for the last one, NotFound for one it is not about. Emits: review.changed.
    """
    work.permit("edit_review_incidents")
    _refuse_settled(review)
    link = work.session.get(ReviewIncident, (review.key, incident.key))
    if link is None:
        raise NotAllowed(f"{ref(review)} is not about {ref(incident)}")
    if len(incidents_of(work, review)) == 1:
        message = "A review is about one incident at least; waive it if it is not wanted"
        raise NotAllowed(message, gaps=[Gap("incident", message)])
    work.session.delete(link)
    work.session.flush()
    work.emit("review.changed", review)
    work.emit("incident.changed", incident)
    return review


def _prefill(work: Work, review: Review, used: Template, incidents: list[Incident]) -> None:
    """What nobody has answered yet and the incidents tell is filled in."""
    answered = set(
        work.session.exec(select(ReviewAnswer.question).where(ReviewAnswer.review_id == review.key))
    )
    for question in used.questions:
        text = texts_from(incidents, question)
        if text and question.key not in answered:
            put_answer_row(work, review, question.key, text=text)


def _refuse_settled(review: Review) -> None:
    if review.state in OPEN_REVIEW_STATES and not review.published_version:
        return
    message = "Only a review that is still being written can be changed in this way"
    raise NotAllowed(message, gaps=[Gap("state", message)])
