"""Operations as code: each folder of files that was applied."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from tracker.models.table import Row, instant, json_column, reference, short


class ConfigApply(Row, table=True):
    """One apply: who, which commit, what changed. Rows are never edited."""

    __tablename__ = "config_apply"
    at: datetime = instant()
    actor_id: int | None = reference("person.id", index=False)
    actor_name: str = short()
    commit_text: str = short(200)
    digest: str = short(64)
    changes: int = Field(default=0, nullable=False)
    summary: dict[str, Any] = json_column()
    # The files as they were, so that drift is seen without them.
    content: dict[str, Any] = json_column()
