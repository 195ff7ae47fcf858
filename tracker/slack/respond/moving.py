"""An incident's way: mitigated, resolved, opened again, merged, closed to others."""

from __future__ import annotations

import re
from collections.abc import Callable

from tracker.db.work import Look, Work
from tracker.domain.errors import Gap, NotValid
from tracker.domain.lifecycle import INCIDENT, words
from tracker.reading.analyse.reviews import review_of
from tracker.reading.references import ref
from tracker.reading.respond.incidents import circle_of, role_holders
from tracker.senders.slack_text import escape, link, when
from tracker.senders.slack_words import plain_words
from tracker.slack.forms import Field, Form
from tracker.slack.respond.declaring import page_of
from tracker.slack.said import instant_value, moment_and_rest, people_and_rest
from tracker.slack.verbs import INSIDE, Verb, text_value
from tracker.slack.visits import Answer, Values, Visit
from tracker.usecases.respond.incidents import (
    MoveIncident,
    merge_incident,
    move_incident,
    set_visibility,
)

OPEN_TO_ALL = ("off", "open", "org", "public", "everybody", "no")
_REFERENCE = re.compile(r"(?i)\binc-?\s?(\d{1,9})\b")
_STANDING = {"investigating": "being investigated"}
_FILLING = re.compile(r"(?i)\b(?:for|to|with|and|only|me|on|yes|please)\b|[,;:&.]")
_BECAUSE = re.compile(r"(?i)^(?:because|since|as)\b[\s:,]*")


def _read_move(look: Look, visit: Visit, words_: str) -> Values:
    at, rest = moment_and_rest(look, visit, words_)
    return {"at": at, "why": plain_words(_BECAUSE.sub("", rest), visit.people)}


def _move(verb: str) -> Callable[[Work, Visit, Values], Answer]:
    def effect(work: Work, visit: Visit, values: Values) -> Answer:
        incident = visit.incident(work)
        at = instant_value(work, visit, values, "at")
        move_incident(work, incident, MoveIncident(verb=verb, why=text_value(values, "why"), at=at))
        told = f"{ref(incident)} is {_STANDING.get(incident.state, words(incident.state))}"
        if at is not None:
            told += f", as of {when(at)}"
        review = review_of(work, incident) if verb == "resolve" else None
        if review is not None:
            named = link(page_of(visit, ref(review)), ref(review))
            due = f"; it is due by {review.due_on:%Y-%m-%d}" if review.due_on else ""
            told += f". Its review, {named}, can wait until you have slept{due}"
        return Answer(text=f"{told}.")

    return effect


def _reason_form(verb: str, title: str, submit: str, label: str) -> Callable[..., Form]:
    def form(look: Look, visit: Visit, values: Values) -> Form:
        _expect_possible(look, visit, verb)
        return Form(
            verb=verb,
            title=title,
            submit=submit,
            fields=(Field(name="why", label=label, kind="text", value=text_value(values, "why")),),
        )

    return form


def _time_form(verb: str, title: str, label: str) -> Callable[..., Form]:
    def form(_look: Look, _visit: Visit, values: Values) -> Form:
        return Form(
            verb=verb,
            title=title,
            submit=title[:24],
            fields=(
                Field(
                    name="at",
                    label=label,
                    optional=True,
                    placeholder="14:02, 10 min ago",
                    hint="Empty means now.",
                ),
                Field(
                    name="why",
                    label="How can we tell?",
                    optional=True,
                    value=text_value(values, "why"),
                ),
            ),
        )

    return form


def _read_merge(_look: Look, visit: Visit, typed: str) -> Values:
    found = _REFERENCE.search(typed)
    rest = _REFERENCE.sub("", typed, count=1).strip(" :,")
    rest = re.sub(r"(?i)^into\b\s*", "", rest)
    return {
        "into": f"INC-{found[1]}" if found else "",
        "why": plain_words(_BECAUSE.sub("", rest), visit.people),
    }


def _expect_possible(look: Look, visit: Visit, verb: str) -> None:
    """Raises: NotAllowed for a move that is not possible now, before somebody says why."""
    INCIDENT.check(visit.incident(look).state, verb, why="asked for next")


def _merge_form(look: Look, visit: Visit, values: Values) -> Form:
    _expect_possible(look, visit, "merge")
    return Form(
        verb="merge",
        title="Merge this incident",
        submit="Merge",
        fields=(
            Field(
                name="into",
                label="Into which incident?",
                value=text_value(values, "into"),
                placeholder="INC-12",
            ),
            Field(name="why", label="Why?", optional=True, value=text_value(values, "why")),
        ),
    )


