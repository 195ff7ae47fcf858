"""Migrations and tables agree, on both databases, up and down."""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

import tracker.models
from tests.conftest import Cast
from tests.house.generated import ROOT
from tracker.app import App
from tracker.assets import folder
from tracker.db.schema import current_revision, head_revision
from tracker.models.table import Instant

assert tracker.models


def test_the_migrations_make_exactly_the_tables_of_the_models(app: App) -> None:
    def same_type(_context: object, _inspected: object, _column: object, found: object,
                  wanted: object) -> bool | None:  # fmt: skip
        return False if isinstance(wanted, Instant) and isinstance(found, sa.DateTime) else None

    with app.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_head_file_names_the_newest_migration() -> None:
    assert (ROOT / "migrations/HEAD").read_text().strip() == head_revision(folder("migrations"))


def test_down_and_up_again_with_data_in_it(app: App, cast: Cast) -> None:
    assert cast.alice.person_id
    app.migrate(to="base")
    assert current_revision(app.engine) == ""
    assert sa.inspect(app.engine).get_table_names() == ["alembic_version"]
    app.migrate()
    assert app.schema_is_current()


def test_migrating_twice_changes_nothing(make_app: Callable[[str], App]) -> None:
    app = make_app("sqlite")
    before, after = app.migrate()
    assert before == after == head_revision(folder("migrations"))


def test_migrations_import_no_models() -> None:
    for path in (ROOT / "migrations").rglob("*.py"):
        assert not re.search(r"^(from|import) tracker", path.read_text(), re.MULTILINE), path
