"""Templates: as admins write them, and which one with which incidents a running review has."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField

from tracker.db.work import Look, Work
from tracker.domain.errors import DomainError, Gap, NotAllowed, NotFound, NotValid
from tracker.domain.review import Template
from tracker.models.incident import Incident
from tracker.models.review import Review
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.policies import templates
from tracker.reading.references import incident_by_ref, review_by_ref
from tracker.reading.template_texts import newest_templates, template_text
from tracker.usecases.analyse.templates import (
    WriteTemplate,
    add_incident,
    change_template,
    read_template,
    remove_incident,
    write_review_template,
)
from tracker.web.admin import admin_only
from tracker.web.forms import show_gaps
from tracker.web.gate import actor, begin, look, signed_in

bp = Blueprint("review_templates", __name__)

NEW_TEXT = """key: my-template
name: My way to review
purpose: >-
  When it is used, in a sentence.

steps:
  - key: story
    title: What happened
    intro: >-
      A sentence before the questions.
    guide:
      ask:
        - What did you see first?
      avoid:
        - Judging words in the story.
    questions:
      - key: summary
        kind: markdown
        prompt: What happened?
        help: Three sentences are plenty.
        required: true
        due_business_days: 2
        prefill: summary
"""


class TemplateForm(FlaskForm):  # type: ignore[misc]
    """A template as YAML."""

    text = TextAreaField("Template")


class ScopeForm(FlaskForm):  # type: ignore[misc]
    """The template of a review, and an incident to add."""

    template = SelectField("Template", validate_choice=False)
    incident = StringField("Incident")


@bp.get("/admin/templates")
@admin_only
def listing() -> str:
    """Every template with its version, where it comes from, and how many reviews used it."""
    with look() as reader:
        return render_template("admin/review_templates.html", rows=newest_templates(reader))


@bp.route("/admin/templates/new", methods=["GET", "POST"])
@admin_only
def new() -> str | Response | tuple[str, int]:
    """A new template, begun with an example."""
    return _edit("", NEW_TEXT)


@bp.route("/admin/templates/<key>", methods=["GET", "POST"])
@admin_only
def edit(key: str) -> str | Response | tuple[str, int]:
    """A template to read, preview and change."""
    with look() as reader:
        text = template_text(reader, key)
    return _edit(key, text)


def _edit(key: str, text: str) -> str | Response | tuple[str, int]:
    form = TemplateForm()
    preview: Template | None = None
    status = 200
    if request.method == "GET":
        form.text.data = text
    written = form.text.data or ""
    try:
        preview, _ = read_template(written, key)
        if request.method == "POST" and request.form.get("do") != "preview":
            with begin() as work:
                row = write_review_template(work, WriteTemplate(text=written, key=key))
                named = (row.template_key, row.version)
            flash(
                f"Version {named[1]} is in force for reviews that begin now. Running ones keep "
                "theirs.",
                "success",
            )
            return redirect(url_for("review_templates.edit", key=named[0]), 303)
    except (NotValid, NotAllowed) as error:
        show_gaps(form, error)
        form.text.data = written.replace("\x00", "")
        status = 422
    with look() as reader:
        row_known = next((one for one in newest_templates(reader) if one.key == key), None)
    page = render_template(
        "admin/review_template.html", key=key, form=form, preview=preview, known=row_known
    )
    return page if status == 200 else (page, status)


@bp.get("/reviews/<reference>/scope")
@signed_in
def scope(reference: str) -> str:
    """Which incidents the review is about, and which template it follows."""
    with look() as reader:
        return _scope_page(reader, review_by_ref(reader, reference), ScopeForm(formdata=None))


@bp.post("/reviews/<reference>/scope/template")
@signed_in
def set_template(reference: str) -> Response | tuple[str, int]:
    """The review follows another template; no answer is lost."""
    form = ScopeForm()
    try:
        with begin() as work:
            change_template(work, review_by_ref(work, reference), form.template.data or "")
    except NotAllowed as error:
        return _scope_again(reference, form, error)
    flash("The review follows this template now. Every answer is kept.", "success")
    return redirect(url_for("review_templates.scope", reference=reference), 303)


@bp.post("/reviews/<reference>/scope/add")
@signed_in
def add(reference: str) -> Response | tuple[str, int]:
    """The review is about one more incident."""
    form = ScopeForm()
    try:
        with begin() as work:
            review = review_by_ref(work, reference)
            add_incident(work, review, _incident(work, form))
    except (NotAllowed, NotValid) as error:
        return _scope_again(reference, form, error)
    flash("Its times, its timeline and its texts are part of the review now.", "success")
    return redirect(url_for("review_templates.scope", reference=reference), 303)


@bp.post("/reviews/<reference>/scope/remove")
@signed_in
def remove(reference: str) -> Response | tuple[str, int]:
    """The review is about the other incidents alone."""
    form = ScopeForm()
    try:
        with begin() as work:
            review = review_by_ref(work, reference)
            remove_incident(work, review, _incident(work, form))
    except (NotAllowed, NotValid) as error:
        return _scope_again(reference, form, error)
    flash("The review is about the others now. What people wrote stays.", "success")
    return redirect(url_for("review_templates.scope", reference=reference), 303)


def _incident(work: Work, form: ScopeForm) -> Incident:
    try:
        return incident_by_ref(work, form.incident.data or "")
    except NotFound as error:
        raise NotValid(Gap("incident", "Name an incident such as INC-12")) from error


def _scope_again(reference: str, form: ScopeForm, error: DomainError) -> tuple[str, int]:
    show_gaps(form, error)
    with look() as reader:
        return _scope_page(reader, review_by_ref(reader, reference), form), 422


def _scope_page(reader: Look, review: Review, form: ScopeForm) -> str:
    whole = whole_review(reader, review)
    known = templates(reader)
    form.template.choices = [(one.key, one.name) for one in known]
    form.template.data = form.template.data or review.template_key
    may_change = (
        actor().may("change_template")
        and review.state in ("draft", "in_review")
        and not review.published_version
    )
    return render_template(
        "reviews/scope.html",
        review=review,
        reference=whole.ref,
        whole=whole,
        templates=known,
        form=form,
        earlier=whole.earlier_answers,
        may_change=may_change,
    )
