"""The commands that tell of changes, for pipelines that run beside the tracker."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from tracker.cli.opening import acting, opened, print_data, print_table
from tracker.domain.change import FINAL_STATUSES
from tracker.domain.errors import Gap, NotValid
from tracker.domain.event import CHANGE_KINDS, CHANGE_STATUSES, Change
from tracker.models.event import OperationalEvent
from tracker.reading.references import ref
from tracker.reading.respond.changes import ChangeFilter, ChangeItem, change_by_key, list_changes
from tracker.usecases.respond.changes import FinishChange, finish_change, record_change


@click.group()
def change() -> None:
    """Tell of deployments, settings, flags, releases and rollbacks.

    These commands use the database of this machine. A pipeline elsewhere sends the same to
    POST /api/v1/changes; docs/use/changes.md has the line to paste.
    """


@change.command("record")
@click.option("--service", default="", help="Slug or name; an unknown name is kept.")
@click.option("--kind", type=click.Choice(CHANGE_KINDS), default="deploy", show_default=True)
@click.option(
    "--status", type=click.Choice(CHANGE_STATUSES), default="succeeded", show_default=True
)
@click.option("--key", default="", help="Your own name of it. Told again, it is the same change.")
@click.option("--revision", default="", help="Commit, version or image.")
@click.option("--environment", default="production", show_default=True)
@click.option("--title", default="", help="Made of service and revision when left out.")
@click.option("--url", default="", help="Where it was made.")
@click.option("--by", default="", help="The tool or pipeline, never a person.")
@click.option("--rolls-back", default="", help="Key or revision of the change it takes back.")
@click.option("--at", "started_at", default="", help="When it began, with its zone; else now.")
@click.option("--as", "email", default="", help="E-mail address of the person who tells.")
@click.option("--json", "as_json", is_flag=True, help="Print {ref, status, url} as JSON.")
def record(
    *,
    service: str,
    kind: str,
    status: str,
    key: str,
    revision: str,
    environment: str,
    title: str,
    url: str,
    by: str,
    rolls_back: str,
    started_at: str,
    email: str,
    as_json: bool,
) -> None:
    """Record a change and print its reference."""
    told = Change(
        instance_key=key,
        kind=kind,
        title=title,
        service=service,
        environment=environment,
        revision=revision,
        status=status,
        started_at=_instant(started_at),
        url=url,
        by=by,
        rolls_back=rolls_back,
    )
    with opened() as app:
        with app.begin(acting(app, email)) as work:
            row = record_change(work, told)
        _tell(row, status, base_url=app.settings.base_url, as_json=as_json)


@change.command("finish")
@click.argument("key")
@click.option("--status", type=click.Choice(FINAL_STATUSES), default="succeeded", show_default=True)
@click.option("--as", "email", default="", help="E-mail address of the person who tells.")
@click.option("--json", "as_json", is_flag=True, help="Print {ref, status, url} as JSON.")
def finish(*, key: str, status: str, email: str, as_json: bool) -> None:
    """Say how the change with this key or reference ended."""
    with opened() as app:
        with app.begin(acting(app, email)) as work:
            row = finish_change(work, change_by_key(work, key), FinishChange(status=status))
        _tell(row, status, base_url=app.settings.base_url, as_json=as_json)


@change.command("list")
@click.option("--service", "services", multiple=True, help="Slug; may be repeated.")
@click.option("--environment", "environments", multiple=True, help="May be repeated.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@click.option("--as", "email", default="", help="E-mail address of the person who reads.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of changes as JSON.")
def show(
    *,
    services: tuple[str, ...],
    environments: tuple[str, ...],
    limit: int,
    email: str,
    as_json: bool,
) -> None:
    """The newest changes."""
    narrowed = ChangeFilter(service=services, environment=environments)
    with opened() as app, app.look(acting(app, email)) as look:
        found = list_changes(look, narrowed, limit=limit).items
    if as_json:
        print_data([_data(item) for item in found])
        return
    print_table(
        [
            (
                item.ref,
                item.detail.status,
                f"{item.row.starts_at:%Y-%m-%d %H:%M}",
                item.row.environment,
                item.row.title,
            )
            for item in found
        ],
        ("Ref", "Status", "Began (UTC)", "Environment", "Change"),
    )


def _tell(row: OperationalEvent, status: str, *, base_url: str, as_json: bool) -> None:
    url = f"{base_url.rstrip('/')}/changes/{ref(row)}"
    if as_json:
        print_data({"ref": ref(row), "status": status, "url": url})
    else:
        click.echo(ref(row))
        click.echo(url, err=True)


def _data(item: ChangeItem) -> dict[str, object]:
    return {
        "ref": item.ref,
        "key": item.row.instance_key,
        "kind": item.detail.change_kind,
        "status": item.detail.status,
        "title": item.row.title,
        "service": item.service.slug if item.service else item.row.service_name,
        "environment": item.row.environment,
        "revision": item.detail.revision,
        "started_at": item.row.starts_at.isoformat(),
        "finished_at": item.row.ended_at.isoformat() if item.row.ended_at else None,
    }


def _instant(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise NotValid(Gap("at", "Write the time with its zone, like 2027-01-04T09:00:00Z"))
    return at.astimezone(UTC)
