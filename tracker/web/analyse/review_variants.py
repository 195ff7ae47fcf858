"""The text of a review for each audience: read, written over, generated again, taken along."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from tracker.domain.errors import Conflict, NotValid
from tracker.domain.lifecycle import OPEN_REVIEW_STATES
from tracker.domain.text_diff import lines_of, near_changes, word_diff
from tracker.domain.variant import AUDIENCE_MEANINGS, AUDIENCE_NAMES, AUDIENCES
from tracker.reading.analyse.variants import variant_of
from tracker.reading.references import ref, review_by_ref
from tracker.usecases.analyse.variants import regenerate_variant, write_variant
from tracker.web.analyse.closing_forms import VariantForm
from tracker.web.forms import show_gaps
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.times import show_times_in

bp = Blueprint("review_variants", __name__)


@bp.get("/reviews/<reference>/variants/<audience>")
@signed_in
def page(reference: str, audience: str) -> str:
    """What this audience reads."""
    return _page(reference, audience, None)


@bp.post("/reviews/<reference>/variants/<audience>")
@signed_in
def write(reference: str, audience: str) -> AnyResponse | tuple[str, int]:
    """A person writes the text over."""
    form = VariantForm()
    try:
        with begin() as work:
            review = review_by_ref(work, reference)
            text = form.text.data or ""
            write_variant(work, review, audience, text=text, version=form.version.data)
    except (NotValid, Conflict) as error:
        show_gaps(form, error)
        return _page(reference, audience, form), 409 if isinstance(error, Conflict) else 422
    flash("Saved. This audience reads your text from now on.", "success")
    return _back(reference, audience)


@bp.post("/reviews/<reference>/variants/<audience>/regenerate")
@signed_in
def regenerate(reference: str, audience: str) -> AnyResponse:
    """The generated text stands again."""
    with begin() as work:
        review = review_by_ref(work, reference)
        regenerate_variant(work, review, audience)
    flash("Generated again from the review.", "success")
    return _back(reference, audience)


@bp.get("/reviews/<reference>/variants/<audience>.md")
@signed_in
def markdown(reference: str, audience: str) -> Response:
    """The text as a file."""
    with look() as reader:
        review = review_by_ref(reader, reference)
        text = variant_of(reader, review, audience).text
        name = f"{ref(review)}-{audience}.md"
    return Response(
        text,
        content_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(reference: str, audience: str, typed: VariantForm | None) -> str:
    with look() as reader:
        review = review_by_ref(reader, reference)
        variant = variant_of(reader, review, audience)
        show_times_in(reader.policy.zone.key)
        form = typed or VariantForm(
            formdata=None, data={"text": variant.text, "version": variant.version}
        )
        who = actor()
        changed = variant.written is not None
        return render_template(
            "reviews/variant.html",
            review=review,
            reference=ref(review),
            variant=variant,
            audiences=[(one, AUDIENCE_NAMES[one]) for one in AUDIENCES],
            meaning=AUDIENCE_MEANINGS[audience],
            form=form,
            may_write=who.may("write_variant")
            and (review.state in OPEN_REVIEW_STATES or who.may("amend_review")),
            changes=near_changes(lines_of(word_diff(variant.generated, variant.text)))
            if changed
            else [],
        )


def _back(reference: str, audience: str) -> AnyResponse:
    address = url_for("review_variants.page", reference=reference, audience=audience)
    return redirect(address, 303)
