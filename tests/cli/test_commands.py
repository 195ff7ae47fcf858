"""The command line as people and scripts meet it: output, exit codes, and a story."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from tracker.app import App
from tracker.cli.main import COMMANDS, EXIT_CODES, tracker
from tracker.domain.errors import DomainError
from tracker.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30.0


class Terminal:
    """Types commands with the settings of one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.settings = {"TRACKER_DATA_DIR": str(data_dir)}

    def type(self, *words: str, **settings: str) -> Result:
        return CliRunner().invoke(tracker, words, env={**self.settings, **settings})

    def typed(self, *words: str) -> Result:
        """As ``type``, and it must succeed."""
        result = self.type(*words)
        assert result.exit_code == 0, result.stderr
        return result

    def app(self) -> App:
        return App(Settings(data_dir=self.data_dir))


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A fresh data folder with the policy loaded."""
    one = Terminal(tmp_path / "data")
    one.typed("seed")
    return one


def test_help_names_every_command_and_loads_none_of_them() -> None:
    code = (
        "import sys; from tracker.cli.main import tracker\n"
        "try: tracker.main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert 'sqlalchemy' not in sys.modules, 'help became slow'"
    )
    shown = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert all(name in shown.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_loads_and_has_help(name: str) -> None:
    shown = CliRunner().invoke(tracker, [name, "--help"])
    assert shown.exit_code == 0, shown.output


def test_every_domain_error_has_its_exit_code() -> None:
    assert set(EXIT_CODES) == set(DomainError.__subclasses__())
    assert sorted(EXIT_CODES.values()) == [2, 3, 4, 5, 6]


def test_what_was_declared_is_found_by_search_without_a_worker(terminal: Terminal) -> None:
    made = terminal.typed("declare", "Gateway certificate ran out", "--severity", "SEV2",
                          "--tag", "tls")  # fmt: skip
    assert made.stdout == "INC-1\n"
    found = terminal.typed("search", "gatewey", "certificates", "--json")
    (hit,) = json.loads(found.stdout)
    assert set(hit) == {"kind", "ref", "title", "score", "excerpt", "url", "source_id"}
    assert (hit["kind"], hit["ref"], hit["source_id"]) == ("incident", "INC-1", "")
    assert hit["url"].endswith("/incidents/INC-1")
    assert "INC-1" in terminal.typed("search", "certificate").stdout
    assert json.loads(terminal.typed("search", "nothing-like-it", "--json").stdout) == []


def test_seed_may_be_repeated(terminal: Terminal) -> None:
    assert "as they were" in terminal.typed("seed").stderr


def test_every_gap_of_a_bad_declaration_is_told_at_once(terminal: Terminal) -> None:
    refused = terminal.type("declare", " ", "--service", "nope")
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert "Title is needed" in refused.stderr
    assert "“nope” is not known here" in refused.stderr


def test_a_token_is_printed_alone_and_can_be_revoked(terminal: Terminal) -> None:
    made = terminal.typed("token", "create", "--name", "ci", "--role", "editor")
    assert made.stdout.startswith("trk_")
    assert len(made.stdout.split()) == 1
    listed = json.loads(terminal.typed("token", "list", "--json").stdout)
    assert [(one["name"], one["revoked_at"]) for one in listed] == [("ci", None)]
    assert made.stdout.strip() not in json.dumps(listed)
    terminal.typed("token", "revoke", str(listed[0]["id"]))
    assert "revoked" in terminal.typed("token", "list").stdout
    assert terminal.type("token", "revoke", "99").exit_code == 3


def test_a_person_gets_a_link_that_signs_in(terminal: Terminal) -> None:
    terminal.typed("user", "create", "ada@example.org", "--name", "Ada", "--role", "admin")
    shown = terminal.typed("user", "link", "Ada@example.org").stdout.strip()
    assert shown.startswith("http://127.0.0.1:8000/sign-in/link/")
    assert terminal.type("user", "link", "nobody@example.org").exit_code == 3
    again = terminal.type("user", "create", "ada@example.org", "--name", "Ada")
    assert again.exit_code == 2
    assert "here already" in again.stderr


def test_a_viewer_may_not_declare(terminal: Terminal) -> None:
    terminal.typed("user", "create", "vera@example.org", "--name", "Vera", "--role", "viewer")
    refused = terminal.type("declare", "It burns", "--as", "vera@example.org")
    assert refused.exit_code == 4
    assert "viewer" in refused.stderr


def test_jobs_run_does_what_would_be_due_and_says_so_as_data(terminal: Terminal) -> None:
    terminal.typed("declare", "Gateway certificate ran out", "--severity", "SEV3")
    done = json.loads(
        terminal.typed("jobs", "run", "--now", "2031-01-04T09:00:00Z", "--json").stdout
    )
    assert done["delivered"] > 0
    assert done["failed"] == {}
    assert terminal.typed("search", "gateway").stdout.startswith("INC-1")
    assert terminal.type("jobs", "run", "--now", "soon").exit_code == 2


def test_parked_deliveries_are_listed_and_can_be_tried_again(terminal: Terminal) -> None:
    terminal.typed("declare", "Gateway certificate ran out", "--severity", "SEV3")
    app = terminal.app()
    with app.engine.begin() as connection:
        connection.execute(
            sa.text("update delivery set status = 'parked', last_error = 'The disk was full'")
        )
    app.close()
    parked = json.loads(terminal.typed("jobs", "list", "--json").stdout)
    assert {one["last_error"] for one in parked} == {"The disk was full"}
    assert "parked" in terminal.type("doctor").stdout
    terminal.typed("jobs", "retry", str(parked[0]["delivery"]))
    assert len(json.loads(terminal.typed("jobs", "list", "--json").stdout)) == len(parked) - 1
    assert terminal.type("jobs", "retry", str(parked[0]["delivery"])).exit_code == 5


def test_the_audit_verifies_until_somebody_changes_it(terminal: Terminal) -> None:
    terminal.typed("declare", "Gateway certificate ran out", "--severity", "SEV3")
    assert "as they were written" in terminal.typed("audit", "verify").stderr
    app = terminal.app()
    with app.engine.begin() as connection:
        connection.execute(sa.text("update audit_entry set actor_name = 'Mallory' where id = 2"))
    app.close()
    broken = terminal.type("audit", "verify")
    assert broken.exit_code == 1
    assert "entry 2" in broken.stderr


def test_doctor_says_what_to_do(terminal: Terminal) -> None:
    result = terminal.type("doctor", "--json", TRACKER_BASE_URL="http://tracker.example.org")
    assert result.exit_code == 1
    checks = {one["name"]: one for one in json.loads(result.stdout)}
    assert checks["schema"]["ok"]
    assert "tracker worker" in checks["worker"]["text"]
    assert "tracker reindex" in checks["index"]["text"]
    assert "https" in checks["base_url"]["text"]
    terminal.typed("reindex")
    again = json.loads(terminal.type("doctor", "--json").stdout)
    assert {one["name"] for one in again if not one["ok"]} == {"worker"}


def test_a_setting_nobody_knows_is_told_and_a_bad_one_ends_with_two(terminal: Terminal) -> None:
    told = terminal.type("user", "list", TRACKER_TIMEZOME="UTC")
    assert told.exit_code == 0
    assert "TRACKER_TIMEZOME" in told.stderr
    bad = terminal.type("user", "list", TRACKER_TIMEZONE="Mars")
    assert bad.exit_code == 2
    assert "TRACKER_TIMEZONE='Mars'" in bad.stderr


def test_a_database_without_tables_is_told_in_a_sentence(tmp_path: Path) -> None:
    refused = Terminal(tmp_path / "new").type("search", "anything")
    assert refused.exit_code == 1
    assert "tracker seed" in refused.stderr


@pytest.fixture
def served(terminal: Terminal) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """``tracker serve`` on a free port, answering."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", "tracker", "serve", "--port", str(port)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **terminal.settings},
        stderr=(terminal.data_dir / "log").open("wb"),
    )
    address = f"http://127.0.0.1:{port}"
    until = time.monotonic() + PATIENCE_SECONDS
    while not answers(address):
        assert time.monotonic() < until, (terminal.data_dir / "log").read_text()
        assert process.poll() is None, (terminal.data_dir / "log").read_text()
        time.sleep(0.05)
    yield process, address
    process.kill()
    process.wait()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:  # noqa: S310 - ours
            return bool(answer.status == 200)
    except OSError:
        return False


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(word) for task in tasks for word in (task / "children").read_text().split()]


