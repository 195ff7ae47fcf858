"""``tracker lint``: what it says of files, in three forms, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tracker.app import App
from tracker.cli.main import tracker
from tracker.settings import Settings
from tracker.usecases.analyse.wording import TermAsk, keep_term

REPORT = """# Checkout was down

Dana should have noticed the lag. The pod failed to start.

## Timeline

- 09:00 The on-call ignored `three` alerts.

## Action items

- Investigate the lag.

```
# Timeline
we forgot
```
"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.md"
    path.write_text(REPORT)
    return path


def lint(*words: str, given: str | None = None, **settings: str) -> Result:
    return CliRunner().invoke(tracker, ["lint", *words], input=given, env=settings)


def findings(*words: str, given: str | None = None, **settings: str) -> list[dict[str, Any]]:
    told = lint(*words, "--format", "json", given=given, **settings)
    assert told.exit_code == 0, told.stderr
    data = json.loads(told.stdout)
    assert set(data) == {"findings"}
    found: list[dict[str, Any]] = data["findings"]
    return found


def test_it_needs_no_database_and_no_data_folder(report: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "data"
    assert lint(str(report), TRACKER_DATA_DIR=str(nowhere)).exit_code == 0
    assert not nowhere.exists()


def test_each_finding_says_where_what_and_what_to_ask(report: Path) -> None:
    found = findings(str(report))
    assert [(one["line"], one["column"], one["text"], one["category"]) for one in found] == [
        (3, 6, "should have noticed", "counterfactual"),
        (7, 21, "ignored", "blame"),
        (11, 3, "Investigate", "weak_action"),
    ]
    assert set(found[0]) == {"file", "line", "column", "text", "category", "hint"}
    assert all(one["file"] == str(report) and one["hint"].endswith("?") for one in found)


def test_the_text_form_is_one_line_for_a_place_and_one_for_the_question(report: Path) -> None:
    told = lint(str(report))
    assert told.stdout.splitlines()[0] == (f"{report}:3:6: counterfactual: “should have noticed”")
    assert told.stdout.splitlines()[1].startswith("    What did people see")
    assert "3 hints" in told.stderr


def test_sarif_has_what_review_tools_read(report: Path) -> None:
    told = json.loads(lint(str(report), "--format", "sarif").stdout)
    (run,) = told["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert told["version"] == "2.1.0"
    assert len(run["results"]) == 3
    for result in run["results"]:
        assert result["ruleId"] in rules
        region = result["locations"][0]["physicalLocation"]["region"]
        start = region["charOffset"]
        assert REPORT[start : start + region["charLength"]] == region["snippet"]["text"]


def test_findings_are_no_error_unless_asked_for(report: Path) -> None:
    assert lint(str(report)).exit_code == 0
    assert lint(str(report), "--strict").exit_code == 1
    report.write_text("All is calm.\n")
    assert lint(str(report), "--strict").exit_code == 0


def test_the_context_may_be_given_instead_of_going_by_headings(report: Path) -> None:
    kinds = {one["category"] for one in findings(str(report), "--context", "narrative")}
    assert kinds == {"counterfactual", "blame"}


def test_the_standard_input_is_a_file_too() -> None:
    (one,) = findings("-", given="We forgot the queue.\n")
    assert (one["file"], one["text"]) == ("-", "forgot")


def test_several_files_are_told_one_after_the_other(report: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.md"
    second.write_text("It was just a typo.")
    assert next(one["file"] for one in findings(str(second), str(report))) == str(second)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [(None, 3, "was not found"), (b"\xff\xfe\x00", 2, "not UTF-8"), (b"", 0, "0 hints")],
)
def test_a_file_that_cannot_be_read_is_said_in_words(
    content: bytes | None, code: int, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "odd.md"
    if content is not None:
        path.write_bytes(content)
    told = lint(str(path))
    assert (told.exit_code, said in told.stderr) == (code, True), told.stderr
    assert lint(str(tmp_path)).exit_code == 2


def test_the_organisations_own_words_count_on_request(report: Path, tmp_path: Path) -> None:
    settings = {"TRACKER_DATA_DIR": str(tmp_path / "data")}
    assert CliRunner().invoke(tracker, ["seed"], env=settings).exit_code == 0
    app = App(Settings(data_dir=tmp_path / "data"))
    with app.begin_as_system() as work:
        keep_term(work, TermAsk(phrase="Ignored", verdict="allow", why="A state of our alerts"))
        keep_term(
            work, TermAsk(phrase="the pod", verdict="add", category="emotive", why="For the test")
        )
    app.close()
    own = {one["text"] for one in findings(str(report), "--own-words", **settings)}
    assert own == {"should have noticed", "The pod", "Investigate"}
    assert "ignored" in {one["text"] for one in findings(str(report), **settings)}
