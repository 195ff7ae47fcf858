"""The page of one lesson, made to be shared; its life cycle; and editing it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from tracker.domain.errors import Conflict, Gap, NotAllowed, NotFound, NotValid
from tracker.reading.references import lesson_by_ref, ref
from tracker.reading.share.lessons import LessonPage, lesson_page
from tracker.usecases.share.lessons import EditLesson, MoveLesson, edit_lesson, move_lesson
from tracker.web.forms import show_gaps, words_of
from tracker.web.gate import actor, begin, look, signed_in, tracker
from tracker.web.share.lessons import bp, given, offer
from tracker.web.share.lessons_forms import (
    PLACE_WORDS,
    EditLessonForm,
    LessonMoveForm,
    places_as_text,
)

# The routes here join the blueprint of the list, so that addresses are made by one name.
__all__ = ["bp"]


@dataclass(frozen=True)
class Step:
    """How a verb of the life cycle is offered: its button, what it means, what it asks for."""

    button: str
    meaning: str
    said: str
    asks: tuple[tuple[str, str], ...] = ()
    main: bool = False


STEPS = {
    "publish": Step(
        "Publish", "It is found in the library from now on.",
        "Published. It is in the library.", main=True,
    ),
    "confirm": Step(
        "Still true", "Somebody who knows looked at it; it is asked again in a year or so.",
        "Confirmed. Thank you for looking.", main=True,
    ),
    "ask_again": Step(
        "Ask whether it is still true", "Its owner is asked to look at it.",
        "Its page now asks whether it is still true.",
    ),
    "supersede": Step(
        "Replace it", "A newer lesson says it better. This one stays readable and leads there.",
        "Replaced. This page leads to the newer lesson.",
        (("by", "Which lesson replaces it? As LES-7"),),
    ),
    "archive": Step(
        "Archive", "It is no longer of use. It leaves the library and keeps its address.",
        "Archived.", (("why", "Why is it no longer of use?"),),
    ),
    "restore": Step(
        "Bring it back", "It is asked whether it is still true, and returns to the library.",
        "Brought back.", (("why", "Why is it of use again?"),),
    ),
}  # fmt: skip


DONE = {
    "publish": "Published",
    "confirm": "Found still true",
    "ask_again": "Asked whether it is still true",
    "supersede": "Replaced",
    "archive": "Archived",
    "restore": "Brought back",
}


@bp.get("/lessons/<reference>")
@signed_in
def page(reference: str) -> str:
    """The lesson as one wants to share it."""
    with look() as reading:
        shown = lesson_page(reading, lesson_by_ref(reading, reference))
        return _page(shown, LessonMoveForm(formdata=None))


@bp.post("/lessons/<reference>/moves")
@signed_in
def move(reference: str) -> str | Response | tuple[str, int]:
    """The lesson moves, or the page says at the form what the move still needs."""
    form = LessonMoveForm()
    form.validate_on_submit()
    verb = form.verb.data or ""
    ask = MoveLesson(
        verb=verb,
        why=form.why.data or "",
        by=(form.by.data or "").strip(),
        version=_version(form.version.data),
    )
    try:
        with begin() as work:
            lesson = lesson_by_ref(work, reference)
            move_lesson(work, lesson, ask)
    except (NotValid, NotAllowed, Conflict, NotFound) as error:
        with look() as reading:
            # A lesson that is hidden or missing ends here, as it does for reading.
            shown = lesson_page(reading, lesson_by_ref(reading, reference))
            if isinstance(error, NotFound):
                show_gaps(form, NotValid(Gap("by", error.message)))
            else:
                show_gaps(form, error)
            return _page(shown, form, tried=verb), 409 if isinstance(error, Conflict) else 422
    flash(STEPS[verb].said, "success")
    return redirect(url_for("lessons.page", reference=reference), 303)


@bp.route("/lessons/<reference>/edit", methods=["GET", "POST"])
@signed_in
def edit(reference: str) -> str | Response | tuple[str, int]:
    """New values for a lesson; who was slower keeps their words and sees that it changed."""
    actor().needs("edit_lesson")
    with look() as reading:
        lesson = lesson_by_ref(reading, reference)
        shown = lesson_page(reading, lesson)
        item = shown.item
        sources = " ".join(ref(one) for one in shown.incidents)
        owner = item.owner.email if item.owner else ""
        form = EditLessonForm(
            obj=lesson,
            data={
                "owner": owner,
                "team": item.team.slug if item.team else "",
                "tags": " ".join(item.links.tags),
                "applies_to": places_as_text(item.links.applies_to),
                "incidents": sources,
            },
        )
        offer(reading, form)
    status = 200
    if form.is_submitted():
        form.validate()
        try:
            with begin() as work:
                fields = given(form, review_by=lesson.review_by)
                if owner and fields["owner"] == owner:
                    # An owner who left stays until somebody else is chosen.
                    fields["owner"] = None
                edit_lesson(
                    work,
                    lesson_by_ref(work, reference),
                    EditLesson(
                        **fields,
                        incidents=words_of(form.incidents.data),
                        version=_version(form.version.data),
                    ),
                )
            flash("Saved.", "success")
            return redirect(url_for("lessons.page", reference=reference), 303)
        except NotFound as error:
            show_gaps(form, NotValid(Gap("incidents", error.message)))
            status = 422
        except NotValid as error:
            show_gaps(form, error)
            status = 422
        except Conflict as error:
            sentence = (
                f"{error.message}. Your words are kept below: compare them with the page as it "
                "is now, then save again."
            )
            show_gaps(form, NotValid(Gap("", sentence)))
            form.version.data = str(error.current or lesson.version)
            form.version.raw_data = None
            status = 409
    return render_template("lessons/edit.html", form=form, reference=ref(lesson)), status


def _page(shown: LessonPage, form: LessonMoveForm, *, tried: str = "") -> str:
    reference = shown.item.ref
    return render_template(
        "lessons/page.html",
        shown=shown,
        item=shown.item,
        row=shown.item.row,
        form=form,
        tried=tried,
        steps=[(move.verb, STEPS[move.verb]) for move in shown.moves],
        done_words=DONE,
        place_words=PLACE_WORDS,
        permalink=tracker().settings.base_url.rstrip("/")
        + url_for("lessons.page", reference=reference),
    )


def _version(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
