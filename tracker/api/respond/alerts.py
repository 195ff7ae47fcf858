"""Alerts: how good they are, the catalogue, the rules that declare, and who may send."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from tracker.api import gate
from tracker.api.feature import Feature
from tracker.api.shapes import (
    NO_NUL,
    Answer,
    Asked,
    Done,
    Instant,
    Line,
    NamedOut,
    Note,
    Reason,
    RowId,
    Word,
    team_out,
)
from tracker.db.work import Look, Work
from tracker.models.event import AlertRule, AlertSource
from tracker.reading.references import ref_of
from tracker.reading.respond.alerts import (
    AlertLine,
    alert_quality,
    alert_rule,
    alert_rules,
    alert_sources,
)
from tracker.usecases.respond.alert_catalogue import (
    AlertKeyAsk,
    AlertRuleAsk,
    put_alert_key,
    put_alert_rule,
    remove_alert_key,
    remove_alert_rule,
)
from tracker.usecases.respond.alert_sources import (
    AddSource,
    EditSource,
    RotateSecrets,
    add_source,
    edit_source,
    path_of,
    remove_source,
    rotate_source,
    source_by_id,
)

api = Feature("alerts", "What is known about alerts, which declare incidents, and who sends them.")

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,60}$")]
Secret = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]
Value = Annotated[str, StringConstraints(max_length=2_000, pattern=NO_NUL)]
Labels = Annotated[dict[Line, Value], Field(max_length=20)]
Names = Annotated[list[Line], Field(max_length=20)]


class RulePath(Asked):
    slug: Slug


class SourcePath(Asked):
    source: RowId


class AlertKeyIn(Asked):
    """An alert as its team describes it; ``procedure`` is PRO-n or its slug."""

    alert_key: Line
    about: Note = ""
    service: Word = ""
    owner: Word = ""
    procedure: Word = ""
    severity: Word = ""


class AlertKeyGone(Asked):
    alert_key: Line


class AlertOut(Answer):
    """One alert over the last thirty days. The share is null where too few fired to tell."""

    alert_key: str
    events: int
    told: int
    linked: int
    noise: int
    flapping: int
    led_to_action: float | None
    last_seen_at: Instant | None
    service: NamedOut | None
    owner: NamedOut | None
    procedure: str | None
    procedure_url: str
    severity: str
    has_process: bool
    managed_by: str


class AlertsOut(Answer):
    """The noisiest first."""

    since: Instant
    events: int
    led_to_action: float | None
    without_process: int
    without_owner: int
    items: list[AlertOut]


class RuleIn(Asked):
    """An alert that fits declares an incident: one for each group, while it is open."""

    key_pattern: Line = ""
    labels: Labels = {}
    severity: Word = ""
    minutes_firing: int = Field(default=0, ge=0, le=10_080)
    group_by: Names = []
    title: Line = ""
    active: bool = True


class NewRuleIn(RuleIn):
    name: Line


class RuleOut(Answer):
    slug: str
    key_pattern: str
    labels: dict[str, str]
    severity: str
    minutes_firing: int
    group_by: list[str]
    title: str
    active: bool
    managed_by: str


class RulesOut(Answer):
    items: list[RuleOut]


class SourceIn(Asked):
    """A sender that may send; ``mapping`` says where our fields are, for any JSON."""

    sender: Word
    name: Line
    signing_secret: Secret = ""
    mapping: dict[Line, Any] = Field(default={}, max_length=100)
    raw_days: int = Field(default=7, ge=0, le=365)


class SourceEdit(Asked):
    """New values; a field that is left out or null stays as it is."""

    mapping: dict[Line, Any] | None = Field(default=None, max_length=100)
    raw_days: int | None = Field(default=None, ge=0, le=365)
    active: bool | None = None


class RotateIn(Asked):
    """``keep_hours``: so long the old secret is good as well; a week unless said otherwise."""

    signing_secret: Secret = ""
    keep_hours: int | None = Field(default=None, ge=0, le=720)


class SourceOut(Answer):
    """A source; its secret is shown when it is made, and never again."""

    id: int
    sender: str
    name: str
    path: str
    active: bool
    raw_days: int
    created_at: Instant
    before_until: Instant | None
    last_received_at: Instant | None
    last_trouble: Reason
    last_trouble_at: Instant | None


class SourceMade(SourceOut):
    secret: str


class SourcesOut(Answer):
    items: list[SourceOut]


@api.reads("/alerts", AlertsOut)
def list_alerts(look: Look) -> AlertsOut:
    """Every alert that fired in the last thirty days or is in the catalogue."""
    found = alert_quality(look)
    return AlertsOut(
        since=found.since,
        events=found.events,
        led_to_action=found.led_to_action,
        without_process=len(found.without_process),
        without_owner=len(found.without_owner),
        items=[_alert(line) for line in found.lines],
    )


@api.changes("/alerts/catalogue", AlertOut, method="put", guarded=False)
def describe(work: Work, body: AlertKeyIn) -> AlertOut:
    """Say whose an alert is, how bad it usually is, and what to do when it fires."""
    row = put_alert_key(work, AlertKeyAsk(**body.model_dump()))
    work.session.flush()
    lines = {line.alert_key: line for line in alert_quality(work).lines}
    return _alert(lines.get(row.alert_key) or AlertLine(row.alert_key, row=row))


@api.changes("/alerts/catalogue/removal", Done, method="post", guarded=False)
def forget(work: Work, body: AlertKeyGone) -> Done:
    """Take an alert out of the catalogue; its events stay."""
    remove_alert_key(work, body.alert_key)
    return Done()


@api.reads("/alert-rules", RulesOut)
def list_rules(look: Look) -> RulesOut:
    """The rules, in the order of their names."""
    return RulesOut(items=[_rule(row) for row in alert_rules(look)])


@api.creates("/alert-rules", RuleOut)
def add_rule(work: Work, body: NewRuleIn) -> RuleOut:
    """Add a rule."""
    return _rule(put_alert_rule(work, _rule_ask(body, body.name)))


@api.reads("/alert-rules/<slug>", RuleOut)
def read_rule(look: Look, path: RulePath) -> RuleOut:
    """One rule."""
    return _rule(alert_rule(look, path.slug))


@api.changes("/alert-rules/<slug>", RuleOut, method="put", guarded=False)
def change_rule(work: Work, path: RulePath, body: RuleIn) -> RuleOut:
    """Describe a rule anew."""
    return _rule(put_alert_rule(work, _rule_ask(body, path.slug), slug=path.slug))


@api.changes("/alert-rules/<slug>", Done, method="delete", guarded=False)
def drop_rule(work: Work, path: RulePath) -> Done:
    """Remove a rule; its incidents stay."""
    remove_alert_rule(work, path.slug)
    return Done()


@api.reads("/alert-sources", SourcesOut)
def list_sources(look: Look) -> SourcesOut:
    """Who may send, and when each was last heard of. For admins."""
    return SourcesOut(items=[_source(row) for row in alert_sources(look)])


@api.creates("/alert-sources", SourceMade, secret="secret")  # noqa: S106 - the name of a field
def let_in(work: Work, body: SourceIn) -> SourceMade:
    """Let a sender in. Its secret is in this answer only."""
    row, secret = add_source(work, AddSource(**body.model_dump()), secret_key=_secret_key())
    return SourceMade(**_source(row).model_dump(), secret=secret)


@api.changes("/alert-sources/<int:source>", SourceOut, guarded=False)
def change_source(work: Work, path: SourcePath, body: SourceEdit) -> SourceOut:
    """Change how long its messages are kept, its mapping, or whether it may send."""
    row = source_by_id(work, path.source)
    return _source(edit_source(work, row, EditSource(**body.model_dump())))


@api.changes("/alert-sources/<int:source>/rotate", SourceMade, method="post", guarded=False)
def rotate(work: Work, path: SourcePath, body: RotateIn) -> SourceMade:
    """Give it a new secret; the old one is good for some hours more."""
    row, secret = rotate_source(
        work,
        source_by_id(work, path.source),
        RotateSecrets(**body.model_dump()),
        secret_key=_secret_key(),
    )
    return SourceMade(**_source(row).model_dump(), secret=secret)


@api.changes("/alert-sources/<int:source>", SourceOut, method="delete", guarded=False)
def shut_out(work: Work, path: SourcePath) -> SourceOut:
    """Take nothing more from it. What it told stays."""
    return _source(remove_source(work, source_by_id(work, path.source)))


def _secret_key() -> str:
    return gate.tracker().settings.kept_secret_key()


def _rule_ask(body: RuleIn, name: str) -> AlertRuleAsk:
    given = body.model_dump(exclude={"name", "group_by"})
    return AlertRuleAsk(name=name, group_by=tuple(body.group_by), **given)


def _alert(line: AlertLine) -> AlertOut:
    service, row = line.service, line.row
    return AlertOut(
        alert_key=line.alert_key,
        events=line.events,
        told=line.told,
        linked=line.linked,
        noise=line.noise,
        flapping=line.flapping,
        led_to_action=line.led_to_action,
        last_seen_at=line.last_seen_at,
        service=NamedOut(slug=service.slug, name=service.name) if service else None,
        owner=team_out(line.owner),
        procedure=ref_of("procedure", line.procedure.key) if line.procedure else None,
        procedure_url=line.procedure_url,
        severity=row.severity if row else "",
        has_process=line.has_process,
        managed_by=row.managed_by if row else "",
    )


def _rule(row: AlertRule) -> RuleOut:
    return RuleOut(
        slug=row.slug,
        key_pattern=row.key_pattern,
        labels={name: str(value) for name, value in row.labels.items()},
        severity=row.severity,
        minutes_firing=row.minutes_firing,
        group_by=list(row.group_by),
        title=row.title,
        active=row.active,
        managed_by=row.managed_by,
    )


def _source(row: AlertSource) -> SourceOut:
    return SourceOut(
        id=row.key,
        sender=row.sender,
        name=row.name,
        path=path_of(row),
        active=row.active,
        raw_days=row.raw_days,
        created_at=row.created_at,
        before_until=row.before_until,
        last_received_at=row.last_received_at,
        last_trouble=row.last_trouble,
        last_trouble_at=row.last_trouble_at,
    )
