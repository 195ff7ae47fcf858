"""tracker config, as people and pipelines type it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.configuration.folders import SERVICES, small, write
from tracker.cli.main import tracker


class Shell:
    """Types commands with one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.settings = {"TRACKER_DATA_DIR": str(data_dir), "TRACKER_SECRET_KEY": "s" * 40}

    def config(self, *words: object) -> Result:
        return CliRunner().invoke(
            tracker, ["config", *(str(word) for word in words)], env=self.settings
        )


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    one = Shell(tmp_path / "data")
    assert CliRunner().invoke(tracker, ["migrate"], env=one.settings).exit_code == 0
    return one


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return write(tmp_path / "policy", small())


def test_a_plan_ends_with_two_until_it_is_applied_and_then_with_none(
    shell: Shell, place: Path
) -> None:
    first = shell.config("plan", place)
    assert first.exit_code == 2
    assert "+ gateway “Gateway” is new  (services.yaml:2)" in first.stdout
    applied = shell.config("apply", place, "--commit", "release 7")
    assert applied.exit_code == 0, applied.stderr
    assert applied.stderr == "Applied (release 7).\n"
    second = shell.config("plan", place)
    assert second.exit_code == 0
    assert second.stdout.startswith("Nothing differs: ")


def test_a_plan_as_data(shell: Shell, place: Path) -> None:
    shell.config("apply", place)
    (place / "services.yaml").write_text(SERVICES.replace("tier: 1", "tier: 2"))
    found = shell.config("plan", place, "--json")
    assert found.exit_code == 2
    assert json.loads(found.stdout)["changes"] == [
        {
            "verb": "change",
            "kind": "service",
            "key": "gateway",
            "name": "Gateway",
            "place": "services.yaml:2",
            "fields": [{"field": "tier", "before": 1, "after": 2}],
        }
    ]


def test_unknown_words_and_unknown_names_are_told_in_one_run(shell: Shell, place: Path) -> None:
    text = SERVICES.replace("owner: money", "owner: mony").replace("tier: 1", "teir: 1")
    (place / "services.yaml").write_text(text)
    found = json.loads(shell.config("validate", place, "--json").stdout)["problems"]
    assert [(one["line"], one["message"]) for one in found if one["file"] == "services.yaml"] == [
        (5, "“teir” is not known here; did you mean “tier”?"),
        (10, "There is no team “mony”; did you mean “money”?"),
    ]


def test_files_that_cannot_be_used_end_with_one_and_are_named_with_their_line(
    shell: Shell, place: Path
) -> None:
    (place / "services.yaml").write_text(SERVICES.replace("owner: money", "owner: mony"))
    for verb in ("validate", "plan", "apply"):
        found = shell.config(verb, place)
        assert found.exit_code == 1
        assert found.stderr.startswith(
            f"{place}/services.yaml:10: There is no team “mony”; did you mean “money”?\n"
        )
        assert found.stdout == ""
    as_data = json.loads(shell.config("validate", place, "--json").stdout)
    assert as_data["valid"] is False
    assert as_data["problems"][0]["line"] == 10


@pytest.mark.parametrize("words", [("plan",), ("plan", "nowhere"), ("apply", ".", "--nonsense")])
def test_what_was_typed_wrong_ends_with_one_because_two_means_changes(
    shell: Shell, words: tuple[str, ...]
) -> None:
    assert shell.config(*words).exit_code == 1


def test_an_unknown_person_ends_with_one(shell: Shell, place: Path) -> None:
    found = shell.config("apply", place, "--as", "nobody@example.org")
    assert found.exit_code == 1
    assert "nobody@example.org" in found.stderr


def test_an_empty_folder_never_takes_everything_out(
    shell: Shell, place: Path, tmp_path: Path
) -> None:
    shell.config("apply", place)
    (tmp_path / "empty").mkdir()
    for words in (("plan", "--prune"), ("apply", "--prune")):
        found = shell.config(*words, tmp_path / "empty")
        assert found.exit_code == 1
        assert "There is nothing to read here" in found.stderr
    assert shell.config("plan", place).exit_code == 0


def test_offline_needs_no_database(tmp_path: Path, place: Path) -> None:
    nowhere = Shell(tmp_path / "no database")
    assert nowhere.config("validate", "--offline", place).exit_code == 0
    assert nowhere.config("validate", place).exit_code == 1
    (place / "teams.yaml").unlink()
    assert nowhere.config("validate", "--offline", place).exit_code == 0


def test_an_export_goes_into_an_empty_folder_only_and_round(
    shell: Shell, place: Path, tmp_path: Path
) -> None:
    shell.config("apply", place)
    assert shell.config("export", place).exit_code == 1
    assert shell.config("export", tmp_path / "out").exit_code == 0
    assert shell.config("plan", tmp_path / "out").exit_code == 0
    other = Shell(tmp_path / "other")
    CliRunner().invoke(tracker, ["migrate"], env=other.settings)
    assert other.config("apply", tmp_path / "out").exit_code == 0
    assert other.config("export", tmp_path / "again").exit_code == 0
    assert _texts(tmp_path / "again") == _texts(tmp_path / "out")


def test_drift_tells_what_is_not_as_it_was_applied(shell: Shell, place: Path) -> None:
    assert "Nothing was applied here yet." in shell.config("drift").stderr
    shell.config("apply", place)
    assert shell.config("drift", place).exit_code == 0
    (place / "services.yaml").write_text(SERVICES.replace("tier: 1", "tier: 2"))
    found = shell.config("drift", place)
    assert found.exit_code == 2
    assert "Not applied from these files yet" in found.stdout
    assert json.loads(shell.config("drift", "--json").stdout)["things"] == []


def test_a_checkout_says_which_commit_was_applied(shell: Shell, place: Path) -> None:
    def git(*words: str) -> str:
        return subprocess.run(  # noqa: S603 - our own words
            ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *words],  # noqa: S607
            cwd=place,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "First")
    commit = git("rev-parse", "HEAD")
    assert shell.config("apply", place).stderr == f"Applied ({commit}).\n"
    (place / "services.yaml").write_text(SERVICES.replace("tier: 1", "tier: 2"))
    found = shell.config("apply", place)
    assert found.stderr == f"Applied ({commit} with changes that are not committed).\n"


def test_the_schema_of_a_kind_is_printed(shell: Shell) -> None:
    assert json.loads(shell.config("schema", "team").stdout)["title"] == "Teams"


def _texts(place: Path) -> dict[str, str]:
    return {
        path.relative_to(place).as_posix(): path.read_text()
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }
