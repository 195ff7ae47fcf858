"""Signing in: passwords, links, limits, sessions that end."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from tests.conftest import Cast, HandClock
from tests.faces.browser import Browser
from tracker.app import App
from tracker.models.catalogue import Person
from tracker.usecases.people import make_sign_in_link, set_password

WORDS = "correct horse battery"


def _give_password(app: App, cast: Cast, name: str) -> None:
    with app.begin_as_system() as work:
        row = work.session.get(Person, getattr(cast, name).person_id)
        assert row is not None
        set_password(work, row, WORDS)


def test_a_person_signs_in_with_a_password_and_lands_where_they_wanted(
    app: App, cast: Cast, stranger: Browser
) -> None:
    _give_password(app, cast, "alice")
    page = stranger.get("/profile")
    assert "Sign in" in page.text
    page = stranger.post(
        "/sign-in?next=/profile",
        {"email": "Alice@example.org", "password": WORDS},
        page="/sign-in",
    )
    assert "Your settings" in page.text


def test_wrong_words_are_answered_the_same_whoever_is_meant(
    app: App, cast: Cast, stranger: Browser
) -> None:
    _give_password(app, cast, "alice")
    answers = {
        stranger.post(
            "/sign-in", {"email": email, "password": "no"}, status=422, page="/sign-in"
        ).text.replace(email, "")
        for email in ("alice@example.org", "nobody@example.org")
    }
    assert len(answers) == 1


def test_the_eleventh_try_in_a_minute_is_refused_even_with_the_right_words(
    app: App, cast: Cast, stranger: Browser, clock: HandClock
) -> None:
    _give_password(app, cast, "alice")
    for _ in range(10):
        stranger.post(
            "/sign-in",
            {"email": "alice@example.org", "password": "no"},
            status=422,
            page="/sign-in",
        )
    data = {"email": "alice@example.org", "password": WORDS}
    stranger.post("/sign-in", data, status=429, page="/sign-in")
    clock.forward(minutes=2)
    stranger.post("/sign-in", data, page="/sign-in")


def test_a_link_signs_in_once(app: App, cast: Cast, flask_app: Flask) -> None:
    with app.begin_as_system() as work:
        row = work.session.get(Person, cast.bob.person_id)
        assert row is not None
        secret = make_sign_in_link(work, row)
    first = Browser(flask_app, app)
    page = first.post(f"/sign-in/link/{secret}", page="/sign-in")
    assert "Set a password" in page.text
    second = Browser(flask_app, app)
    second.post(f"/sign-in/link/{secret}", page="/sign-in", status=404)


def test_a_link_is_over_after_half_an_hour(
    app: App, cast: Cast, stranger: Browser, clock: HandClock
) -> None:
    with app.begin_as_system() as work:
        row = work.session.get(Person, cast.bob.person_id)
        assert row is not None
        secret = make_sign_in_link(work, row)
    clock.forward(minutes=31)
    stranger.post(f"/sign-in/link/{secret}", page="/sign-in", status=404)


def test_a_new_password_signs_other_browsers_out(
    browser: Callable[[str], Browser],
) -> None:
    here, there = browser("alice"), browser("alice")
    here.post("/profile/password", {"password": WORDS, "again": WORDS})
    assert "Your settings" in here.get("/profile").text
    assert "Your settings" not in there.get("/profile").text


def test_a_short_password_is_explained_and_kept_out(browser: Callable[[str], Browser]) -> None:
    page = browser("alice").post(
        "/profile/password", {"password": "short", "again": "short"}, status=422
    )
    assert "12 characters" in page.text


def test_a_form_without_its_token_is_refused(flask_app: Flask, app: App, cast: Cast) -> None:
    client = Browser(flask_app, app, cast.email("alice")).client
    assert client.post("/profile", data={"name": "Mallory"}).status_code == 403


def test_the_way_back_never_leads_to_another_host(app: App, cast: Cast, stranger: Browser) -> None:
    _give_password(app, cast, "alice")
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example"):
        response = stranger.client.post(
            "/sign-in",
            query_string={"next": evil},
            data={
                "csrf_token": stranger.token("/sign-in"),
                "email": "alice@example.org",
                "password": WORDS,
            },
        )
        assert "evil" not in response.headers.get("Location", "")
