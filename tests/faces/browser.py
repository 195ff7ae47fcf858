"""A test client that checks every page it gets, as a careful reader of HTML would."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from tracker.app import App
from tracker.models.catalogue import Person

X = "{http://www.w3.org/1999/xhtml}"
UNLABELLED = {"hidden", "submit", "button", "image", "reset"}


@dataclass
class Page:
    """An answer with its parsed document."""

    response: TestResponse
    document: Element

    @property
    def text(self) -> str:
        """The words of the page, white space folded."""
        body = self.document.find(f"{X}body")
        assert body is not None
        return re.sub(r"\s+", " ", "".join(body.itertext())).strip()

    @property
    def status(self) -> int:
        return self.response.status_code

    def form(self, action: str) -> dict[str, str]:
        """The fields and values of the form with this action, as a browser would send them."""
        for form in self.document.iter(f"{X}form"):
            if form.get("action") == action:
                return _fields(form)
        actions = [form.get("action") for form in self.document.iter(f"{X}form")]
        raise AssertionError(f"no form for {action}; there are {actions}")

    def links(self) -> list[str]:
        return [one.get("href", "") for one in self.document.iter(f"{X}a")]


class Browser:
    """One person's browser. ``get`` and ``post`` check the page they bring."""

    def __init__(self, flask_app: Flask, app: App, email: str | None = None) -> None:
        flask_app.testing = True
        self.app = app
        self.flask_app = flask_app
        self.client: FlaskClient = flask_app.test_client()
        self._tokens: dict[str, str] = {}
        if email is not None:
            with app.look_as_system() as look:
                person = look.session.exec(select(Person).where(Person.email == email)).one()
            with self.client.session_transaction() as session:
                session["person"] = person.key
                session["epoch"] = person.session_epoch

    def get(self, path: str, *, status: int = 200, **query: Any) -> Page:
        """The page at this path, checked; redirects are followed."""
        response = self.client.get(path, query_string=query or None, follow_redirects=True)
        return self._checked(path, response, status)

    def part(self, path: str, *, status: int = 200) -> str:
        """A part of a page (for htmx): unchecked text."""
        response = self.client.get(path, headers={"HX-Request": "true"})
        assert response.status_code == status, response.text[:2_000]
        return response.text

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, status: int = 200, page: str = ""
    ) -> Page:
        """Sends a form with its token and follows the redirect to the page that is then checked.

        The token is taken from ``page``, else from the home page.
        """
        token = self.token(page or "/")
        response = self.client.post(
            path, data={"csrf_token": token, **(data or {})}, follow_redirects=True
        )
        return self._checked(path, response, status)

    def post_json(self, path: str, data: dict[str, Any]) -> TestResponse:
        """Sends a form as our scripts do, reading JSON."""
        headers = {"X-CSRFToken": self.token("/"), "Accept": "application/json"}
        return self.client.post(path, data=data, headers=headers)

    def token(self, path: str) -> str:
        """The token of this browser's session; a page is read for it once in a session."""
        with self.client.session_transaction() as session:
            known = self._tokens.get(session.get("csrf_token", ""))
        if known is not None:
            return known
        text = self.client.get(path, follow_redirects=True).text
        match = re.search(r'name="csrf-token" content="([^"]*)"', text)
        assert match is not None, f"no token on {path}: {text[:500]}"
        with self.client.session_transaction() as session:
            self._tokens[session["csrf_token"]] = match.group(1)
        return match.group(1)

    def _checked(self, path: str, response: TestResponse, status: int) -> Page:
        assert response.status_code == status, (
            f"{path}: {response.status_code} instead of {status}\n{response.text[:3_000]}"
        )
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        page = Page(response, html5lib.HTMLParser(strict=True).parse(response.text))
        check_document(page, path)
        self._check_links(page, path)
        return page

    def _check_links(self, page: Page, path: str) -> None:
        adapter = self.flask_app.url_map.bind("localhost")
        here = urlsplit(page.response.request.url).path
        wanted = [(link, "GET") for link in page.links()]
        for form in page.document.iter(f"{X}form"):
            wanted.append((form.get("action", ""), form.get("method", "get").upper()))
        for link, method in wanted:
            parts = urlsplit(urljoin(here, link))
            if parts.scheme in ("http", "https", "mailto") or link.startswith("#"):
                continue
            try:
                adapter.match(parts.path, method=method)
            except RequestRedirect:
                continue
            except (HTTPException, MethodNotAllowed) as error:
                raise AssertionError(f"{path}: {method} {link} leads nowhere: {error}") from error


def check_document(page: Page, path: str) -> None:
    """One h1 the title begins with, unique ids, labelled controls, tokens, nothing inline."""
    document = page.document
    headings = list(document.iter(f"{X}h1"))
    assert len(headings) == 1, f"{path}: {len(headings)} h1"
    title = next(document.iter(f"{X}title")).text or ""
    words = re.sub(r"\s+", " ", "".join(headings[0].itertext())).strip()
    assert words and (words.startswith(title.split(" · ")[0]) or title.startswith(words)), (
        f"{path}: h1 “{words}” and title “{title}” differ"
    )
    ids = Counter(one.get("id") for one in document.iter() if one.get("id"))
    assert not [one for one, count in ids.items() if count > 1], f"{path}: ids twice: {ids}"
    labelled = {one.get("for") for one in document.iter(f"{X}label")}
    inside = {id(part) for one in document.iter(f"{X}label") for part in one.iter()}
    for kind in ("input", "select", "textarea"):
        for control in document.iter(f"{X}{kind}"):
            if kind == "input" and control.get("type", "text") in UNLABELLED:
                continue
            named = (
                control.get("id") in labelled
                or control.get("aria-label")
                or control.get("aria-labelledby")
                or id(control) in inside
            )
            assert named, f"{path}: {kind} {control.get('name')} has no label"
    for form in document.iter(f"{X}form"):
        assert form.get("action"), f"{path}: a form without action"
        if form.get("method", "get").lower() == "post":
            assert _fields(form).get("csrf_token"), f"{path}: {form.get('action')} has no token"
    for script in document.iter(f"{X}script"):
        assert script.get("src"), f"{path}: inline script"
    assert not list(document.iter(f"{X}style")), f"{path}: inline style"
    for one in document.iter():
        bad = [name for name in one.keys() if name == "style" or name.startswith("on")]  # noqa: SIM118 - Element, not dict
        assert not bad, f"{path}: inline {bad} on {one.tag}"


def _fields(form: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for control in form.iter():
        name = control.get("name")
        if not name:
            continue
        if control.tag == f"{X}input":
            kind = control.get("type", "text")
            if kind in ("checkbox", "radio") and control.get("checked") is None:
                continue
            if kind not in ("submit", "button"):
                found[name] = control.get("value", "")
        elif control.tag == f"{X}textarea":
            found[name] = "".join(control.itertext()).removeprefix("\n")
        elif control.tag == f"{X}select":
            chosen = [o for o in control.iter(f"{X}option") if o.get("selected") is not None]
            options = chosen or list(control.iter(f"{X}option"))[:1]
            if options:
                found[name] = options[0].get("value", "".join(options[0].itertext()))
    return found
