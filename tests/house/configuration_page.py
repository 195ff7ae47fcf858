"""docs/operate/configuration-files.md, from the shapes that the files are read with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

from tracker.configuration.kinds import KINDS
from tracker.configuration.schemas import field_rows, kind_rows
from tracker.configuration.shapes import Shape

OPENING = (
    "What may stand in the files of a [configuration](operations-as-code.md). Editors check and "
    "complete it with the JSON Schema of each kind, served at `/schemas/<kind>.json` and printed "
    "by `tracker config schema KIND`."
)


def configuration_lines() -> list[str]:
    """A table of the kinds, then each kind with every field of it."""
    lines = ["| kind | files | what it holds |", "| --- | --- | --- |"]
    lines += [f"| `{kind}` | {files} | {about} |" for kind, files, about in kind_rows()]
    for kind in KINDS.values():
        lines += ["", f"## {kind.plural.capitalize()}"]
        for path, shape in _shapes(kind.shape):
            title = f"`{path}`" if path else "The whole file"
            if kind.name == "procedure":
                title = "The front matter"
            lines += ["", f"{title}:", "", "| field | default | meaning |", "| --- | --- | --- |"]
            lines += [
                f"| `{name}` | {default} | {about} |" for name, default, about in field_rows(shape)
            ]
    return lines


def _shapes(shape: type[Shape], path: str = "") -> Iterator[tuple[str, type[Shape]]]:
    """A shape and all that stand in it, by where they stand."""
    yield path, shape
    for name, field in shape.model_fields.items():
        inner, within = _inner(field.annotation)
        if inner is not None:
            place = f"{path}.{field.alias or name}" if path else field.alias or name
            yield from _shapes(inner, place + within)


def _inner(annotation: Any) -> tuple[type[Shape] | None, str]:
    """The shape inside an annotation, and how it stands there: as it is, in a list, by name."""
    if get_origin(annotation) is Annotated:
        return _inner(get_args(annotation)[0])
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return annotation, ""
    if get_origin(annotation) in (list, dict):
        inner, within = _inner(get_args(annotation)[-1])
        return inner, ("[]" if get_origin(annotation) is list else ".*") + within
    return None, ""
