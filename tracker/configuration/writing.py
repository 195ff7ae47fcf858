"""The files of a configuration: what is here, written so that applying it gives the same again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from tracker.configuration.kinds import KINDS, Fields, Kind, place_of
from tracker.configuration.planning import State
from tracker.configuration.shapes import Shape

WIDTH = 100


def written_files(state: State, *, schemas: str) -> dict[str, str]:
    """Name and text of every file. A thing that came from a file is written to it again.

    ``schemas`` is the address below which editors find the schema of each kind.
    """
    files: dict[str, dict[str, list[tuple[str, Fields]]]] = {}
    for (kind, key), here in state.items():
        place = here.file or place_of(KINDS[kind], key)
        files.setdefault(place, {}).setdefault(kind, []).append((key, here.fields))
    return {
        place: _text(KINDS[kind], things, schemas)
        for place, kinds in sorted(files.items())
        for kind, things in kinds.items()
    }


def _text(kind: Kind, things: list[tuple[str, Fields]], schemas: str) -> str:
    opening = f"# yaml-language-server: $schema={schemas.rstrip('/')}/{kind.name}.json\n"
    if kind.name == "procedure":
        key, fields = things[0]
        # Its person is chosen in the pages: an address would not be known everywhere.
        hidden = ("text", "in_use", "owner")
        front = {name: value for name, value in fields.items() if name not in hidden}
        head = _yaml(_lean(kind.shape, {"title": front.pop("title"), "slug": key, **front}))
        return f"---\n{opening}{head}---\n\n{fields['text']}\n"
    if kind.name == "factor":
        return opening + _yaml({"groups": _groups(things)})
    if kind.name in ("policy", "review_template"):
        key, fields = things[0]
        named = {} if kind.name == "policy" else {"key": key}
        return opening + _yaml(_lean(kind.shape, {**named, **fields}))
    name, many = next(iter(kind.shape.model_fields.items()))
    shape = many.annotation.__args__[0]  # type: ignore[union-attr]
    keyed = "key" in shape.model_fields
    rows = [
        _lean(shape, {"key": key, **fields} if keyed else fields)
        for key, fields in sorted(things, key=lambda thing: thing[0])
    ]
    return opening + _yaml({name: rows})


def _groups(things: Iterable[tuple[str, Fields]]) -> list[dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    for key, fields in things:
        group = groups.setdefault(
            fields["group"], {"key": fields["group"], "name": fields["group_name"], "terms": []}
        )
        term = {"key": key, "name": fields["name"], "meaning": fields["meaning"]}
        if fields["examples"]:
            term["examples"] = fields["examples"]
        group["terms"].append(term)
    return list(groups.values())


def _lean(shape: type[Shape], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in the order of their definition, without what stands for itself.

    What does not fit its own shape - content of an older version - is written as it is.
    """
    try:
        whole = shape.model_validate(dict(fields))
    except ValueError:
        return dict(fields)
    return whole.model_dump(by_alias=True, exclude_defaults=True)


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their name, and long texts are blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's own signature
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - PyYAML's own signature
        return True


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _block)


def _yaml(value: Mapping[str, Any]) -> str:
    return yaml.dump(
        dict(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, indent=2
    )
