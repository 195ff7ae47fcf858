"""What a request brings: path, query, body and headers, read strictly and explained in words."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from tracker.domain.errors import Gap, NotFound, NotValid
from tracker.usecases.retries import Attempt

Model = TypeVar("Model", bound=BaseModel)
_VERSION = re.compile(r'^(?:W/)?"(\d{1,9})(?:\.[0-9a-f]{1,64})?"$')
_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
# So many wrong fields are named in one answer; more would be a list nobody reads.
NAMED_AT_MOST = 50


def path_as(model: type[Model], parts: Mapping[str, Any]) -> Model:
    """The parts of the path. Raises: NotFound for what cannot be a reference."""
    try:
        return model.model_validate(parts)
    except ValidationError as error:
        raise NotFound("That address") from error


def query_as(model: type[Model]) -> Model:
    """The query string; a list takes a repeated parameter. Raises: NotValid."""
    lists = _list_fields(model)
    values = {
        name: found if name in lists else found[0]
        for name, found in request.args.lists()
        if name in lists or len(found) == 1
    }
    twice = [
        Gap(name, "Give this parameter once")
        for name, found in request.args.lists()
        if name not in lists and len(found) > 1
    ]
    if twice:
        raise NotValid(*twice)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise NotValid(*_gaps(error.errors(include_url=False, include_input=False))) from error


def body_as(model: type[Model]) -> Model:
    """The JSON body.

    Raises: UnsupportedMediaType, BadRequest when it is not JSON, NotValid naming each field.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON, with Content-Type: application/json")
    raw = request.get_data()
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        if found[0]["type"] != "json_invalid":
            raise NotValid(*_gaps(found)) from error
        halves = _half_characters(raw)
        if halves:
            raise NotValid(*halves) from error
        told = str(found[0].get("ctx", {}).get("error", ""))
        raise BadRequest(f"The body is not JSON: {told}") from error


def expected_version() -> int | None:
    """The version that ``If-Match`` asks for, or ``None``. Raises: NotValid."""
    given = request.headers.get("If-Match", "").strip()
    if given in ("", "*"):
        return None
    match = _VERSION.match(given)
    if match is None:
        raise NotValid(Gap("If-Match", 'Send the ETag of the record as it came, like W/"3"'))
    return int(match.group(1))


def refuse_guard() -> None:
    """Raises: NotValid for ``If-Match`` where there is no version that it could guard."""
    if "If-Match" in request.headers:
        raise NotValid(Gap("If-Match", "There is no version to guard here; leave it out"))


def attempt_of(owner: str) -> Attempt | None:
    """The retry key of this request, or ``None``. Raises: NotValid."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.match(key):
        raise NotValid(Gap("Idempotency-Key", "Use 1 to 200 visible ASCII characters"))
    asked = b"\n".join([request.method.encode(), request.path.encode(), request.get_data()])
    return Attempt(owner=owner, key=key, fingerprint=hashlib.sha256(asked).hexdigest())


@cache
def _list_fields(model: type[BaseModel]) -> frozenset[str]:
    properties = model.model_json_schema().get("properties", {})
    return frozenset(name for name, schema in properties.items() if schema.get("type") == "array")


def _gaps(found: Iterable[ErrorDetails]) -> list[Gap]:
    gaps = [
        Gap(".".join(str(part) for part in one["loc"]) or "body", _sentence(one)) for one in found
    ]
    return gaps[:NAMED_AT_MOST]


def _sentence(error: ErrorDetails) -> str:
    named = {
        "missing": "This field is needed",
        "extra_forbidden": "There is no such field here",
        "timezone_aware": "Give the time with its zone, like 2027-01-04T09:00:00Z",
        "string_unicode": "This contains half a character; please type it again",
    }
    if error["type"] == "string_pattern_mismatch" and "x00" in str(error.get("ctx", {})):
        return "This contains a NUL character; please remove it"
    return named.get(error["type"]) or error["msg"].removeprefix("Value error, ")


def _half_characters(raw: bytes) -> list[Gap]:
    """A gap for each field with half a surrogate pair, which the strict parser only stumbles on."""
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        return []
    gaps: list[Gap] = []
    waiting: list[tuple[str, object]] = [("", content)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, str) and _HALF_CHARACTER.search(value):
            gaps.append(Gap(name or "body", "This contains half a character; please type it again"))
        elif isinstance(value, list):
            waiting += [(f"{name}.{place}".strip("."), one) for place, one in enumerate(value)]
        elif isinstance(value, dict):
            inner = cast(dict[str, object], value)
            if any(_HALF_CHARACTER.search(key) for key in inner):
                gaps.append(Gap(name or "body", "A name here contains half a character"))
            waiting += [(f"{name}.{key}".strip("."), one) for key, one in inner.items()]
    return [gap for gap in gaps if not _HALF_CHARACTER.search(gap.field)][:NAMED_AT_MOST]
