"""Commands that prepare a database: migrate, seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import yaml

from tracker.app import App
from tracker.assets import folder
from tracker.cli.opening import opened
from tracker.domain.errors import Gap, NotValid
from tracker.usecases.policy import load_policy


@click.command()
@click.option("--to", default="head", help="A revision; the newest unless said otherwise.")
def migrate(to: str) -> None:
    """Bring the database to this version, keeping what is in it."""
    with opened(ready=False) as app:
        _migrate(app, to=to)


@click.command()
def seed() -> None:
    """Load the policy, the taxonomy and the review templates.

    May be repeated: what is the same changes nothing, what differs becomes the next version.
    """
    with opened(ready=False) as app:
        seed_database(app)


def seed_database(app: App) -> None:
    """The database is at this version and has the policy, taxonomy and templates of the files."""
    if not app.schema_is_current():
        _migrate(app)
    place = folder("seed")
    templates = sorted((place / "review_templates").glob("*.yaml"))
    with app.begin_as_system() as work:
        loaded = load_policy(
            work,
            policy=_read(place / "policy.yaml"),
            taxonomy=_read(place / "taxonomy.yaml"),
            templates=[_read(path) for path in templates],
        )
    if not loaded.anything:
        click.echo("The policy, templates and taxonomy are as they were.", err=True)
        return
    policy = "a new policy" if loaded.policy else "the same policy"
    click.echo(f"Loaded {policy}, {loaded.templates} templates, {loaded.terms} terms.", err=True)


def _migrate(app: App, *, to: str = "head") -> None:
    before, after = app.migrate(to=to)
    if before == after:
        click.echo(f"The database is at {after or 'nothing'} already.", err=True)
    else:
        click.echo(f"The database went from {before or 'new'} to {after or 'nothing'}.", err=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise NotValid(Gap(path.name, f"This file is not YAML: {error}")) from error
    if not isinstance(content, dict):
        raise NotValid(Gap(path.name, "This file must begin with named fields"))
    return content
