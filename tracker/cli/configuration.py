"""Operations as code: check, plan, apply, write out, and see what has drifted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from tracker.app import App
from tracker.cli.main import tell
from tracker.cli.opening import acting, opened, print_data
from tracker.configuration.checking import check_things
from tracker.configuration.folder import read_folder
from tracker.configuration.kinds import KINDS
from tracker.configuration.lined_yaml import Problem
from tracker.configuration.planning import Plan, change_data, field_lines, plan_lines
from tracker.configuration.schemas import schema_of
from tracker.configuration.writing import written_files
from tracker.domain.errors import DomainError, NotValid
from tracker.reading.configuration import (
    Drift,
    drift,
    exported_things,
    left_out_of_export,
    standing_things,
)
from tracker.settings import SettingsError
from tracker.usecases.configuration import (
    ApplyConfiguration,
    apply_configuration,
    plan_configuration,
    problems_of,
)

Made = TypeVar("Made")
CHANGES, TROUBLE = 2, 1
GIT_SECONDS = 10
MOST_SHOWN = 100

directory = click.argument(
    "place", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
as_data = click.option("--json", "as_json", is_flag=True, help="As data.")
pruning = click.option(
    "--prune", is_flag=True, help="What comes from files and is in none any more goes."
)


class ConfigCommand(click.Command):
    """A command whose every error ends with 1, because 2 says that something differs."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's own
    ) -> click.Context:
        """The context of what was typed."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            error.exit_code = TROUBLE  # type: ignore[misc]
            raise

    def invoke(self, ctx: click.Context) -> object:
        """What the command returns."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            error.exit_code = TROUBLE  # type: ignore[misc]
            raise
        except DomainError as error:
            tell(error)
        except SettingsError as error:
            click.echo(f"tracker: {error}", err=True)
        sys.exit(TROUBLE)


class ConfigGroup(click.Group):
    """The commands of tracker config."""

    command_class = ConfigCommand


@click.group(cls=ConfigGroup)
def config() -> None:
    """Operations as code: the organisation's own policy as files under version control."""


@config.command()
@directory
@click.option("--offline", is_flag=True, help="Without a database: other names are trusted.")
@as_data
def validate(place: Path, *, offline: bool, as_json: bool) -> None:
    """Check the files: all that is wrong, each with file and line.

    Ends with 0 when all is well, else with 1.
    """
    read = read_folder(place)
    if offline:
        problems = sorted({*read.problems, *check_things(read, None)})
    else:
        with opened() as app, app.look_as_system() as look:
            problems = problems_of(look, read)
    if as_json:
        print_data({"valid": not problems, "problems": [_problem_data(one) for one in problems]})
    else:
        _tell(place, problems)
    if problems:
        sys.exit(TROUBLE)
    click.echo(f"{len(read.items):,} things in {len(read.files):,} files fit together.", err=True)


@config.command()
@directory
@pruning
@as_data
def plan(place: Path, *, prune: bool, as_json: bool) -> None:
    """Show what an apply would do, field by field, and do nothing.

    Ends with 0 when nothing differs, 2 when something does, 1 when the files cannot be used.
    """
    read = read_folder(place)
    with opened() as app, app.look_as_system() as look:
        made = _made_plan(lambda: plan_configuration(look, read, prune=prune), place)
    _show(made, as_json=as_json)
    if made.writing:
        sys.exit(CHANGES)


@config.command()
@directory
@pruning
@click.option("--commit", default="", help="Which state of the files; a checkout says it itself.")
@click.option("--as", "email", default="", help="E-mail address of the person who applies.")
@as_data
def apply(place: Path, *, prune: bool, commit: str, email: str, as_json: bool) -> None:
    """Make everything as the files say: all of it, or nothing.

    Ends with 0, also when nothing differed; with 1 when the files cannot be used.
    """
    read = read_folder(place)
    ask = ApplyConfiguration(read=read, prune=prune, commit=commit or _commit_of(place))
    with opened() as app, app.begin(acting(app, email)) as work:
        applied = _made_plan(lambda: apply_configuration(work, ask), place)
    _show(applied.plan, as_json=as_json)
    if applied.row is not None:
        named = f" ({applied.row.commit_text})" if applied.row.commit_text else ""
        click.echo(f"Applied{named}.", err=True)


