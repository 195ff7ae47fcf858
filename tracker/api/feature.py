"""A feature's routes: each is documented, given its validated parts, and answered in one shape."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint
from pydantic import BaseModel

from tracker.api import gate
from tracker.api.given import attempt_of, body_as, path_as, query_as, refuse_guard
from tracker.api.shapes import IfMatch, IfNoneMatch, Problem, RetryKey
from tracker.domain.errors import Conflict, DomainError
from tracker.usecases.retries import earlier_answer, keep_answer

Route = TypeVar("Route", bound=Callable[..., BaseModel])
Parts = dict[str, type[BaseModel]]
NOT_CREATED = (401, 403, 404, 422)
NOT_WRITTEN = (400, 401, 403, 404, 409, 413, 415, 422)


class Feature(APIBlueprint):
    """The routes of one feature below ``/api/v1``.

    A route is a function of a Look or Work and, by name, ``path``, ``query`` and ``body``: its
    annotations say what is read from the request, its docstring is its documentation.
    """

    def __init__(self, name: str, about: str) -> None:
        super().__init__(
            f"api_{name}",
            __name__,
            url_prefix="/api/v1",
            abp_tags=[{"name": name, "description": about}],
            abp_security=[{"bearer": []}],
        )
        self.before_request(gate.identify)
        self.register_error_handler(DomainError, gate.answer_domain_error)

    def reads(self, rule: str, answer: type[BaseModel]) -> Callable[[Route], Route]:
        """GET. An answer with a ``version`` carries an ETag; ``If-None-Match`` may give 304."""

        def decorate(route: Route) -> Route:
            parts = _parts(route)

            def view(**in_path: Any) -> Response:  # noqa: ANN401 - as Flask hands them over
                given = _given(parts, in_path)
                with gate.look() as look:
                    body = route(look, **given)
                return _answer(body, 200)

            versioned = "version" in answer.model_fields
            self._add(
                "get",
                rule,
                route,
                view,
                parts={**parts, **({"header": IfNoneMatch} if versioned else {})},
                responses={200: answer, **({304: None} if versioned else {})},
                refusals=NOT_CREATED,
            )
            return route

        return decorate

    def asks(self, rule: str, answer: type[BaseModel]) -> Callable[[Route], Route]:
        """POST that changes nothing: a question whose words are too long for an address."""

        def decorate(route: Route) -> Route:
            parts = _parts(route)

            def view(**in_path: Any) -> Response:  # noqa: ANN401 - as Flask hands them over
                given = _given(parts, in_path)
                with gate.look() as look:
                    body = route(look, **given)
                return _answer(body, 200)

            self._add(
                "post",
                rule,
                route,
                view,
                parts=parts,
                responses={200: answer},
                refusals=(400, 401, 403, 404, 413, 415, 422),
            )
            return route

        return decorate

    def creates(
        self, rule: str, answer: type[BaseModel], *, secret: str = ""
    ) -> Callable[[Route], Route]:
        """POST, answered 201. A repeated ``Idempotency-Key`` gets the first answer again.

        ``secret`` names a field of the answer that is shown once and never kept for a retry.
        """

        def decorate(route: Route) -> Route:
            parts = _parts(route)

            def view(**in_path: Any) -> Response:  # noqa: ANN401 - as Flask hands them over
                given = _given(parts, in_path)
                return _create(route, given, secret=secret)

            self._add(
                "post",
                rule,
                route,
                view,
                parts={**parts, "header": RetryKey},
                responses={201: answer},
                refusals=NOT_WRITTEN,
            )
            return route

        return decorate

    def changes(
        self, rule: str, answer: type[BaseModel], *, method: str = "patch", guarded: bool = True
    ) -> Callable[[Route], Route]:
        """PATCH, PUT, POST or DELETE on something there is.

        ``If-Match`` guards its version; where there is no version, the header is refused instead
        of giving a false sense of safety.
        """

        def decorate(route: Route) -> Route:
            parts = _parts(route)

            def view(**in_path: Any) -> Response:  # noqa: ANN401 - as Flask hands them over
                if not guarded:
                    refuse_guard()
                given = _given(parts, in_path)
                with gate.begin() as work:
                    body = route(work, **given)
                return _answer(body, 200)

            self._add(
                method,
                rule,
                route,
                view,
                parts={**parts, **({"header": IfMatch} if guarded else {})},
                responses={200: answer},
                refusals=NOT_WRITTEN,
            )
            return route

        return decorate

    def _add(
        self,
        method: str,
        rule: str,
        route: Callable[..., BaseModel],
        view: Callable[..., Response],
        *,
        parts: Parts,
        responses: dict[int, type[BaseModel] | None],
        refusals: tuple[int, ...],
    ) -> None:
        view.__name__ = view.__qualname__ = route.__name__
        view.__doc__ = route.__doc__
        view.__annotations__ = dict(parts)
        # The library documents the request and leaves reading it to given.py: it would read
        # bodies leniently, and ask each model for its schema at every request.
        setattr(view, "__delay_validate_request__", True)  # noqa: B010 - the library's own mark
        add = getattr(self, method)
        add(
            rule,
            operation_id=f"{self.name.removeprefix('api_')}_{route.__name__}",
            responses={**responses, **dict.fromkeys(refusals, Problem)},
        )(view)


def _parts(route: Callable[..., BaseModel]) -> Parts:
    hints = get_type_hints(route)
    return {name: hints[name] for name in ("path", "query", "body") if name in hints}


def _given(parts: Parts, in_path: dict[str, Any]) -> dict[str, BaseModel]:
    given: dict[str, BaseModel] = {}
    if "path" in parts:
        given["path"] = path_as(parts["path"], in_path)
    asked = query_as(parts.get("query", NoQuery))
    if "query" in parts:
        given["query"] = asked
    if "body" in parts:
        given["body"] = body_as(parts["body"])
    return given


class NoQuery(BaseModel, extra="forbid"):
    """For routes without parameters: an unknown one is told, never ignored."""


def _create(
    route: Callable[..., BaseModel], given: dict[str, BaseModel], *, secret: str
) -> Response:
    attempt = attempt_of(f"token:{gate.token().key}")
    if attempt is None:
        with gate.begin() as work:
            body = route(work, **given)
        return _answer(body, 201)
    try:
        with gate.begin() as work:
            earlier = earlier_answer(work, attempt)
            if earlier is not None:
                return gate.json_answer(earlier.body, earlier.status)
            body = route(work, **given)
            kept = body.model_dump(mode="json")
            if secret:
                kept[secret] = ""
            keep_answer(work, attempt, status=201, body=kept)
    except Conflict:
        # The same attempt may have come twice at once, and the other one was first.
        with gate.tracker().look(gate.actor()) as again:
            earlier = earlier_answer(again, attempt)
        if earlier is None:
            raise
        return gate.json_answer(earlier.body, earlier.status)
    return _answer(body, 201)


def _answer(body: BaseModel, status: int) -> Response:
    text = body.model_dump_json()
    answer = Response(text, status, mimetype="application/json")
    version = getattr(body, "version", None)
    if version is None:
        return answer
    # The digest tells apart answers whose record is the same but whose surroundings are not:
    # a name, an answer to a question, a linked record.
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    answer.set_etag(f"{version}.{digest}", weak=True)
    if request.method == "GET":
        answer.make_conditional(request)
    return answer
