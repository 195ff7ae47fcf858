"""What pydantic found, in the words of somebody who wants to mend the file."""

from __future__ import annotations

import difflib
import types
from collections.abc import Collection, Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from tracker.configuration.lined_yaml import Lined, Path

SHOWN = 60
KEY_WORDS = "small letters, digits and dashes, beginning with a letter or digit, at most 60"
_PATTERNS = {
    "^[a-z0-9][a-z0-9-]{0,59}$": f"is no key: {KEY_WORDS}",
    "^([a-z0-9][a-z0-9-]{0,59})?$": f"is no key: {KEY_WORDS}",
    "^[A-Za-z0-9][A-Za-z0-9_-]{0,19}$": "is no key: letters, digits, - and _, at most 20",
    "^([A-Za-z0-9][A-Za-z0-9_-]{0,19})?$": "is no key: letters, digits, - and _, at most 20",
    "^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$": "is no key: letters, digits, - and _, at most 60",
    r"^(https?://\S+)?$": "is no address: it must begin with https:// or http://",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "is no day: write it like 2027-01-31",
    r"^#?[^\s#,]{1,80}$": "is no channel: write one name like #incidents",
}
_TYPES = {
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list: each line begins with a dash",
    "dict_type": "must be named values, one a line",
    "model_type": "must be named values, one a line",
    "model_attributes_type": "must be named values, one a line",
}


def told(error: ValidationError, shape: type[BaseModel], lined: Lined) -> Iterator[tuple[int, str]]:
    """(line, sentence) for everything that does not fit, each place once."""
    seen: set[tuple[int, str]] = set()
    for one in error.errors(include_url=False):
        path: Path = tuple(part for part in one["loc"])
        line = lined.line_of(path[:-1] if one["type"] == "missing" else path)
        name = _name(path)
        if (line, name) not in seen:
            seen.add((line, name))
            yield line, _sentence(dict(one), name, path, shape)


def nearest(word: str, known: Collection[str]) -> str:
    """As “; did you mean “team”?”, or nothing where none is near."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean “{close[0]}”?" if close else ""


def shown(value: object) -> str:
    """A value as a sentence shows it, never long."""
    text = str(value).replace("\n", " ")
    return f"“{text[: SHOWN - 1]}…”" if len(text) > SHOWN else f"“{text}”"


def _sentence(one: dict[str, Any], name: str, path: Path, shape: type[BaseModel]) -> str:
    kind, value, more = one["type"], one.get("input"), one.get("ctx", {})
    if kind == "extra_forbidden":
        fields = _fields_at(shape, path[:-1])
        hint = nearest(str(path[-1]), fields)
        return f"“{path[-1]}” is not known here{hint or _possible(fields)}"
    if kind == "missing":
        return f"“{path[-1]}” is needed here"
    if value is None:
        return f"{name} has no value: write one, or leave the line out"
    if kind in _TYPES:
        quoted = "; put it in quotes" if kind == "string_type" and _is_scalar(value) else ""
        return f"{name} {_TYPES[kind]}{quoted}"
    if kind == "literal_error":
        known = [part.strip("'") for part in more["expected"].replace(" or ", ", ").split(", ")]
        hint = nearest(value, known) if isinstance(value, str) else ""
        return f"{name} is {shown(value)} and must be one of: {', '.join(known)}{hint}"
    if kind == "string_pattern_mismatch":
        return f"{shown(value)} {_PATTERNS.get(more['pattern'], 'does not fit here')}"
    if kind in ("string_too_long", "too_long"):
        return f"{name} is too long: at most {more['max_length']:,}"
    if kind in ("string_too_short", "too_short"):
        return f"{name} is empty: at least one is needed"
    if kind == "greater_than_equal":
        return f"{name} is {shown(value)} and must be at least {more['ge']}"
    if kind == "less_than_equal":
        return f"{name} is {shown(value)} and must be at most {more['le']:,}"
    if kind == "value_error":
        return f"{name} {more['error']}"
    return f"{name}: {one['msg']}"


def _is_scalar(value: object) -> bool:
    return isinstance(value, bool | int | float)


def _name(path: Path) -> str:
    """The field as a sentence begins: the last name on the way."""
    names = [part for part in path if isinstance(part, str)]
    if not names:
        return "This"
    return f"“{names[-1]}”" if isinstance(path[-1], str) else f"An entry of “{names[-1]}”"


def _possible(fields: Collection[str]) -> str:
    return f"; possible are: {', '.join(fields)}" if fields else ""


def _fields_at(shape: Any, path: Path) -> list[str]:  # noqa: ANN401 - any annotation
    """The names that may stand at a place of a shape."""
    at: Any = shape
    for part in path:
        at = _bare(at)
        if isinstance(at, type) and issubclass(at, BaseModel):
            fields = {one.alias or name: one for name, one in at.model_fields.items()}
            field = fields.get(str(part))
            at = field.annotation if field else None
        else:
            inner = get_args(at)
            at = inner[-1] if inner else None
    at = _bare(at)
    if not (isinstance(at, type) and issubclass(at, BaseModel)):
        return []
    return [one.alias or name for name, one in at.model_fields.items()]


def _bare(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    """The annotation without Annotated and without None."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, types.UnionType):
            annotation = next(one for one in get_args(annotation) if one is not type(None))
        else:
            return annotation
