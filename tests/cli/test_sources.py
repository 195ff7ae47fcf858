"""The command that lets senders in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.wsgi import wsgi_for
from tracker.app import App
from tracker.cli.main import tracker
from tracker.settings import Settings


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    typed(tmp_path, "migrate")
    return tmp_path


def typed(data_dir: Path, *words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(tracker, words, env={"TRACKER_DATA_DIR": str(data_dir)})
    assert result.exit_code == code, result.output
    return result


def post(data_dir: Path, path: str, secret: str) -> int:
    app = App(Settings(data_dir=data_dir))
    body = {"alerts": [{"status": "firing", "labels": {"alertname": "A"}, "fingerprint": "f"}]}
    headers = {"Authorization": f"Bearer {secret}"}
    try:
        answer = wsgi_for(app).test_client().post(path, json=body, headers=headers)
    finally:
        app.close()
    return answer.status_code


def test_a_source_that_was_added_can_send_at_once(data_dir: Path) -> None:
    found = json.loads(
        typed(data_dir, "source", "add", "alertmanager", "--name", "Prod EU", "--json").stdout
    )
    assert set(found) == {"path", "secret"}
    assert found["path"] == "/hooks/alertmanager/prod-eu"
    assert post(data_dir, found["path"], found["secret"]) == 202
    again = json.loads(
        typed(data_dir, "source", "rotate", "alertmanager", "prod-eu", "--json").stdout
    )
    assert post(data_dir, found["path"], found["secret"]) == 202
    assert post(data_dir, again["path"], again["secret"]) == 202
    typed(data_dir, "source", "remove", "alertmanager", "prod-eu")
    assert post(data_dir, again["path"], again["secret"]) == 401
    (row,) = json.loads(typed(data_dir, "source", "list", "--json").stdout)
    assert (row["path"], row["active"]) == (found["path"], False)
    assert found["secret"] not in typed(data_dir, "source", "list").stdout


def test_a_sender_that_signs_is_given_a_signing_secret(data_dir: Path) -> None:
    made = json.loads(typed(data_dir, "source", "add", "github", "--name", "a", "--json").stdout)
    assert len(made["secret"]) > 30
    words = ("source", "add", "pagerduty", "--name", "a", "--signing-secret", "theirs", "--json")
    assert json.loads(typed(data_dir, *words).stdout)["secret"] == "theirs"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "nobody", "--name", "x"), "alertmanager"),
        (("add", "datadog", "--name", "x", "--signing-secret", "s"), "does not sign"),
        (("add", "datadog", "--name", "", "--raw-days", "9999"), "0 to 365"),
    ],
)
def test_what_cannot_be_added_is_told_in_words(
    data_dir: Path, words: tuple[str, ...], told: str
) -> None:
    assert told in typed(data_dir, "source", *words, code=2).stderr
    assert typed(data_dir, "source", "list").stdout == ""
    typed(data_dir, "source", "rotate", "alertmanager", "none", code=3)


def test_a_mapping_is_read_from_a_file_and_checked(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text("fields: {title: 'name['}\n")
    words = ("source", "add", "generic", "--name", "m", "--mapping", str(path))
    assert "JMESPath" in typed(data_dir, *words, code=2).stderr
    path.write_text("fields: {title: name, key: id}\n")
    typed(data_dir, *words)
