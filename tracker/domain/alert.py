"""Rules of alerts: which firing is new, which one is over, and whose clock cannot be right."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime

from tracker.domain import asks
from tracker.domain.errors import Gap, NotValid
from tracker.domain.event import LARGEST_CLOCK_SKEW, Alert, Notice, Received

LONGEST_KEY = 200
# Labels that a parser put beside the sender's own: what was measured, how the group stood. They
# differ from one firing to the next.
BESIDE_LABELS = ("annotation.", "extra.", "group.", "intake.")


def check_received(received: Received, now: datetime) -> None:
    """Raises: NotValid when a clock is more than a day ahead: such a time would stay wrong."""
    latest = now + LARGEST_CLOCK_SKEW
    gaps = [
        Gap(
            f"{kind}[{place}].{name}",
            f"{at:%Y-%m-%d %H:%M} UTC is more than a day ahead of our clock, "
            f"which says {now:%Y-%m-%d %H:%M} UTC; set the sender's clock",
        )
        for kind, found in (
            ("alerts", received.alerts),
            ("changes", received.changes),
            ("notices", received.notices),
        )
        for place, one in enumerate(found)
        for name in ("starts_at", "started_at")
        if isinstance(at := getattr(one, name, None), datetime)
        and at > latest
        # Work that a provider announces lies in the future by its nature.
        and kind != "notices"
    ]
    if gaps:
        raise NotValid(*gaps[:10])


def series_of(alert: Alert) -> str:
    """A digest of what makes two firings the same alert: its key and its labels."""
    labels = sorted(
        (name, value) for name, value in alert.labels.items() if not name.startswith(BESIDE_LABELS)
    )
    content = json.dumps([alert.alert_key, alert.service, labels], ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:40]


def notice_as_alert(notice: Notice) -> Alert:
    """A provider's notice comes and goes as an alert does."""
    return Alert(
        instance_key=notice.instance_key,
        alert_key="",
        title=notice.title,
        text=notice.text,
        status="resolved" if notice.status == "resolved" else "firing",
        starts_at=notice.starts_at,
        ended_at=notice.ended_at,
        service=notice.vendor,
        url=notice.url,
    )


def tidied(alert: Alert) -> Alert:
    """The alert as it can be kept: a start that cannot be one is unknown, a long key a digest."""
    starts_at = alert.starts_at
    if starts_at is not None and not asks.EARLIEST <= starts_at <= asks.LATEST:
        starts_at = None
    key = alert.instance_key
    if len(key) > LONGEST_KEY:
        key = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    return replace(alert, starts_at=starts_at, instance_key=key)


def end_of(alert: Alert, now: datetime) -> datetime | None:
    """When it ended, ``None`` while it fires: never after now, never before it began."""
    if alert.status != "resolved":
        return None
    ended_at = alert.ended_at
    if ended_at is None or not asks.EARLIEST <= ended_at <= now:
        ended_at = now
    return max(ended_at, alert.starts_at) if alert.starts_at else ended_at


def fires_again(alert: Alert, *, began_at: datetime, ended_at: datetime) -> bool:
    """True when an alert that was over fires anew; False for a late repeat of the old firing."""
    if alert.starts_at is None:
        return True
    return alert.starts_at > began_at and alert.starts_at >= ended_at
