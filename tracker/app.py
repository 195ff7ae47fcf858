"""The App: chooses engine, index and clock from the settings. The only chooser."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from typing import Self

from sqlalchemy import Engine
from sqlmodel import Session, select

from tracker.assets import folder
from tracker.db.engine import make_engine
from tracker.db.schema import current_revision, head_revision, migrate, schema_trouble
from tracker.db.work import Look, Shelf, Work, looking, system_clock, working
from tracker.domain.people import SYSTEM, Actor
from tracker.domain.policy import Policy
from tracker.models.slack import SlackInstallation
from tracker.reading.policies import read_policy
from tracker.search.index import SearchIndex
from tracker.search.whoosh_index import WhooshIndex
from tracker.senders.mail import MailSender
from tracker.senders.sender import Sender
from tracker.settings import Settings, SettingsError


class App:
    """One tracker: what every face, the worker and the command line stand on."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = system_clock,
        durable: bool = True,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._durable = durable
        self._shelf = Shelf(
            self._read_policy,
            without=frozenset(
                name
                for name, is_on in (("slack", settings.slack_is_on), ("mail", settings.mail_is_on))
                if not is_on
            ),
        )

    @classmethod
    def from_environment(cls) -> Self:
        """Raises: SettingsError."""
        app = cls(Settings.from_environment())
        # A mail server that cannot be meant is told at the start, not by the first mail.
        app.mail()
        return app

    @cached_property
    def engine(self) -> Engine:
        return make_engine(self.settings.sqlalchemy_url, durable=self._durable)

    @cached_property
    def index(self) -> SearchIndex:
        return WhooshIndex(self.settings.index_dir)

    def slack(self) -> Sender | None:
        """Slack with the bot token of the settings, else of the workspace that installed first.

        ``None`` where nothing of Slack is set or it is not installed yet.
        Raises: TokenUnreadableError when the secret key was changed since.
        """
        token = self.slack_token()
        if not token:
            return None
        # Loaded here, so that a tracker without Slack loads nothing of it.
        from tracker.senders.slack import SlackSender  # noqa: PLC0415

        if token not in self._slack_senders:
            self._slack_senders[token] = SlackSender(token, api_url=self.settings.slack_api_url)
        return self._slack_senders[token]

    def mail(self) -> MailSender | None:
        """The mail server of the settings; ``None`` where there is none.

        Raises: SettingsError for an address that cannot be used.
        """
        if not self.settings.smtp_url:
            return None
        try:
            return MailSender(self.settings.smtp_url)
        except ValueError as error:
            raise SettingsError(f"TRACKER_SMTP_URL: {error}") from error

    def slack_token(self) -> str:
        """The bot token of ``slack``; empty where there is none."""
        if self.settings.slack_bot_token or not self.settings.slack_is_on:
            return self.settings.slack_bot_token
        from tracker.senders.slack_tokens import decrypt_token  # noqa: PLC0415

        with self.look_as_system() as look:
            first = look.session.exec(select(SlackInstallation).order_by("id")).first()
        if first is None:
            return ""
        return decrypt_token(first.bot_token_encrypted, secret_key=self.settings.kept_secret_key())

    def at(self, instant: datetime) -> Self:
        """The same tracker, engine and index, where it is always this instant."""
        there = type(self)(self.settings, clock=lambda: instant, durable=self._durable)
        there.__dict__["engine"] = self.engine
        there.__dict__["index"] = self.index
        there.__dict__["_slack_senders"] = self._slack_senders
        return there

    def begin(self, actor: Actor) -> AbstractContextManager[Work]:
        """One transaction, one instant, one actor: committed at the end of the block."""
        return working(self.engine, actor, self.clock, self._shelf)

    def look(self, actor: Actor) -> AbstractContextManager[Look]:
        """Reading only."""
        return looking(self.engine, actor, self.clock, self._shelf)

    def begin_as_system(self) -> AbstractContextManager[Work]:
        return self.begin(SYSTEM)

    def look_as_system(self) -> AbstractContextManager[Look]:
        return self.look(SYSTEM)

    def migrate(self, *, to: str = "head") -> tuple[str, str]:
        """(revision before, revision after)."""
        return migrate(self.engine, folder("migrations"), to=to)

    def schema_is_current(self) -> bool:
        return current_revision(self.engine) == self._head

    def schema_trouble(self) -> str:
        """What is the matter with the schema and what to do; empty when it is current."""
        found = current_revision(self.engine)
        return "" if found == self._head else schema_trouble(found, folder("migrations"))

    @cached_property
    def _head(self) -> str:
        # The scripts do not change while a process runs, and reading them takes 20 ms.
        return head_revision(folder("migrations"))

    @cached_property
    def _slack_senders(self) -> dict[str, Sender]:
        return {}

    def close(self) -> None:
        """Connections are closed; the App is of no further use."""
        # An engine nobody asked for is not made to be ended: making it makes the data folder.
        if "engine" in self.__dict__:
            self.engine.dispose()

    def _read_policy(self, session: Session, version: int | None) -> tuple[int, Policy]:
        return read_policy(session, version, zone=self.settings.timezone)
