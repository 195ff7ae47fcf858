"""Wording hints on pages: while somebody types, listed for a review, and the words for admins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField, StringField, TextAreaField

from tracker.db.work import Look
from tracker.domain.asks import TEXT_LIMIT
from tracker.domain.errors import DomainError, Gap, NotFound, NotValid, problem_of
from tracker.domain.review import Question
from tracker.domain.wording.finding import Finding
from tracker.models.review import Review
from tracker.reading.analyse.review_steps import step_of_question, steps_of
from tracker.reading.analyse.reviews import WholeReview, whole_review
from tracker.reading.analyse.wording import (
    WordingHints,
    categories,
    hints_for_answer,
    hints_for_review,
    hints_for_text,
    terms,
)
from tracker.reading.policies import template
from tracker.reading.references import incident_by_ref, ref, review_by_ref
from tracker.usecases.analyse.wording import (
    DismissAsk,
    TermAsk,
    bring_hint_back,
    dismiss_hint,
    drop_term,
    keep_term,
)
from tracker.web.admin import admin_only
from tracker.web.analyse.reviews import may_write
from tracker.web.forms import show_gaps
from tracker.web.gate import begin, look, signed_in
from tracker.web.site import wants_json

bp = Blueprint("wording", __name__)

VERDICT_WORDS = {
    "allow": "Allow: never mark it here",
    "add": "Add: mark it as well",
}


class DismissForm(FlaskForm):  # type: ignore[misc]
    """Why a hint does not fit in one place."""

    phrase = HiddenField()
    category = HiddenField()
    why = StringField("Why does the hint not fit here?")


class TermForm(FlaskForm):  # type: ignore[misc]
    """A word of the organisation's own."""

    phrase = StringField("Word or phrase")
    verdict = SelectField("What about it?", choices=list(VERDICT_WORDS.items()))
    category = SelectField("Kind of wording")
    why = TextAreaField("Why?")


@bp.post("/reviews/<reference>/answers/<question>/wording")
@signed_in
def while_typing(reference: str, question: str) -> Any:  # noqa: ANN401 - JSON and its status
    """The findings of the text that was sent, for the script of the editor: nothing is kept."""

    def find(reader: Look, text: str) -> tuple[Finding, ...]:
        review = review_by_ref(reader, reference)
        return hints_for_answer(reader, review, _question(reader, review, question), text)

    return _told(find)


@bp.post("/incidents/<reference>/timeline/wording")
@signed_in
def note_while_typing(reference: str) -> Any:  # noqa: ANN401 - JSON and its status
    """The same for a note in the timeline of an incident."""

    def find(reader: Look, text: str) -> tuple[Finding, ...]:
        incident_by_ref(reader, reference)
        return hints_for_text(reader, text, context="timeline")

    return _told(find)


@bp.get("/reviews/<reference>/wording")
@signed_in
def listing(reference: str) -> str:
    """Every hint for the answers of a review, and what was put aside."""
    with look() as reader:
        return _list_page(reader, review_by_ref(reader, reference), DismissForm(formdata=None))


@bp.post("/reviews/<reference>/answers/<question>/wording/dismiss")
@signed_in
def dismiss(reference: str, question: str) -> Any:  # noqa: ANN401 - JSON, a page or a redirect
    """These words are marked no more in this answer."""
    form = DismissForm()
    try:
        with begin() as work:
            dismiss_hint(
                work,
                review_by_ref(work, reference),
                DismissAsk(
                    question=question,
                    phrase=form.phrase.data or "",
                    category=form.category.data or "",
                    why=form.why.data or "",
                ),
            )
    except NotValid as error:
        if wants_json():
            return problem_of(error), 422
        with look() as reader:
            show_gaps(form, error)
            return _list_page(reader, review_by_ref(reader, reference), form), 422
    if wants_json():
        return {"ok": True}
    flash("Put aside, with your reason. It can be brought back on this page.", "success")
    return redirect(url_for("wording.listing", reference=reference), 303)


