"""The forms that close a review: sign-offs, variants, the meeting, the survey. Shape only."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from tracker.domain.sign_off import PART_NAMES, PARTS

VERDICT_WORDS = (
    ("approve", "I have read it and it can be published"),
    ("dispute", "Something in it needs another look first"),
)


class AskForm(FlaskForm):  # type: ignore[misc]
    """Somebody who is to read the review."""

    person = SelectField("Who?", validate_choice=False)
    part = SelectField(
        "As what?", choices=[(one, PART_NAMES[one]) for one in PARTS], validate_choice=False
    )


class WordForm(FlaskForm):  # type: ignore[misc]
    """What an asked reader says."""

    verdict = RadioField("Your word", choices=VERDICT_WORDS, validate_choice=False)
    step = SelectField("Which part of the review?", validate_choice=False)
    text = TextAreaField("In your own words")


class SettleForm(FlaskForm):  # type: ignore[misc]
    """The answer to an objection."""

    text = TextAreaField("Your answer")


class GoWithoutForm(FlaskForm):  # type: ignore[misc]
    """A part that nobody signs this time."""

    part = SelectField(
        "Without whom?", choices=[(one, PART_NAMES[one]) for one in PARTS], validate_choice=False
    )
    why = TextAreaField("Why?")


class VariantForm(FlaskForm):  # type: ignore[misc]
    """The text an audience reads."""

    version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    text = TextAreaField("Text")


class MeetingForm(FlaskForm):  # type: ignore[misc]
    """When and where people meet about a review."""

    starts_at = StringField("Begins")
    minutes = IntegerField("Minutes", validators=[Optional()])
    place = StringField("Place or link")
    note_taker = SelectField("Note-taker", validate_choice=False)
    guests = SelectMultipleField(
        "Who is invited?",
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    agenda = TextAreaField("Agenda")


class NotesForm(FlaskForm):  # type: ignore[misc]
    """What was said, and who was there."""

    attended = SelectMultipleField(
        "Who was there?",
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    notes = TextAreaField("Notes")


GRADES = [("1", "1 not at all"), ("2", "2"), ("3", "3"), ("4", "4"), ("5", "5 very much")]


class SurveyForm(FlaskForm):  # type: ignore[misc]
    """The three questions."""

    learned = RadioField("It taught me something", choices=GRADES, validate_choice=False)
    safe = RadioField("It felt safe to speak openly", choices=GRADES, validate_choice=False)
    will_change = RadioField("It will change how I work", choices=GRADES, validate_choice=False)
    remark = TextAreaField("Anything you would like to add")
