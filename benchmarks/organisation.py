"""Organisations of any size, the same for the same seed, written straight into the tables.

What a page shows is the same in a small and a large one - as many open incidents, the same long
timeline, the same review - so that a difference in time comes from the size alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlmodel import SQLModel

from benchmarks.incident_rows import IncidentRows
from benchmarks.past import ME, Past, Size
from benchmarks.review_rows import ReviewRows
from tracker.app import App
from tracker.assets import folder
from tracker.db.engine import is_postgres
from tracker.usecases.policy import load_policy

BATCH = 10_000


@dataclass(frozen=True)
class Landmarks:
    """Where to go in a made-up organisation."""

    person_id: int
    incident: str
    review: str
    review_id: int


def make_organisation(app: App, size: Size) -> Landmarks:
    """The database is migrated and filled; statistics are fresh where a server keeps them."""
    app.migrate()
    load_rules(app)
    past = Past(size, app.clock())
    with app.engine.begin() as connection:
        for model, rows in chain(IncidentRows(past).tables(), ReviewRows(past).tables()):
            _fill(connection, model, rows)
    if is_postgres(app.engine):
        _tidy_postgres(app)
    last = size.incidents
    return Landmarks(
        person_id=ME, incident=f"INC-{last}", review=f"REV-{size.reviews}", review_id=size.reviews
    )


def load_rules(app: App) -> None:
    """The policy, the taxonomy and the templates that come with the tracker are loaded."""
    seed = folder("seed")
    with app.begin_as_system() as work:
        load_policy(
            work,
            policy=_read(seed / "policy.yaml"),
            taxonomy=_read(seed / "taxonomy.yaml"),
            templates=[_read(path) for path in sorted((seed / "review_templates").glob("*.yaml"))],
        )


def _read(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    return yaml.safe_load(path.read_text())


def _fill(connection: sa.Connection, model: type[SQLModel], rows: Iterable[dict[str, Any]]) -> None:
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    # Columns that a row leaves out get what the model gives them, once for all rows.
    columns = {column.name for column in table.columns}
    defaults = {
        name: field.get_default()
        for name, field in model.model_fields.items()
        if name in columns and name != "id" and not field.is_required()
    }
    waiting = iter(rows)
    while batch := [defaults | row for row in islice(waiting, BATCH)]:
        connection.execute(sa.insert(table), batch)


def _tidy_postgres(app: App) -> None:
    """Ids go on after the given ones; the planner knows how much there is."""
    with app.engine.begin() as connection:
        for name, table in SQLModel.metadata.tables.items():
            if "id" in table.columns:
                connection.exec_driver_sql(
                    f"select setval(pg_get_serial_sequence('{name}', 'id'), "  # noqa: S608 - own names
                    f"coalesce(max(id), 0) + 1, false) from {name}"
                )
    with app.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("vacuum analyze")
