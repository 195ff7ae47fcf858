"""One incident of the demo as steps: declared, worked on, told about, closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from tracker.db.work import Work
from tracker.domain.incident import NEAR_MISS_QUESTIONS
from tracker.models.incident import Incident
from tracker.usecases.demo.notation import HOUR, MINUTE, Step, Telling
from tracker.usecases.respond.declaring import (
    DeclareIncident,
    ReportNearMiss,
    declare_incident,
    report_near_miss,
)
from tracker.usecases.respond.incidents import (
    EditIncident,
    MoveIncident,
    edit_incident,
    merge_incident,
    move_incident,
)
from tracker.usecases.respond.response import (
    PostUpdate,
    add_task,
    assign_role,
    finish_task,
    post_update,
    release_role,
)
from tracker.usecases.respond.severities import AssessSeverity, assess_severity
from tracker.usecases.respond.timeline import AddEntry, add_timeline_entry
from tracker.usecases.respond.times import TimeAsk, record_time

# The verbs that state a time of their own; the other times are recorded one by one.
VERB_OF_TIME = {
    "engaged": "investigate",
    "mitigated": "mitigate",
    "resolved": "resolve",
    "closed": "close",
}
KNOWN_AT_DECLARATION = ("impact_started", "detected")
Ask = TypeVar("Ask")


def incident_steps(telling: Telling) -> Iterator[Step]:
    """What happened to the incident, each step at its instant; the order within one is kept."""
    if telling.near_miss:
        yield from _near_miss(telling)
    else:
        yield _declaration(telling)
        yield from _severity(telling)
        yield from _moves(telling)
        yield from _times(telling)
    yield from _roles(telling)
    yield from _tasks(telling)
    yield from _updates(telling)
    yield from _timeline(telling)


def _declaration(telling: Telling) -> Step:
    story = telling.story
    first: Mapping[str, str] = next(iter(story.get("severity_changes", ())), {})
    afterwards = bool(story.get("recorded_afterwards"))
    times = {
        name: _stated(telling, name)
        for name in story.get("times", {})
        if name != "closed"
        and (afterwards or name in KNOWN_AT_DECLARATION)
        and not _first_told(telling, name)
    }
    times = {
        name: ask for name, ask in times.items() if ask.at is None or ask.at <= telling.declared_at
    }

    def declare(work: Work) -> None:
        because = story.get("severity_because", "")
        incident = declare_incident(
            work,
            DeclareIncident(
                title=story["title"],
                summary=story["summary"] if afterwards else "",
                impact_text=story.get("impact_text", "") if afterwards else "",
                impact=first.get("from_impact", story["impact"]),
                urgency=first.get("from_urgency", story["urgency"]),
                severity=story["severity"] if because and not first else "",
                severity_reason="" if first else because,
                services=tuple(story.get("services", ())),
                teams=tuple(story.get("teams", ())),
                tags=tuple(story.get("tags", ())),
                visibility=story["visibility"],
                members=tuple(telling.ids.email(one) for one in story.get("members", ())),
                times=times,
                recorded_afterwards=afterwards,
                state="resolved" if afterwards else "declared",
            ),
        )
        telling.ids.keep("incident", telling.slug, incident.key)

    return telling.step(telling.declared_at, story["declared_by"], "declare", declare)


def _near_miss(telling: Telling) -> Iterator[Step]:
    story = telling.story

    def report(work: Work) -> None:
        answers = {name: story["near_miss"][name] for name in NEAR_MISS_QUESTIONS}
        incident = report_near_miss(
            work,
            ReportNearMiss(
                title=story["title"],
                happened_at=telling.time("detected") or telling.zero,
                services=tuple(story.get("services", ())),
                teams=tuple(story.get("teams", ())),
                tags=tuple(story.get("tags", ())),
                visibility=story["visibility"],
                members=tuple(telling.ids.email(one) for one in story.get("members", ())),
                **answers,
            ),
        )
        telling.ids.keep("incident", telling.slug, incident.key)
        edit_incident(work, incident, EditIncident(summary=story["summary"]))

    yield telling.step(telling.declared_at, story["declared_by"], "report", report)


def _severity(telling: Telling) -> Iterator[Step]:
    story = telling.story
    changes = list(story.get("severity_changes", ()))
    for number, change in enumerate(changes):
        following: Mapping[str, str] = changes[number + 1] if number + 1 < len(changes) else {}
        last = not following
        ask = AssessSeverity(
            impact=following.get("from_impact", story["impact"]),
            urgency=following.get("from_urgency", story["urgency"]),
            severity=story["severity"] if last and story.get("severity_because") else "",
            why=change["because"],
        )
        yield telling.step(
            telling.after(change["after"]),
            change["by"],
            "severity",
            partial(_on_incident, telling, assess_severity, ask),
        )


def _moves(telling: Telling) -> Iterator[Step]:
    story = telling.story
    lead = _lead(telling)
    known = {name: telling.time(name) for name in VERB_OF_TIME}
    if story.get("recorded_afterwards"):
        if known["closed"]:
            yield _move(telling, "closed", known["closed"], lead)
        return
    # When it is eased, people can say what had happened.
    over = known["mitigated"] or known["resolved"]
    teller = lead if over else story["declared_by"]
    summary = EditIncident(summary=story["summary"], impact_text=story.get("impact_text", ""))
    yield telling.step(
        over or telling.declared_at + MINUTE,
        teller,
        "summary",
        partial(_on_incident, telling, edit_incident, summary),
    )
    if known["engaged"]:
        yield _move(telling, "engaged", known["engaged"], lead)
    if story.get("reopened"):
        for name in ("mitigated", "resolved"):
            yield _move(telling, name, telling.after(story["reopened"][f"{name}_first"]), lead)
        yield _ended(telling, "reopen")
    for name in ("mitigated", "resolved", "closed"):
        at = _first_told(telling, name) or known[name]
        if at:
            yield _move(telling, name, at, lead)
    if story.get("dismissed"):
        yield _ended(telling, "dismiss")
    if story.get("merged"):
        yield telling.step(
            telling.after(story["merged"]["after"]),
            story["merged"]["by"],
            "merge",
            partial(_merge, telling, story["merged"]["into"]),
        )


def _ended(telling: Telling, verb: str) -> Step:
    """Dismissed or reopened, by whom and why."""
    told = telling.story[f"{verb}ed"]
    ask = MoveIncident(verb=verb, why=told["reason"])
    do = partial(_on_incident, telling, move_incident, ask)
    return telling.step(telling.after(told["after"]), told["by"], verb, do)


def _merge(telling: Telling, into: str, work: Work) -> None:
    target = telling.ids.ref("incident", into)
    merge_incident(work, telling.incident(work), into=target)


def _move(telling: Telling, name: str, at: datetime | None, by: str) -> Step:
    ask = MoveIncident(verb=VERB_OF_TIME[name], at=at)
    return telling.step(
        at or telling.declared_at,
        by,
        VERB_OF_TIME[name],
        partial(_on_incident, telling, move_incident, ask),
    )


def _times(telling: Telling) -> Iterator[Step]:
    """What neither the declaration nor a move states, and every correction."""
    lead = _lead(telling)
    for name, told in telling.story.get("times", {}).items():
        first = _first_told(telling, name)
        by_itself = name not in (*VERB_OF_TIME, "declared", *KNOWN_AT_DECLARATION)
        early = name in KNOWN_AT_DECLARATION and (telling.time(name) or telling.zero) > (
            telling.declared_at
        )
        unknown = "unknown" in told and name not in KNOWN_AT_DECLARATION
        if (
            by_itself or early or unknown or (first and name not in VERB_OF_TIME)
        ) and not telling.story.get("recorded_afterwards"):
            at = first or telling.time(name)
            ask = (
                TimeAsk(at=at, source=told.get("source", "staff")) if at else _stated(telling, name)
            )
            yield telling.step(
                at or telling.declared_at + HOUR, lead, name, partial(_record, telling, name, ask)
            )
        if first:
            mended = max(first, telling.time(name) or first) + HOUR
            ask = TimeAsk(at=telling.time(name), source="staff")
            yield telling.step(
                mended, told["corrected_by"], name, partial(_record, telling, name, ask)
            )
            note = AddEntry(
                text=f"{name.replace('_', ' ').capitalize()} corrected: {told['corrected_because']}"
            )
            yield telling.step(
                mended,
                told["corrected_by"],
                "note",
                partial(_on_incident, telling, add_timeline_entry, note),
            )


def _roles(telling: Telling) -> Iterator[Step]:
    held: list[Mapping[str, Any]] = telling.story.get("roles", [])
    for one in held:
        taker = telling.ids.email(one["person"])
        yield telling.step(
            telling.after(one["from"]),
            one["person"],
            one["role"],
            partial(_assign, telling, one["role"], taker),
        )
        handed_on = any(
            other["role"] == one["role"] and other["from"] == one.get("until") for other in held
        )
        if one.get("until") and not handed_on:
            yield telling.step(
                telling.after(one["until"]),
                one["person"],
                f"{one['role']} ends",
                partial(_release, telling, one["role"]),
            )


def _tasks(telling: Telling) -> Iterator[Step]:
    for number, task in enumerate(telling.story.get("tasks", ())):
        name = f"{telling.slug} task {number}"

        def add(work: Work, task: Mapping[str, Any] = task, name: str = name) -> None:
            row = add_task(
                work,
                telling.incident(work),
                title=task["title"],
                owner=telling.ids.email(task["owner"]),
            )
            telling.ids.keep("task", name, row.key)

        def finish(work: Work, name: str = name) -> None:
            finish_task(work, telling.incident(work), telling.ids.get("task", name))

        yield telling.step(telling.after(task["after"]), task["owner"], "task", add)
        if task["state"] == "done":
            yield telling.step(telling.after(task["done_after"]), task["owner"], "task", finish)


def _updates(telling: Telling) -> Iterator[Step]:
    for one in telling.story.get("updates", ()):
        ask = PostUpdate(
            text=one["text"],
            audience=one["audience"],
            next_update_at=telling.after(one["next_after"]) if one.get("next_after") else None,
        )
        yield telling.step(
            telling.after(one["after"]),
            one["by"],
            "update",
            partial(_on_incident, telling, post_update, ask),
        )


def _timeline(telling: Telling) -> Iterator[Step]:
    for one in telling.story.get("timeline", ()):
        at = telling.after(one["after"])
        ask = AddEntry(text=one["text"], at=at, kind=one.get("kind", "note"))
        yield telling.step(
            at, one["by"], "entry", partial(_on_incident, telling, add_timeline_entry, ask)
        )


def _on_incident(
    telling: Telling, verb: Callable[[Work, Incident, Ask], object], ask: Ask, work: Work
) -> None:
    verb(work, telling.incident(work), ask)


def _assign(telling: Telling, role: str, taker: str, work: Work) -> None:
    assign_role(work, telling.incident(work), role=role, person=taker)


def _release(telling: Telling, role: str, work: Work) -> None:
    release_role(work, telling.incident(work), role=role)


def _record(telling: Telling, name: str, ask: TimeAsk, work: Work) -> None:
    record_time(work, telling.incident(work), name, ask)


def _stated(telling: Telling, name: str) -> TimeAsk:
    told = telling.story["times"][name]
    if "unknown" in told:
        return TimeAsk(unknown_because=str(told["unknown"]).removeprefix("because ").capitalize())
    return TimeAsk(at=telling.after(told["after"]), source=told.get("source", "staff"))


def _first_told(telling: Telling, name: str) -> datetime | None:
    """What was said about a time before it was corrected."""
    told = telling.story.get("times", {}).get(name, {})
    return telling.after(told["corrected_from"]) if "corrected_from" in told else None


def _lead(telling: Telling) -> str:
    roles = telling.story.get("roles", ())
    commanders = [one["person"] for one in roles if one["role"] == "commander"]
    return str((commanders or [telling.story["declared_by"]])[0])
