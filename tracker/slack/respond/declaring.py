"""Declare, near miss, record: incidents come on record from Slack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.db.work import Look, Work
from tracker.domain.errors import Gap, NotValid
from tracker.models.incident import Incident
from tracker.reading.catalogue import services, teams
from tracker.reading.references import ref
from tracker.reading.share.library import similar
from tracker.senders.slack_cards import HitFact
from tracker.senders.slack_cards import similar as similar_message
from tracker.senders.slack_text import escape, link, when
from tracker.senders.slack_words import beyond_a_line, first_line, plain_words
from tracker.slack.forms import Field, Form, Option
from tracker.slack.said import instant_value, severity_and_rest
from tracker.slack.verbs import ANYWHERE, Verb, many_values, text_value
from tracker.slack.visits import Answer, Values, Visit
from tracker.usecases.respond.declaring import (
    DeclareIncident,
    ReportNearMiss,
    declare_incident,
    report_near_miss,
)
from tracker.usecases.respond.slack_messages import mark_message
from tracker.usecases.respond.times import TimeAsk

SIMILAR_SHOWN = 3
TITLE_LIMIT = 200


def similar_hits(
    look: Look, visit: Visit, text: str, *, limit: int, exclude: tuple[str, ...] = ()
) -> list[HitFact]:
    """Incidents and lessons about the same, that this person may read."""
    if not text.strip():
        return []
    found = similar(
        look,
        visit.app.index,
        text,
        exclude=exclude,
        kinds=("incident", "lesson", "review"),
        limit=limit,
    )
    return [
        HitFact(hit.kind, hit.ref, hit.title, page_of(visit, hit.ref), hit.excerpt_text)
        for hit in found
    ]


def page_of(visit: Visit, reference: str) -> str:
    """The address of a record's page."""
    room = {"INC": "incidents", "REV": "reviews", "ACT": "actions", "LES": "lessons"}
    return f"{visit.base_url}/{room[reference[:3]]}/{reference}"


