"""During an incident: where we are, updates, severity, roles, notes, tasks, changes."""

from __future__ import annotations

import re
from datetime import timedelta

from tracker.db.work import Look, Work
from tracker.domain.errors import Gap, NotValid
from tracker.domain.spoken_times import trailing_promise
from tracker.models.incident import Incident
from tracker.reading.references import ref
from tracker.reading.slack import happened_since, incident_facts
from tracker.senders.slack_blocks import Message, catch_up
from tracker.senders.slack_text import escape, when
from tracker.senders.slack_words import plain_words
from tracker.slack.forms import Field, Form, Option
from tracker.slack.said import instant_value, severity_and_rest
from tracker.slack.verbs import Verb, text_value
from tracker.slack.visits import Answer, Values, Visit
from tracker.usecases.respond.response import (
    AUDIENCES,
    PostUpdate,
    post_update,
)
from tracker.usecases.respond.severities import AssessSeverity, assess_severity


def said(told: Message) -> Answer:
    """A built message as the answer to one person."""
    return Answer(text=told.text, blocks=tuple(told.blocks))


def about(look: Look, visit: Visit, incident: Incident) -> Message:
    """Where we are, for somebody who joins or comes back."""
    facts = incident_facts(
        look,
        incident,
        base_url=visit.base_url,
        command=visit.app.settings.slack_command,
    )
    lately = look.now - timedelta(hours=24) if facts.is_open else None
    return catch_up(facts, happened_since(look, incident, lately)[-15:])


def _status(look: Look, visit: Visit, _words: str) -> Answer:
    return said(about(look, visit, visit.incident(look)))


def _read_update(look: Look, visit: Visit, words: str) -> Values:
    told, following = trailing_promise(words, now=look.now, zone=visit.zone)
    audience = "internal"
    match = re.match(r"(?i)^(?:to|for)\s+(customers|internal)\s*:\s*", told)
    if match is not None:
        audience, told = match[1].lower(), told[match.end() :]
    return {"text": plain_words(told, visit.people), "next": following, "audience": audience}


def _update_form(_look: Look, _visit: Visit, values: Values) -> Form:
    return Form(
        verb="update",
        title="Post an update",
        submit="Post",
        fields=(
            Field(
                name="text",
                label="What do we know, what do we do next?",
                kind="text",
                value=text_value(values, "text"),
                placeholder="Two sentences are enough.",
            ),
            Field(
                name="audience",
                label="For whom?",
                kind="choice",
                value=text_value(values, "audience") or "internal",
                options=(
                    Option("internal", "Everybody here"),
                    Option("customers", "Customers: may be passed on as it stands"),
                ),
            ),
            Field(
                name="next_update_at",
                label="When will the next one come?",
                optional=True,
                placeholder="in 30 min, 15:00",
                hint="Empty means: as the severity asks.",
            ),
        ),
    )


def _update(work: Work, visit: Visit, values: Values) -> Answer:
    audience = text_value(values, "audience") or "internal"
    if audience not in AUDIENCES:
        raise NotValid(Gap("audience", f"One of: {', '.join(AUDIENCES)}"))
    incident = visit.incident(work)
    following = values.get("next") or instant_value(
        work, visit, values, "next_update_at", ahead=True
    )
    update = post_update(
        work,
        incident,
        PostUpdate(
            text=text_value(values, "text"),
            audience=audience,
            next_update_at=following,
        ),
    )
    promised = update.next_update_at
    return Answer(
        text="Posted." + (f" The next update is promised for {when(promised)}." if promised else "")
    )


def _read_severity(look: Look, visit: Visit, words: str) -> Values:
    severity, why = severity_and_rest(look, words)
    why = re.sub(r"(?i)^(?:because|as|since)\b[\s:,]*", "", why)
    return {"severity": severity, "why": plain_words(why, visit.people)}


def _severity_form(look: Look, visit: Visit, values: Values) -> Form:
    incident = visit.incident(look)
    policy = look.policy
    levels = (
        ("impact", "Who feels it now?", policy.impacts),
        ("urgency", "How urgent is it?", policy.urgencies),
    )
    return Form(
        verb="sev",
        title="Change the severity",
        submit="Change",
        fields=(
            *(
                Field(
                    name=name,
                    label=label,
                    kind="choice",
                    optional=True,
                    options=tuple(Option(one.key, f"{one.name}: {one.meaning}") for one in known),
                )
                for name, label, known in levels
            ),
            Field(
                name="severity",
                label="Or the severity itself",
                kind="choice",
                optional=True,
                value=text_value(values, "severity") or "",
                options=tuple(
                    Option(one.key, f"{one.key}: {one.meaning}") for one in policy.severities
                ),
                hint=f"Now it is {incident.severity or 'not set'}.",
            ),
            Field(
                name="why",
                label="Why?",
                optional=True,
                value=text_value(values, "why"),
                hint="Needed when it differs from what impact and urgency give.",
            ),
        ),
    )


def _severity(work: Work, visit: Visit, values: Values) -> Answer:
    incident = visit.incident(work)
    before = incident.severity
    assess_severity(
        work,
        incident,
        AssessSeverity(
            impact=text_value(values, "impact"),
            urgency=text_value(values, "urgency"),
            severity=text_value(values, "severity"),
            why=text_value(values, "why"),
        ),
    )
    if incident.severity == before:
        return Answer(text=f"It stays {escape(before)}.")
    return Answer(text=f"{ref(incident)} is {escape(incident.severity)} now.")


VERBS = (
    Verb(
        name="status",
        does="where we are, for you alone",
        other_names=("catchup", "catch-up", "where", "info", "summary"),
        show=_status,
    ),
    Verb(
        name="update",
        usage="update Pool restarted, errors fall. Next in 30 min",
        does="tells everybody how it stands",
        needs=("text",),
        right="post_update",
        other_names=("updates",),
        read=_read_update,
        form=_update_form,
        effect=_update,
    ),
    Verb(
        name="sev",
        usage="sev SEV1 all customers are affected now",
        does="changes the severity",
        needs=("severity",),
        right="assess_severity",
        other_names=("severity", "escalate"),
        read=_read_severity,
        form=_severity_form,
        effect=_severity,
    ),
)
