"""Rubbish in addresses, cursors, headers and sign-in: a plain answer, never an error of ours."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import html5lib
import pytest
from argon2 import PasswordHasher
from flask import Flask

from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.faces.declared import declare
from tests.faces.program import Program, secret_for
from tests.wsgi import without_tokens
from tracker.app import App
from tracker.models.catalogue import Person
from tracker.usecases.people import check_password
from tracker.web.markdown import render, render_line

RUBBISH = (
    "99999999999999999999",
    "٣",
    "%00",
    "x" * 3_000,
    "..%2f..%2fetc%2fpasswd",
    "%F0%9F%92%A9",
    "-1",
    "2147483648",
    "INC-٣",
    "INC-999999999",
    "%ff",
    "\u2019; drop table person; --",
)
LISTS = {
    "/incidents": "state severity kind service team tag title since until sort cursor place",
    "/reviews": "view state template sort cursor",
    "/actions": "view state kind strength priority team sort cursor review incident",
    "/lessons": "view state tag team applies_to sort cursor",
    "/library": "q kind service team tag year severity sort page",
    "/admin/audit": "record by cursor",
    "/actions/new": "incident review",
    "/lessons/new": "incident review",
    "/reviews/new": "incident",
    "/sign-in": "next",
    "/reviews/REV-1/diff": "from to",
    "/incidents/INC-1": "place mark",
}


@pytest.fixture
def ada(flask_app: Flask, app: App, cast: Cast) -> Browser:
    declare(app, cast)
    return Browser(flask_app, app, cast.email("ada"))


def test_rubbish_in_an_address_is_not_found(ada: Browser, flask_app: Flask, app: App) -> None:
    flask_app = without_tokens(flask_app)
    program = Program(flask_app, secret_for(app, None, "CI"))
    for rule in flask_app.url_map.iter_rules():
        if not rule.arguments or rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for rubbish in RUBBISH:
                # Only the last part is rubbish, so that the part before it is really looked at.
                first = re.sub(r"<ref\w*>(?=.*<)", "INC-1", rule.rule)
                path = re.sub(r"<[^>]+>", lambda _, word=rubbish: word, first)  # type: ignore[misc]
                headers = program.headers if path.startswith("/api/") else {}
                answer = ada.client.open(path, method=method, headers=headers)
                assert answer.status_code < 500, (method, path[:200])


def test_rubbish_in_the_address_bar_is_answered(ada: Browser) -> None:
    for path, names in LISTS.items():
        for name in names.split():
            for rubbish in RUBBISH[:4]:
                answer = ada.client.get(f"{path}?{name}={rubbish}")
                assert answer.status_code < 500, (path, name, rubbish[:40])


CURSORS: tuple[Any, ...] = (
    ["at", "0001-01-01T00:00:00+14:00", 1],
    ["at", "9999-12-31T23:59:59-14:00", 1],
    ["is", "a\x00", 1],
    ["is", "\ud800", 1],
    ["on", "2026-01-01", 1],
    ["at", "2026-01-01", 1],
    ["is", "x", 2**31 - 1],
    ["is", "x", 2**70],
    ["is", 5, 1],
    ["is", ["x"], 1],
    ["is", {}, []],
    ["at", "2026-06-01T09:00:00+00:00", float("inf")],
    ["is", "x", float("nan")],
    [],
    {},
    "x",
    None,
    ["is", "x" * 100_000, 1],
)


def test_a_cursor_that_is_none_of_ours_is_told_so(ada: Browser, flask_app: Flask, app: App) -> None:
    program = Program(flask_app, secret_for(app, None, "CI"))
    for content in CURSORS:
        cursor = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
        for path, sorts in (
            ("/incidents", ("newest", "title", "severity")),
            ("/actions", ("newest", "due", "priority")),
            ("/reviews", ("due", "title")),
            ("/lessons", ("changed", "title")),
        ):
            for sort in sorts:
                asked = {"cursor": cursor, "sort": sort}
                page = ada.client.get(path, query_string=asked)
                assert page.status_code in (200, 422), (path, sort, content)
                told = program.raw("GET", path, query_string=asked)
                assert told.status_code in (200, 422), (path, sort, content)


def test_signing_in_with_rubbish_is_just_wrong(app: App, cast: Cast, stranger: Browser) -> None:
    for email in ("a\x00b@example.org", "x" * 5_000, "\u2019@\u2019", "İ@example.org"):
        data = {"email": email, "password": "p\x00" + "q" * 5_000}
        token = stranger.token("/sign-in")
        answer = stranger.client.post("/sign-in", data={**data, "csrf_token": token})
        assert answer.status_code == 422


def _tries(flask_app: Flask, emails: list[str], **environment: str) -> list[int]:
    flask_app = without_tokens(flask_app)
    client = flask_app.test_client()
    return [
        client.post(
            "/sign-in", data={"email": email, "password": "no"}, environ_overrides=environment
        ).status_code
        for email in emails
    ]


def test_another_spelling_of_an_address_does_not_buy_more_tries(
    flask_app: Flask, cast: Cast
) -> None:
    spellings = ["alice@example.org", " ALICE@example.org ", "Alice@Example.Org\t"] * 4
    answers = [
        _tries(flask_app, [spelling], REMOTE_ADDR=f"192.0.2.{number}")[0]
        for number, spelling in enumerate(spellings)
    ]
    assert answers[10:] == [429, 429]


def test_a_forwarded_address_is_not_believed_without_a_proxy(flask_app: Flask, cast: Cast) -> None:
    answers = [
        _tries(flask_app, [f"n{number}@example.org"], HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")[0]
        for number in range(11)
    ]
    assert answers[-1] == 429


def test_all_addresses_of_one_ipv6_network_are_one_caller(flask_app: Flask, cast: Cast) -> None:
    answers = [
        _tries(flask_app, [f"n{number}@example.org"], REMOTE_ADDR=f"2001:db8:1:2::{number:x}")[0]
        for number in range(11)
    ]
    assert answers[-1] == 429
    assert _tries(flask_app, ["other@example.org"], REMOTE_ADDR="2001:db8:1:3::1") == [422]


def test_an_old_hash_is_renewed_for_the_password_that_is_checked(app: App, cast: Cast) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with app.begin_as_system() as work:
        row = work.session.get(Person, cast.alice.person_id)
        assert row is not None
        old = row.password_hash = weak.hash("p" * 200)
    with app.begin_as_system() as work:
        person = check_password(work, cast.email("alice"), "p" * 200 + "more")
        assert person is None, "a longer one is another one"
        person = check_password(work, cast.email("alice"), "p" * 200)
        assert person is not None
        assert person.password_hash != old
    with app.begin_as_system() as work:
        assert check_password(work, cast.email("alice"), "p" * 200) is not None


def test_the_cookie_of_the_session_is_closed_to_scripts_and_other_sites(
    make_app: Callable[[str], App], stranger: Browser
) -> None:
    cookie = stranger.client.get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_session_that_was_planted_before_is_gone_after_signing_in(
    flask_app: Flask, app: App, cast: Cast
) -> None:
    flask_app = without_tokens(flask_app)
    with app.begin_as_system() as work:
        row = work.session.get(Person, cast.alice.person_id)
        assert row is not None
        row.password_hash = PasswordHasher().hash("correct horse staple")
    client = flask_app.test_client()
    with client.session_transaction() as session:
        session["planted"], session["person"] = "by somebody", cast.bob.person_id
    data = {"email": cast.email("alice"), "password": "correct horse staple"}
    assert client.post("/sign-in", data=data).status_code == 302
    with client.session_transaction() as session:
        assert session["person"] == cast.alice.person_id
        assert "planted" not in session


ATTACKS = (
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html;base64,PHN2Zz4=)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x](vbscript:x)",
    "[x]( java\tscript:alert(1))",
    "<svg onload=alert(1)>",
    "<svg/onload=x>",
    "<img src=x onerror=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=x>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "[a]: javascript:alert(1)\n\n[a]",
    "`<img src=x onerror=alert(1)>`",
    '~~~"onmouseover=alert(1)\nx\n~~~',
    "| a |\n|--|\n| <b onclick=x> |",
    '[x](https://e.org "onclick=alert(1)")',
    '[x](https://e.org/"onmouseover="alert(1))',
    "[^1]\n\n[^1]: <script>x</script>",
    "- [x] <input onfocus=alert(1) autofocus>",
    "&#106;avascript:x",
    '<a href="java&#10;script:alert(1)">x</a>',
    "<template><script>x</script></template>",
    "<style>@import 'x'</style>",
    "<iframe srcdoc='<script>x</script>'>",
    "<base href=//evil.example>",
    "[x](//evil.example)",
    '![x](https://e.org/x.svg"onload="x)',
    "<form action=//e.org><button>",
)
BANNED = {
    "script",
    "style",
    "svg",
    "math",
    "iframe",
    "form",
    "base",
    "object",
    "embed",
    "template",
    "link",
    "meta",
}


def test_nothing_that_somebody_writes_runs_in_a_page() -> None:
    safe = {"a": {"href", "title", "id", "class", "rel"}}
    for attack in ATTACKS:
        for html in (str(render(attack)), str(render_line(attack))):
            for one in html5lib.parse(html, namespaceHTMLElements=False).iter():
                if not isinstance(one.tag, str):
                    continue
                assert one.tag not in BANNED, attack
                for name, value in one.attrib.items():
                    assert not name.startswith("on"), attack
                    assert name not in ("style", "srcdoc", "formaction"), attack
                    if name in ("href", "src"):
                        scheme = value.strip().lower().partition(":")[0]
                        assert scheme not in ("javascript", "vbscript", "data"), attack
                if one.tag == "a":
                    assert set(one.attrib) <= safe["a"], attack


EVIL = (
    "//e.org",
    "/\t/e.org",
    "/\n/e.org",
    "https:e.org",
    "\\\\e.org",
    "/\\e.org",
    "%2f%2fe.org",
    "/%09/e.org",
    " //e.org",
    "javascript:x",
    "http:///e.org",
)


def test_the_way_back_after_signing_in_stays_here(flask_app: Flask, app: App, cast: Cast) -> None:
    client = Browser(flask_app, app, cast.email("alice")).client
    for evil in EVIL:
        place = client.get("/sign-in", query_string={"next": evil}).headers["Location"]
        assert place.startswith("/"), evil
        assert not re.match(r"^/[\\/\s]", place), evil
