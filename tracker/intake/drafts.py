"""Making an alert, a change or a notice of what a parser found, cut to what can be kept.

Every parser goes through these three, so that the limits and the words for status, service and
environment are the same whoever sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from tracker.domain.event import CHANGE_KINDS, CHANGE_STATUSES, PRODUCTION, Alert, Change, Notice
from tracker.intake.fields import (
    LONGEST_KEY,
    LONGEST_TEXT,
    LONGEST_WORD,
    cut,
    first_of,
    key_of,
    one_line,
    tidy_labels,
    web_address,
)

LONGEST_SHORT_WORD: Final = 60

# The labels that people use for the same thing, the plainest first.
SERVICE_LABELS: Final = (
    "service",
    "service_name",
    "service.name",
    "app.kubernetes.io/name",
    "application",
    "app",
    "component",
    "job",
)
ENVIRONMENT_LABELS: Final = ("environment", "env", "deployment_environment", "stage")
SEVERITY_LABELS: Final = ("severity", "priority", "level")
PROCEDURE_LABELS: Final = ("runbook_url", "runbook", "procedure_url", "playbook_url", "playbook")


def alert(
    *keys: str,
    alert_key: str,
    title: str,
    resolved: bool,
    text: str = "",
    starts_at: datetime | None = None,
    ended_at: datetime | None = None,
    severity: str = "",
    service: str = "",
    environment: str = "",
    group_key: str = "",
    labels: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    url: str = "",
    procedure_url: str = "",
) -> Alert:
    """One alert. ``keys`` together name the instance; equal keys are one event.

    Severity, service and environment come from the labels where the parser gives none. A firing
    alert has no end, whatever its sender writes there. ``notes`` come before the labels.
    """
    known = labels or {}
    return Alert(
        instance_key=key_of(*keys),
        alert_key=one_line(alert_key, LONGEST_KEY),
        title=one_line(title) or one_line(alert_key) or "Alert without a title",
        status="resolved" if resolved else "firing",
        text=cut(text.strip(), LONGEST_TEXT),
        starts_at=starts_at,
        ended_at=_not_before(ended_at, starts_at) if resolved else None,
        severity=one_line(severity or first_of(known, SEVERITY_LABELS), LONGEST_SHORT_WORD),
        service=one_line(service or first_of(known, SERVICE_LABELS), LONGEST_WORD),
        environment=one_line(
            environment or first_of(known, ENVIRONMENT_LABELS), LONGEST_SHORT_WORD
        ),
        group_key=key_of(group_key) if group_key else "",
        labels=tidy_labels(notes or {}, known),
        url=web_address(url),
        procedure_url=web_address(procedure_url or first_of(known, PROCEDURE_LABELS)),
    )


def change(
    *keys: str,
    kind: str,
    title: str,
    status: str,
    text: str = "",
    service: str = "",
    environment: str = "",
    revision: str = "",
    started_at: datetime | None = None,
    finished_at: datetime | None = None,
    url: str = "",
    by: str = "",
    labels: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    rolls_back: str = "",
) -> Change:
    """One change. An unnamed environment is production; a change under way has no end."""
    if kind not in CHANGE_KINDS or status not in CHANGE_STATUSES:
        raise ValueError(f"no kind or status of a change: {kind}, {status}")
    return Change(
        instance_key=key_of(*keys),
        kind=kind,
        title=one_line(title) or f"{kind.capitalize()} of {one_line(service) or 'something'}",
        text=cut(text.strip(), LONGEST_TEXT),
        service=one_line(service, LONGEST_WORD),
        environment=one_line(environment, LONGEST_SHORT_WORD) or PRODUCTION,
        revision=one_line(revision, LONGEST_KEY),
        status=status,
        started_at=started_at,
        finished_at=None if status == "started" else _not_before(finished_at, started_at),
        url=web_address(url),
        by=one_line(by, LONGEST_WORD),
        labels=tidy_labels(notes or {}, labels or {}),
        rolls_back=one_line(rolls_back, LONGEST_KEY),
    )


def notice(
    *keys: str,
    title: str,
    resolved: bool,
    text: str = "",
    starts_at: datetime | None = None,
    ended_at: datetime | None = None,
    vendor: str = "",
    url: str = "",
) -> Notice:
    """What a provider tells. An open one has no end."""
    return Notice(
        instance_key=key_of(*keys),
        title=one_line(title) or "Notice without a title",
        text=cut(text.strip(), LONGEST_TEXT),
        status="resolved" if resolved else "open",
        starts_at=starts_at,
        ended_at=_not_before(ended_at, starts_at) if resolved else None,
        vendor=one_line(vendor, LONGEST_WORD),
        url=web_address(url),
    )


def _not_before(end: datetime | None, start: datetime | None) -> datetime | None:
    # Two clocks of one sender may differ; an end before the start is an end at the start.
    return max(end, start) if end and start else end
