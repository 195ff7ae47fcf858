"""Long lists a page at a time: keyset cursors, so that page 4,000 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.sql import Select

from tracker.db.work import Look
from tracker.domain.errors import Gap, NotValid

Item = TypeVar("Item")
DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
COUNTED_AT_MOST = 1_000


@dataclass(frozen=True)
class Listed(Generic[Item]):
    """One page of a list. ``count`` stops at COUNTED_AT_MOST + 1; ``None`` when not asked."""

    items: list[Item]
    next_cursor: str = ""
    count: int | None = None

    @property
    def count_words(self) -> str:
        """The count as people read it: ``12``, or ``more than 1,000``."""
        return "" if self.count is None else count_words(self.count)


def count_words(count: int) -> str:
    """A capped count as people read it: ``12``, or ``more than 1,000``."""
    return f"{count:,}" if count <= COUNTED_AT_MOST else f"more than {COUNTED_AT_MOST:,}"


def check_limit(limit: int) -> int:
    """The limit. Raises: NotValid outside 1 to 200."""
    if not 1 <= limit <= LARGEST_LIMIT:
        raise NotValid(Gap("limit", f"Choose a limit from 1 to {LARGEST_LIMIT}"))
    return limit


def keyset_page(
    look: Look,
    query: Select[Any],
    *,
    sort: Any,  # noqa: ANN401 - a column, in any of the ways SQLModel spells one
    tie: Any,  # noqa: ANN401 - as above
    descending: bool,
    cursor: str,
    limit: int,
) -> tuple[list[Any], str]:
    """(rows, cursor of the next page or empty). ``sort`` must not be null in the query.

    Raises: NotValid for a cursor that is not ours.
    """
    if cursor:
        value, last = _decode(cursor)
        if type(value) is not sort.type.python_type:
            # The cursor of a list in another order.
            raise _bad_cursor()
        query = query.where(_after(sort, tie, value, last, descending=descending))
    order = (sort.desc(), tie.desc()) if descending else (sort.asc(), tie.asc())
    rows = look.session.execute(query.order_by(*order).limit(limit + 1)).scalars().all()
    if len(rows) <= limit:
        return list(rows), ""
    final = rows[limit - 1]
    return list(rows[:limit]), _encode(getattr(final, sort.key or "id"), final.id)


def capped_count(look: Look, query: Select[Any]) -> int:
    """How many rows the query has, counted up to COUNTED_AT_MOST + 1."""
    return capped_counts(look, {"one": query})["one"]


def capped_counts(look: Look, queries: Mapping[str, Select[Any]]) -> dict[str, int]:
    """As capped_count for several queries at once, by name. One query."""
    counted = [
        select(func.count())
        .select_from(
            query.with_only_columns(literal(1).label("one"))
            .order_by(None)
            .limit(COUNTED_AT_MOST + 1)
            .subquery()
        )
        .scalar_subquery()
        for query in queries.values()
    ]
    row = look.session.execute(select(*counted)).one()
    return dict(zip(queries, (int(one) for one in row), strict=True))


def _after(
    sort: ColumnElement[Any],
    tie: ColumnElement[Any],
    value: object,
    last: int,
    *,
    descending: bool,
) -> ColumnElement[bool]:
    # The first half alone says less than the second; it is there because an index can begin to
    # read at it, where an "or" would be read from the beginning of the list.
    if descending:
        return and_(sort <= value, or_(sort < value, tie < last))
    return and_(sort >= value, or_(sort > value, tie > last))


def _encode(value: object, row_id: int) -> str:
    if isinstance(value, datetime):
        kept = ["at", value.astimezone(UTC).isoformat()]
    elif isinstance(value, date):
        kept = ["on", value.isoformat()]
    else:
        kept = ["is", str(value)]
    return base64.urlsafe_b64encode(json.dumps([*kept, row_id]).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[object, int]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        kind, value, row_id = json.loads(base64.urlsafe_b64decode(padded))
        readers: dict[str, Callable[[str], object]] = {
            "at": lambda text: datetime.fromisoformat(text).astimezone(UTC),
            "on": date.fromisoformat,
            "is": _word,
        }
        parsed = readers[kind](value)
        number = int(row_id)
    except (
        ValueError, TypeError, KeyError, OverflowError, binascii.Error, RecursionError,
    ) as error:  # fmt: skip
        raise _bad_cursor() from error
    if not 0 <= number < 2**31:
        raise _bad_cursor()
    return parsed, number


def _word(value: object) -> str:
    """Raises: ValueError for what no column holds, and no database wants to be asked for."""
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("no text of a column")
    value.encode()
    return value


def _bad_cursor() -> NotValid:
    return NotValid(Gap("cursor", "This cursor is not one of ours; begin without it"))
