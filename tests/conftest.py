"""What every test may use: an App on each database, and the people of a small organisation."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import yaml

from tests import postgres
from tests.scratch import fastest_place
from tests.skipping import pytest_make_collect_report, pytest_runtest_makereport
from tracker.app import App
from tracker.assets import folder
from tracker.db.access import actor_of
from tracker.domain.people import Actor
from tracker.models.catalogue import Person
from tracker.settings import Settings
from tracker.usecases.catalogue import ServiceAsk, TeamAsk, put_service, put_team
from tracker.usecases.people import PersonAsk, create_person
from tracker.usecases.policy import load_policy

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]

# Read by pytest when the first temporary folder is asked for; the workers are handed theirs.
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", fastest_place())
MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


class HandClock:
    """A clock the test sets by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> datetime:
        """The new instant, that much later."""
        self.now += timedelta(**delta)
        return self.now


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    try:
        with postgres.server() as address:
            yield address
    except postgres.NoPostgresError as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated database with the default policy, to copy from: copying takes 50 ms."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    _admin(postgres_server, f"create database {name}")
    app = App(_settings(tmp_path_factory.mktemp("template"), f"{postgres_server}/{name}"))
    _set_up(app)
    app.close()
    return name


@pytest.fixture(scope="session")
def postgres_template_with_cast(
    postgres_server: str, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The same with the cast in it: copying people is quicker than making them."""
    name = f"{postgres_template}_cast"
    _admin(postgres_server, f"create database {name} template {postgres_template}")
    settings = _settings(tmp_path_factory.mktemp("template"), f"{postgres_server}/{name}")
    app = App(settings, clock=HandClock(MONDAY))
    cast_for(app)
    app.close()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the default policy, to copy from."""
    folder_path = tmp_path_factory.mktemp("template")
    app = App(_settings(folder_path, ""), durable=False)
    _set_up(app)
    with app.engine.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    app.close()
    return folder_path / "tracker.sqlite3"


@pytest.fixture(scope="session")
def sqlite_template_with_cast(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same with the cast in it."""
    folder_path = tmp_path_factory.mktemp("template")
    (folder_path / "tracker.sqlite3").write_bytes(sqlite_template.read_bytes())
    app = App(_settings(folder_path, ""), clock=HandClock(MONDAY), durable=False)
    cast_for(app)
    with app.engine.connect() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    app.close()
    return folder_path / "tracker.sqlite3"


@pytest.fixture
def clock() -> HandClock:
    return HandClock(MONDAY)


@pytest.fixture
def make_app(
    request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock
) -> Iterator[Callable[[str], App]]:
    """Makes an App on ``sqlite`` or ``postgres``, each on an own migrated database."""
    made: list[App] = []
    databases: list[str] = []

    def make(database: str = "sqlite", *, with_cast: bool = False) -> App:
        template = "_template_with_cast" if with_cast else "_template"
        data_dir = tmp_path / f"data{len(made)}"
        data_dir.mkdir()
        url = ""
        if database == "postgres":
            server = request.getfixturevalue("postgres_server")
            name = f"test_{uuid.uuid4().hex[:16]}"
            _admin(
                server,
                f"create database {name} template {request.getfixturevalue('postgres' + template)}",
            )
            databases.append(name)
            url = f"{server}/{name}"
        else:
            source: Path = request.getfixturevalue("sqlite" + template)
            (data_dir / "tracker.sqlite3").write_bytes(source.read_bytes())
        app = App(_settings(data_dir, url), clock=clock, durable=False)
        made.append(app)
        return app

    yield make
    for app in made:
        app.close()
    for name in databases:
        _admin(request.getfixturevalue("postgres_server"), f"drop database {name} with (force)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def app(request: pytest.FixtureRequest, make_app: Callable[..., App]) -> App:
    """A migrated App with the default policy, on each database."""
    return make_app(request.param, with_cast="cast" in request.fixturenames)


@pytest.fixture
def sqlite_app(request: pytest.FixtureRequest, make_app: Callable[..., App]) -> App:
    """As ``app``, on SQLite only: for what no database decides."""
    return make_app("sqlite", with_cast="sqlite_cast" in request.fixturenames)


@dataclass
class Cast:
    """Alice owns, Bob is on her team, Charlie is a stranger, Erin edits, Ada administers."""

    app: App
    emails: dict[str, str]

    def __getattr__(self, name: str) -> Actor:
        if name not in self.emails:
            raise AttributeError(name)
        with self.app.look_as_system() as look:
            person = look.session.get(Person, self._ids[name])
            assert person is not None
            return actor_of(look.session, person)

    def email(self, name: str) -> str:
        return self.emails[name]

    @property
    def _ids(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.emails, start=1)}


PEOPLE = {
    "alice": ("responder", ("payments",)),
    "bob": ("responder", ("payments",)),
    "charlie": ("responder", ("search",)),
    "erin": ("editor", ("payments",)),
    "ada": ("admin", ()),
    "vera": ("viewer", ()),
}
EMAILS = {name: f"{name}@example.org" for name in PEOPLE}


def cast_for(app: App) -> Cast:
    """Teams payments and search, services checkout, ledger (payments) and query (search)."""
    with app.begin_as_system() as work:
        for slug in ("payments", "search"):
            put_team(work, TeamAsk(name=slug.capitalize()))
        for slug, owner in (("ledger", "payments"), ("checkout", "payments"), ("query", "search")):
            put_service(work, ServiceAsk(name=slug.capitalize(), owner=owner))
        for name, (role, teams) in PEOPLE.items():
            create_person(
                work,
                PersonAsk(
                    email=EMAILS[name],
                    name=name.capitalize(),
                    role=role,
                    teams=teams,
                    time_zone="UTC",
                ),
            )
    return Cast(app, EMAILS)


@pytest.fixture
def cast(app: App) -> Cast:
    return Cast(app, EMAILS)


@pytest.fixture
def sqlite_cast(sqlite_app: App) -> Cast:
    return Cast(sqlite_app, EMAILS)


def _settings(data_dir: Path, url: str) -> Settings:
    return Settings(data_dir=data_dir, database_url=url, secret_key="s" * 40)


def _set_up(app: App) -> None:
    app.migrate()
    seed = folder("seed")
    read = lambda path: yaml.safe_load(path.read_text())  # noqa: E731
    with app.begin_as_system() as work:
        load_policy(
            work,
            policy=read(seed / "policy.yaml"),
            taxonomy=read(seed / "taxonomy.yaml"),
            templates=[read(path) for path in sorted((seed / "review_templates").glob("*.yaml"))],
        )


def _admin(server: str, statement: str) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(statement.encode())
