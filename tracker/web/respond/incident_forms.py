"""Forms of incidents. They check shapes only: the domain knows the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from tracker.db.work import Look
from tracker.domain.errors import DomainError, Gap, NotValid
from tracker.domain.lifecycle import words
from tracker.reading.catalogue import active_people, services, teams
from tracker.usecases.respond.timeline import WRITTEN_KINDS
from tracker.web.forms import instant_of, show_gaps

VISIBILITY_CHOICES = [
    ("org", "Everybody here"),
    ("team", "Only the teams chosen above"),
    ("private", "Only the people I name"),
]
SOURCE_CHOICES = [
    ("staff", "One of us"),
    ("alert", "An alert"),
    ("customer", "A customer"),
    ("vendor", "A vendor"),
    ("record", "Written records"),
    ("estimate", "An estimate"),
]
STATE_CHOICES = [(state, words(state).capitalize()) for state in ("resolved", "closed")]
KIND_CHOICES = [(kind, kind.capitalize()) for kind in WRITTEN_KINDS]
AUDIENCE_CHOICES = [("internal", "Colleagues"), ("customers", "Customers")]
NEXT_UPDATE_CHOICES = [
    ("15", "15 minutes"),
    ("30", "30 minutes"),
    ("60", "1 hour"),
    ("120", "2 hours"),
    ("240", "4 hours"),
    ("1440", "Tomorrow, at this time"),
]
RECORD_TIMES = ("impact_started", "detected", "declared", "mitigated", "impact_ended", "resolved")
# Where a gap of the domain is shown when the form has no field of that name.
PLACES = {
    "impact": "cell",
    "urgency": "cell",
    "detected.source": "detected_source",
}


class Checkboxes(SelectMultipleField):
    """Several of many, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _choice(label: str, choices: list[tuple[str, str]] | None = None) -> SelectField:
    return SelectField(label, choices=choices or [], validate_choice=False)


def _version() -> IntegerField:
    return IntegerField(widget=HiddenInput(), validators=[Optional()])


class MatrixForm(FlaskForm):  # type: ignore[misc]
    """Impact x urgency as one choice, and the way around it."""

    cell = RadioField("How bad is it?", validate_choice=False)
    severity = _choice("Use another severity")
    severity_reason = StringField("Why this severity?")

    def picked(self) -> tuple[str, str]:
        """(impact, urgency), both empty when no cell was chosen."""
        impact, _, urgency = str(self.cell.data or "").partition(":")
        return impact, urgency


class LinksForm(FlaskForm):  # type: ignore[misc]
    """What an incident belongs to, and who may read it."""

    services = Checkboxes("Services", validate_choice=False)
    teams = Checkboxes("Teams", validate_choice=False)
    tags = StringField("Tags")
    visibility = RadioField(
        "Who may read it", choices=VISIBILITY_CHOICES, default="org", validate_choice=False
    )
    members = Checkboxes("People who may read it", validate_choice=False)


class DeclareForm(MatrixForm, LinksForm):
    """What is known in the first minute."""

    title = StringField("What is happening?")
    summary = TextAreaField("What do we know so far?")
    impact_text = TextAreaField("What do people notice?")
    impact_started = StringField("Impact started")
    detected = StringField("Detected")
    detected_source = _choice("Detected by", SOURCE_CHOICES)


class RecordForm(DeclareForm):
    """An incident that is over and was not tracked while it happened."""

    title = StringField("What happened?")
    state = _choice("Where it stands", STATE_CHOICES)
    declared = StringField("Declared")
    mitigated = StringField("Mitigated")
    impact_ended = StringField("Impact ended")
    resolved = StringField("Resolved")


class NearMissForm(LinksForm):
    """Three questions."""

    title = StringField("In one line")
    almost_happened = TextAreaField("What almost happened?")
    what_saved_us = TextAreaField("What saved us?")
    would_help = TextAreaField("What would help next time?")
    happened_at = StringField("When was it?")


class DetailsForm(FlaskForm):  # type: ignore[misc]
    """Words and links of an incident or near miss."""

    title = StringField("Title")
    summary = TextAreaField("Summary")
    impact_text = TextAreaField("What do people notice?")
    almost_happened = TextAreaField("What almost happened?")
    what_saved_us = TextAreaField("What saved us?")
    would_help = TextAreaField("What would help next time?")
    services = Checkboxes("Services", validate_choice=False)
    teams = Checkboxes("Teams", validate_choice=False)
    tags = StringField("Tags")
    version = _version()


