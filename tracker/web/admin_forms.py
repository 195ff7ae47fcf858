"""The forms of administration: people and tokens."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from tracker.web.times import zone_choices

ROLE_WORDS = {
    "viewer": "Viewer: reads",
    "responder": "Responder: declares, writes, proposes",
    "editor": "Editor: publishes, verifies, keeps the catalogue",
    "admin": "Admin: people, tokens, policy",
}
SCOPE_WORDS = {"read": "Read", "write": "Write", "admin": "Administer"}


class PersonForm(FlaskForm):  # type: ignore[misc]
    """A person as an admin describes them."""

    name = StringField("Name")
    email = StringField("E-mail")
    role = SelectField("Role", choices=list(ROLE_WORDS.items()), default="responder")
    teams = SelectMultipleField(
        "Teams", widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    time_zone = SelectField("Time zone")
    active = BooleanField("Active", default=True)

    def offer(self, teams: list[tuple[str, str]]) -> None:
        """Teams and zones can be chosen."""
        self.teams.choices = teams
        self.time_zone.choices = zone_choices(self.time_zone.data or "")


class TokenForm(FlaskForm):  # type: ignore[misc]
    """A token for a program, or for one person's scripts."""

    name = StringField("Name")
    role = SelectField("Role", choices=list(ROLE_WORDS.items()), default="responder")
    scopes = SelectMultipleField(
        "It may",
        choices=list(SCOPE_WORDS.items()),
        default=["read", "write"],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    person = SelectField("Acts for")
    expires_at = StringField("Ends")

    def offer(self, people: list[tuple[str, str]]) -> None:
        """A token may act for any active person."""
        self.person.choices = [("", "No person: it reads what the whole organisation may read"),
                               *people]  # fmt: skip
