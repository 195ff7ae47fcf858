"""The forms of procedures. They keep what was typed; the domain checks it."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from tracker.db.work import Look
from tracker.domain.procedure import USUAL_REVIEW_DAYS
from tracker.importing.procedures import ProcedureText
from tracker.reading.catalogue import active_people, services, teams
from tracker.web.respond.incident_forms import Checkboxes

KIND_CHOICES = [
    ("runbook", "Runbook: how to bring one thing in order"),
    ("playbook", "Playbook: how to go about a kind of trouble"),
]
LARGEST_FILE = 1_000_000


class ProcedureForm(FlaskForm):  # type: ignore[misc]
    """A procedure as a person writes it."""

    title = StringField("Title")
    text = TextAreaField("Steps")
    kind = SelectField("Kind", choices=KIND_CHOICES, default="runbook", validate_choice=False)
    services = Checkboxes("For the services", validate_choice=False)
    owner = SelectField("Owner", validate_choice=False)
    team = SelectField("Team", validate_choice=False)
    escalation = TextAreaField("When it does not help")
    review_every_days = IntegerField(
        "Look at it again after so many days", default=USUAL_REVIEW_DAYS, validators=[Optional()]
    )


class NewProcedureForm(ProcedureForm):
    """A new procedure may choose its short name."""

    slug = StringField("Short name")


class EditProcedureForm(ProcedureForm):
    """An edit knows the version it began with, why it was made, and what it mends."""

    why = StringField("What is different, and why")
    mends = Checkboxes("This version mends", validate_choice=False)
    version = HiddenField()


class ImportForm(FlaskForm):  # type: ignore[misc]
    """A Markdown file, pasted or chosen."""

    text = TextAreaField("Paste it here")
    file = FileField("Or choose the file")


class ProcedureMoveForm(FlaskForm):  # type: ignore[misc]
    """A verb of the life cycle with its reason."""

    verb = HiddenField()
    version = HiddenField()
    why = TextAreaField("Why")


class FaultForm(FlaskForm):  # type: ignore[misc]
    """A step that is wrong."""

    number = SelectField("Which step", coerce=str, validate_choice=False)
    note = TextAreaField("What is wrong")


def offer(reading: Look, form: ProcedureForm) -> None:
    """Owners, teams and services can be chosen; whoever is named now stays a choice. 3 queries."""
    people = [(one.email, one.name) for one in active_people(reading)]
    named = [(one.slug, one.name) for one in teams(reading)]
    for field, choices, nobody in (
        (form.owner, people, "Nobody yet"),
        (form.team, named, "No team"),
    ):
        known = {value for value, _ in choices}
        extra = [(field.data, field.data)] if field.data and field.data not in known else []
        field.choices = [("", nobody), *choices, *extra]
    form.services.choices = [(one.slug, one.name) for one in services(reading)]


def given(form: ProcedureForm) -> dict[str, Any]:
    """The fields that writing and editing share."""
    days = form.review_every_days.data
    return {
        **{
            name: form[name].data or ""
            for name in ("title", "text", "kind", "owner", "team", "escalation")
        },
        # What is no number at all is told like one that is out of range.
        "review_every_days": 0 if days is None else days,
        "services": tuple(form.services.data or ()),
    }


def form_of(read: ProcedureText) -> NewProcedureForm:
    """The form of a new procedure, filled from a file."""
    return NewProcedureForm(
        formdata=None,
        data={
            "title": read.title,
            "text": read.text,
            "slug": read.slug,
            "kind": read.kind,
            "owner": read.owner.lower(),
            "team": read.team,
            "escalation": read.escalation,
            "review_every_days": read.review_every_days or USUAL_REVIEW_DAYS,
            "services": list(read.services),
        },
    )
