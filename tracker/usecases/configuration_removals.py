"""What is in no file any more: taken out where nothing needs it, else handed to the pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from tracker.configuration.kinds import KINDS, Item
from tracker.configuration.planning import Change, State, ThingKey
from tracker.db.work import Look, Work
from tracker.models.table import Row
from tracker.reading.configuration import MODELS

# What belongs to a thing and goes with it; everything else that points at it needs it.
OWN_LINKS = {
    ("service_tag", "service_id"),
    ("service_dependency", "service_id"),
    ("calendar_service", "entry_id"),
    ("procedure_service", "procedure_id"),
}
_AT_ONCE = 500


def still_needed(
    look: Look,
    rows: Mapping[ThingKey, int],
    items: Iterable[Item],
    *,
    wanted: Collection[ThingKey],
    standing: State,
) -> set[ThingKey]:
    """Which of these things cannot go, because a wanted thing or a record here points at them.

    ``rows`` are their ids. What points at a thing and goes as well does not hold it.
    """
    needed = {
        (kind, key) for item in items for _, kind, key in item.references() if (kind, key) in rows
    }
    rewritten = {
        str(MODELS[kind].__tablename__): {
            here.row_id for thing, here in standing.items() if thing[0] == kind and thing in wanted
        }
        for kind in KINDS
    }
    # What points comes before what is pointed at, so that a service does not hold its team when
    # both go.
    going: dict[str, set[int]] = {}
    for kind in reversed(KINDS):
        mine = {
            row_id: key
            for (one, key), row_id in rows.items()
            if one == kind and (one, key) not in needed
        }
        if not mine:
            continue
        table = str(MODELS[kind].__tablename__)
        going[table] = set(mine)
        # What stays may need another of its own kind, so once more until nothing is added.
        while held := _held(look, table, going[table], going=going, rewritten=rewritten):
            needed |= {(kind, mine[row_id]) for row_id in held}
            going[table] -= held
    return needed


def take_out(work: Work, changes: Iterable[Change]) -> None:
    """Removed things are gone with what belongs to them; released ones are kept by the pages."""
    for change in reversed(list(changes)):
        row: Any = work.session.get(MODELS[change.kind], change.row_id)
        if row is None:
            continue
        if change.verb == "release":
            row.managed_by = ""
            work.session.add(row)
            continue
        _note(work, row)
        work.session.delete(row)
        work.session.flush()


def _note(work: Work, row: Row) -> None:
    """The audit tells that the row is gone: its last change is that no file governs it."""
    setattr(row, "managed_by", "")  # noqa: B010 - every managed table has it
    work.session.add(row)
    work.session.flush()


def _held(
    look: Look,
    table: str,
    ids: set[int],
    *,
    going: Mapping[str, set[int]],
    rewritten: Mapping[str, set[int]],
) -> set[int]:
    held: set[int] = set()
    for column in _pointing_at(table):
        source = column.table
        others = going.get(source.name, set()) | rewritten.get(source.name, set())
        for some in _portions(ids - held):
            query = sa.select(column).where(column.in_(some))
            if "id" in source.columns:
                query = query.add_columns(source.columns["id"])
                found = [row for row in look.session.execute(query) if row[1] not in others]
            else:
                found = [
                    row
                    for row in look.session.execute(query.add_columns(*_links_of(column)))
                    if not _goes(row, _links_of(column), going, rewritten)
                ]
            held |= {row[0] for row in found}
    return held


def _pointing_at(table: str) -> Iterator[sa.Column[Any]]:
    for source in SQLModel.metadata.sorted_tables:
        for column in source.columns:
            for key in column.foreign_keys:
                if key.column.table.name == table and (source.name, column.name) not in OWN_LINKS:
                    yield column


def _links_of(column: sa.Column[Any]) -> list[sa.Column[Any]]:
    """The other keys of a table of links: the things whose links they are."""
    return [one for one in column.table.columns if one.foreign_keys and one is not column]


def _goes(
    row: sa.Row[Any],
    links: list[sa.Column[Any]],
    going: Mapping[str, set[int]],
    rewritten: Mapping[str, set[int]],
) -> bool:
    """True when the link goes with a thing that goes, or is written anew from a file."""
    values: tuple[Any, ...] = tuple(row)[1:]
    for value, link in zip(values, links, strict=True):
        target = next(iter(link.foreign_keys)).column.table.name
        own = (link.table.name, link.name) in OWN_LINKS
        if value in going.get(target, set()) or (own and value in rewritten.get(target, set())):
            return True
    return False


def _portions(ids: set[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
