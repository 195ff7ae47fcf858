"""The list of lessons, and writing a new one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tracker.db.work import Look
from tracker.domain.errors import NotFound, NotValid
from tracker.reading.catalogue import active_people, teams
from tracker.reading.references import ref
from tracker.reading.share.lessons import (
    SORTS,
    LessonFilter,
    common_tags,
    lesson_counts,
    list_lessons,
)
from tracker.usecases.share.lessons import DraftLesson, draft_lesson
from tracker.web.forms import chosen, kept_day, show_gaps, words_of
from tracker.web.gate import actor, begin, look, signed_in
from tracker.web.share.lessons_forms import (
    PLACE_WORDS,
    LessonForm,
    NewLessonForm,
    offered,
    places_of,
)

bp = Blueprint("lessons", __name__)

VIEWS = {
    "living": ("In use", LessonFilter(state=("living",))),
    "mine": ("Mine", LessonFilter(mine=True, state=("draft", "published", "needs_review"))),
    "exposed": (
        "Others may be exposed",
        LessonFilter(others_exposed=True, state=("living",)),
    ),
    "needs_review": ("Still true?", LessonFilter(state=("needs_review",))),
    "drafts": ("Drafts", LessonFilter(state=("draft",))),
    "all": ("Everything", LessonFilter()),
}


@bp.get("/lessons")
@signed_in
def listing() -> str:
    """Lessons; view, filters, sort and page live in the address."""
    view = request.args.get("show", "living")
    view = view if view in VIEWS else "living"
    sort = request.args.get("sort", "newest")
    asked = replace(
        VIEWS[view][1],
        tag=tuple(tag.lower() for tag in chosen(request.args, "tag")),
        team=chosen(request.args, "team"),
        applies_to=chosen(request.args, "applies_to"),
    )
    with look() as reading:
        return render_template(
            "lessons/listing.html",
            view=view,
            views=VIEWS,
            asked=asked,
            counts=lesson_counts(reading, {name: one for name, (_, one) in VIEWS.items()}),
            found=list_lessons(
                reading,
                asked,
                sort=sort if sort in SORTS else "newest",
                cursor=request.args.get("cursor", ""),
            ),
            sort=sort,
            tag_choices=[(tag, tag) for tag in sorted({*common_tags(reading), *asked.tag})],
            teams=[(team.slug, team.name) for team in teams(reading)],
            place_words=PLACE_WORDS,
        )


@bp.get("/lessons/new")
@signed_in
def new() -> str:
    """The form for a new lesson; ?review= and ?incidents= say where it comes from."""
    actor().needs("draft_lesson")
    form = NewLessonForm(
        formdata=None,
        data={name: request.args.get(name, "") for name in ("review", "incidents", "title")},
    )
    return _new_page(form)


@bp.post("/lessons/new")
@signed_in
def draft() -> str | Response | tuple[str, int]:
    """The lesson is drafted, or the form is shown again with what it still needs."""
    form = NewLessonForm()
    with look() as reading:
        offer(reading, form)
    form.validate_on_submit()
    try:
        with begin() as work:
            lesson = draft_lesson(
                work,
                DraftLesson(
                    **given(form),
                    incidents=words_of(form.incidents.data),
                    review=(form.review.data or "").strip(),
                    visibility=form.visibility.data or "org",
                    members=words_of(form.members.data),
                ),
            )
            reference = ref(lesson)
    except (NotValid, NotFound) as error:
        show_gaps(form, error)
        return _new_page(form), 422
    flash("Drafted. Publish it when it reads well to somebody who was not there.", "success")
    return redirect(url_for("lessons.page", reference=reference), 303)


def given(form: LessonForm, *, review_by: date | None = None) -> dict[str, Any]:
    """The fields that drafting and editing share; ``review_by`` is the day that stood before.

    Raises: NotValid for a day nobody can read or that was wiped out.
    """
    return {
        **{
            name: form[name].data or ""
            for name in ("title", "situation", "insight", "recommendation", "owner", "team")
        },
        "tags": words_of(form.tags.data),
        "applies_to": places_of(form.applies_to.data),
        "review_by": kept_day(form.review_by.data, review_by, field="review_by"),
        "others_exposed": bool(form.others_exposed.data),
    }


def offer(reading: Look, form: LessonForm) -> None:
    """Owners and teams can be chosen. Two queries."""
    offered(
        form,
        [(one.email, one.name) for one in active_people(reading)],
        [(one.slug, one.name) for one in teams(reading)],
    )


def _new_page(form: NewLessonForm) -> str:
    with look() as reading:
        offer(reading, form)
        return render_template("lessons/new.html", form=form)
