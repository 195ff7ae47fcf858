"""In and out: import of reports, export of everything, and the demo organisation."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import yaml

from tracker.app import App
from tracker.assets import folder
from tracker.cli.catalogue_import import import_backstage
from tracker.cli.opening import opened, print_data, print_table
from tracker.configuration.folder import read_folder
from tracker.db.schema import current_revision
from tracker.db.work import system_clock
from tracker.domain.errors import Gap, NotAllowed, NotValid
from tracker.importing.markdown_report import read_markdown
from tracker.importing.postmortems import read_postmortems
from tracker.importing.procedures import read_procedure
from tracker.importing.report import BrokenRecord, Report
from tracker.reading.share.exchange import (
    MANIFEST,
    README,
    README_TITLE,
    exported_lines,
    exported_tables,
    file_of,
    hold_still,
    manifest,
    readme,
)
from tracker.reading.share.exchange_pages import exported_pages
from tracker.usecases.demo.loading import Hands, load_demo
from tracker.usecases.share.exchange import import_export
from tracker.usecases.share.imports import ImportOutcome, import_reports

FORMATS = ("postmortems", "markdown", "export", "backstage", "statuspage", "csv")
LATER = ("statuspage", "csv")
MARKDOWN_ENDINGS = (".md", ".markdown", ".mdown")
COUNTED = ("records", "timelines", "entries", "factors", "lessons", "actions", "sections")
MOST_SHOWN = 20
PAGE_FOLDERS = ("incidents", "reviews", "lessons", "procedures")


@dataclass
class Tally:
    """What an import did, as the table at its end and ``--json`` tell it."""

    results: Counter[str] = field(default_factory=Counter)
    recognised: Counter[str] = field(default_factory=Counter)
    broken: list[dict[str, Any]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def add(self, outcome: ImportOutcome, place: str) -> None:
        self.results[outcome.result] += 1
        self.recognised.update(outcome.found)
        if outcome.result == "broken":
            self.broken.append(
                {"where": place, "source_id": outcome.source_id, "reason": outcome.why}
            )
        elif outcome.why:
            self.changed.append(outcome.source_id)

    def add_broken(self, place: str, source_id: str, reason: str) -> None:
        self.results["broken"] += 1
        self.broken.append({"where": place, "source_id": source_id, "reason": reason})

    @property
    def useful(self) -> bool:
        """False when there was something to read and all of it was broken."""
        return not self.results["broken"] or self.results.total() > self.results["broken"]

    def as_data(self) -> dict[str, Any]:
        return {
            "imported": self.results["imported"],
            "unchanged": self.results["unchanged"],
            "changed_at_the_source": self.changed,
            "broken": self.broken,
            "recognised": {name: self.recognised[name] for name in COUNTED},
        }


@dataclass(frozen=True)
class Read:
    """A report with the place it came from: ``file:line`` or the file alone."""

    place: str
    report: Report


@click.command("import")
@click.argument("format_", metavar="FORMAT", type=click.Choice(FORMATS))
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--plan", "plan_only", is_flag=True, help="Only with backstage: tell, change nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def import_command(
    format_: str, paths: tuple[Path, ...], *, plan_only: bool, as_json: bool
) -> None:
    """Import reports, or an earlier export.

    \b
    postmortems  JSON Lines, one report a line, its text in body_markdown
    markdown     Markdown files, or folders of them; front matter is welcome
    export       a folder written by "tracker export", into an empty database
    backstage    catalog-info.yaml files, or folders of them: teams and services

    A second run changes nothing. A record that cannot be read is named with its line, and the
    rest is imported.
    """  # noqa: D301 - click knows a block by the character itself
    if format_ in LATER:
        raise click.UsageError(
            f"Reading {format_} is planned and not there yet. "
            "Today: postmortems (JSON Lines), markdown (files or folders), export and backstage."
        )
    for path in paths:
        if not path.exists():
            raise click.UsageError(f"There is no file or folder {path}")
    if plan_only and format_ != "backstage":
        raise click.UsageError("There is a plan for backstage only")
    if format_ == "backstage":
        import_backstage(paths, plan_only=plan_only, as_json=as_json)
        return
    if format_ == "export":
        _import_export(paths, as_json=as_json)
        return
    tally = Tally()
    with opened() as app:
        _import_reports(app, format_, paths, tally)
    _tell(tally, as_json=as_json)
    if not tally.useful:
        sys.exit(1)


def _import_reports(app: App, format_: str, paths: tuple[Path, ...], tally: Tally) -> None:
    reading = _postmortems if format_ == "postmortems" else _markdown
    found = reading(paths, tally)
    with (
        click.progressbar(
            length=_work_ahead(format_, paths), label="Importing", file=sys.stderr
        ) as bar,
        app.begin_as_system() as work,
    ):
        places: list[str] = []

        def reports() -> Iterator[Report]:
            for one in found:
                places.append(one.place)
                yield one.report

        for outcome in import_reports(work, reports()):
            tally.add(outcome, places.pop(0))
            bar.update(tally.results.total() - bar.pos)


def _work_ahead(format_: str, paths: tuple[Path, ...]) -> int:
    if format_ == "markdown":
        return sum(1 for path in paths for _ in _markdown_files(path))
    count = 0
    for path in paths:
        with path.open("rb") as lines:
            count += sum(1 for line in lines if line.strip())
    return count


def _postmortems(paths: tuple[Path, ...], tally: Tally) -> Iterator[Read]:
    for path in paths:
        # A wrong byte must cost one character, never the whole file.
        with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            number = _Numbered(lines)
            for record in read_postmortems(number):
                if isinstance(record, BrokenRecord):
                    tally.add_broken(f"{path}:{record.line}", record.source_id, record.reason)
                else:
                    yield Read(f"{path}:{number.line}", record)


class _Numbered:
    """The lines of a file, and the number of the one that was read last."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        for text in self._lines:
            self.line += 1
            yield text


