"""Forms of events, alerts, rules and sources: shapes only, the domain knows the rules."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from tracker.db.work import Look
from tracker.domain.event import EVENT_KINDS, kind_name
from tracker.reading.catalogue import services, teams
from tracker.usecases.respond.events import RECORDED_KINDS
from tracker.web.respond.incident_forms import MatrixForm

KIND_CHOICES = [
    (kind, f"{kind_name(kind).capitalize()}: {EVENT_KINDS[kind].lower()}")
    for kind in RECORDED_KINDS
]


def _choice(label: str, choices: list[tuple[str, str]] | None = None) -> SelectField:
    return SelectField(label, choices=choices or [], validate_choice=False)


def _version() -> IntegerField:
    return IntegerField(widget=HiddenInput(), validators=[Optional()])


class EventForm(FlaskForm):  # type: ignore[misc]
    """Something that happened."""

    title = StringField("What happened?")
    kind = _choice("What kind of event is it?", KIND_CHOICES)
    text = TextAreaField("What is known about it?")
    service = _choice("Service")
    environment = StringField("Environment")
    starts_at = StringField("When did it begin?")
    ended_at = StringField("When did it end?")
    url = StringField("Link")
    version = _version()

    def offer(self, look: Look) -> None:
        """Services can be chosen, by name."""
        self.service.choices = _services(look)


class EventMoveForm(FlaskForm):  # type: ignore[misc]
    """A verb of the life cycle."""

    verb = HiddenField()
    incident = StringField("Incident")
    why = StringField("Why?")
    version = _version()


class PromoteForm(MatrixForm):
    """What the incident needs beyond the event."""

    title = StringField("Title")
    summary = TextAreaField("What do we know so far?")
    almost_happened = TextAreaField("What almost happened?")
    what_saved_us = TextAreaField("What saved us?")
    would_help = TextAreaField("What would help next time?")


class AlertKeyForm(FlaskForm):  # type: ignore[misc]
    """What is known of an alert."""

    about = TextAreaField("What does it mean?")
    service = _choice("Service")
    owner = _choice("Owner")
    procedure = StringField("Procedure")
    severity = _choice("Usual severity")

    def offer(self, look: Look) -> None:
        """Services, teams and severities can be chosen."""
        self.service.choices = _services(look)
        self.owner.choices = [
            ("", "The team of the service"),
            *((one.slug, one.name) for one in teams(look)),
        ]
        self.severity.choices = _severities(look, "Not said")


class RuleForm(FlaskForm):  # type: ignore[misc]
    """When an alert declares an incident."""

    name = StringField("Name of the rule")
    key_pattern = StringField("Alert")
    labels = TextAreaField("Labels")
    severity = _choice("Severity")
    minutes_firing = StringField("Minutes firing")
    group_by = StringField("One incident for each")
    title = StringField("Title of the incident")
    active = BooleanField("The rule is in force", default=True)

    def offer(self, look: Look) -> None:
        """Severities can be chosen."""
        self.severity.choices = _severities(look, "As the catalogue says for the alert")


class SourceForm(FlaskForm):  # type: ignore[misc]
    """Somebody who may send."""

    sender = _choice("Who sends?")
    name = StringField("Name")
    signing_secret = StringField("Signing secret")
    mapping = TextAreaField("Where our fields are")
    raw_days = StringField("Keep messages for (days)", default="7")


class RotateForm(FlaskForm):  # type: ignore[misc]
    """A new secret."""

    signing_secret = StringField("New signing secret")
    keep_hours = StringField("The old one is good for (hours)", default="168")


def _services(look: Look) -> list[tuple[str, str]]:
    return [("", "None, or not known"), *((one.slug, one.name) for one in services(look))]


def _severities(look: Look, none: str) -> list[tuple[str, str]]:
    return [
        ("", none),
        *((one.key, f"{one.key} {one.name}") for one in look.policy.severities),
    ]
