"""Who is asking: the bearer token, the actor it stands for, the unit of work it runs in."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, cast

from flask import Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from tracker.app import App
from tracker.db.work import Look, Work
from tracker.domain.errors import Conflict, DomainError, NotPermitted, problem, problem_of
from tracker.domain.people import SYSTEM, Actor
from tracker.models.catalogue import ApiToken
from tracker.usecases.people import TOUCH_EVERY, actor_of_token, touch_token

log = logging.getLogger(__name__)

REALM = 'Bearer realm="tracker"'


def tracker() -> App:
    """The App behind this Flask application."""
    return cast(App, current_app.extensions["tracker"])


def actor() -> Actor:
    """The actor of the token; there is one on every route, because ``identify`` ran before."""
    return cast(Actor, g.api_actor)


def token() -> ApiToken:
    """The token of this request."""
    return cast(ApiToken, g.api_token)


def look() -> AbstractContextManager[Look]:
    """Reading as the actor. Raises: NotPermitted without the scope ``read``."""
    if "read" not in actor().scopes:
        raise NotPermitted(
            "This token does not have the scope: read",
            hint="Ask an admin for a token that may read.",
        )
    return tracker().look(actor())


def begin() -> AbstractContextManager[Work]:
    """A unit of work as the actor, committed at the end of the block."""
    return tracker().begin(actor())


def identify() -> Response | None:
    """Runs before every route: the actor is known, or the answer is 401. Cookies do not count."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return _refuse("This needs a token: send it as Authorization: Bearer trk_…")
    with tracker().look(SYSTEM) as system_look:
        found = actor_of_token(system_look, secret.strip())
        now = system_look.now
    if found is None:
        return _refuse("This token opens nothing: it is unknown, revoked or out of date.")
    g.api_actor, g.api_token = found
    used = found[1].last_used_at
    if used is None or now - used > TOUCH_EVERY:
        try:
            with tracker().begin(SYSTEM) as work:
                touch_token(work, found[1].key)
        except SQLAlchemyError:
            # A database that takes no writing can still be read; a verb that writes will say so.
            log.warning("token_use_not_noted", extra={"token": found[1].key})
    return None


def answer_domain_error(error: DomainError) -> Response:
    """A domain error in the one shape, and the version that stands now as the ETag."""
    body = problem_of(error)
    answer = json_answer(body, body["status"])
    if isinstance(error, Conflict) and error.current is not None:
        answer.headers["ETag"] = f'W/"{error.current}"'
    return answer


def json_answer(body: Mapping[str, Any], status: int) -> Response:
    """Plain data as JSON."""
    return Response(json.dumps(body), status, mimetype="application/json")


def _refuse(sentence: str) -> Response:
    hint = "An admin makes tokens, on the administration page or with tracker token create."
    answer = json_answer(problem(401, "unauthorized", sentence, hint=hint), 401)
    answer.headers["WWW-Authenticate"] = REALM
    return answer
