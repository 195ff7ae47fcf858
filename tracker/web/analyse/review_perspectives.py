"""Perspectives: asking those who were there, one's own page, and what is shared side by side."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from tracker.domain.errors import DomainError, NotAllowed, NotValid, problem_of
from tracker.domain.perspective import QUESTIONS
from tracker.reading.analyse.perspectives import (
    entries_of,
    moments_of,
    my_perspective,
    my_perspective_of,
    perspectives_of,
    standing_of,
    texts_of,
    who_was_there,
    woven,
)
from tracker.reading.analyse.reviews import incidents_of
from tracker.reading.catalogue import active_people
from tracker.reading.references import ref, review_by_ref
from tracker.usecases.analyse.perspectives import (
    AskPerspectives,
    WritePerspective,
    WrittenPerspective,
    add_perspective_moment,
    ask_perspectives,
    clear_perspective,
    decline_perspective,
    remove_perspective_moment,
    share_perspective,
    take_back_perspective,
    withdraw_perspective,
    write_perspective,
)
from tracker.web.analyse.review_forms import offer_people
from tracker.web.forms import instant_of, local_value, show_gaps
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.site import wants_json

bp = Blueprint("review_perspectives", __name__)

MINE = "/perspectives/<int(max=2147483647):perspective_id>"
BOTH_KEPT = "You wrote this in another window too: both texts are kept, please make one of them."


class AskForm(FlaskForm):  # type: ignore[misc]
    """Who is to be asked: those who were there, and somebody else."""

    people = SelectMultipleField(
        "Who was there?",
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    other = SelectField("Somebody else", validate_choice=False)


class TextForm(FlaskForm):  # type: ignore[misc]
    """The text of one question."""

    base_version = HiddenField()
    text = TextAreaField("In your own words")


class MomentForm(FlaskForm):  # type: ignore[misc]
    """Something seen or thought at an instant."""

    at = StringField("When?")
    text = TextAreaField("What did you see or think then?")


@bp.get("/reviews/<reference>/perspectives")
@signed_in
def page(reference: str) -> str:
    """Who was asked, and what is shared beside the timeline."""
    return _page(reference)


@bp.post("/reviews/<reference>/perspectives")
@signed_in
def ask(reference: str) -> Response | tuple[str, int]:
    """The chosen people are asked."""
    form = AskForm()
    people = tuple(one for one in (*(form.people.data or ()), form.other.data or "") if one)
    try:
        with begin() as work:
            review = review_by_ref(work, reference)
            asked = len(ask_perspectives(work, review, AskPerspectives(people=people)))
    except (NotValid, NotAllowed) as error:
        show_gaps(form, error)
        return _page(reference, form), 422
    who = "1 person is" if asked == 1 else f"{asked} people are"
    flash(f"{who} asked. What they write is theirs until they share it.", "success")
    return redirect(url_for("review_perspectives.page", reference=reference), 303)


@bp.post(
    "/reviews/<reference>/perspectives/<int(max=2147483647):perspective_id>/withdraw",
)
@signed_in
def withdraw(reference: str, perspective_id: int) -> Response | tuple[str, int]:
    """The person is no longer asked."""
    try:
        with begin() as work:
            withdraw_perspective(work, review_by_ref(work, reference), perspective_id)
    except NotAllowed as error:
        return _page(reference, _said(AskForm(formdata=None), error)), 422
    flash("They are no longer asked, and are told so. What they may have written is theirs.")
    return redirect(url_for("review_perspectives.page", reference=reference), 303)


@bp.get("/reviews/<reference>/perspectives/mine")
@signed_in
def mine(reference: str) -> Response:
    """To the page of the person who is signed in, for links in messages."""
    with look() as reader:
        perspective_id = my_perspective_of(reader, review_by_ref(reader, reference))
    if perspective_id is None:
        return redirect(url_for("review_perspectives.page", reference=reference))
    return redirect(url_for("review_perspectives.own", perspective_id=perspective_id))


@bp.get(MINE)
@signed_in
def own(perspective_id: int) -> str:
    """What its author writes; nobody else finds this page."""
    return _own_page(perspective_id)


@bp.post(f"{MINE}/answers/<question>")
@signed_in
def write(perspective_id: int, question: str) -> Any:  # noqa: ANN401 - a page, JSON or a redirect
    """Keeps the text of a question: JSON for autosave, otherwise back to it."""
    form = TextForm()
    version = str(form.base_version.data or "").strip()
    known = version.isascii() and version.isdecimal() and len(version) < 10
    wanted = WritePerspective(
        question=question,
        text=form.text.data or "",
        base_version=int(version) if known else None,
    )
    try:
        with begin() as work:
            written = write_perspective(work, perspective_id, wanted)
    except (NotValid, NotAllowed) as error:
        if wants_json():
            return problem_of(error), 422
        # No HTML can hold a NUL; the rest of what was typed stays.
        form.text.data = wanted.text.replace("\x00", "")
        show_gaps(form, error)
        return _own_page(perspective_id, typed={question: form}), 422
    if wants_json():
        return _written_json(written)
    flash(BOTH_KEPT if written.conflicts else "Kept. Only you can read it.", "success")
    return _back(perspective_id, f"q-{question}")


@bp.post(f"{MINE}/moments")
@signed_in
def add_moment(perspective_id: int) -> Response | tuple[str, int]:
    """A moment stands on the author's time axis."""
    form = MomentForm()
    try:
        with begin() as work:
            at = instant_of(form.at.data, actor().time_zone)
            add_perspective_moment(work, perspective_id, at=at, text=form.text.data or "")
    except (NotValid, NotAllowed) as error:
        show_gaps(form, error)
        return _own_page(perspective_id, moment=form), 422
    flash("The moment is kept.", "success")
    return _back(perspective_id, "moments")


