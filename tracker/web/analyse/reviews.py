"""Reviews: the list, starting one, the published document, its versions and downloads."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.db.work import Look
from tracker.domain.errors import Gap, NotAllowed, NotFound, NotValid
from tracker.domain.lifecycle import OPEN_REVIEW_STATES, REVIEW
from tracker.domain.signals import SIGNALS, suggested_depth
from tracker.models.catalogue import Person
from tracker.models.review import Review, ReviewVersion
from tracker.reading.analyse.review_document import Document, differences, document
from tracker.reading.analyse.review_steps import moves_of, open_points, steps_of
from tracker.reading.analyse.reviews import (
    SORTS,
    ReviewFilter,
    incidents_of,
    list_reviews,
    records_of,
    review_of,
    version,
    versions,
    whole_review,
)
from tracker.reading.catalogue import active_people
from tracker.reading.links import people_by_id, visibilities
from tracker.reading.policies import template, templates
from tracker.reading.references import incident_by_ref, ref, review_by_ref
from tracker.usecases.analyse.reviews import StartReview, start_review
from tracker.web.analyse.review_forms import StartForm, offer_people
from tracker.web.forms import chosen, day_of, show_gaps, words_of
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.times import show_times_in

bp = Blueprint("reviews", __name__)

VIEWS = ("open", "overdue", "mine", "all")


@bp.get("/reviews")
@signed_in
def listing() -> str:
    """The reviews this person may read: first what is open, the longest overdue on top."""
    view = request.args.get("view", "open")
    if view not in VIEWS:
        raise NotFound(f"The view “{view[:40]}”")
    state = chosen(request.args, "state")
    asked = ReviewFilter(
        state=state or (("open",) if view == "open" else ()),
        template=chosen(request.args, "template"),
        overdue=view == "overdue",
        mine=view == "mine",
    )
    sort = request.args.get("sort") or ("due" if view in ("open", "overdue") else "newest")
    with look() as reader:
        found = list_reviews(
            reader, asked, sort=sort, cursor=request.args.get("cursor", ""), count=True
        )
        return render_template(
            "reviews/listing.html",
            found=found,
            view=view,
            views=VIEWS,
            sort=sort,
            sorts=tuple(SORTS),
            state=state[0] if state else "",
            states=REVIEW.states,
            template=asked.template[0] if asked.template else "",
            templates=templates(reader),
            visibility=visibilities(reader, [item.row.circle_id for item in found.items]),
            today=reader.today,
        )


@bp.route("/reviews/new", methods=["GET", "POST"])
@signed_in
def start() -> str | Response | tuple[str, int]:
    """Choosing how to review an incident, and who looks after it."""
    actor().needs("start_review")
    form = StartForm()
    if request.method == "POST":
        try:
            with begin() as work:
                review = start_review(
                    work,
                    StartReview(
                        incidents=words_of(form.incidents.data),
                        template=form.template.data or "",
                        owner=form.owner.data or "",
                        facilitator=form.facilitator.data or "",
                        due_on=day_of(form.due_on.data, field="due_on"),
                        signals=tuple(request.form.getlist("signals")),
                    ),
                )
                reference = ref(review)
                offered = suggested_depth(review.signals)
            flash("The review is open. What the incident already tells is filled in.", "success")
            if offered == "deep":
                flash("The signs you ticked suggest a deep review: perspectives, and time.", "info")
            return redirect(url_for("reviews.page", reference=reference), 303)
        except (NotValid, NotAllowed) as error:
            show_gaps(form, error)
        except NotFound as error:
            show_gaps(form, NotValid(Gap("incidents", error.message)))
        return _start_page(form), 422
    form.incidents.data = request.args.get("incident", "")[:200]
    if form.incidents.data:
        with look() as reader:
            incident = incident_by_ref(reader, form.incidents.data)
            earlier = review_of(reader, incident)
            if earlier is not None:
                return redirect(url_for("reviews.page", reference=ref(earlier)))
            rule = reader.policy_of(incident.policy_version).review_rules.get(
                "near_miss" if incident.kind == "near_miss" else incident.severity
            )
            form.template.data = rule.template if rule else "light"
    return _start_page(form)


@bp.get("/reviews/<reference>")
@signed_in
def page(reference: str) -> str:
    """The newest published version for readers; how far the review is while there is none."""
    with look() as reader:
        review = review_by_ref(reader, reference)
        if review.published_version and review.state != "waived":
            return _document_page(reader, review, versions(reader, review), newest=True)
        return _progress_page(reader, review)


@bp.get("/reviews/<reference>/progress")
@signed_in
def progress(reference: str) -> str:
    """How far the working copy is: steps, open points, people, moves."""
    with look() as reader:
        return _progress_page(reader, review_by_ref(reader, reference))


@bp.get("/reviews/<reference>/versions/<int(max=2147483647):number>")
@signed_in
def earlier(reference: str, number: int) -> str:
    """A published version as it was."""
    with look() as reader:
        review = review_by_ref(reader, reference)
        version(reader, review, number)
        kept = versions(reader, review)
        kept_then = [row for row in kept if row.number == number]
        return _document_page(reader, review, kept, shown=kept_then[0], newest=False)


@bp.get("/reviews/<reference>/diff")
@signed_in
def diff(reference: str) -> str:
    """What changed from one published version to another."""
    with look() as reader:
        review = review_by_ref(reader, reference)
        kept = versions(reader, review)
        if not kept:
            raise NotFound("A published version of this review")
        newest = kept[0].number
        to = _number("to", newest)
        old = version(reader, review, _number("from", max(1, to - 1)))
        new = version(reader, review, to)
        return render_template(
            "reviews/diff.html",
            review=review,
            reference=ref(review),
            versions=kept,
            old=old,
            new=new,
            found=differences(_document(reader, review, old), _document(reader, review, new)),
        )


def may_write(review: Review) -> bool:
    """True when this person may change the working copy as it stands."""
    who = actor()
    if review.state in OPEN_REVIEW_STATES:
        return who.may("answer_question")
    return review.state != "waived" and who.may("amend_review")


def _start_page(form: StartForm) -> str:
    with look() as reader:
        people = active_people(reader)
        known = templates(reader)
    offer_people(form.owner, people, none="Nobody yet")
    offer_people(form.facilitator, people, none="Nobody yet")
    form.template.choices = [(one.key, one.name) for one in known]
    ticked = request.form.getlist("signals")
    return render_template(
        "reviews/new.html", form=form, templates=known, signals=SIGNALS, ticked=ticked
    )


def _progress_page(reader: Look, review: Review) -> str:
    whole = whole_review(reader, review)
    steps = steps_of(whole)
    moves = moves_of(reader, review)
    people = people_by_id(reader, [review.owner_id, review.facilitator_id, review.approver_id])
    return render_template(
        "reviews/progress.html",
        review=review,
        reference=whole.ref,
        whole=whole,
        steps=steps,
        points=open_points(whole, steps),
        moves=moves,
        possible=[move.verb for move in REVIEW.possible(review.state)],
        owner=people.get(review.owner_id or 0),
        facilitator=people.get(review.facilitator_id or 0),
        visibility=visibilities(reader, [review.circle_id])[review.circle_id],
        may_write=may_write(review),
        overdue=bool(
            review.due_on and review.due_on < reader.today and review.state in OPEN_REVIEW_STATES
        ),
    )


def _document_page(
    reader: Look,
    review: Review,
    kept: list[ReviewVersion],
    *,
    newest: bool,
    shown: ReviewVersion | None = None,
) -> str:
    # What is published reads the same for everybody.
    show_times_in(reader.policy.zone.key)
    row = shown or kept[0]
    actions, lessons = records_of(reader, review)
    people: dict[int, Person] = people_by_id(
        reader, [review.owner_id, review.facilitator_id, *(one.published_by_id for one in kept)]
    )
    return render_template(
        "reviews/document.html",
        review=review,
        reference=ref(review),
        told=_document(reader, review, row),
        versions=kept,
        shown=row,
        newest=newest,
        people=people,
        present={ref(one): one for one in (*actions, *lessons)},
        incidents=incidents_of(reader, review),
        owner=people.get(review.owner_id or 0),
        facilitator=people.get(review.facilitator_id or 0),
        visibility=visibilities(reader, [review.circle_id])[review.circle_id],
        may_write=may_write(review),
    )


def _document(reader: Look, review: Review, row: ReviewVersion) -> Document:
    key, number = row.content.get("template", [review.template_key, review.template_version])
    return document(row, template(reader, key, number))


def _number(name: str, default: int) -> int:
    """A version number of the address bar. Raises: NotFound for what is none."""
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise NotFound("That version")
    return int(text)
