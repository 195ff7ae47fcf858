"""One commit, one state door, one clock, one reader of the environment."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKER = ROOT / "tracker"
FILES = sorted(path for path in TRACKER.rglob("*.py") if "static" not in path.parts)
LONGEST_FILE = 450


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for path in FILES:
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def _places(wanted: ast.AST, name: str) -> str:
    return f"{name}:{getattr(wanted, 'lineno', 0)}"


def test_a_state_changes_through_one_door_only() -> None:
    found = []
    for name, tree in _trees():
        for node in ast.walk(tree):
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, ast.AnnAssign | ast.AugAssign):
                targets = [node.target]
            for target in targets:
                for part in ast.walk(target):
                    if isinstance(part, ast.Attribute) and part.attr == "state":
                        found.append(_places(node, name))
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "setattr"
                and isinstance(node.args[1], ast.Constant)
                and node.args[1].value == "state"
            ):
                found.append(_places(node, name))
    assert [place.split(":")[0] for place in found] == ["tracker/db/work.py"], found


def test_there_is_one_commit() -> None:
    # schema.py commits what Alembic did on its own connection, before there is any work.
    allowed = {"tracker/db/work.py", "tracker/db/schema.py"}
    found = [
        _places(node, name)
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
        and name not in allowed
        # Committing a Work is asking the one place to do it; an index writer is no database.
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id in ("work", "writer"))
    ]
    assert found == []


def test_there_is_one_clock() -> None:
    asking = {
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("datetime", "today"),
        ("date", "today"),
        ("time", "time"),
    }
    found = [
        _places(node, name)
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in asking
    ]
    assert [place.split(":")[0] for place in found] == ["tracker/db/work.py"], found


def test_settings_alone_read_the_environment() -> None:
    found = [
        _places(node, name)
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in ("environ", "getenv")
        and name != "tracker/settings.py"
    ]
    assert found == []


def test_everything_is_caught_at_the_edges_only() -> None:
    # A damaged index raises anything inside Whoosh; search answers with an empty page then.
    edges = (
        "tracker/outbox/",
        "tracker/search/whoosh_",
        "tracker/web/site.py",
        "tracker/api/gate.py",
        "tracker/slack/",
        "tracker/cli/",
    )
    found = [
        _places(node, name)
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
        and not name.startswith(edges)
    ]
    assert found == []


def test_requests_and_forms_stay_in_the_faces() -> None:
    faces = ("tracker/web/", "tracker/api/", "tracker/slack/", "tracker/wsgi.py", "tracker/cli/")
    frameworks = {"flask", "wtforms", "flask_wtf", "click", "werkzeug", "flask_openapi", "waitress"}
    found = []
    for name, tree in _trees():
        if name.startswith(faces):
            continue
        for node in ast.walk(tree):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
            found += [f"{name}: {one}" for one in modules if one.split(".")[0] in frameworks]
    assert found == []


def test_the_domain_knows_no_framework() -> None:
    allowed_third_party = {"merge3", "tracker"}
    found = []
    for path in sorted((TRACKER / "domain").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                found.append(node.module.split(".")[0])
            elif isinstance(node, ast.Import):
                found += [alias.name.split(".")[0] for alias in node.names]
    outside = {one for one in found if one not in sys.stdlib_module_names}
    assert outside <= allowed_third_party


@pytest.mark.parametrize("room", sorted(path.parent.name for path in TRACKER.glob("*/__init__.py")))
def test_each_room_states_its_law(room: str) -> None:
    docstring = ast.get_docstring(ast.parse((TRACKER / room / "__init__.py").read_text())) or ""
    for line in ("Lives here", "Never here", "May import", "Start reading"):
        assert line in docstring, f"tracker/{room}/__init__.py does not say: {line}"


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in FILES
        if (count := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_there_is_no_room_for_leftovers() -> None:
    forbidden = {"utils", "helpers", "common", "base", "misc", "core", "manager", "util", "helper"}
    found = [path for path in FILES if {path.stem, path.parent.name} & forbidden]
    assert found == []
