"""Alerts that declare an incident by themselves, as the rules of the organisation say.

At most one incident for a rule and group while it is open: whoever declares stands in the turn
called ``intake`` and writes the row of the pair, which is unique.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from fnmatch import fnmatchcase

from sqlmodel import col, select

from tracker.db.work import Look, Work
from tracker.domain.lifecycle import OPEN_INCIDENT_STATES
from tracker.domain.people import Actor
from tracker.models.catalogue import Service
from tracker.models.event import AlertKey, AlertRule, AutoDeclared, OperationalEvent
from tracker.models.incident import Incident
from tracker.models.journal import Clock
from tracker.usecases.clocks import set_clock
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.event_links import Happening, attach, tell_timelines
from tracker.usecases.respond.times import TimeAsk

# Who acts when a sender tells something: the event says which one it was.
INTAKE = Actor(person_id=None, name="Alert intake", role="responder", kind="system", circles=None)
TURN = "intake"
CLOCK = "alert_rule"
LONGEST_GROUP = 500
_ACTIVE = select(AlertRule).where(col(AlertRule.active).is_(True)).order_by(col(AlertRule.slug))


def active_rules(look: Look) -> list[AlertRule]:
    """The rules in force, in the order of their names."""
    return list(look.session.exec(_ACTIVE))


def matches(rule: AlertRule, event: OperationalEvent) -> bool:
    """True when the alert's key fits the rule's pattern and each of its labels has the value."""
    if rule.key_pattern and not fnmatchcase(event.alert_key, rule.key_pattern):
        return False
    return all(str(event.labels.get(name)) == str(value) for name, value in rule.labels.items())


def group_of(rule: AlertRule, event: OperationalEvent) -> str:
    """The values that alerts of one incident share; empty when the rule groups all of them."""
    text = ", ".join(f"{name}={event.labels.get(name, '')}" for name in rule.group_by)
    if len(text) <= LONGEST_GROUP:
        return text
    return text[: LONGEST_GROUP - 65] + " " + hashlib.sha256(text.encode()).hexdigest()


def declare_by_rules(work: Work, fired: Sequence[OperationalEvent]) -> list[Incident]:
    """Every alert that fired now and fits a rule has its incident, or a clock that will look again.

    The incidents that were declared, each with its alerts attached.
    """
    if not fired:
        return []
    declared: list[Incident] = []
    for rule in active_rules(work):
        groups: dict[str, list[OperationalEvent]] = {}
        for event in fired:
            if event.state == "noise" or not matches(rule, event):
                continue
            if rule.minutes_firing > 0:
                due_at = event.starts_at + timedelta(minutes=rule.minutes_firing)
                set_clock(work, CLOCK, event, due_at=max(due_at, work.now), mark=rule.slug)
            else:
                groups.setdefault(group_of(rule, event), []).append(event)
        for group, events in groups.items():
            incident, new = _incident_for(work, rule, group, events)
            if new:
                declared.append(incident)
    return declared


def declare_after_minutes(work: Work, clock: Clock) -> str:
    """The rule of the clock: the alert has an incident when it still fires. What came of it."""
    work.take_turns(TURN)
    event = work.session.get(OperationalEvent, clock.record_id, with_for_update=True)
    if event is None or event.ended_at is not None or event.state == "noise":
        return "it does not fire any more"
    query = select(AlertRule).where(AlertRule.slug == clock.mark, col(AlertRule.active).is_(True))
    rule = work.session.exec(query).first()
    if rule is None or not matches(rule, event):
        return "the rule is gone or changed"
    incident, new = _incident_for(work, rule, group_of(rule, event), [event])
    return f"declared INC-{incident.key}" if new else f"joined INC-{incident.key}"


def _incident_for(
    work: Work, rule: AlertRule, group: str, events: Sequence[OperationalEvent]
) -> tuple[Incident, bool]:
    """(the open incident of rule and group with the events attached, whether it is new)."""
    query = (
        select(AutoDeclared)
        .where(AutoDeclared.rule_slug == rule.slug, AutoDeclared.group_text == group)
        .with_for_update()
    )
    row = work.session.exec(query).first()
    before = work.session.get(Incident, row.incident_id) if row else None
    if before is not None and before.state in OPEN_INCIDENT_STATES:
        attach(work, before, events)
        told = [Happening(event, "fired", event.starts_at) for event in events
                if not event.flapping]  # fmt: skip
        tell_timelines(work, [(before, told)])
        return before, False
    incident = _declare(work, rule, group, events)
    if row is None:
        work.add(
            AutoDeclared(
                rule_slug=rule.slug, group_text=group, incident_id=incident.key, at=work.now
            )
        )
    else:
        row.incident_id, row.at = incident.key, work.now
    attach(work, incident, events, promoted=True)
    tell_timelines(
        work, [(incident, [Happening(event, "fired", event.starts_at) for event in events])]
    )
    return incident, True


def _declare(
    work: Work, rule: AlertRule, group: str, events: Sequence[OperationalEvent]
) -> Incident:
    first = events[0]
    keys = select(AlertKey).where(col(AlertKey.alert_key).in_({one.alert_key for one in events}))
    usual = [row.severity for row in work.session.exec(keys) if row.severity]
    severities = work.policy.severity_keys
    wanted = next((one for one in (rule.severity, *usual) if one in severities), severities[-1])
    service_ids = {event.service_id for event in events if event.service_id is not None}
    services = select(Service.slug).where(col(Service.id).in_(service_ids))
    title = rule.title or first.title
    if len(events) > 1 and not rule.title:
        title = f"{first.title} and {len(events) - 1} more"
    because = f"The rule {rule.slug} declared it" + (f" for {group}" if group else "")
    return declare_incident(
        work,
        DeclareIncident(
            title=title[:200],
            summary=f"{because}.",
            severity=wanted,
            services=tuple(work.session.exec(services)) if service_ids else (),
            times={
                "detected": TimeAsk(
                    at=min(*(event.starts_at for event in events), work.now), source="alert"
                )
            },
        ),
    )
