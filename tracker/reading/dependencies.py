"""What depends on what, some steps away: asked of the database at once, circles and all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, Subquery, cast, func, literal, union_all
from sqlalchemy import select as sa_select
from sqlmodel import col

from tracker.db.work import Look
from tracker.models.catalogue import Service, ServiceDependency


@dataclass(frozen=True)
class Neighbour:
    """A service some steps from another; ``through`` are the ids it hangs on, a step nearer."""

    row: Service
    steps: int
    through: tuple[int, ...]


def within_reach(services: Select[Any], *, steps: int, upwards: bool = False) -> Subquery:
    """(service_id, steps): the services and all they depend on, each at its shortest distance.

    ``upwards``: all that depends on them instead.
    """
    start = services.with_only_columns(
        services.selected_columns[0].label("service_id"), cast(literal(0), Integer).label("steps")
    )
    # UNION, not UNION ALL: services that depend on each other in a circle come to an end.
    name = "above" if upwards else "below"
    reach = start.cte(name, recursive=True)
    near, far = col(ServiceDependency.service_id), col(ServiceDependency.depends_on_id)
    if upwards:
        near, far = far, near
    reach = reach.union(
        sa_select(far, reach.c.steps + 1)
        .join(reach, near == reach.c.service_id)
        .where(reach.c.steps < steps)
    )
    return (
        sa_select(reach.c.service_id, func.min(reach.c.steps).label("steps"))
        .group_by(reach.c.service_id)
        .subquery(f"all_{name}")
    )


def neighbourhood(
    look: Look, service: Service, *, steps: int = 2
) -> tuple[list[Neighbour], list[Neighbour]]:
    """(what it depends on, what depends on it), up to ``steps`` away and without itself: nearest
    first, then the most important, then by name. Two queries.
    """
    itself = sa_select(col(Service.id)).where(col(Service.id) == service.key)
    asked = [
        sa_select(reach.c.service_id, reach.c.steps, literal(upwards).label("upwards"))
        for upwards in (False, True)
        for reach in [within_reach(itself, steps=steps, upwards=upwards)]
    ]
    reached = union_all(*asked).subquery()
    found = look.session.execute(
        sa_select(Service, reached.c.steps, reached.c.upwards)
        .join(reached, col(Service.id) == reached.c.service_id)
        .where(reached.c.steps > 0)
        .order_by(reached.c.steps, col(Service.tier), col(Service.name), col(Service.id))
    ).all()
    edges = _edges(look, {service.key, *(row.key for row, *_ in found)})

    def side(*, upwards: bool) -> list[Neighbour]:
        here = [(row, int(count)) for row, count, up in found if bool(up) is upwards]
        distance = {service.key: 0, **{row.key: count for row, count in here}}
        # The users of each, or what each uses: those it is reached from.
        origins: dict[int, list[int]] = {}
        for user, used in edges:
            one, origin = (user, used) if upwards else (used, user)
            origins.setdefault(one, []).append(origin)
        return [
            Neighbour(
                row,
                count,
                tuple(one for one in origins.get(row.key, ()) if distance.get(one) == count - 1),
            )
            for row, count in here
        ]

    return side(upwards=False), side(upwards=True)


def _edges(look: Look, among: Collection[int]) -> list[tuple[int, int]]:
    """(user, used) of every dependency among these services."""
    rows = look.session.execute(
        sa_select(ServiceDependency.service_id, ServiceDependency.depends_on_id)  # type: ignore[call-overload]
        .where(
            col(ServiceDependency.service_id).in_(list(among)),
            col(ServiceDependency.depends_on_id).in_(list(among)),
        )
        .order_by(ServiceDependency.service_id, ServiceDependency.depends_on_id)
    )
    return [(user, used) for user, used in rows]
