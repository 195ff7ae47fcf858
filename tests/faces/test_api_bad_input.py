"""Whatever is sent: a clear answer that names the field, the right status, and nothing stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlmodel import func, select

from tests.conftest import Cast
from tests.faces.program import Program, secret_for
from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.models.incident import Incident

NEW = {"title": "Checkout answers 502", "severity": "SEV2"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def alice(flask_app: Flask, app: App, cast: Cast) -> Program:
    return Program(flask_app, secret_for(app, cast, "alice"))


@pytest.fixture
def stored(app: App) -> Callable[[], int]:
    """How many incidents there are."""

    def count() -> int:
        with app.look_as_system() as look:
            return look.session.exec(select(func.count()).select_from(Incident)).one()

    return count


WRONG_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"title": 7}, "title"),
    ({"title": None}, "title"),
    ({"title": "x" * 201}, "title"),
    ({"title": "two\nlines"}, "title"),
    ({"title": "   "}, "title"),
    ({"title": "a\x00b"}, "title"),
    ({"summary": "x" * 20_001}, "summary"),
    ({"summary": ["a"]}, "summary"),
    ({"tags": "dns"}, "tags"),
    ({"tags": ["x" * 51]}, "tags.0"),
    ({"tags": ["a\x00"]}, "tags.0"),
    ({"tags": ["t"] * 101}, "tags"),
    ({"services": ["nowhere"]}, "services"),
    ({"teams": ["nowhere"]}, "teams"),
    ({"severity": "SEV9"}, "severity"),
    ({"severity": ""}, "severity"),
    ({"impact": "everyone"}, "urgency"),
    ({"visibility": "secret"}, "visibility"),
    ({"members": ["bob@example.org"]}, "members"),
    ({"visibility": "private", "members": ["nobody@example.org"]}, "members"),
    ({"recorded_afterwards": "yes"}, "recorded_afterwards"),
    ({"recorded_afterwards": 1}, "recorded_afterwards"),
    ({"state": "resolved"}, "state"),
    ({"root_cause": "Bob"}, "root_cause"),
    ({"times": {"noon": {}}}, "times.noon"),
    ({"times": {"detected": {"at": "2026-06-01T08:00:00"}}}, "times.detected.at"),
    ({"times": {"detected": {"at": 1_700_000_000}}}, "times.detected.at"),
    ({"times": {"detected": {"at": "1700000000"}}}, "times.detected.at"),
    ({"times": {"detected": {"at": "2026-02-31T08:00:00Z"}}}, "times.detected.at"),
    ({"times": {"detected": {"at": "0001-01-01T00:00:00+14:00"}}}, "times.detected.at"),
    ({"times": {"detected": {"at": "9999-12-31T23:59:59-14:00"}}}, "times.detected.at"),
    ({"times": {"detected": {"at": "2031-01-01T00:00:00Z"}}}, "detected"),
    (
        {
            "recorded_afterwards": True,
            "times": {
                "mitigated": {"at": "2026-05-30T09:00:00Z"},
                "resolved": {"at": "2026-05-30T08:00:00Z"},
            },
        },
        "resolved",
    ),
]


def test_a_wrong_field_is_named_and_nothing_is_stored(
    alice: Program, stored: Callable[[], int]
) -> None:
    for change, field in WRONG_FIELDS:
        told = alice.post("/incidents", {**NEW, **change}, status=422)
        assert field in [one["field"] for one in told["errors"]], (str(change)[:80], told)
        assert all(one["message"] for one in told["errors"])
        assert stored() == 0, str(change)[:80]


WRONG_BODIES = [
    (b"", 400),
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b"null", 422),
    (b"[]", 422),
    (b'"{}"', 422),
    (b"NaN", 422),
    (b'{"title": NaN}', 422),
    (b'{"title": ' + b"9" * 10_000 + b"}", 400),
    (b"[" * 10_000, 400),
    (b'{"title":' * 10_000 + b"1" + b"}" * 10_000, 400),
    (b'{"title": "\\ud800", "severity": "SEV2"}', 422),
    (b'{"\\udfff": 1, "title": "x"}', 422),
]


def test_a_body_that_is_no_request_is_refused(alice: Program, stored: Callable[[], int]) -> None:
    for body, status in WRONG_BODIES:
        answer = alice.raw("POST", "/incidents", data=body, headers=JSON)
        assert answer.status_code == status, (body[:40], answer.text)
        assert stored() == 0, body[:40]


def test_half_a_character_is_named_by_its_field(alice: Program) -> None:
    body = b'{"title": "x", "severity": "SEV2", "tags": ["ok", "a\\udc00"]}'
    told = alice.raw("POST", "/incidents", data=body, headers=JSON).get_json()
    assert [one["field"] for one in told["errors"]] == ["tags.1"]


def test_only_json_is_read(alice: Program, stored: Callable[[], int]) -> None:
    for kind in ("", "text/plain", "application/x-www-form-urlencoded"):
        headers = {"Content-Type": kind} if kind else {}
        answer = alice.raw("POST", "/incidents", data=json.dumps(NEW), headers=headers)
        assert answer.status_code == 415, kind
    assert stored() == 0


def test_a_body_of_fifty_megabytes_is_refused(alice: Program, stored: Callable[[], int]) -> None:
    body = b'{"title": "' + b"x" * 50_000_000 + b'"}'
    assert alice.raw("POST", "/incidents", data=body, headers=JSON).status_code == 413
    assert stored() == 0


WRONG_PARAMETERS: list[tuple[dict[str, Any], str]] = [
    ({"limit": "0"}, "limit"),
    ({"limit": "201"}, "limit"),
    ({"limit": "many"}, "limit"),
    ({"cursor": "nonsense"}, "cursor"),
    ({"cursor": "\x00"}, "cursor"),
    ({"sort": "root_cause"}, "sort"),
    ({"since": "yesterday"}, "since"),
    ({"since": "2026-02-30"}, "since"),
    ({"since": "12"}, "since"),
    ({"count": "perhaps"}, "count"),
    ({"severities": "SEV1"}, "severities"),
    ({"title": "a\x00b"}, "title"),
    ({"tag": ["a", "b\x00"]}, "tag.1"),
    ({"limit": ["1", "2"]}, "limit"),
]


def test_a_wrong_parameter_is_named(alice: Program) -> None:
    for query, field in WRONG_PARAMETERS:
        told = alice.get("/incidents", status=422, **query)
        assert [one["field"] for one in told["errors"]] == [field], query


def test_a_parameter_where_none_is_known_is_named(alice: Program) -> None:
    assert alice.get("/me", status=422, verbose="1")["errors"][0]["field"] == "verbose"


NOWHERE = [
    "/incidents/12",
    "/incidents/inc-1",
    "/incidents/INC-0",
    "/incidents/INC-99999999999999999999",
    "/incidents/INC-1%00",
    "/incidents/REV-1",
    "/incidents/INC-1/timeline/99999999999999999999",
    "/incidents/INC-1/timeline/0",
    "/incidents/INC-404",
    "/incidents/",
    "/nothing",
    "/people/nobody%00",
    "/people/nobody@example.org",
    "/reviews/REV-404/versions/1",
    "/%F0%9F%90%99",
    "/",
]


def test_an_address_that_leads_nowhere_is_404_in_the_one_shape(alice: Program) -> None:
    for path in NOWHERE:
        alice.get(path, status=404)


def test_outside_the_version_too(flask_app: Flask) -> None:
    answer = flask_app.test_client().get("/api/v9/incidents")
    assert answer.status_code == 404
    assert answer.get_json()["ok"] is False


def test_a_method_that_is_not_known_says_which_are(alice: Program) -> None:
    answer = alice.raw("DELETE", "/incidents")
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_an_unknown_reference_in_a_body_is_refused(alice: Program) -> None:
    alice.post("/actions", {"title": "x", "incident": "INC-404"}, status=404)
    told = alice.post("/actions", {"title": "x", "incident": "12"}, status=422)
    assert told["errors"][0]["field"] == "incident"


def test_an_impossible_move_says_what_is_possible(alice: Program) -> None:
    ref = alice.post("/incidents", NEW)["ref"]
    told = alice.move(f"/incidents/{ref}/moves", {"verb": "close"}, status=422)
    assert told["code"] == "not_allowed"
    assert "resolve" in told["hint"]
    alice.move(f"/incidents/{ref}/moves", {"verb": "mitigate"})
    told = alice.move(
        f"/incidents/{ref}/moves",
        {"verb": "resolve", "at": "2026-01-01T00:00:00+01:00"},
        status=422,
    )
    assert [one["field"] for one in told["errors"]] == ["at"]


def test_a_failure_of_ours_is_told_without_details(
    sqlite_app: App, sqlite_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    flask_app = wsgi_for(sqlite_app)
    program = Program(flask_app, secret_for(sqlite_app, sqlite_cast, "alice"))
    sqlite_app.engine.dispose()
    (sqlite_app.settings.data_dir / "tracker.sqlite3").write_bytes(b"garbage" * 1000)
    answer = program.client.get("/api/v1/me", headers=program.headers)
    assert answer.status_code == 500
    body = answer.get_json()
    assert body["code"] == "internal"
    assert "garbage" not in answer.text
    assert "sqlite" not in answer.text.lower()
