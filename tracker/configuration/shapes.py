"""What may stand in the files, kind by kind: the one definition of reading, schema and writing.

The descriptions are what editors show while somebody writes. Numbers name their unit.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from tracker.domain import asks
from tracker.domain.asks import EARLIEST, LATEST, MANY_LIMIT, NOTE_LIMIT, TEXT_LIMIT, TITLE_LIMIT
from tracker.domain.procedure import LONGEST_REVIEW_DAYS, SHORTEST_REVIEW_DAYS

_SPAN = re.compile(r"([0-9]{1,5})\s*(days?|d|weeks?|w|months?|m|years?|y)?")
_DAYS_OF = {"d": 1, "w": 7, "m": 30, "y": 365}


def _cleaned(text: str) -> str:
    if "\x00" in text or asks.has_half_character(text):
        raise ValueError("contains a character that cannot be kept")
    return asks.clean(text)


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("must fit on one line")
    return text


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("is needed")
    return text


def _instant(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("must be a date and time such as 2027-01-04T22:00:00+00:00") from error
    if at.tzinfo is None:
        raise ValueError("needs a zone at its end, such as Z or +01:00")
    if not EARLIEST <= at <= LATEST:
        raise ValueError("must be between 1990 and 2200")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError("must be a day such as 2027-01-31") from error


def _span(value: str | int) -> str:
    match = _SPAN.fullmatch(str(value).strip().lower())
    days = int(match[1]) * _DAYS_OF[(match[2] or "d")[0]] if match else 0
    if not SHORTEST_REVIEW_DAYS <= days <= LONGEST_REVIEW_DAYS:
        raise ValueError("must be like 90 days, 6 months or 1 year, and at most ten years")
    return f"{days} days"


def _phrase(text: str) -> str:
    folded = " ".join(text.split()).casefold()
    if not any(letter.isalpha() for letter in folded):
        raise ValueError("needs at least one word")
    return folded


Cleaned = AfterValidator(_cleaned)
OneLine = AfterValidator(_one_line)
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,19}$")]
KeyOrNone = Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9-]{0,59})?$")]
WordOrNone = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]{0,19})?$")]
Named = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")]
Fact = Annotated[
    str, StringConstraints(pattern=r"^(severity|kind|tag|answer\.[A-Za-z0-9][A-Za-z0-9_-]{0,59})$")
]
Title = Annotated[str, StringConstraints(min_length=1, max_length=TITLE_LIMIT), Cleaned, OneLine,
                  AfterValidator(_not_empty)]  # fmt: skip
Line = Annotated[str, StringConstraints(max_length=TITLE_LIMIT), Cleaned, OneLine]
Note = Annotated[str, StringConstraints(max_length=NOTE_LIMIT), Cleaned]
Text = Annotated[str, StringConstraints(max_length=TEXT_LIMIT), Cleaned]
Link = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^(https?://\S+)?$")]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=50), Cleaned]
Day = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_day)
]
Span = Annotated[str | int, AfterValidator(_span)]
Instant = Annotated[str, AfterValidator(_instant), Field(json_schema_extra={"format": "date-time"})]
Days = Annotated[int, Field(ge=0, le=3_650)]


class Shape(BaseModel):
    """Only what is named here may stand there, and every value is of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


# policy.yaml


class Severity(Shape):
    key: Word = Field(description="Short, as people say it in a hurry: SEV1.")
    name: Title
    meaning: Note = Field(description="When an incident is this severe, in words of the customer.")


class Choice(Shape):
    """An answer to one of the two questions of the matrix, or how near an action is."""

    key: Named
    name: Title
    description: Note = ""


class Role(Shape):
    key: Named
    name: Title
    does: Note = Field("", description="What this person looks after during an incident.")


class SignOff(Shape):
    """Somebody who reads a review before it is published."""

    part: Literal["peer", "business_owner", "other"]
    from_: Literal["", "another_team"] = Field(
        "", alias="from", description="another_team: of a team that was not in it."
    )


class ReviewRule(Shape):
    required: bool = Field(description="Whether a review is due after such an incident.")
    due_business_days: Days | None = Field(
        None, description="Business days after the end; nothing: no clock until somebody asks."
    )
    template: Key = Field(description="The key of the review template.")
    sign_offs: list[SignOff] = Field([], description="Who reads it before it is published.")


class BusinessCalendar(Shape):
    zone: str = Field("UTC", description="An IANA time zone, such as Europe/London.")
    business_days: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        [1, 2, 3, 4, 5], description="Monday is 1.", min_length=1
    )
    holidays: list[Day] = Field([], description="Days on which no clock runs: 2027-01-01.")


