"""An export read into an empty database gives the same export, byte for byte."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from tests.conftest import Cast, HandClock, cast_for
from tests.exchange.conftest import brought_in, files_of, report_of, shell_of, written
from tests.faces.procedure_story import a_procedure, a_run
from tracker.app import App
from tracker.importing.procedures import read_procedure
from tracker.models.catalogue import Person
from tracker.models.incident import Incident
from tracker.models.journal import Delivery
from tracker.reading.references import incident_by_ref, ref
from tracker.usecases.demo.loading import DemoOutcome
from tracker.usecases.people import set_password
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.respond.procedure_runs import MarkStep, mark_step
from tracker.usecases.share.imports import import_reports

Load = Callable[[App, HandClock], DemoOutcome]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_demo_and_reports_come_back_byte_for_byte(
    database: str, make_app: Callable[[str], App], clock: HandClock, demo: Load, tmp_path: Path
) -> None:
    first, second = make_app(database), make_app(database)
    demo(first, clock)
    with first.begin_as_system() as work:
        list(import_reports(work, [report_of(f"report {n}") for n in range(20)]))
    before, after = tmp_path / "before", tmp_path / "after"
    written(first, before)
    brought_in(second, before)
    written(second, after)
    assert files_of(before) == files_of(after)
    assert {"incidents/INC-1.md", "procedures/PRO-1.md"} <= set(files_of(before))
    told = read_procedure(files_of(before)["procedures/PRO-1.md"])
    assert (told.slug, told.owner) == ("booking-slow", "jonas@fernhill.example")
    # The audit goes on where it was, and its seals hold.
    assert shell_of(second).run("audit", "verify").exit_code == 0


def test_procedures_with_runs_and_faults_come_back(
    make_app: Callable[[str], App], tmp_path: Path
) -> None:
    first, second = make_app("sqlite"), make_app("sqlite")
    cast = cast_for(first)
    with first.begin(cast.alice) as work:
        place = ref(declare_incident(work, DeclareIncident(title="First", severity="SEV3")))
    run = a_run(first, cast, place, a_procedure(first, cast, "publish"))
    with first.begin(cast.bob) as work:
        ask = MarkStep(number=1, mark="wrong", note="It hangs")
        mark_step(work, incident_by_ref(work, place), run, ask)
    written(first, tmp_path / "before")
    brought_in(second, tmp_path / "before")
    written(second, tmp_path / "after")
    before = files_of(tmp_path / "before")
    assert before == files_of(tmp_path / "after")
    assert "It hangs" in before["data/procedure_fault.jsonl"]
    told = read_procedure(before["procedures/PRO-1.md"])
    assert (told.owner, told.services) == (cast.email("alice"), ("checkout",))


@pytest.mark.postgres
def test_both_databases_write_the_samewritten(
    make_app: Callable[[str], App], clock: HandClock, demo: Load, tmp_path: Path
) -> None:
    sqlite, postgres = make_app("sqlite"), make_app("postgres")
    demo(sqlite, clock)
    written(sqlite, tmp_path / "sqlite")
    brought_in(postgres, tmp_path / "sqlite")
    written(postgres, tmp_path / "postgres")
    assert files_of(tmp_path / "sqlite") == files_of(tmp_path / "postgres")


def test_after_an_import_work_goes_on(
    database: str, make_app: Callable[[str], App], tmp_path: Path
) -> None:
    first, second = make_app(database), make_app(database)
    alice = cast_for(first).alice
    with first.begin(alice) as work:
        known = declare_incident(work, DeclareIncident(title="First", severity="SEV3"))
    written(first, tmp_path / "out")
    brought_in(second, tmp_path / "out")
    with second.begin(alice) as work:
        following = declare_incident(work, DeclareIncident(title="Second", severity="SEV3"))
        waiting = work.session.exec(select(Delivery.subscriber)).all()
    assert following.key == known.key + 1
    assert waiting, "what came in is marked for the index"
    assert set(waiting) == {"index"}


def test_secrets_stay_at_home(sqlite_app: App, sqlite_cast: Cast, tmp_path: Path) -> None:
    with sqlite_app.begin(sqlite_cast.ada) as work:
        person = work.find(Person, sqlite_cast.ada.person_id, what="Ada")
        set_password(work, person, "a few words do well")
        stored = person.password_hash
    made = shell_of(sqlite_app).run("token", "create", "--name", "ci", "--role", "viewer")
    token = made.stdout.strip()
    written(sqlite_app, tmp_path / "out")
    whole = "".join(files_of(tmp_path / "out").values())
    assert stored not in whole
    assert token
    assert token not in whole
    assert hashlib.sha256(token.encode()).hexdigest() not in whole
    names = {Path(name).stem for name in files_of(tmp_path / "out")}
    assert not {"api_token", "sign_in_link", "outbox_event", "delivery"} & names


def test_an_export_goes_into_an_empty_database_only(
    sqlite_app: App, sqlite_cast: Cast, tmp_path: Path
) -> None:
    written(sqlite_app, tmp_path / "out")
    result = shell_of(sqlite_app).run("import", "export", tmp_path / "out")
    assert result.exit_code == 5
    assert "empty database" in result.stderr


def test_export_refuses_a_folder_with_something_else_in_it(sqlite_app: App, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("two years of work")
    result = shell_of(sqlite_app).run("export", tmp_path)
    assert result.exit_code == 5
    assert (tmp_path / "thesis.txt").read_text() == "two years of work"


def test_a_second_export_replaces_the_first_and_nothing_else(
    make_app: Callable[[str], App], tmp_path: Path
) -> None:
    app, empty = make_app("sqlite"), make_app("sqlite")
    cast = cast_for(app)
    with app.begin(cast.alice) as work:
        declare_incident(work, DeclareIncident(title="First", severity="SEV3"))
    place = tmp_path / "out"
    written(app, place)
    (place / ".git").mkdir()
    (place / ".git" / "HEAD").write_text("kept")
    written(empty, place)
    assert not (place / "incidents" / "INC-1.md").exists()
    assert (place / ".git" / "HEAD").read_text() == "kept"


HOSTILE: dict[str, tuple[str, Callable[[dict[str, object]], object], str]] = {
    "a field nobody knows": ("incident", lambda row: {**row, "drop": 1}, "no field “drop”"),
    "a missing field": ("incident", lambda row: {"id": row["id"]}, "is missing"),
    "a number as title": ("incident", lambda row: {**row, "title": 5}, "“title” must be a text"),
    "a true as id": ("incident", lambda row: {**row, "id": True}, "“id” must be a whole number"),
    "an enormous id": ("incident", lambda row: {**row, "id": 10**30}, "out of range"),
    "a time without zone": (
        "incident",
        lambda row: {**row, "declared_at": "2026-01-01T00:00:00"},
        "needs a zone",
    ),
    "no time at all": (
        "incident",
        lambda row: {**row, "declared_at": "soon"},
        "must be a date and time",
    ),
    "an unknown state": ("incident", lambda row: {**row, "state": "gone"}, "not a state"),
    "a NUL": ("incident", lambda row: {**row, "title": "a\x00b"}, "NUL"),
    "half a character": ("incident", lambda row: {**row, "title": "\ud800"}, "half a character"),
    "a long title": ("incident", lambda row: {**row, "title": "x" * 500}, "may have 200"),
    "a person that is not there": (
        "incident",
        lambda row: {**row, "declared_by_id": 999},
        "refers to one that is not",
    ),
    "an unknown role": ("person", lambda row: {**row, "role": "king"}, "“role” must be one of"),
    "a list": ("incident", lambda row: [row], "not an object"),
    "an unreadable policy": (
        "policy_version",
        lambda row: {**row, "content": {}},
        "Line 1",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_row_is_refused_with_its_file_and_line(
    case: str, make_app: Callable[[str], App], tmp_path: Path
) -> None:
    table, change, said = HOSTILE[case]
    app, empty = make_app("sqlite"), make_app("sqlite")
    with app.begin(cast_for(app).alice) as work:
        declare_incident(work, DeclareIncident(title="First", severity="SEV3"))
    written(app, tmp_path / "out")
    path = tmp_path / "out" / "data" / f"{table}.jsonl"
    first, *rest = path.read_text().splitlines(keepends=True)
    path.write_text(json.dumps(change(json.loads(first))) + "\n" + "".join(rest))
    result = shell_of(empty).run("import", "export", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert f"data/{table}.jsonl" in result.stderr
    assert said in result.stderr
    with empty.look_as_system() as look:
        assert look.session.exec(select(Incident)).first() is None
        assert look.policy.version == 1, "what was there before is still there"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("export.json", "{", "not JSON"),
        ("export.json", "[]", "not an export"),
        ("export.json", '{"format": "x"}', "not an export"),
        ("data/incident.jsonl", "[" * 100_000, "not JSON that can be read"),
        ("data/incident.jsonl", "", "promises 1 rows; there are 0"),
        ("data/incident.jsonl", None, "is missing"),
    ],
)
def test_a_damaged_export_is_refused_in_words(
    name: str, text: str | None, said: str, make_app: Callable[[str], App], tmp_path: Path
) -> None:
    app, empty = make_app("sqlite"), make_app("sqlite")
    with app.begin(cast_for(app).alice) as work:
        declare_incident(work, DeclareIncident(title="First", severity="SEV3"))
    place = tmp_path / "out"
    written(app, place)
    if text is None:
        (place / name).unlink()
    else:
        (place / name).write_text(text)
    result = shell_of(empty).run("import", "export", place)
    assert result.exit_code == 2, result.output
    assert said in result.stderr


def test_a_link_in_an_export_leads_nowhere(make_app: Callable[[str], App], tmp_path: Path) -> None:
    app = make_app("sqlite")
    place = tmp_path / "out"
    written(app, place)
    target = tmp_path / "elsewhere.jsonl"
    shutil.move(place / "data" / "incident.jsonl", target)
    (place / "data" / "incident.jsonl").symlink_to(target)
    result = shell_of(make_app("sqlite")).run("import", "export", place)
    assert result.exit_code == 2
    assert "data/incident.jsonl is missing" in result.stderr
