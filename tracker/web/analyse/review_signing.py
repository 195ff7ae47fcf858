"""Sign-offs on their page: who is asked, what they say, how an objection is answered."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from tracker.domain.errors import DomainError, NotAllowed, NotValid
from tracker.domain.sign_off import PART_NAMES, WAIVED, Signature, wanted_sign_offs
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.analyse.sign_offs import readers_asked
from tracker.reading.catalogue import active_people
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.sign_offs import (
    AskSignOff,
    SignOffWord,
    ask_sign_off,
    settle_dispute,
    sign_off,
    waive_sign_off,
    withdraw_sign_off,
)
from tracker.web.analyse.closing_forms import AskForm, GoWithoutForm, SettleForm, WordForm
from tracker.web.analyse.review_forms import offer_people
from tracker.web.forms import show_gaps
from tracker.web.gate import actor, begin, look, signed_in

bp = Blueprint("review_signing", __name__)


@bp.get("/reviews/<reference>/sign-offs")
@signed_in
def page(reference: str) -> str:
    """Who has read the review and what they said."""
    return _page(reference)


@bp.post("/reviews/<reference>/sign-offs")
@signed_in
def ask(reference: str) -> Response | tuple[str, int]:
    """Somebody is asked to read the review."""
    form = AskForm()
    try:
        with begin() as work:
            wanted = AskSignOff(person=form.person.data or "", part=form.part.data or "")
            ask_sign_off(work, review_by_ref(work, reference), wanted)
    except (NotValid, NotAllowed) as error:
        return _again(reference, form, error)
    flash("They are asked, and will find it on their home page.", "success")
    return _back(reference)


@bp.post("/reviews/<reference>/sign-offs/word")
@signed_in
def word(reference: str) -> Response | tuple[str, int]:
    """The word of the person who is signed in."""
    form = WordForm()
    try:
        with begin() as work:
            said = SignOffWord(
                verdict=form.verdict.data or "",
                text=form.text.data or "",
                step=form.step.data or "",
            )
            row = sign_off(work, review_by_ref(work, reference), said)
            approved = row.verdict == "approve"
    except (NotValid, NotAllowed) as error:
        return _again(reference, form, error)
    flash(
        "Signed. Thank you for reading it."
        if approved
        else "Thank you. That part is open again until you are answered.",
        "success",
    )
    return _back(reference)


@bp.post("/reviews/<reference>/sign-offs/<int(max=2147483647):sign_off_id>/withdraw")
@signed_in
def withdraw(reference: str, sign_off_id: int) -> Response:
    """Somebody is no longer asked."""
    with begin() as work:
        withdraw_sign_off(work, review_by_ref(work, reference), sign_off_id)
    flash("They are no longer asked.", "success")
    return _back(reference)


@bp.post("/reviews/<reference>/sign-offs/<int(max=2147483647):sign_off_id>/settle")
@signed_in
def settle(reference: str, sign_off_id: int) -> Response | tuple[str, int]:
    """An objection is answered."""
    form = SettleForm()
    try:
        with begin() as work:
            review = review_by_ref(work, reference)
            settle_dispute(work, review, sign_off_id, text=form.text.data or "")
    except (NotValid, NotAllowed) as error:
        return _again(reference, form, error, settling=sign_off_id)
    flash("The objection is answered; who raised it hears of it.", "success")
    return _back(reference)


@bp.post("/reviews/<reference>/sign-offs/without")
@signed_in
def go_without(reference: str) -> Response | tuple[str, int]:
    """The review goes without one of the sign-offs, for a reason."""
    actor().needs("waive_sign_off")
    form = GoWithoutForm()
    try:
        with begin() as work:
            review = review_by_ref(work, reference)
            waive_sign_off(work, review, part=form.part.data or "", why=form.why.data or "")
    except (NotValid, NotAllowed) as error:
        return _again(reference, form, error)
    flash("The review goes without this sign-off; the reason stands with it.", "success")
    return _back(reference)


def _page(reference: str, typed: FlaskForm | None = None, *, settling: int = 0) -> str:
    with look() as reader:
        review = review_by_ref(reader, reference)
        whole = whole_review(reader, review)
        who = actor()
        asked = [one for one in whole.signatures if one.verdict != WAIVED]
        mine = next((one for one in asked if one.person_id == who.person_id), None)
        known = active_people(reader)
        asking = typed if isinstance(typed, AskForm) else AskForm(formdata=None)
        word_form = typed if isinstance(typed, WordForm) else _word_form(mine)
        asked_already = {one.person_id for one in asked}
        offer_people(
            asking.person,
            [one for one in known if one.key not in asked_already],
            none="Choose somebody",
        )
        steps = [(step.key, step.title) for step in whole.template.steps]
        word_form.step.choices = [("", "Choose a part"), *steps]
        return render_template(
            "reviews/sign_offs.html",
            review=review,
            reference=whole.ref,
            wanted=wanted_sign_offs(whole.sign_off_rules, whole.signatures),
            readers=readers_asked(reader, review, whole.signatures),
            step_titles={step.key: step.title for step in whole.template.steps},
            parts=PART_NAMES,
            mine=mine,
            asking=asking,
            word_form=word_form,
            settling=settling,
            settle_form=typed if isinstance(typed, SettleForm) else SettleForm(formdata=None),
            without_form=typed
            if isinstance(typed, GoWithoutForm)
            else GoWithoutForm(formdata=None),
            may_settle=who.person_id == review.facilitator_id
            or (review.facilitator_id is None and who.may("move_review")),
            waived=review.state == "waived",
        )


def _word_form(mine: Signature | None) -> WordForm:
    if mine is None:
        return WordForm(formdata=None)
    return WordForm(
        formdata=None, data={"verdict": mine.verdict, "text": mine.text, "step": mine.step}
    )


def _again(
    reference: str, form: FlaskForm, error: DomainError, *, settling: int = 0
) -> tuple[str, int]:
    show_gaps(form, error)
    return _page(reference, form, settling=settling), 422


def _back(reference: str) -> Response:
    return redirect(url_for("review_signing.page", reference=reference), 303)
