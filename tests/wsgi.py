"""The Flask application for an App, cast from a mould: all routes anew take a quarter second."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from flask import Flask

from tracker.api.respond import hooks
from tracker.app import App
from tracker.settings import Settings
from tracker.wsgi import create_wsgi


def wsgi_for(app: App, *, tokens: bool = True) -> Flask:
    """What ``create_wsgi(app)`` makes, sharing routes and compiled templates with its like.

    Everything that belongs to one App stands in ``extensions``, which are its own. With Slack the
    routes know their App as well, and without a key one is made in its data folder: those
    applications are made whole. Without ``tokens`` forms are taken from anywhere.
    """
    if app.settings.slack_is_on or not app.settings.secret_key:
        return create_wsgi(app)
    settings = replace(app.settings, data_dir=Path(), database_url="")
    flask_app = copy.copy(_mould(settings, tokens=tokens))
    # Those of one mould share their settings; a browser that was there before has set this.
    flask_app.testing = False
    flask_app.extensions = {**flask_app.extensions, "tracker": app}
    hooks.make_ready(flask_app)
    return flask_app


def without_tokens(flask_app: Flask) -> Flask:
    """The same for the same App, where a form needs no token."""
    return wsgi_for(flask_app.extensions["tracker"], tokens=False)


@lru_cache
def _mould(settings: Settings, *, tokens: bool) -> Flask:
    made = create_wsgi(App(settings))
    made.config["WTF_CSRF_ENABLED"] = tokens
    return made
