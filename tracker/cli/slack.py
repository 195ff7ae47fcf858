"""Commands for connecting Slack."""

from __future__ import annotations

import json

import click

from tracker.senders.slack_manifest import manifest as manifest_of
from tracker.settings import Settings


@click.group()
def slack() -> None:
    """Slack: what it has to know about the tracker."""


@slack.command("manifest")
@click.option("--base-url", default="", help="Where Slack reaches the tracker, https://…; "
              "without it the address of TRACKER_BASE_URL.")  # fmt: skip
@click.option("--socket-mode", is_flag=True, help="For a tracker that Slack cannot reach.")
@click.option("--oauth", is_flag=True, help="With the address for installing by OAuth.")
def manifest(*, base_url: str, socket_mode: bool, oauth: bool) -> None:
    """Print the manifest of the Slack app, with exactly the permissions that are used.

    On api.slack.com/apps choose “Create New App”, “From a manifest”, and paste it.
    """
    settings = Settings.from_environment()
    document = manifest_of(
        base_url=base_url or settings.base_url,
        command=settings.slack_command,
        lessons_command=settings.slack_lessons_command,
        socket_mode=socket_mode,
        oauth=oauth,
    )
    click.echo(json.dumps(document, indent=2))