def _markdown(paths: tuple[Path, ...], tally: Tally) -> Iterator[Read]:
    for path in paths:
        for file, source_id in _markdown_files(path):
            try:
                text = file.read_text(encoding="utf-8", errors="replace")
                report = read_markdown(
                    text, source_id=source_id, defaults={"collection": "markdown"}
                )
            except (OSError, ValueError) as error:
                tally.add_broken(str(file), source_id, str(error))
            else:
                yield Read(str(file), report)


def _markdown_files(path: Path) -> Iterator[tuple[Path, str]]:
    """(file, id): the id is the path below the folder that was named."""
    if path.is_file():
        yield path, path.name
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if not hidden and file.is_file() and file.suffix.lower() in MARKDOWN_ENDINGS:
            yield file, file.relative_to(path).as_posix()


def _tell(tally: Tally, *, as_json: bool) -> None:
    for one in tally.broken[:MOST_SHOWN]:
        name = f" ({one['source_id']})" if one["source_id"] else ""
        click.echo(f"{one['where']}{name}: {one['reason']}", err=True)
    if len(tally.broken) > MOST_SHOWN:
        click.echo(f"… and {len(tally.broken) - MOST_SHOWN} more that are broken", err=True)
    for source_id in tally.changed:
        click.echo(f"{source_id}: changed at the source, kept as it is here", err=True)
    if as_json:
        print_data(tally.as_data())
        return
    told = [
        ("imported", tally.results["imported"]),
        ("unchanged", tally.results["unchanged"]),
        ("changed at the source, kept", len(tally.changed)),
        ("broken", tally.results["broken"]),
    ]
    rows: list[tuple[str, ...]] = [(name, f"{count:>7,}") for name, count in told]
    print_table(rows, ("Reports", ""))
    if tally.results["imported"]:
        click.echo()
        found: list[tuple[str, ...]] = [(name, f"{tally.recognised[name]:>7,}") for name in COUNTED]
        print_table(found, ("Recognised", ""))


def _import_export(paths: tuple[Path, ...], *, as_json: bool) -> None:
    if len(paths) != 1 or not paths[0].is_dir():
        raise click.UsageError("Name the one folder that tracker export wrote")
    with opened() as app, app.begin_as_system() as work:
        counts = import_export(work, lambda name: _lines_of(paths[0], name), schema=_schema(app))
    if as_json:
        print_data({"rows": counts})
        return
    click.echo(f"Imported {sum(counts.values()):,} rows. The worker brings them into the index.")


def _lines_of(place: Path, name: str) -> Iterator[str]:
    path = place / name
    if path.is_symlink() or not path.is_file():
        raise NotValid(Gap(name, f"{name} is missing from {place}"))
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            yield from lines
    except UnicodeDecodeError as error:
        raise NotValid(Gap(name, f"{name} is not UTF-8 text")) from error