def _merge(work: Work, visit: Visit, values: Values) -> Answer:
    incident = visit.incident(work)
    into = text_value(values, "into").upper()
    merge_incident(work, incident, into=into, why=text_value(values, "why"))
    return Answer(
        text=f"{ref(incident)} is merged into {link(page_of(visit, into), into)}. "
        "The work goes on there."
    )


def _read_private(_look: Look, visit: Visit, typed: str) -> Values:
    emails, rest = people_and_rest(visit, typed, field="members")
    off = rest.strip().casefold().split(" ")[0] in OPEN_TO_ALL
    unread = "" if off else plain_words(_FILLING.sub("", rest), visit.people)
    if unread:
        # Somebody who is left out by a slip would have nobody to ask.
        gap = Gap("members", f"“{unread[:60]}” names nobody: mention people with @")
        raise NotValid(gap, hint="Nothing was changed.")
    return {"members": emails, "open": "yes" if off else ""}


def _private(work: Work, visit: Visit, values: Values) -> Answer:
    incident = visit.incident(work)
    if text_value(values, "open"):
        set_visibility(work, incident, visibility="org")
        return Answer(text=f"{ref(incident)} is open to the whole organisation again.")
    inside = [
        *values.get("members", ()),
        *(one.person.email for one in role_holders(work, incident) if one.person.active),
        *circle_of(work, incident).members,
    ]
    members = tuple(dict.fromkeys(inside))
    set_visibility(work, incident, visibility="private", members=members)
    names = {one.email: one.name for one in visit.people.values()}
    names |= {one.person.email: one.person.name for one in role_holders(work, incident)}
    circle = [one for one in circle_of(work, incident).members if one != _own(visit)]
    others = [names.get(one, one) for one in circle]
    listed = f" and {escape(', '.join(others))}" if others else ""
    return Answer(
        text=f"{ref(incident)} is private now: you{listed} can see it. "
        f"`{visit.command} private @who` lets somebody else in, "
        f"`{visit.command} private off` opens it again."
    )


def _own(visit: Visit) -> str:
    own = visit.people.get(visit.user_id)
    return own.email if own else ""


VERBS = (
    Verb(
        name="investigate",
        does="says that somebody looks at it",
        right="move_incident",
        other_names=("investigating", "looking", "ack", "acknowledge"),
        read=_read_move,
        effect=_move("investigate"),
    ),
    Verb(
        name="mitigated",
        usage="mitigated 5 min ago",
        does="the effect has stopped, the work goes on",
        right="move_incident",
        other_names=("mitigate", "stabilised", "stabilized", "stable"),
        read=_read_move,
        effect=_move("mitigate"),
    ),
    Verb(
        name="resolve",
        usage="resolve at 14:02",
        does="it is over",
        right="move_incident",
        other_names=("resolved", "fixed", "solved", "over", "end"),
        read=_read_move,
        effect=_move("resolve"),
    ),
    Verb(
        name="close",
        does="all is written down; the channel is archived",
        right="move_incident",
        other_names=("closed", "archive"),
        read=_read_move,
        effect=_move("close"),
    ),
    Verb(
        name="reopen",
        usage="reopen the errors are back",
        does="it is not over after all, and why",
        needs=("why",),
        right="move_incident",
        other_names=("reopened",),
        read=_read_move,
        form=_reason_form("reopen", "Open it again", "Open again", "What happened?"),
        effect=_move("reopen"),
    ),
    Verb(
        name="dismiss",
        usage="dismiss it was a test",
        does="it was no incident, and why",
        needs=("why",),
        right="move_incident",
        other_names=("dismissed", "cancel", "false-alarm"),
        read=_read_move,
        form=_reason_form("dismiss", "Dismiss it", "Dismiss", "Why was it no incident?"),
        effect=_move("dismiss"),
    ),
    Verb(
        name="merge",
        usage="merge INC-12",
        does="it is the same as another incident",
        needs=("into",),
        right="merge_incident",
        other_names=("merged", "duplicate"),
        read=_read_merge,
        form=_merge_form,
        effect=_merge,
    ),
    Verb(
        name="private",
        usage="private @who",
        does="only those named, the roles and you can see it",
        right="set_visibility",
        other_names=("hide", "restrict", "visibility"),
        read=_read_private,
        effect=_private,
    ),
    Verb(
        name="move mitigate",
        place=INSIDE,
        right="move_incident",
        form=_time_form("move mitigate", "Mitigated", "Since when has the effect stopped?"),
        effect=_move("mitigate"),
    ),
    Verb(
        name="move resolve",
        place=INSIDE,
        right="move_incident",
        form=_time_form("move resolve", "Resolved", "Since when is it over?"),
        effect=_move("resolve"),
    ),
)
