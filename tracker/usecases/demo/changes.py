"""The changes of the demo: told by the pipelines when they were made, linked by people later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from tracker.db.work import Work
from tracker.domain.event import PRODUCTION, Change
from tracker.models.event import OperationalEvent
from tracker.usecases.demo.notation import MINUTE, Step, Telling
from tracker.usecases.respond.changes import LinkChange, link_change, record_change


def change_steps(telling: Telling) -> Iterator[Step]:
    """The changes around an incident, and what people said about them.

    A change is told at its end, also when that was before anybody knew of the incident.
    """
    for number, one in enumerate(telling.story.get("changes", ()), start=1):
        name = f"{telling.slug} {number}"
        ended_at = min(telling.after(one["after"]), telling.present - MINUTE)
        yield Step(
            ended_at, one["by"], telling.slug, "change", partial(_record, telling, one, name)
        )
        said = one.get("said")
        if said:
            ask = LinkChange(
                role=said["role"], confirmed=said.get("so", True), note=said.get("note", "")
            )
            yield telling.step(
                telling.after(said["after"]), said["by"], "said", partial(_say, telling, name, ask)
            )


def _record(telling: Telling, one: Mapping[str, Any], name: str, work: Work) -> None:
    row = record_change(
        work,
        Change(
            instance_key=f"demo {name}",
            kind=one.get("kind", "deploy"),
            title=one.get("title", ""),
            service=one["service"],
            environment=one.get("environment", PRODUCTION),
            revision=one.get("revision", ""),
            status=one.get("status", "succeeded"),
            started_at=work.now - one.get("minutes", 4) * MINUTE,
            finished_at=work.now,
            by=one.get("tool", "release pipeline"),
        ),
    )
    telling.ids.keep("change", name, row.key)


def _say(telling: Telling, name: str, ask: LinkChange, work: Work) -> None:
    row = work.get(OperationalEvent, telling.ids.get("change", name))
    link_change(work, telling.incident(work), row, ask)