@bp.post("/reviews/<reference>/wording/<int:dismissal_id>/bring-back")
@signed_in
def bring_back(reference: str, dismissal_id: int) -> Response:
    """Words that were put aside are marked again."""
    with begin() as work:
        bring_hint_back(work, review_by_ref(work, reference), dismissal_id)
    flash("It is marked again.", "success")
    return redirect(url_for("wording.listing", reference=reference), 303)


@bp.get("/admin/words")
@admin_only
def words() -> str:
    """The organisation's own words, and the form for one more."""
    return _words_page(TermForm(formdata=None))


@bp.post("/admin/words")
@admin_only
def keep_word() -> Any:  # noqa: ANN401 - a page or a redirect
    """A word is allowed or added from now on."""
    form = TermForm()
    try:
        with begin() as work:
            row = keep_term(
                work,
                TermAsk(
                    phrase=form.phrase.data or "",
                    verdict=form.verdict.data or "",
                    category=form.category.data or "",
                    why=form.why.data or "",
                ),
            )
    except NotValid as error:
        show_gaps(form, error)
        return _words_page(form), 422
    flash(f"“{row.phrase}” is {'allowed' if row.verdict == 'allow' else 'marked'} now.", "success")
    return redirect(url_for("wording.words"), 303)


@bp.post("/admin/words/<int:term_id>/drop")
@admin_only
def drop_word(term_id: int) -> Response:
    """The list has the word no longer."""
    with begin() as work:
        row = drop_term(work, term_id)
        phrase = row.phrase
    flash(f"“{phrase}” is off the list.", "success")
    return redirect(url_for("wording.words"), 303)


def answers_with_text(whole: WholeReview) -> list[tuple[Question, str]]:
    """Each question that has a text, in the order of the review."""
    return [
        (question, whole.answers[question.key].text)
        for question in whole.template.questions
        if question.key in whole.answers
    ]


def _list_page(reader: Look, review: Review, form: DismissForm) -> str:
    whole = whole_review(reader, review)
    steps = steps_of(whole)
    found = hints_for_review(reader, review, answers_with_text(whole))
    shown: list[tuple[WordingHints, str]] = []
    for one in found:
        if one.findings or one.dismissed:
            try:
                place = step_of_question(steps, one.question.key).key
            except DomainError:
                # A question that does not apply to this incident has no step to go to.
                place = ""
            shown.append((one, place))
    return render_template(
        "reviews/wording.html",
        review=review,
        reference=ref(review),
        shown=shown,
        count=sum(len(one.findings) for one in found),
        categories=categories(),
        texts={question.key: text for question, text in answers_with_text(whole)},
        form=form,
        may_write=may_write(review),
    )


def _words_page(form: TermForm) -> str:
    form.category.choices = [
        ("", "Every kind (for an allowed word)"),
        *((one.key, one.name) for one in categories().values()),
    ]
    with look() as reader:
        return render_template(
            "admin/words.html", form=form, rows=terms(reader), categories=categories()
        )


def _question(reader: Look, review: Review, key: str) -> Question:
    asked = template(reader, review.template_key, review.template_version).question(key)
    if asked is None:
        raise NotFound(f"The question “{key[:40]}”")
    return asked


def _told(find: Callable[[Look, str], tuple[Finding, ...]]) -> Any:  # noqa: ANN401 - JSON, status
    text = request.form.get("text", "").replace("\r\n", "\n")
    if len(text) > TEXT_LIMIT:
        refused = NotValid(Gap("text", f"The text may have {TEXT_LIMIT:,} characters"))
        return problem_of(refused), 422
    with look() as reader:
        found = find(reader, text)
    return {"findings": [_as_data(one) for one in found]}


def _as_data(one: Finding) -> dict[str, Any]:
    return {
        "category": one.category,
        "name": categories()[one.category].name,
        "level": one.level,
        "start": one.start,
        "end": one.end,
        "text": one.text,
        "question": one.question,
    }
