"""The picture of what a service depends on and what depends on it, as places on a plane.

Columns go from what needs the service, on the left, to what it needs, on the right. A column
shows the ROWS most important ones and says how many more there are, so that two hundred
dependencies stay readable; the table beside the picture names them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.models.catalogue import Service
from tracker.reading.dependencies import Neighbour

ROWS = 12
WIDTH, HEIGHT = 168, 34
GAP_X, GAP_Y = 64, 12
MARGIN = 8
LONGEST_NAME = 22


@dataclass(frozen=True)
class Node:
    """A box: its corner, its words, and what it stands for."""

    x: int
    y: int
    text: str
    kind: str  # itself | self | managed | vendor | more
    tier: int = 0


@dataclass(frozen=True)
class Picture:
    """Boxes and the paths between them, and what it shows in words."""

    width: int
    height: int
    nodes: list[Node]
    paths: list[str]
    words: str


def picture_of(
    service: Service, depends_on: Sequence[Neighbour], needed_by: Sequence[Neighbour]
) -> Picture | None:
    """The picture, or ``None`` where there is nothing beside the service itself."""
    if not depends_on and not needed_by:
        return None
    columns: list[tuple[int, list[Neighbour]]] = [
        (-2, [one for one in needed_by if one.steps == 2]),
        (-1, [one for one in needed_by if one.steps == 1]),
        (1, [one for one in depends_on if one.steps == 1]),
        (2, [one for one in depends_on if one.steps == 2]),
    ]
    columns = [(side, rows) for side, rows in columns if rows]
    sides = sorted([0, *(side for side, _ in columns)])
    tallest = max(_boxes(rows) for _, rows in columns)
    height = tallest * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
    left = {side: MARGIN + place * (WIDTH + GAP_X) for place, side in enumerate(sides)}
    middle = (height - HEIGHT) // 2
    nodes = [Node(left[0], middle, _short(service.name), "itself", service.tier)]
    places: dict[tuple[int, int], tuple[int, int]] = {(0, service.key): (left[0], middle)}
    for side, rows in columns:
        top = (height - _boxes(rows) * (HEIGHT + GAP_Y) + GAP_Y) // 2
        for place, one in enumerate(rows[:ROWS]):
            y = top + place * (HEIGHT + GAP_Y)
            places[side, one.row.key] = (left[side], y)
            nodes.append(Node(left[side], y, _short(one.row.name), one.row.kind, one.row.tier))
        if len(rows) > ROWS:
            y = top + ROWS * (HEIGHT + GAP_Y)
            nodes.append(Node(left[side], y, f"and {len(rows) - ROWS} more", "more"))
    return Picture(
        width=len(sides) * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN,
        height=height,
        nodes=nodes,
        paths=list(_paths(columns, places)),
        words=_in_words(service, depends_on, needed_by),
    )


def _boxes(rows: Sequence[Neighbour]) -> int:
    return min(len(rows), ROWS) + (len(rows) > ROWS)


def _paths(
    columns: Sequence[tuple[int, list[Neighbour]]],
    places: dict[tuple[int, int], tuple[int, int]],
) -> list[str]:
    found = []
    for side, rows in columns:
        nearer = side + 1 if side < 0 else side - 1
        for one in rows[:ROWS]:
            for origin in one.through:
                inner = places.get((nearer, origin))
                if inner is None:
                    continue
                outer = places[side, one.row.key]
                start, end = (outer, inner) if side < 0 else (inner, outer)
                found.append(_curve(start, end))
    return found


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + WIDTH, start[1] + HEIGHT // 2
    x2, y2 = end[0], end[1] + HEIGHT // 2
    bend = (x2 - x1) // 2
    return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2 - 6} {y2}"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _in_words(
    service: Service, depends_on: Sequence[Neighbour], needed_by: Sequence[Neighbour]
) -> str:
    def counted(rows: Sequence[Neighbour]) -> str:
        near = sum(one.steps == 1 for one in rows)
        far = len(rows) - near
        return (
            f"{near}, and through {'it' if near == 1 else 'them'} on {far} more"
            if far
            else str(near)
        )

    needs = counted(depends_on) if depends_on else "no other service"
    users = sum(one.steps == 1 for one in needed_by)
    needed = f"{users} need{'s' if users == 1 else ''} it" if users else "no other needs it"
    return f"{service.name} depends on {needs}; {needed}. The table below names all of them."
