"""Severity: computed from impact x urgency, or overridden with a reason, and reassessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tracker.db.work import Work
from tracker.domain import asks
from tracker.domain.errors import Gaps
from tracker.models.incident import Incident, SeverityAssessment
from tracker.usecases.respond.timeline import add_system_entry


@dataclass(frozen=True, kw_only=True)
class AssessSeverity:
    """A (new) assessment: a cell of the matrix, or an override with its reason."""

    impact: str = ""
    urgency: str = ""
    severity: str = ""
    why: str = ""
    version: int | None = None


def assess_severity(work: Work, incident: Incident, ask: AssessSeverity) -> Incident:
    """The severity is reassessed and every earlier assessment kept.

    Raises: NotValid (an override needs a reason), Conflict. Emits: incident.changed.
    """
    work.permit("assess_severity")
    work.expect(incident, ask.version)
    gaps = Gaps()
    if incident.kind == "near_miss":
        gaps.add("severity", "A near miss has no severity: nothing was hurt")
    severity, overridden = severity_of(
        work, gaps, ask.impact, ask.urgency, ask.severity, ask.why, reason_field="why"
    )
    gaps.raise_not_valid()
    before = incident.severity
    incident.severity = severity
    incident.impact = ask.impact
    incident.urgency = ask.urgency
    incident.updated_at = work.now
    add_assessment(work, incident, overridden=overridden, why=ask.why)
    if before != severity:
        because = f": {asks.clean(ask.why)}" if ask.why.strip() else ""
        add_system_entry(work, incident, f"Severity {before or 'unset'} → {severity}{because}")
        _tighten_update_clock(work, incident)
    work.emit("incident.changed", incident)
    return incident


def add_assessment(work: Work, incident: Incident, *, overridden: bool, why: str) -> None:
    """The severity the incident has now is in its history, with who found it and why."""
    work.session.add(
        SeverityAssessment(
            incident_id=incident.key,
            severity=incident.severity,
            impact=incident.impact,
            urgency=incident.urgency,
            overridden=overridden,
            why=asks.clean(why),
            at=work.now,
            by_id=work.actor.person_id,
        )
    )


def severity_of(
    work: Work,
    gaps: Gaps,
    impact: str,
    urgency: str,
    severity: str,
    why: str,
    *,
    reason_field: str = "severity_reason",
) -> tuple[str, bool]:
    """(severity, overridden); gaps for a half cell, an unknown key, an override unexplained."""
    policy = work.policy
    asks.check_choice(
        gaps, "impact", impact, [level.key for level in policy.impacts], required=False
    )
    asks.check_choice(
        gaps, "urgency", urgency, [level.key for level in policy.urgencies], required=False
    )
    asks.check_choice(gaps, "severity", severity, policy.severity_keys, required=False)
    asks.check_text(gaps, reason_field, why, limit=asks.REASON_LIMIT)
    if any(gap.field in ("impact", "urgency", "severity", reason_field) for gap in gaps.found):
        return "", False
    if bool(impact) != bool(urgency):
        gaps.add("urgency" if impact else "impact", "Impact and urgency go together")
        return "", False
    if not impact:
        gaps.unless(severity, "severity", "Choose impact and urgency, or a severity")
        return severity, False
    computed = policy.severity(impact, urgency)
    if severity and severity != computed:
        gaps.unless(
            why.strip(),
            reason_field,
            f"Impact and urgency give {computed}; say why it should be {severity}",
        )
        return severity, True
    return computed, False


def _tighten_update_clock(work: Work, incident: Incident) -> None:
    """After a reassessment the stricter cadence applies from this moment."""
    minutes = work.policy_of(incident.policy_version).update_minutes.get(incident.severity)
    if incident.next_update_at is not None and minutes:
        stricter = work.now + timedelta(minutes=minutes)
        incident.next_update_at = min(incident.next_update_at, stricter)
