"""How a demo incident looked to those who were there: asked, written, shared, or turned down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from tracker.db.work import Work
from tracker.models.review import Review
from tracker.usecases.analyse.perspectives import (
    AskPerspectives,
    WritePerspective,
    add_perspective_moment,
    ask_perspectives,
    decline_perspective,
    share_perspective,
    write_perspective,
)
from tracker.usecases.demo.notation import HOUR, MINUTE, Step, Telling

KIND = "perspective"


def perspective_steps(
    telling: Telling, told: Mapping[str, Any], at: datetime, review: Callable[[Work], Review]
) -> Iterator[Step]:
    """Everybody is asked at once, and answers within hours, an hour after one another."""
    asked = list(told["asked"])

    def ask(work: Work) -> None:
        for one in asked:
            people = (telling.ids.email(one["person"]),)
            (row,) = ask_perspectives(work, review(work), AskPerspectives(people=people))
            telling.ids.keep(KIND, _name(telling, one), row.key)

    yield telling.step(at, str(told["by"]), "ask for perspectives", ask)
    for number, one in enumerate(asked, start=1):
        yield from _answering(telling, one, at + number * HOUR)


def _answering(telling: Telling, one: Mapping[str, Any], at: datetime) -> Iterator[Step]:
    def write(work: Work) -> None:
        mine = telling.ids.get(KIND, _name(telling, one))
        for moment in one.get("moments", ()):
            seen_at = telling.after(moment["after"])
            add_perspective_moment(work, mine, at=seen_at, text=moment["text"])
        for question, text in one.get("answers", {}).items():
            write_perspective(work, mine, WritePerspective(question=question, text=text))

    def decide(work: Work) -> None:
        mine = telling.ids.get(KIND, _name(telling, one))
        if one["state"] == "shared":
            share_perspective(work, mine)
        else:
            decline_perspective(work, mine)

    person = str(one["person"])
    yield telling.step(at, person, "write how it looked", write)
    if one["state"] != "private":
        yield telling.step(at + 20 * MINUTE, person, "share or decline", decide)


def _name(telling: Telling, one: Mapping[str, Any]) -> str:
    return f"{telling.slug} {one['person']}"
