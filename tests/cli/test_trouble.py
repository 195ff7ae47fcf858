"""What the command line says when the machine is what is wrong: a sentence, never a traceback."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tracker.cli.main import tracker

NOBODY_LISTENS = "postgresql://tracker:secret@127.0.0.1:1/tracker"


def typed(data_dir: Path, *words: str, **settings: str) -> Result:
    """The command, which must end in order."""
    result = CliRunner().invoke(tracker, words, env={"TRACKER_DATA_DIR": str(data_dir), **settings})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A data folder with the schema and without a policy."""
    assert typed(tmp_path / "data", "migrate").exit_code == 0
    return tmp_path / "data"


def wrong(place: Path, **settings: str) -> dict[str, str]:
    """What doctor finds wrong."""
    result = typed(place, "doctor", "--json", **settings)
    assert result.exit_code == 1
    return {one["name"]: one["text"] for one in json.loads(result.stdout) if not one["ok"]}


@pytest.mark.parametrize("words", [("declare", "Slow"), ("demo",)])
def test_without_a_policy_seed_is_named(place: Path, words: tuple[str, ...]) -> None:
    result = typed(place, *words)
    assert result.exit_code != 0
    assert "run: tracker seed" in result.stderr
    assert "run: tracker seed" in wrong(place)["policy"]


@pytest.mark.parametrize("words", [("migrate",), ("seed",), ("search", "dns"), ("worker",)])
def test_a_database_of_a_newer_version_is_left_alone(place: Path, words: tuple[str, ...]) -> None:
    with sqlite3.connect(place / "tracker.sqlite3") as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    result = typed(place, *words)
    assert result.exit_code == 1
    assert "newer" in result.stderr
    assert "newer" in wrong(place)["schema"]


def test_doctor_makes_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    assert "run: tracker seed" in wrong(tmp_path / "data")["data_dir"]
    assert not (tmp_path / "data").exists()


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    result = typed(tmp_path / "data", "seed")
    assert result.exit_code == 1
    assert str(tmp_path / "data") in result.stderr


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "tracker.sqlite3").write_bytes(b"not a database at all" * 100)
    assert "not a database" in typed(tmp_path, "search", "dns").stderr
    assert "not a database" in wrong(tmp_path)["database"]


def test_a_server_that_is_away_is_told_without_its_password(place: Path) -> None:
    result = typed(place, "search", "dns", TRACKER_DATABASE_URL=NOBODY_LISTENS)
    assert result.exit_code == 1
    told = wrong(place, TRACKER_DATABASE_URL=NOBODY_LISTENS)["database"]
    for text in (result.stderr, told):
        assert "127.0.0.1" in text
        assert "secret" not in text


def test_a_revision_nobody_knows_is_told(place: Path) -> None:
    assert "4711" in typed(place, "migrate", "--to", "4711").stderr


def test_the_data_folder_is_for_its_owner_only(place: Path) -> None:
    assert place.stat().st_mode & 0o077 == 0


def test_a_word_nobody_knows_is_told_with_the_option_it_was_for(place: Path) -> None:
    typed(place, "seed")
    told = typed(place, "declare", "Slow", "--severity", "SEV3", "--service", "nope").stderr
    assert told == "tracker: “nope” is not known here (services)\n"