class Priority(Shape):
    key: Named
    name: Title
    description: Note = ""
    accept_business_days: Days = Field(description="Within this somebody agrees to do it.")
    done_business_days: Days = Field(description="Within this it is done.")


class ActionRules(Shape):
    priorities: list[Priority] = Field(min_length=1)


class LessonRules(Shape):
    review_after_days: Annotated[int, Field(ge=1, le=3_650)] = Field(
        description="After this many days the owner is asked whether it is still true."
    )


class ReminderRules(Shape):
    review_days: list[Annotated[int, Field(ge=-60, le=60)]] = Field(
        description="Business days before (negative) and after the day a review is due."
    )


class Notification(Shape):
    """Channels that hear of a new incident. All that is said about it must fit."""

    severities: list[Word] = Field([], description="Any of these; none named: every severity.")
    teams: list[Key] = Field([], description="One of these is concerned; none named: any team.")
    channels: list[Annotated[str, StringConstraints(pattern=r"^#?[^\s#,]{1,80}$")]] = Field(
        description="Names of Slack channels, such as #incidents.", min_length=1
    )


class ChangeRules(Shape):
    window_hours: Annotated[int, Field(ge=1, le=744)] = Field(
        24, description="Changes this many hours before an incident are suggested to it."
    )


class PolicyFile(Shape):
    """How the organisation responds and learns. What began under it keeps it."""

    version: int | None = Field(None, description="Not used: the tracker counts versions itself.")
    severities: list[Severity] = Field(description="The worst first.", min_length=1)
    impact: list[Choice] = Field(description="How many it hurts.", min_length=1)
    urgency: list[Choice] = Field(description="How soon it hurts.", min_length=1)
    matrix: dict[Named, dict[Named, Word]] = Field(description="impact, urgency: severity.")
    update_minutes: dict[Word, Annotated[int, Field(ge=1, le=100_000)]] = Field(
        description="The longest silence during an incident, in minutes, by severity."
    )
    roles: list[Role] = Field(min_length=1)
    reviews: dict[Named, ReviewRule] = Field(description="By severity, and near_miss.")
    calendar: BusinessCalendar = BusinessCalendar()
    actions: ActionRules
    lessons: LessonRules
    reminders: ReminderRules
    changes: ChangeRules = ChangeRules()
    notifications: list[Notification] = []
    soak_business_days: int = Field(
        2,
        ge=0,
        le=30,
        description="How long an analysis rests before actions are decided. A review with actions "
        "is published after that, or with a reason why not; 0: no rest is asked.",
    )


# review_templates/*.yaml


class Question(Shape):
    key: Named
    kind: Literal[
        "markdown", "choice", "yes_no_because", "times", "timeline", "factors", "actions", "lessons"
    ]
    prompt: Note = Field(description="The question, open and without blame.")
    help: Note = ""
    required: bool = Field(
        False, description="Needed to publish; “no, because” is an answer as well."
    )
    owner: Line = "owner"
    due_business_days: Days | None = None
    prefill: Line | None = None
    choices: list[Line] = []
    condition: dict[Fact, str | list[str]] = Field(
        {},
        description="Asked only for these severities, kinds or tags, or where another question was "
        "answered so: `answer.similar: 'yes'`.",
    )


class Guide(Shape):
    """What helps whoever facilitates the step; shown beside it."""

    ask: list[Note] = Field([], description="What to ask.")
    avoid: list[Note] = Field([], description="What to avoid.")


class Step(Shape):
    key: Named
    title: Title
    intro: Note = ""
    guide: Guide | None = None
    questions: list[Question] = Field(min_length=1)


class TemplateFile(Shape):
    """A way to review. A review that runs keeps the version it began with."""

    key: Key
    version: int | None = Field(None, description="Not used: the tracker counts versions itself.")
    name: Title
    purpose: Note = ""
    soak_business_days: int | None = Field(
        None,
        ge=0,
        le=30,
        description="Another rest than the policy's before actions are decided; 0: none is asked.",
    )
    steps: list[Step] = Field(min_length=1)


# taxonomy.yaml


class Term(Shape):
    key: Key
    name: Title
    meaning: Note = Field(description="A condition people worked in, never a person.")
    examples: list[Note] = []


class TermGroup(Shape):
    key: Key
    name: Title
    terms: list[Term]


class TaxonomyFile(Shape):
    """The contributing factors that a review may name, in groups."""

    version: int | None = Field(None, description="Not used.")
    groups: list[TermGroup]


