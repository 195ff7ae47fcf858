"""``tracker change``: a pipeline on this machine tells of what it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tracker.cli.main import tracker


@pytest.fixture
def run(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch):  # noqa: ANN201
    """``run("change", "list")``: the command on a database of its own."""
    (tmp_path / "tracker.sqlite3").write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(tracker, words)

    return invoke


def test_a_change_is_recorded_finished_and_listed(run) -> None:  # noqa: ANN001
    told = ("--service", "web", "--key", "run-7", "--revision", "v42")
    begun = run("change", "record", *told, "--status", "started")
    assert (begun.exit_code, begun.stdout) == (0, "EVT-1\n")
    assert run("change", "record", *told, "--status", "started").stdout == "EVT-1\n"
    over = run("change", "finish", "run-7", "--status", "failed", "--json")
    assert json.loads(over.stdout)["status"] == "failed"
    listed = json.loads(run("change", "list", "--json").stdout)
    assert [(one["ref"], one["status"], one["service"]) for one in listed] == [
        ("EVT-1", "failed", "web")
    ]
    assert "Deployment: web, v42" in run("change", "list").stdout


def test_what_is_wrong_is_told_with_its_exit_code(run) -> None:  # noqa: ANN001
    assert run("change", "finish", "run-8").exit_code == 3
    assert run("change", "record").exit_code == 2
    unclear = run("change", "record", "--service", "web", "--at", "noon")
    assert unclear.exit_code == 2
    assert "with its zone" in unclear.stderr
    ahead = run("change", "record", "--service", "web", "--at", "2099-01-04T09:00:00Z")
    assert ahead.exit_code == 2
    assert "more than a day ahead" in ahead.stderr
    assert run("change", "list", "--json").stdout == "[]\n"
    run("change", "record", "--service", "web", "--key", "run-9")
    assert run("change", "finish", "run-9", "--status", "failed").exit_code == 5
