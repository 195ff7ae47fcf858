"""Everything that is exported, as rows: one JSON line a row, in the order of the keys.

What is left out: passwords, tokens, sign-in links and attempts, keys and signing secrets of senders
(secrets), and what belongs to one running installation: the outbox with its deliveries, heartbeats,
idempotency keys, messages of senders as they came, and who and what is where in Slack; and what
people wrote about an incident without having shared it. Pictures kept with the timeline are
exported, and so is all that is known of operational events.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from tracker.db.engine import is_postgres
from tracker.db.work import Look
from tracker.models import journal
from tracker.models.catalogue import ApiToken, SignInAttempt, SignInLink
from tracker.models.event import IntakePayload
from tracker.models.perspective import Perspective, PerspectiveMoment
from tracker.models.slack import (
    SlackChannel,
    SlackInstallation,
    SlackMessage,
    SlackPinned,
    SlackReceived,
    SlackUser,
)

FORMAT = "incident and learning tracker export"
FORMAT_VERSION = 1
MANIFEST = "export.json"
README = "README.md"
README_TITLE = "# An export of the incident and learning tracker"

_LEFT_OUT = {
    str(model.__tablename__)
    for model in (
        ApiToken,
        SignInLink,
        SignInAttempt,
        IntakePayload,
        journal.OutboxEvent,
        journal.Delivery,
        journal.IdempotencyKey,
        journal.Heartbeat,
        SlackInstallation,
        SlackUser,
        SlackChannel,
        SlackMessage,
        SlackReceived,
        SlackPinned,
    )
}
PERSPECTIVE: sa.Table = Perspective.__table__  # type: ignore[attr-defined]
MOMENT: sa.Table = PerspectiveMoment.__table__  # type: ignore[attr-defined]
# That somebody was asked is exported; what they have not shared is theirs, and so is whether they
# have begun to write.
NOT_SHARED: dict[str, object] = {"answers": {}, "version": 1, "updated_at": None}
# What stands in a column that is left out, in the database that an export is brought into. A sender
# proves itself there with a new secret.
LEFT_OUT_COLUMNS: dict[tuple[str, str], object] = {
    ("person", "password_hash"): "",
    ("transcript_message", "slack_user_id"): "",
    ("alert_source", "key_hash"): "",
    ("alert_source", "key_hash_before"): "",
    ("alert_source", "signing_secret_encrypted"): "",
    ("alert_source", "signing_secret_before_encrypted"): "",
    ("alert_source", "before_until"): None,
}
_AT_ONCE = 1_000


def exported_tables() -> list[sa.Table]:
    """The tables of an export; a table comes after those it refers to."""
    return [table for table in SQLModel.metadata.sorted_tables if table.name not in _LEFT_OUT]


def exported_columns(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns of the table that are exported, in their order."""
    return [one for one in table.columns if (table.name, one.name) not in LEFT_OUT_COLUMNS]


def file_of(table: sa.Table) -> str:
    """Where the rows of the table stand in an export."""
    return f"data/{table.name}.jsonl"


def hold_still(look: Look) -> None:
    """All that this Look reads from now on stood there at one instant."""
    look.actor.needs("export_records")
    if is_postgres(look.session.get_bind()):  # type: ignore[arg-type]
        look.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def exported_lines(look: Look, table: sa.Table) -> Iterator[str]:
    """The rows as lines of JSON, each with its line end."""
    columns = exported_columns(table)
    query = sa.select(*columns).where(*_open_rows(table))
    rows: Any
    if "id" in table.columns:
        rows = look.session.connection().execute(
            query.order_by(table.c.id).execution_options(yield_per=_AT_ONCE)
        )
    else:
        # Databases differ in how they order texts, so links are ordered here.
        rows = sorted(look.session.connection().execute(query), key=tuple)
    names = [one.name for one in columns]
    for row in rows:
        told = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        if table is PERSPECTIVE and told["shared_at"] is None:
            told |= NOT_SHARED
        yield json.dumps(told, ensure_ascii=False, sort_keys=True) + "\n"


def _open_rows(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    """Conditions on the rows that leave the house; moments of what is not shared stay."""
    if table is not MOMENT:
        return []
    shared = sa.select(PERSPECTIVE.c.id).where(PERSPECTIVE.c.shared_at.is_not(None))
    return [table.c.perspective_id.in_(shared)]


def manifest(counts: dict[str, int], *, schema: str) -> str:
    """The text of ``export.json``: it tells an importer whether everything is there."""
    content = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "schema": schema,
        "rows": dict(sorted(counts.items())),
    }
    return json.dumps(content, indent=2) + "\n"


def readme() -> str:
    """The text of ``README.md`` in an export."""
    return f"""{README_TITLE}

- `incidents/`, `reviews/`, `lessons/` and `procedures/` hold one Markdown file a record, to be read
  by people and by other programs. Their front matter names what can be counted.
- `data/` holds everything, one JSON object a line, one file a kind. `tracker import export FOLDER`
  reads these files, into an empty database; the Markdown files are not read.
- `export.json` says how many rows belong to each file.

The same data gives the same files, byte for byte, so that two exports can be compared.

Not in here: passwords, API tokens, sign-in links and the secrets of senders, because an export is
handed around; messages of senders as they came, of which the events are here; the outbox, because
what it holds was delivered where it was written; what somebody wrote for themselves about how an
incident looked to them and has not shared. `tracker backup` keeps all of it. After an import people
sign in with a link from `tracker user link`, and each sender needs a new secret from
`tracker source rotate`.

Private records are in here as well. Keep the folder where they may be read.
"""


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value
