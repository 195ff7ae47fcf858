"""Commands that keep running: the server with its worker, and the worker alone."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType

import click

from tracker.app import App
from tracker.cli.opening import opened
from tracker.cli.watching import WatchedChild
from tracker.db.engine import is_postgres
from tracker.outbox.worker import Worker

log = logging.getLogger(__name__)

CONNECTIONS = 500
SLOW_CLIENT_SECONDS = 60


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--threads", type=click.IntRange(1, 64), default=None, help="Requests at a time.")
@click.option("--no-worker", is_flag=True, help="Start no worker: one runs elsewhere.")
@click.option("--demo", is_flag=True, help="Fill an empty database with the demo organisation, "
              "and print a link that signs its admin in.")  # fmt: skip
def serve(*, host: str, port: int, threads: int | None, no_worker: bool, demo: bool) -> None:
    """Serve the tracker, with its worker as a child process that is watched."""
    with opened(ready=not demo, keeps_running=True) as app:
        if demo:
            # Loaded here, because a server of an organisation never needs it.
            from tracker.cli.trying_out import ready_to_try  # noqa: PLC0415

            ready_to_try(app, address=f"http://{host}:{port}")
        words = ["-m", "tracker", "worker", "--with-parent", str(os.getpid())]
        child = None if no_worker else WatchedChild([sys.executable, *words])
        _end_in_order_on_sigterm()
        if child is not None:
            child.start()
        try:
            _serve(app, host=host, port=port, threads=threads or _threads(app))
        finally:
            if child is not None:
                child.stop()


@click.command()
@click.option("--with-parent", type=int, hidden=True, help="End when this parent process does.")
def worker(*, with_parent: int | None) -> None:
    """Deliver what happened, fire reminders, and keep the search index.

    Several may run; see docs/operate/worker.md. Ends in order on SIGTERM.
    """
    with opened(keeps_running=True) as app:
        # The number is given, not asked for: the parent may be gone before this line is reached.
        one = Worker(app, is_orphan=lambda: with_parent not in (None, os.getppid()))

        def end(_signal: int, _frame: FrameType | None) -> None:
            one.stop()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        one.run()


def _threads(app: App) -> int:
    # A commit on a server is waited for, and meanwhile others can be read and stored with it:
    # twice the threads took 1.5 times the alerts. SQLite has a cache for each, and one writer.
    return app.settings.threads or (16 if is_postgres(app.engine) else 8)


def _serve(app: App, *, host: str, port: int, threads: int) -> None:
    # Loaded here, because the worker is this same program and needs no web.
    from waitress.server import create_server  # noqa: PLC0415

    from tracker.wsgi import create_wsgi  # noqa: PLC0415

    wsgi = create_wsgi(app)
    try:
        # A thread that computes lets the others go on after half a millisecond instead of five:
        # so many senders at once wait half as long, and a burst of alerts holds up no page.
        sys.setswitchinterval(0.0005)
        server = create_server(
            wsgi,
            host=host,
            port=port,
            threads=threads,
            connection_limit=CONNECTIONS,
            channel_timeout=SLOW_CLIENT_SECONDS,
            max_request_body_size=app.settings.max_body_bytes,
            ident=None,
            # What proxies may say is decided in wsgi.py; without one nobody may say it.
            clear_untrusted_proxy_headers=not app.settings.trusted_proxies,
        )
    except OSError as error:
        click.echo(f"tracker: cannot listen on {host}:{port}: {error.strerror}", err=True)
        raise click.exceptions.Exit(1) from error
    if app.settings.slack_is_on and app.settings.slack_app_token:
        # Loaded here, so that a tracker without Slack loads nothing of it.
        from tracker.slack.socket import SocketMode  # noqa: PLC0415

        SocketMode(wsgi.extensions["slack_face"]).start()
    log.info("serving", extra={"host": host, "port": port, "threads": threads})
    click.echo(f"The tracker is at http://{host}:{port} - stop it with Ctrl+C.", err=True)
    server.run()
    log.info("served")


def _end_in_order_on_sigterm() -> None:
    def end(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