@click.command("export")
@click.argument("place", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print how many rows there are as JSON.")
def export_command(place: Path, *, as_json: bool) -> None:
    """Write everything to DIR: JSON for programs, Markdown for people.

    DIR must be empty or hold an earlier export, which is replaced. Passwords, tokens, sign-in
    links, secrets of senders and their messages as they came are left out. Bring it back with:
    tracker import export DIR
    """
    with opened() as app:
        _make_room(place)
        _write(place, README, [readme()])
        counts: dict[str, int] = {}
        with app.look_as_system() as look:
            hold_still(look)
            tables = exported_tables()
            with click.progressbar(tables, label="Exporting", file=sys.stderr) as bar:
                for table in bar:
                    lines = exported_lines(look, table)
                    counts[table.name] = _write(place, file_of(table), lines)
            pages = Counter(
                name.partition("/")[0]
                for name, text in exported_pages(look)
                if _write(place, name, [text])
            )
        _write(place, MANIFEST, [manifest(counts, schema=_schema(app))])
    if as_json:
        print_data({"rows": counts, "pages": dict(pages)})
        return
    told = ", ".join(f"{count:,} {name}" for name, count in pages.items())
    click.echo(f"{sum(counts.values()):,} rows in {place}; as Markdown: {told or 'nothing yet'}")
    click.echo(
        "Left out: passwords, tokens, sign-in links, secrets of senders, their messages as they "
        "came, and the outbox.",
        err=True,
    )


def _schema(app: App) -> str:
    return current_revision(app.engine)


def _make_room(place: Path) -> None:
    """Only what an export wrote is removed; anything else there stays, such as a .git folder.

    Raises: NotAllowed for a folder with something else in it.
    """
    if place.is_dir() and any(place.iterdir()):
        first = place / README
        known = first.is_file() and first.read_text("utf-8", "replace").startswith(README_TITLE)
        if not known:
            raise NotAllowed(
                f"{place} holds something else than an earlier export",
                hint="Name an empty or a new folder.",
                gaps=[Gap("DIR", "The folder is not empty")],
            )
    (place / MANIFEST).unlink(missing_ok=True)
    for name, ending in (*((one, "md") for one in PAGE_FOLDERS), ("data", "jsonl")):
        for file in (place / name).glob(f"*.{ending}"):
            file.unlink()


def _write(place: Path, name: str, lines: Iterable[str]) -> int:
    """How many lines the file got."""
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for count, line in enumerate(lines, start=1):  # noqa: B007 - the count is what is asked
            file.write(line)
    return count


@click.command("demo")
def demo_command() -> None:
    """Load a small believable organisation to look around in.

    Fernhill, an invented company: its teams, services and people, nine months of incidents, and
    what was learned from them. Loaded once; a second run changes nothing.
    """
    with opened() as here:
        load_demo_into(here)


def load_demo_into(here: App) -> None:
    """The demo organisation is in the database; when it was there already nothing has changed."""
    place = folder("seed") / "demo"
    organisation = _yaml(place / "organisation.yaml")
    incidents = [_yaml(path) for path in sorted((place / "incidents").glob("*.yaml"))]
    procedures = [
        read_procedure(path.read_text(encoding="utf-8"))
        for path in sorted((place / "procedures").glob("*.md"))
    ]
    hands = Hands(system_clock().replace(second=0, microsecond=0))
    # The demo's own App: its clock goes through nine months in a few seconds.
    app = App(here.settings, clock=hands)
    try:
        with click.progressbar(length=1000, label="Loading the demo", file=sys.stderr) as bar:
            outcome = load_demo(
                app,
                hands,
                organisation=organisation,
                incidents=incidents,
                procedures=procedures,
                configuration=read_folder(place / "policy"),
                progress=lambda share: bar.update(int(share * 1000) - bar.pos),
            )
    finally:
        app.close()
    if outcome.here_already:
        click.echo("The demo is here already; nothing was changed.", err=True)
        return
    for name, count in outcome.loaded.items():
        click.echo(f"  {count:>3} {name}", err=True)
    click.echo(f"Sign in as its admin: tracker user link {outcome.admin_email}", err=True)


def _yaml(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise NotValid(Gap(path.name, f"{path.name} is not readable as YAML: {error}")) from error
    if not isinstance(loaded, dict):
        raise NotValid(Gap(path.name, f"{path.name} holds no names and values"))
    return loaded


COMMANDS = [import_command, export_command, demo_command]
