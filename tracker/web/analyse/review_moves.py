"""Deciding about a review: publish, amend, waive, back and forth; its people and due day."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.domain.errors import Conflict, NotAllowed, NotFound, NotValid
from tracker.models.review import Review
from tracker.reading.analyse.review_document import differences, document
from tracker.reading.analyse.review_steps import open_points, steps_of
from tracker.reading.analyse.reviews import version, whole_review, working_version
from tracker.reading.catalogue import active_people
from tracker.reading.links import people_by_id
from tracker.reading.references import ref, review_by_ref
from tracker.usecases.analyse.reviews import (
    EditReview,
    amend_review,
    edit_review,
    move_review,
    publish_review,
    waive_review,
)
from tracker.web.analyse.review_forms import MoveForm, PeopleForm, offer_people
from tracker.web.forms import day_of, kept_day, show_gaps
from tracker.web.gate import actor, begin, look, signed_in

bp = Blueprint("review_moves", __name__)


@dataclass(frozen=True)
class Asked:
    """How a move is asked for and told."""

    title: str
    text: str
    button: str
    done: str


QUESTIONS = {
    "start_review": Asked(
        "Ask others to read it",
        "The draft is far enough for others to read and comment. It can still be written on.",
        "Ask others to read it",
        "Others can read it now as a review in progress.",
    ),
    "back_to_draft": Asked(
        "Back to draft",
        "It needs more work before others read it again.",
        "Back to draft",
        "It is a draft again.",
    ),
    "resume": Asked(
        "Resume this review",
        "The review is wanted after all and becomes a draft again.",
        "Resume the review",
        "The review is a draft again.",
    ),
}


@bp.route("/reviews/<reference>/publish", methods=["GET", "POST"])
@signed_in
def publish(reference: str) -> str | Response | tuple[str, int]:
    """What publishing will do, or all that is still missing; then the deed."""
    actor().needs("publish_review")
    form = MoveForm()
    if request.method == "GET":
        return _publish_page(reference, form)
    try:
        with begin() as work:
            publish_review(work, review_by_ref(work, reference), version=form.version.data)
    except (NotAllowed, Conflict) as error:
        form.form_errors.append(error.message)
        return _publish_page(reference, form), 409 if isinstance(error, Conflict) else 422
    flash("Published. Thank you - its lessons are in the library now.", "success")
    return redirect(url_for("reviews.page", reference=reference), 303)


@bp.route("/reviews/<reference>/amend", methods=["GET", "POST"])
@signed_in
def amend(reference: str) -> str | Response | tuple[str, int]:
    """The next version, with its reason and what it changes."""
    actor().needs("amend_review")
    form = MoveForm()
    if request.method == "GET":
        return _amend_page(reference, form)
    try:
        with begin() as work:
            amend_review(
                work,
                review_by_ref(work, reference),
                why=form.why.data or "",
                version=form.version.data,
            )
    except (NotAllowed, NotValid, Conflict) as error:
        show_gaps(form, error)
        return _amend_page(reference, form), 409 if isinstance(error, Conflict) else 422
    flash("The amended version is published; the earlier ones stay readable.", "success")
    return redirect(url_for("reviews.page", reference=reference), 303)


@bp.route("/reviews/<reference>/waive", methods=["GET", "POST"])
@signed_in
def waive(reference: str) -> str | Response | tuple[str, int]:
    """The review is not needed, for a reason, perhaps until a day."""
    actor().needs("waive_review")
    form = MoveForm()
    if request.method == "POST":
        try:
            with begin() as work:
                waive_review(
                    work,
                    review_by_ref(work, reference),
                    why=form.why.data or "",
                    until=day_of(form.until.data, field="until"),
                )
            flash("The review is waived. It can be resumed at any time.", "success")
            return redirect(url_for("reviews.page", reference=reference), 303)
        except (NotAllowed, NotValid) as error:
            show_gaps(form, error)
    with look() as reader:
        review = review_by_ref(reader, reference)
        page = render_template(
            "reviews/waive.html", review=review, reference=ref(review), form=form
        )
    return page, 422 if form.errors else 200


@bp.route("/reviews/<reference>/move/<verb>", methods=["GET", "POST"])
@signed_in
def move(reference: str, verb: str) -> str | Response | tuple[str, int]:
    """The moves without a page of their own: into review, back to draft, resume."""
    if verb not in QUESTIONS:
        raise NotFound(f"The move “{verb[:40]}”")
    actor().needs("move_review")
    form = MoveForm()
    if request.method == "POST":
        try:
            with begin() as work:
                move_review(work, review_by_ref(work, reference), verb, why=form.why.data or "")
            flash(QUESTIONS[verb].done, "success")
            return redirect(url_for("reviews.page", reference=reference), 303)
        except (NotAllowed, NotValid) as error:
            show_gaps(form, error)
    with look() as reader:
        review = review_by_ref(reader, reference)
        page = render_template(
            "reviews/move.html",
            review=review,
            reference=ref(review),
            form=form,
            verb=verb,
            asked=QUESTIONS[verb],
        )
    return page, 422 if form.errors else 200


@bp.route("/reviews/<reference>/people", methods=["GET", "POST"])
@signed_in
def people(reference: str) -> str | Response | tuple[str, int]:
    """Title, owner, facilitator and due day."""
    actor().needs("edit_review")
    form = PeopleForm()
    if request.method == "POST":
        try:
            with begin() as work:
                row = review_by_ref(work, reference)
                edit_review(
                    work,
                    row,
                    EditReview(
                        title=form.title.data,
                        owner=form.owner.data,
                        facilitator=form.facilitator.data,
                        due_on=kept_day(form.due_on.data, row.due_on, field="due_on"),
                    ),
                )
            flash("Saved.", "success")
            return redirect(url_for("reviews.page", reference=reference), 303)
        except NotValid as error:
            show_gaps(form, error)
    with look() as reader:
        review = review_by_ref(reader, reference)
        known = active_people(reader)
        if request.method == "GET":
            names = people_by_id(reader, [review.owner_id, review.facilitator_id])
            form.title.data = review.title
            form.due_on.data = review.due_on.isoformat() if review.due_on else ""
            for name, person_id in (
                ("owner", review.owner_id),
                ("facilitator", review.facilitator_id),
            ):
                person = names.get(person_id or 0)
                form[name].data = person.email if person else ""
        offer_people(form.owner, known, none="Nobody yet")
        offer_people(form.facilitator, known, none="Nobody yet")
        page = render_template(
            "reviews/people.html", review=review, reference=ref(review), form=form
        )
    return page, 422 if form.errors else 200


def _look_again(form: MoveForm, review: Review) -> None:
    """The form stands on the review as this page shows it, not as an earlier one did."""
    form.version.raw_data = None
    form.version.data = review.version


def _publish_page(reference: str, form: MoveForm) -> str:
    with look() as reader:
        whole = whole_review(reader, review_by_ref(reader, reference))
        _look_again(form, whole.row)
        return render_template(
            "reviews/publish.html",
            review=whole.row,
            reference=whole.ref,
            whole=whole,
            points=open_points(whole, steps_of(whole)),
            form=form,
            possible=whole.row.state in ("draft", "in_review"),
        )


def _amend_page(reference: str, form: MoveForm) -> str:
    with look() as reader:
        review = review_by_ref(reader, reference)
        whole = whole_review(reader, review)
        _look_again(form, review)
        found = []
        if review.published_version:
            last = version(reader, review, review.published_version)
            now = working_version(reader, whole)
            found = differences(document(last, whole.template), document(now, whole.template))
        return render_template(
            "reviews/amend.html",
            review=review,
            reference=whole.ref,
            points=open_points(whole, steps_of(whole)),
            found=found,
            form=form,
            possible=review.state in ("published", "amended"),
        )
