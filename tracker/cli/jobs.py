"""Commands about work that waits, and about the audit."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from sqlmodel import col, select

from tracker.cli.opening import opened, print_data, print_table
from tracker.domain.errors import Gap, NotValid
from tracker.models.journal import Delivery, OutboxEvent
from tracker.outbox.schedule import run_due
from tracker.reading.audit import verify_audit
from tracker.usecases.deliveries import retry_delivery


@click.group()
def jobs() -> None:
    """Work that waits: reminders, deliveries."""


@jobs.command("run")
@click.option("--now", required=True, help="An instant such as 2027-01-04T09:00:00Z.")
@click.option("--json", "as_json", is_flag=True, help="As data.")
def run(*, now: str, as_json: bool) -> None:
    """Do everything that would be due by an instant, as if it were that instant."""
    instant = _instant(now)
    with opened() as app:
        done = run_due(app, instant)
    if as_json:
        print_data(done.as_data())
    else:
        for fired in done.clocks:
            click.echo(f"{fired.due_at:%Y-%m-%d %H:%M} {fired.kind} {fired.ref}: {fired.outcome}")
        click.echo(f"{len(done.clocks)} reminders, {done.delivered} deliveries", err=True)
    for told in (*done.failed.values(), *done.failed_clocks.values()):
        click.echo(f"tracker: {told}", err=True)
    if done.failed or done.failed_clocks:
        raise click.exceptions.Exit(1)


@jobs.command("list")
@click.option("--json", "as_json", is_flag=True, help="As data.")
def list_parked(*, as_json: bool) -> None:
    """Deliveries that failed too often and wait for somebody to look."""
    with opened() as app, app.look_as_system() as look:
        rows = look.session.exec(
            select(Delivery, OutboxEvent)
            .join(OutboxEvent, col(OutboxEvent.id) == Delivery.event_id)
            .where(Delivery.status == "parked")
            .order_by(col(Delivery.id))
        ).all()
    if as_json:
        print_data(
            [
                {
                    "delivery": delivery.id,
                    "event": event.name,
                    "record_kind": event.record_kind,
                    "record_id": event.record_id,
                    "subscriber": delivery.subscriber,
                    "tries": delivery.tries,
                    "at": event.at,
                    "last_error": delivery.last_error,
                }
                for delivery, event in rows
            ]
        )
        return
    print_table(
        [
            (str(one.id), event.name, str(event.record_id), one.subscriber, one.last_error)
            for one, event in rows
        ],
        ("delivery", "event", "record", "for", "what went wrong"),
    )
    click.echo(f"{len(rows)} parked", err=True)


@jobs.command("retry")
@click.argument("delivery", type=int)
def retry(delivery: int) -> None:
    """Try a parked delivery again."""
    with opened() as app, app.begin_as_system() as work:
        retry_delivery(work, delivery)
    click.echo(f"Delivery {delivery} is tried again.", err=True)


@click.group()
def audit() -> None:
    """The audit: who did what, sealed entry over entry."""


@audit.command("verify")
def verify() -> None:
    """Check every seal; ends with 1 at the first entry that was changed, added or taken away."""
    with opened() as app, app.look_as_system() as look:
        checked, broken = verify_audit(look)
    if broken is not None:
        click.echo(
            f"tracker: entry {broken} does not fit the one before it: it or an earlier entry was "
            "changed or taken away after it was written",
            err=True,
        )
        raise click.exceptions.Exit(1)
    click.echo(f"All {checked} entries are as they were written.", err=True)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise NotValid(
            Gap("now", f"“{text[:40]}” is not an instant; write 2027-01-04T09:00:00Z")
        ) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
