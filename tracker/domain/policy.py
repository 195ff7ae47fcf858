"""The organisation's policy: severities, clocks, review rules. Read from data, never from code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tracker.domain.notification import NotificationRule, notification_rules
from tracker.domain.sign_off import SignOffRule, sign_off_rules

DEFAULT_WEEKDAYS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Level:
    """A severity, an impact, an urgency or a role, as the policy names it."""

    key: str
    name: str
    meaning: str


@dataclass(frozen=True)
class ReviewRule:
    """What the policy asks after an incident of one severity."""

    required: bool
    due_business_days: int
    template: str
    sign_offs: tuple[SignOffRule, ...] = ()


@dataclass(frozen=True)
class Policy:
    """One version of the policy. Incidents and reviews keep the version they began under."""

    version: int
    severities: tuple[Level, ...]
    impacts: tuple[Level, ...]
    urgencies: tuple[Level, ...]
    roles: tuple[Level, ...]
    matrix: Mapping[str, Mapping[str, str]]
    update_minutes: Mapping[str, int]
    review_rules: Mapping[str, ReviewRule]
    priorities: Mapping[str, tuple[int, int]]  # (accept, done) in business days
    business_weekdays: frozenset[int]  # Monday is 1
    holidays: frozenset[date]
    zone: ZoneInfo
    lesson_review_days: int
    review_reminder_days: tuple[int, ...]
    # So long before an incident its triggers are looked for among the changes.
    change_window: timedelta = timedelta(hours=24)
    # So long an analysis rests before actions are decided.
    soak_business_days: int = 2
    # Who hears of a new incident; empty: the setting of the machine says it.
    notifications: tuple[NotificationRule, ...] = ()

    @property
    def severity_keys(self) -> tuple[str, ...]:
        return tuple(level.key for level in self.severities)

    def severity(self, impact: str, urgency: str) -> str:
        """The severity of a cell. Raises: KeyError for a cell that the matrix lacks."""
        return self.matrix[impact][urgency]

    def role_name(self, key: str) -> str:
        """The role's name; a custom role is its own name."""
        return next((role.name for role in self.roles if role.key == key), key)

    def is_business_day(self, day: date) -> bool:
        return day.isoweekday() in self.business_weekdays and day not in self.holidays

    def business_days_after(self, start: date, days: int) -> date:
        """The ``days``-th business day after ``start``; weekends and holidays do not count."""
        day = start
        left = days
        while left > 0:
            day += timedelta(days=1)
            if self.is_business_day(day):
                left -= 1
        return day

    def shift_business_days(self, day: date, days: int) -> date:
        """``days`` business days later, or earlier when negative; 0 is the day itself."""
        if days >= 0:
            return self.business_days_after(day, days)
        left = -days
        while left > 0:
            day -= timedelta(days=1)
            if self.is_business_day(day):
                left -= 1
        return day

    def local_day(self, at: datetime) -> date:
        """The organisation's calendar day at that instant."""
        return at.astimezone(self.zone).date()

    def review_due_on(self, severity: str, resolved_at: datetime) -> date | None:
        """The day by which the review is to be published, or ``None`` when none is required."""
        rule = self.review_rules.get(severity)
        if rule is None or not rule.required:
            return None
        start = self.local_day(resolved_at)
        if rule.due_business_days == 0 and not self.is_business_day(start):
            # "The same day" is the next one on which people work.
            return self.business_days_after(start, 1)
        return self.business_days_after(start, rule.due_business_days)

    def business_days_between(self, start: date, end: date) -> int:
        """How many business days lie after ``start`` until and with ``end``; 0 when none."""
        days = (end - start).days
        return sum(self.is_business_day(start + timedelta(days=n)) for n in range(1, days + 1))

    def sign_offs(self, severities: Iterable[str]) -> tuple[SignOffRule, ...]:
        """The sign-offs that a review of such incidents needs: those of the gravest one."""
        asked = set(severities)
        gravest = next((key for key in self.severity_keys if key in asked), "near_miss")
        rule = self.review_rules.get(gravest)
        return rule.sign_offs if rule else ()

    def action_clocks(self, priority: str, proposed_at: datetime) -> tuple[date, date]:
        """(accept by, done by): the two clocks of an action."""
        accept, done = self.priorities[priority]
        start = self.local_day(proposed_at)
        return self.business_days_after(start, accept), self.business_days_after(start, done)


def policy_from(data: Mapping[str, Any], *, zone: str = "") -> Policy:
    """The policy in a parsed ``policy.yaml``.

    Raises: ValueError that names the key when something is missing or of the wrong shape.
    """
    try:
        calendar = data.get("calendar") or {}
        reviews = {
            key: ReviewRule(
                required=bool(rule["required"]),
                due_business_days=int(rule.get("due_business_days") or 0),
                template=str(rule["template"]),
                sign_offs=sign_off_rules(rule.get("sign_offs")),
            )
            for key, rule in data["reviews"].items()
        }
        policy = Policy(
            version=int(data["version"]),
            severities=_levels(data["severities"]),
            impacts=_levels(data["impact"]),
            urgencies=_levels(data["urgency"]),
            roles=_levels(data["roles"]),
            matrix={row: dict(cells) for row, cells in data["matrix"].items()},
            update_minutes={key: int(value) for key, value in data["update_minutes"].items()},
            review_rules=reviews,
            priorities={
                clock["key"]: (int(clock["accept_business_days"]), int(clock["done_business_days"]))
                for clock in data["actions"]["priorities"]
            },
            business_weekdays=frozenset(calendar.get("business_days") or DEFAULT_WEEKDAYS),
            holidays=frozenset(_day(day) for day in calendar.get("holidays") or ()),
            zone=ZoneInfo(zone or str(calendar.get("zone") or "UTC")),
            lesson_review_days=int(data["lessons"]["review_after_days"]),
            review_reminder_days=tuple(int(n) for n in data["reminders"]["review_days"]),
            change_window=_window(data.get("changes") or {}),
            soak_business_days=int(data.get("soak_business_days", 2)),
            notifications=notification_rules(data.get("notifications")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"policy: {error} is missing or of the wrong shape") from error
    for impact in policy.impacts:
        for urgency in policy.urgencies:
            cell = policy.matrix.get(impact.key, {}).get(urgency.key)
            if cell not in policy.severity_keys:
                raise ValueError(f"policy: matrix.{impact.key}.{urgency.key} names no severity")
    return policy


def _levels(rows: list[Mapping[str, str]]) -> tuple[Level, ...]:
    return tuple(
        Level(
            str(row["key"]),
            str(row["name"]),
            str(row.get("meaning") or row.get("description") or row.get("does") or ""),
        )
        for row in rows
    )


def _window(changes: Mapping[str, Any]) -> timedelta:
    hours = int(changes.get("window_hours", 24))
    if not 1 <= hours <= 24 * 31:
        raise ValueError("policy: changes.window_hours must be from 1 to 744")
    return timedelta(hours=hours)


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value))
