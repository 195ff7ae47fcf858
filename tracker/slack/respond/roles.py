"""Roles: taken, given, handed over, freed."""

from __future__ import annotations

import difflib
import re

from tracker.db.work import Look, Work
from tracker.models.incident import Incident
from tracker.reading.references import ref
from tracker.reading.respond.incidents import role_holders
from tracker.senders.slack_text import escape
from tracker.senders.slack_words import plain_words
from tracker.slack.forms import Field, Form, Option
from tracker.slack.said import people_and_rest, person_value, user_id_of
from tracker.slack.verbs import Verb, text_value
from tracker.slack.visits import Answer, Values, Visit
from tracker.usecases.respond.response import assign_role, hand_over_role, release_role

# What people call the roles of most policies.
ROLE_WORDS = {
    "lead": "commander",
    "ic": "commander",
    "command": "commander",
    "comms": "communications",
    "comm": "communications",
    "scribe": "scribe",
    "support": "liaison",
}
NOBODY = ("nobody", "none", "release", "free")


def _role_key(look: Look, incident: Incident, word: str) -> str:
    """The key of a role named by key, by name or nearly; a custom role is its own key."""
    wanted = word.strip().casefold()
    policy = look.policy_of(incident.policy_version)
    known = {role.name.casefold(): role.key for role in policy.roles}
    known |= {role.key.casefold(): role.key for role in policy.roles}
    known |= {
        said: key for said, key in ROLE_WORDS.items() if any(r.key == key for r in policy.roles)
    }
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.75)
    return known[near[0]] if near else word.strip()


def _read_role(look: Look, visit: Visit, words: str) -> Values:
    emails, rest = people_and_rest(visit, words, field="person")
    incident = visit.incident(look)
    rest = plain_words(rest, visit.people)
    rest = re.sub(r"(?i)\s+(?:to|is|=)$", "", rest).strip(" :")
    free = [word for word in NOBODY if re.search(rf"(?i)\b{word}$|^{word}\b", rest)]
    for word in (*free, "me"):
        rest = re.sub(rf"(?i)(?:^{word}\b|\b{word}$)", "", rest).strip()
    return {
        "role": _role_key(look, incident, rest) if rest else "",
        "person": emails[0] if emails else "",
        "free": "yes" if free else "",
    }


def _role_fields(look: Look, visit: Visit, values: Values, *, held: bool) -> tuple[Field, ...]:
    incident = visit.incident(look)
    holders = {one.role: one for one in role_holders(look, incident)}
    policy = look.policy_of(incident.policy_version)
    named = {role.key: role.name for role in policy.roles}
    named |= {key: one.role_name for key, one in holders.items()}
    mine = [key for key, one in holders.items() if one.person.id == visit.actor.person_id]
    offered = [key for key in named if key in holders] if held and holders else list(named)
    chosen = text_value(values, "role") or (mine[0] if held and mine else "")
    return (
        Field(
            name="role",
            label="Which role?",
            kind="choice",
            value=chosen,
            options=tuple(
                Option(
                    key,
                    named[key]
                    + (f": {holders[key].person.name}" if key in holders else ": nobody yet"),
                )
                for key in offered
            ),
        ),
        Field(
            name="person",
            label="To whom?" if held else "Who takes it?",
            kind="person",
            value=user_id_of(visit, text_value(values, "person"))
            or ("" if held else visit.user_id),
        ),
    )


def _role_form(look: Look, visit: Visit, values: Values) -> Form:
    return Form(
        verb="role",
        title="Take or give a role",
        submit="Give it",
        fields=_role_fields(look, visit, values, held=False),
    )


def _role(work: Work, visit: Visit, values: Values) -> Answer:
    incident = visit.incident(work)
    role = text_value(values, "role")
    name = work.policy_of(incident.policy_version).role_name(role)
    if text_value(values, "free"):
        release_role(work, incident, role=role)
        return Answer(text=f"{escape(name)}: nobody has this role now.")
    email = person_value(visit, values, "person") or own_address(visit)
    assign_role(work, incident, role=role, person=email)
    who = "You are" if email == own_address(visit) else f"{_name_of(visit, email)} is"
    return Answer(text=f"{who} {escape(name.lower())} of {ref(incident)} now.")


def _handover_form(look: Look, visit: Visit, values: Values) -> Form:
    return Form(
        verb="handover",
        title="Hand over a role",
        submit="Hand over",
        fields=_role_fields(look, visit, values, held=True),
    )


def _read_handover(look: Look, visit: Visit, words: str) -> Values:
    values = _read_role(look, visit, words)
    if not values["role"]:
        mine = [
            one.role
            for one in role_holders(look, visit.incident(look))
            if one.person.id == visit.actor.person_id
        ]
        values["role"] = mine[0] if len(mine) == 1 else ""
    return values


def _handover(work: Work, visit: Visit, values: Values) -> Answer:
    incident = visit.incident(work)
    role, email = text_value(values, "role"), person_value(visit, values, "person")
    hand_over_role(work, incident, role=role, to=email)
    name = work.policy_of(incident.policy_version).role_name(role)
    return Answer(text=f"{_name_of(visit, email)} is {escape(name.lower())} now. Thank you.")


def own_address(visit: Visit) -> str:
    own = visit.people.get(visit.user_id)
    return own.email if own else ""


def _name_of(visit: Visit, email: str) -> str:
    found = next((one.name for one in visit.people.values() if one.email == email), email)
    return escape(found)


VERBS = (
    Verb(
        name="role",
        usage="role commander @who",
        does="takes a role, or gives it to somebody; `role commander nobody` frees it",
        needs=("role",),
        right="assign_role",
        other_names=("roles", "claim", "take", "assign"),
        read=_read_role,
        form=_role_form,
        effect=_role,
    ),
    Verb(
        name="handover",
        usage="handover commander @who",
        does="hands a role over",
        needs=("role", "person"),
        right="hand_over_role",
        other_names=("hand-over", "handoff"),
        read=_read_handover,
        form=_handover_form,
        effect=_handover,
    ),
)