@config.command()
@click.argument("place", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@as_data
def export(place: Path, *, as_json: bool) -> None:
    """Write what is here into an empty folder. Applied elsewhere, it gives the same again."""
    if place.exists() and any(one.name != ".git" for one in place.iterdir()):
        raise click.UsageError(f"There is something in {place} already; name a new or empty folder")
    with opened() as app, app.look_as_system() as look:
        files = written_files(exported_things(look), schemas=schema_address(app))
        left_out = left_out_of_export(standing_things(look))
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if as_json:
        print_data({"files": sorted(files)})
    click.echo(f"Wrote {len(files):,} files into {place}.", err=True)
    for kind, key in left_out:
        click.echo(f"Left out: {kind} {key}; it is not in use, or no team owns it.", err=True)


@config.command("drift")
@click.argument(
    "place",
    metavar="[DIR]",
    required=False,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
)
@as_data
def drifted(place: Path | None, *, as_json: bool) -> None:
    """Show what differs between the last apply and now; with DIR also what it does not have yet.

    Ends with 0 when nothing does, 2 when something does, 1 when the files cannot be used.
    """
    made: Plan | None = None
    with opened() as app, app.look_as_system() as look:
        found = drift(look)
        if place is not None:
            read = read_folder(place)
            made = _made_plan(lambda: plan_configuration(look, read, prune=False), place)
    if as_json:
        print_data(drift_data(found, made))
    else:
        _tell_drift(found)
        if made is not None and made.writing:
            click.echo("\nNot applied from these files yet:\n")
            _show(made, as_json=False)
    if found.things or (made is not None and made.writing):
        sys.exit(CHANGES)


@config.command("schema")
@click.argument("kind", type=click.Choice(list(KINDS)))
def print_schema(kind: str) -> None:
    """Print the JSON Schema of a kind of files."""
    print_data(schema_of(kind))


def schema_address(app: App) -> str:
    """Below this the schemas are served."""
    return f"{app.settings.base_url.rstrip('/')}/schemas"


def drift_data(found: Drift, made: Plan | None) -> dict[str, object]:
    """Drift as programs read it."""
    applied = found.applied
    return {
        "applied_at": applied.at if applied else None,
        "commit": applied.commit_text if applied else "",
        "things": [
            {
                "kind": one.kind,
                "key": one.key,
                "how": one.how,
                "file": one.file,
                "fields": [
                    {"field": change.name, "applied": change.before, "now": change.after}
                    for change in one.fields
                ],
            }
            for one in found.things
        ],
        "not_applied": [change_data(one) for one in made.writing] if made else [],
    }


def _show(made: Plan, *, as_json: bool) -> None:
    if as_json:
        print_data(
            {
                "changes": [change_data(one) for one in made.changes],
                "counts": made.counts(),
                "things": made.items,
            }
        )
        return
    for line in plan_lines(made):
        click.echo(line)


def _tell(place: Path, problems: Iterable[Problem]) -> None:
    listed = list(problems)
    for one in listed[:MOST_SHOWN]:
        click.echo(str(Problem(str(place / one.file), one.line, one.message)), err=True)
    if len(listed) > MOST_SHOWN:
        click.echo(f"… and {len(listed) - MOST_SHOWN:,} more", err=True)


def _tell_drift(found: Drift) -> None:
    applied = found.applied
    if applied is None:
        click.echo("Nothing was applied here yet.", err=True)
        return
    named = f" ({applied.commit_text})" if applied.commit_text else ""
    click.echo(f"Applied {applied.at:%Y-%m-%d %H:%M} UTC by {applied.actor_name}{named}.")
    if not found.things:
        click.echo("Everything is as it was applied.")
    how = {
        "changed": "is not as it was applied",
        "gone": "is not here any more",
        "released": "is kept by the pages now",
    }
    for one in found.things:
        click.echo(f"  ~ {one.kind} {one.key} {how[one.how]}  ({one.file})")
        for line in field_lines(one.fields):
            click.echo(line)


def _problem_data(one: Problem) -> dict[str, object]:
    return {"file": one.file, "line": one.line, "message": one.message}


def _made_plan(make: Callable[[], Made], place: Path) -> Made:
    """What is made, or the problems of the files on standard error and the end of the command."""
    try:
        return make()
    except NotValid as error:
        for gap in error.gaps[:MOST_SHOWN]:
            click.echo(f"{place / gap.field}: {gap.message}", err=True)
        if len(error.gaps) > MOST_SHOWN:
            click.echo(f"… and {len(error.gaps) - MOST_SHOWN:,} more", err=True)
        click.echo("Nothing was changed.", err=True)
        sys.exit(TROUBLE)


def _commit_of(place: Path) -> str:
    """The commit that is checked out there, and whether files differ from it; empty without one."""
    git = shutil.which("git")
    if git is None:
        return ""

    def said(*words: str) -> str | None:
        try:
            done = subprocess.run(  # noqa: S603 - git itself, asked about the folder that was named
                [git, "-C", str(place), *words],
                capture_output=True,
                text=True,
                timeout=GIT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = said("rev-parse", "HEAD")
    if not commit:
        return ""
    if said("status", "--porcelain", "."):
        return f"{commit} with changes that are not committed"
    return commit
