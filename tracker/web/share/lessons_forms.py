"""The forms of lessons. They keep what was typed; the domain checks it."""

from __future__ import annotations

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField

from tracker.domain.lesson import APPLIES_TO_KINDS
from tracker.domain.lifecycle import words

PLACE_WORDS = {kind: words(kind) for kind in APPLIES_TO_KINDS} | {"service_kind": "kind of service"}
VISIBILITY_CHOICES = [
    ("org", "Everybody in the organisation"),
    ("team", "The team only"),
    ("private", "Only the people named here"),
]


class LessonForm(FlaskForm):  # type: ignore[misc]
    """A lesson as a person writes it."""

    title = StringField("Title")
    situation = TextAreaField("Situation")
    insight = TextAreaField("Insight")
    recommendation = TextAreaField("Recommendation")
    applies_to = TextAreaField("Applies to")
    tags = StringField("Tags")
    owner = SelectField("Owner")
    team = SelectField("Team")
    incidents = StringField("Learned from the incidents")
    review_by = StringField("Ask again on")
    others_exposed = BooleanField("Others may be exposed to the same thing")


class NewLessonForm(LessonForm):
    """A new lesson also says where it comes from and who may read it."""

    review = StringField("From the review")
    visibility = SelectField("Who may read it", choices=VISIBILITY_CHOICES, default="org")
    members = StringField("Their e-mail addresses")


class EditLessonForm(LessonForm):
    """An edit knows the version it began with."""

    version = HiddenField()


class LessonMoveForm(FlaskForm):  # type: ignore[misc]
    """A verb of the life cycle with whatever it asks for."""

    verb = HiddenField()
    version = HiddenField()
    why = TextAreaField("Why")
    by = StringField("By which lesson")


def offered(form: LessonForm, people: list[tuple[str, str]], teams: list[tuple[str, str]]) -> None:
    """Owner and team can be chosen; whoever has it now stays a choice, though they left."""
    for field, choices, nobody in (
        (form.owner, people, "Nobody yet"),
        (form.team, teams, "No team"),
    ):
        known = {value for value, _ in choices}
        present = field.data
        extra = [(present, present)] if present and present not in known else []
        field.choices = [("", nobody), *choices, *extra]


def places_of(text: str | None) -> tuple[tuple[str, str], ...]:
    """(kind, value) of each line; a line without a kind we know names a technology."""
    found: list[tuple[str, str]] = []
    for line in (text or "").splitlines():
        if not line.strip():
            continue
        before, colon, after = line.partition(":")
        kind = _kind_named(before)
        found.append((kind, after.strip()) if colon and kind else ("tech", line.strip()))
    return tuple(found)


def places_as_text(places: Iterable[tuple[str, str]]) -> str:
    """One line for each place, as places_of reads it."""
    return "\n".join(f"{PLACE_WORDS.get(kind, kind)}: {value}" for kind, value in places)


def _kind_named(text: str) -> str:
    wanted = text.strip().lower()
    return next((k for k, said in PLACE_WORDS.items() if wanted in (k, said, words(k))), "")
