"""The schema: migrations applied, checked and described."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


class UnknownRevisionError(RuntimeError):
    """The database is at a revision that this code does not have; the text says what to do."""


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    return config


def migrate(engine: Engine, migrations: Path, *, to: str = "head") -> tuple[str, str]:
    """(revision before, revision after): the database is at ``to``.

    Raises: UnknownRevisionError when a newer version of the tracker has been at this database.
    """
    before = current_revision(engine)
    if before and before not in known_revisions(migrations):
        raise UnknownRevisionError(schema_trouble(before, migrations))
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


def known_revisions(migrations: Path) -> list[str]:
    """Every revision of this code, newest first."""
    scripts = ScriptDirectory.from_config(_config(migrations))
    return [script.revision for script in scripts.walk_revisions()]


def schema_trouble(found: str, migrations: Path) -> str:
    """What is the matter with a database at this revision, and what to do; empty when nothing is.

    ``found``: as ``current_revision`` gives it.
    """
    head = head_revision(migrations)
    if found == head:
        return ""
    if not found:
        return "There are no tables in the database yet; run: tracker seed"
    if found in known_revisions(migrations):
        return f"The database is at {found} and this version needs {head}; run: tracker migrate"
    return (
        f"The database is at {found}, which this version of the tracker does not know: a newer one "
        "has been at work here. Start the newer version, or restore a backup from before"
    )


def head_revision(migrations: Path) -> str:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(_config(migrations)).get_current_head() or ""
