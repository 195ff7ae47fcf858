"""The forms of actions. They keep what was typed; the domain checks it."""

from __future__ import annotations

from dataclasses import dataclass

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField

from tracker.domain.action import KINDS, PRIORITIES, STRENGTH_MEANINGS, STRENGTHS
from tracker.domain.lifecycle import words

KIND_MEANINGS = {
    "detect": "we notice sooner",
    "diagnose": "we understand sooner",
    "engage": "the right people come sooner",
    "mitigate": "it hurts less, or for less time",
    "prevent": "it happens less often",
    "process": "we work together better",
}


@dataclass(frozen=True)
class Step:
    """How a verb of the life cycle is offered: its button, what it means, what it asks for."""

    button: str
    meaning: str
    asks: tuple[tuple[str, str], ...] = ()  # (field, the question as its label)
    main: bool = False


STEPS = {
    "accept": Step("Accept it", "Somebody agrees to do it.", main=True),
    "start": Step("Start work", "Work has begun.", main=True),
    "finish": Step(
        "It is done",
        "The work is finished. Whether it helped is looked at later.",
        (("evidence", "What shows that it is done?"),),
        main=True,
    ),
    "verify": Step(
        "It worked",
        "Somebody looked, and the expected effect is there. Now it is an improvement.",
        (("result", "What did you see when you looked?"),),
        main=True,
    ),
    "find_ineffective": Step(
        "It did not help",
        "Good to know: what was tried and did not help is worth as much as what did.",
        (("result", "What did you see instead?"),),
    ),
    "decline": Step(
        "Decline it",
        "It will not be done. The reason stays readable for those who ask again.",
        (("why", "Why will it not be done?"),),
    ),
    "accept_risk": Step(
        "Accept the risk",
        "It will not be done for now, and we know what that means until then.",
        (("until", "Look at it again on"), ("why", "Why can we live with it until then?")),
    ),
    "reopen": Step(
        "Open it again",
        "It goes back to accepted.",
        (("why", "What has changed?"),),
    ),
}


DONE = {
    "accept": "Accepted",
    "start": "Work began",
    "finish": "Done",
    "verify": "Verified: it worked",
    "find_ineffective": "Found that it did not help",
    "decline": "Declined",
    "accept_risk": "Risk accepted",
    "reopen": "Opened again",
}


class ActionForm(FlaskForm):  # type: ignore[misc]
    """An action as a person describes it."""

    title = StringField("Title")
    detail = TextAreaField("What is to be done")
    kind = SelectField(
        "What it changes",
        choices=[("", "Not said yet"), *((k, f"{k}: {KIND_MEANINGS[k]}") for k in KINDS)],
    )
    strength = RadioField(
        "Strength",
        choices=[
            *((key, f"{key.capitalize()}: {STRENGTH_MEANINGS[key]}") for key in STRENGTHS),
            ("", "Not said yet"),
        ],
        default="",
    )
    priority = SelectField("Priority", choices=[(one, one) for one in PRIORITIES], default="P2")
    owner = SelectField("Owner")
    team = SelectField("Team")
    due_on = StringField("Done by")
    expected_effect = TextAreaField("Expected effect")
    where_to_look = TextAreaField("Where we will look")
    check_on = StringField("Look on")
    external_url = StringField("Link to the ticket")
    review = StringField("From the review")
    incident = StringField("From the incident")


class EditActionForm(ActionForm):
    """The same, with the version it was read at and the evidence."""

    evidence = TextAreaField("Evidence")
    version = HiddenField()


class MoveForm(FlaskForm):  # type: ignore[misc]
    """A verb with whatever it asks for."""

    verb = HiddenField()
    version = HiddenField()
    why = TextAreaField("Why")
    evidence = TextAreaField("Evidence")
    result = TextAreaField("Result")
    until = StringField("Until")


def offered(form: ActionForm, people: list[tuple[str, str]], teams: list[tuple[str, str]]) -> None:
    """Owner and team can be chosen; whoever has it now stays a choice, though they left."""
    form.owner.choices = _with_present(people, form.owner.data, "Nobody yet")
    form.team.choices = _with_present(teams, form.team.data, "No team yet")


def done_words(verb: str) -> str:
    """The verb as a journal tells it afterwards."""
    return DONE.get(verb) or words(verb).capitalize()


def _with_present(
    choices: list[tuple[str, str]], present: object, nobody: str
) -> list[tuple[str, str]]:
    known = {value for value, _ in choices}
    extra = [(present, present)] if isinstance(present, str) and present not in known else []
    return [("", nobody), *choices, *(one for one in extra if one[0])]
