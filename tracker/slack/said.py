"""What was typed into forms and after verbs, as the use cases want it."""

from __future__ import annotations

import re
from datetime import datetime

from tracker.db.work import Look
from tracker.domain.errors import Gap, NotValid
from tracker.domain.spoken_times import EXAMPLES, leading_moment, moment_said
from tracker.senders.slack_words import people_named_in, strangers_in
from tracker.slack.verbs import text_value
from tracker.slack.visits import Values, Visit

_SEVERITY = re.compile(r"^(?:sev|s|p)[\s-]?([0-9])$", re.IGNORECASE)
_AHEAD = re.compile(r"(?i)\s*(?:in|tomorrow)\b")


def instant_value(
    look: Look, visit: Visit, values: Values, name: str, *, ahead: bool = False
) -> datetime | None:
    """The moment in this field, in the speaker's zone; ``None`` when it was left empty.

    Raises: NotValid with examples.
    """
    given = values.get(name)
    if isinstance(given, datetime):
        return given
    said = text_value(values, name)
    if not said:
        return None
    at = moment_said(said, now=look.now, zone=visit.zone, ahead=ahead)
    if at is None and ahead:
        at = moment_said(f"in {said}", now=look.now, zone=visit.zone, ahead=True)
    if at is None:
        examples = "in 30 min, 15:00 or tomorrow 9:00" if ahead else EXAMPLES
        raise NotValid(Gap(name, f"I cannot read “{said[:40]}” as a time. Try {examples}"))
    return at


def moment_and_rest(look: Look, visit: Visit, words: str) -> tuple[datetime | None, str]:
    """(the moment that has been, at which the words begin; the rest), for notes and moves.

    What points into the future is part of the words: "in 5 min we restart".
    """
    said = leading_moment(words, now=look.now, zone=visit.zone)
    if said is None or _AHEAD.match(words):
        return None, words.strip()
    return said.at, said.rest


def person_value(visit: Visit, values: Values, name: str) -> str:
    """The address of the person chosen or typed; empty when nobody was.

    Raises: NotValid for somebody Slack could not tell us about.
    """
    given = text_value(values, name)
    if not given or "@" in given:
        return given
    known = visit.people.get(given)
    if known is None:
        raise NotValid(Gap(name, "This person could not be found in Slack"))
    return known.email


def people_and_rest(visit: Visit, words: str, *, field: str) -> tuple[tuple[str, ...], str]:
    """(addresses of the people named, the words without them).

    Raises: NotValid for somebody mentioned who is unknown: a guess would give work to nobody.
    """
    unknown = strangers_in(words, visit.people)
    if unknown:
        raise NotValid(Gap(field, f"{', '.join(unknown)} could not be found in Slack"))
    return people_named_in(words, visit.people)


def user_id_of(visit: Visit, email: str) -> str:
    """The Slack id of a person mentioned, for filling in a form; empty when not mentioned."""
    return next((key for key, one in visit.people.items() if one.email == email), "")


def severity_said(look: Look, word: str) -> str:
    """The key of the severity that somebody typed as SEV1, sev-1, s1 or by its name; or nothing."""
    wanted = word.strip().strip(":,.").casefold()
    for level in look.policy.severities:
        if wanted in (level.key.casefold(), level.name.casefold()):
            return level.key
    numbered = _SEVERITY.match(wanted)
    keys = [key for key in look.policy.severity_keys if numbered and key.endswith(numbered[1])]
    return keys[0] if len(keys) == 1 else ""


def severity_and_rest(look: Look, words: str) -> tuple[str, str]:
    """(severity, the words after it); the severity is empty when the words begin otherwise."""
    first, _, rest = words.strip().partition(" ")
    severity = severity_said(look, first)
    if not severity and first.casefold() in ("sev", "severity"):
        second, _, later = rest.strip().partition(" ")
        severity, rest = severity_said(look, f"sev{second}") or severity_said(look, second), later
    return (severity, rest.strip(" :-")) if severity else ("", words.strip())
