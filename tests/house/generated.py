"""The pages of the documentation that are written from the code: ``make docs`` writes them anew."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import click

from tests.house.api_page import OPENING, api_lines
from tests.house.configuration_page import OPENING as CONFIGURATION
from tests.house.configuration_page import configuration_lines
from tracker.cli.main import tracker as program
from tracker.domain.events import EVENTS, SUBSCRIPTIONS
from tracker.domain.lifecycle import LIFECYCLES
from tracker.domain.people import LEAST_ROLE, ROLES
from tracker.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
NOTE = "*This page is written from the code by `make docs`; a test keeps it true.*"


def settings_page() -> str:
    """docs/operate/settings.md"""
    rows = [
        f"| `{PREFIX}{one.name.upper()}` | {one.metadata['unit']} | "
        f"{_shown(one.default)} | {one.metadata['help']} |"
        for one in fields(Settings)
    ]
    return _page(
        "Settings",
        "Every setting is an environment variable, read once at the start. A name beginning with "
        f"`{PREFIX}` that is not listed is reported; a value that cannot be used is a clear error.",
        ["| name | unit | default | meaning |", "| --- | --- | --- | --- |", *rows],
    )


def commands_page() -> str:
    """docs/operate/commands.md"""
    lines: list[str] = []
    for path, command in _commands(program, "tracker"):
        context = click.Context(command, info_name=path, help_option_names=["-h", "--help"])
        usage = " ".join([path, *command.collect_usage_pieces(context)])
        lines += ["", f"## `{path}`", "", "```", usage, "```", "", _help(command)]
        options = [
            record
            for parameter in command.get_params(context)
            if (record := parameter.get_help_record(context)) is not None
        ]
        if options:
            lines += ["", "| option | meaning |", "| --- | --- |"]
            lines += [f"| `{name}` | {meaning.replace('|', '/')} |" for name, meaning in options]
    return _page(
        "Commands",
        "Every command with its options. What goes to standard output, who acts, and what the exit "
        "codes mean: [the command line](cli.md).",
        lines,
    )


def events_page() -> str:
    """docs/develop/events.md"""
    rows = []
    for name, meaning in EVENTS.items():
        heard = ", ".join(one for one, events in SUBSCRIPTIONS.items() if name in events)
        rows.append(f"| `{name}` | {meaning} | {heard} |")
    return _page(
        "Events",
        "A verb writes its events into the outbox in its own transaction. They carry ids, never "
        "texts: a subscriber reads what it needs, as it stands then.",
        ["| event | when | subscribers |", "| --- | --- | --- |", *rows],
    )


def states_page() -> str:
    """docs/use/states.md"""
    lines: list[str] = []
    for cycle in LIFECYCLES.values():
        lines += ["", f"## {cycle.name.capitalize()}", "", "| verb | from | to | needs a reason |"]
        lines += ["| --- | --- | --- | --- |"]
        lines += [
            f"| {move.verb} | {', '.join(move.sources)} | {move.target} | "
            f"{'yes' if move.needs_reason else ''} |"
            for move in cycle.moves
        ]
    return _page(
        "States",
        "A record changes its state through these verbs only. Who, from, to, why and when is kept.",
        [line.replace("_", " ") for line in lines],
    )


def roles_page() -> str:
    """docs/operate/roles.md"""
    rows = [
        f"| {verb.replace('_', ' ')} | {role} |"
        for verb, role in sorted(LEAST_ROLE.items(), key=lambda one: (ROLES.index(one[1]), one[0]))
    ]
    return _page(
        "Roles",
        "Everybody who is signed in reads what their organisation, team or circle may read. To "
        "change something takes at least this role; a role includes the ones before it: "
        f"{', '.join(ROLES)}.",
        ["| verb | least role |", "| --- | --- |", *rows],
    )


def programs_page() -> str:
    """docs/use/api.md"""
    return _page("The API", OPENING, api_lines())


def configuration_page() -> str:
    """docs/operate/configuration-files.md"""
    return _page("The files of a configuration", CONFIGURATION, configuration_lines())


PAGES: dict[str, Callable[[], str]] = {
    "docs/use/api.md": programs_page,
    "docs/operate/configuration-files.md": configuration_page,
    "docs/operate/settings.md": settings_page,
    "docs/operate/commands.md": commands_page,
    "docs/operate/roles.md": roles_page,
    "docs/develop/events.md": events_page,
    "docs/use/states.md": states_page,
}


def _page(title: str, opening: str, lines: list[str]) -> str:
    body = "\n".join(lines).strip("\n")
    return f"# {title}\n\n{opening}\n\n{NOTE}\n\n{body}\n"


def _help(command: click.Command) -> str:
    """The help as Markdown: what click is told not to wrap is a block."""
    parts = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(
        "```\n" + part.removeprefix("\b\n") + "\n```" if part.startswith("\b\n") else part
        for part in parts
    )


def _shown(default: object) -> str:
    return f"`{default}`" if str(default) else "(empty)"


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in sorted(command.list_commands(context)):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _commands(child, f"{path} {name}")
    else:
        yield path, command


if __name__ == "__main__":
    for name, write in PAGES.items():
        (ROOT / name).write_text(write())
