"""``tracker import`` reads files, goes on after a broken record, and says what it recognised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import select

from tests.exchange.conftest import shell_of
from tracker.app import App
from tracker.models.incident import Incident
from tracker.models.review import ImportedSource

BODY = """# Search was empty

## Summary
The index was empty for ten minutes.

## Timeline
- 2024-05-01 10:00 UTC Index swapped
- 2024-05-01 10:10 UTC Index swapped back

## Action items
- [x] Check the count before swapping
"""


def _record(source_id: str, **more: object) -> str:
    return json.dumps(
        {"id": source_id, "title": f"About {source_id}", "body_markdown": BODY, **more}
    )


def test_a_broken_line_is_named_and_the_rest_is_imported(sqlite_app: App, tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_text("\n".join([_record("a"), '{"id": "b", "title"', "", _record("c")]))
    result = shell_of(sqlite_app).run("import", "postmortems", path)
    assert result.exit_code == 0, result.output
    assert f"{path}:2" in result.stderr
    assert "imported" in result.stdout
    with sqlite_app.look_as_system() as look:
        assert set(look.session.exec(select(ImportedSource.source_id))) == {"a", "c"}


def test_when_everything_is_broken_the_exit_code_says_so(sqlite_app: App, tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_bytes(b'{"id": "\xff\n[1, 2]\n')
    result = shell_of(sqlite_app).run("import", "postmortems", path)
    assert result.exit_code == 1
    assert f"{path}:1" in result.stderr
    assert f"{path}:2" in result.stderr


def test_json_has_the_same_figures_and_nothing_else(sqlite_app: App, tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_text("\n".join([_record("a"), "no json"]))
    told = json.loads(shell_of(sqlite_app).run("import", "--json", "postmortems", path).stdout)
    assert told["imported"] == 1
    assert told["recognised"]["entries"] == 2
    assert told["recognised"]["actions"] == 1
    assert told["broken"][0]["where"] == f"{path}:2"
    again = json.loads(shell_of(sqlite_app).run("import", "--json", "postmortems", path).stdout)
    assert (again["imported"], again["unchanged"]) == (0, 1)


def test_a_folder_of_markdown_is_imported_by_relative_path(sqlite_app: App, tmp_path: Path) -> None:
    (tmp_path / "2024").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "notes.md").write_text("# Not ours")
    (tmp_path / "2024" / "search.md").write_text(f"---\nseverity: P1\ntags: [search]\n---\n{BODY}")
    (tmp_path / "plain.md").write_text(BODY)
    (tmp_path / "broken.md").write_text("---\ntitle: [\n---\n# x")
    shell = shell_of(sqlite_app)
    result = shell.run("import", "markdown", tmp_path)
    assert result.exit_code == 0, result.output
    assert "broken.md" in result.stderr
    with sqlite_app.look_as_system() as look:
        assert set(look.session.exec(select(ImportedSource.source_id))) == {
            "2024/search.md",
            "plain.md",
        }
        assert "SEV1" in set(look.session.exec(select(Incident.severity)))
    again = json.loads(shell.run("import", "--json", "markdown", tmp_path).stdout)
    assert again["unchanged"] == 2


@pytest.mark.parametrize("name", ["statuspage", "csv"])
def test_formats_that_come_later_say_so(name: str, sqlite_app: App, tmp_path: Path) -> None:
    result = shell_of(sqlite_app).run("import", name, tmp_path)
    assert result.exit_code == 2
    assert "not there yet" in result.stderr


def test_a_path_that_is_not_there_is_named(sqlite_app: App, tmp_path: Path) -> None:
    result = shell_of(sqlite_app).run("import", "postmortems", tmp_path / "nowhere.jsonl")
    assert result.exit_code == 2
    assert "nowhere.jsonl" in result.stderr
