"""The pages: HTML for people, working without scripts, pleasant with them.

Lives here: gate.py (who is it, which unit of work), site.py (frame, errors, headers), one file of
    routes per feature and its forms beside it.
Never here: rules, SQL, commits.
May import: outbox, app, usecases, reading and what lies below; never tracker.api.
Start reading: site.py, then incidents.py.
"""

from __future__ import annotations

from flask import Flask

from tracker.web import health, login, observed, site
from tracker.web.routes import BLUEPRINTS


def register(flask_app: Flask) -> None:
    """All pages are mounted."""
    observed.register(flask_app)
    site.register(flask_app)
    for blueprint in (login.bp, health.bp, *BLUEPRINTS):
        flask_app.register_blueprint(blueprint)
