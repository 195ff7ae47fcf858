"""A program with a token: it speaks JSON and checks the shape of every answer it gets."""

from __future__ import annotations

import itertools
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Cast
from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.models.catalogue import Person
from tracker.usecases.people import create_token

PROBLEM = {"ok", "code", "message", "errors", "hint", "status"}
_numbers = itertools.count(1)


def secret_for(
    app: App,
    cast: Cast | None,
    name: str,
    *,
    role: str = "admin",
    scopes: tuple[str, ...] = ("read", "write", "admin"),
) -> str:
    """The secret of a token of this person, or of a program when ``cast`` is ``None``."""
    person_id = getattr(cast, name).person_id if cast is not None else None
    with app.begin_as_system() as work:
        person = work.session.get(Person, person_id) if person_id else None
        _, secret = create_token(
            work, name=f"{name} {next(_numbers)}", role=role, scopes=scopes, person=person
        )
    return secret


class Program:
    """Speaks for one token. Each verb names the status it expects."""

    def __init__(self, flask_app: Flask, secret: str | None) -> None:
        self.client = flask_app.test_client()
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def raw(self, method: str, path: str, **more: Any) -> TestResponse:
        """The bare answer; every refusal has the one shape."""
        headers = {**self.headers, **more.pop("headers", {})}
        answer = self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            body = answer.get_json()
            assert set(body) - {"current"} == PROBLEM, body
            assert body["ok"] is False
            assert body["status"] == answer.status_code
            assert body["message"]
        return answer

    def get(self, path: str, *, status: int = 200, **query: Any) -> Any:
        answer = self.raw("GET", path, query_string=query or None)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    def post(self, path: str, body: Any = None, *, status: int = 201, **headers: str) -> Any:
        return self._send("POST", path, body, status, headers)

    def move(self, path: str, body: Any, *, status: int = 200, **headers: str) -> Any:
        return self._send("POST", path, body, status, headers)

    def put(self, path: str, body: Any, *, status: int = 200, **headers: str) -> Any:
        return self._send("PUT", path, body, status, headers)

    def patch(self, path: str, body: Any, *, status: int = 200, **headers: str) -> Any:
        return self._send("PATCH", path, body, status, headers)

    def delete(self, path: str, *, status: int = 200) -> Any:
        answer = self.raw("DELETE", path)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    def _send(self, method: str, path: str, body: Any, status: int, headers: dict[str, str]) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.raw(method, path, json=body, headers=named)
        assert answer.status_code == status, answer.text
        return answer.get_json()


def program_of(app: App, cast: Cast, name: str, **more: Any) -> Program:
    """A program that speaks for this person."""
    return Program(wsgi_for(app), secret_for(app, cast, name, **more))
