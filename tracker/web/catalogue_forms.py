"""The forms of services and teams."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

TIER_WORDS = {
    1: "1: the business stands still without it",
    2: "2: many people are hindered without it",
    3: "3: some work waits without it",
    4: "4: hardly missed for a day",
}
KIND_WORDS = {
    "self": "We run it ourselves",
    "managed": "Somebody runs it for us",
    "vendor": "A product of somebody else",
}


class ServiceForm(FlaskForm):  # type: ignore[misc]
    """A service as an editor describes it."""

    name = StringField("Name")
    about = TextAreaField("What it does")
    owner = SelectField("Owner team")
    tier = SelectField("Tier", choices=[(str(n), said) for n, said in TIER_WORDS.items()],
                       default="3")  # fmt: skip
    kind = SelectField("Who runs it", choices=list(KIND_WORDS.items()), default="self")
    escalation = TextAreaField("When it is down")
    status_url = StringField("Status page")
    tags = StringField("Tags")
    depends_on = SelectMultipleField(
        "Depends on", widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )


class TeamForm(FlaskForm):  # type: ignore[misc]
    """A team as an editor describes it; its members are set by admins."""

    name = StringField("Name")
    about = TextAreaField("What it looks after")
    contact = StringField("How to reach it")
    channel = StringField("Channel")
    members = StringField("Members")