def wait_until_there_is(condition: object, what: str) -> None:
    assert callable(condition)
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, f"waited in vain: {what}"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="children are looked up in /proc")
def test_serve_starts_its_worker_again_when_it_dies(
    served: tuple[subprocess.Popen[bytes], str], terminal: Terminal
) -> None:
    process, _ = served
    (worker,) = children(process.pid)
    os.kill(worker, signal.SIGKILL)
    wait_until_there_is(
        lambda: [one for one in children(process.pid) if one != worker], "a new worker"
    )
    terminal.typed("declare", "Gateway certificate ran out", "--severity", "SEV3")
    assert terminal.typed("search", "gateway").stdout.startswith("INC-1")
    assert "worker_ended" in (terminal.data_dir / "log").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="children are looked up in /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_worker_ends_with_its_server(
    served: tuple[subprocess.Popen[bytes], str], how: signal.Signals
) -> None:
    process, address = served
    (worker,) = children(process.pid)
    process.send_signal(how)
    code = process.wait(PATIENCE_SECONDS)
    assert code == (-9 if how == signal.SIGKILL else 0)
    wait_until_there_is(lambda: not is_running(worker), "the worker ends too")
    assert not answers(address)


def test_a_port_that_is_taken_is_told_in_a_sentence(
    served: tuple[subprocess.Popen[bytes], str], terminal: Terminal
) -> None:
    port = served[1].rsplit(":", 1)[1]
    refused = terminal.type("serve", "--no-worker", "--port", port)
    assert refused.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in refused.stderr