# teams.yaml, services.yaml


class Team(Shape):
    """A team. Who belongs to it is not said here: membership opens records, and people do that."""

    key: Key
    name: Title
    contact: Line = Field("", description="How to reach all of it: an address, a rota.")
    channel: Line = Field("", description="Its channel, such as #team-payments.")
    about: Note = ""


class TeamsFile(Shape):
    """Teams."""

    teams: list[Team]


class Service(Shape):
    key: Key
    name: Title
    about: Note = ""
    owner: KeyOrNone = Field("", description="The key of the one team that owns it.")
    tier: Literal[1, 2, 3, 4] = Field(3, description="1: the business stands still without it.")
    kind: Literal["self", "managed", "vendor"] = "self"
    tags: list[Tag] = Field([], max_length=MANY_LIMIT)
    depends_on: list[Key] = Field([], description="Keys of services it needs.", max_length=500)
    escalation: Note = Field("", description="How to reach those who run it: hotline, contract.")
    status_url: Link = Field("", description="Where its state is told.")


class ServicesFile(Shape):
    """Services: who owns what, and what depends on what."""

    services: list[Service]


# alerts.yaml, alert_rules.yaml


class Alert(Shape):
    """What we know about an alert: whose it is, and what to do when it fires."""

    key: Title = Field(description="The name of the alert, as its sender calls it.")
    about: Note = ""
    service: KeyOrNone = ""
    owner: KeyOrNone = Field("", description="A team; nothing: the team of the service.")
    procedure: KeyOrNone = Field("", description="The procedure to follow.")
    severity: WordOrNone = Field("", description="Of an incident made from it.")


class AlertsFile(Shape):
    """The alert catalogue."""

    alerts: list[Alert]


class AlertRule(Shape):
    """When an alert declares an incident by itself."""

    key: Key
    alert: Line = Field("", description="A key or a pattern with *; nothing: every alert.")
    labels: dict[Line, Line] = Field({}, description="Labels it must carry, with these values.")
    severity: Word
    minutes_firing: Annotated[int, Field(ge=0, le=10_080)] = Field(
        0, description="Declared after it has fired this long."
    )
    group_by: list[Line] = Field([], description="Labels; equal values share one incident.")
    title: Line = Field("", description="Of the incident; nothing: that of the alert.")
    active: bool = True


class AlertRulesFile(Shape):
    """Rules that declare incidents."""

    rules: list[AlertRule]


# procedures/*.md


class Procedure(Shape):
    """The front matter of a procedure. The Markdown below it is the procedure."""

    title: Title
    slug: KeyOrNone = Field("", description="Nothing: the name of the file.")
    kind: Literal["runbook", "playbook"] = "runbook"
    team: KeyOrNone = Field("", description="The team that keeps it true.")
    escalation: Note = Field("", description="Whom to call when it does not help.")
    review_every: Span = Field(
        "180 days", description="How often somebody looks whether it holds: 90 days, 6 months."
    )
    services: list[Key] = []
    owner: Annotated[Line, AfterValidator(str.lower)] = Field(
        "", description="An e-mail address; nothing: its owner is chosen in the pages."
    )
    validated_by: Line | None = Field(
        None, description="Not used: a second person says so in the pages."
    )


# calendar.yaml


class CalendarEntry(Shape):
    """Something planned. Times carry a zone: 2027-01-04T22:00:00+00:00."""

    key: Annotated[str, StringConstraints(pattern=r"^[^\s]{1,200}$")]
    kind: Literal["maintenance", "freeze", "business_event", "game_day", "holiday"] = "maintenance"
    title: Title
    text: Note = ""
    starts_at: Instant
    ends_at: Instant = Field(description="The first moment after it.")
    team: KeyOrNone = ""
    services: list[Key] = []


class CalendarFile(Shape):
    """Planned work, freezes, business events, game days."""

    entries: list[CalendarEntry]


# words.yaml


class WordDecision(Shape):
    """A word or phrase that wording hints never mark here, or mark besides the others."""

    phrase: Annotated[
        str, StringConstraints(min_length=1, max_length=200), Cleaned, AfterValidator(_phrase)
    ]
    verdict: Literal["allow", "add"] = Field(description="allow: never marked; add: marked, too.")
    category: WordOrNone = Field("", description="Nothing, for an allowed one: every category.")
    why: Annotated[
        str, StringConstraints(min_length=1, max_length=2_000), Cleaned, AfterValidator(_not_empty)
    ]


class WordsFile(Shape):
    """The organisation's own words for the wording hints."""

    words: list[WordDecision]
