"""Working on the timeline of a review: the picture, marks for many entries at once, evidence."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField

from tracker.db.work import Look
from tracker.domain.errors import DomainError, Gap, NotValid
from tracker.domain.moment import HYPOTHESES, KNOWN, MOMENTS
from tracker.domain.picture import draw
from tracker.domain.shown_time import instant_words
from tracker.models.review import Review
from tracker.reading.analyse.picture import story_and_authors
from tracker.reading.analyse.review_document import heading_of
from tracker.reading.analyse.review_steps import step_of_kind, steps_of
from tracker.reading.analyse.reviews import WholeReview, whole_review
from tracker.reading.analyse.timeline_work import TimelineWork, evidence_of, timeline_work
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.attachments import attach_picture
from tracker.usecases.analyse.evidence import AddEvidence, add_evidence, remove_evidence
from tracker.usecases.analyse.moments import MarkEntries, mark_entries
from tracker.web.analyse.review_writing import picture_of
from tracker.web.analyse.reviews import may_write
from tracker.web.forms import show_gaps
from tracker.web.gate import begin, look, signed_in
from tracker.web.times import local

bp = Blueprint("review_timeline", __name__)

LEAVE = "leave"
_LEAVE = (LEAVE, "Leave as it is")
PLACE_WORDS = 60


class MarksForm(FlaskForm):  # type: ignore[misc]
    """What the chosen entries are marked with; each mark stays as it is unless one is chosen."""

    moment = SelectField(
        "Key moment",
        choices=[_LEAVE, *MOMENTS.items(), ("", "Not a key moment")],
        default=LEAVE,
        validate_choice=False,
    )
    hypothesis = SelectField(
        "Idea of what was going on",
        choices=[_LEAVE, *HYPOTHESES.items(), ("", "Not an idea")],
        default=LEAVE,
        validate_choice=False,
    )
    known = SelectField(
        "When could it be known?",
        choices=[_LEAVE, *KNOWN.items(), ("", "Not said")],
        default=LEAVE,
        validate_choice=False,
    )
    grouping = SelectField(
        "Group",
        choices=[_LEAVE, ("put", "Put under the heading below"), ("", "Take out of its group")],
        default=LEAVE,
        validate_choice=False,
    )
    group_name = StringField("Heading of the group")
    note = TextAreaField("A sentence beside them")

    def ask(self, entries: tuple[int, ...]) -> MarkEntries:
        """What the person chose; the heading counts only where it was chosen to."""

        def chosen(name: str) -> str | None:
            value = self[name].data
            return None if value in (LEAVE, None) else str(value)

        grouping = chosen("grouping")
        heading = self.group_name.data or ""
        # Whoever types a heading and leaves the choice alone means that it counts.
        group = heading if grouping == "put" or (grouping is None and heading.strip()) else grouping
        note = self.note.data or ""
        return MarkEntries(
            entries=entries,
            moment=chosen("moment"),
            hypothesis=chosen("hypothesis"),
            known=chosen("known"),
            group_name=group,
            note=note if note.strip() else None,
        )


class EvidenceForm(FlaskForm):  # type: ignore[misc]
    """A link or a picture, and where it belongs."""

    place = SelectField("Where does it belong?", validate_choice=False)
    title = StringField("What does it show?")
    url = StringField("Link")


@bp.get("/reviews/<reference>/timeline")
@signed_in
def page(reference: str) -> str:
    """The picture of the incident and its timeline with what the review says about it."""
    with look() as reader:
        return _page(reader, review_by_ref(reader, reference))


@bp.post("/reviews/<reference>/timeline/marks")
@signed_in
def mark(reference: str) -> Response | tuple[str, int]:
    """The chosen entries have the chosen marks."""
    form = MarksForm()
    entries = tuple(
        int(one) for one in request.form.getlist("entries") if one.isdecimal() and len(one) < 10
    )
    try:
        with begin() as work:
            mark_entries(work, review_by_ref(work, reference), form.ask(entries))
    except NotValid as error:
        return _again(reference, error, marks=form, chosen=frozenset(entries))
    count = len(set(entries))
    flash(f"{count} {'entry is' if count == 1 else 'entries are'} marked.", "success")
    return redirect(
        url_for("review_timeline.page", reference=reference, _anchor=f"entry-{entries[0]}"), 303
    )


@bp.post("/reviews/<reference>/evidence")
@signed_in
def add(reference: str) -> Response | tuple[str, int]:
    """A link or a picture stands at its place."""
    form = EvidenceForm()
    sent = request.files.get("picture")
    try:
        with begin() as work:
            review = review_by_ref(work, reference)
            kept = attach_picture(work, review, picture_of(sent)) if sent else None
            ask = _at_place(form, kept.key if kept else None)
            add_evidence(work, review, ask)
    except NotValid as error:
        return _again(reference, error, evidence=form)
    flash("The evidence is kept at its place.", "success")
    anchor = f"entry-{ask.entry_id}" if ask.entry_id else "evidence"
    return redirect(url_for("review_timeline.page", reference=reference, _anchor=anchor), 303)


@bp.post("/reviews/<reference>/evidence/<int:evidence_id>/remove")
@signed_in
def remove(reference: str, evidence_id: int) -> Response:
    """The evidence no longer stands there."""
    with begin() as work:
        remove_evidence(work, review_by_ref(work, reference), evidence_id)
    flash("It no longer stands there. A picture is still kept for the texts that show it.")
    return redirect(url_for("review_timeline.page", reference=reference, _anchor="evidence"), 303)


def _page(
    reader: Look,
    review: Review,
    *,
    marks: MarksForm | None = None,
    evidence: EvidenceForm | None = None,
    chosen: frozenset[int] = frozenset(),
) -> str:
    whole = whole_review(reader, review)
    work = timeline_work(whole, evidence_of(reader, review))
    writes = may_write(review)
    story, authors = story_and_authors(reader, whole)
    form = evidence or EvidenceForm(formdata=None, place=request.args.get("at", ""))
    form.place.choices = _places(whole, work)
    return render_template(
        "reviews/timeline.html",
        review=review,
        reference=whole.ref,
        whole=whole,
        work=work,
        drawn=draw(story),
        authors=authors,
        step=step_of_kind(steps_of(whole), "timeline"),
        marks_form=marks or MarksForm(formdata=None),
        evidence_form=form,
        chosen=chosen,
        may_write=writes,
        moments=MOMENTS,
        known=KNOWN,
        hypotheses=HYPOTHESES,
    )


def _again(
    reference: str,
    error: DomainError,
    *,
    marks: MarksForm | None = None,
    evidence: EvidenceForm | None = None,
    chosen: frozenset[int] = frozenset(),
) -> tuple[str, int]:
    """The page with what was chosen and typed, and the gaps at their fields."""
    form = marks if marks is not None else evidence
    if form is not None:
        show_gaps(form, error)
    with look() as reader:
        review = review_by_ref(reader, reference)
        return _page(reader, review, marks=marks, evidence=evidence, chosen=chosen), 422


def _places(whole: WholeReview, work: TimelineWork) -> list[tuple[str, str]]:
    """Where evidence can stand: the review, its factors and questions, each entry."""
    places = [("", "The review as a whole")]
    places += [(f"factor-{one.row.key}", f"Factor: {one.name}") for one in whole.factors]
    for question in whole.template.questions:
        if question.applies(whole.facts.conditions):
            places.append((f"question-{question.key}", f"Question: {heading_of(question)}"))
    for one in sorted([*work.then, *work.later], key=lambda one: (one.row.at, one.row.key)):
        words = " ".join(one.row.text.split())[:PLACE_WORDS]
        places.append((f"entry-{one.row.key}", f"{instant_words(local(one.row.at))}: {words}"))
    return places


def _at_place(form: EvidenceForm, picture_id: int | None) -> AddEvidence:
    """Raises: NotValid for a place that the page does not offer."""
    kind, _, name = (form.place.data or "").partition("-")
    number = int(name) if name.isdecimal() and len(name) < 10 else None
    if kind not in ("", "entry", "factor", "question") or (
        kind in ("entry", "factor") and number is None
    ):
        raise NotValid(Gap("place", "Choose one of the places"))
    return AddEvidence(
        title=form.title.data or "",
        url=form.url.data or "",
        picture_id=picture_id,
        entry_id=number if kind == "entry" else None,
        factor_id=number if kind == "factor" else None,
        question=name if kind == "question" else "",
    )
