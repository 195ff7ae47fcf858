"""Time to mitigate with and without a procedure: what running one goes along with.

It compares, it does not prove: people reach for a procedure in some kinds of trouble and not in
others. So both numbers come with how many incidents they stand on, and too few give none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.measures import Middle, middle
from tracker.models.catalogue import Service
from tracker.models.incident import Incident, IncidentService, IncidentTime
from tracker.models.procedure import ProcedureRun

WITHIN = timedelta(days=365)
# The newest of a year: the median of so many hardly moves by more.
INCIDENTS_READ = 2_000
NOT_COUNTED = ("dismissed", "merged")


@dataclass(frozen=True)
class WithAndWithout:
    """Medians of the time to mitigate, each with the number of incidents it stands on."""

    with_procedure: Middle
    without: Middle

    @property
    def too_few(self) -> bool:
        """Nothing can be compared while one of the two is on too few incidents."""
        return self.with_procedure.too_few or self.without.too_few


@dataclass(frozen=True)
class _Mitigated:
    took: timedelta
    with_procedure: bool


def time_to_mitigate(look: Look, *, service: str = "") -> WithAndWithout:
    """Over the readable incidents of the last year; of one service when its slug is given.

    Time to mitigate is from the start of the impact to the mitigation; an incident counts as with
    a procedure when a run began before it was mitigated. Near misses, dismissed and merged
    incidents, and those with one of the two times unknown are left out. One query.
    """
    return _compared(_mitigated(look, service=service))


def _compared(found: Iterable[_Mitigated]) -> WithAndWithout:
    took: dict[bool, list[timedelta | None]] = {True: [], False: []}
    for one in found:
        took[one.with_procedure].append(one.took)
    return WithAndWithout(middle(took[True]), middle(took[False]))


def _mitigated(look: Look, *, service: str) -> list[_Mitigated]:
    began, ended = aliased(IncidentTime), aliased(IncidentTime)
    first_run = (
        select(func.min(col(ProcedureRun.started_at)))
        .where(col(ProcedureRun.incident_id) == col(Incident.id))
        .correlate(Incident)
        .scalar_subquery()
    )
    query = (
        select(col(began.at), col(ended.at), first_run)
        .select_from(Incident)
        .join(began, col(began.incident_id) == col(Incident.id))
        .join(ended, col(ended.incident_id) == col(Incident.id))
        .where(
            readable(Incident, look.actor),
            col(Incident.kind) == "incident",
            col(Incident.state).not_in(NOT_COUNTED),
            col(Incident.declared_at) >= look.now - WITHIN,
            *_known(began, "impact_started"),
            *_known(ended, "mitigated"),
        )
        .order_by(col(Incident.declared_at).desc(), col(Incident.id).desc())
        .limit(INCIDENTS_READ)
    )
    if service:
        here = (
            select(col(IncidentService.incident_id))
            .join(Service, col(Service.id) == col(IncidentService.service_id))
            .where(col(Service.slug) == service)
        )
        query = query.where(col(Incident.id).in_(here))
    return [
        _Mitigated(end - start, run_at is not None and run_at <= end)
        for start, end, run_at in look.session.execute(query)
    ]


def _known(times: type[IncidentTime], name: str) -> tuple[ColumnElement[bool], ...]:
    return (col(times.name) == name, col(times.current).is_(True), col(times.at).is_not(None))
