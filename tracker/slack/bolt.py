"""What Slack sends, taken in: verified, answered at once from our own data, done once.

Whatever needs Slack itself within the moment - a form, the home tab, an answer that came too late
for the acknowledgement - is done afterwards, in threads of its own, so that nobody waits for it.
Everything that must not be lost is a delivery of the outbox and not done here.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from functools import cached_property

from slack_bolt import App as BoltApp
from slack_bolt.authorization import AuthorizeResult

from tracker.app import App
from tracker.slack.analyse import perspectives, reviewing
from tracker.slack.commands import Commands
from tracker.slack.desk import Desk
from tracker.slack.happenings import Happenings
from tracker.slack.improve import following
from tracker.slack.modals import Modals
from tracker.slack.people import bot_token
from tracker.slack.presses import Presses
from tracker.slack.respond import (
    declaring,
    moving,
    noting,
    responding,
    roles,
    shortcuts,
    tasks,
    transcripts,
)
from tracker.slack.share import finding
from tracker.slack.verbs import ANYWHERE, Verb, VerbTable
from tracker.slack.visits import Answer


def verb_table() -> VerbTable:
    """Every verb, in the order in which the help shows them."""
    table = VerbTable()
    for room in (
        declaring,
        finding,
        responding,
        noting,
        roles,
        tasks,
        moving,
        following,
        reviewing,
        perspectives,
        transcripts,
        shortcuts,
    ):
        table.add(room.VERBS)
    table.add([Verb(name="help", does="this list", place=ANYWHERE, show=_help_of(table))])
    return table


def _help_of(table: VerbTable) -> Callable[..., Answer]:
    return lambda _look, visit, words: table.help(visit, whole=words.strip().lower() == "all")


class SlackFace:
    """The face: one for each App, built at the first request, calling nobody while it is built."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.desk = Desk(app, verb_table())
        self.commands = Commands(self.desk)
        self.modals = Modals(self.desk)
        self.presses = Presses(self.desk, self.modals)
        self.happenings = Happenings(self.desk)

    @cached_property
    def bolt(self) -> BoltApp:
        """Slack's own framework with our listeners."""
        settings = self.app.settings
        bolt = BoltApp(
            # A listener here only asks our database; the request waits for exactly that.
            process_before_response=True,
            # Without one (Socket Mode) nobody may be able to sign: a secret that nobody knows.
            signing_secret=settings.slack_signing_secret or secrets.token_urlsafe(32),
            token_verification_enabled=False,
            authorize=_authorized_by(self.app),
            user_facing_authorize_error_message=(
                "The tracker is not installed in this workspace. "
                f"Somebody who may can do so at {settings.base_url}/slack/install"
            ),
        )
        bolt.command(f"/{settings.slack_command}")(self.commands.command)
        bolt.command(f"/{settings.slack_lessons_command}")(self.commands.lessons)
        bolt.view(re.compile(".*"))(self.modals.submitted)
        bolt.options(re.compile(".*"))(self.modals.suggested)
        bolt.action(re.compile(".*"))(self.presses.press)
        bolt.shortcut(re.compile(".*"))(self.presses.shortcut)
        bolt.event("app_home_opened")(self.happenings.home_opened)
        bolt.event("reaction_added")(self.happenings.reaction_added)
        bolt.event("reaction_removed")(self.happenings.reaction_removed)
        bolt.event("member_joined_channel")(self.happenings.joined)
        bolt.event("link_shared")(self.happenings.link_shared)
        return bolt

    def close(self) -> None:
        """Nothing more is begun; what was begun is finished."""
        self.desk.afterwards.close()


def _authorized_by(app: App) -> Callable[..., AuthorizeResult]:
    """Who may speak: workspaces that the app is installed in. Slack itself is not asked."""

    def authorize(
        enterprise_id: str | None, team_id: str | None, user_id: str | None
    ) -> AuthorizeResult | None:
        token = bot_token(app, team_id or "")
        if not token:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=team_id, user_id=user_id, bot_token=token
        )

    return authorize  # type: ignore[return-value]
