"""The command that looks at everything an operator would want to know."""

from __future__ import annotations

import click

from tracker.cli.opening import opened, print_data
from tracker.outbox.health import examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As data.")
def doctor(*, as_json: bool) -> None:
    """Look at the database, the index, the worker and the settings; ends with 1 when something
    needs a hand, and says what to do.
    """
    with opened(ready=False) as app:
        checks = examine(app, ask_others=True)
    if as_json:
        print_data([{"name": one.name, "ok": one.ok, "text": one.text} for one in checks])
    else:
        for check in checks:
            click.echo(f"{'ok   ' if check.ok else 'WRONG'}  {check.name:<11} {check.text}")
    if not all(check.ok for check in checks):
        raise click.exceptions.Exit(1)
