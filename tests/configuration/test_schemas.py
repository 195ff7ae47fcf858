"""The published schemas say of our own files what the loader says of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.configuration.folders import small
from tracker.assets import folder
from tracker.configuration.kinds import KINDS, kind_of_path
from tracker.configuration.lined_yaml import read_yaml
from tracker.configuration.schemas import schema_of

WRONG = yaml.safe_load((Path(__file__).parent / "wrong.yaml").read_text())["wrong"]
# What a schema cannot say: how a text is meant, and what two values say together.
BEYOND_A_SCHEMA = (
    "blank name",
    "needs itself",
    "no zone",
    "backwards",
    "never",
    "no front matter",
    "no end of it",
    "name of a file",
    "name of a folder",
    "wrong ending",
    "empty file",
    "tab",
)


def validator(kind: str) -> Any:
    return jsonschema_rs.Draft202012Validator(schema_of(kind))


def own_files() -> Iterator[tuple[str, str]]:
    seed = folder("seed")
    for place in (seed, seed / "demo/policy"):
        for path in sorted(place.rglob("*.yaml")):
            name = path.relative_to(place).as_posix()
            if kind_of_path(name) is not None:
                yield name, path.read_text()
    yield from ((name, text) for name, text in small().items() if name.endswith(".yaml"))


def test_the_schemas_are_schemas() -> None:
    for kind in KINDS:
        jsonschema_rs.meta.validate(schema_of(kind))


@pytest.mark.parametrize(("name", "text"), list(own_files()), ids=lambda one: one[:40])
def test_our_own_files_fit_their_schema(name: str, text: str) -> None:
    kind = kind_of_path(name)
    assert kind is not None
    errors = list(validator(kind.name).iter_errors(read_yaml(text).value))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize(
    "case",
    [one for one in WRONG if one["name"] not in BEYOND_A_SCHEMA],
    ids=lambda one: one["name"],
)
def test_an_editor_sees_what_the_loader_refuses(case: dict[str, str]) -> None:
    kind = kind_of_path(case["file"])
    assert kind is not None
    assert not validator(kind.name).is_valid(read_yaml(case["text"]).value)


def test_a_schema_names_where_it_is_served() -> None:
    schema = schema_of("team", schemas="https://tracker.example.org/schemas/")
    assert schema["$id"] == "https://tracker.example.org/schemas/team.json"
