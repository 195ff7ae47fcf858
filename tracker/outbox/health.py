"""Whether this tracker can serve, as checks that say what to do: for doctor and /readyz."""

from __future__ import annotations

import logging
import os
import shutil

from sqlalchemy.exc import SQLAlchemyError

from tracker.app import App
from tracker.domain.spans import span_words
from tracker.outbox.checks import Check, bad, good
from tracker.outbox.mail_health import mail_checks
from tracker.reading.health import Health, has_policy, health, library_size
from tracker.settings import Settings

log = logging.getLogger(__name__)

LEAST_FREE_BYTES = 500_000_000
LATE_SECONDS = 120


def readiness(app: App) -> list[Check]:
    """What must hold before requests make sense: the schema and the policy. Quick."""
    try:
        if trouble := app.schema_trouble():
            return [bad("schema", trouble)]
        with app.look_as_system() as look:
            loaded = has_policy(look)
    except SQLAlchemyError as error:
        # Anybody may ask whether the tracker is ready, so the reason is told elsewhere.
        log.warning("database not usable", extra={"reason": type(error).__name__})
        return [bad("database", "The database does not answer; ask: tracker doctor")]
    return [
        good("schema", "The database is at this version"),
        _policy(loaded=loaded),
    ]


def examine(app: App, *, ask_others: bool = False) -> list[Check]:
    """Everything an operator would want to know. Changes nothing.

    ``ask_others``: other services are asked too, for whoever can wait for their answers.
    """
    checks = _data_dir(app.settings)
    if all(check.ok for check in checks) or not app.settings.sqlalchemy_url.startswith("sqlite"):
        checks += _database(app)
    if any(check.ok for check in checks if check.name == "policy"):
        with app.look_as_system() as look:
            facts, expected = health(look), library_size(look)
        checks += [_worker(facts), _pending(facts), _parked(facts), _clocks(facts)]
        checks.append(_index(app, facts, expected))
        checks += _slack(app, ask=ask_others)
        checks += mail_checks(app, ask=ask_others)
    checks += _settings(app.settings)
    return checks


def index_is_behind(app: App) -> bool:
    """True when something that happened is not in the search index yet."""
    with app.look_as_system() as look:
        facts = health(look)
    return facts.pending_for_index > 0 or not app.index.is_current()


def _database(app: App) -> list[Check]:
    try:
        with app.engine.connect():
            pass
    except SQLAlchemyError as error:
        return [bad("database", unusable_database(error))]
    return readiness(app)


def unusable_database(error: SQLAlchemyError) -> str:
    """Why the database cannot be used, in its driver's words, and where to look."""
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()
    reason = cause[0] if cause else type(error).__name__
    return (
        f"The database cannot be used: {reason}. Look at TRACKER_DATABASE_URL (or, without it, "
        "TRACKER_DATA_DIR), whether its server runs, and who may write there"
    )


def _policy(*, loaded: bool) -> Check:
    if loaded:
        return good("policy", "A policy is loaded")
    return bad("policy", "There is no policy yet; run: tracker seed")


def _data_dir(settings: Settings) -> list[Check]:
    place = settings.data_dir
    if not place.is_dir():
        return [bad("data_dir", f"There is no folder {place} yet; run: tracker seed")]
    if not os.access(place, os.W_OK | os.X_OK):
        return [bad("data_dir", f"The folder {place} cannot be written to; check its owner")]
    free = shutil.disk_usage(place).free
    megabytes = free // 1_000_000
    disk = Check(
        name="disk",
        ok=free >= LEAST_FREE_BYTES,
        text=f"{megabytes:,} MB are free"
        + ("" if free >= LEAST_FREE_BYTES else "; make room: a full disk loses writing"),
    )
    return [good("data_dir", f"The folder {place} can be written to"), disk, _secret(settings)]


def _secret(settings: Settings) -> Check:
    if settings.secret_key:
        return good("secret_key", "The secret key comes from the environment")
    path = settings.data_dir / "secret_key"
    if not path.exists():
        return good("secret_key", "The secret key is made at the first start")
    if path.stat().st_mode & 0o077:
        return bad("secret_key", f"Others can read the secret key; run: chmod 600 {path}")
    return good("secret_key", "Only its owner can read the secret key")


def _worker(facts: Health) -> Check:
    age = facts.heartbeat_seconds
    if facts.worker_is_alive:
        return good("worker", f"A worker was heard of {span_words(age or 0)} ago")
    since = "No worker has been heard of yet"
    if age is not None:
        since = f"A worker was last heard of {span_words(age)} ago"
    return bad("worker", f"{since}; run: tracker serve, or tracker worker")


def _pending(facts: Health) -> Check:
    age = facts.oldest_pending_seconds
    if age is None or age < LATE_SECONDS:
        return good("deliveries", f"{_counted(facts.pending, 'waits', 'wait')}, none for long")
    remedy = "look at the worker's log" if facts.worker_is_alive else "start a worker"
    return bad(
        "deliveries",
        f"{_counted(facts.pending, 'waits', 'wait')}, the oldest for {span_words(age)}; {remedy}",
    )


def _parked(facts: Health) -> Check:
    if not facts.parked:
        return good("parked", "No delivery is parked")
    parked = _counted(facts.parked, "is parked", "are parked")
    return bad("parked", f"{parked}; see why with: tracker jobs list")


def _clocks(facts: Health) -> Check:
    if not facts.clocks_overdue or facts.worker_is_alive:
        return good("clocks", "Reminders go out when they are due")
    overdue = "reminder is" if facts.clocks_overdue == 1 else "reminders are"
    return bad("clocks", f"{facts.clocks_overdue} {overdue} overdue; start a worker")


def _index(app: App, facts: Health, expected: int) -> Check:
    if not app.index.is_current():
        return bad("index", "The search index is missing or old; run: tracker reindex")
    count = app.index.count()
    if count == expected or facts.pending_for_index:
        return good("index", f"The search index has {count:,} of {expected:,} records")
    return bad(
        "index",
        f"The search index has {count:,} records where {expected:,} belong; run: tracker reindex",
    )


def _slack(app: App, *, ask: bool) -> list[Check]:
    # Loaded here, so that a tracker without Slack loads nothing of it.
    from tracker.outbox.slack_health import slack_checks  # noqa: PLC0415

    return slack_checks(app, ask=ask)


def _settings(settings: Settings) -> list[Check]:
    unknown = Settings.unknown_names()
    checks = [
        Check(
            name="settings",
            ok=not unknown,
            text="Every TRACKER_ setting is known"
            if not unknown
            else f"Nothing here is called {', '.join(unknown)}; look for a spelling mistake",
        )
    ]
    local = settings.base_url.startswith(("http://127.", "http://localhost", "http://[::1]"))
    if settings.secure_cookies or local:
        checks.append(good("base_url", f"People come by {settings.base_url}"))
    else:
        checks.append(
            bad(
                "base_url",
                f"People come by {settings.base_url} without https: cookies can be overheard; "
                "set TRACKER_BASE_URL to an https:// address",
            )
        )
    return checks


def _counted(number: int, one: str, more: str) -> str:
    return f"1 delivery {one}" if number == 1 else f"{number:,} deliveries {more}"
