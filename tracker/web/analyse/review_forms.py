"""The forms of reviews. They check shape only; the domain has the rules."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from tracker.domain.action import KINDS, PRIORITIES
from tracker.domain.lifecycle import words
from tracker.domain.review import FACTOR_ROLES, Answer, Question
from tracker.models.catalogue import Person, Team
from tracker.models.review import FactorTerm, ReviewAnswer
from tracker.usecases.analyse.answers import YES_NO, FactorAsk, SaveAnswer

ROLE_MEANINGS = {
    "trigger": "Trigger: it set things off",
    "condition": "Condition: it had been there before",
    "amplifier": "Amplifier: it made things larger",
    "mitigator": "Mitigator: it kept things small",
}
KIND_MEANINGS = {
    "detect": "Detect: notice it sooner",
    "diagnose": "Diagnose: understand it sooner",
    "engage": "Engage: bring the right people together",
    "mitigate": "Mitigate: ease the effect",
    "prevent": "Prevent: let it not come back",
    "process": "Process: change how we work",
}


class AnswerForm(FlaskForm):  # type: ignore[misc]
    """The answer to one question, with what it was written on."""

    base_version = HiddenField()
    base_given = HiddenField()
    base_text = HiddenField()
    base_choice = HiddenField()
    base_because = HiddenField()
    choice = RadioField("Your answer", validate_choice=False)
    text = TextAreaField("Your answer")
    because = TextAreaField("Nothing to say here? Give the reason instead")

    def ask(self, question: str) -> SaveAnswer:
        """What the person wants saved; a version that is no number counts as unknown."""
        base = None
        if self.base_given.data:
            base = Answer(
                text=self.base_text.data or "",
                choice=self.base_choice.data or "",
                because=self.base_because.data or "",
            )
        version = str(self.base_version.data or "").strip()
        known = version.isascii() and version.isdecimal() and len(version) < 10
        return SaveAnswer(
            question=question,
            text=self.text.data or "",
            choice=self.choice.data or "",
            because=self.because.data or "",
            base_version=int(version) if known else None,
            base=base,
        )


class FactorForm(FlaskForm):  # type: ignore[misc]
    """A contributing factor."""

    term = SelectField("Factor", validate_choice=False)
    role = SelectField(
        "What it did here",
        choices=[(role, ROLE_MEANINGS[role]) for role in FACTOR_ROLES],
        default="condition",
        validate_choice=False,
    )
    note = TextAreaField("How it showed itself this time")
    made_sense = TextAreaField("How did it make sense at the time?")
    evidence = TextAreaField("Evidence: links, figures, messages")

    def ask(self) -> FactorAsk:
        return FactorAsk(
            term=self.term.data or "",
            role=self.role.data or "",
            note=self.note.data or "",
            made_sense=self.made_sense.data or "",
            evidence=self.evidence.data or "",
        )


class ActionForm(FlaskForm):  # type: ignore[misc]
    """An action proposed from a review; the rest is filled in on its own page."""

    action_title = StringField("What changes? Begin with a verb")
    kind = SelectField(
        "Kind",
        choices=[("", "Not said yet"), *((kind, KIND_MEANINGS[kind]) for kind in KINDS)],
        validate_choice=False,
    )
    priority = SelectField(
        "Priority",
        choices=[(one, one) for one in PRIORITIES],
        default="P2",
        validate_choice=False,
    )
    owner = SelectField("Owner", validate_choice=False)
    team = SelectField("Team", validate_choice=False)
    expected_effect = TextAreaField("What do we expect to see afterwards, and where?")


class LessonForm(FlaskForm):  # type: ignore[misc]
    """A lesson drafted from a review."""

    lesson_title = StringField("The lesson in one line")
    situation = TextAreaField("In which situation does it help?")
    insight = TextAreaField("What did you understand?")
    recommendation = TextAreaField("What would you suggest?")
    tags = StringField("Tags")
    others_exposed = BooleanField("Others may be exposed today")


class StartForm(FlaskForm):  # type: ignore[misc]
    """A new review."""

    incidents = StringField("Incidents")
    template = RadioField("Template", validate_choice=False)
    owner = SelectField("Owner", validate_choice=False)
    facilitator = SelectField("Facilitator", validate_choice=False)
    due_on = StringField("Due on")


class PeopleForm(FlaskForm):  # type: ignore[misc]
    """Title, people and due day of a review."""

    title = StringField("Title")
    owner = SelectField("Owner", validate_choice=False)
    facilitator = SelectField("Facilitator", validate_choice=False)
    due_on = StringField("Due on")


class MoveForm(FlaskForm):  # type: ignore[misc]
    """A change of state: the version that was looked at, a reason, a day."""

    version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    why = TextAreaField("Why?")
    until = StringField("Until")


def answer_form(question: Question, answer: ReviewAnswer | None) -> AnswerForm:
    """The form of a question as it stands."""
    form = AnswerForm(
        formdata=None,
        data={
            "base_version": str(answer.version if answer else 0),
            "choice": answer.choice if answer else "",
            "text": answer.text if answer else "",
            "because": answer.because if answer else "",
        },
    )
    offer_choices(form, question)
    return form


def offer_choices(form: AnswerForm, question: Question) -> None:
    """Yes and no, or the choices of the template; and the words above the text."""
    if question.kind == "choice":
        form.choice.choices = [(one, words(one).capitalize()) for one in question.choices]
    else:
        form.choice.choices = [(one, one.capitalize()) for one in YES_NO]
    form.choice.label.text = question.prompt
    labels = {"markdown": question.prompt, "choice": "A word on it"}
    form.text.label.text = labels.get(question.kind, "Notes")
    if question.kind == "yes_no_because":
        form.because.label.text = "Because"


def offer_terms(form: FactorForm, terms: list[FactorTerm]) -> None:
    """The taxonomy, group by group."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for term in terms:
        groups.setdefault(term.group_name, []).append((term.term, term.name))
    form.term.choices = {"": [("", "Choose one")], **groups}


def offer_people(field: SelectField, people: list[Person], *, none: str) -> None:
    """Everybody who can be given work, by name."""
    field.choices = [("", none), *((one.email, one.name) for one in people if one.active)]


def offer_teams(field: SelectField, teams: list[Team]) -> None:
    field.choices = [("", "No team yet"), *((team.slug, team.name) for team in teams)]
