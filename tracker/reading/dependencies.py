"""What depends on what, some steps away: asked of the database at once, circles and all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, Subquery, cast, func, literal
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
    reach = start.cte("reach", recursive=True)
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
        .subquery("within_reach")
    )


def neighbours(look: Look, service: Service, *, steps: int, upwards: bool) -> list[Neighbour]:
    """The services up to ``steps`` away, without the service itself: nearest first, then the most
    important, then by name. Two queries.
    """
    itself = sa_select(col(Service.id)).where(col(Service.id) == service.key)
    reach = within_reach(itself, steps=steps, upwards=upwards)
    found = look.session.execute(
        sa_select(Service, reach.c.steps)
        .join(reach, col(Service.id) == reach.c.service_id)
        .where(reach.c.steps > 0)
        .order_by(reach.c.steps, col(Service.tier), col(Service.name), col(Service.id))
    ).all()
    distance = {service.key: 0, **{row.key: int(count) for row, count in found}}
    hangs_on = _edges(look, distance, upwards=upwards)
    return [
        Neighbour(
            row,
            int(count),
            tuple(one for one in hangs_on.get(row.key, ()) if distance[one] == count - 1),
        )
        for row, count in found
    ]


def _edges(look: Look, among: Collection[int], *, upwards: bool) -> dict[int, list[int]]:
    """For each of the services, which of the others it is reached from."""
    found: dict[int, list[int]] = {}
    edges = look.session.execute(
        sa_select(ServiceDependency.service_id, ServiceDependency.depends_on_id)  # type: ignore[call-overload]
        .where(
            col(ServiceDependency.service_id).in_(list(among)),
            col(ServiceDependency.depends_on_id).in_(list(among)),
        )
        .order_by(ServiceDependency.service_id, ServiceDependency.depends_on_id)
    )
    for user, used in edges:
        here, origin = (user, used) if upwards else (used, user)
        found.setdefault(here, []).append(origin)
    return found
