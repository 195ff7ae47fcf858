"""The group ``tracker``. Commands are loaded when they are used, so that --help is quick."""

from __future__ import annotations

import importlib
import sys
from typing import NoReturn

import click

from tracker import __version__
from tracker.domain.errors import (
    Conflict,
    DomainError,
    NotAllowed,
    NotFound,
    NotPermitted,
    NotValid,
)
from tracker.settings import Settings, SettingsError

EXIT_CODES: dict[type[DomainError], int] = {
    NotValid: 2,
    NotFound: 3,
    NotPermitted: 4,
    NotAllowed: 5,
    Conflict: 6,
}

# Name -> where it stands and what it is for. The sentence is repeated here because asking the
# command for it would load it.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "serve": ("serving", "serve", "Serve the tracker, with its worker."),
    "worker": ("serving", "worker", "Deliver what happened, fire reminders, keep the index."),
    "migrate": ("setting_up", "migrate", "Bring the database to this version."),
    "seed": ("setting_up", "seed", "Load the policy, the taxonomy and the review templates."),
    "demo": ("exchange", "demo_command", "Load a small believable organisation to look around in."),
    "config": ("configuration", "config", "Operations as code: plan, apply, export, drift."),
    "import": ("exchange", "import_command", "Bring in reports or an earlier export."),
    "export": ("exchange", "export_command", "Write everything as JSON and Markdown."),
    "token": ("accounts", "token", "API tokens: create, list, revoke."),
    "user": ("accounts", "user", "People: create, list, make a sign-in link."),
    "declare": ("declaring", "declare", "Declare an incident."),
    "change": ("changes", "change", "Changes: record, finish, list."),
    "source": ("sources", "source", "Senders of alerts: add, list, rotate the secret, remove."),
    "search": ("searching", "search", "Search lessons, reviews, incidents and actions."),
    "reindex": ("searching", "reindex", "Build the search index anew."),
    "lint": ("lint", "lint", "Give wording hints for Markdown files."),
    "jobs": ("jobs", "jobs", "Work that waits: run what would be due, list what is parked."),
    "audit": ("jobs", "audit", "The audit: verify that nothing was changed afterwards."),
    "slack": ("slack", "slack", "Slack: print the manifest of the app."),
    "doctor": ("doctor", "doctor", "Look at everything an operator would want to know."),
}


class Commands(click.Group):
    """The commands of COMMANDS, and what a person is told when one of them cannot be done."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded now; ``None`` for a name that is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        loaded = getattr(importlib.import_module(f"tracker.cli.{module}"), attribute)
        assert isinstance(loaded, click.Command)  # noqa: S101 - the table above is ours
        return loaded

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, _, about) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """What the command returns; errors that have words become words and an exit code."""
        try:
            return super().invoke(ctx)
        except DomainError as error:
            tell(error)
            ctx.exit(EXIT_CODES[type(error)])
        except SettingsError as error:
            click.echo(f"tracker: {error}", err=True)
            ctx.exit(2)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            # Loaded here, because asking for help needs no database.
            from tracker.cli.trouble import in_words  # noqa: PLC0415

            words = in_words(error)
            if not words:
                raise
            click.echo(f"tracker: {words}", err=True)
            ctx.exit(1)


def tell(error: DomainError) -> None:
    """The error with all its gaps and its hint, on standard error."""
    # A message alone need not say which word it means: “nope” is not known here (services).
    alone = len(error.gaps) == 1 and error.gaps[0].message == error.message
    field = error.gaps[0].field if alone else ""
    unnamed = field and field.lower() not in error.message.lower()
    click.echo(f"tracker: {error.message}{f' ({field})' if unnamed else ''}", err=True)
    if not alone:
        for gap in error.gaps:
            click.echo(f"  {gap.field}: {gap.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tracker")
def tracker() -> None:
    """Incidents, reviews, actions and the lessons of them.

    Settings come from TRACKER_ variables of the environment; see docs/operate/settings.md.
    """
    for name in Settings.unknown_names():
        click.echo(f"tracker: {name} means nothing here; look for a spelling mistake", err=True)


def main() -> NoReturn:
    """Runs the command line; ends the process."""
    try:
        tracker.main(prog_name="tracker", standalone_mode=True)
    except BrokenPipeError:
        # Somebody read the beginning and closed the pipe: tracker search | head.
        sys.stderr.close()
        sys.exit(141)
    sys.exit(0)
