"""The Slack workspace that the tracker is installed in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import select

from tracker.db.work import Work
from tracker.domain.errors import Gap, NotAllowed
from tracker.models.slack import SlackInstallation
from tracker.senders.slack_tokens import encrypt_token


@dataclass(frozen=True, kw_only=True)
class InstallSlack:
    """What Slack hands over at the end of an installation."""

    team_id: str
    team_name: str
    bot_token: str
    bot_user_id: str
    scopes: str


def install_slack(work: Work, ask: InstallSlack, *, secret_key: str) -> SlackInstallation:
    """The workspace is known with its token, which is kept encrypted. Again: the new token counts.

    Raises: NotAllowed for a second workspace, because everybody there would act in this tracker.
    """
    work.permit("install_slack")
    rows = work.session.exec(select(SlackInstallation)).all()
    row = next((one for one in rows if one.team_id == ask.team_id), None)
    if rows and row is None:
        raise NotAllowed(
            f"The tracker belongs to the Slack workspace {rows[0].team_name} already",
            hint="One tracker serves one workspace; people of another would see and change all.",
            gaps=[Gap("workspace", "Install it in the workspace it belongs to")],
        )
    if row is None:
        row = SlackInstallation(team_id=ask.team_id, installed_at=work.now)
    row.team_name = ask.team_name[:200]
    row.bot_token_encrypted = encrypt_token(ask.bot_token, secret_key=secret_key)
    row.bot_user_id = ask.bot_user_id
    row.scopes = ask.scopes
    row.installed_at = work.now
    return work.add(row)