def declared_answer(visit: Visit, incident: Incident, hits: list[HitFact]) -> Answer:
    """What the person sees at once, before Slack has made a channel."""
    reference = ref(incident)
    named = link(page_of(visit, reference), f"{reference} {incident.title}")
    text = (
        f"*{escape(incident.severity or 'An incident')}: {named}* is declared. "
        "Its channel is being made; you will be invited in a moment."
    )
    blocks: list[Mapping[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    ]
    if hits:
        blocks += similar_message(hits).blocks
    return Answer(
        text=f"{reference} is declared: {incident.title}", blocks=tuple(blocks), confirm=True
    )


def _read_declare(look: Look, visit: Visit, words: str) -> Values:
    severity, words = severity_and_rest(look, words)
    said_about_it = plain_words(words, visit.people)
    title = first_line(said_about_it, TITLE_LIMIT)
    values: Values = {
        "severity": severity,
        "title": title,
        "summary": beyond_a_line(said_about_it, TITLE_LIMIT),
    }
    if severity and title:
        # Searched here and not while the write lock is held.
        values["similar"] = similar_hits(look, visit, title, limit=SIMILAR_SHOWN)
    return values


def _declare_form(look: Look, visit: Visit, values: Values) -> Form:
    policy = look.policy
    title = first_line(text_value(values, "title"), TITLE_LIMIT)
    hits = similar_hits(look, visit, title, limit=SIMILAR_SHOWN)
    matrix = "\n".join(
        f"*{escape(impact.name)}:* "
        + " · ".join(
            f"{escape(urgency.name.lower())} {policy.matrix[impact.key][urgency.key]}"
            for urgency in policy.urgencies
        )
        for impact in policy.impacts
    )
    intro: list[Mapping[str, Any]] = list(similar_message(hits).blocks) if hits else []
    intro.append({"type": "context", "elements": [{"type": "mrkdwn", "text": matrix}]})
    return Form(
        verb="declare",
        title="Declare an incident",
        submit="Declare",
        intro=tuple(intro),
        about=visit.about,
        fields=(
            Field(
                name="title",
                label="What is going on?",
                value=title,
                placeholder="Checkout answers with errors",
                hint="Press Enter to see what happened before and resembles this.",
                asks_again=True,
            ),
            Field(
                name="impact",
                label="Who feels it?",
                kind="choice",
                optional=True,
                value=text_value(values, "impact"),
                options=tuple(
                    Option(level.key, f"{level.name}: {level.meaning}") for level in policy.impacts
                ),
            ),
            Field(
                name="urgency",
                label="How urgent is it?",
                kind="choice",
                optional=True,
                value=text_value(values, "urgency"),
                options=tuple(
                    Option(level.key, f"{level.name}: {level.meaning}")
                    for level in policy.urgencies
                ),
            ),
            Field(
                name="severity",
                label="Or choose the severity yourself",
                kind="choice",
                optional=True,
                value=text_value(values, "severity"),
                options=tuple(
                    Option(level.key, f"{level.key}: {level.meaning}")
                    for level in policy.severities
                ),
            ),
            *_where_fields(look, values),
            Field(
                name="summary",
                label="What do you see?",
                kind="text",
                optional=True,
                value=text_value(values, "summary"),
                hint="Symptoms, since when, what you tried. It can be added later.",
            ),
            *_visibility_fields(values),
        ),
    )


def _declare(work: Work, visit: Visit, values: Values) -> Answer:
    severity = text_value(values, "severity")
    impact, urgency = text_value(values, "impact"), text_value(values, "urgency")
    overridden = bool(severity and impact and urgency)
    incident = declare_incident(
        work,
        DeclareIncident(
            title=text_value(values, "title"),
            summary=text_value(values, "summary"),
            impact=impact,
            urgency=urgency,
            severity=severity,
            severity_reason="Chosen while declaring in Slack" if overridden else "",
            services=many_values(values, "services"),
            teams=many_values(values, "teams"),
            visibility=text_value(values, "visibility") or "org",
            members=_members(visit, values),
        ),
    )
    _carry_over(work, visit, incident)
    # A form has shown them already; for what was typed they were looked up beforehand.
    return declared_answer(visit, incident, list(values.get("similar") or []))


def _carry_over(work: Work, visit: Visit, incident: Incident) -> None:
    """The message that it was declared from stands in the timeline, with its link."""
    if visit.about.get("message_ts"):
        mark_message(
            work,
            incident,
            team_id=visit.team_id,
            channel_id=visit.about.get("message_channel", ""),
            message_ts=visit.about["message_ts"],
            text=visit.about.get("message_text", ""),
            permalink=visit.about.get("permalink", ""),
        )


def _read_near_miss(_look: Look, visit: Visit, words: str) -> Values:
    told = plain_words(words, visit.people)
    return {
        "title": first_line(told, TITLE_LIMIT),
        "almost_happened": beyond_a_line(told, TITLE_LIMIT),
    }


def _near_miss_form(look: Look, visit: Visit, values: Values) -> Form:
    return Form(
        verb="near-miss",
        title="Report a near miss",
        submit="Report",
        about=visit.about,
        fields=(
            Field(
                name="title", label="What was it, in one line?", value=text_value(values, "title")
            ),
            Field(
                name="almost_happened",
                label="What almost happened?",
                kind="text",
                value=text_value(values, "almost_happened"),
            ),
            Field(name="what_saved_us", label="What saved us?", kind="text"),
            Field(
                name="would_help", label="What would help next time?", kind="text", optional=True
            ),
            Field(
                name="happened_at",
                label="When was it?",
                optional=True,
                placeholder="14:02, 10 min ago, yesterday 23:50",
                hint="Empty means now.",
            ),
            *_where_fields(look, values),
        ),
    )


def _near_miss(work: Work, visit: Visit, values: Values) -> Answer:
    incident = report_near_miss(
        work,
        ReportNearMiss(
            title=text_value(values, "title"),
            almost_happened=text_value(values, "almost_happened"),
            what_saved_us=text_value(values, "what_saved_us"),
            would_help=text_value(values, "would_help"),
            happened_at=instant_value(work, visit, values, "happened_at"),
            services=many_values(values, "services"),
            teams=many_values(values, "teams"),
        ),
    )
    return Answer(
        text=f"{link(page_of(visit, ref(incident)), f'{ref(incident)} {incident.title}')} is on "
        "record as a near miss. Thank you: telling it is what lets others learn from it.",
        confirm=True,
    )


def _record_form(look: Look, visit: Visit, values: Values) -> Form:
    return Form(
        verb="record",
        title="Record afterwards",
        submit="Record",
        about=visit.about,
        fields=(
            Field(name="title", label="What happened?", value=text_value(values, "title")),
            Field(
                name="severity",
                label="How grave was it?",
                kind="choice",
                value=text_value(values, "severity"),
                options=tuple(
                    Option(level.key, f"{level.key}: {level.meaning}")
                    for level in look.policy.severities
                ),
            ),
            Field(
                name="impact_started",
                label="When did it begin?",
                optional=True,
                placeholder="2026-05-17 14:02, yesterday 23:50",
                hint="Leave it empty rather than guess.",
            ),
            Field(name="detected", label="When was it noticed?", optional=True),
            Field(name="resolved", label="When was it over?", optional=True),
            *_where_fields(look, values),
            Field(
                name="summary",
                label="The story in short",
                kind="text",
                optional=True,
                value=text_value(values, "summary"),
            ),
            *_visibility_fields(values),
        ),
    )


def _record(work: Work, visit: Visit, values: Values) -> Answer:
    times = {
        name: TimeAsk(at=at)
        for name in ("impact_started", "detected", "resolved")
        if (at := instant_value(work, visit, values, name)) is not None
    }
    incident = declare_incident(
        work,
        DeclareIncident(
            title=text_value(values, "title"),
            summary=text_value(values, "summary"),
            severity=text_value(values, "severity"),
            services=many_values(values, "services"),
            teams=many_values(values, "teams"),
            visibility=text_value(values, "visibility") or "org",
            members=_members(visit, values),
            times=times,
            recorded_afterwards=True,
            state="resolved",
        ),
    )
    return Answer(
        text=f"{link(page_of(visit, ref(incident)), f'{ref(incident)} {incident.title}')} is on "
        f"record, as of {when(incident.declared_at)}.",
        confirm=True,
    )


def _members(visit: Visit, values: Values) -> tuple[str, ...]:
    chosen = many_values(values, "members")
    unknown = [one for one in chosen if one not in visit.people]
    if unknown:
        raise NotValid(Gap("members", "One of these people could not be found in Slack"))
    return tuple(visit.people[one].email for one in chosen)


def _where_fields(look: Look, values: Values) -> tuple[Field, ...]:
    """Services and teams, where the organisation has told of any: Slack takes no empty list."""
    offered = (
        ("services", "Which services?", services(look)),
        ("teams", "Which teams respond?", teams(look)),
    )
    return tuple(
        Field(
            name=name,
            label=label,
            kind="choices",
            optional=True,
            value=many_values(values, name),
            options=tuple(Option(row.slug, row.name) for row in rows),
        )
        for name, label, rows in offered
        if rows
    )


def _visibility_fields(values: Values) -> tuple[Field, ...]:
    return (
        Field(
            name="visibility",
            label="Who may see it?",
            kind="choice",
            value=text_value(values, "visibility") or "org",
            options=(
                Option("org", "Everybody in the organisation"),
                Option("team", "The teams chosen above"),
                Option("private", "Only the people named below, and you"),
            ),
        ),
        Field(
            name="members",
            label="For a private one: who else?",
            kind="people",
            optional=True,
            value=many_values(values, "members"),
        ),
    )


VERBS = (
    Verb(
        name="declare",
        usage="declare SEV2 Checkout answers with errors",
        does="declares an incident; without words a form asks",
        place=ANYWHERE,
        needs=("severity", "title"),
        right="declare_incident",
        other_names=("new", "open", "start", "create"),
        read=_read_declare,
        form=_declare_form,
        effect=_declare,
    ),
    Verb(
        name="near-miss",
        usage="near-miss",
        does="reports what almost happened, in three questions",
        place=ANYWHERE,
        needs=("title", "almost_happened", "what_saved_us"),
        right="report_near_miss",
        other_names=("nearmiss", "near"),
        read=_read_near_miss,
        form=_near_miss_form,
        effect=_near_miss,
    ),
    Verb(
        name="record",
        usage="record",
        does="records an incident that is over",
        place=ANYWHERE,
        needs=("title", "severity", "impact_started"),
        right="declare_incident",
        other_names=("afterwards",),
        read=_read_declare,
        form=_record_form,
        effect=_record,
    ),
)
