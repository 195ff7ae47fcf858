"""A real Chromium on a real server with a worker: what a person sees, standing checks included."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request
from sqlmodel import select
from waitress.server import create_server

from tests.conftest import Cast, HandClock, cast_for
from tracker.app import App
from tracker.models.catalogue import Person
from tracker.outbox.worker import Worker
from tracker.usecases.people import make_sign_in_link
from tracker.wsgi import create_wsgi


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium; nothing is downloaded."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    return {
        **browser_type_launch_args,
        "executable_path": chromium,
        "args": [
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ],
    }


@pytest.fixture
def clock() -> HandClock:
    """In a real browser the clock is the real one, so that relative times make sense."""
    return _RealClock(datetime(2026, 6, 1, tzinfo=UTC))


class _RealClock(HandClock):
    def __call__(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Site:
    """A tracker that is being served, with its people."""

    app: App
    cast: Cast
    address: str
    chromium: Chromium
    contexts: list[BrowserContext] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def window(self, name: str, **options: Any) -> Page:
        """A new window in which this person has signed in with a one-time link."""
        context = self.chromium.new_context(
            base_url=self.address, viewport={"width": 1280, "height": 900}, **options
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.trouble.append(f"script error: {error}"))
        page.on("request", self._request)
        with self.app.begin_as_system() as work:
            email = self.cast.email(name)
            person = work.session.exec(select(Person).where(Person.email == email)).one()
            secret = make_sign_in_link(work, person, life=timedelta(minutes=5))
        page.goto(f"/sign-in/link/{secret}")
        page.get_by_role("button", name="Sign me in").click()
        page.wait_for_load_state()
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.trouble.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.trouble.append(f"request to elsewhere: {request.url}")


@pytest.fixture
def site(make_app: Callable[[str], App], browser: Chromium) -> Iterator[Site]:
    """Served on a free port, with a worker; any console error or foreign request fails the test."""
    app = make_app("sqlite")
    cast = cast_for(app)
    server = create_server(create_wsgi(app), host="127.0.0.1", port=0, threads=8)
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()
    worker = Worker(app)
    working = threading.Thread(target=worker.run, daemon=True)
    working.start()
    site = Site(app, cast, f"http://127.0.0.1:{server.effective_port}", browser)
    yield site
    for context in site.contexts:
        context.close()
    worker.stop()
    working.join(timeout=10)
    server.close()
    assert site.trouble == []
