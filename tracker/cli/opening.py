"""What commands begin with: the App of the environment, ready, and who acts in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import click

from tracker.app import App
from tracker.db.access import actor_of
from tracker.domain.errors import Gaps
from tracker.domain.people import SYSTEM, Actor
from tracker.logs import set_up_logs
from tracker.reading.references import person_named


@contextmanager
def opened(*, ready: bool = True, keeps_running: bool = False) -> Iterator[App]:
    """The App of the environment, closed afterwards.

    ``ready``: the database must be at this version; else the command ends with a sentence.
    ``keeps_running``: what it does is told in the log; a short command says it itself.
    Raises: SettingsError.
    """
    app = App.from_environment()
    set_up_logs(app.settings.log_level if keeps_running else "WARNING")
    try:
        if ready and (trouble := app.schema_trouble()):
            click.echo(f"tracker: {trouble}", err=True)
            raise click.exceptions.Exit(1)
        yield app
    finally:
        app.close()


def acting(app: App, email: str) -> Actor:
    """The person with this address, or the tracker itself for none.

    Raises: NotValid for an address nobody here has.
    """
    if not email:
        return SYSTEM
    with app.look_as_system() as look:
        gaps = Gaps()
        person = person_named(look, email, gaps, "as")
        gaps.raise_not_valid()
        assert person is not None  # noqa: S101 - an unknown one is a gap
        return actor_of(look.session, person)


def print_data(data: object) -> None:
    """The data as JSON on standard output."""
    click.echo(json.dumps(data, default=str, ensure_ascii=False, indent=2))


def print_table(rows: list[tuple[str, ...]], headings: tuple[str, ...]) -> None:
    """The rows in columns; nothing at all when there are none."""
    if not rows:
        return
    widths = [max(len(row[n]) for row in [headings, *rows]) for n in range(len(headings))]
    for row in [headings, *rows]:
        click.echo("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())
