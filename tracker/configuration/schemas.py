"""The JSON Schema of each kind: editors complete and check the files with it."""

from __future__ import annotations

from typing import Any

from tracker.configuration.kinds import KINDS
from tracker.configuration.shapes import Shape

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: str, *, schemas: str = "") -> dict[str, Any]:
    """The schema of a kind's files. ``schemas``: the address below which it is served.

    Raises: KeyError for a kind there is not.
    """
    found = KINDS[kind]
    schema: dict[str, Any] = {"$schema": DIALECT}
    if schemas:
        schema["$id"] = f"{schemas.rstrip('/')}/{kind}.json"
    schema |= found.shape.model_json_schema()
    schema["title"] = found.plural.capitalize()
    schema["description"] = found.about
    return schema


def kind_rows() -> list[tuple[str, str, str]]:
    """(kind, files, about) of every kind, for the documentation."""
    return [
        (
            kind.name,
            ", ".join(
                [
                    *([f"`{kind.file}`"] if kind.file else []),
                    *(
                        [f"`{kind.folder}/*.{'md' if kind.name == 'procedure' else 'yaml'}`"]
                        if kind.folder
                        else []
                    ),
                ]
            ),
            kind.about,
        )
        for kind in KINDS.values()
    ]


def field_rows(shape: type[Shape]) -> list[tuple[str, str, str]]:
    """(field, needed or its default, about) of the one thing a shape describes."""
    return [
        (
            field.alias or name,
            "needed" if field.is_required() else _shown(field.get_default()),
            field.description or "",
        )
        for name, field in shape.model_fields.items()
    ]


def _shown(default: object) -> str:
    if isinstance(default, Shape) or default in ("", [], {}, None):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"