class SeverityForm(MatrixForm):
    """A new look at the severity."""

    why = StringField("What changed?")
    version = _version()


class VisibilityForm(FlaskForm):  # type: ignore[misc]
    """Who may read the incident and what came from it."""

    visibility = RadioField("Who may read it", choices=VISIBILITY_CHOICES, validate_choice=False)
    teams = Checkboxes("Teams", validate_choice=False)
    members = Checkboxes("People", validate_choice=False)
    version = _version()


class MoveForm(FlaskForm):  # type: ignore[misc]
    """A verb of the life cycle."""

    verb = HiddenField()
    at = StringField("When was that?")
    why = StringField("Why?")
    into = StringField("Into which incident?")


class NoteForm(FlaskForm):  # type: ignore[misc]
    """An entry of the timeline."""

    text = TextAreaField("Note")
    kind = _choice("Kind", KIND_CHOICES)
    at = StringField("When was that?")
    source_url = StringField("Link to a source")
    version = _version()


class UpdateForm(FlaskForm):  # type: ignore[misc]
    """What others are told."""

    text = TextAreaField("Status update")
    audience = _choice("For", AUDIENCE_CHOICES)
    next_update_at = _choice("Next update in")


class TaskForm(FlaskForm):  # type: ignore[misc]
    """Work during the incident."""

    title = StringField("What is to be done?")
    owner = _choice("Who does it?")


class RoleForm(FlaskForm):  # type: ignore[misc]
    """Who has a role from now on."""

    role = StringField("Role")
    person = _choice("Who takes it?")


class TimeForm(FlaskForm):  # type: ignore[misc]
    """One of the nine times."""

    at = StringField("When was it?")
    source = _choice("How do we know?", SOURCE_CHOICES)
    unknown_because = StringField("Or: why is it unknown?")


def offer_links(form: FlaskForm, look: Look) -> None:
    """Services, teams and people can be chosen, by name."""
    if "services" in form:
        form.services.choices = [(row.slug, row.name) for row in services(look)]
    form.teams.choices = [(row.slug, row.name) for row in teams(look)]
    if "members" in form:
        offer_members(form, look)


def offer_members(form: FlaskForm, look: Look) -> None:
    """Everybody but the reader can be named: who names is inside already."""
    form.members.choices = [
        (row.email, row.name) for row in active_people(look) if row.key != look.actor.person_id
    ]


def offer_severities(form: MatrixForm, look: Look) -> None:
    """The cells of the matrix and the levels can be chosen."""
    policy = look.policy
    form.cell.choices = [
        (f"{impact.key}:{urgency.key}", f"{impact.name}, {urgency.name}")
        for impact in policy.impacts
        for urgency in policy.urgencies
    ]
    form.severity.choices = [
        ("", "As the table says"),
        *((level.key, f"{level.key} {level.name}") for level in policy.severities),
    ]


def offer_people(field: SelectField, look: Look, *, nobody: str) -> None:
    """Everybody active can be chosen, the reader first."""
    people = active_people(look)
    me = [row for row in people if row.key == look.actor.person_id]
    others = [row for row in people if row.key != look.actor.person_id]
    field.choices = [
        ("", nobody),
        *((row.email, f"{row.name} (you)") for row in me),
        *((row.email, row.name) for row in others),
    ]


def instants_of(
    form: FlaskForm,
    names: Iterable[str],
    zone: str,
    *,
    stood: Mapping[str, datetime | None] | None = None,
) -> dict[str, datetime]:
    """The times that were typed, by field; one left as it ``stood`` is that instant.

    Raises: NotValid with a gap for each unreadable one.
    """
    found: dict[str, datetime] = {}
    gaps: list[Gap] = []
    for name in names:
        try:
            at = instant_of(form[name].data, zone, field=name, stood=(stood or {}).get(name))
        except NotValid as error:
            gaps += error.gaps
            continue
        if at is not None:
            found[name] = at
    if gaps:
        raise NotValid(*gaps)
    return found


def show_all_gaps(form: FlaskForm, error: DomainError) -> None:
    """As show_gaps, where the fields of the form are named otherwise than those of the domain."""
    gaps = [Gap(PLACES.get(gap.field, gap.field), gap.message) for gap in error.gaps]
    if "cell" in form:
        # Nothing chosen at all: the table is the place to choose.
        gaps = [
            Gap("cell", gap.message) if gap.field == "severity" and not form.severity.data else gap
            for gap in gaps
        ]
    error.gaps = tuple(gaps)
    show_gaps(form, error)
