"""``tracker import backstage``: the catalogue of a developer portal, planned first on wish."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from tracker.cli.opening import opened, print_data
from tracker.importing.backstage import Catalogue, read_backstage
from tracker.usecases.catalogue_import import ImportPlan, import_catalogue, plan_catalogue

ENDINGS = (".yaml", ".yml")
LARGEST_FILE_BYTES = 10_000_000
MOST_WORDS = 60


def import_backstage(paths: tuple[Path, ...], *, plan_only: bool, as_json: bool) -> None:
    """The catalogue of these files and folders is in, or what that would change is told.

    Ends with 1 when nothing at all could be read.
    """
    broken: list[dict[str, str]] = []
    read = read_backstage(_texts(paths, broken))
    broken += [{"where": str(one.place), "reason": one.message} for one in read.troubles]
    with opened() as app:
        if plan_only:
            with app.look_as_system() as look:
                plan = plan_catalogue(look, read)
        else:
            with app.begin_as_system() as work:
                plan = import_catalogue(work, read)
    _tell(plan, read, broken, plan_only=plan_only, as_json=as_json)
    if broken and not read.teams and not read.services:
        sys.exit(1)


def _texts(paths: tuple[Path, ...], broken: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    for path in paths:
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if hidden or not file.is_file() or (path.is_dir() and file.suffix not in ENDINGS):
                continue
            try:
                large = file.stat().st_size > LARGEST_FILE_BYTES
                text = "" if large else file.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                broken.append({"where": str(file), "reason": "This is not UTF-8 text"})
            except OSError as error:
                broken.append({"where": str(file), "reason": str(error)})
            else:
                if large:
                    reason = "This file is too large for a catalogue"
                    broken.append({"where": str(file), "reason": reason})
                yield str(file), text


def _tell(
    plan: ImportPlan,
    read: Catalogue,
    broken: list[dict[str, str]],
    *,
    plan_only: bool,
    as_json: bool,
) -> None:
    for one in broken:
        click.echo(f"{one['where']}: {one['reason']}", err=True)
    for owner in plan.unknown_owners:
        click.echo(f"{owner.place}: {owner.message}", err=True)
    for managed in plan.managed:
        click.echo(f"Left alone, {managed}", err=True)
    if as_json:
        print_data(_data(plan, read, broken))
        return
    for difference in plan.differences:
        click.echo(f"{'+' if difference.new else '~'} {difference.kind} {difference.slug}")
        for name, (before, after) in difference.fields.items():
            was = "" if difference.new else f"{_short(before) or '(empty)'} -> "
            click.echo(f"    {name}: {was}{_short(after)}")
    done = "to change" if plan_only else "changed"
    click.echo(f"{len(plan.differences)} {done}, {plan.unchanged} as they are")
    if read.left_alone:
        left = ", ".join(f"{count} {kind}" for kind, count in sorted(read.left_alone.items()))
        click.echo(f"Left alone: {left}. Accounts are made with: tracker user create", err=True)


def _data(plan: ImportPlan, read: Catalogue, broken: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "changes": [
            {
                "kind": one.kind,
                "slug": one.slug,
                "new": one.new,
                "fields": {
                    name: {"before": before, "after": after}
                    for name, (before, after) in one.fields.items()
                },
            }
            for one in plan.differences
        ],
        "unchanged": plan.unchanged,
        "unknown_owners": [
            {"where": str(one.place), "reason": one.message} for one in plan.unknown_owners
        ],
        "managed": plan.managed,
        "left_alone": dict(read.left_alone),
        "broken": broken,
    }


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_WORDS else line[: MOST_WORDS - 1] + "…"
