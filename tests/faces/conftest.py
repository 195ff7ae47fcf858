"""Browsers and programs that talk to the whole application."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.wsgi import wsgi_for
from tracker.app import App


@pytest.fixture
def flask_app(app: App) -> Flask:
    return wsgi_for(app)


@pytest.fixture
def browser(flask_app: Flask, app: App, cast: Cast) -> Callable[[str], Browser]:
    """``browser("alice")``: a browser in which Alice is signed in."""
    return lambda name: Browser(flask_app, app, cast.email(name))


@pytest.fixture
def stranger(flask_app: Flask, app: App, cast: Cast) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(flask_app, app)
