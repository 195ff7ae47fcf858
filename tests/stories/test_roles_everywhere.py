"""Who may not write changes nothing, on no route; a form without its token does not either."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.conftest import Cast, HandClock, cast_for
from tests.faces.browser import Browser
from tests.faces.program import Program, secret_for
from tests.stories.addresses import body_for, everything, filled
from tests.stories.hidden import public_past
from tests.wsgi import without_tokens, wsgi_for
from tracker.app import App

# What belongs to the person alone, whatever the role: signing in and out, own settings and notices.
OWN = ("login.", "home.dismiss")
# Questions whose words are too long for an address: they are asked by POST and change nothing.
ASKS = ("/api/v1/wording", "/reviews/REV-1/answers/summary/wording", "/reviews/REV-1/preview",
        "/incidents/INC-1/timeline/wording",
        "/reviews/REV-1/together")  # fmt: skip
# Senders bring a key or a signature of their own, never a session: without one they are refused.
SENDERS = "/hooks/"
# Reading the rows of a list, for an admin's eyes only.
ADMIN_READS = ("/api/v1/audit", "/api/v1/deliveries", "/api/v1/tokens", "/api/v1/configuration",
               "/admin")  # fmt: skip


@pytest.fixture
def past(make_app: Callable[[str], App], clock: HandClock) -> tuple[App, Flask, Cast]:
    app = make_app("sqlite")
    cast = cast_for(app)
    public_past(app, cast, clock)
    return app, wsgi_for(app), cast


def _writing(flask_app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """(rule, method, address) of all that writes, for records that everybody may read."""
    for rule in flask_app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            path = filled(rule, None)
            assert path is not None
            yield rule, method, path


def test_a_viewer_writes_nowhere(past: tuple[App, Flask, Cast]) -> None:
    app, flask_app, cast = past
    flask_app = without_tokens(flask_app)
    browser = Browser(flask_app, app, cast.email("vera")).client
    program = Program(flask_app, secret_for(app, cast, "vera", role="admin"))
    before = everything(app)
    for rule, method, path in _writing(flask_app):
        if rule.endpoint.startswith(OWN):
            continue
        if path.startswith("/api/"):
            answer = program.client.open(
                path, method=method, json=body_for(rule, method), headers=program.headers
            )
            expected = (200,) if path in ASKS else (403, 404, 422)
            assert answer.status_code in expected, (method, path, answer.text[:300])
        else:
            answer = browser.open(path, method=method, data=body_for(rule, method))
            expected = (200,) if path in ASKS else (403, 404, 422)
            expected = (401,) if path.startswith(SENDERS) else expected
            assert answer.status_code in expected, (method, path, answer.status_code)
    assert everything(app) == before


def test_a_token_that_may_only_read_writes_nowhere(past: tuple[App, Flask, Cast]) -> None:
    app, flask_app, cast = past
    program = Program(flask_app, secret_for(app, cast, "ada", scopes=("read",)))
    before = everything(app)
    refused = 0
    for rule, method, path in _writing(flask_app):
        if path.startswith("/api/"):
            answer = program.client.open(
                path, method=method, json=body_for(rule, method), headers=program.headers
            )
            expected = (200,) if path in ASKS else (403, 404, 422)
            assert answer.status_code in expected, (method, path, answer.text[:300])
            refused += answer.status_code == 403
    assert refused > 15
    assert everything(app) == before


def test_what_is_for_admins_is_closed_to_everybody_else(past: tuple[App, Flask, Cast]) -> None:
    app, flask_app, cast = past
    for name in ("vera", "charlie", "erin"):
        browser = Browser(flask_app, app, cast.email(name)).client
        program = Program(flask_app, secret_for(app, cast, name))
        for rule in flask_app.url_map.iter_rules():
            path = filled(rule, None)
            if "GET" in (rule.methods or ()) and path and path.startswith(ADMIN_READS):
                ask = program.client if path.startswith("/api/") else browser
                assert ask.get(path, headers=program.headers).status_code == 403, (name, path)


def test_nobody_reads_without_signing_in(past: tuple[App, Flask, Cast]) -> None:
    _, flask_app, _ = past
    client = flask_app.test_client()
    for rule in flask_app.url_map.iter_rules():
        path = filled(rule, None)
        open_to_all = rule.endpoint.startswith(
            ("static", "health.", "login.", "api_document", "calendar.feed", "admin.schema")
        )
        if "GET" not in (rule.methods or ()) or open_to_all or path is None:
            continue
        answer = client.get(path)
        if path.startswith("/api/"):
            assert answer.status_code == 401, path
        else:
            assert answer.status_code == 302, path
            assert answer.headers["Location"].startswith("/sign-in"), path


def test_every_form_needs_its_token_also_the_one_for_signing_in(
    past: tuple[App, Flask, Cast],
) -> None:
    app, flask_app, cast = past
    browser = Browser(flask_app, app, cast.email("ada")).client
    before = everything(app)
    for rule, method, path in _writing(flask_app):
        if not path.startswith(("/api/", SENDERS)):
            answer = browser.open(path, method=method, data=body_for(rule, method))
            assert answer.status_code == 403, (method, path)
            assert "out of date" in answer.text
    assert everything(app) == before
