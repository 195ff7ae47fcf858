"""The timeline of an incident as its page and programs read it, and what entries said before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from tracker.db.work import Look
from tracker.domain.errors import Gap, NotFound, NotValid
from tracker.models.incident import Incident, TimelineEntry, TimelineRevision
from tracker.models.slack import SlackFile
from tracker.reading.listing import Listed, check_limit, keyset_page

ENTRIES_PER_PAGE = 200
LARGEST_ID = 2**31
_PLACE = re.compile(r"(earlier|later)-([0-9]{1,17})-([0-9]{1,10})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TimelinePart:
    """Up to 200 entries in the order of what happened, and the places before and after."""

    entries: list[TimelineEntry]
    earlier: str
    later: str


def timeline_part(
    look: Look, incident: Incident, *, place: str = "", newest_first: bool = False
) -> TimelinePart:
    """The entries around a place; without one, those of the beginning or the newest ones.

    Raises: NotValid for a place that is not ours.
    """
    query = select(TimelineEntry).where(TimelineEntry.incident_id == incident.key)
    way, condition = _around(place)
    if condition is not None:
        query = query.where(condition)
    backwards = way == "earlier" or (not way and newest_first)
    at, tie = col(TimelineEntry.at), col(TimelineEntry.id)
    order = (at.desc(), tie.desc()) if backwards else (at, tie)
    rows = list(look.session.exec(query.order_by(*order).limit(ENTRIES_PER_PAGE + 1)))
    more = len(rows) > ENTRIES_PER_PAGE
    rows = rows[:ENTRIES_PER_PAGE]
    if backwards:
        rows.reverse()
    has_earlier = more if backwards else bool(way)
    has_later = bool(way) if backwards else more
    return TimelinePart(
        rows,
        _place("earlier", rows[0]) if rows and has_earlier else "",
        _place("later", rows[-1]) if rows and has_later else "",
    )


def timeline_page(
    look: Look, incident: Incident, *, cursor: str = "", limit: int = 50
) -> Listed[TimelineEntry]:
    """Entries in the order of what happened, taken-back ones too. Raises: NotValid."""
    rows, following = keyset_page(
        look,
        select(TimelineEntry).where(TimelineEntry.incident_id == incident.key),
        sort=col(TimelineEntry.at),
        tie=col(TimelineEntry.id),
        descending=False,
        cursor=cursor,
        limit=check_limit(limit),
    )
    return Listed(rows, following)


def entry_by_id(look: Look, incident: Incident, entry_id: int) -> TimelineEntry:
    """Raises: NotFound, also for an entry of another incident."""
    entry = look.session.get(TimelineEntry, entry_id) if entry_id < LARGEST_ID else None
    if entry is None or entry.incident_id != incident.key:
        raise NotFound("That timeline entry")
    return entry


@dataclass(frozen=True)
class PictureItem:
    """A picture kept with an entry, without its bytes."""

    id: int
    name: str


def pictures_of(look: Look, entries: Sequence[TimelineEntry]) -> dict[int, list[PictureItem]]:
    """The pictures of messages among the entries. No question where there is no message."""
    ids = [entry.key for entry in entries if entry.kind == "message"]
    found: dict[int, list[PictureItem]] = {}
    if ids:
        rows = look.session.exec(
            select(SlackFile.entry_id, SlackFile.id, SlackFile.name)
            .where(col(SlackFile.entry_id).in_(ids))
            .order_by(col(SlackFile.id))
        )
        for entry_id, picture_id, name in rows:
            found.setdefault(entry_id, []).append(PictureItem(picture_id or 0, name))
    return found


def picture_by_id(look: Look, entry: TimelineEntry, picture_id: int) -> SlackFile:
    """The picture with its bytes. Raises: NotFound, also for one of another or struck out entry."""
    row = look.session.get(SlackFile, picture_id) if picture_id < LARGEST_ID else None
    if row is None or row.entry_id != entry.key or entry.retracted_at is not None:
        raise NotFound("That picture")
    return row


def entry_revisions(look: Look, entry: TimelineEntry) -> list[TimelineRevision]:
    """What the entry said before, oldest first."""
    query = (
        select(TimelineRevision)
        .where(TimelineRevision.entry_id == entry.key)
        .order_by(col(TimelineRevision.version))
    )
    return list(look.session.exec(query))


def _place(way: str, entry: TimelineEntry) -> str:
    return f"{way}-{(entry.at - _EPOCH) // timedelta(microseconds=1)}-{entry.key}"


def _around(place: str) -> tuple[str, ColumnElement[bool] | None]:
    if not place:
        return "", None
    found = _PLACE.fullmatch(place)
    if found is None:
        raise NotValid(Gap("place", "This place in the timeline is not one of ours"))
    way, instant, entry_id = found.group(1), int(found.group(2)), int(found.group(3))
    try:
        at = _EPOCH + timedelta(microseconds=instant)
    except OverflowError as error:
        raise NotValid(Gap("place", "This place in the timeline is not one of ours")) from error
    here = col(TimelineEntry.at), col(TimelineEntry.id)
    if way == "earlier":
        return way, (here[0] < at) | ((here[0] == at) & (here[1] < entry_id))
    return way, (here[0] > at) | ((here[0] == at) & (here[1] > entry_id))
