"""The schema: migrations applied, checked and described."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    return config


def migrate(engine: Engine, migrations: Path, *, to: str = "head") -> tuple[str, str]:
    """(revision before, revision after): the database is at ``to``."""
    before = current_revision(engine)
    config = _config(migrations)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        if to == "head" or to.startswith("+"):
            command.upgrade(config, to)
        else:
            command.downgrade(config, to)
        connection.commit()
    return before, current_revision(engine)


def current_revision(engine: Engine) -> str:
    """The revision the database is at; empty for a new database."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def head_revision(migrations: Path) -> str:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(_config(migrations)).get_current_head() or ""
