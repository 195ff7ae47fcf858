"""Operational events: what a sender told, and how alerts of one instance become one event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tracker.domain.lifecycle import words

# What can happen in operations, besides the incidents that people respond to.
EVENT_KINDS: dict[str, str] = {
    "alert": "A monitor says that something is not as expected",
    "change": "Something of ours was changed: a deployment, a setting, a flag, a rollback",
    "planned_work": "Work that was announced beforehand",
    "provider_notice": "A provider tells about trouble or work of its own",
    "customer_report": "A customer tells what does not work",
    "near_miss": "Something almost went wrong",
    "exercise": "A game day or a drill",
    "observation": "Anything else worth keeping",
}
CHANGE_KINDS = ("deploy", "config", "flag", "rollback", "release")
CHANGE_STATUSES = ("started", "succeeded", "failed", "cancelled")
ENVIRONMENTS_OUTSIDE_FIGURES = frozenset({"staging", "stage", "test", "testing", "dev", "qa"})
PRODUCTION = "production"

# An alert that came and went this often within the window flaps: it says so instead of filling
# the timeline.
FLAPPING_TIMES = 4
FLAPPING_WINDOW = timedelta(minutes=60)
# A clock further ahead than this is wrong, not early.
LARGEST_CLOCK_SKEW = timedelta(days=1)

LINK_ROLES = {
    "triggered_by": "triggered the incident",
    "remediated_by": "helped to end it",
}


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One instance of an alert, as its sender describes it. Instants are UTC or unknown."""

    instance_key: str
    alert_key: str
    title: str
    status: str = "firing"  # firing | resolved
    text: str = ""
    starts_at: datetime | None = None
    ended_at: datetime | None = None
    severity: str = ""
    service: str = ""
    environment: str = ""
    group_key: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    procedure_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change, as the tool that made it tells. ``by`` is what the tool says, never a person."""

    instance_key: str
    kind: str = "deploy"
    title: str = ""
    text: str = ""
    service: str = ""
    environment: str = PRODUCTION
    revision: str = ""
    status: str = "succeeded"
    started_at: datetime | None = None
    finished_at: datetime | None = None
    url: str = ""
    by: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    # The instance key or the revision of the change that this one takes back.
    rolls_back: str = ""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Trouble or work that a provider tells about."""

    instance_key: str
    title: str
    text: str = ""
    status: str = "open"  # open | resolved
    starts_at: datetime | None = None
    ended_at: datetime | None = None
    vendor: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Received:
    """What one body of a sender holds."""

    alerts: tuple[Alert, ...] = ()
    changes: tuple[Change, ...] = ()
    notices: tuple[Notice, ...] = ()
    # The sender's own number of this delivery, where it has one: told twice, it is stored once.
    delivery_id: str = ""
    # Why nothing is made of it, for messages such as a ping.
    ignored: str = ""
    # An address the sender asks to be called back at, once, to prove that we want its messages.
    confirm_url: str = ""


def is_flapping(came_at: list[datetime], now: datetime) -> bool:
    """True when an alert began at least FLAPPING_TIMES within the window that ends now."""
    return sum(now - at <= FLAPPING_WINDOW for at in came_at) >= FLAPPING_TIMES


def counts_in_figures(environment: str) -> bool:
    """True for production; an unnamed environment is production."""
    return environment.strip().lower() not in ENVIRONMENTS_OUTSIDE_FIGURES


def kind_name(kind: str) -> str:
    """The kind as people read it."""
    return words(kind)
