"""Who is asking, and the unit of work their request runs in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from tracker.app import App
from tracker.db.access import person_and_actor
from tracker.db.work import Look, Work
from tracker.domain.people import SYSTEM, Actor
from tracker.models.catalogue import Person

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def tracker() -> App:
    """The App behind this Flask application."""
    return cast(App, current_app.extensions["tracker"])


def actor() -> Actor:
    """The signed-in actor. Raises: LookupError outside a route of signed-in people."""
    found = current_actor()
    if found is None:
        raise LookupError("this route needs somebody signed in: use @signed_in")
    return found


def current_actor() -> Actor | None:
    """The signed-in actor, or ``None``. Asked once per request."""
    _identify()
    return cast(Actor | None, g.actor)


def current_person() -> Person | None:
    """The signed-in person, or ``None``."""
    _identify()
    return cast(Person | None, g.person)


def look() -> AbstractContextManager[Look]:
    """Reading as the signed-in actor."""
    return tracker().look(actor())


def begin() -> AbstractContextManager[Work]:
    """A unit of work as the signed-in actor, committed at the end of the block."""
    return tracker().begin(actor())


def signed_in(route: Callable[Given, Answer]) -> Callable[Given, Answer | Response]:
    """Routes for people who are signed in; others are sent to sign in and come back."""

    @wraps(route)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Answer | Response:
        if current_actor() is None:
            if request.headers.get("HX-Request") or request.accept_mimetypes.best == (
                "application/json"
            ):
                return Response("Sign in again to go on.", 401)
            back = request.full_path.rstrip("?") if request.method == "GET" else None
            return redirect(url_for("login.sign_in", next=back))
        return route(*args, **kwargs)

    return guarded


def remember(person: Person) -> None:
    """The browser session belongs to this person from now on."""
    session.clear()
    session["person"] = person.key
    session["epoch"] = person.session_epoch
    session.permanent = True


def forget() -> None:
    """Nobody is signed in in this browser any more."""
    session.clear()


def _identify() -> None:
    if "actor" in g:
        return
    g.actor = g.person = None
    person_id = session.get("person")
    if not isinstance(person_id, int):
        return
    with tracker().look(SYSTEM) as system_look:
        found = person_and_actor(system_look.session, person_id)
    if found is None:
        return
    person, actor_found = found
    if person.active and person.session_epoch == session.get("epoch"):
        g.person, g.actor = person, actor_found
