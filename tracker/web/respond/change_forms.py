"""Forms of changes. They check shapes only: the domain knows the rules."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField

from tracker.usecases.respond.changes import KIND_WORDS

STATUS_WORDS = {
    "started": "Under way",
    "succeeded": "Succeeded",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
ROLE_WORDS = {"triggered_by": "Triggered it", "remediated_by": "Helped to end it"}


class ChangeForm(FlaskForm):  # type: ignore[misc]
    """A change as a person tells it, where no tool does."""

    service = SelectField("Service", validate_choice=False)
    kind = SelectField("What it was", choices=list(KIND_WORDS.items()), validate_choice=False)
    title = StringField("In a few words")
    environment = StringField("Environment", default="production")
    revision = StringField("Revision")
    status = SelectField(
        "How it stands",
        choices=list(STATUS_WORDS.items()),
        default="succeeded",
        validate_choice=False,
    )
    started_at = StringField("Began")
    finished_at = StringField("Ended")
    url = StringField("Link")
    rolls_back = StringField("Takes back")
    text = TextAreaField("More")


class LinkForm(FlaskForm):  # type: ignore[misc]
    """A change that nobody suggested, linked by its reference."""

    change = StringField("Reference of the change")
    role = SelectField("What it did", choices=list(ROLE_WORDS.items()), validate_choice=False)
    note = StringField("What speaks for it")
