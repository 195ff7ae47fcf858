"""Commands around the search index: ask it, and build it anew."""

from __future__ import annotations

import sys
import time

import click

from tracker.app import App
from tracker.cli.opening import acting, opened, print_data
from tracker.outbox.catching_up import catch_up_index
from tracker.outbox.worker import rebuild_index
from tracker.reading.references import page_path
from tracker.reading.share.library import LibraryHit, library_page
from tracker.search.index import IndexBusyError, SearchQuery


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--as", "email", default="", help="E-mail address: find what this person may read.")
@click.option("--json", "as_json", is_flag=True, help="As data.")
def search(*, words: tuple[str, ...], limit: int, email: str, as_json: bool) -> None:
    """Search lessons, reviews, incidents and actions.

    What has not reached the index yet is brought there first, so everything is found that was
    imported or written before.
    """
    with opened() as app:
        actor = acting(app, email)
        if not catch_up_index(app):
            click.echo("The newest changes are not in the index yet.", err=True)
        query = SearchQuery(text=" ".join(words), readable_circles=actor.circles, limit=limit)
        with app.look(actor) as look:
            page = library_page(look, app.index, query)
        if page.hint:
            click.echo(page.hint, err=True)
        if page.corrected:
            click.echo(f"Searched for: {page.corrected}", err=True)
        if as_json:
            print_data([_as_data(app, hit) for hit in page.hits])
            return
        for hit in page.hits:
            click.echo(f"{hit.ref:<8} {hit.title}")
            if hit.excerpt:
                click.echo(f"         {_marked(hit)}")
        click.echo(f"{page.total} found", err=True)


@click.command()
def reindex() -> None:
    """Build the search index anew, beside the old one, and swap it in. A worker may be running."""
    with opened() as app:
        started = time.monotonic()

        def progress(done: int) -> None:
            if sys.stderr.isatty():
                click.echo(f"\r{done:,} records ", nl=False, err=True)

        try:
            count = rebuild_index(app, progress=progress)
        except IndexBusyError as error:
            click.echo(f"tracker: {error} Try again in a minute.", err=True)
            raise click.exceptions.Exit(1) from error
        took = time.monotonic() - started
        if sys.stderr.isatty():
            click.echo("\r", nl=False, err=True)
        click.echo(f"The index has {count:,} records; it took {took:.1f} s.", err=True)


def _as_data(app: App, hit: LibraryHit) -> dict[str, object]:
    return {
        "kind": hit.kind,
        "ref": hit.ref,
        "title": hit.title,
        "score": hit.score,
        "excerpt": hit.excerpt_text,
        "url": app.settings.base_url.rstrip("/") + page_path(hit.ref),
        "source_id": hit.source_id,
    }


def _marked(hit: LibraryHit) -> str:
    """The excerpt with its matches in bold; click takes that off where nobody would see it."""
    return "".join(click.style(text, bold=True) if match else text for text, match in hit.excerpt)
