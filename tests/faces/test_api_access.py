"""Tokens, scopes and visibility: who gets in, what a token may do, what strangers never learn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from tests.conftest import Cast, HandClock
from tests.faces.program import Program, secret_for
from tracker.app import App
from tracker.models.catalogue import ApiToken, Person
from tracker.reading.share.library import all_documents
from tracker.usecases.people import create_token, revoke_token


def _program(flask_app: Flask, app: App, cast: Cast, name: str, **more: object) -> Program:
    return Program(flask_app, secret_for(app, cast, name, **more))  # type: ignore[arg-type]


def test_without_a_token_the_answer_says_which_kind_is_wanted(flask_app: Flask) -> None:
    answer = Program(flask_app, None).raw("GET", "/incidents")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    ["Basic YWxpY2U6eA==", "Bearer", "Bearer ", "Bearer trk_wrong", "Bearer \x7f", "trk_x"],
)
def test_a_wrong_authorization_is_refused(flask_app: Flask, header: str) -> None:
    program = Program(flask_app, None)
    assert program.raw("GET", "/me", headers={"Authorization": header}).status_code == 401


def test_a_signed_in_browser_is_no_program(flask_app: Flask, app: App, cast: Cast) -> None:
    program = Program(flask_app, None)
    with program.client.session_transaction() as session:
        session["person"], session["epoch"] = cast.alice.person_id, 0
    assert program.raw("GET", "/me").status_code == 401


def test_a_token_that_is_revoked_or_out_of_date_opens_nothing(
    flask_app: Flask, app: App, cast: Cast, clock: HandClock
) -> None:
    with app.begin_as_system() as work:
        row, secret = create_token(work, name="CI", expires_at=work.now + timedelta(hours=1))
        other, revoked = create_token(work, name="Old")
        revoke_token(work, other.key)
    assert row.key
    assert Program(flask_app, secret).get("/me")["name"] == "CI"
    Program(flask_app, revoked).get("/me", status=401)
    clock.forward(hours=2)
    Program(flask_app, secret).get("/me", status=401)


def test_a_token_of_somebody_who_left_opens_nothing(flask_app: Flask, app: App, cast: Cast) -> None:
    program = _program(flask_app, app, cast, "bob")
    with app.begin_as_system() as work:
        person = work.session.get(Person, cast.bob.person_id)
        assert person is not None
        person.active = False
    program.get("/me", status=401)


def test_when_a_token_was_used_is_written_every_five_minutes(
    flask_app: Flask, app: App, cast: Cast, clock: HandClock
) -> None:
    program = _program(flask_app, app, cast, "alice")
    first = clock()
    program.get("/me")
    clock.forward(minutes=4)
    program.get("/me")
    assert _last_used(app) == first
    clock.forward(minutes=2)
    program.get("/me")
    assert _last_used(app) == clock()


def test_a_token_acts_within_its_scopes(flask_app: Flask, app: App, cast: Cast) -> None:
    reader = _program(flask_app, app, cast, "ada", scopes=("read",))
    reader.get("/incidents")
    reader.post("/incidents", {"title": "No", "severity": "SEV3"}, status=403)
    reader.get("/audit", status=403)
    writer = _program(flask_app, app, cast, "ada", scopes=("write",))
    writer.get("/incidents", status=403)
    writer.post("/incidents", {"title": "Yes", "severity": "SEV3"})
    writer.post("/tokens", {"name": "More"}, status=403)


def test_a_token_never_stands_above_its_person(flask_app: Flask, app: App, cast: Cast) -> None:
    viewer = _program(flask_app, app, cast, "vera", role="admin")
    assert viewer.get("/me")["role"] == "viewer"
    viewer.post("/incidents", {"title": "No", "severity": "SEV3"}, status=403)
    responder = _program(flask_app, app, cast, "ada", role="responder")
    responder.get("/tokens", status=403)


def test_an_admin_makes_and_revokes_tokens(flask_app: Flask, app: App, cast: Cast) -> None:
    ada = _program(flask_app, app, cast, "ada")
    made = ada.post("/tokens", {"name": "CI", "role": "viewer", "scopes": ["read"]})
    program = Program(flask_app, made["secret"])
    assert program.get("/me")["role"] == "viewer"
    assert made["secret"] not in ada.raw("GET", "/tokens").text
    ada.delete(f"/tokens/{made['id']}")
    program.get("/me", status=401)


def test_a_stranger_learns_nothing_about_a_private_incident(
    flask_app: Flask, app: App, cast: Cast
) -> None:
    alice, charlie, bob = (
        _program(flask_app, app, cast, name) for name in ("alice", "charlie", "bob")
    )
    made = alice.post(
        "/incidents",
        {
            "title": "Leaked zebrakey",
            "severity": "SEV1",
            "visibility": "private",
            "members": [cast.email("bob")],
            "tags": ["zebratag"],
        },
    )
    ref = made["ref"]
    entry = alice.post(f"/incidents/{ref}/timeline", {"text": "zebra seen"})["id"]
    alice.post(f"/incidents/{ref}/tasks", {"title": "Rotate"})
    review = alice.move(f"/incidents/{ref}/moves", {"verb": "resolve"})["review"]
    action = alice.post("/actions", {"title": "Rotate zebrakey", "review": review})["ref"]
    lesson = alice.post("/lessons", {"title": "Zebrakeys leak", "review": review})["ref"]
    with app.look_as_system() as look:
        app.index.rebuild(all_documents(look))

    assert bob.get(f"/incidents/{ref}")["title"] == "Leaked zebrakey"
    here = f"/incidents/{ref}"
    for path in (
        here,
        *(f"{here}/{one}" for one in ("timeline", "roles", "tasks", "updates", "times", "moves")),
        f"{here}/timeline/{entry}",
        f"{here}/timeline/{entry}/history",
        f"{here}/times/declared",
        f"{here}/severity",
        f"/reviews/{review}",
        *(f"/reviews/{review}/{one}" for one in ("sections", "factors", "moves", "gate")),
        f"/reviews/{review}/sections/summary",
        f"/reviews/{review}/versions",
        f"/reviews/{review}/export",
        f"/actions/{action}",
        f"/actions/{action}/moves",
        f"/lessons/{lesson}",
        f"/lessons/{lesson}/moves",
        f"/similar?ref={ref}",
    ):
        told = charlie.get(path, status=404)
        assert "zebra" not in str(told).lower(), path
    for path, body in (
        (f"{here}/timeline", {"text": "x"}),
        (f"{here}/tasks", {"title": "x"}),
        (f"{here}/updates", {"text": "x"}),
        ("/reviews", {"incidents": [ref]}),
        ("/actions", {"title": "x", "incident": ref}),
        ("/lessons", {"title": "x", "incidents": [ref]}),
    ):
        charlie.post(path, body, status=404)
    charlie.patch(here, {"title": "Mine"}, status=404)
    other = charlie.post("/incidents", {"title": "Another", "severity": "SEV3"})["ref"]
    charlie.move(f"/incidents/{other}/merge", {"into": ref}, status=404)
    for path in ("/incidents", "/reviews", "/actions", "/lessons"):
        listed = charlie.get(path, count="true")
        assert listed["count"] == len(listed["items"]) == (1 if path == "/incidents" else 0)
    found = charlie.get("/search", q="zebrakey")
    assert found["total"] == 0
    assert not found["items"]
    assert "zebra" not in str(found["facets"]) + found["corrected"]
    assert charlie.get("/similar", text="zebrakey leaked")["items"] == []


def test_what_follows_a_hidden_incident_names_no_hidden_reference(
    flask_app: Flask, app: App, cast: Cast
) -> None:
    alice, charlie = (_program(flask_app, app, cast, name) for name in ("alice", "charlie"))
    hidden = alice.post(
        "/incidents", {"title": "Quiet", "severity": "SEV3", "visibility": "private"}
    )["ref"]
    lesson = alice.post("/lessons", {"title": "Open to all"})["ref"]
    alice.patch(f"/lessons/{lesson}", {"incidents": [hidden]})
    assert alice.get(f"/lessons/{lesson}")["incidents"] == [hidden]
    assert charlie.get(f"/lessons/{lesson}")["incidents"] == []


def _last_used(app: App) -> object:
    with app.look_as_system() as look:
        row = look.session.get(ApiToken, 1)
        assert row is not None
        return row.last_used_at