@bp.post(f"{MINE}/moments/<int(max=2147483647):moment_id>/remove")
@signed_in
def remove_moment(perspective_id: int, moment_id: int) -> Response:
    """The moment is gone."""
    with begin() as work:
        remove_perspective_moment(work, perspective_id, moment_id)
    return _back(perspective_id, "moments")


@bp.post(f"{MINE}/share")
@signed_in
def share(perspective_id: int) -> Response | tuple[str, int]:
    """Readers of the review can read it."""
    return _decide(
        perspective_id, share_perspective, "Shared. Thank you: this is how others learn from it."
    )


@bp.post(f"{MINE}/take-back")
@signed_in
def take_back(perspective_id: int) -> Response | tuple[str, int]:
    """Only its author reads it again."""
    return _decide(perspective_id, take_back_perspective, "Taken back. Only you can read it.")


@bp.post(f"{MINE}/clear")
@signed_in
def clear(perspective_id: int) -> Response | tuple[str, int]:
    """All that was written is gone."""
    return _decide(perspective_id, clear_perspective, "All you wrote here is deleted.")


@bp.post(f"{MINE}/decline")
@signed_in
def decline(perspective_id: int) -> Response | tuple[str, int]:
    """No, thanks."""
    return _decide(
        perspective_id,
        decline_perspective,
        "That is fine, and nobody will remind you. Should you change your mind, this page stays.",
    )


def _decide(perspective_id: int, verb: Any, said: str) -> Response | tuple[str, int]:  # noqa: ANN401 - a use case
    form = TextForm(formdata=None)
    try:
        with begin() as work:
            verb(work, perspective_id)
    except (NotValid, NotAllowed) as error:
        return _own_page(perspective_id, refused=_said(form, error)), 422
    flash(said, "success")
    return _back(perspective_id, "")


def _said(form: FlaskForm, error: DomainError) -> FlaskForm:
    form.form_errors.extend(gap.message for gap in error.gaps)
    return form


def _page(reference: str, form: AskForm | None = None) -> str:
    with look() as reader:
        review = review_by_ref(reader, reference)
        incidents = incidents_of(reader, review)
        found = perspectives_of(reader, review)
        may_ask = actor().may("ask_perspectives") and review.state != "waived"
        people = active_people(reader) if may_ask else []
        there = who_was_there(reader, review, incidents, people) if may_ask else []
        asking = form or AskForm(formdata=None, people=[one.email for one in there])
        asking.people.choices = [(one.email, one.name) for one in there]
        offer_people(asking.other, people, none="Nobody")
        return render_template(
            "reviews/perspectives.html",
            review=review,
            reference=ref(review),
            asked=found.asked,
            shared=found.shared,
            rows=woven(entries_of(reader, incidents), found.shared) if found.shared else [],
            there=there,
            form=asking,
            mine=next((one.id for one in found.asked if one.person.key == actor().person_id), None),
            may_ask=may_ask,
            may_withdraw=actor().may("withdraw_perspective"),
        )


def _own_page(
    perspective_id: int,
    *,
    typed: dict[str, TextForm] | None = None,
    moment: MomentForm | None = None,
    refused: FlaskForm | None = None,
) -> str:
    with look() as reader:
        row, review = my_perspective(reader, perspective_id)
        incidents = incidents_of(reader, review)
        zone = actor().time_zone
        first = min((one.declared_at for one in incidents), default=reader.now)
        texts = texts_of(row)
        moments = moments_of(reader, [row.key])
        forms = {
            one.key: (typed or {}).get(one.key)
            or TextForm(
                formdata=None,
                text=texts.get(one.key, ""),
                base_version=str((row.answers.get(one.key) or {}).get("version", 0)),
            )
            for one in QUESTIONS
        }
        for one in QUESTIONS:
            forms[one.key].text.label.text = one.prompt
        return render_template(
            "reviews/perspective.html",
            row=row,
            review=review,
            reference=ref(review),
            entries=entries_of(reader, incidents),
            questions=QUESTIONS,
            texts=texts,
            forms=forms,
            moments=moments,
            written=bool(texts or moments),
            moment_form=moment or MomentForm(formdata=None, at=local_value(first, zone)),
            refused=refused,
            standing=standing_of(row),
            settled=row.shared_at is not None and bool(review.published_version),
            zone=zone,
        )


def _written_json(written: WrittenPerspective) -> dict[str, Any]:
    body: dict[str, Any] = {"version": written.version}
    if written.merged:
        body["merged_text"] = written.text
    if written.conflicts:
        body["note"] = BOTH_KEPT
    return body


def _back(perspective_id: int, anchor: str) -> Response:
    return redirect(
        url_for("review_perspectives.own", perspective_id=perspective_id, _anchor=anchor or None),
        303,
    )
