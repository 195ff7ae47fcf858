"""The one Flask application: web pages, API and health, on one App."""

from __future__ import annotations

from flask import Flask, abort, request
from flask_openapi.openapi import OpenAPI
from sqlalchemy.orm import configure_mappers
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from tracker import __version__, api, web
from tracker.app import App
from tracker.assets import static_folder

LARGEST_ID = 2**31 - 1
DIGITS = 10


class RowNumber(IntegerConverter):
    """``int`` in an address: a number that a row can have; no database is asked for more.

    A larger one is read as the largest, which no row has: refusing it here would make Werkzeug
    answer 405 for some methods, as if the address existed.
    """

    def to_python(self, value: str) -> int:
        """The number. Its length is looked at first, because ``int`` refuses very long ones."""
        return LARGEST_ID if len(value) > DIGITS else min(int(value), LARGEST_ID)


def _refuse_nul() -> None:
    """No record has a NUL in its address, and PostgreSQL would not even compare with one."""
    if "\x00" in request.path:
        abort(404)


def create_wsgi(app: App) -> Flask:
    """The application that a WSGI server runs; it has migrated nothing and started no worker."""
    flask_app = OpenAPI(
        "tracker",
        info={"title": "Tracker", "version": __version__},
        security_schemes={"bearer": {"type": "http", "scheme": "bearer"}},
        doc_ui=False,
        # Built files are hashed by content, so they may be kept for a year.
        static_folder=str(static_folder()),
        static_url_path="/static",
    )
    # Once and now: else the first requests, which come together, all wait for it.
    configure_mappers()
    settings = app.settings
    flask_app.config.update(
        SECRET_KEY=settings.kept_secret_key(),
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        MAX_FORM_PARTS=2_000,
        SEND_FILE_MAX_AGE_DEFAULT=365 * 24 * 3600,
        SESSION_COOKIE_NAME="tracker_session",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=settings.session_hours * 3600,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
    )
    flask_app.extensions["tracker"] = app
    flask_app.before_request(_refuse_nul)
    flask_app.url_map.converters["int"] = RowNumber
    web.register(flask_app)
    api.register(flask_app)
    for feature in api.FEATURES:
        # Programs bring a token in a header and no cookie, so no other site can borrow it.
        web.site.csrf.exempt(feature)
    # Senders of alerts bring a key or a signature.
    web.site.csrf.exempt(api.hooks.bp)
    if settings.slack_is_on:
        # Loaded here only, so that a tracker without Slack holds nothing of it.
        from tracker.slack.mounting import mount, slack_events  # noqa: PLC0415

        mount(flask_app, app)
        # Slack brings a signature and no cookie.
        web.site.csrf.exempt(slack_events)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        flask_app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            flask_app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    return flask_app
