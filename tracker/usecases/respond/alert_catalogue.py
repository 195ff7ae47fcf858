"""What the organisation knows about its alerts, and when an alert declares by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import col, select

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gaps, NotFound
from tracker.models.event import AlertKey, AlertRule
from tracker.models.procedure import Procedure
from tracker.reading.references import parse_ref, services_named, team_named
from tracker.usecases.managed import refuse_managed

KEY_LIMIT = 200
MOST_MINUTES = 7 * 24 * 60
MOST_LABELS = 20


@dataclass(frozen=True, kw_only=True)
class AlertKeyAsk:
    """An alert as its team describes it. ``procedure`` is PRO-n or its slug."""

    alert_key: str
    about: str = ""
    service: str = ""
    owner: str = ""
    procedure: str = ""
    severity: str = ""


@dataclass(frozen=True, kw_only=True)
class AlertRuleAsk:
    """When an alert declares an incident: its key (or a pattern with *), labels, minutes firing.

    Alerts with the same values of the ``group_by`` labels share one incident while it is open.
    """

    name: str
    key_pattern: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    severity: str = ""
    minutes_firing: int = 0
    group_by: tuple[str, ...] = ()
    title: str = ""
    active: bool = True


def put_alert_key(work: Work, ask: AlertKeyAsk) -> AlertKey:
    """The alert is in the catalogue as described.

    Raises: NotValid; NotAllowed for one that comes from the configuration.
    """
    work.permit("edit_alert_catalogue")
    gaps = Gaps()
    asks.check_text(gaps, "alert_key", ask.alert_key, limit=KEY_LIMIT, required=True)
    asks.check_text(gaps, "about", ask.about, limit=asks.NOTE_LIMIT)
    services = services_named(work, [ask.service], gaps, "service")
    owner = team_named(work, ask.owner, gaps, "owner")
    procedure = _procedure(work, gaps, ask.procedure)
    _check_severity(work, gaps, ask.severity)
    gaps.raise_not_valid()
    key = asks.clean(ask.alert_key)
    work.take_turns(f"alert key {key}")
    row = work.session.exec(select(AlertKey).where(AlertKey.alert_key == key)).first()
    refuse_managed(row)
    if row is None:
        row = AlertKey(alert_key=key)
    row.about = asks.clean(ask.about)
    row.service_id = services[0].key if services else None
    row.owner_team_id = owner.key if owner else None
    row.procedure_id = procedure.key if procedure else None
    row.severity = ask.severity
    return work.add(row)


def remove_alert_key(work: Work, alert_key: str) -> None:
    """Nothing is known of the alert any more; its events stay.

    Raises: NotFound; NotAllowed for one that comes from the configuration.
    """
    work.permit("edit_alert_catalogue")
    row = work.session.exec(select(AlertKey).where(AlertKey.alert_key == alert_key)).first()
    if row is None:
        raise NotFound("That alert")
    refuse_managed(row)
    work.session.delete(row)


def put_alert_rule(work: Work, ask: AlertRuleAsk, *, slug: str = "") -> AlertRule:
    """The rule is in force as described; ``slug`` names one that is there already.

    Raises: NotValid, NotFound; NotAllowed for one that comes from the configuration.
    """
    work.permit("edit_alert_catalogue")
    gaps = Gaps()
    asks.check_title(gaps, "name", ask.name)
    asks.check_text(gaps, "key_pattern", ask.key_pattern, limit=KEY_LIMIT)
    asks.check_title(gaps, "title", ask.title, required=False)
    if len(ask.labels) + len(ask.group_by) > MOST_LABELS:
        gaps.add("labels", f"At most {MOST_LABELS} labels")
    for name, text in ask.labels.items():
        asks.check_text(gaps, "labels", name, limit=KEY_LIMIT, required=True)
        asks.check_text(gaps, "labels", text, limit=asks.REASON_LIMIT)
    for name in ask.group_by:
        asks.check_text(gaps, "group_by", name, limit=KEY_LIMIT, required=True)
    if not 0 <= ask.minutes_firing <= MOST_MINUTES:
        gaps.add("minutes_firing", f"Choose 0 to {MOST_MINUTES:,} minutes")
    if not asks.clean(ask.key_pattern) and not ask.labels:
        gaps.add("key_pattern", "Say which alerts: a key, a pattern with *, or a label")
    _check_severity(work, gaps, ask.severity)
    wanted = slug or (asks.slug_of(ask.name) if isinstance(ask.name, str) else "")
    row = work.session.exec(select(AlertRule).where(AlertRule.slug == wanted)).first()
    if slug and row is None:
        raise NotFound("That rule")
    if not slug and row is not None:
        gaps.add("name", f"There is a rule {wanted} already; change that one, or the name")
    gaps.raise_not_valid()
    refuse_managed(row)
    if row is None:
        row = AlertRule(slug=wanted)
    row.key_pattern = asks.clean(ask.key_pattern)
    row.labels = {asks.clean(name): asks.clean(text) for name, text in ask.labels.items()}
    row.severity = ask.severity
    row.minutes_firing = ask.minutes_firing
    row.group_by = [asks.clean(name) for name in ask.group_by]
    row.title = asks.clean(ask.title)
    row.active = ask.active
    return work.add(row)


def remove_alert_rule(work: Work, slug: str) -> None:
    """The rule declares nothing any more; its incidents stay.

    Raises: NotFound; NotAllowed for one that comes from the configuration.
    """
    work.permit("edit_alert_catalogue")
    row = work.session.exec(select(AlertRule).where(AlertRule.slug == slug)).first()
    if row is None:
        raise NotFound("That rule")
    refuse_managed(row)
    work.session.delete(row)


def _check_severity(work: Work, gaps: Gaps, severity: str) -> None:
    asks.check_choice(gaps, "severity", severity, work.policy.severity_keys, required=False)


def _procedure(work: Work, gaps: Gaps, named: str) -> Procedure | None:
    if not isinstance(named, str) or not named.strip():
        return None
    query = select(Procedure).where(col(Procedure.slug) == named.strip().lower())
    try:
        model, row_id = parse_ref(named)
        if model is Procedure:
            query = select(Procedure).where(Procedure.id == row_id)
    except NotFound:
        # It is a slug then.
        pass
    found = work.session.exec(query).first()
    if found is None or not work.actor.reads(found.circle_id):
        gaps.add("procedure", f"“{named.strip()[:60]}” is not known here")
        return None
    return found
