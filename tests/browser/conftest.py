"""A real Chromium on a real server with a worker: what a person sees, standing checks included."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request
from sqlmodel import select
from waitress.server import create_server

from tests.conftest import Cast, _settings, cast_for
from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.models.catalogue import Person
from tracker.outbox.worker import Worker
from tracker.usecases.people import make_sign_in_link

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


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


@dataclass
class Site:
    """A tracker that is being served, with its people."""

    app: App
    emails: dict[str, str]
    chromium: Chromium
    port: int = 0
    trouble: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    _provoked: list[str] = field(default_factory=list)
    _signed_in: dict[str, Any] = field(default_factory=dict)
    _server: Any = None
    _serving: threading.Thread = field(default_factory=threading.Thread)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def window(self, name: str, **options: Any) -> Page:
        """A new window in which this person is signed in."""
        if name not in self._signed_in:
            page = self.fresh_window(name)
            self._signed_in[name] = page.context.storage_state()
            page.context.close()
        page = self.stranger(**{"storage_state": self._signed_in[name], **options})
        page.goto("/")
        return page

    def fresh_window(self, name: str, **options: Any) -> Page:
        """The same with a session of its own, so that signing out ends nobody else's."""
        page = self.stranger(**options)
        self.sign_in(page, name)
        return page

    def sign_in(self, page: Page, name: str) -> None:
        """Follows a one-time link in this window."""
        with self.app.begin_as_system() as work:
            email = self.emails[name]
            person = work.session.exec(select(Person).where(Person.email == email)).one()
            secret = make_sign_in_link(work, person, life=timedelta(minutes=5))
        page.goto(f"/sign-in/link/{secret}")
        page.get_by_role("button", name="Sign me in").click()
        page.wait_for_load_state()

    def stranger(self, **options: Any) -> Page:
        """A new window in which nobody has signed in."""
        context = self.chromium.new_context(
            **{"base_url": self.address, "viewport": DESK, **options}
        )
        self.contexts.append(context)
        return self._watched(context.new_page())

    def tab(self, beside: Page) -> Page:
        """A further tab in the browser of this page."""
        return self._watched(beside.context.new_page())

    def _watched(self, page: Page) -> Page:
        """Console errors, script errors and requests to elsewhere count as trouble."""
        page.set_default_timeout(10_000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.trouble.append(f"script error: {error}"))
        page.on("request", self._request)
        return page

    def provoke(self, message: str) -> None:
        """The test causes this console error on purpose."""
        self._provoked.append(message)

    def start(self) -> None:
        """Serves on the port it had before, or on a free one."""
        self._server = create_server(
            wsgi_for(self.app), host="127.0.0.1", port=self.port, threads=8
        )
        self.port = self._server.effective_port
        self._serving = threading.Thread(target=self._server.run, daemon=True)
        self._serving.start()

    def stop(self) -> None:
        """Whoever asks now is refused, and connections that were kept open end."""
        self._server.task_dispatcher.shutdown(timeout=2)
        for channel in list(self._server._map.values()):
            channel.close()
        self._serving.join(timeout=5)

    def end_test(self) -> list[str]:
        """Closes the windows; the trouble that no test asked for."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()
        found = [one for one in self.trouble if not any(known in one for known in self._provoked)]
        self.trouble.clear()
        self._provoked.clear()
        return found

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.trouble.append(f"console: {message.text} ({message.location.get('url')})")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.trouble.append(f"request to elsewhere: {request.url}")


@contextmanager
def served(app: App, emails: dict[str, str], chromium: Chromium) -> Iterator[Site]:
    """Served on a free port, with a worker."""
    site = Site(app, emails, chromium)
    site.start()
    worker = Worker(app)
    working = threading.Thread(target=worker.run, daemon=True)
    working.start()
    try:
        yield site
    finally:
        worker.stop()
        working.join(timeout=10)
        site.stop()
        app.close()


@pytest.fixture(scope="module")
def module_site(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, browser: Chromium
) -> Iterator[Site]:
    """One small organisation for the tests of a file; each test declares an incident of its own."""
    data_dir = tmp_path_factory.mktemp("site")
    (data_dir / "tracker.sqlite3").write_bytes(sqlite_template.read_bytes())
    app = App(_settings(data_dir, ""), durable=False)
    cast: Cast = cast_for(app)
    with served(app, cast.emails, browser) as site:
        yield site


@pytest.fixture
def site(module_site: Site) -> Iterator[Site]:
    """The organisation; any console error or foreign request fails the test."""
    yield module_site
    assert module_site.end_test() == []
