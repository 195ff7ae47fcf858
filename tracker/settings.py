"""Settings: what an operator may choose, read once from the environment.

Every field carries its unit, default and help; docs/operate/settings.md is generated from them.
Nothing else in the tracker reads the environment.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

PREFIX = "TRACKER_"


class SettingsError(ValueError):
    """A setting cannot be used; the text says which one, why, and what to write instead."""


def _setting(default: object, help_text: str, *, unit: str = "text") -> Any:  # noqa: ANN401 - as dataclasses.field
    return field(default=default, metadata={"help": help_text, "unit": unit})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one running tracker. Frozen: a process keeps what it started with."""

    data_dir: Path = _setting(
        Path("data"), "Folder of the database, the search index and the secret key.", unit="path"
    )
    database_url: str = _setting(
        "",
        "SQLAlchemy address of the database. Empty: SQLite in the data folder. "
        "PostgreSQL: postgresql://user@host/name.",
        unit="URL",
    )
    base_url: str = _setting(
        "http://127.0.0.1:8000", "The address people reach the tracker at.", unit="URL"
    )
    secret_key: str = _setting(
        "", "Signs sessions. Empty: made once and kept in the data folder.", unit="32+ characters"
    )
    timezone: str = _setting(
        "",
        "Zone of the organisation: business days and reminders. Empty: the zone of the policy.",
        unit="IANA zone",
    )
    session_hours: int = _setting(12, "A sign-in lasts this long without use.", unit="hours")
    sign_in_tries_per_minute: int = _setting(
        10, "Sign-in attempts allowed per account and per address.", unit="count"
    )
    max_body_bytes: int = _setting(
        4_000_000, "A request with a larger body is refused with 413.", unit="bytes"
    )
    threads: int = _setting(
        0, "Threads of the web server. 0: 8 with SQLite, 16 with PostgreSQL.", unit="count"
    )
    trusted_proxies: int = _setting(
        0, "How many proxies stand before the tracker and set X-Forwarded-*.", unit="count"
    )
    slack_bot_token: str = _setting(
        "", "Token of the Slack app in one workspace, xoxb-…. Empty: no Slack, or OAuth."
    )
    slack_signing_secret: str = _setting("", "Proves that a request comes from Slack (HTTP).")
    slack_app_token: str = _setting("", "App-level token, xapp-…: turns Socket Mode on.")
    slack_client_id: str = _setting("", "Client ID of the Slack app, for installing by OAuth.")
    slack_client_secret: str = _setting("", "Client secret of the Slack app, for OAuth.")
    slack_api_url: str = _setting("https://slack.com/api/", "Where Slack is asked.", unit="URL")
    slack_command: str = _setting("incident", "The Slack command, without its slash.")
    slack_lessons_command: str = _setting(
        "lessons", "The Slack command that searches lessons, without its slash."
    )
    slack_announce_channels: str = _setting(
        "",
        "Channels that hear of a new incident, while the policy names none: "
        "SEV1=#all,#eng;SEV2=#eng;team:payments=#pay.",
    )
    slack_timeline_reaction: str = _setting(
        "pushpin", "The reaction that puts a message on the timeline, without its colons."
    )
    smtp_url: str = _setting(
        "",
        "The mail server: smtp://user:password@host:587?starttls=1 or smtps://host. "
        "Empty: no mail.",
        unit="URL",
    )
    mail_from: str = _setting(
        "", "Who mails come from: tracker@example.org or Tracker <tracker@example.org>."
    )
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read every TRACKER_ variable.

        Raises: SettingsError for a value that cannot be used.
        """
        source = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for known in fields(cls):
            raw = source.get(PREFIX + known.name.upper())
            if raw is not None and raw.strip():
                values[known.name] = _read(known.name, raw.strip(), type(known.default))
        settings = cls(**values)
        settings.check()
        return settings

    @classmethod
    def unknown_names(cls, environment: Mapping[str, str] | None = None) -> list[str]:
        """TRACKER_ variables that mean nothing here: most often a spelling mistake."""
        source = os.environ if environment is None else environment
        known = {PREFIX + known.name.upper() for known in fields(cls)}
        return sorted(
            name
            for name in source
            if name.startswith(PREFIX) and name not in known and not name.startswith("TRACKER_TEST")
        )

    def check(self) -> None:
        """Raises: SettingsError where a value has the right type and still cannot work."""
        try:
            ZoneInfo(self.timezone or "UTC")
        except (KeyError, ValueError, OSError) as error:
            raise SettingsError(
                f"TRACKER_TIMEZONE={self.timezone!r} is not a zone; try Europe/Berlin or UTC"
            ) from error
        if not self.base_url.startswith(("http://", "https://")):
            raise SettingsError(
                f"TRACKER_BASE_URL={self.base_url!r} must begin with http:// or https://"
            )
        if self.secret_key and len(self.secret_key) < 32:
            raise SettingsError("TRACKER_SECRET_KEY needs at least 32 characters")
        if self.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise SettingsError(
                f"TRACKER_LOG_LEVEL={self.log_level!r}: DEBUG, INFO, WARNING, ERROR"
            )
        known = ("sqlite:", "postgresql:", "postgresql+psycopg:", "postgres:")
        if self.database_url and not self.database_url.startswith(known):
            raise SettingsError(
                "TRACKER_DATABASE_URL must begin with sqlite:/// or postgresql:// (or stay empty)"
            )

        self._check_slack()
        self._check_mail()

    def _check_mail(self) -> None:
        if not self.smtp_url:
            return
        try:
            # Read here as the sender reads it: the settings lie below it and cannot ask it.
            parts = urlsplit(self.smtp_url)
            known = parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0
        except ValueError:
            known = False
        if not known:
            # The address may hold a password, so it is not repeated here.
            raise SettingsError(
                "TRACKER_SMTP_URL: write it as smtp://user:password@host:587?starttls=1 or "
                "smtps://…; letters such as @ and / in a password as %40 and %2F"
            )
        if "@" not in self.mail_from:
            raise SettingsError(
                "TRACKER_MAIL_FROM is needed with TRACKER_SMTP_URL: an address such as "
                "tracker@example.org"
            )

    def _check_slack(self) -> None:
        for name, begins, like in (
            ("slack_bot_token", "xoxb-", "a bot token"),
            ("slack_app_token", "xapp-", "an app-level token"),
        ):
            given = getattr(self, name)
            if given and not given.startswith(begins):
                raise SettingsError(
                    f"{PREFIX}{name.upper()} must be {like}: it begins with {begins}"
                )
        if not self.slack_api_url.startswith(("http://", "https://")):
            raise SettingsError("TRACKER_SLACK_API_URL must begin with http:// or https://")
        if not self.slack_api_url.endswith("/"):
            raise SettingsError("TRACKER_SLACK_API_URL must end with /, as https://slack.com/api/")
        for name in ("slack_command", "slack_lessons_command"):
            given = getattr(self, name)
            if not re.fullmatch(r"[a-z0-9_-]{1,31}", given):
                raise SettingsError(
                    f"{PREFIX}{name.upper()}={given!r}: small letters, digits, - and _, no slash"
                )
        if self.slack_command == self.slack_lessons_command:
            raise SettingsError(
                "TRACKER_SLACK_COMMAND and TRACKER_SLACK_LESSONS_COMMAND must differ"
            )
        self.announce_channels_by_key  # noqa: B018 - reading it checks it

    @property
    def slack_is_on(self) -> bool:
        """Something of Slack is set: its routes are mounted and its deliveries are made."""
        return bool(self.slack_bot_token or (self.slack_client_id and self.slack_client_secret))

    @property
    def mail_is_on(self) -> bool:
        """A mail server is named: people get mail, invitations go out."""
        return bool(self.smtp_url)

    @property
    def announce_channels_by_key(self) -> dict[str, tuple[str, ...]]:
        """``SEV1`` or ``team:payments`` with the names of channels, without their #.

        Raises: SettingsError.
        """
        found: dict[str, tuple[str, ...]] = {}
        for part in filter(None, (one.strip() for one in self.slack_announce_channels.split(";"))):
            key, equals, names = part.partition("=")
            channels = tuple(
                name.strip().removeprefix("#") for name in names.split(",") if name.strip()
            )
            if not equals or not key.strip() or not channels:
                raise SettingsError(
                    f"TRACKER_SLACK_ANNOUNCE_CHANNELS: {part!r} should look like SEV1=#all,#eng"
                )
            found[key.strip()] = channels
        return found

    @property
    def sqlalchemy_url(self) -> str:
        """The database address with the driver spelled out."""
        url = self.database_url
        if not url:
            return f"sqlite:///{self.data_dir.resolve() / 'tracker.sqlite3'}"
        for short in ("postgresql://", "postgres://"):
            if url.startswith(short):
                return "postgresql+psycopg://" + url.removeprefix(short)
        return url

    @property
    def index_dir(self) -> Path:
        return self.data_dir / "index"

    @property
    def secure_cookies(self) -> bool:
        """Cookies are marked Secure whenever people come by https."""
        return self.base_url.startswith("https://")

    def kept_secret_key(self) -> str:
        """The signing key: the given one, or one made on first use and kept in the data folder."""
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret_key"
        if not path.exists():
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = path.with_suffix(f".{os.getpid()}")
            made.touch(mode=0o600)
            made.write_text(secrets.token_urlsafe(48))
            try:
                # Two processes may start at once on an empty folder: the first link wins.
                os.link(made, path)
            except FileExistsError:
                pass
            finally:
                made.unlink()
        return path.read_text().strip()


def _read(name: str, raw: str, wanted: type) -> object:
    if issubclass(wanted, Path):
        return Path(raw).expanduser()
    if wanted is int:
        try:
            number = int(raw)
        except ValueError as error:
            raise SettingsError(f"{PREFIX}{name.upper()}={raw!r} must be a whole number") from error
        if number < 0:
            raise SettingsError(f"{PREFIX}{name.upper()}={raw!r} must not be negative")
        return number
    return raw
