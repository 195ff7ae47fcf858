"""What a report tells, as it may be kept: times that can be believed, texts that fit."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time

from tracker.domain import asks
from tracker.domain.imported import cut_text, one_line, storable
from tracker.domain.incident import time_gaps
from tracker.importing.report import Report

_TIME_OF_DAY = re.compile(r"\d\s*[:.h]\s*\d\d|\d\s*[ap]\.?m", re.IGNORECASE)


def stated_times(report: Report) -> dict[str, datetime]:
    """The instants that the report states, the most telling first."""
    by_day = report.started_precision == "day"
    whole_day = by_day and report.ended_at is not None and report.ended_at.time() == time()
    stated = {
        "impact_started": None if by_day else report.started_at,
        "resolved": report.resolved_at,
        "impact_ended": None if whole_day else report.ended_at,
        "detected": report.detected_at,
        "mitigated": report.mitigated_at,
        "declared": report.declared_at,
    }
    return {name: at for name, at in stated.items() if at is not None}


def believable_times(report: Report, *, now: datetime) -> dict[str, datetime]:
    """The stated times that do not contradict the ones before them in telling order."""
    kept: dict[str, datetime] = {}
    for name, at in stated_times(report).items():
        found = usable(at, now=now)
        if found is not None and not time_gaps({**kept, name: found}, now=now):
            kept[name] = found
    return kept


def usable(at: datetime | None, *, now: datetime) -> datetime | None:
    """The instant in UTC; ``None`` for one that is not known, too old or in the future."""
    if at is None or at.tzinfo is None or not asks.EARLIEST <= at <= min(asks.LATEST, now):
        return None
    return at.astimezone(UTC)


def time_as_written(text: str, *, known: bool) -> str:
    """Kept where the page must not show the instant as if it were exact."""
    if known and _TIME_OF_DAY.search(text):
        return ""
    return clip(text, asks.TITLE_LIMIT) or ("" if known else "no time given")


def tags_of_report(report: Report) -> tuple[str, ...]:
    """The tags, the organisation among them, each as tags are kept."""
    raw = [storable(one)[: asks.TAG_LIMIT] for one in report.tags]
    if report.organisation.strip():
        raw.append(asks.slug_of(report.organisation)[: asks.TAG_LIMIT])
    tags = (tag[: asks.TAG_LIMIT] for tag in asks.tags_of(raw))
    return tuple(dict.fromkeys(tags))[: asks.MANY_LIMIT]


def title_of(report: Report) -> str:
    """The report's title as a title is kept here, never empty."""
    return one_line(asks.clean(storable(report.title)), asks.TITLE_LIMIT) or "Untitled report"


def note_of(text: str) -> str:
    """The text as a note is kept: normal, storable, within its limit."""
    return cut_text(asks.clean(storable(text)), asks.NOTE_LIMIT)


def clip(text: str, limit: int) -> str:
    """The text on one line of at most ``limit`` characters, as a database takes it."""
    return one_line(storable(text), limit)


def link_of(url: str) -> str:
    """The address when it is one that a browser may open, else nothing."""
    address = storable(url).strip()
    fits = len(address) <= asks.REASON_LIMIT and not re.search(r"\s", address)
    return address if fits and address.lower().startswith(("http://", "https://")) else ""
