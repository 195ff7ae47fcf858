"""Who may send alerts and changes to /hooks."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import shorten
from typing import Any

import click
import yaml
from sqlmodel import col, select

from tracker.cli.opening import opened, print_data, print_table
from tracker.domain.errors import Gap, NotValid
from tracker.models.event import AlertSource
from tracker.usecases.respond.alert_sources import (
    AddSource,
    RotateSecrets,
    add_source,
    lacks_secret,
    path_of,
    remove_source,
    rotate_source,
    source_named,
)


@click.group()
def source() -> None:
    """Who may send alerts and changes. Each sender has its page in docs/operate/intake."""


@source.command("add")
@click.argument("sender")
@click.option("--name", required=True, help="Tells apart several sources of one sender.")
@click.option("--signing-secret", default="", help="What the sender signs with, where it signs; "
              "made here when it is left out.")  # fmt: skip
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="YAML or JSON file that says where our fields are, for any JSON.")  # fmt: skip
@click.option("--raw-days", default=7, show_default=True,
              help="Days that messages are kept as they came; 0 keeps none.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Path and secret as data.")
def add(
    sender: str, name: str, signing_secret: str, mapping: Path | None, raw_days: int, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Let a sender in. Its address and its secret are printed this once."""
    ask = AddSource(
        sender=sender,
        name=name,
        signing_secret=signing_secret,
        mapping=_mapping_in(mapping),
        raw_days=raw_days,
    )
    with opened() as app:
        with app.begin_as_system() as work:
            row, secret = add_source(work, ask, secret_key=app.settings.kept_secret_key())
        _show(row, secret, base=app.settings.base_url, as_json=as_json)


@source.command("rotate")
@click.argument("sender")
@click.argument("name")
@click.option("--signing-secret", default="", help="The new one, where the sender makes it.")
@click.option("--keep-hours", type=int, default=None,
              help="So long the old secret is good as well: a week unless said otherwise, 0 ends "
              "it now.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Path and secret as data.")
def rotate(
    sender: str, name: str, signing_secret: str, keep_hours: int | None, *, as_json: bool
) -> None:
    """Give a source a new secret; for a while the old one is good as well."""
    with opened() as app:
        with app.begin_as_system() as work:
            row, secret = rotate_source(
                work,
                source_named(work, sender, name),
                RotateSecrets(signing_secret=signing_secret, keep_hours=keep_hours),
                secret_key=app.settings.kept_secret_key(),
            )
        _show(row, secret, base=app.settings.base_url, as_json=as_json)
    if row.before_until is not None:
        click.echo(f"The old secret is good until {row.before_until:%Y-%m-%d %H:%M} UTC.", err=True)


@source.command("remove")
@click.argument("sender")
@click.argument("name")
def remove(sender: str, name: str) -> None:
    """Take nothing more from a source. What it told stays."""
    with opened() as app, app.begin_as_system() as work:
        row = remove_source(work, source_named(work, sender, name))
    click.echo(f"Nothing is taken from {path_of(row)} any more.", err=True)


@source.command("list")
@click.option("--json", "as_json", is_flag=True, help="As data.")
def list_sources(*, as_json: bool) -> None:
    """Every source, when it was last heard of, and its newest trouble; never a secret."""
    with opened() as app, app.look_as_system() as look:
        query = select(AlertSource).order_by(col(AlertSource.sender), col(AlertSource.name))
        rows = look.session.exec(query).all()
    if as_json:
        print_data(
            [
                {
                    "sender": row.sender,
                    "name": row.name,
                    "path": path_of(row),
                    "active": row.active,
                    "raw_days": row.raw_days,
                    "last_received_at": row.last_received_at,
                    "last_trouble": row.last_trouble,
                    "last_trouble_at": row.last_trouble_at,
                }
                for row in rows
            ]
        )
        return
    print_table(
        [
            (
                path_of(row),
                "needs a new secret" if lacks_secret(row) else "" if row.active else "removed",
                f"{row.last_received_at:%Y-%m-%d %H:%M}" if row.last_received_at else "never",
                shorten(row.last_trouble, 80, placeholder=" …"),
            )
            for row in rows
        ],
        ("path", "", "last heard of", "newest trouble"),
    )


def _show(row: AlertSource, secret: str, *, base: str, as_json: bool) -> None:
    if as_json:
        print_data({"path": path_of(row), "secret": secret})
        return
    click.echo(f"address  {base.rstrip('/')}{path_of(row)}")
    click.echo(f"secret   {secret}")
    click.echo("It is shown this once. What to paste where: docs/operate/intake", err=True)


def _mapping_in(path: Path | None) -> dict[str, Any]:
    """Raises: NotValid for a file that is no mapping."""
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise NotValid(Gap("mapping", f"{path.name} cannot be read: {reason}")) from error
    if not isinstance(content, dict):
        raise NotValid(Gap("mapping", f"{path.name} should hold fields with their expressions"))
    return content
